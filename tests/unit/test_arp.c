#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>

#include "wire/arp.h"

/* As a Linux host answers a probe, with what fills a frame of Ethernet. */
static const uint8_t answer[46] = {0, 1, 8, 0, 6, 4, 0, 2, 0x52, 0x54, 0, 0xaa,
    0, 1, 10, 79, 0, 51, 0x52, 0x54, 0, 0xaa, 0, 2};

static void
test_probe(void **state)
{
	static const uint8_t want[ARP_LEN] = {0, 1, 8, 0, 6, 4, 0, 1, 2, 4, 6,
	    8, 10, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 79, 0, 51};
	const struct hwaddr from = {{2, 4, 6, 8, 10, 12}};
	struct in_addr addr = {inet_addr("10.79.0.51")};
	struct arp_reply reply;
	uint8_t probe[ARP_LEN];

	(void)state;
	arp_encode_probe(&from, addr, probe);
	assert_memory_equal(probe, want, ARP_LEN);
	assert_int_equal(
	    arp_decode_reply(probe, sizeof probe, &reply), -EBADMSG);
}

static void
test_reply(void **state)
{
	const struct hwaddr from = {{0x52, 0x54, 0, 0xaa, 0, 1}};
	struct arp_reply reply;

	(void)state;
	assert_int_equal(arp_decode_reply(answer, sizeof answer, &reply), 0);
	assert_true(hwaddr_eq(&reply.mac, &from));
	assert_int_equal(reply.addr.s_addr, inet_addr("10.79.0.51"));
	assert_int_equal(arp_decode_reply(answer, ARP_LEN, &reply), 0);
}

static void
test_hostile(void **state)
{
	/* Each of these bytes is one that may not be another. */
	static const size_t fixed[] = {0, 1, 2, 3, 4, 5, 6, 7};
	uint8_t packet[ARP_LEN];
	struct arp_reply reply;

	(void)state;
	for (size_t len = 0; len < ARP_LEN; len++)
		assert_int_equal(
		    arp_decode_reply(answer, len, &reply), -EBADMSG);
	for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
		memcpy(packet, answer, sizeof packet);
		packet[fixed[i]] ^= 0x40;
		assert_int_equal(
		    arp_decode_reply(packet, sizeof packet, &reply), -EBADMSG);
	}
	memcpy(packet, answer, sizeof packet);
	packet[8] |= 1; /* many machines' address */
	assert_int_equal(
	    arp_decode_reply(packet, sizeof packet, &reply), -EBADMSG);
	memcpy(packet, answer, sizeof packet);
	memset(packet + 14, 255, 4);
	assert_int_equal(
	    arp_decode_reply(packet, sizeof packet, &reply), -EBADMSG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_probe),
	    cmocka_unit_test(test_reply),
	    cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
