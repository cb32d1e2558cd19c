/* The child's side of child_spawn(): from fork to exec. */
#ifndef CONVECT_NET_CHILD_EXEC_H
#define CONVECT_NET_CHILD_EXEC_H

#include "net/child.h"

struct child_exec {
	const char *const *argv;
	const char *const *envp;
	/* Everything it gets, 0, 1 and 2 included; `from` is used up. */
	struct child_fd fds[CHILD_FDS_MAX + 3];
	size_t fd_count;
	bool die_with_parent;
	int report_fd; /* takes the errno of what failed; close-on-exec */
};

/*
 * Forks and runs it. The process id, or a negative errno. What fails after
 * the fork comes as an int on report_fd's other end.
 */
pid_t child_exec_start(struct child_exec *exec);

#endif
