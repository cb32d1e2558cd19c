/* Requests by way of relays: who may relay, what goes back, and where to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "app/proxydhcp.h"
#include "base/log.h"
#include "packets.h"

#define IFINDEX 7
#define OURS "10.77.0.2"
#define RELAY "10.80.0.1"  /* towards the machines */
#define UPLINK "10.78.0.9" /* towards us */

enum {
	FLAGS_AT = 10,
	GIADDR_AT = 24,
	OPTIONS_AT = 240
};

struct world {
	struct clock clock;
	struct iface *iface;
	struct proxydhcp *proxydhcp;
	struct udp_datagram datagram;
	struct packet packet;
	struct proxydhcp_reply reply;
	struct dhcp_msg got;
};

static struct in_addr
addr(const char *text)
{
	struct in_addr out;

	assert_int_equal(inet_pton(AF_INET, text, &out), 1);
	return out;
}

static void
on_decide(void *arg, const struct proxydhcp_query *query,
    struct proxydhcp_answer *ret_answer)
{
	(void)arg;
	(void)query;
	memset(ret_answer, 0, sizeof *ret_answer);
	ret_answer->node = "gpu1";
	ret_answer->decision.action = POLICY_INSTALL;
}

static void
on_sighting(void *arg, const struct proxydhcp_sighting *sighting)
{
	(void)arg;
	(void)sighting;
}

/* A relayed DISCOVER as it should be; each test spoils it. */
static void
relayed(struct world *world)
{
	struct in_addr giaddr = addr(RELAY);

	world->packet = *packets_get("client/ovmf-x64-pxe-discover");
	memcpy(world->packet.data + GIADDR_AT, &giaddr, sizeof giaddr);
	world->packet.data[FLAGS_AT] = 0;
	world->packet.data[3] = 1; /* hops */
	world->datagram = (struct udp_datagram){
	    .data = world->packet.data,
	    .len = world->packet.len,
	    .ifindex = IFINDEX,
	    .to = addr(OURS),
	    .from = {.sin_family = AF_INET,
		.sin_port = htons(67),
		.sin_addr = addr(UPLINK)},
	};
}

static int
setup_with(void **state, bool relays)
{
	static struct world world;
	struct proxydhcp_conf conf = {
	    .site = {.http_port = 8080, .files_port = 8081},
	    .node_rate = 1000, /* no test of rates */
	    .node_burst = 1000};
	struct proxydhcp_handler handler = {
	    .decide = on_decide, .on_sighting = on_sighting, .arg = &world};
	struct iface_addr ours = {.ifindex = IFINDEX,
	    .served = true,
	    .addr = addr(OURS),
	    .mask = addr("255.255.255.0")};

	world = (struct world){0};
	log_init(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	clock_init_sim(&world.clock, 1000000);
	world.iface = iface_new(NULL, 0);
	iface_set(world.iface, &ours, 1);
	conf.site.loader[PXE_LOADER_IPXE_X64] = true;
	if (relays) {
		conf.relay_count = 3;
		assert_int_equal(
		    ipv4net_parse("10.80.0.0/16", &conf.relay_allow[0], NULL),
		    0);
		assert_int_equal(
		    ipv4net_parse("10.78.0.9", &conf.relay_allow[1], NULL), 0);
		/* Holds our own network and what no relay can have. */
		assert_int_equal(
		    ipv4net_parse("10.77.0.0/24", &conf.relay_allow[2], NULL),
		    0);
	}
	world.proxydhcp =
	    proxydhcp_new(&world.clock, world.iface, &conf, &handler);
	relayed(&world);
	*state = &world;
	return 0;
}

static int
setup(void **state)
{
	return setup_with(state, true);
}

static int
setup_off(void **state)
{
	return setup_with(state, false);
}

static int
teardown(void **state)
{
	struct world *world = *state;

	proxydhcp_free(world->proxydhcp);
	iface_free(world->iface);
	return 0;
}

static bool
feed(struct world *world, uint16_t port)
{
	world->datagram.len = world->packet.len;
	if (!proxydhcp_handle(
		world->proxydhcp, port, &world->datagram, &world->reply))
		return false;
	assert_int_equal(dhcp_decode(world->reply.packet, world->reply.len,
			     DHCP_OP_REPLY, &world->got),
	    DHCP_OK);
	return true;
}

static uint64_t
counter(const struct world *world, const char *name)
{
	struct proxydhcp_counter counters[PROXYDHCP_COUNTERS];

	proxydhcp_counters(world->proxydhcp, counters);
	for (size_t i = 0; i < PROXYDHCP_COUNTERS; i++) {
		if (strcmp(counters[i].name, name) == 0)
			return counters[i].value;
	}
	fail_msg("no counter %s", name);
	return 0;
}

static void
refused(struct world *world, const char *name)
{
	uint64_t before = counter(world, name);

	assert_false(feed(world, DHCP_PORT_SERVER));
	assert_int_equal(counter(world, name), before + 1);
	assert_int_equal(counter(world, "offers"), 0);
	relayed(world);
}

/* Puts option 82 before the END of the packet. */
static void
add_option82(struct world *world, const void *data, uint8_t len)
{
	uint8_t *end = world->packet.data + world->packet.len - 1;

	while (*end == 0)
		end--;
	assert_int_equal(*end, 255);
	*end++ = 82;
	*end++ = len;
	memcpy(end, data, len);
	end += len;
	*end++ = 255;
	world->packet.len = (size_t)(end - world->packet.data);
}

static void
sent_to(const struct world *world, const char *to, uint16_t port)
{
	assert_int_equal(world->reply.to.sin_addr.s_addr, addr(to).s_addr);
	assert_int_equal(ntohs(world->reply.to.sin_port), port);
}

static void
test_off(void **state)
{
	refused(*state, "relay-not-allowed");
}

static void
test_answered(void **state)
{
	struct world *world = *state;

	assert_true(feed(world, DHCP_PORT_SERVER));
	sent_to(world, RELAY, 67);
	assert_int_equal(world->reply.from.s_addr, addr(OURS).s_addr);
	assert_int_equal(world->reply.ifindex, 0); /* by the routes */
	assert_int_equal(world->got.giaddr.s_addr, addr(RELAY).s_addr);
	assert_int_equal(world->got.siaddr.s_addr, addr(OURS).s_addr);
	assert_int_equal(world->got.server_id.s_addr, addr(OURS).s_addr);
	assert_int_equal(world->got.hops, 0);
	/* There is no yiaddr that the relay could send it to. */
	assert_int_equal(world->got.flags, DHCP_FLAG_BROADCAST);
	/* The relay's own address towards the machines as the sender's. */
	relayed(world);
	world->datagram.from.sin_addr = addr(RELAY);
	assert_true(feed(world, DHCP_PORT_SERVER));
	sent_to(world, RELAY, 67);
}

static void
test_spoofed_giaddr(void **state)
{
	static const char *const bad[] = {"192.0.2.1", "10.79.0.1",
	    "255.255.255.255", "224.0.0.1", "127.0.0.1", "0.0.0.1", OURS,
	    "10.77.0.255", "10.77.0.0"};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct in_addr giaddr = addr(bad[i]);

		memcpy(world->packet.data + GIADDR_AT, &giaddr, sizeof giaddr);
		refused(world, "relay-not-allowed");
	}
}

static void
test_spoofed_source(void **state)
{
	static const char *const bad[] = {
	    "192.0.2.1", "10.78.0.8", "0.0.0.0", "10.79.0.1"};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		world->datagram.from.sin_addr = addr(bad[i]);
		refused(world, "relay-source");
	}
	world->datagram.from.sin_port = htons(68);
	refused(world, "source-port");
	world->datagram.from.sin_port = htons(0);
	refused(world, "source-port");
	world->datagram.from.sin_addr = addr(OURS);
	refused(world, "own-packet");
	/* On 4011 machines speak for themselves. */
	assert_false(feed(world, DHCP_PORT_PXE));
	assert_int_equal(counter(world, "relay-not-allowed"), 1);
}

/* What each sub-option changes, and that all of them go back as they came. */
static void
test_option82(void **state)
{
	static const uint8_t all[] = {1, 4, 'p', 'o', 'r', 't', 5, 4, 10, 99, 0,
	    0, 11, 4, 10, 80, 0, 254, 19, 0, 151, 2, 0, 'v'};
	struct world *world = *state;
	const uint8_t *data;
	size_t len;

	add_option82(world, all, sizeof all);
	world->datagram.from.sin_port = htons(40067);
	assert_true(feed(world, DHCP_PORT_SERVER));
	sent_to(world, RELAY, 40067); /* 19; and 5 changes nothing */
	assert_int_equal(
	    world->got.server_id.s_addr, addr("10.80.0.254").s_addr); /* 11 */
	assert_int_equal(world->got.siaddr.s_addr, addr(OURS).s_addr);
	data = dhcp_option(&world->got, DHCP_SLOT_RELAY, &len);
	assert_int_equal(len, sizeof all);
	assert_memory_equal(data, all, sizeof all);
	/* The last option: only END and padding follow. */
	data = memmem(world->reply.packet, world->reply.len, all, sizeof all);
	assert_non_null(data);
	data += sizeof all;
	assert_int_equal(*data++, 255);
	while (data < world->reply.packet + world->reply.len)
		assert_int_equal(*data++, 0);
}

/* Sub-options that run past the end say nothing, and are echoed. */
static void
test_bogus_option82(void **state)
{
	static const uint8_t bogus[] = {11, 4, 10, 80, 0, 254, 19, 0, 1, 200};
	static const uint8_t short_ones[] = {11, 3, 10, 80, 0, 5, 0, 19, 1, 0};
	struct world *world = *state;
	size_t len;

	add_option82(world, bogus, sizeof bogus);
	assert_true(feed(world, DHCP_PORT_SERVER));
	assert_int_equal(world->got.server_id.s_addr, addr(OURS).s_addr);
	assert_non_null(dhcp_option(&world->got, DHCP_SLOT_RELAY, &len));
	assert_int_equal(len, sizeof bogus);
	relayed(world);
	add_option82(world, bogus, sizeof bogus);
	world->datagram.from.sin_port = htons(40067);
	assert_false(feed(world, DHCP_PORT_SERVER));
	relayed(world);
	add_option82(world, short_ones, sizeof short_ones);
	assert_true(feed(world, DHCP_PORT_SERVER));
	sent_to(world, RELAY, 67);
	assert_int_equal(world->got.server_id.s_addr, addr(OURS).s_addr);
}

/* A switch that snoops adds option 82 and leaves giaddr alone. */
static void
test_layer2_relay(void **state)
{
	static const uint8_t info[] = {
	    1, 2, 0, 7, 11, 4, 10, 80, 0, 254, 19, 0};
	struct world *world = *state;
	const uint8_t *data;
	size_t len;

	memset(world->packet.data + GIADDR_AT, 0, 4);
	add_option82(world, info, sizeof info);
	world->datagram.from.sin_addr = addr("0.0.0.0");
	world->datagram.from.sin_port = htons(68);
	world->datagram.to = addr("255.255.255.255");
	assert_true(feed(world, DHCP_PORT_SERVER));
	sent_to(world, "255.255.255.255", 68);
	assert_int_equal(world->reply.ifindex, IFINDEX);
	assert_int_equal(world->got.server_id.s_addr, addr(OURS).s_addr);
	data = dhcp_option(&world->got, DHCP_SLOT_RELAY, &len);
	assert_int_equal(len, sizeof info);
	assert_memory_equal(data, info, sizeof info);
}

static void
ask_4011(struct world *world, const char *from)
{
	struct in_addr ciaddr = addr(from);

	world->packet = *packets_get("client/ovmf-x64-pxe-request4011");
	memcpy(world->packet.data + 12, &ciaddr, sizeof ciaddr);
	world->datagram.from.sin_addr = ciaddr;
	world->datagram.from.sin_port = htons(4011);
}

static void
test_4011(void **state)
{
	struct world *world = *state;
	struct hwaddr mac;

	ask_4011(world, "10.80.3.7");
	assert_true(feed(world, DHCP_PORT_PXE));
	sent_to(world, "10.80.3.7", 4011);
	assert_int_equal(world->reply.ifindex, 0);
	assert_true(
	    proxydhcp_mac_of(world->proxydhcp, addr("10.80.3.7"), &mac));
	ask_4011(world, "192.0.2.7");
	assert_false(feed(world, DHCP_PORT_PXE));
	ask_4011(world, "10.80.3.7");
	world->datagram.from.sin_addr = addr("10.80.3.8");
	assert_false(feed(world, DHCP_PORT_PXE));
	assert_int_equal(counter(world, "source-address"), 2);
	ask_4011(world, "10.77.0.9");
	assert_true(feed(world, DHCP_PORT_PXE));
	assert_int_equal(world->reply.ifindex, IFINDEX);
}

static void
test_networks(void **state)
{
	static const char *const bad[] = {"", "10", "10.0.0.0/0", "10.0.0.0/33",
	    "10.0.0.0/", "10.0.0.0/-1", "10.0.0.1/24", "10.0.0.0/8/8",
	    "fe80::/10", "1111111111111111111111", "10.0.0.0/ 8"};
	struct ipv4net net;
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		err = (struct err){0};
		assert_true(ipv4net_parse(bad[i], &net, &err) < 0);
		assert_true(err_is_set(&err));
	}
	assert_int_equal(ipv4net_parse("10.80.0.0/15", &net, NULL), 0);
	assert_true(ipv4net_holds(&net, addr("10.81.255.255")));
	assert_false(ipv4net_holds(&net, addr("10.82.0.0")));
	for (uint32_t i = 0; i < 1 << 20; i += 251) {
		struct in_addr any = {.s_addr = i * 4093U};
		char want[INET_ADDRSTRLEN], got[INET_ADDRSTRLEN];

		(void)inet_ntop(AF_INET, &any, want, sizeof want);
		assert_string_equal(ipv4_format(any, got), want);
	}
	assert_int_equal(ipv4net_parse("10.80.0.1", &net, NULL), 0);
	assert_true(ipv4net_holds(&net, addr("10.80.0.1")));
	assert_false(ipv4net_holds(&net, addr("10.80.0.2")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_off, setup_off, teardown),
	    cmocka_unit_test_setup_teardown(test_answered, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_spoofed_giaddr, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_spoofed_source, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_option82, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_bogus_option82, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_layer2_relay, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_4011, setup, teardown),
	    cmocka_unit_test(test_networks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
