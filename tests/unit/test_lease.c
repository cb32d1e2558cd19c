/* The DHCP server: its rules, its packets, and whole exchanges. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>

#include "app/lease_rules.h"
#include "app/proxydhcp.h"
#include "base/str.h"
#include "base/wr.h"
#include "inventory/addrlist.h"
#include "wire/dhcp_lease.h"

enum {
	IFINDEX = 2,
	OURS = 0x0a4f0002,     /* 10.79.0.2 */
	RESERVED = 0x0a4f0033, /* 10.79.0.51 */
	OTHER = 0x0a4f0063,
	RELAY = 0x0a500001, /* 10.80.0.1 */
};

static struct in_addr
addr(uint32_t host)
{
	return (struct in_addr){.s_addr = htonl(host)};
}

/* ---- rules ---- */

static void
test_rules(void **state)
{
	static const struct {
		uint8_t type;
		uint32_t ciaddr;
		uint32_t wanted;
		bool ours;
		enum lease_act act;
	} rows[] = {
	    {DHCP_TYPE_DISCOVER, 0, 0, true, LEASE_OFFER},
	    {DHCP_TYPE_DISCOVER, 0, OTHER, true, LEASE_OFFER},
	    {DHCP_TYPE_REQUEST, 0, RESERVED, true, LEASE_ACK},
	    {DHCP_TYPE_REQUEST, 0, OTHER, true, LEASE_NAK},
	    {DHCP_TYPE_REQUEST, 0, RESERVED, false, LEASE_OTHER},
	    {DHCP_TYPE_REQUEST, RESERVED, 0, true, LEASE_ACK},
	    {DHCP_TYPE_REQUEST, OTHER, 0, true, LEASE_NAK},
	    {DHCP_TYPE_REQUEST, 0, 0, true, LEASE_SILENT},
	    {DHCP_TYPE_DECLINE, 0, RESERVED, true, LEASE_DECLINE},
	    {DHCP_TYPE_DECLINE, 0, OTHER, true, LEASE_SILENT},
	    {DHCP_TYPE_DECLINE, 0, RESERVED, false, LEASE_SILENT},
	    {DHCP_TYPE_INFORM, RESERVED, 0, true, LEASE_INFORM},
	    {DHCP_TYPE_INFORM, 0, 0, true, LEASE_SILENT},
	    {DHCP_TYPE_RELEASE, RESERVED, 0, true, LEASE_SILENT},
	    {DHCP_TYPE_OFFER, 0, 0, true, LEASE_SILENT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct dhcp_msg msg = {.type = rows[i].type};

		msg.ciaddr = addr(rows[i].ciaddr);
		msg.address = addr(rows[i].wanted);
		assert_int_equal(
		    lease_rules_act(&msg, addr(RESERVED), rows[i].ours),
		    rows[i].act);
	}
}

/* ---- addresses of the inventory ---- */

static size_t
addresses(const char *text)
{
	struct value value = value_string(text);
	struct addrlist list = {.count = 99};
	struct err err = {0};
	int ret = addrlist_parse(value, &list, &err);

	value_unref(value);
	assert_int_equal(ret < 0, err_is_set(&err));
	return ret < 0 ? SIZE_MAX : list.count;
}

static void
test_addrlist(void **state)
{
	struct value list = value_list_new();
	struct addrlist got;

	(void)state;
	assert_int_equal(addresses(""), 0);
	assert_int_equal(addresses("10.0.0.1"), 1);
	assert_int_equal(addresses("10.0.0.1,10.0.0.2, 10.0.0.3"), 3);
	assert_int_equal(addresses("10.0.0.256"), SIZE_MAX);
	assert_int_equal(addresses("10.0.0.1/24"), SIZE_MAX);
	assert_int_equal(addresses("gpu1"), SIZE_MAX);
	assert_int_equal(addresses("127.0.0.1"), SIZE_MAX);
	assert_int_equal(addresses("224.0.0.1"), SIZE_MAX);
	assert_int_equal(addresses("255.255.255.255"), SIZE_MAX);
	assert_int_equal(addresses("fd00::1"), SIZE_MAX);
	value_list_add(list, value_string("10.0.0.7"));
	assert_int_equal(addrlist_parse(list, &got, NULL), 0);
	assert_int_equal(got.count, 1);
	assert_int_equal(got.at[0].s_addr, htonl(0x0a000007));
	value_list_add(list, value_int(7));
	assert_int_equal(addrlist_parse(list, &got, NULL), -EINVAL);
	value_unref(list);
}

/* ---- whole exchanges ---- */

static struct world {
	struct clock clock;
	struct iface *iface;
	struct proxydhcp *dhcp;
	bool known;
	bool reserved;
	enum policy_action action;
	unsigned prefix;
	unsigned sightings;
	uint32_t from; /* the next datagram's */
	uint32_t to;
	struct proxydhcp_reply reply;
	struct dhcp_msg got;
} world;

static void
on_decide_cb(void *arg, const struct proxydhcp_query *query,
    struct proxydhcp_answer *ret_answer)
{
	(void)arg;
	(void)query;
	memset(ret_answer, 0, sizeof *ret_answer);
	ret_answer->node = "gpu1";
	ret_answer->decision.action = world.action;
}

static void
on_sighting_cb(void *arg, const struct proxydhcp_sighting *sighting)
{
	(void)arg;
	(void)sighting;
	world.sightings++;
}

static bool
on_lease_cb(
    void *arg, const struct hwaddr *mac, struct proxydhcp_lease *ret_lease)
{
	struct dhcp_settings *set = &ret_lease->settings;

	(void)arg;
	(void)mac;
	ret_lease->node = world.known ? "gpu1" : NULL;
	ret_lease->addr = addr(RESERVED);
	ret_lease->prefix = world.prefix;
	set->lease_s = 7200;
	set->router.at[0] = addr(0x0a4f00fe);
	set->router.count = 1;
	str_copy(set->host, sizeof set->host, "gpu1");
	str_copy(set->domain, sizeof set->domain, "rack.example");
	set->mtu = 9000;
	return world.known && world.reserved;
}

static int
setup(void **state)
{
	struct iface_addr ours = {.ifindex = IFINDEX, .served = true};
	struct proxydhcp_conf conf = {.site.http_port = 8080};
	const struct proxydhcp_handler handler = {.decide = on_decide_cb,
	    .on_sighting = on_sighting_cb,
	    .lease = on_lease_cb};

	(void)state;
	memset(&world, 0, sizeof world);
	memset(conf.site.loader, true, sizeof conf.site.loader);
	conf.relay_allow[0].addr = addr(RELAY & 0xffff0000);
	conf.relay_allow[0].mask = addr(0xffff0000);
	conf.relay_count = 1;
	clock_init_sim(&world.clock, 1000);
	ours.addr = addr(OURS);
	ours.mask = addr(0xffffff00);
	world.iface = iface_new(NULL, 0);
	iface_set(world.iface, &ours, 1);
	world.dhcp = proxydhcp_new(&world.clock, world.iface, &conf, &handler);
	world.known = world.reserved = true;
	world.action = POLICY_INSTALL;
	world.to = INADDR_BROADCAST;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	proxydhcp_free(world.dhcp);
	iface_free(world.iface);
	return 0;
}

/* A message with these options, in hex; then *world.got if there is a reply. */
static bool
ask(uint32_t ciaddr, uint32_t giaddr, const char *options)
{
	static const uint8_t mac[] = {0x52, 0x54, 0, 0xaa, 0, 1};
	static const uint8_t magic[] = {0x63, 0x82, 0x53, 0x63};
	uint8_t packet[DHCP_PACKET_MAX];
	size_t len = strlen(options) / 2;
	struct udp_datagram datagram = {.ifindex = IFINDEX, .data = packet};
	struct wr wr;

	wr_init(&wr, packet, sizeof packet);
	wr_u32be(&wr, 0x01010600);
	wr_u32be(&wr, 4711); /* xid */
	wr_u32be(&wr, 0);
	wr_u32be(&wr, ciaddr);
	wr_zeros(&wr, 8);
	wr_u32be(&wr, giaddr);
	wr_bytes(&wr, mac, sizeof mac);
	wr_zeros(&wr, 10 + 64 + 128);
	wr_bytes(&wr, magic, sizeof magic);
	assert_int_equal(str_unhex(options, packet + wr.len, len), 0);
	datagram.len = wr.len + len;
	datagram.to = addr(world.to);
	datagram.from.sin_family = AF_INET;
	datagram.from.sin_addr = addr(world.from);
	datagram.from.sin_port = htons(giaddr != 0 ? 67 : 68);
	memset(&world.got, 0, sizeof world.got);
	if (!proxydhcp_handle(
		world.dhcp, DHCP_PORT_SERVER, &datagram, &world.reply))
		return false;
	assert_int_equal(dhcp_decode(world.reply.packet, world.reply.len,
			     DHCP_OP_REPLY, &world.got),
	    DHCP_OK);
	assert_int_equal(world.got.xid, 4711);
	return true;
}

#define DISCOVER "350101"
#define REQUEST "350103"
#define FIRMWARE                                                               \
	"3c20505845436c69656e743a417263683a30303030303a554e44493a303032303031" \
	"5d020000"
#define FROM_US "36040a4f0002"
#define FROM_OTHER "36040a4f0009"
#define WANTS_ITS "32040a4f0033"
#define WANTS_OTHER "32040a4f0063"

static void
assert_offer(uint8_t type, const char *file)
{
	assert_int_equal(world.got.type, type);
	assert_int_equal(world.got.yiaddr.s_addr, htonl(RESERVED));
	assert_int_equal(world.got.server_id.s_addr, htonl(OURS));
	assert_string_equal(world.got.file, file);
	assert_int_equal(
	    world.got.siaddr.s_addr, file[0] != '\0' ? htonl(OURS) : 0);
	/* Or firmware would look for a boot server on port 4011. */
	assert_false(dhcp_option_starts(&world.got, DHCP_SLOT_CLASS, ""));
}

static void
assert_sent_to(uint32_t to)
{
	assert_int_equal(world.reply.to.sin_addr.s_addr, htonl(to));
	assert_int_equal(world.reply.ifindex, IFINDEX);
	assert_int_equal(ntohs(world.reply.to.sin_port), 68);
}

static void
test_firmware(void **state)
{
	(void)state;
	assert_true(ask(0, 0, DISCOVER FIRMWARE));
	assert_offer(DHCP_TYPE_OFFER, "undionly.kpxe");
	assert_sent_to(INADDR_BROADCAST);
	assert_true(ask(0, 0, REQUEST FROM_US WANTS_ITS FIRMWARE));
	assert_offer(DHCP_TYPE_ACK, "undionly.kpxe");
	assert_int_equal(world.sightings, 2);
	world.action = POLICY_SILENT;
	assert_true(ask(0, 0, DISCOVER FIRMWARE));
	assert_offer(DHCP_TYPE_OFFER, "");
}

static void
test_plain_client(void **state)
{
	size_t len;

	(void)state;
	assert_true(ask(0, 0, DISCOVER "3d0401aabbcc"));
	assert_offer(DHCP_TYPE_OFFER, "");
	assert_true(
	    dhcp_option_starts(&world.got, DHCP_SLOT_CLIENT_ID, "\1\xaa"));
	(void)dhcp_option(&world.got, DHCP_SLOT_LEASE, &len);
	assert_int_equal(len, 4);
	assert_int_equal(world.sightings, 0);
	assert_false(ask(0, 0, REQUEST FROM_OTHER WANTS_ITS));
	assert_true(ask(0, 0, REQUEST FROM_US WANTS_OTHER));
	assert_int_equal(world.got.type, DHCP_TYPE_NAK);
	assert_int_equal(world.got.yiaddr.s_addr, 0);
	assert_int_equal(world.got.flags, DHCP_FLAG_BROADCAST);
	assert_true(ask(0, 0, REQUEST WANTS_ITS));
	assert_offer(DHCP_TYPE_ACK, "");
}

static void
test_renewal(void **state)
{
	(void)state;
	world.from = RESERVED;
	world.to = OURS;
	assert_true(ask(RESERVED, 0, REQUEST));
	assert_offer(DHCP_TYPE_ACK, "");
	assert_sent_to(RESERVED);
	assert_int_equal(world.got.ciaddr.s_addr, htonl(RESERVED));
	/* Who says it has an address must speak from it. */
	world.from = OTHER;
	assert_false(ask(RESERVED, 0, REQUEST));
	world.from = 0x0b000001;
	assert_false(ask(RESERVED, 0, REQUEST));
	world.from = OTHER;
	assert_true(ask(OTHER, 0, REQUEST));
	assert_int_equal(world.got.type, DHCP_TYPE_NAK);
	assert_sent_to(INADDR_BROADCAST);
}

static void
test_inform(void **state)
{
	size_t len;

	(void)state;
	world.from = OTHER;
	assert_true(ask(OTHER, 0, "350108"));
	assert_int_equal(world.got.type, DHCP_TYPE_ACK);
	assert_int_equal(world.got.yiaddr.s_addr, 0);
	assert_null(dhcp_option(&world.got, DHCP_SLOT_LEASE, &len));
	assert_sent_to(OTHER);
}

static void
test_decline(void **state)
{
	(void)state;
	assert_false(ask(0, 0, "350104" FROM_US WANTS_ITS));
	assert_false(ask(0, 0, DISCOVER));
	world.clock.sim_ms += 10 * 60 * 1000;
	assert_true(ask(0, 0, DISCOVER));
	assert_false(ask(0, 0, "350107" FROM_US));
}

static void
test_nobody(void **state)
{
	(void)state;
	world.reserved = false;
	assert_false(ask(0, 0, DISCOVER));
	world.known = false;
	assert_false(ask(0, 0, DISCOVER));
	assert_false(ask(0, 0, REQUEST WANTS_OTHER));
}

/* Behind a relay only the inventory knows how large the network is. */
static void
test_relayed(void **state)
{
	(void)state;
	world.from = RELAY;
	world.to = OURS;
	assert_false(ask(0, RELAY, DISCOVER));
	world.prefix = 24;
	assert_false(ask(0, RELAY, DISCOVER));
	world.prefix = 8;
	assert_true(ask(0, RELAY, DISCOVER "52060104aabbccdd"));
	assert_int_equal(world.got.type, DHCP_TYPE_OFFER);
	assert_int_equal(world.reply.to.sin_addr.s_addr, htonl(RELAY));
	assert_int_equal(ntohs(world.reply.to.sin_port), 67);
	assert_true(
	    dhcp_option_starts(&world.got, DHCP_SLOT_RELAY, "\1\4\xaa"));
}

static void
test_flood(void **state)
{
	unsigned answers = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		answers += ask(0, 0, DISCOVER);
	assert_in_range(answers, 1, 20);
}

/* ---- options ---- */

static bool
tells(const char *wanted, uint8_t code)
{
	bool found = false;
	size_t at = 240;

	assert_true(ask(0, 0, wanted));
	while (world.reply.packet[at] != 255) {
		found = found || world.reply.packet[at] == code;
		at += 2 + (size_t)world.reply.packet[at + 1];
	}
	world.clock.sim_ms += 1000;
	return found;
}

static void
test_options(void **state)
{
	(void)state;
	/* All without option 55, those that it names with it. */
	assert_true(tells(DISCOVER, 3));
	assert_true(tells(DISCOVER, 26));
	assert_true(tells(DISCOVER, 58));
	assert_false(tells(DISCOVER, 6)); /* there is none */
	assert_true(tells(DISCOVER "37020c0f", 12));
	assert_true(tells(DISCOVER "37020c0f", 15));
	assert_false(tells(DISCOVER "37020c0f", 3));
	assert_true(tells(DISCOVER "37020c0f", 1));
	assert_true(tells(DISCOVER "37020c0f", 51));
	assert_true(tells(DISCOVER "37020c0f", 54));
}

static void
test_too_long(void **state)
{
	struct dhcp_settings set = {.lease_s = 60};
	struct dhcp_msg request = {.xid = 1};
	char file[DHCP_FILE_MAX + 2];
	uint8_t out[DHCP_REPLY_MAX];
	struct dhcp_lease lease = {.request = &request,
	    .type = DHCP_TYPE_ACK,
	    .settings = &set,
	    .file = file};
	size_t len;

	(void)state;
	memset(file, 'x', sizeof file);
	file[sizeof file - 1] = '\0';
	assert_int_equal(dhcp_encode_lease(&lease, out, &len), -EINVAL);
	lease.server_id = addr(OURS);
	assert_int_equal(dhcp_encode_lease(&lease, out, &len), -ENAMETOOLONG);
	lease.file = "";
	memset(set.domain, 'd', sizeof set.domain - 1);
	assert_int_equal(dhcp_encode_lease(&lease, out, &len), 0);
	request.slot[DHCP_SLOT_RELAY].present = true;
	request.slot[DHCP_SLOT_RELAY].len = 255;
	assert_int_equal(dhcp_encode_lease(&lease, out, &len), -EMSGSIZE);
}

#define EXCHANGE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_addrlist),
	    EXCHANGE(test_firmware),
	    EXCHANGE(test_plain_client),
	    EXCHANGE(test_renewal),
	    EXCHANGE(test_inform),
	    EXCHANGE(test_decline),
	    EXCHANGE(test_nobody),
	    EXCHANGE(test_relayed),
	    EXCHANGE(test_flood),
	    EXCHANGE(test_options),
	    cmocka_unit_test(test_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
