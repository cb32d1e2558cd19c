/*
 * Starts a child of the parent: fork, descriptors at their fixed numbers and
 * no others, default signals, exec. No shell, no search path. Of our own
 * environment, which is whoever's that started us, it gets only what is named
 * in spawn.c.
 */
#ifndef CONVECT_DAEMON_SPAWN_H
#define CONVECT_DAEMON_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

#define SPAWN_FDS_MAX 48 /* numbers in the child are below this */

struct spawn_fd {
	int from;
	int to;
};

struct spawn {
	const char *path;
	const char *const *argv;
	struct spawn_fd fd[SPAWN_FDS_MAX]; /* 0: /dev/null unless given */
	size_t fds;
	/*
	 * In the child, before exec: 0 or a negative errno, which ends it
	 * with a line in the log. NULL: nothing to do.
	 */
	int (*prepare)(void *arg);
	void *arg;
	bool namespaces; /* its own process and mount namespaces, if we may */
};

void spawn_add_fd(struct spawn *spawn, int from, int to);
/* The child's process id or a negative errno with err. */
pid_t spawn_run(const struct spawn *spawn, struct err *err);

/* What became of it, of waitpid's status: "exit status 3". */
#define SPAWN_STATUS_STRLEN 64
const char *spawn_status_text(int status, char out[SPAWN_STATUS_STRLEN]);

#endif
