#include "bench_support.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int64_t
now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static int
by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

void
sort_times(int64_t *times, size_t count)
{
	qsort(times, count, sizeof *times, by_time);
}

double
percentile_ms(const int64_t *times, size_t count, size_t percent)
{
	size_t index = count * percent / 100;

	return (double)times[index < count ? index : count - 1] / 1e3;
}

void
die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

static void
on_node_cb(void *arg, const struct node *node)
{
	struct load *load = arg;

	(void)node;
	load->nodes++;
}

static void
on_event_cb(void *arg, const struct event *event)
{
	struct load *load = arg;

	(void)event;
	load->events++;
}

struct load
load_all(struct store *store)
{
	struct load load = {0};
	struct store_loader loader = {on_node_cb, on_event_cb, &load};
	struct err err = {0};

	if (store_load(store, &loader, &err) < 0)
		die("store_load", err.text);
	return load;
}

void
remove_database(const char *path)
{
	static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
	char name[4096];

	for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
		snprintf(name, sizeof name, "%s%s", path, tails[i]);
		unlink(name);
	}
}
