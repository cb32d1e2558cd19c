#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store/sqlite_impl.h"
#include "store/store.h"

#define PATH_SIZE 256

struct place {
	char dir[64];
	char db[PATH_SIZE]; /* in a directory that is not there yet */
};

static int
setup(void **state)
{
	struct place *place = calloc(1, sizeof *place);

	assert_non_null(place);
	snprintf(place->dir, sizeof place->dir, "/tmp/test_store.XXXXXX");
	assert_non_null(mkdtemp(place->dir));
	snprintf(place->db, sizeof place->db, "%s/db/state.db", place->dir);
	*state = place;
	return 0;
}

static int
teardown(void **state)
{
	static const char *const tails[] = {
	    "", "-wal", "-shm", ".lock", ".new", ".old"};
	struct place *place = *state;
	char name[PATH_SIZE + 8];

	for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
		snprintf(name, sizeof name, "%s%s", place->db, tails[i]);
		unlink(name);
	}
	snprintf(name, sizeof name, "%s/db", place->dir);
	rmdir(name);
	rmdir(place->dir);
	free(place);
	return 0;
}

static struct store *
open_store(const char *url, const struct store_opts *opts)
{
	struct store *store = NULL;
	struct err err = {0};

	if (store_open(url, opts, &store, &err) < 0)
		fail_msg("%s", err.text);
	return store;
}

/* What one append came to. */
struct outcome {
	int calls;
	int error;
	uint64_t first_seq;
	size_t n;
};

static void
on_append_cb(void *arg, int error, const struct event *events, size_t n)
{
	struct outcome *outcome = arg;

	outcome->calls++;
	outcome->error = error;
	outcome->n = n;
	outcome->first_seq = n > 0 ? events[0].seq : 0;
}

static struct event
event_of(const char *node, enum event_kind kind, int64_t time_ms)
{
	struct event event;

	event_init(&event, kind, node);
	event.time_ms = time_ms;
	event.generation = 1;
	return event;
}

static struct outcome
append(struct store *store, const char *node, uint64_t expected_seq)
{
	struct event event = event_of(node, EVENT_REPORT, 1000);
	struct outcome outcome = {0};

	assert_int_equal(store_append(store, &event, 1, expected_seq,
			     on_append_cb, &outcome),
	    0);
	assert_int_equal(outcome.calls, 0);
	store_flush(store);
	assert_int_equal(outcome.calls, 1);
	return outcome;
}

struct seen {
	uint64_t seqs[4096];
	size_t events;
	size_t nodes;
	struct node node; /* the last one given */
	struct node folded;
};

static void
on_seen_event(void *arg, const struct event *event)
{
	struct seen *seen = arg;

	assert_true(seen->events < 4096);
	seen->seqs[seen->events++] = event->seq;
	if (strcmp(event->node, seen->folded.name) == 0)
		node_apply(&seen->folded, event);
}

static void
on_seen_node(void *arg, const struct node *node)
{
	struct seen *seen = arg;

	seen->nodes++;
	seen->node = *node;
	if (strcmp(node->name, seen->folded.name) == 0)
		seen->folded = *node;
}

static void
load(struct store *store, const char *node, struct seen *seen)
{
	struct store_loader loader = {on_seen_node, on_seen_event, seen};
	struct err err = {0};

	memset(seen, 0, sizeof *seen);
	node_init(&seen->folded, node);
	assert_int_equal(store_load(store, &loader, &err), 0);
}

static void
check_append(struct store *store)
{
	static struct event events[3];
	struct outcome outcome = {0};

	assert_int_equal(append(store, "a", STORE_ANY_SEQ).first_seq, 1);
	assert_int_equal(append(store, "b", 0).first_seq, 2);
	/* "a" is at 1: who knows that may write, who does not may not. */
	assert_int_equal(append(store, "a", 0).error, -ESTALE);
	assert_int_equal(append(store, "a", 1).first_seq, 3);
	for (int i = 0; i < 3; i++)
		events[i] = event_of("c", EVENT_REPORT, 2000);
	assert_int_equal(
	    store_append(store, events, 3, 0, on_append_cb, &outcome), 0);
	store_flush(store);
	assert_int_equal(outcome.error, 0);
	assert_int_equal(outcome.first_seq, 4);
	assert_int_equal(store_last_seq(store), 6);
	assert_int_equal(
	    store_append(store, events, 0, 0, NULL, NULL), -EINVAL);
	assert_int_equal(
	    store_append(store, events, STORE_APPEND_MAX + 1, 0, NULL, NULL),
	    -EINVAL);
	events[0].kind = EVENT_NONE;
	assert_int_equal(
	    store_append(store, events, 1, 0, NULL, NULL), -EINVAL);
}

static size_t
count(struct store *store, struct store_query query, uint64_t first)
{
	struct seen *seen = calloc(1, sizeof *seen);
	struct err err = {0};
	size_t found;
	int n;

	assert_non_null(seen);
	n = store_read(store, &query, on_seen_event, seen, &err);
	assert_true(n >= 0);
	assert_int_equal(n, seen->events);
	if (n > 0)
		assert_int_equal(seen->seqs[0], first);
	for (int i = 1; i < n; i++)
		assert_true(seen->seqs[i] > seen->seqs[i - 1]);
	found = (size_t)n;
	free(seen);
	return found;
}

static void
check_read(struct store *store)
{
	struct event event;

	for (int i = 0; i < 20; i++) {
		event = event_of(
		    i % 2 == 0 ? "a" : "b", EVENT_REPORT, 1000 + i * 10);
		assert_int_equal(
		    store_append(store, &event, 1, STORE_ANY_SEQ, NULL, NULL),
		    0);
	}
	store_flush(store);
	assert_int_equal(count(store, (struct store_query){0}, 1), 20);
	assert_int_equal(
	    count(store, (struct store_query){.after_seq = 5}, 6), 15);
	assert_int_equal(
	    count(store, (struct store_query){.node = "b"}, 2), 10);
	assert_int_equal(count(store, (struct store_query){.node = "c"}, 0), 0);
	assert_int_equal(
	    count(store, (struct store_query){.limit = 4, .newest = true}, 17),
	    4);
	assert_int_equal(
	    count(store,
		(struct store_query){.node = "a", .limit = 3, .newest = true},
		15),
	    3);
	assert_int_equal(count(store, (struct store_query){.limit = 3}, 1), 3);
	assert_int_equal(
	    count(store, (struct store_query){.since_ms = 1100}, 11), 10);
	assert_int_equal(
	    count(store, (struct store_query){.since_ms = 99999}, 0), 0);
	assert_int_equal(
	    count(store, (struct store_query){.after_seq = UINT64_MAX}, 0), 0);
}

static void
check_meta(struct store *store)
{
	struct outcome outcome = {0};
	struct buf value;

	buf_init(&value, STORE_VALUE_MAX);
	assert_int_equal(store_meta_get(store, "key", &value), -ENOENT);
	assert_int_equal(
	    store_meta_set(store, "key", "one", on_append_cb, &outcome), 0);
	assert_int_equal(store_meta_set(store, "key", "two", NULL, NULL), 0);
	store_flush(store);
	assert_int_equal(outcome.calls, 1);
	assert_int_equal(outcome.n, 0);
	assert_int_equal(store_meta_get(store, "key", &value), 0);
	assert_string_equal(value.data, "two");
	/* Taking away what is not there is fine. */
	assert_int_equal(store_meta_set(store, "key", NULL, NULL, NULL), 0);
	assert_int_equal(store_meta_set(store, "other", NULL, NULL, NULL), 0);
	store_flush(store);
	assert_int_equal(store_meta_get(store, "key", &value), -ENOENT);
	buf_done(&value);
}

static void
on_value_cb(void *arg, const struct store_value *value)
{
	struct buf *out = arg;

	buf_addf(out, "%s=%s ", value->key, value->value);
}

/* What goes with an event is there when the event is. */
static void
check_with(struct store *store)
{
	static const struct store_value values[] = {
	    {"c/b", "2"}, {"c/a", "1"}, {"d", "3"}};
	struct event event = event_of("a", EVENT_REPORT, 1);
	struct outcome outcome = {0};
	struct buf text;

	buf_init(&text, 1024);
	assert_int_equal(
	    store_append_with(store, &event, values, 3, on_append_cb, &outcome),
	    0);
	store_flush(store);
	assert_int_equal(outcome.calls, 1);
	assert_int_equal(outcome.n, 1);
	assert_int_equal(store_meta_each(store, "c/", on_value_cb, &text), 0);
	assert_string_equal(text.data, "c/a=1 c/b=2 ");
	assert_int_equal(
	    store_append_with(store, NULL, values, 0, NULL, NULL), -EINVAL);
	buf_done(&text);
}

static void
with_both(struct place *place, void (*check)(struct store *store))
{
	struct store *store = open_store("memory:", NULL);

	check(store);
	store_close(store);
	store = open_store(place->db, NULL);
	check(store);
	store_close(store);
}

static void
test_append(void **state)
{
	with_both(*state, check_append);
}

static void
test_read(void **state)
{
	with_both(*state, check_read);
}

static void
test_meta(void **state)
{
	with_both(*state, check_meta);
}

static void
test_with(void **state)
{
	with_both(*state, check_with);
}

static void
check_order_and_fd(struct store *store)
{
	struct pollfd pfd = {.fd = store_fd(store), .events = POLLIN};
	struct event event = event_of("a", EVENT_REPORT, 1);
	struct outcome outcome[50] = {0};

	for (int i = 0; i < 50; i++)
		assert_int_equal(store_append(store, &event, 1, STORE_ANY_SEQ,
				     on_append_cb, &outcome[i]),
		    0);
	while (store_last_seq(store) < 50) {
		assert_int_equal(poll(&pfd, 1, 10000), 1);
		store_dispatch(store);
	}
	for (uint64_t i = 0; i < 50; i++)
		assert_int_equal(outcome[i].first_seq, i + 1);
	assert_int_equal(poll(&pfd, 1, 0), 0);
}

static void
test_order_and_fd(void **state)
{
	with_both(*state, check_order_and_fd);
}

/* The ceiling counts what has not been dispatched, whoever is quick. */
static void
test_queue_is_bounded(void **state)
{
	struct store_opts opts = {.queue_max = 3};
	struct event event = event_of("a", EVENT_REPORT, 1);
	struct store *store;

	(void)state;
	store = open_store("memory:", &opts);
	for (int i = 0; i < 3; i++)
		assert_int_equal(
		    store_append(store, &event, 1, STORE_ANY_SEQ, NULL, NULL),
		    0);
	assert_int_equal(
	    store_append(store, &event, 1, STORE_ANY_SEQ, NULL, NULL), -EAGAIN);
	assert_int_equal(store_meta_set(store, "k", "v", NULL, NULL), -EAGAIN);
	store_dispatch(store);
	assert_int_equal(
	    store_append(store, &event, 1, STORE_ANY_SEQ, NULL, NULL), 0);
	store_close(store);
}

static void
test_modes(void **state)
{
	struct place *place = *state;
	struct store *store = open_store(place->db, NULL);
	char dir[PATH_SIZE];
	struct stat st;

	assert_int_equal(stat(place->db, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	snprintf(dir, sizeof dir, "%s/db", place->dir);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	store_close(store);
}

/* The fold of what is stored is the live state, snapshots or not. */
static void
test_restart(void **state)
{
	struct place *place = *state;
	struct store_opts opts = {.snapshot_every = 10};
	struct seen *seen = calloc(1, sizeof *seen);
	struct store *store = open_store(place->db, &opts);
	static struct node live;
	static struct event event;

	assert_non_null(seen);
	node_init(&live, "a");
	for (uint64_t i = 1; i <= 95; i++) {
		event = event_of(i % 3 == 0 ? "b" : "a",
		    i % 10 == 0 ? EVENT_REINSTALL : EVENT_READY, (int64_t)i);
		event.generation = i / 10;
		assert_int_equal(
		    store_append(store, &event, 1, STORE_ANY_SEQ, NULL, NULL),
		    0);
		event.seq = i;
		if (i % 3 != 0)
			node_apply(&live, &event);
		if (i % 31 != 0)
			continue;
		store_close(store);
		store = open_store(place->db, &opts);
	}
	store_flush(store);
	load(store, "a", seen);
	assert_memory_equal(&seen->folded, &live, sizeof live);
	assert_int_equal(store_last_seq(store), 95);
	store_close(store);
	free(seen);
}

static void
wait_for_snapshot(struct store *store, uint64_t seq)
{
	struct seen *seen = calloc(1, sizeof *seen);

	assert_non_null(seen);
	do
		load(store, "a", seen);
	while (seen->events > 0);
	assert_int_equal(seen->nodes, 1);
	assert_int_equal(seen->node.seq, seq);
	free(seen);
}

/* Machines that come and are forgotten leave no snapshots behind. */
static void
test_forgotten(void **state)
{
	struct place *place = *state;
	struct store_opts opts = {.snapshot_every = 10};
	struct seen *seen = calloc(1, sizeof *seen);
	struct store *store = open_store(place->db, &opts);
	char name[32];

	assert_non_null(seen);
	for (int i = 0; i < 200; i++) {
		struct event event;

		snprintf(name, sizeof name, "m%d", i / 2);
		event = event_of(name,
		    i % 2 == 0 ? EVENT_DISCOVERED : EVENT_FORGOTTEN, i + 1);
		assert_int_equal(
		    store_append(store, &event, 1, STORE_ANY_SEQ, NULL, NULL),
		    0);
	}
	store_flush(store);
	do
		load(store, "m0", seen);
	while (seen->events > 0);
	assert_int_equal(seen->nodes, 0);
	store_close(store);
	free(seen);
}

/* Idle, the writer folds what has gathered; start-up then has no tail. */
static void
test_snapshot(void **state)
{
	struct place *place = *state;
	struct store_opts opts = {.snapshot_every = 100};
	struct store *store = open_store(place->db, &opts);

	for (int i = 0; i < 250; i++) {
		struct event event = event_of("a", EVENT_REINSTALL, i);

		assert_int_equal(
		    store_append(store, &event, 1, STORE_ANY_SEQ, NULL, NULL),
		    0);
	}
	store_flush(store);
	wait_for_snapshot(store, 250);
	/* Its last number is known from the snapshot, too. */
	assert_int_equal(append(store, "a", 249).error, -ESTALE);
	assert_int_equal(append(store, "a", 250).error, 0);
	store_close(store);
}

static void
test_old_events_go(void **state)
{
	struct place *place = *state;
	struct store_opts opts = {
	    .snapshot_every = 100, .keep_events = 100, .queue_max = 10000};
	struct store *store = open_store(place->db, &opts);
	struct store_query query = {.limit = 1};
	struct event event = event_of("a", EVENT_REPORT, 1);
	struct seen *seen = calloc(1, sizeof *seen);
	struct err err = {0};

	assert_non_null(seen);
	for (int i = 0; i < 6000; i++)
		assert_int_equal(
		    store_append(store, &event, 1, STORE_ANY_SEQ, NULL, NULL),
		    0);
	store_flush(store);
	do {
		seen->events = 0;
		assert_int_equal(
		    store_read(store, &query, on_seen_event, seen, &err), 1);
	} while (seen->seqs[0] < 1000);
	assert_int_equal(append(store, "a", STORE_ANY_SEQ).first_seq, 6001);
	store_close(store);
	free(seen);
}

static uint64_t
oldest_of(struct store *store)
{
	int64_t time_ms = 0;
	uint64_t seq = 0;

	assert_int_equal(store_oldest(store, &seq, &time_ms), 0);
	return seq;
}

/* By age, too; the newest stays, or its number would be given again. */
static void
test_aged_events_go(void **state)
{
	const int64_t day_ms = 24 * 3600 * 1000;
	struct place *place = *state;
	struct clock clock;
	struct store_opts opts = {
	    .snapshot_every = 10, .keep_ms = day_ms, .clock = &clock};
	struct seen *seen = calloc(1, sizeof *seen);
	struct store *store;

	assert_non_null(seen);
	clock_init_sim(&clock, 1000);
	store = open_store(place->db, NULL);
	assert_int_equal(
	    store_oldest(store, &seen->seqs[0], (int64_t[]){0}), -ENOENT);
	for (int i = 0; i < 500; i++) {
		struct event event = event_of(
		    "a", EVENT_REINSTALL, i < 300 ? 1000 : 1000 + day_ms / 2);

		assert_int_equal(
		    store_append(store, &event, 1, STORE_ANY_SEQ, NULL, NULL),
		    0);
	}
	store_close(store);
	/* At the first idle moment of the next start; as long as it takes. */
	clock.sim_ms = 1000 + day_ms + 1;
	store = open_store(place->db, &opts);
	append(store, "b", STORE_ANY_SEQ);
	while (oldest_of(store) != 301)
		poll(NULL, 0, 5);
	store_close(store);
	clock.sim_ms += 30 * day_ms;
	store = open_store(place->db, &opts);
	while (oldest_of(store) != store_last_seq(store))
		poll(NULL, 0, 5);
	load(store, "a", seen);
	assert_int_equal(seen->folded.want, 1);
	assert_int_equal(seen->folded.seq, 500);
	store_close(store);
	free(seen);
}

/* By age also where commit follows commit: the writer's thread never idles. */
static void
test_aged_events_go_without_a_pause(void **state)
{
	const int64_t day_ms = 24 * 3600 * 1000;
	struct place *place = *state;
	struct clock clock;
	struct store_opts opts = {.snapshot_every = 100};
	struct sqlite_writer writer = {.clock = &clock,
	    .keep_ms = day_ms,
	    .keep_events = UINT64_MAX,
	    .snapshot_every = 100};
	struct store *store = open_store(place->db, &opts);
	struct err err = {0};
	sqlite3 *reader = NULL;
	int lock = -1;

	for (int i = 0; i < 1000; i++) {
		struct event event = event_of(
		    "a", EVENT_REPORT, i < 700 ? 1000 : 1000 + day_ms / 2);

		assert_int_equal(
		    store_append(store, &event, 1, STORE_ANY_SEQ, NULL, NULL),
		    0);
	}
	store_flush(store);
	wait_for_snapshot(store, 1000);
	store_close(store);
	assert_int_equal(
	    sqlite_open_checked(place->db, 0, &lock, &writer.db, &reader, &err),
	    0);
	/* Not late yet: it can wait. */
	clock_init_sim(&clock, 1000 + day_ms + 3600 * 1000);
	assert_int_equal(sqlite_writer_init(&writer, &err), 0);
	for (int i = 0; i < 100; i++)
		sqlite_trim_keep_up(&writer, 10);
	assert_int_equal(writer.first_seq, 1);
	/* Twice as many as come, and no more. */
	clock.sim_ms += 2 * 3600 * 1000;
	sqlite_trim_keep_up(&writer, 96);
	assert_in_range(writer.first_seq, 129, 257);
	for (int i = 0; i < 35; i++)
		sqlite_trim_keep_up(&writer, 10);
	assert_int_equal(writer.first_seq, 701);
	sqlite3_close(reader);
	sqlite_writer_done(&writer);
	sqlite3_close(writer.db);
	close(lock);
}

/* A forgotten machine leaves no snapshot with the last number either. */
static void
test_numbers_are_not_given_twice(void **state)
{
	struct place *place = *state;
	struct clock clock;
	struct store_opts opts = {
	    .snapshot_every = 1, .keep_ms = 1, .clock = &clock};
	struct store *store;
	uint64_t last = 0;

	clock_init_sim(&clock, INT64_C(1) << 40);
	for (int i = 0; i < 5; i++) {
		static struct event events[2];

		store = open_store(place->db, &opts);
		assert_int_equal(store_last_seq(store), last);
		events[0] = event_of("m", EVENT_DISCOVERED, 1);
		events[1] = event_of("m", EVENT_FORGOTTEN, 1);
		assert_int_equal(
		    store_append(store, events, 2, STORE_ANY_SEQ, NULL, NULL),
		    0);
		store_flush(store);
		last += 2;
		while (oldest_of(store) != last)
			poll(NULL, 0, 5);
		store_close(store);
	}
}

/* As whoever opens it now sees it. */
static int64_t
pages_of(const char *path)
{
	sqlite3_stmt *stmt = NULL;
	sqlite3 *db = NULL;
	int64_t pages;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_prepare_v2(db, "PRAGMA page_count", -1, &stmt, NULL),
	    SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	pages = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return pages;
}

/* Room for which there is no more use goes back to the disk. */
static void
test_file_shrinks(void **state)
{
	struct place *place = *state;
	struct store_opts opts = {.snapshot_every = 100, .keep_events = 1000};
	struct store *store = open_store(place->db, NULL);
	struct event event = event_of("a", EVENT_FAILED, 1);
	int64_t full;

	memset(event.evidence, 'e', sizeof event.evidence - 1);
	for (int i = 0; i < 12000; i++) {
		while (store_append(store, &event, 1, STORE_ANY_SEQ, NULL,
			   NULL) == -EAGAIN)
			store_flush(store);
	}
	store_close(store);
	full = pages_of(place->db);
	store = open_store(place->db, &opts);
	/* Looking on all the time would keep the writer from it. */
	while (pages_of(place->db) > full / 2)
		poll(NULL, 0, 5);
	assert_int_equal(oldest_of(store), 11001);
	store_close(store);
}

static void
expect_refused(const char *path, const char *words)
{
	struct store *store = NULL;
	struct err err = {0};
	int ret = store_open(path, NULL, &store, &err);

	assert_true(ret < 0);
	assert_null(store);
	if (strstr(err.text, words) == NULL)
		fail_msg("'%s' lacks '%s'", err.text, words);
	assert_string_not_equal(err.hint, "");
}

static void
write_at(const char *path, off_t offset, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, text, strlen(text), offset), strlen(text));
	close(fd);
}

static void
fill(struct place *place)
{
	struct store *store = open_store(place->db, NULL);

	for (int i = 0; i < 200; i++)
		append(store, "a", STORE_ANY_SEQ);
	store_close(store);
}

static void
test_refuses_damage(void **state)
{
	struct place *place = *state;
	char junk[3000];

	fill(place);
	memset(junk, 'x', sizeof junk);
	junk[sizeof junk - 1] = '\0';
	write_at(place->db, 20480, junk);
	expect_refused(place->db, "");
	/* And it is still there, for whoever wants to rescue something. */
	assert_int_equal(access(place->db, F_OK), 0);
	write_at(place->db, 0, "this is no database at all, but a text file");
	expect_refused(place->db, "not a database");
	assert_int_equal(truncate(place->db, 0), 0);
	expect_refused(place->db, "is empty");
}

static void
test_refuses_others(void **state)
{
	struct place *place = *state;
	struct store *store = open_store(place->db, NULL);
	sqlite3 *db = NULL;

	expect_refused(place->db, "another convect-pxed uses it");
	store_close(store);
	assert_int_equal(sqlite3_open(place->db, &db), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA user_version=99", NULL, NULL, NULL);
	sqlite3_close(db);
	expect_refused(place->db, "another version");
	assert_int_equal(sqlite3_open(place->db, &db), SQLITE_OK);
	sqlite3_exec(db, "PRAGMA application_id=7", NULL, NULL, NULL);
	sqlite3_close(db);
	expect_refused(place->db, "another program");
	expect_refused("postgres://host/db", "not a kind of store");
}

static void
test_refuses_lonely_log(void **state)
{
	struct place *place = *state;
	char wal[PATH_SIZE + 8];

	fill(place);
	snprintf(wal, sizeof wal, "%s-wal", place->db);
	write_at(wal, 0, "log");
	assert_int_equal(unlink(place->db), 0);
	expect_refused(place->db, "not its database");
}

/* Root may write anything, so it is done as somebody else. */
static void
test_refuses_read_only(void **state)
{
	struct place *place = *state;
	char name[PATH_SIZE + 8];

	if (geteuid() != 0)
		skip();
	fill(place);
	snprintf(name, sizeof name, "%s/db", place->dir);
	assert_int_equal(chmod(place->dir, 0755), 0);
	assert_int_equal(chmod(name, 0777), 0);
	assert_int_equal(chmod(place->db, 0444), 0);
	snprintf(name, sizeof name, "%s.lock", place->db);
	assert_int_equal(chmod(name, 0666), 0);
	assert_int_equal(seteuid(65534), 0);
	expect_refused(place->db, "readonly");
	assert_int_equal(seteuid(0), 0);
}

static void
test_full(void **state)
{
	struct place *place = *state;
	struct store_opts opts = {.max_bytes = 200000};
	struct store *store = open_store(place->db, &opts);
	struct outcome outcome;
	uint64_t committed = 0;
	struct event event = event_of("a", EVENT_FAILED, 1);

	memset(event.evidence, 'e', sizeof event.evidence - 1);
	do {
		memset(&outcome, 0, sizeof outcome);
		assert_int_equal(store_append(store, &event, 1, STORE_ANY_SEQ,
				     on_append_cb, &outcome),
		    0);
		store_flush(store);
		if (outcome.error == 0)
			committed = outcome.first_seq;
	} while (outcome.error == 0);
	assert_int_equal(outcome.error, -ENOSPC);
	assert_non_null(strstr(store_strerror(outcome.error), "full"));
	store_close(store);
	/* Everything that was acknowledged is there; with room it goes on. */
	store = open_store(place->db, NULL);
	assert_int_equal(store_last_seq(store), committed);
	assert_int_equal(
	    append(store, "a", committed).first_seq, committed + 1);
	store_close(store);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_append, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_read, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_meta, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_with, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_order_and_fd, setup, teardown),
	    cmocka_unit_test(test_queue_is_bounded),
	    cmocka_unit_test_setup_teardown(test_modes, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_snapshot, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_forgotten, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_old_events_go, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_aged_events_go, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_aged_events_go_without_a_pause, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_numbers_are_not_given_twice, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_file_shrinks, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_refuses_damage, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_refuses_others, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_refuses_lonely_log, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_refuses_read_only, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_full, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
