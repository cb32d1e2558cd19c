/* When what the DHCP server sees becomes events, by a clock that we turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/app.h"
#include "app/dhcp_news.h"
#include "base/log.h"

enum {
	SECOND_MS = 1000,
	NODES = 1000,
	/* Of NODES in one second, when they take a minute: 17 on average. */
	A_SECOND_MAX = 60,
};

struct world {
	struct app app;
	struct clock clock;
	struct dhcp_news *news;
	struct event last;
	size_t events;
};

static void
on_event_cb(void *arg, const struct event *event, const struct node *node)
{
	struct world *world = arg;

	(void)node;
	world->events++;
	world->last = *event;
}

static int
setup(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	struct err err = {0};
	struct store *store;

	assert_non_null(world);
	log_set_level(LOG_LEVEL_ERROR);
	clock_init_sim(&world->clock, 1000000);
	world->app.clock = &world->clock;
	world->app.loop = loop_new();
	assert_int_equal(store_open("memory:", NULL, &store, &err), 0);
	assert_int_equal(nodes_open(world->app.loop, &world->clock, store,
			     &world->app.nodes, &err),
	    0);
	nodes_listen(world->app.nodes, on_event_cb, world);
	world->news = dhcp_news_new(&world->app);
	*state = world;
	return 0;
}

static int
teardown(void **state)
{
	struct world *world = *state;

	nodes_close(world->app.nodes);
	dhcp_news_free(world->news);
	loop_free(world->app.loop);
	free(world);
	return 0;
}

static void
see(struct world *world, const char *node, enum proxydhcp_drop drop)
{
	struct hwaddr mac = {0};
	struct decision decision = {
	    .action = POLICY_INSTALL, .rule = "install-armed"};
	struct proxydhcp_sighting sighting = {
	    .node = node,
	    .mac = &mac,
	    .arch = "bios",
	    .client = "pxe",
	    .replied = drop == PROXYDHCP_OK,
	    .stage = drop == PROXYDHCP_OK ? "loader" : "",
	    .file = drop == PROXYDHCP_OK ? "undionly.kpxe" : "",
	    .drop = drop,
	    .problem = drop == PROXYDHCP_OK ? "" : "its loader is missing",
	    .decision = &decision,
	};

	dhcp_news_tell(world->news, &sighting);
}

/* All that is under way; returns how many events came of it. */
static size_t
settle(struct world *world)
{
	size_t before = world->events;

	dhcp_news_flush(world->news);
	store_flush(nodes_store(world->app.nodes));
	return world->events - before;
}

static void
test_same_news(void **state)
{
	struct world *world = *state;
	const char *rule;

	see(world, "gpu1", PROXYDHCP_OK);
	see(world, "gpu1", PROXYDHCP_OK);
	assert_int_equal(settle(world), 1);
	assert_string_equal(world->last.name, "undionly.kpxe");
	assert_string_equal(world->last.decision, "install");
	world->clock.sim_ms += 59 * SECOND_MS;
	see(world, "gpu1", PROXYDHCP_OK);
	assert_int_equal(settle(world), 0);
	assert_null(dhcp_news_problem(world->news, "gpu1", &rule));
	see(world, "gpu1", PROXYDHCP_DROP_LOADER);
	assert_int_equal(settle(world), 1);
	assert_string_equal(world->last.decision, "refuse");
	assert_string_equal(world->last.reason, "its loader is missing");
	assert_non_null(dhcp_news_problem(world->news, "gpu1", &rule));
	world->clock.sim_ms += 120 * SECOND_MS;
	see(world, "gpu1", PROXYDHCP_DROP_LOADER);
	assert_int_equal(settle(world), 1);
}

/* The time is the packet's; nothing is written before a turn of the loop. */
static void
test_answers_first(void **state)
{
	struct world *world = *state;
	int64_t seen_ms = world->clock.sim_ms;

	see(world, "gpu1", PROXYDHCP_OK);
	store_flush(nodes_store(world->app.nodes));
	assert_int_equal(world->events, 0);
	world->clock.sim_ms += SECOND_MS;
	while (world->events == 0)
		assert_int_equal(loop_turn(world->app.loop), 0);
	assert_int_equal(world->last.time_ms, seen_ms);
}

static void
see_all(struct world *world)
{
	char name[16];

	for (unsigned i = 0; i < NODES; i++) {
		snprintf(name, sizeof name, "n%03u", i);
		see(world, name, PROXYDHCP_OK);
	}
}

/* A rack that asks all the time is told at once, and then never again so. */
static void
test_rack(void **state)
{
	struct world *world = *state;
	size_t told = 0;

	see_all(world);
	assert_int_equal(settle(world), NODES);
	for (unsigned second = 0; second < 120; second++) {
		size_t count;

		world->clock.sim_ms += SECOND_MS;
		see_all(world);
		count = settle(world);
		assert_true(count <= A_SECOND_MAX);
		assert_true(count == 0 || second >= 59);
		told += count;
	}
	assert_int_equal(told, NODES);
}

/* What finds no room is told when the machine asks again. */
static void
test_too_many(void **state)
{
	struct world *world = *state;
	size_t told;
	char name[16];

	for (int pass = 0; pass < 2; pass++) {
		for (unsigned i = 0; i < 3 * NODES; i++) {
			snprintf(name, sizeof name, "n%04u", i);
			see(world, name, PROXYDHCP_OK);
		}
		told = settle(world);
		assert_true(told > 0 && told < 3 * NODES);
	}
	assert_int_equal(world->events, 3 * NODES);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_same_news, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_answers_first, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_rack, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_too_many, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
