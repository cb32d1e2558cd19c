#include "net/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "net/loop_private.h"

struct deferred {
	loop_cb *cb; /* NULL: taken back */
	void *arg;
};

struct loop {
	struct event_base *base;
	struct event *run_deferred;
	struct deferred *deferred; /* in call order */
	size_t deferred_count;
	size_t deferred_cap;
};

struct loop_timer {
	struct event *event;
	loop_cb *cb;
	void *arg;
	struct loop *loop;
	bool repeats;
};

struct loop_watch {
	struct loop *loop;
	struct event *event; /* NULL while nothing is watched */
	int fd;
	loop_watch_cb *cb;
	void *arg;
};

struct loop_signal {
	struct event *event;
	loop_signal_cb *cb;
	void *arg;
};

void *
loop_need(void *ptr)
{
	if (ptr == NULL) {
		log_error(NULL, "no memory for the event loop");
		abort();
	}
	return ptr;
}

struct event_base *
loop_base(struct loop *loop)
{
	return loop->base;
}

static void
on_event_log_cb(int severity, const char *msg)
{
	if (severity >= EVENT_LOG_ERR)
		log_error(NULL, "libevent: %s", msg);
	else if (severity == EVENT_LOG_WARN)
		log_warn(NULL, "libevent: %s", msg);
	else
		log_debug(NULL, "libevent: %s", msg);
}

/*
 * Runs what was put off before this call. What these put off in turn waits
 * for the next turn, so that descriptors get their share.
 */
static void
on_deferred_cb(evutil_socket_t fd, short what, void *arg)
{
	struct loop *loop = arg;
	size_t count = loop->deferred_count;

	(void)fd;
	(void)what;
	for (size_t i = 0; i < count; i++) {
		struct deferred call = loop->deferred[i];

		if (call.cb != NULL)
			call.cb(call.arg);
	}
	loop->deferred_count -= count;
	memmove(loop->deferred, loop->deferred + count,
	    loop->deferred_count * sizeof *loop->deferred);
}

struct loop *
loop_new(void)
{
	struct loop *loop = mem_alloc(sizeof *loop);

	signal(SIGPIPE, SIG_IGN);
	event_set_log_callback(on_event_log_cb);
	loop->base = loop_need(event_base_new());
	loop->run_deferred =
	    loop_need(event_new(loop->base, -1, 0, on_deferred_cb, loop));
	return loop;
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	free(loop->deferred);
	event_free(loop->run_deferred);
	event_base_free(loop->base);
	free(loop);
}

int
loop_run(struct loop *loop)
{
	int ret = event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);

	return ret < 0 ? -EIO : 0;
}

void
loop_stop(struct loop *loop)
{
	event_base_loopexit(loop->base, NULL);
}

int
loop_turn(struct loop *loop)
{
	return event_base_loop(loop->base, EVLOOP_ONCE) < 0 ? -EIO : 0;
}

int64_t
loop_now_ms(const struct loop *loop)
{
	(void)loop;
	return clock_mono_ms(&clock_system);
}

void
loop_defer(struct loop *loop, loop_cb *cb, void *arg)
{
	static const struct timeval at_once;

	if (loop->deferred_count == loop->deferred_cap) {
		loop->deferred_cap =
		    loop->deferred_cap == 0 ? 16 : loop->deferred_cap * 2;
		loop->deferred = mem_resize(
		    loop->deferred, loop->deferred_cap, sizeof *loop->deferred);
	}
	loop->deferred[loop->deferred_count].cb = cb;
	loop->deferred[loop->deferred_count].arg = arg;
	loop->deferred_count++;
	event_add(loop->run_deferred, &at_once);
}

void
loop_defer_cancel(struct loop *loop, loop_cb *cb, void *arg)
{
	for (size_t i = 0; i < loop->deferred_count; i++) {
		struct deferred *call = &loop->deferred[i];

		if (call->cb == cb && call->arg == arg)
			call->cb = NULL;
	}
}

static void
on_timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *timer = arg;

	(void)fd;
	(void)what;
	timer->cb(timer->arg);
}

struct loop_timer *
loop_timer_new(struct loop *loop, loop_cb *cb, void *arg)
{
	struct loop_timer *timer = mem_alloc(sizeof *timer);

	timer->event =
	    loop_need(event_new(loop->base, -1, 0, on_timer_cb, timer));
	timer->loop = loop;
	timer->cb = cb;
	timer->arg = arg;
	return timer;
}

void
loop_timer_free(struct loop_timer *timer)
{
	if (timer == NULL)
		return;
	event_free(timer->event);
	free(timer);
}

static struct timeval
to_timeval(int64_t ms)
{
	struct timeval tv = {0};

	if (ms < 0)
		ms = 0;
	tv.tv_sec = ms / 1000;
	tv.tv_usec = ms % 1000 * 1000;
	return tv;
}

static void
timer_start(struct loop_timer *timer, int64_t ms, bool repeats)
{
	struct timeval tv = to_timeval(ms);
	short flags = repeats ? EV_PERSIST : 0;

	event_del(timer->event);
	if (timer->repeats != repeats)
		event_assign(timer->event, timer->loop->base, -1, flags,
		    on_timer_cb, timer);
	timer->repeats = repeats;
	event_add(timer->event, &tv);
}

void
loop_timer_set(struct loop_timer *timer, int64_t ms)
{
	timer_start(timer, ms, false);
}

void
loop_timer_every(struct loop_timer *timer, int64_t ms)
{
	timer_start(timer, ms < 1 ? 1 : ms, true);
}

void
loop_timer_stop(struct loop_timer *timer)
{
	event_del(timer->event);
}

bool
loop_timer_is_set(const struct loop_timer *timer)
{
	return event_pending(timer->event, EV_TIMEOUT, NULL) != 0;
}

static void
on_watch_cb(evutil_socket_t fd, short what, void *arg)
{
	struct loop_watch *watch = arg;
	unsigned events = 0;

	if (what & EV_READ)
		events |= LOOP_READ;
	if (what & EV_WRITE)
		events |= LOOP_WRITE;
	watch->cb(watch->arg, fd, events);
}

struct loop_watch *
loop_watch_new(
    struct loop *loop, int fd, unsigned events, loop_watch_cb *cb, void *arg)
{
	struct loop_watch *watch = mem_alloc(sizeof *watch);

	watch->loop = loop;
	watch->fd = fd;
	watch->cb = cb;
	watch->arg = arg;
	loop_watch_set(watch, events);
	return watch;
}

void
loop_watch_set(struct loop_watch *watch, unsigned events)
{
	short flags = EV_PERSIST;

	if (watch->event != NULL)
		event_free(watch->event);
	watch->event = NULL;
	if (events & LOOP_READ)
		flags |= EV_READ;
	if (events & LOOP_WRITE)
		flags |= EV_WRITE;
	if (flags == EV_PERSIST)
		return;
	watch->event = loop_need(
	    event_new(watch->loop->base, watch->fd, flags, on_watch_cb, watch));
	event_add(watch->event, NULL);
}

void
loop_watch_free(struct loop_watch *watch)
{
	if (watch == NULL)
		return;
	loop_watch_set(watch, 0);
	free(watch);
}

static void
on_signal_cb(evutil_socket_t signo, short what, void *arg)
{
	struct loop_signal *sig = arg;

	(void)what;
	sig->cb(sig->arg, signo);
}

struct loop_signal *
loop_signal_new(struct loop *loop, int signo, loop_signal_cb *cb, void *arg)
{
	struct loop_signal *sig = mem_alloc(sizeof *sig);

	sig->cb = cb;
	sig->arg = arg;
	sig->event =
	    loop_need(evsignal_new(loop->base, signo, on_signal_cb, sig));
	event_add(sig->event, NULL);
	return sig;
}

void
loop_signal_free(struct loop_signal *sig)
{
	if (sig == NULL)
		return;
	event_free(sig->event);
	free(sig);
}
