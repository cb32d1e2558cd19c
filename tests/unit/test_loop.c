#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/loop.h"
#include "net_support.h"

struct fixture {
	struct loop *loop;
	struct loop_timer *timer;
	struct loop_watch *watch;
	unsigned count;
	bool done;
	char order[16];
};

static void
on_append_a_cb(void *arg)
{
	strcat(((struct fixture *)arg)->order, "a");
}

static void
on_append_b_cb(void *arg)
{
	struct fixture *fix = arg;

	strcat(fix->order, "b");
	if (strlen(fix->order) < 10)
		loop_defer(fix->loop, on_append_b_cb, fix);
	else
		fix->done = true;
}

static void
on_stop_cb(void *arg)
{
	loop_stop(((struct fixture *)arg)->loop);
}

static void
on_tick_cb(void *arg)
{
	struct fixture *fix = arg;

	if (++fix->count < 3)
		return;
	loop_timer_free(fix->timer);
	fix->timer = NULL;
	fix->done = true;
}

static void
test_timers(void **state)
{
	struct fixture fix = {.loop = loop_new()};

	(void)state;
	fix.timer = loop_timer_new(fix.loop, on_tick_cb, &fix);
	assert_false(loop_timer_is_set(fix.timer));
	loop_timer_set(fix.timer, 100000);
	assert_true(loop_timer_is_set(fix.timer));
	loop_timer_stop(fix.timer);
	assert_false(loop_timer_is_set(fix.timer));
	loop_timer_every(fix.timer, 1);
	run_until(fix.loop, &fix.done);
	assert_int_equal(fix.count, 3);
	assert_null(fix.timer);
	loop_free(fix.loop);
}

static void
test_timer_changes_its_kind(void **state)
{
	struct fixture fix = {.loop = loop_new()};

	(void)state;
	fix.timer = loop_timer_new(fix.loop, on_tick_cb, &fix);
	loop_timer_every(fix.timer, 1);
	loop_timer_set(fix.timer, 0);
	run_turns(fix.loop, 5);
	assert_int_equal(fix.count, 1);
	assert_false(loop_timer_is_set(fix.timer));
	loop_timer_free(fix.timer);
	loop_free(fix.loop);
}

static void
test_deferred_calls(void **state)
{
	struct fixture fix = {.loop = loop_new()};

	(void)state;
	loop_defer(fix.loop, on_append_a_cb, &fix);
	loop_defer(fix.loop, on_append_b_cb, &fix);
	loop_defer(fix.loop, on_append_a_cb, &fix);
	assert_string_equal(fix.order, "");
	run_until(fix.loop, &fix.done);
	assert_string_equal(fix.order, "ababbbbbbb");
	loop_defer(fix.loop, on_append_a_cb, &fix);
	loop_defer(fix.loop, on_append_a_cb, &fix);
	loop_defer_cancel(fix.loop, on_append_a_cb, &fix);
	run_turns(fix.loop, 2);
	assert_string_equal(fix.order, "ababbbbbbb");
	loop_defer(fix.loop, on_append_a_cb, &fix); /* freed with the loop */
	loop_free(fix.loop);
}

static void
on_ready_cb(void *arg, int fd, unsigned events)
{
	struct fixture *fix = arg;
	char byte;

	assert_int_equal(events, LOOP_READ);
	assert_int_equal(read(fd, &byte, 1), 1);
	fix->count++;
	loop_watch_free(fix->watch);
	fix->watch = NULL;
	fix->done = true;
}

static void
test_watch(void **state)
{
	struct fixture fix = {.loop = loop_new()};
	int pipes[2];

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	fix.watch = loop_watch_new(fix.loop, pipes[0], 0, on_ready_cb, &fix);
	assert_int_equal(write(pipes[1], "xy", 2), 2);
	run_turns(fix.loop, 2);
	assert_int_equal(fix.count, 0);
	loop_watch_set(fix.watch, LOOP_READ);
	run_until(fix.loop, &fix.done);
	run_turns(fix.loop, 2);
	assert_int_equal(fix.count, 1);
	close(pipes[0]);
	close(pipes[1]);
	loop_free(fix.loop);
}

static void
on_signal(void *arg, int signo)
{
	struct fixture *fix = arg;

	assert_int_equal(signo, SIGUSR1);
	fix->count++;
	loop_stop(fix->loop);
}

static void
test_signal_and_run(void **state)
{
	struct fixture fix = {.loop = loop_new()};
	struct loop_signal *sig =
	    loop_signal_new(fix.loop, SIGUSR1, on_signal, &fix);

	(void)state;
	raise(SIGUSR1);
	assert_int_equal(fix.count, 0);
	assert_int_equal(loop_run(fix.loop), 0);
	assert_int_equal(fix.count, 1);
	loop_signal_free(sig);
	loop_free(fix.loop);
}

static void
test_run_without_events_waits(void **state)
{
	struct fixture fix = {.loop = loop_new()};

	(void)state;
	fix.timer = loop_timer_new(fix.loop, on_stop_cb, &fix);
	loop_timer_set(fix.timer, 1);
	assert_int_equal(loop_run(fix.loop), 0);
	loop_timer_free(fix.timer);
	loop_free(fix.loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_timers),
	    cmocka_unit_test(test_timer_changes_its_kind),
	    cmocka_unit_test(test_deferred_calls),
	    cmocka_unit_test(test_watch),
	    cmocka_unit_test(test_signal_and_run),
	    cmocka_unit_test(test_run_without_events_waits),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
