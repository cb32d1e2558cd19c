/*
 * A store with a long history: how long it takes to start with it, and what an
 * append waits while old events are dropped. Fills a database with EVENTS of
 * NODES machines that installed, through the same store_append() as the daemon,
 * then prints the rate, the size, the start, and the median, the 99th
 * percentile and the longest append in milliseconds: 200 a second, without and
 * with half of the history being dropped in the background.
 * Usage: bench_history [DIRECTORY [EVENTS [NODES [fill]]]]; `fill` ends after
 * filling and leaves DIRECTORY/convect.db, for a daemon to be started with
 * (its nodes are n00000 and so on).
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "bench_support.h"
#include "store/store.h"

#define START_MS INT64_C(1795000000000)
#define APPENDS 3000
#define APPEND_EVERY_US 5000

/* One install, as its events come; reports fill up what is asked for. */
static const enum event_kind life[] = {EVENT_PXE, EVENT_LOADER,
    EVENT_BOOT_SCRIPT, EVENT_ARTIFACT, EVENT_ARTIFACT, EVENT_SEED, EVENT_SEED,
    EVENT_SEED, EVENT_SEED, EVENT_ARTIFACT};

#define LIFE_STEPS (sizeof life / sizeof life[0])

static struct store *
open_store(const char *path, uint64_t keep)
{
	struct store_opts opts = {.keep_events = keep};
	struct store *store = NULL;
	struct err err = {0};

	if (store_open(path, &opts, &store, &err) < 0)
		die(path, err.text);
	return store;
}

/* Hashes as different as real ones are. */
static void
fill_hash(char out[EVENT_TOKEN_SIZE], size_t number)
{
	for (size_t i = 0; i < 4; i++)
		snprintf(out + i * 16, 17, "%016zx",
		    (number * 4 + i + 1) * (size_t)0x9e3779b97f4a7c15);
}

static void
fill_event(struct event *event, size_t node, size_t step, size_t steps)
{
	char name[64];
	enum event_kind kind = step < LIFE_STEPS ? life[step] : EVENT_REPORT;

	if (step + 1 == steps)
		kind = EVENT_READY;
	else if (step + 2 == steps)
		kind = EVENT_INSTALLED;
	snprintf(name, sizeof name, "n%05zu", node);
	event_init(event, kind, name);
	event->generation = 1;
	event->attempt = 1;
	snprintf(event->addr, sizeof event->addr, "10.%zu.%zu.%zu",
	    node >> 16 & 255, node >> 8 & 255, node & 255);
	snprintf(event->decision, sizeof event->decision, "install");
	snprintf(event->rule, sizeof event->rule, "install_due");
	if (kind == EVENT_BOOT_SCRIPT || kind == EVENT_SEED)
		fill_hash(event->token, node);
	if (kind == EVENT_BOOT_SCRIPT)
		fill_hash(event->report_token, node + 1000000);
	if (kind == EVENT_ARTIFACT || kind == EVENT_SEED)
		snprintf(event->name, sizeof event->name, "images/u/vmlinuz");
	if (kind != EVENT_REPORT)
		return;
	event->percent = 1 + step * 98 / steps;
	snprintf(event->origin, sizeof event->origin, "curtin");
	snprintf(event->event_type, sizeof event->event_type, "finish");
	snprintf(event->result, sizeof event->result, "SUCCESS");
	snprintf(event->name, sizeof event->name,
	    "subiquity/Install/install/curtin_install/run_curtin_step");
	snprintf(event->description, sizeof event->description,
	    "executing curtin install extract step %zu", step);
}

static void
append_one(struct store *store, const struct event *event)
{
	struct pollfd pfd = {.fd = store_fd(store), .events = POLLIN};

	while (store_append(store, event, 1, STORE_ANY_SEQ, NULL, NULL) < 0) {
		poll(&pfd, 1, -1);
		store_dispatch(store);
	}
}

/* All nodes install side by side, as after a power cut. */
static void
fill(const char *path, size_t events, size_t nodes)
{
	struct store *store = open_store(path, events);
	size_t steps = events / nodes;
	int64_t start = now_us();
	struct event event;
	struct stat st;

	for (size_t i = 0; i < steps * nodes; i++) {
		fill_event(&event, i % nodes, i / nodes, steps);
		event.time_ms = START_MS + (int64_t)i;
		append_one(store, &event);
	}
	store_flush(store);
	printf("filled: %zu events of %zu nodes, %.0f events/s\n",
	    steps * nodes, nodes,
	    (double)(steps * nodes) / ((double)(now_us() - start) / 1e6));
	while (load_all(store).events >= 1000)
		usleep(100000);
	store_close(store);
	if (stat(path, &st) == 0)
		printf("size: %.0f MB\n", (double)st.st_size / 1e6);
}

static void
measure_start(const char *path, size_t events)
{
	int64_t start = now_us();
	struct store *store = open_store(path, events);
	int64_t opened = now_us();
	struct load load = load_all(store);

	printf("start: open %.0f ms, %zu nodes and %zu events in %.0f ms\n",
	    (double)(opened - start) / 1e3, load.nodes, load.events,
	    (double)(now_us() - opened) / 1e3);
	store_close(store);
}

struct run {
	int64_t taken_us[APPENDS];
	int64_t start_us[APPENDS];
	size_t done;
};

static void
on_append_cb(void *arg, int error, const struct event *events, size_t n)
{
	struct run *run = arg;

	(void)events;
	(void)n;
	if (error < 0)
		die("append", store_strerror(error));
	run->taken_us[run->done] = now_us() - run->start_us[run->done];
	run->done++;
}

static void
wait_until(struct store *store, int64_t until)
{
	struct pollfd pfd = {.fd = store_fd(store), .events = POLLIN};
	int64_t left;

	while ((left = until - now_us()) > 0) {
		struct timespec ts = {.tv_nsec = left * 1000};

		ppoll(&pfd, 1, &ts, NULL);
		store_dispatch(store);
	}
}

static void
on_first_cb(void *arg, const struct event *event)
{
	uint64_t *first = arg;

	*first = event->seq;
}

static uint64_t
first_seq(struct store *store)
{
	struct store_query query = {.limit = 1};
	uint64_t first = 0;

	(void)store_read(store, &query, on_first_cb, &first, NULL);
	return first;
}

static void
measure_appends(const char *path, const char *what, uint64_t keep, size_t nodes)
{
	struct store *store = open_store(path, keep);
	struct run *run = mem_alloc(sizeof *run);
	uint64_t before = first_seq(store);
	int64_t next = now_us();
	struct event event;

	for (size_t i = 0; i < APPENDS; i++) {
		fill_event(&event, i * 7919 % nodes, 50, 100);
		event.time_ms = START_MS * 2;
		run->start_us[i] = now_us();
		if (store_append(
			store, &event, 1, STORE_ANY_SEQ, on_append_cb, run) < 0)
			die("append", "refused");
		next += APPEND_EVERY_US;
		wait_until(store, next);
	}
	store_flush(store);
	sort_times(run->taken_us, APPENDS);
	printf("%s: p50 %.2f ms  p99 %.2f ms  max %.2f ms; %llu events "
	       "dropped meanwhile\n",
	    what, percentile_ms(run->taken_us, APPENDS, 50),
	    percentile_ms(run->taken_us, APPENDS, 99),
	    percentile_ms(run->taken_us, APPENDS, 100),
	    (unsigned long long)(first_seq(store) - before));
	free(run);
	store_close(store);
}

int
main(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : ".";
	size_t events = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 1000000;
	size_t nodes = argc > 3 ? (size_t)strtoul(argv[3], NULL, 10) : 10000;
	char path[1024];

	snprintf(path, sizeof path, "%s/convect.db", dir);
	setvbuf(stdout, NULL, _IOLBF, 0);
	remove_database(path);
	fill(path, events, nodes);
	if (argc > 4)
		return 0;
	measure_start(path, events);
	measure_appends(path, "appends", events * 2, nodes);
	measure_appends(path, "while dropping", events / 2, nodes);
	measure_start(path, events / 2);
	remove_database(path);
	return 0;
}
