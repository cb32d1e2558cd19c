/* Whole exchanges without sockets: recorded requests in, replies out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "base/log.h"
#include "base/str.h"
#include "proxydhcp_world.h"

/* BINL: offer, request on 4011, then iPXE's own round. */
static void
test_uefi_boot(void **state)
{
	struct world *world = *state;
	struct hwaddr mac;
	char text[HWADDR_STRLEN];
	size_t len;

	assert_true(feed_name(world, 67, "client/ovmf-x64-pxe-discover"));
	assert_string_equal(world->got.file, "ipxe.efi");
	assert_null(dhcp_option(&world->got, DHCP_SLOT_VENDOR, &len));
	assert_true(world->replied);
	assert_string_equal(world->stage, "loader");
	assert_string_equal(world->arch, "uefi-x64");
	assert_string_equal(world->client, "pxe");
	/* 16 s lie between the two with Debian's iPXE (2019). */
	world->clock.sim_ms += 16000;
	assert_false(
	    proxydhcp_mac_of(world->proxydhcp, addr("10.77.0.117"), &mac));
	assert_true(feed_name(world, 4011, "client/ovmf-x64-pxe-request4011"));
	assert_int_equal(world->got.type, DHCP_TYPE_ACK);
	assert_true(
	    proxydhcp_mac_of(world->proxydhcp, addr("10.77.0.117"), &mac));
	assert_string_equal(hwaddr_format(&mac, text), "52:54:00:aa:00:10");
	assert_true(feed_name(world, 67, "client/ipxe-efi-x64-discover"));
	assert_string_equal(
	    world->got.file, "http://10.77.0.2:8080/boot/52-54-00-aa-00-10");
	assert_string_equal(world->stage, "script");
	assert_string_equal(world->client, "ipxe");
	assert_int_equal(world->sightings, 3);
	assert_int_equal(counter(world, "offers"), 2);
	assert_int_equal(counter(world, "acks"), 1);
}

/* One that never asks on 4011 is overheard at the site's DHCP server. */
static void
test_overheard(void **state)
{
	struct world *world = *state;
	struct packet request = *packets_get("client/bios-ipxerom-request67");
	const struct packet *discover =
	    packets_get("client/bios-plain-discover");
	struct hwaddr mac;

	memcpy(request.data + MAC_AT, discover->data + MAC_AT, 6);
	assert_false(feed(world, 67, &request));
	assert_false(
	    proxydhcp_mac_of(world->proxydhcp, addr("10.77.0.185"), &mac));
	assert_true(feed(world, 67, discover));
	assert_false(feed(world, 67, &request));
	assert_true(
	    proxydhcp_mac_of(world->proxydhcp, addr("10.77.0.185"), &mac));
	assert_memory_equal(&mac, discover->data + MAC_AT, 6);
	assert_int_equal(counter(world, "for-the-dhcp-server"), 2);
	assert_int_equal(world->sightings, 1);
}

/* The recorder is told of everything that names a machine. */
static void
test_trace(void **state)
{
	struct world *world = *state;
	struct packet packet = *packets_get("client/ovmf-x64-pxe-discover");
	struct hwaddr mac;

	assert_true(feed(world, 67, &packet));
	assert_int_equal(world->traces, 1);
	assert_string_equal(world->trace_drop, "");
	/* Not for us, malformed, of an unknown machine: with the reason. */
	assert_false(feed_name(world, 67, "client/ovmf-x64-pxe-request67"));
	assert_string_equal(world->trace_drop, "for-the-dhcp-server");
	packet.data[236] = 0;
	assert_false(feed(world, 67, &packet));
	assert_int_equal(world->traces, 3);
	assert_string_equal(world->trace_drop, dhcp_drop_name(DHCP_DROP_MAGIC));
	memcpy(mac.b, packet.data + 28, sizeof mac.b);
	assert_true(hwaddr_eq(&mac, &world->trace_mac));
	/* What names no machine is nobody's. */
	memset(packet.data + 28, 0, 6);
	assert_false(feed(world, 67, &packet));
	packet.len = 30;
	assert_false(feed(world, 67, &packet));
	assert_int_equal(world->traces, 3);
}

/* What comes from our own host is dropped, unless doctor sent it. */
static void
test_probe(void **state)
{
	struct world *world = *state;
	const struct packet *discover =
	    packets_get("client/ovmf-x64-pxe-discover");
	struct hwaddr mac;

	memcpy(&mac, discover->data + MAC_AT, sizeof mac);
	world->from = addr("10.77.0.2");
	assert_false(feed(world, 67, discover));
	assert_int_equal(counter(world, "own-packet"), 1);
	proxydhcp_expect_probe(world->proxydhcp, &mac, 1000);
	assert_true(proxydhcp_is_probe(world->proxydhcp, &mac));
	assert_true(feed(world, 67, discover));
	world->clock.sim_ms += 1000;
	assert_false(proxydhcp_is_probe(world->proxydhcp, &mac));
	assert_false(feed(world, 67, discover));
	assert_int_equal(counter(world, "own-packet"), 2);
}

/* Only who has had a reply is booting, for a while and not too often. */
static void
test_may_solicit(void **state)
{
	struct world *world = *state;
	const struct packet *discover =
	    packets_get("client/bios-plain-discover");
	struct packet packet = *discover;
	unsigned count = 0;
	struct hwaddr mac;

	memcpy(&mac, discover->data + MAC_AT, sizeof mac);
	assert_false(proxydhcp_may_solicit(world->proxydhcp, &mac));
	assert_true(feed(world, 67, discover));
	for (int i = 0; i < 100; i++)
		count += proxydhcp_may_solicit(world->proxydhcp, &mac);
	assert_int_equal(count, 10);
	world->clock.sim_ms += PROXYDHCP_BOOTING_MS - 1;
	assert_true(proxydhcp_may_solicit(world->proxydhcp, &mac));
	world->clock.sim_ms++;
	assert_false(proxydhcp_may_solicit(world->proxydhcp, &mac));
	assert_true(feed(world, 67, discover));
	assert_true(proxydhcp_may_solicit(world->proxydhcp, &mac));
	/* One that no inventory names, and that boots all the same. */
	mac.b[5] ^= 1;
	world->answer.stranger = true;
	packet.data[MAC_AT + 5] ^= 1;
	assert_false(proxydhcp_may_solicit(world->proxydhcp, &mac));
	assert_true(feed(world, 67, &packet));
	assert_true(proxydhcp_may_solicit(world->proxydhcp, &mac));
	mac.b[5] ^= 1;
	world->answer.stranger = false;
	/* It has been installed, and is left alone. */
	world->answer.decision.action = POLICY_SILENT;
	assert_false(feed(world, 67, discover));
	assert_false(proxydhcp_may_solicit(world->proxydhcp, &mac));
}

static void
test_silence(void **state)
{
	struct world *world = *state;

	world->answer.decision.action = POLICY_SILENT;
	assert_false(feed_name(world, 67, "client/bios-plain-discover"));
	assert_int_equal(world->drop, PROXYDHCP_DROP_LOCAL);
	assert_false(world->replied);
	world->answer.decision.action = POLICY_REFUSE;
	assert_false(feed_name(world, 4011, "client/ipxe-efi-x64-request4011"));
	assert_int_equal(counter(world, "not-to-boot"), 2);
	world->answer.node = NULL;
	assert_false(feed_name(world, 67, "client/ovmf-x64-http-discover"));
	assert_int_equal(counter(world, "unknown-machine"), 1);
	assert_int_equal(world->sightings, 3);
	assert_int_equal(counter(world, "offers"), 0);
}

static void
test_loader_missing(void **state)
{
	struct world *world = *state;
	bool present[PXE_LOADER_COUNT] = {false};

	log_init(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	assert_false(feed_name(world, 67, "client/aavmf-arm64-pxe-discover"));
	assert_false(feed_name(world, 67, "client/aavmf-arm64-pxe-discover"));
	assert_int_equal(world->drop, PROXYDHCP_DROP_LOADER);
	assert_int_equal(counter(world, "loader-missing"), 2);
	present[PXE_LOADER_IPXE_ARM64] = true;
	proxydhcp_set_loaders(world->proxydhcp, present);
	assert_true(feed_name(world, 67, "client/aavmf-arm64-pxe-discover"));
	assert_string_equal(world->got.file, "ipxe-arm64.efi");
	assert_false(feed_name(world, 67, "client/bios-plain-discover"));
}

/* It reads the header's fields alone, and names a file of its own there. */
static void
test_uboot(void **state)
{
	struct world *world = *state;
	bool present[PXE_LOADER_COUNT] = {[PXE_LOADER_IPXE_ARM64] = true};

	proxydhcp_set_loaders(world->proxydhcp, present);
	assert_false(feed_name(world, 67, "client/uboot-arm64-discover"));
	assert_int_equal(world->sightings, 0);
	assert_true(feed_name(world, 67, "client/uboot-arm64-pxe-discover"));
	assert_string_equal(world->got.file, "ipxe-arm64.efi");
	assert_int_equal(world->got.siaddr.s_addr, addr("10.77.0.2").s_addr);
	assert_int_equal(world->got.yiaddr.s_addr, 0);
}

static bool
is_direct(const struct world *world)
{
	size_t len;

	return dhcp_option(&world->got, DHCP_SLOT_VENDOR, &len) != NULL;
}

/* secs as EDK2 counts them in one exchange, and the form of each offer. */
static void
discover(struct world *world, uint32_t xid, uint8_t secs, bool direct)
{
	struct packet packet = *packets_get("client/ovmf-x64-pxe-discover");

	memcpy(packet.data + XID_AT, &xid, sizeof xid);
	packet.data[SECS_AT + 1] = secs;
	world->clock.sim_ms += 4000;
	assert_true(feed(world, 67, &packet));
	assert_int_equal(is_direct(world), direct);
}

static void
test_fallback(void **state)
{
	struct world *world = *state;

	log_init(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	discover(world, 1, 0, false);
	discover(world, 1, 4, false);
	assert_string_equal(world->problem, "");
	discover(world, 1, 12, true);
	assert_non_null(strstr(world->problem, "pxe_style=direct"));
	discover(world, 1, 28, true);
	/* Sticks to it in the next boot. */
	discover(world, 2, 0, true);
	discover(world, 2, 4, true);
	/* Which does not help either: back. */
	discover(world, 2, 12, false);
	assert_non_null(strstr(world->problem, "pxe_style=binl"));
	assert_true(feed_name(world, 4011, "client/ovmf-x64-pxe-request4011"));
	discover(world, 3, 0, false);
	/* By the seconds alone, when an offer was lost. */
	discover(world, 3, 12, true);
}

/* Offers of boots long past say nothing of this one, nor does last week. */
static void
test_fallback_forgotten(void **state)
{
	struct world *world = *state;

	log_init(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	for (uint32_t boot = 1; boot < 10; boot++) {
		discover(world, boot, 0, false);
		discover(world, boot, 4, false);
		world->clock.sim_ms += 30 * 60 * 1000;
	}
	discover(world, 10, 0, false);
	discover(world, 10, 4, false);
	discover(world, 10, 12, true);
	world->clock.sim_ms += 3600 * 1000;
	discover(world, 11, 0, true);
	world->clock.sim_ms += 24 * 3600 * 1000;
	discover(world, 12, 0, false);
}

/* Boots that go well never change it. */
static void
test_no_fallback(void **state)
{
	struct world *world = *state;

	for (uint32_t boot = 1; boot < 10; boot++) {
		discover(world, boot, 0, false);
		discover(world, boot, 4, false);
		assert_true(
		    feed_name(world, 4011, "client/ovmf-x64-pxe-request4011"));
	}
	world->answer.style = PROXYDHCP_STYLE_BINL;
	for (uint32_t boot = 1; boot < 10; boot++)
		discover(world, boot, 28, false);
	world->answer.style = PROXYDHCP_STYLE_DIRECT;
	discover(world, 20, 0, true);
}

/* A loader that lacks HTTP, too, is not handed out for ever. */
static void
test_loop(void **state)
{
	struct world *world = *state;
	struct packet packet = *packets_get("client/bios-ipxerom-discover");
	uint8_t *http = memmem(packet.data, packet.len, "\x13\x01\x01", 3);

	log_init(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	assert_non_null(http);
	http[2] = 0;
	for (uint32_t xid = 1; xid <= 4; xid++) {
		memcpy(packet.data + XID_AT, &xid, sizeof xid);
		world->clock.sim_ms += 4000;
		assert_true(feed(world, 67, &packet));
		assert_true(feed(world, 67, &packet)); /* retransmitted */
		assert_string_equal(
		    world->got.file, "tftp://10.77.0.2/ipxe.pxe");
	}
	packet.data[XID_AT] = 99;
	assert_false(feed(world, 67, &packet));
	assert_false(feed(world, 67, &packet));
	assert_int_equal(counter(world, "loader-loop"), 2);
	world->clock.sim_ms += 10 * 60 * 1000;
	assert_true(feed(world, 67, &packet));
	/* One that got on is trusted again. */
	assert_true(feed_name(world, 67, "client/bios-ipxerom-discover"));
}

static void
test_node_rate(void **state)
{
	struct world *world = *state;
	unsigned answered = 0;

	for (unsigned i = 0; i < 50; i++)
		answered += feed_name(world, 67, "client/bios-plain-discover");
	assert_int_equal(answered, 10);
	assert_int_equal(world->asked, 10);
	assert_int_equal(world->sightings, 10);
	assert_int_equal(counter(world, "machine-too-often"), 40);
	world->clock.sim_ms += 1000;
	answered = 0;
	for (unsigned i = 0; i < 50; i++)
		answered += feed_name(world, 67, "client/bios-plain-discover");
	assert_int_equal(answered, 5);
	/* Others are not hurt. */
	assert_true(feed_name(world, 67, "client/ovmf-x64-pxe-discover"));
}

/* A flood of made-up machines neither fills the table nor the event log. */
static void
test_unknown_flood(void **state)
{
	struct world *world = *state;
	struct packet packet = *packets_get("client/bios-plain-discover");

	assert_true(feed(world, 67, &packet));
	packet.data[MAC_AT] = 0x02;
	for (uint32_t i = 0; i < 5000; i++) {
		memcpy(packet.data + MAC_AT + 2, &i, sizeof i);
		assert_false(feed(world, 67, &packet));
	}
	assert_int_equal(counter(world, "unknown-machine"), 5000);
	assert_in_range(world->sightings, 2, 30);
	/* Known ones beyond the table's size push out the oldest, no more. */
	packet.data[MAC_AT] = 0x52;
	for (uint32_t i = 0; i < 5000; i++) {
		memcpy(packet.data + MAC_AT + 2, &i, sizeof i);
		(void)feed(world, 67, &packet);
	}
	assert_int_equal(counter(world, "offers"), 1000);
	assert_int_equal(counter(world, "all-too-often"), 4001);
	world->clock.sim_ms += 1000;
	assert_true(feed_name(world, 67, "client/bios-plain-discover"));
}

/* Machines that are only answered for the list of them have their own share. */
static void
test_strangers(void **state)
{
	struct world *world = *state;
	struct packet packet = *packets_get("client/bios-plain-discover");
	struct hwaddr mac;

	assert_true(feed(world, 67, &packet));
	world->answer.stranger = true;
	world->answer.decision.action = POLICY_WAIT;
	packet.data[MAC_AT] = 0x52;
	for (uint32_t i = 0; i < 5000; i++) {
		memcpy(packet.data + MAC_AT + 2, &i, sizeof i);
		(void)feed(world, 67, &packet);
	}
	assert_int_equal(counter(world, "offers"), 101);
	assert_int_equal(counter(world, "all-too-often"), 4900);
	/* The node is still there, and so are its replies. */
	world->answer.stranger = false;
	world->answer.decision.action = POLICY_INSTALL;
	packet = *packets_get("client/bios-plain-discover");
	memcpy(&mac, packet.data + MAC_AT, sizeof mac);
	assert_true(proxydhcp_may_solicit(world->proxydhcp, &mac));
	for (int i = 0; i < 9; i++)
		assert_true(feed(world, 67, &packet));
	/* One of the others is in the inventory now. */
	packet.data[MAC_AT] = 0x52;
	memset(packet.data + MAC_AT + 2, 0, 4);
	assert_true(feed(world, 67, &packet));
}

static void
test_counters(void **state)
{
	struct world *world = *state;
	struct proxydhcp_counter counters[PROXYDHCP_COUNTERS];
	struct udp_datagram datagram = {
	    .data = (const uint8_t *)"x", .len = 1, .truncated = true};
	struct packet packet = *packets_get("client/bios-plain-discover");

	assert_false(
	    proxydhcp_handle(world->proxydhcp, 67, &datagram, &world->reply));
	assert_int_equal(counter(world, "truncated"), 1);
	packet.data[236] = 0;
	assert_false(feed(world, 67, &packet));
	assert_int_equal(counter(world, "no-magic"), 1);
	assert_int_equal(counter(world, "received"), 2);
	proxydhcp_counters(world->proxydhcp, counters);
	for (size_t i = 0; i < PROXYDHCP_COUNTERS; i++) {
		assert_non_null(counters[i].name);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(
			    counters[i].name, counters[j].name);
	}
}

/* An interface that is not ours to serve; said once. */
static void
test_interface(void **state)
{
	struct world *world = *state;
	const struct packet *packet = packets_get("client/bios-plain-discover");
	struct udp_datagram datagram = {
	    .data = packet->data, .len = packet->len, .ifindex = 12345};

	log_init(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	datagram.from.sin_port = htons(68);
	for (int i = 0; i < 100; i++) {
		datagram.ifindex++;
		assert_false(proxydhcp_handle(
		    world->proxydhcp, 67, &datagram, &world->reply));
	}
	assert_int_equal(counter(world, "interface-not-served"), 100);
	assert_int_equal(world->asked, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_uefi_boot, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_overheard, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_trace, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_probe, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_may_solicit, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_silence, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_loader_missing, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_fallback, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_fallback_forgotten, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_uboot, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_no_fallback, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_loop, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_node_rate, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_unknown_flood, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_strangers, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_counters, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_interface, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
