/*
 * When a child is started again: at once after an orderly end, else after 1,
 * 2, 4 .. 60 seconds. One that ran for SUPERVISE_STEADY_MS starts over at one
 * second. Pure: the caller has the clock and the process.
 */
#ifndef CONVECT_DAEMON_SUPERVISE_H
#define CONVECT_DAEMON_SUPERVISE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SUPERVISE_STEADY_MS 60000
#define SUPERVISE_WAIT_MAX_MS 60000
/* An orderly end so soon is a program that has nothing to do: not at once. */
#define SUPERVISE_QUICK_MS 2000

struct supervise {
	pid_t pid; /* 0: not running */
	int64_t started_ms;
	int64_t due_ms; /* when to start it, while it is not running */
	unsigned fails; /* in a row */
};

/* Due at once. */
void supervise_init(struct supervise *child, int64_t now_ms);
void supervise_started(struct supervise *child, pid_t pid, int64_t now_ms);
/* It ended (status of waitpid), or could not be started. Returns the wait. */
int64_t supervise_ended(struct supervise *child, bool orderly, int64_t now_ms);
bool supervise_is_due(const struct supervise *child, int64_t now_ms);

#endif
