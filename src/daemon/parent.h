/*
 * The parent process: starts the others, starts them again when they end,
 * opens files for the engine (daemon/priv.h), passes signals on. It reads
 * nothing that comes from the network.
 */
#ifndef CONVECT_DAEMON_PARENT_H
#define CONVECT_DAEMON_PARENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "daemon/priv.h"
#include "daemon/role.h"
#include "daemon/sockets.h"
#include "daemon/supervise.h"
#include "daemon/tftpd.h"
#include "daemon/watch.h"

#define PARENT_CHILDREN_MAX (2 + 64 + CONFIG_LIST_MAX)

struct parent;

/* What kind of child: one row each in children.c. */
struct child_kind {
	const char *name;
	bool after_ready; /* only once the engine serves */
	bool may_finish;  /* exit status 0 is an orderly end */
	int stop_signal;
	/* NULL: always; false: not until something changes. */
	bool (*can_start)(const struct parent *parent, size_t index);
	pid_t (*start)(struct parent *parent, size_t index, struct err *err);
	size_t (*count)(const struct parent *parent);
};

struct child {
	const struct child_kind *kind;
	size_t index; /* among its kind */
	struct supervise life;
};

struct parent {
	int argc;
	char *const *argv;
	struct role role; /* with the configuration */
	struct account account;
	struct priv_trees trees;
	struct sockets sockets;
	struct tftpd tftpd;
	struct priv priv;
	struct watch watch; /* of the operator's files */
	bool watch_told;    /* that not all can be watched */
	int downloads[2];   /* engine's end, workers' end */
	int signals;	    /* signalfd */
	struct child child[PARENT_CHILDREN_MAX];
	size_t children;
	bool served; /* the engine has been ready once */
	bool ready;  /* it is now */
	bool stopping;
	int exit_code;
	int64_t kill_ms;     /* while stopping: when patience ends */
	int64_t ping_ms;     /* when to ask the engine for a sign of life */
	int64_t pong_ms;     /* when it gave the last one */
	int64_t watchdog_ms; /* when to tell the service manager */
};

/* ---- children.c ---- */

/* Fills in parent->child from the configuration; all are due at once. */
void children_init(struct parent *parent, int64_t now_ms);
/* Starts what is due. */
void children_start_due(struct parent *parent, int64_t now_ms);
/* When the next one is due; INT64_MAX: none. */
int64_t children_next_due(const struct parent *parent);
/* Reaps what has ended. True: the engine was among them. */
bool children_reap(struct parent *parent, int64_t now_ms);
void children_signal(struct parent *parent, bool force);
size_t children_running(const struct parent *parent);
struct child *children_engine(struct parent *parent);

/* ---- parent.c ---- */

/* Watches the files of the frozen table as they are now. */
void parent_watch(struct parent *parent);
/* Until it is told to stop; returns the exit code. */
int parent_loop(struct parent *parent);
/* Ends with that exit code, once all children are gone. */
void parent_stop(struct parent *parent, int exit_code, int64_t now_ms);

#endif
