/*
 * What every command is given: the options, the terminal and an output that
 * is printed at the end. Commands are in cmd_*.c, one descriptor each; the
 * table is in run.c.
 */
#ifndef CONVECT_CTL_CTL_H
#define CONVECT_CTL_CTL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "ctl/args.h"
#include "ctl/client.h"
#include "ctl/term.h"
#include "inventory/value.h"

#define CTL_OUT_MAX ((size_t)512 << 20)

enum ctl_exit {
	CTL_DONE = 0,
	CTL_FAILED = 1, /* refused, failed, or problems were found */
	CTL_USAGE = 2,
	CTL_UNREACHABLE = 3,
};

struct ctl {
	const struct args *args;
	const char *socket;
	bool json;
	bool quiet;	  /* ctl_note() says nothing */
	struct term term; /* of stdout */
	struct term term_err;
	struct buf out; /* flushed by ctl_flush() and at the end */
};

/* The whole program. Returns the exit code. */
int ctl_main(int argc, char *const *argv);

/* "convect-pxectl: ..." and the hint, on stderr. */
void ctl_print_problem(const struct term *term, const struct err *err);
/* Prints what `out` holds, then the problem; returns the exit code of ret. */
int ctl_fail(struct ctl *ctl, int ret, const struct err *err);
/* The same for a mistake in the arguments: CTL_USAGE. */
int ctl_usage(struct ctl *ctl, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Prints what `out` holds now. False when nobody reads it any more. */
bool ctl_flush(struct ctl *ctl);
/* Appends a value for `-o json`. */
void ctl_put_json(struct ctl *ctl, struct value value);
/* One line of JSON, printed at once: for what goes on. */
bool ctl_put_json_line(struct ctl *ctl, struct value value);
/* A line on stderr, for people who look on: "note: ...". */
void ctl_note(struct ctl *ctl, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Asks the daemon; args is taken over. 0, or a negative errno. */
int ctl_ask(struct ctl *ctl, const char *command, struct value args,
    struct value *ret_data, struct err *err);
/*
 * A request whose answers go to the handler one by one, until it ends or -EPIPE
 * from there says that nobody reads on; args is taken over. The exit code; a
 * failure is told.
 */
int ctl_stream(struct ctl *ctl, const char *command, struct value args,
    const struct client_handler *handler);
/*
 * Asks and, when that fails, says why: returns -1 with *ret_exit set, else 0.
 * With -o json the answer is put out as it is and 1 is returned.
 */
int ctl_query(struct ctl *ctl, const char *command, struct value args,
    struct value *ret_data, int *ret_exit);
/* "Go on? [y/N]" on the terminal; true with --yes. */
bool ctl_confirm(struct ctl *ctl, const char *question);

extern const struct command cmd_artifact_add;
extern const struct command cmd_artifact_list;
extern const struct command cmd_artifact_remove;
extern const struct command cmd_artifact_verify;
extern const struct command cmd_adopt;
extern const struct command cmd_cache;
extern const struct command cmd_cancel;
extern const struct command cmd_check;
extern const struct command cmd_cluster_backup;
extern const struct command cmd_cluster_forget;
extern const struct command cmd_cluster_new;
extern const struct command cmd_cluster_restore;
extern const struct command cmd_cluster_status;
extern const struct command cmd_dashboard;
extern const struct command cmd_doctor;
extern const struct command cmd_discover_accept;
extern const struct command cmd_discover_ignore;
extern const struct command cmd_discover_list;
extern const struct command cmd_discover_show;
extern const struct command cmd_events;
extern const struct command cmd_fetch;
extern const struct command cmd_hold;
extern const struct command cmd_image_add;
extern const struct command cmd_image_list;
extern const struct command cmd_image_remove;
extern const struct command cmd_image_verify;
extern const struct command cmd_info;
extern const struct command cmd_inventory;
extern const struct command cmd_kubeconfig;
extern const struct command cmd_lock;
extern const struct command cmd_known_hosts;
extern const struct command cmd_logs;
extern const struct command cmd_record_export;
extern const struct command cmd_reinstall;
extern const struct command cmd_release;
extern const struct command cmd_render;
extern const struct command cmd_show;
extern const struct command cmd_ssh_config;
extern const struct command cmd_status;
extern const struct command cmd_template;
extern const struct command cmd_unlock;
extern const struct command cmd_why;

#endif
