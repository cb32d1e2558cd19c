/*
 * The engine's side of the privilege channel to the parent process. The
 * engine can not open the operator's files itself; it asks for them by kind
 * and index, never by path, and gets their open descriptors.
 *
 * The calls that fetch are synchronous: the parent only opens files, which is
 * quick, and a parent that does not answer within PRIVSEP_TIMEOUT_MS is an
 * error, after which the engine has to end. What the parent sends meanwhile (a
 * reload, a ping) is kept or answered inside, so call privsep_receive() once
 * after the last fetch too.
 *
 * privsep_new_direct() gives the same interface without a parent: `--check`
 * runs as the calling user and opens the files itself.
 */
#ifndef CONVECT_APP_PRIVSEP_H
#define CONVECT_APP_PRIVSEP_H

#include <stddef.h>

#include "app/privtrees.h"
#include "base/err.h"

#define PRIVSEP_TIMEOUT_MS 10000
#define PRIVSEP_TOTAL_MAX ((size_t)256 << 20)

struct privsep;

/* One file, whole. */
struct privsep_file {
	char *path; /* for messages: "examples/group_vars/all.yml" */
	char *name; /* relative to the tree: "group_vars/all.yml" */
	char *text; /* NUL-terminated; the NUL is not counted */
	size_t len;
};

struct privsep_files {
	struct privsep_file *file;
	size_t count;
};

/* What a readable privsep_fd() brought. */
enum privsep_event {
	PRIVSEP_NONE,
	PRIVSEP_RELOAD, /* read inventory and templates again */
	PRIVSEP_GONE,	/* the parent is gone: stop */
};

/* `fd`: ROLE_FD_PRIV. */
struct privsep *privsep_new(int fd);
/* `trees` is borrowed and must live as long as the result. */
struct privsep *privsep_new_direct(const struct priv_trees *trees);
void privsep_free(struct privsep *priv);

/* How many trees of that kind there are (several --inventory). */
int privsep_count(struct privsep *priv, enum priv_tree_kind kind,
    size_t *ret_count, struct err *err);
/*
 * Reads every file of one tree, the inventory file itself first, the others
 * in the order of their names. err: the path, and what is wrong with it.
 */
int privsep_fetch(struct privsep *priv, enum priv_tree_kind kind, size_t index,
    struct privsep_files *ret_files, struct err *err);
void privsep_files_done(struct privsep_files *files);

/* For the loop: -1 without a parent. Call receive() while it is readable. */
int privsep_fd(const struct privsep *priv);
enum privsep_event privsep_receive(struct privsep *priv);

/*
 * To the parent: it serves; the start failed (the parent prints the text and
 * exits 1 when this is the first start); one line for `systemctl status`;
 * a reload is over (text NULL: taken; else why it was refused).
 */
void privsep_ready(struct privsep *priv);
void privsep_failed(struct privsep *priv, const char *text);
void privsep_status(struct privsep *priv, const char *text);
void privsep_reloaded(struct privsep *priv, const char *text);

#endif
