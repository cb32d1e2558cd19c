/*
 * Child processes: argv and no shell, exactly the descriptors that are named,
 * secrets through standard input, its own process group, reaped by the loop (by
 * pidfd, so SIGCHLD stays the caller's).
 */
#ifndef CONVECT_NET_CHILD_H
#define CONVECT_NET_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "net/loop.h"

#define CHILD_FDS_MAX 32
#define CHILD_LINE_MAX 65536 /* a longer output line is cut into several */
#define CHILD_INPUT_MAX (1u << 20)

struct child;

struct child_fd {
	int from; /* ours; stays open and ours */
	int to;	  /* its number in the child, 0 to 1023 */
};

struct child_status {
	pid_t pid;
	bool exited; /* else ended by a signal */
	int code;    /* exit status, or signal number */
};

struct child_spec {
	const char *const *argv; /* argv[0] is the program's path, NULL ends */
	const char *const *envp; /* NULL: ours */
	const struct child_fd *fds;
	size_t fd_count;
	/* Written to its standard input, then closed; NULL: /dev/null, unless
	 * fds name 0. At most CHILD_INPUT_MAX; wiped from our memory after. */
	const void *input;
	size_t input_len;
	/* Lines of its standard output without their end; NULL: ours. */
	void (*on_line)(void *arg, const char *line, size_t len);
	/* The same for standard error. */
	void (*on_err_line)(void *arg, const char *line, size_t len);
	/*
	 * It has ended and all its lines were given; called once, and the child
	 * is freed when it returns.
	 */
	void (*on_exit)(void *arg, const struct child_status *status);
	void *arg;
	bool die_with_parent; /* SIGKILL when we are gone (PR_SET_PDEATHSIG) */
};

/* NULL with err when it could not be started (also: no such program). */
struct child *child_spawn(
    struct loop *loop, const struct child_spec *spec, struct err *err);
pid_t child_pid(const struct child *child);
/* To its whole process group; -ESRCH when it has ended. */
int child_kill(struct child *child, int signo);
/* Kills the group, reaps it and frees; on_exit is not called. Not to be called
 * in on_line and on_err_line. */
void child_free(struct child *child);

/* "exit status 3", "killed by SIGSEGV (Segmentation fault)". */
#define CHILD_STATUS_STRLEN 96
const char *child_status_text(
    const struct child_status *status, char out[CHILD_STATUS_STRLEN]);

#endif
