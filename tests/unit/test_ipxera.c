#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "app/ipxera.h"

#define IFINDEX 7
#define SOLICIT_LEN 56

/* As Debian's iPXE sent it in the lab, from 52:54:00:0a:00:01. */
static const uint8_t solicit[SOLICIT_LEN] = {0x60, 0, 0, 0, 0, 16, 58, 255,
    0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x50, 0x54, 0, 0xff, 0xfe, 0x0a, 0, 1, 0xff,
    2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 133, 0, 0xda, 0x6f, 0, 0, 0, 0,
    1, 1, 0x52, 0x54, 0, 0x0a, 0, 1};

struct world {
	struct clock clock;
	struct iface *iface;
	struct ipxera *ipxera;
	bool booting;
	unsigned asked;
	struct hwaddr mac;
	uint8_t packet[SOLICIT_LEN];
	struct packet_arrival arrival;
	uint8_t advert[ND_ADVERT_LEN];
};

static bool
on_solicit(void *arg, const struct hwaddr *mac)
{
	struct world *world = arg;

	world->asked++;
	world->mac = *mac;
	return world->booting;
}

static int
setup(void **state)
{
	static struct world world;
	const struct ipxera_handler handler = {on_solicit, &world};
	struct in6_addr ours;

	world = (struct world){.booting = true};
	clock_init_sim(&world.clock, 1000000);
	world.iface = iface_new(NULL, 0);
	world.ipxera = ipxera_new(&world.clock, world.iface, &handler);
	inet_pton(AF_INET6, "fe80::1", &ours);
	ipxera_set_address(world.ipxera, IFINDEX, &ours);
	memcpy(world.packet, solicit, sizeof solicit);
	world.arrival = (struct packet_arrival){
	    .data = world.packet,
	    .len = sizeof world.packet,
	    .ifindex = IFINDEX,
	    .from = {{0x52, 0x54, 0, 0x0a, 0, 1}},
	};
	*state = &world;
	return 0;
}

static int
teardown(void **state)
{
	struct world *world = *state;

	ipxera_free(world->ipxera);
	iface_free(world->iface);
	return 0;
}

static bool
feed(struct world *world)
{
	return ipxera_handle(world->ipxera, &world->arrival, world->advert);
}

static void
test_answer(void **state)
{
	struct world *world = *state;
	char text[INET6_ADDRSTRLEN];

	assert_true(feed(world));
	assert_int_equal(world->asked, 1);
	assert_memory_equal(&world->mac, &world->arrival.from, HWADDR_LEN);
	assert_string_equal(
	    inet_ntop(AF_INET6, world->advert + 8, text, sizeof text),
	    "fe80::1");
	assert_memory_equal(world->advert + 24, solicit + 8, 16);
}

static void
test_nobody_else(void **state)
{
	struct world *world = *state;

	world->booting = false;
	assert_false(feed(world));
	assert_int_equal(world->asked, 1);
}

/* Not even asked about: what must not be answered, whoever sent it. */
static void
test_refused(void **state)
{
	struct world *world = *state;

	world->arrival.ifindex = IFINDEX + 1;
	assert_false(feed(world));
	world->arrival.ifindex = IFINDEX;
	world->arrival.truncated = true;
	assert_false(feed(world));
	world->arrival.truncated = false;
	world->arrival.from.b[5] = 2; /* the option says another one */
	assert_false(feed(world));
	world->arrival.from.b[5] = 1;
	world->packet[7] = 254; /* hop limit */
	assert_false(feed(world));
	world->packet[7] = 255;
	/* A global address, with the checksum that belongs to it. */
	world->packet[8] = 0x20;
	world->packet[42] = 0xb8;
	world->packet[43] = 0x70;
	assert_false(feed(world));
	assert_int_equal(world->asked, 0);
}

static void
test_no_address(void **state)
{
	struct world *world = *state;
	const struct in6_addr none = IN6ADDR_ANY_INIT;

	ipxera_set_address(world->ipxera, IFINDEX, &none);
	assert_false(feed(world));
	/* The kernel of this machine has no interface that is served here. */
	iface_set(world->iface, NULL, 0);
	ipxera_refresh(world->ipxera);
	assert_false(feed(world));
	assert_int_equal(world->asked, 0);
}

static void
test_rate(void **state)
{
	struct world *world = *state;
	unsigned answers = 0;

	for (int i = 0; i < 2000; i++)
		answers += feed(world);
	assert_int_equal(answers, 500);
	world->clock.sim_ms += 1000;
	for (int i = 0; i < 2000; i++)
		answers += feed(world);
	assert_int_equal(answers, 600);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_answer, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_nobody_else, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_address, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_rate, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
