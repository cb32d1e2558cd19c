/* What a host may say of its own firmware, and what is told of a problem. */
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
#include "proxydhcp_world.h"

/* What keeps a machine from booting is told with the sighting. */
static void
test_problems(void **state)
{
	struct world *world = *state;
	struct packet packet = *packets_get("client/bios-plain-discover");
	uint8_t *arch = memmem(packet.data, packet.len, "\x5d\x02\x00\x00", 4);
	bool present[PXE_LOADER_COUNT] = {false};

	log_init(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	assert_false(feed_name(world, 67, "client/aavmf-arm64-pxe-discover"));
	assert_non_null(strstr(world->problem, "no loader ipxe-arm64.efi"));
	assert_non_null(
	    strstr(world->problem, "the package ipxe has it since Debian 13"));
	proxydhcp_set_loaders(world->proxydhcp, present);
	assert_false(feed_name(world, 67, "client/ovmf-x64-pxe-discover"));
	assert_non_null(
	    strstr(world->problem, "for this machine (uefi-x64): install "));
	assert_non_null(arch);
	arch[3] = 2; /* Itanium */
	assert_false(feed(world, 67, &packet));
	assert_non_null(
	    strstr(world->problem, "architecture (2 in option 93)"));
	world->answer.decision.action = POLICY_SILENT;
	assert_false(feed(world, 67, &packet));
	assert_string_equal(world->problem, "");
}

/* An offer on 67 waits, an answer on 4011 does not: that one is due. */
static void
test_delay(void **state)
{
	struct world *world = *state;

	world->answer.delay_ms = 1500;
	assert_true(feed_name(world, 67, "client/ovmf-x64-pxe-discover"));
	proxydhcp_post(world->proxydhcp, &world->reply, on_send, world);
	assert_int_equal(world->sent, 0);
	world->clock.sim_ms += 1499;
	proxydhcp_send_due(world->proxydhcp);
	assert_int_equal(world->sent, 0);
	world->clock.sim_ms += 1;
	proxydhcp_send_due(world->proxydhcp);
	assert_int_equal(world->sent, 1);
	assert_true(feed_name(world, 4011, "client/ovmf-x64-pxe-request4011"));
	proxydhcp_post(world->proxydhcp, &world->reply, on_send, world);
	assert_int_equal(world->sent, 2);
}

/* Firmware with a name of its own: wanted, echoed; nobody else's. */
static void
test_vendor_class(void **state)
{
	struct world *world = *state;
	struct packet packet = *packets_get("client/ovmf-x64-pxe-discover");
	uint8_t *class = memmem(packet.data, packet.len, "PXEClient", 9);
	const uint8_t *echo;
	size_t len;

	assert_non_null(class);
	memcpy(class, "HW-Client", 9);
	assert_false(feed(world, 67, &packet));
	assert_int_equal(counter(world, "no-network-boot"), 1);
	world->vendor_class = "HW-Other";
	assert_false(feed(world, 67, &packet));
	world->vendor_class = "HW-Client";
	assert_true(feed(world, 67, &packet));
	assert_string_equal(world->got.file, "ipxe.efi");
	echo = dhcp_option(&world->got, DHCP_SLOT_CLASS, &len);
	assert_int_equal(len, 9);
	assert_memory_equal(echo, "HW-Client", 9);
	/* It may say PXEClient all the same. */
	assert_true(feed_name(world, 67, "client/ovmf-x64-pxe-discover"));
	echo = dhcp_option(&world->got, DHCP_SLOT_CLASS, &len);
	assert_memory_equal(echo, "PXEClient", 9);
	/* Other clients of that machine are no network boot. */
	assert_false(feed_name(world, 67, "other/udhcp-discover"));
	assert_int_equal(counter(world, "no-network-boot"), 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_problems, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_delay, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_vendor_class, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
