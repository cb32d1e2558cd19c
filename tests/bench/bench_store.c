/*
 * How long from store_append() to its callback: what a machine's callback
 * waits for. For 1, 50 and 300 appends under way at once, the median, the 99th
 * percentile and the longest, in milliseconds, and appends a second; then how
 * long a start with that many nodes takes, from opening to the last event.
 * Usage: bench_store [DIRECTORY [APPENDS]]; the database is made in DIRECTORY.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "bench_support.h"
#include "store/store.h"

struct bench {
	struct store *store;
	int64_t *taken_us;
	size_t done;
	size_t started;
	size_t total;
};

struct shot {
	struct bench *bench;
	int64_t start_us;
};

static void fire(struct bench *bench);

static void
on_append_cb(void *arg, int error, const struct event *events, size_t n)
{
	struct shot *shot = arg;
	struct bench *bench = shot->bench;

	(void)events;
	(void)n;
	if (error < 0) {
		fprintf(stderr, "append: %s\n", store_strerror(error));
		exit(1);
	}
	bench->taken_us[bench->done++] = now_us() - shot->start_us;
	free(shot);
	if (bench->started < bench->total)
		fire(bench);
}

static void
fire(struct bench *bench)
{
	struct shot *shot = mem_alloc(sizeof *shot);
	struct event event;
	char node[32];

	snprintf(node, sizeof node, "node%zu", bench->started % 300);
	event_init(&event, EVENT_REPORT, node);
	event.time_ms = 1795430000000 + (int64_t)bench->started;
	event.generation = 1;
	snprintf(event.origin, sizeof event.origin, "curtin");
	snprintf(event.name, sizeof event.name,
	    "subiquity/Install/install/curtin_install");
	snprintf(event.description, sizeof event.description,
	    "executing curtin install extract step");
	shot->bench = bench;
	shot->start_us = now_us();
	bench->started++;
	if (store_append(bench->store, &event, 1, STORE_ANY_SEQ, on_append_cb,
		shot) < 0) {
		fprintf(stderr, "append refused\n");
		exit(1);
	}
}

static void
run(struct store *store, size_t at_once, size_t total)
{
	struct bench bench = {.store = store, .total = total};
	struct pollfd pfd = {.fd = store_fd(store), .events = POLLIN};
	int64_t start = now_us();
	double seconds;

	bench.taken_us = mem_array(total, sizeof *bench.taken_us);
	for (size_t i = 0; i < at_once && i < total; i++)
		fire(&bench);
	while (bench.done < total) {
		poll(&pfd, 1, -1);
		store_dispatch(store);
	}
	seconds = (double)(now_us() - start) / 1e6;
	sort_times(bench.taken_us, total);
	printf("%4zu at once: p50 %7.3f ms  p99 %7.3f ms  max %7.3f ms  "
	       "%8.0f appends/s\n",
	    at_once, percentile_ms(bench.taken_us, total, 50),
	    percentile_ms(bench.taken_us, total, 99),
	    percentile_ms(bench.taken_us, total, 100), (double)total / seconds);
	free(bench.taken_us);
}

/* Gives the database `nodes` nodes, waits for their snapshots, opens it. */
static void
run_start(const char *path, size_t nodes)
{
	struct load load;
	struct store *store = NULL;
	struct event event;
	char name[32];
	int64_t start;

	if (store_open(path, NULL, &store, NULL) < 0)
		exit(1);
	for (size_t i = 0; i < nodes; i++) {
		snprintf(name, sizeof name, "rack%zu", i);
		event_init(&event, EVENT_BOOT_SCRIPT, name);
		snprintf(event.decision, sizeof event.decision, "install");
		memset(event.token, 'a', sizeof event.token - 1);
		memset(event.report_token, 'b', sizeof event.token - 1);
		event.generation = 1;
		store_append(store, &event, 1, 0, NULL, NULL);
		if (i % 1000 == 999)
			store_flush(store);
	}
	while (load_all(store).events >= 1000)
		continue;
	store_close(store);
	start = now_us();
	if (store_open(path, NULL, &store, NULL) < 0)
		exit(1);
	load = load_all(store);
	printf("start: %zu nodes and %zu events in %.0f ms\n", load.nodes,
	    load.events, (double)(now_us() - start) / 1e3);
	store_close(store);
}

int
main(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : ".";
	size_t total = argc > 2 ? (size_t)strtoul(argv[2], NULL, 10) : 10000;
	static const size_t at_once[] = {1, 50, 300};
	struct store *store = NULL;
	struct err err = {0};
	char path[1024];
	char text[1024];

	snprintf(path, sizeof path, "%s/bench-store.db", dir);
	remove_database(path);
	if (store_open(path, NULL, &store, &err) < 0) {
		fprintf(stderr, "%s\n", err_format(&err, text, sizeof text));
		return 1;
	}
	for (size_t i = 0; i < sizeof at_once / sizeof at_once[0]; i++)
		run(store, at_once[i], i == 0 ? total / 5 : total);
	store_close(store);
	run_start(path, 10000);
	remove_database(path);
	return 0;
}
