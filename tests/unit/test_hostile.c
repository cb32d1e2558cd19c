/*
 * Hostile and broken packets, a test a row of the checklist: what is dropped
 * and under which counter, what is taken as it is, and that a good machine is
 * answered after it. Rows that are no DHCP have their tests elsewhere: TFTP
 * names in tests/net/tftp.test, HTTP requests in test_http_path and
 * test_httpd; that a MAC is no proof is what the tokens of seeds are for
 * (tests/replay/life-tokens.replay).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "base/log.h"
#include "base/str.h"
#include "proxydhcp_world.h"

#define GOOD "client/ovmf-x64-pxe-discover"
#define GOOD_4011 "client/ovmf-x64-pxe-request4011"

enum {
	OP_AT = 0,
	HTYPE_AT = 1,
	HLEN_AT = 2,
	HOPS_AT = 3,
	CIADDR_AT = 12,
	GIADDR_AT = 24,
	SNAME_AT = 44,
	FILE_AT = 108,
	MAGIC_AT = 236,
	OPTIONS_AT = 240,
};

/* The good DISCOVER's header with these options, in hex, and nothing else. */
static struct packet
with_options(const char *hex)
{
	struct packet packet = *packets_get(GOOD);

	packet.len = OPTIONS_AT + strlen(hex) / 2;
	assert_int_equal(
	    str_unhex(hex, packet.data + OPTIONS_AT, strlen(hex) / 2), 0);
	return packet;
}

/* DISCOVER, PXEClient, x64; to be followed by more, in hex. */
#define PXE_OPTIONS                                                            \
	"350101"                                                               \
	"3c09505845436c69656e74"                                               \
	"5d020007"

static struct packet
with_byte(size_t at, uint8_t byte)
{
	struct packet packet = *packets_get(GOOD);

	packet.data[at] = byte;
	return packet;
}

/* No test here is one of rates, but for the one that is. */
static bool
ask(struct world *world, const struct packet *packet)
{
	world->clock.sim_ms += 1000;
	return feed(world, DHCP_PORT_SERVER, packet);
}

static void
dropped(struct world *world, const struct packet *packet, const char *why)
{
	uint64_t before = counter(world, why);

	assert_false(ask(world, packet));
	assert_int_equal(counter(world, why), before + 1);
	assert_true(ask(world, packets_get(GOOD)));
}

static void
answered(struct world *world, const struct packet *packet)
{
	assert_true(ask(world, packet));
	assert_string_equal(world->got.file, "ipxe.efi");
}

static void
test_short_or_no_request(void **state)
{
	struct packet packet = *packets_get(GOOD);

	for (packet.len = 0; packet.len < OPTIONS_AT; packet.len += 13)
		dropped(*state, &packet, "too-short");
	packet = with_byte(OP_AT, 2);
	dropped(*state, &packet, "wrong-direction");
	packet = with_byte(OP_AT, 0);
	dropped(*state, &packet, "wrong-direction");
}

static void
test_too_long(void **state)
{
	struct world *world = *state;
	uint8_t data[DHCP_PACKET_MAX + 1] = {0};
	struct udp_datagram datagram = {
	    .data = data, .len = sizeof data, .ifindex = WORLD_IFINDEX};

	assert_false(proxydhcp_handle(
	    world->proxydhcp, DHCP_PORT_SERVER, &datagram, &world->reply));
	assert_int_equal(counter(world, "too-long"), 1);
	datagram.truncated = true;
	assert_false(proxydhcp_handle(
	    world->proxydhcp, DHCP_PORT_SERVER, &datagram, &world->reply));
	assert_int_equal(counter(world, "truncated"), 1);
}

static void
test_hardware_type(void **state)
{
	static const uint8_t lengths[] = {0, 5, 7, 16, 17, 20, 255};
	struct packet packet;

	for (size_t i = 0; i < sizeof lengths; i++) {
		packet = with_byte(HLEN_AT, lengths[i]);
		dropped(*state, &packet, "not-ethernet");
	}
	packet = with_byte(HTYPE_AT, 0);
	dropped(*state, &packet, "not-ethernet");
	packet = with_byte(HTYPE_AT, 32); /* InfiniBand */
	dropped(*state, &packet, "not-ethernet");
}

static void
test_hardware_address(void **state)
{
	static const char *const bad[] = {"000000000000", "ffffffffffff",
	    "01005e000001", "333300000001", "530000000001"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct packet packet = *packets_get(GOOD);

		assert_int_equal(str_unhex(bad[i], packet.data + MAC_AT, 6), 0);
		dropped(*state, &packet, "bad-hardware-address");
	}
}

static void
test_magic(void **state)
{
	struct packet packet = with_byte(MAGIC_AT + 3, 0x64);

	dropped(*state, &packet, "no-magic");
	memset(packet.data + MAGIC_AT, 0, 4);
	dropped(*state, &packet, "no-magic"); /* plain BOOTP */
}

/* All of it or nothing: what stood before the break is not acted on. */
static void
test_option_past_end(void **state)
{
	static const char *const bad[] = {PXE_OPTIONS "61", PXE_OPTIONS "6111",
	    PXE_OPTIONS "2bff0601", PXE_OPTIONS "0000520400"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct packet packet = with_options(bad[i]);

		dropped(*state, &packet, "option-past-end");
	}
}

static void
test_zero_lengths(void **state)
{
	struct packet packet = with_options("3500"
					    "3c00"
					    "5d00"
					    "ff");

	dropped(*state, &packet, "no-message-type");
	packet = with_options("350101"
			      "3c00"
			      "5d020007"
			      "ff");
	dropped(*state, &packet, "no-network-boot");
	packet = with_options("350101"
			      "3c09505845436c69656e74"
			      "5d00"
			      "ff");
	dropped(*state, &packet, "architecture-not-served");
	packet = with_options(PXE_OPTIONS "3600"
					  "6100"
					  "ff");
	answered(*state, &packet);
}

static void
test_wrong_lengths(void **state)
{
	struct packet packet;
	size_t len;

	packet = with_options("35020101"
			      "3c09505845436c69656e74"
			      "ff");
	dropped(*state, &packet, "no-message-type");
	packet = with_options("350101"
			      "3c09505845436c69656e74"
			      "5d03000700"
			      "ff");
	dropped(*state, &packet, "bad-architecture-list");
	/* 50, 54, 57, 94, 97: as if they were not there. */
	packet = with_options(PXE_OPTIONS "3203aabbcc"
					  "3605aabbccddee"
					  "390105"
					  "5e020102"
					  "61020011"
					  "ff");
	answered(*state, &packet);
	assert_null(
	    dhcp_option(&((struct world *)*state)->got, DHCP_SLOT_UUID, &len));
}

static void
test_no_end(void **state)
{
	struct packet packet = with_options(PXE_OPTIONS);

	answered(*state, &packet);
}

static void
test_bytes_after_end(void **state)
{
	struct packet packet = with_options(PXE_OPTIONS "ff"
							"3501033c");

	answered(*state, &packet);
}

static void
test_duplicates(void **state)
{
	struct packet packet = with_options(PXE_OPTIONS "350103"
							"ff");

	dropped(*state, &packet, "two-message-types");
	packet = with_options(PXE_OPTIONS "350101"
					  "36040a000001"
					  "3604c0000201"
					  "ff");
	answered(*state, &packet);
}

static void
test_overload(void **state)
{
	static const char *const bad[] = {PXE_OPTIONS "340100ff",
	    PXE_OPTIONS "340104ff", PXE_OPTIONS "34020101ff",
	    PXE_OPTIONS "3400ff"};
	struct packet packet;

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		packet = with_options(bad[i]);
		dropped(*state, &packet, "bad-overload");
	}
	/* The class in sname, the architecture in file; 52 there is nothing. */
	packet = with_options("350101"
			      "340103"
			      "ff");
	assert_int_equal(str_unhex("5d020007"
				   "340107"
				   "ff",
			     packet.data + FILE_AT, 8),
	    0);
	assert_int_equal(str_unhex("3c09505845436c69656e74"
				   "ff",
			     packet.data + SNAME_AT, 12),
	    0);
	answered(*state, &packet);
	packet.data[SNAME_AT + 1] = 200;
	dropped(*state, &packet, "option-past-end");
}

static void
test_long_options(void **state)
{
	struct packet packet = with_options("350101"
					    "3c04505845433c056c"
					    "69656e74"
					    "5d020007"
					    "ff");
	size_t at;

	answered(*state, &packet); /* RFC 3396: "PXEC", "lient" */
	packet = with_options(PXE_OPTIONS);
	at = packet.len;
	for (int i = 0; i < 4; i++) {
		packet.data[at] = 77;
		packet.data[at + 1] = 255;
		memset(packet.data + at + 2, 'a', 255);
		at += 257;
	}
	packet.len = at;
	answered(*state, &packet); /* 1020 bytes */
	packet.data[at] = 77;
	packet.data[at + 1] = 5;
	packet.len = at + 7;
	dropped(*state, &packet, "option-too-long");
}

/* Then 43 says nothing, and a REQUEST on 67 is not ours. */
static void
test_vendor_overrun(void **state)
{
	static const char *const bad[] = {"2b06470480000000", /* no END in it */
	    "2b06470580000000", /* 71 past its end */
	    "2b064703800000ff", /* 71 not four bytes */
	    "2b0547ff800000"};
	struct packet packet;

	packet = with_options("350103"
			      "3c09505845436c69656e74"
			      "5d020007"
			      "2b0747048000"
			      "0000ff"
			      "ff");
	assert_true(ask(*state, &packet)); /* boot-server discovery */
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		char hex[128] = "350103"
				"3c09505845436c69656e74"
				"5d020007";

		str_copy(hex + strlen(hex), sizeof hex - strlen(hex), bad[i]);
		str_copy(hex + strlen(hex), sizeof hex - strlen(hex), "ff");
		packet = with_options(hex);
		dropped(*state, &packet, "for-the-dhcp-server");
	}
}

static void
test_user_class(void **state)
{
	struct packet packet;

	packet = with_options(PXE_OPTIONS "4d05690050580a"
					  "ff");
	answered(*state, &packet); /* "i\0PX\n" is nobody */
	packet = with_options(PXE_OPTIONS "4d056950584500"
					  "ff");
	answered(*state, &packet); /* "iPXE\0" is not iPXE */
	packet = with_options(PXE_OPTIONS "4d0469505845"
					  "ff");
	assert_true(ask(*state, &packet));
	assert_string_not_equal(((struct world *)*state)->got.file, "ipxe.efi");
}

/* The first bytes alone; what follows may be anything. */
static void
test_class(void **state)
{
	struct packet packet;

	packet = with_options("350101"
			      "3c0c505845436c69656e74000aff"
			      "5d020007"
			      "ff");
	answered(*state, &packet);
	packet = with_options("350101"
			      "3c0a61505845436c69656e74"
			      "5d020007"
			      "ff"); /* "aPXEClient" */
	dropped(*state, &packet, "no-network-boot");
	packet = with_options("350101"
			      "3c08505845436c69656e"
			      "5d020007"
			      "ff"); /* "PXEClien" */
	dropped(*state, &packet, "no-network-boot");
}

static void
test_relay_information(void **state)
{
	struct world *world = *state;
	struct packet packet = with_options(PXE_OPTIONS);
	const uint8_t *echo;
	size_t at = packet.len, len;

	packet.data[at] = 82;
	packet.data[at + 1] = 200;
	memset(packet.data + at + 2, 0xee, 200); /* no sub-options at all */
	packet.data[at + 202] = 255;
	packet.len = at + 203;
	answered(world, &packet);
	echo = dhcp_option(&world->got, DHCP_SLOT_RELAY, &len);
	assert_int_equal(len, 200);
	assert_memory_equal(echo, packet.data + at + 2, 200);
	/* 400 bytes would make the reply longer than everybody takes. */
	memmove(packet.data + at + 202, packet.data + at, 202);
	packet.data[at + 404] = 255;
	packet.len = at + 405;
	dropped(world, &packet, "reply-too-long");
}

/* Options 12 and 81: nothing of them comes back or is acted on. */
static void
test_host_name(void **state)
{
	struct world *world = *state;
	struct packet packet = with_options(PXE_OPTIONS "0c081b5b324a2e2e2f0a"
							"5107000000242860"
							"60"
							"ff");

	answered(world, &packet);
	assert_null(
	    memmem(world->reply.packet, world->reply.len, "\x1b[2J", 4));
}

static void
test_hops_and_secs(void **state)
{
	struct packet packet = with_byte(HOPS_AT, 17);

	dropped(*state, &packet, "too-many-hops");
	packet = with_byte(HOPS_AT, 16);
	answered(*state, &packet);
	packet = with_byte(SECS_AT, 0xff);
	assert_true(ask(*state, &packet));
	packet = with_byte(CIADDR_AT, 10); /* a DISCOVER has none */
	assert_true(ask(*state, &packet));
}

/* One machine, then made-up ones: neither takes anything from the others. */
static void
test_floods(void **state)
{
	struct world *world = *state;
	struct packet packet = *packets_get(GOOD);
	unsigned replies = 0;

	for (int i = 0; i < 10000; i++)
		replies += feed(world, DHCP_PORT_SERVER, &packet);
	assert_in_range(replies, 1, 10);
	assert_int_equal(counter(world, "machine-too-often"), 10000 - replies);
	packet.data[MAC_AT] = 0x02;
	for (uint32_t i = 0; i < 50000; i++) {
		memcpy(packet.data + MAC_AT + 2, &i, sizeof i);
		assert_false(feed(world, DHCP_PORT_SERVER, &packet));
	}
	assert_int_equal(counter(world, "unknown-machine"), 50000);
	assert_int_equal(counter(world, "all-too-often"), 0);
	assert_in_range(world->sightings, 1, 100);
	assert_true(feed_name(
	    world, DHCP_PORT_SERVER, "client/ovmf-x64-http-discover"));
}

/* ---- where it came from ---- */

static bool
from(struct world *world, uint16_t port, const char *source,
    uint16_t source_port, const char *to)
{
	struct packet packet =
	    *packets_get(port == DHCP_PORT_PXE ? GOOD_4011 : GOOD);
	struct udp_datagram datagram = {.data = packet.data,
	    .len = packet.len,
	    .ifindex = WORLD_IFINDEX,
	    .to = addr(to),
	    .from = {.sin_family = AF_INET,
		.sin_port = htons(source_port),
		.sin_addr = addr(source)}};
	struct in_addr ciaddr = addr("10.77.0.9");

	if (port == DHCP_PORT_PXE)
		memcpy(packet.data + CIADDR_AT, &ciaddr, sizeof ciaddr);
	world->clock.sim_ms += 1000;
	return proxydhcp_handle(
	    world->proxydhcp, port, &datagram, &world->reply);
}

static void
test_source_on_67(void **state)
{
	struct world *world = *state;
	static const uint16_t ports[] = {0, 67, 69, 1024, 4011, 65535};

	assert_true(from(world, 67, "0.0.0.0", 68, "255.255.255.255"));
	assert_true(from(world, 67, "10.77.0.9", 68, "10.77.0.2"));
	for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++)
		assert_false(
		    from(world, 67, "0.0.0.0", ports[i], "255.255.255.255"));
	assert_int_equal(counter(world, "source-port"), 6);
	assert_false(from(world, 67, "192.0.2.1", 68, "10.77.0.2"));
	assert_false(from(world, 67, "10.77.0.255", 68, "10.77.0.2"));
	assert_int_equal(counter(world, "source-address"), 2);
}

static void
test_giaddr(void **state)
{
	struct packet packet = *packets_get(GOOD);
	static const char *const bad[] = {"192.0.2.1", "10.77.0.1",
	    "255.255.255.255", "224.0.0.1", "127.0.0.1"};

	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct in_addr giaddr = addr(bad[i]);

		memcpy(packet.data + GIADDR_AT, &giaddr, sizeof giaddr);
		dropped(*state, &packet, "relay-not-allowed");
	}
}

static void
test_reflection_on_4011(void **state)
{
	struct world *world = *state;

	assert_true(from(world, 4011, "10.77.0.9", 4011, "10.77.0.2"));
	assert_true(from(world, 4011, "10.77.0.9", 68, "10.77.0.2"));
	assert_in_range(
	    world->reply.len, 300, packets_get(GOOD_4011)->len + 60);
	assert_false(from(world, 4011, "10.77.0.9", 0, "10.77.0.2"));
	assert_false(from(world, 4011, "10.77.0.10", 68, "10.77.0.2"));
	assert_false(from(world, 4011, "192.0.2.1", 68, "10.77.0.2"));
	assert_false(from(world, 4011, "10.77.0.255", 68, "10.77.0.2"));
	assert_false(from(world, 4011, "255.255.255.255", 68, "10.77.0.2"));
	assert_false(from(world, 4011, "10.77.0.9", 68, "10.77.0.255"));
	assert_false(from(world, 4011, "10.77.0.9", 68, "255.255.255.255"));
	assert_int_equal(counter(world, "source-port"), 1);
	assert_int_equal(counter(world, "source-address"), 4);
	assert_int_equal(counter(world, "destination-address"), 2);
}

static void
test_own_packets(void **state)
{
	struct world *world = *state;

	assert_false(from(world, 67, "10.77.0.2", 67, "255.255.255.255"));
	assert_false(from(world, 67, "10.77.0.2", 68, "255.255.255.255"));
	assert_false(from(world, 4011, "10.77.0.2", 4011, "10.77.0.2"));
	assert_int_equal(counter(world, "own-packet"), 3);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    ROW(test_short_or_no_request),
	    ROW(test_too_long),
	    ROW(test_hardware_type),
	    ROW(test_hardware_address),
	    ROW(test_magic),
	    ROW(test_option_past_end),
	    ROW(test_zero_lengths),
	    ROW(test_wrong_lengths),
	    ROW(test_no_end),
	    ROW(test_bytes_after_end),
	    ROW(test_duplicates),
	    ROW(test_overload),
	    ROW(test_long_options),
	    ROW(test_vendor_overrun),
	    ROW(test_user_class),
	    ROW(test_class),
	    ROW(test_relay_information),
	    ROW(test_host_name),
	    ROW(test_hops_and_secs),
	    ROW(test_floods),
	    ROW(test_source_on_67),
	    ROW(test_giaddr),
	    ROW(test_reflection_on_4011),
	    ROW(test_own_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
