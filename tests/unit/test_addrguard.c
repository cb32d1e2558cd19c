#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "app/addrguard.h"

#define IFINDEX 7

static const struct hwaddr machine = {{0x52, 0x54, 0, 0xaa, 0, 9}};
static const struct hwaddr second_nic = {{0x52, 0x54, 0, 0xaa, 0, 8}};
static const struct hwaddr other = {{0x52, 0x54, 0, 0xaa, 0, 1}};

struct world {
	struct clock clock;
	struct addrguard *guard;
	struct in_addr addr;
	struct hwaddr by;
	unsigned asked;
	unsigned told;
	unsigned listed;
};

static bool
on_same(void *arg, const struct hwaddr *a, const struct hwaddr *b)
{
	(void)arg;
	return hwaddr_eq(a, b) || hwaddr_eq(b, &second_nic);
}

static void
on_send(void *arg, int ifindex, struct in_addr addr)
{
	struct world *world = arg;

	assert_int_equal(ifindex, IFINDEX);
	assert_int_equal(addr.s_addr, world->addr.s_addr);
	world->asked++;
}

static void
on_taken(void *arg, const struct addrguard_conflict *conflict)
{
	struct world *world = arg;

	assert_true(hwaddr_eq(&conflict->machine, &machine));
	assert_true(hwaddr_eq(&conflict->other, &other));
	world->told++;
}

static void
on_each(void *arg, const struct addrguard_conflict *conflict)
{
	struct world *world = arg;

	assert_int_equal(conflict->addr.s_addr, world->addr.s_addr);
	world->listed++;
}

static int
setup(void **state)
{
	static struct world world;
	const struct addrguard_handler handler = {
	    on_same, on_send, on_taken, &world};

	world = (struct world){.addr = {inet_addr("10.79.0.51")}};
	clock_init_sim(&world.clock, 1000000);
	world.guard = addrguard_new(NULL, &world.clock, &handler);
	*state = &world;
	return 0;
}

static int
teardown(void **state)
{
	struct world *world = *state;

	addrguard_free(world->guard);
	return 0;
}

static enum addrguard_state
look(struct world *world)
{
	return addrguard_look(
	    world->guard, world->addr, IFINDEX, &machine, &world->by);
}

static void
hear(struct world *world, const struct hwaddr *from, int ifindex)
{
	uint8_t packet[] = {0, 1, 8, 0, 6, 4, 0, 2, 0, 0, 0, 0, 0, 0, 10, 79, 0,
	    51, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};

	memcpy(packet + 8, from->b, HWADDR_LEN);
	addrguard_hear(world->guard, ifindex, packet, sizeof packet);
}

static void
test_nobody(void **state)
{
	struct world *world = *state;

	assert_int_equal(look(world), ADDRGUARD_ASKED);
	world->clock.sim_ms += ADDRGUARD_WAIT_MS - 1;
	assert_int_equal(look(world), ADDRGUARD_ASKED);
	world->clock.sim_ms += 1;
	assert_int_equal(look(world), ADDRGUARD_FREE);
	assert_int_equal(world->asked, 1);
	assert_false(addrguard_is_taken(world->guard, world->addr));
	world->clock.sim_ms += INT64_C(3600) * 1000;
	assert_int_equal(look(world), ADDRGUARD_ASKED);
	assert_int_equal(world->asked, 2);
}

static void
test_taken(void **state)
{
	struct world *world = *state;

	assert_int_equal(look(world), ADDRGUARD_ASKED);
	hear(world, &other, IFINDEX);
	hear(world, &other, IFINDEX);
	assert_int_equal(world->told, 1);
	assert_true(addrguard_is_taken(world->guard, world->addr));
	assert_int_equal(look(world), ADDRGUARD_TAKEN);
	assert_true(hwaddr_eq(&world->by, &other));
	addrguard_each_taken(world->guard, on_each, world);
	assert_int_equal(world->listed, 1);
	/* Asked for again, it is still there. */
	world->clock.sim_ms += 4000;
	assert_int_equal(look(world), ADDRGUARD_TAKEN);
	assert_int_equal(world->asked, 2);
	hear(world, &other, IFINDEX);
	world->clock.sim_ms += 4000;
	assert_int_equal(look(world), ADDRGUARD_TAKEN);
	assert_int_equal(world->told, 1);
	/* Now nobody answers. */
	world->clock.sim_ms += 4000;
	assert_int_equal(look(world), ADDRGUARD_FREE);
	assert_int_equal(world->asked, 3);
}

static void
test_not_meant(void **state)
{
	struct world *world = *state;

	hear(world, &other, IFINDEX);
	assert_int_equal(look(world), ADDRGUARD_ASKED);
	hear(world, &other, IFINDEX + 1);
	hear(world, &machine, IFINDEX);
	hear(world, &second_nic, IFINDEX);
	world->clock.sim_ms += ADDRGUARD_WAIT_MS;
	hear(world, &other, IFINDEX); /* too late to be an answer */
	assert_int_equal(look(world), ADDRGUARD_FREE);
	assert_int_equal(world->told, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_nobody, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_taken, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_not_meant, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
