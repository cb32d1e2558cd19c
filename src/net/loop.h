/*
 * The event loop: one a process, and everything but src/net itself uses this
 * instead of libevent. Timers, descriptors, signals, and calls put off to the
 * next turn. It knows nothing of protocols.
 *
 * A callback may free the timer, watch or signal that it belongs to, and any
 * other; what is freed is never called again. Callbacks do not block.
 */
#ifndef CONVECT_NET_LOOP_H
#define CONVECT_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct loop_timer;
struct loop_watch;
struct loop_signal;

typedef void loop_cb(void *arg);

/* Ignores SIGPIPE for the process. Ends the process when it can not be had. */
struct loop *loop_new(void);
/* Everything made on the loop must have been freed before. */
void loop_free(struct loop *loop);

/* Until loop_stop(). 0, or -EIO when the kernel's queue failed. */
int loop_run(struct loop *loop);
/* The callbacks that are due still run. May be called before loop_run(). */
void loop_stop(struct loop *loop);
/* One turn: waits for something to happen and handles it; for tests. */
int loop_turn(struct loop *loop);
/* Monotonic milliseconds. */
int64_t loop_now_ms(const struct loop *loop);

/* Calls cb(arg) when the running callbacks are done, before the loop waits. */
void loop_defer(struct loop *loop, loop_cb *cb, void *arg);
/* Takes back every put-off call with this cb and arg. */
void loop_defer_cancel(struct loop *loop, loop_cb *cb, void *arg);

/* Timers are made stopped. */
struct loop_timer *loop_timer_new(struct loop *loop, loop_cb *cb, void *arg);
void loop_timer_free(struct loop_timer *timer);
/* Once, after `ms`; replaces what was set. */
void loop_timer_set(struct loop_timer *timer, int64_t ms);
/* Every `ms`, the first time after `ms`. */
void loop_timer_every(struct loop_timer *timer, int64_t ms);
void loop_timer_stop(struct loop_timer *timer);
bool loop_timer_is_set(const struct loop_timer *timer);

enum {
	LOOP_READ = 1,
	LOOP_WRITE = 2
};
typedef void loop_watch_cb(void *arg, int fd, unsigned events);

/*
 * Calls while the descriptor is ready (level-triggered) for one of `events`.
 * The descriptor stays the caller's, who closes it after loop_watch_free().
 */
struct loop_watch *loop_watch_new(
    struct loop *loop, int fd, unsigned events, loop_watch_cb *cb, void *arg);
void loop_watch_set(struct loop_watch *watch, unsigned events); /* 0: none */
void loop_watch_free(struct loop_watch *watch);

typedef void loop_signal_cb(void *arg, int signo);

/* Called in the loop, never in the signal's own context. */
struct loop_signal *loop_signal_new(
    struct loop *loop, int signo, loop_signal_cb *cb, void *arg);
void loop_signal_free(struct loop_signal *sig);

#endif
