/*
 * Durability: a child appends and prints every number that was acknowledged to
 * it; it is killed after some number of them, wherever its writer may be then.
 * Whatever was printed must be in the database afterwards, in order and
 * without a gap, and the next child goes on from there.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <poll.h>

#include "store/store.h"

#define ROUNDS 40
#define UNDER_WAY 32 /* appends that the child keeps queued */

static char dir[64];
static char path[128];

struct child {
	struct store *store;
	int out;
};

static void fire(struct child *child);

static void
on_append_cb(void *arg, int error, const struct event *events, size_t n)
{
	struct child *child = arg;

	if (error < 0)
		_exit(2);
	for (size_t i = 0; i < n; i++) {
		uint64_t seq = events[i].seq;

		if (write(child->out, &seq, sizeof seq) != sizeof seq)
			_exit(3);
	}
	fire(child);
}

static void
fire(struct child *child)
{
	struct event events[2];

	event_init(&events[0], EVENT_REINSTALL, "a");
	event_init(&events[1], EVENT_REPORT, "b");
	if (store_append(child->store, events, 2, STORE_ANY_SEQ, on_append_cb,
		child) < 0)
		_exit(4);
}

static void
child_main(int out)
{
	/* Snapshots and trimming are killed in the middle, too. */
	struct store_opts opts = {.snapshot_every = 50, .keep_events = 2000};
	struct child child = {.out = out};
	struct pollfd pfd = {.events = POLLIN};
	struct err err = {0};

	if (store_open(path, &opts, &child.store, &err) < 0) {
		fprintf(stderr, "child: %s\n", err.text);
		_exit(1);
	}
	for (int i = 0; i < UNDER_WAY; i++)
		fire(&child);
	pfd.fd = store_fd(child.store);
	for (;;) {
		poll(&pfd, 1, -1);
		store_dispatch(child.store);
	}
}

/* Reads acknowledged numbers; returns the last, and checks that none lacks. */
static uint64_t
read_acks(int in, size_t count, uint64_t last)
{
	uint64_t seq;

	for (size_t i = 0; i < count; i++) {
		ssize_t got = read(in, &seq, sizeof seq);

		if (got == 0)
			return last;
		assert_int_equal(got, sizeof seq);
		assert_int_equal(seq, last + 1);
		last = seq;
	}
	return last;
}

static uint64_t
run_and_kill(size_t acks, uint64_t last)
{
	int fds[2];
	int status;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		child_main(fds[1]);
	}
	close(fds[1]);
	last = read_acks(fds[0], acks, last);
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	/* What it said before it died counts as well. */
	last = read_acks(fds[0], SIZE_MAX, last);
	close(fds[0]);
	return last;
}

struct fold {
	struct node a;
	uint64_t next; /* 0: no tail event yet */
};

static void
on_node_cb(void *arg, const struct node *node)
{
	struct fold *fold = arg;

	if (strcmp(node->name, "a") == 0)
		fold->a = *node;
}

static void
on_event_cb(void *arg, const struct event *event)
{
	struct fold *fold = arg;

	if (fold->next != 0)
		assert_int_equal(event->seq, fold->next);
	fold->next = event->seq + 1;
	if (strcmp(event->node, "a") == 0)
		node_apply(&fold->a, event);
}

/* Returns the last number in the database. */
static uint64_t
check_database(uint64_t acknowledged)
{
	struct fold fold = {0};
	struct store_loader loader = {on_node_cb, on_event_cb, &fold};
	struct store *store = NULL;
	struct err err = {0};
	uint64_t last;

	if (store_open(path, NULL, &store, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(store_load(store, &loader, &err), 0);
	last = store_last_seq(store);
	assert_true(last >= acknowledged);
	/* Both events of an append, or none: the last is always of "b". */
	assert_int_equal(last % 2, 0);
	if (last > 0)
		assert_int_equal(fold.a.seq, last - 1);
	store_close(store);
	return last;
}

static void
test_kill(void **state)
{
	uint32_t seed = 4711;
	uint64_t last = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		uint64_t acknowledged;

		seed = seed * 1664525 + 1013904223;
		acknowledged = run_and_kill(seed >> 8 & 0x1ff, last);
		last = check_database(acknowledged);
	}
}

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/test_store_kill.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/state.db", dir);
	return 0;
}

static int
teardown(void **state)
{
	static const char *const tails[] = {
	    "", "-wal", "-shm", ".lock", ".new", ".new-journal"};
	char name[160];

	(void)state;
	for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
		snprintf(name, sizeof name, "%s%s", path, tails[i]);
		unlink(name);
	}
	return rmdir(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_kill, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
