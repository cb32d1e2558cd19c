/* Who is taken in, and who is forgotten again, by a clock that we turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/app.h"
#include "app/enroll.h"
#include "base/log.h"
#include "base/str.h"

#define MINUTE_MS INT64_C(60000)

struct world {
	struct app app;
	struct clock clock;
	struct engine_args args;
	struct site site;
	struct store *store;
};

static struct inventory *
load(const char *text)
{
	struct inv_file file = {"macs", text, strlen(text)};
	struct inv_input input = {.files = &file, .count = 1};
	struct inventory *inv = NULL;
	struct problems problems;

	problems_init(&problems);
	assert_int_equal(inventory_load(&input, &problems, &inv), 0);
	problems_done(&problems);
	return inv;
}

static int
setup(void **state)
{
	struct world *world = calloc(1, sizeof *world);
	struct err err = {0};

	assert_non_null(world);
	log_set_level(LOG_LEVEL_ERROR);
	clock_init_sim(&world->clock, 1000000);
	world->args.enroll = true;
	world->site.inv = load("gpu1 mac=52:54:00:aa:0b:01\n");
	world->app.args = &world->args;
	world->app.clock = &world->clock;
	world->app.site = &world->site;
	world->app.loop = loop_new();
	assert_int_equal(store_open("memory:", NULL, &world->store, &err), 0);
	assert_int_equal(nodes_open(world->app.loop, &world->clock,
			     world->store, &world->app.nodes, &err),
	    0);
	enroll_open(&world->app);
	*state = world;
	return 0;
}

static int
teardown(void **state)
{
	struct world *world = *state;

	nodes_close(world->app.nodes);
	enroll_close(&world->app);
	loop_free(world->app.loop);
	inventory_unref(world->site.inv);
	free(world);
	return 0;
}

static const char *
name_of(unsigned i, char out[HWADDR_STRLEN])
{
	snprintf(out, HWADDR_STRLEN, "52:54:00:dd:%02x:%02x", i >> 8 & 0xff,
	    i & 0xff);
	return out;
}

static void
append(struct world *world, unsigned i, enum event_kind kind)
{
	char name[HWADDR_STRLEN];
	struct event event;

	event_init(&event, kind, name_of(i, name));
	str_copy(event.serial, sizeof event.serial, i % 2 ? "odd" : name);
	assert_int_equal(nodes_append(world->app.nodes, &event, 1,
			     STORE_ANY_SEQ, NULL, NULL),
	    0);
	store_flush(world->store);
}

static void
touch(struct world *world, unsigned i)
{
	char name[HWADDR_STRLEN];
	struct hwaddr mac;

	assert_int_equal(hwaddr_parse(name_of(i, name), &mac), 0);
	enroll_touch(&world->app, &mac, "192.0.2.1");
}

static bool
is_known(struct world *world, unsigned i)
{
	char name[HWADDR_STRLEN];

	store_flush(world->store);
	return nodes_find(world->app.nodes, name_of(i, name)) != NULL;
}

/* One address brings some, then one a minute. */
static void
test_source(void **state)
{
	struct world *world = *state;
	unsigned count = 0;

	for (int i = 0; i < 100; i++)
		count += enroll_admit(&world->app, "192.0.2.1");
	assert_int_equal(count, 8);
	assert_true(enroll_admit(&world->app, "192.0.2.2"));
	world->clock.sim_ms += MINUTE_MS;
	assert_true(enroll_admit(&world->app, "192.0.2.1"));
	assert_false(enroll_admit(&world->app, "192.0.2.1"));
}

/* Full, nobody is pushed out who still asks; then the longest unseen one. */
static void
test_ceiling(void **state)
{
	struct world *world = *state;

	for (unsigned i = 0; i < ENROLL_MAX; i++)
		append(world, i, EVENT_DISCOVERED);
	assert_false(enroll_admit(&world->app, "192.0.2.1"));
	world->clock.sim_ms += 5 * MINUTE_MS;
	for (unsigned i = 0; i < ENROLL_MAX; i++) {
		if (i != 7)
			touch(world, i);
	}
	assert_false(enroll_admit(&world->app, "192.0.2.1"));
	world->clock.sim_ms += 6 * MINUTE_MS;
	assert_true(enroll_admit(&world->app, "192.0.2.1"));
	assert_false(is_known(world, 7));
	assert_true(is_known(world, 8));
	assert_int_equal(nodes_count(world->app.nodes), ENROLL_MAX - 1);
	/* Who is ignored takes no place of those that wait. */
	append(world, 9, EVENT_HOLD);
	append(world, 300, EVENT_DISCOVERED);
	assert_true(enroll_admit(&world->app, "192.0.2.1"));
	assert_int_equal(nodes_count(world->app.nodes), ENROLL_MAX);
}

static void
test_ageing(void **state)
{
	struct world *world = *state;

	append(world, 1, EVENT_DISCOVERED);
	append(world, 2, EVENT_DISCOVERED);
	append(world, 3, EVENT_DISCOVERED);
	append(world, 3, EVENT_HOLD);
	world->clock.sim_ms += ENROLL_KEEP_MS;
	touch(world, 2);
	enroll_sweep(&world->app);
	assert_true(is_known(world, 1));
	world->clock.sim_ms += 1;
	enroll_sweep(&world->app);
	assert_false(is_known(world, 1));
	assert_true(is_known(world, 2));
	assert_true(is_known(world, 3));
	/* Nodes of hosts are never forgotten, however old. */
	append(world, 4, EVENT_REINSTALL);
	world->clock.sim_ms += 10 * ENROLL_KEEP_MS;
	enroll_sweep(&world->app);
	assert_true(is_known(world, 4));
	assert_false(is_known(world, 2));
}

static void
test_accepted(void **state)
{
	struct world *world = *state;

	append(world, 1, EVENT_DISCOVERED);
	append(world, 2, EVENT_DISCOVERED);
	inventory_unref(world->site.inv);
	world->site.inv = load("gpu2 mac=52:54:00:dd:00:01\n");
	enroll_sweep(&world->app);
	assert_false(is_known(world, 1));
	assert_true(is_known(world, 2));
}

static void
test_find(void **state)
{
	struct world *world = *state;
	char name[HWADDR_STRLEN];
	const struct node *node;
	unsigned count;

	append(world, 1, EVENT_DISCOVERED);
	append(world, 2, EVENT_DISCOVERED);
	append(world, 3, EVENT_DISCOVERED);
	node = enroll_find(&world->app, "5254.00DD.0002", &count);
	assert_non_null(node);
	assert_string_equal(node->name, name_of(2, name));
	assert_non_null(enroll_find(&world->app, name, &count));
	assert_null(enroll_find(&world->app, "ODD", &count));
	assert_int_equal(count, 2);
	assert_null(enroll_find(&world->app, "", &count));
	assert_int_equal(count, 0);
	assert_true(enroll_is_waiting(&world->app, node));
	world->clock.sim_ms += ENROLL_GONE_MS;
	assert_false(enroll_is_waiting(&world->app, node));
	touch(world, 2);
	assert_true(enroll_is_waiting(&world->app, node));
	append(world, 2, EVENT_HOLD);
	assert_false(enroll_is_waiting(&world->app, node));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_source, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ceiling, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_ageing, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_accepted, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_find, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
