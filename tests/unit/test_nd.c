#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "wire/nd.h"

#define SOLICIT_LEN 56

/* As Debian's iPXE sent it in the lab. */
static const uint8_t solicit[SOLICIT_LEN] = {0x60, 0, 0, 0, 0, 16, 58, 255,
    0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0x50, 0x54, 0, 0xff, 0xfe, 0x0a, 0, 1, 0xff,
    2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 133, 0, 0xda, 0x6f, 0, 0, 0, 0,
    1, 1, 0x52, 0x54, 0, 0x0a, 0, 1};

/* The recorded packet with some bytes changed, and what that must lead to. */
static const struct {
	const char *what;
	size_t len;
	struct {
		uint8_t at;
		uint8_t value;
	} change[4];
	enum nd_drop drop;
} cases[] = {
    {"as it was", SOLICIT_LEN, {{0, 0x60}}, ND_OK},
    {"traffic class and flow label", SOLICIT_LEN, {{0, 0x6f}, {3, 9}}, ND_OK},
    {"nothing", 0, {{0, 0x60}}, ND_DROP_SHORT},
    {"half a header", 39, {{0, 0x60}}, ND_DROP_SHORT},
    {"a header alone", 40, {{0, 0x60}}, ND_DROP_LENGTH},
    {"a header of nothing", 40, {{5, 0}}, ND_DROP_SHORT},
    {"one byte is missing", SOLICIT_LEN - 1, {{0, 0x60}}, ND_DROP_LENGTH},
    {"a short message", SOLICIT_LEN, {{5, 7}}, ND_DROP_SHORT},
    {"a huge length", SOLICIT_LEN, {{4, 255}}, ND_DROP_LENGTH},
    {"IPv4", SOLICIT_LEN, {{0, 0x45}}, ND_DROP_TYPE},
    {"an extension header", SOLICIT_LEN, {{6, 0}}, ND_DROP_TYPE},
    {"UDP", SOLICIT_LEN, {{6, 17}}, ND_DROP_TYPE},
    {"an advertisement", SOLICIT_LEN, {{40, 134}}, ND_DROP_TYPE},
    {"a code", SOLICIT_LEN, {{41, 1}}, ND_DROP_TYPE},
    {"through a router", SOLICIT_LEN, {{7, 254}}, ND_DROP_HOP_LIMIT},
    {"from a group", SOLICIT_LEN, {{8, 0xff}, {9, 2}}, ND_DROP_SOURCE},
    {"another checksum", SOLICIT_LEN, {{42, 0}}, ND_DROP_CHECKSUM},
    {"another source", SOLICIT_LEN, {{23, 2}}, ND_DROP_CHECKSUM},
    {"another destination", SOLICIT_LEN, {{39, 1}}, ND_DROP_CHECKSUM},
    /* 1 more or less of length, and the checksum 0x100 less or more. */
    {"an option of no length", SOLICIT_LEN, {{49, 0}, {43, 0x70}},
	ND_DROP_OPTION},
    {"an option past the end", SOLICIT_LEN, {{49, 2}, {43, 0x6e}},
	ND_DROP_OPTION},
    {"another option", SOLICIT_LEN, {{48, 14}, {42, 0xcd}}, ND_OK},
};

static void
test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		uint8_t packet[SOLICIT_LEN];
		struct nd_solicit got;
		enum nd_drop drop;

		memcpy(packet, solicit, sizeof packet);
		for (size_t c = 0; c < 4; c++) {
			if (cases[i].change[c].value != 0 ||
			    cases[i].change[c].at != 0)
				packet[cases[i].change[c].at] =
				    cases[i].change[c].value;
		}
		drop = nd_decode_solicit(packet, cases[i].len, &got);
		if (drop != cases[i].drop)
			fail_msg("%s: %s instead of %s", cases[i].what,
			    nd_drop_name(drop), nd_drop_name(cases[i].drop));
	}
}

static void
test_solicit(void **state)
{
	char text[INET6_ADDRSTRLEN], mac[HWADDR_STRLEN];
	uint8_t padded[SOLICIT_LEN + 4] = {0};
	struct nd_solicit got;

	(void)state;
	memcpy(padded, solicit, SOLICIT_LEN);
	memset(padded + SOLICIT_LEN, 0xee, 4);
	assert_int_equal(nd_decode_solicit(padded, sizeof padded, &got), ND_OK);
	assert_string_equal(inet_ntop(AF_INET6, &got.from, text, sizeof text),
	    "fe80::5054:ff:fe0a:1");
	assert_true(got.has_link);
	assert_string_equal(hwaddr_format(&got.link, mac), "52:54:00:0a:00:01");
}

/* RFC 1071: the sum over everything, checksum and pseudo header, is ~0. */
static uint16_t
sum_of(const uint8_t *packet)
{
	size_t len = (size_t)(packet[4] << 8 | packet[5]);
	uint32_t sum = (uint32_t)(58 + len);

	for (size_t i = 8; i < 40 + len; i += 2)
		sum += (uint32_t)(packet[i] << 8 | packet[i + 1]);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* A host without an address: no option, and its checksum made anew. */
static void
test_no_address(void **state)
{
	uint8_t packet[SOLICIT_LEN];
	struct nd_solicit got;
	uint16_t sum;

	(void)state;
	memcpy(packet, solicit, sizeof packet);
	memset(packet + 8, 0, 16);
	packet[42] = packet[43] = 0;
	sum = (uint16_t)~sum_of(packet);
	packet[42] = (uint8_t)(sum >> 8);
	packet[43] = (uint8_t)sum;
	assert_int_equal(
	    nd_decode_solicit(packet, sizeof packet, &got), ND_DROP_OPTION);

	packet[5] = 8;
	packet[42] = packet[43] = 0;
	sum = (uint16_t)~sum_of(packet);
	packet[42] = (uint8_t)(sum >> 8);
	packet[43] = (uint8_t)sum;
	assert_int_equal(nd_decode_solicit(packet, 48, &got), ND_OK);
	assert_true(IN6_IS_ADDR_UNSPECIFIED(&got.from));
	assert_false(got.has_link);
}

static void
test_advert(void **state)
{
	static const uint8_t want[] = {0x60, 0, 0, 0, 0, 16, 58, 255};
	static const uint8_t zeros[12] = {0};
	struct in6_addr from, to;
	uint8_t out[ND_ADVERT_LEN];

	(void)state;
	inet_pton(AF_INET6, "fe80::1", &from);
	inet_pton(AF_INET6, "fe80::5054:ff:fe0a:1", &to);
	memset(out, 0xee, sizeof out);
	nd_encode_advert(&from, &to, out);
	assert_memory_equal(out, want, sizeof want);
	assert_memory_equal(out + 8, &from, 16);
	assert_memory_equal(out + 24, &to, 16);
	assert_int_equal(out[40], 134);
	assert_int_equal(out[41], 0);
	assert_int_equal(sum_of(out), 0xffff);
	/* Hop limit, M and O, lifetime, reachable time, retransmission. */
	assert_memory_equal(out + 44, zeros, sizeof zeros);
}

static void
test_names(void **state)
{
	(void)state;
	for (int i = 0; i < ND_DROP_COUNT; i++)
		assert_non_null(nd_drop_name((enum nd_drop)i));
	assert_string_equal(nd_drop_name(ND_DROP_COUNT), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_cases),
	    cmocka_unit_test(test_solicit),
	    cmocka_unit_test(test_no_address),
	    cmocka_unit_test(test_advert),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
