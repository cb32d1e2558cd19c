/* Round trips, a packet that was recorded, and every way to be wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>

#include "base/str.h"
#include "wire/ipudp.h"

enum {
	PACKET_MAX = 2048,
	ETHERNET = IPUDP_ETHERNET_LEN,
	TOTAL_AT = 2,
	FRAGMENT_AT = 6,
	PROTOCOL_AT = 9,
	IP_CHECKSUM_AT = 10,
	UDP_LEN_AT = 24,
	UDP_CHECKSUM_AT = 26,
	DATA_AT = 28,
};

/* OVMF asks 10.77.0.2 for its boot file, as it was seen on the wire. */
static const char recorded[] =
    "45000047f871000040116d1d0a4d007c0a4d0002051d004500339ac500016970"
    "78652e656669006f6374657400626c6b73697a6500313436380077696e646f77"
    "73697a65003400";

static const struct ipudp sample = {
    .ether_from = {{2, 0, 0, 0, 0, 1}},
    .ether_to = {{255, 255, 255, 255, 255, 255}},
    .from.s_addr = 0x0100000a,
    .to.s_addr = 0xffffffff,
    .from_port = 67,
    .to_port = 68,
    .data = (const uint8_t *)"DHCP, more or less",
    .len = 18,
};

static enum ipudp_drop
decode(const uint8_t *packet, size_t len, unsigned flags, struct ipudp *ret_msg)
{
	/* Its own size, so that a sanitizer sees a read past the end. */
	uint8_t *copy = malloc(len > 0 ? len : 1);
	enum ipudp_drop drop;

	assert_non_null(copy);
	memcpy(copy, packet, len);
	drop = ipudp_decode(copy, len, flags, ret_msg);
	free(copy);
	return drop;
}

static uint16_t
sum(const uint8_t *data, size_t len)
{
	uint32_t total = 0;

	for (size_t i = 0; i < len; i += 2)
		total += (uint32_t)(data[i] << 8 | data[i + 1]);
	while (total >> 16 != 0)
		total = (total & 0xffff) + (total >> 16);
	return (uint16_t)~total;
}

/* After a change to its header. */
static void
mend(uint8_t *packet, size_t header)
{
	uint16_t value;

	packet[IP_CHECKSUM_AT] = packet[IP_CHECKSUM_AT + 1] = 0;
	value = sum(packet, header);
	packet[IP_CHECKSUM_AT] = (uint8_t)(value >> 8);
	packet[IP_CHECKSUM_AT + 1] = (uint8_t)value;
}

static size_t
make(uint8_t packet[PACKET_MAX])
{
	size_t len;

	memset(packet, 0, PACKET_MAX);
	assert_int_equal(ipudp_encode(&sample, 0, packet, PACKET_MAX, &len), 0);
	return len;
}

static enum ipudp_drop
decode_with(size_t at, uint8_t value, bool mended)
{
	uint8_t packet[PACKET_MAX];
	struct ipudp got;
	size_t len = make(packet);

	packet[at] = value;
	if (mended)
		mend(packet, 20);
	return decode(packet, len, 0, &got);
}

static void
assert_sample(const struct ipudp *got)
{
	assert_int_equal(got->from.s_addr, sample.from.s_addr);
	assert_int_equal(got->to.s_addr, sample.to.s_addr);
	assert_int_equal(got->from_port, 67);
	assert_int_equal(got->to_port, 68);
	assert_int_equal(got->len, sample.len);
}

static void
test_round_trip(void **state)
{
	uint8_t packet[PACKET_MAX];
	struct ipudp got;
	size_t len;

	(void)state;
	assert_int_equal(
	    ipudp_encode(&sample, 0, packet, sizeof packet, &len), 0);
	assert_int_equal(len, IPUDP_HEADERS_LEN + sample.len);
	assert_int_equal(ipudp_decode(packet, len, 0, &got), IPUDP_OK);
	assert_sample(&got);
	assert_memory_equal(got.data, sample.data, sample.len);
	assert_int_equal(ipudp_encode(&sample, IPUDP_ETHERNET, packet,
			     IPUDP_SIZE(sample.len), &len),
	    0);
	assert_int_equal(len, IPUDP_SIZE(sample.len));
	assert_int_equal(
	    ipudp_decode(packet, len, IPUDP_ETHERNET, &got), IPUDP_OK);
	assert_sample(&got);
	assert_true(hwaddr_eq(&got.ether_from, &sample.ether_from));
	assert_true(hwaddr_eq(&got.ether_to, &sample.ether_to));
	assert_int_equal(ipudp_encode(&sample, IPUDP_ETHERNET, packet,
			     IPUDP_SIZE(sample.len) - 1, &len),
	    -EMSGSIZE);
}

static void
test_recorded(void **state)
{
	uint8_t packet[sizeof recorded / 2];
	struct ipudp got;

	(void)state;
	assert_int_equal(str_unhex(recorded, packet, sizeof packet), 0);
	assert_int_equal(
	    ipudp_decode(packet, sizeof packet, 0, &got), IPUDP_OK);
	assert_int_equal(got.from.s_addr, htonl(0x0a4d007c));
	assert_int_equal(got.from_port, 1309);
	assert_int_equal(got.to_port, 69);
	assert_int_equal(got.len, 43);
	assert_memory_equal(got.data, "\0\1ipxe.efi", 11);
}

/* Every length from none to whole, with and without Ethernet. */
static void
test_cut(void **state)
{
	uint8_t packet[PACKET_MAX];
	struct ipudp got;
	size_t len = make(packet);

	(void)state;
	for (size_t i = 0; i < len; i++)
		assert_int_not_equal(decode(packet, i, 0, &got), IPUDP_OK);
	assert_int_equal(
	    ipudp_encode(&sample, IPUDP_ETHERNET, packet, sizeof packet, &len),
	    0);
	for (size_t i = 0; i < len; i++)
		assert_int_not_equal(
		    decode(packet, i, IPUDP_ETHERNET, &got), IPUDP_OK);
	/* Padding behind it is none of its business. */
	assert_int_equal(
	    decode(packet, len + 20, IPUDP_ETHERNET, &got), IPUDP_OK);
	assert_int_equal(got.len, sample.len);
	packet[12] = 0x86;
	packet[13] = 0xdd;
	assert_int_equal(
	    decode(packet, len, IPUDP_ETHERNET, &got), IPUDP_DROP_TYPE);
}

static void
test_wrong_header(void **state)
{
	(void)state;
	assert_int_equal(decode_with(0, 0x65, true), IPUDP_DROP_TYPE);
	assert_int_equal(decode_with(0, 0x44, true), IPUDP_DROP_HEADER);
	assert_int_equal(decode_with(0, 0x4f, true), IPUDP_DROP_SHORT);
	assert_int_equal(
	    decode_with(TOTAL_AT + 1, 19, true), IPUDP_DROP_LENGTH);
	assert_int_equal(decode_with(TOTAL_AT + 1, 27, true), IPUDP_DROP_SHORT);
	assert_int_equal(
	    decode_with(TOTAL_AT + 1, 47, true), IPUDP_DROP_LENGTH);
	assert_int_equal(decode_with(PROTOCOL_AT, 6, true), IPUDP_DROP_TYPE);
	assert_int_equal(
	    decode_with(FRAGMENT_AT, 0x20, true), IPUDP_DROP_FRAGMENT);
	assert_int_equal(
	    decode_with(FRAGMENT_AT + 1, 1, true), IPUDP_DROP_FRAGMENT);
	assert_int_equal(decode_with(FRAGMENT_AT, 0x40, true), IPUDP_OK);
	assert_int_equal(
	    decode_with(PROTOCOL_AT, 16, false), IPUDP_DROP_IP_CHECKSUM);
	assert_int_equal(
	    decode_with(UDP_LEN_AT + 1, 7, false), IPUDP_DROP_LENGTH);
	assert_int_equal(
	    decode_with(UDP_LEN_AT + 1, 27, false), IPUDP_DROP_LENGTH);
}

static void
test_udp_checksum(void **state)
{
	uint8_t packet[PACKET_MAX];
	struct ipudp got;
	size_t len = make(packet);

	(void)state;
	packet[DATA_AT] ^= 1;
	assert_int_equal(decode(packet, len, 0, &got), IPUDP_DROP_UDP_CHECKSUM);
	assert_int_equal(
	    decode(packet, len, IPUDP_CHECKSUM_OPEN, &got), IPUDP_OK);
	/* None at all. */
	packet[UDP_CHECKSUM_AT] = packet[UDP_CHECKSUM_AT + 1] = 0;
	assert_int_equal(decode(packet, len, 0, &got), IPUDP_OK);
}

/* A datagram whose sum is zero is sent as all ones (RFC 768). */
static void
test_zero_checksum(void **state)
{
	uint8_t packet[PACKET_MAX];
	uint8_t data[2] = {0, 0};
	struct ipudp msg = sample;
	struct ipudp got;
	size_t len;
	unsigned ones = 0;

	(void)state;
	msg.data = data;
	msg.len = sizeof data;
	for (unsigned i = 0; i <= UINT16_MAX; i++) {
		data[0] = (uint8_t)(i >> 8);
		data[1] = (uint8_t)i;
		assert_int_equal(
		    ipudp_encode(&msg, 0, packet, sizeof packet, &len), 0);
		assert_int_equal(ipudp_decode(packet, len, 0, &got), IPUDP_OK);
		assert_false(packet[UDP_CHECKSUM_AT] == 0 &&
			     packet[UDP_CHECKSUM_AT + 1] == 0);
		ones += packet[UDP_CHECKSUM_AT] == 255 &&
			packet[UDP_CHECKSUM_AT + 1] == 255;
	}
	assert_true(ones >= 1);
}

/* IPv4 options: a router alert before the UDP header. */
static void
test_options(void **state)
{
	static const uint8_t alert[] = {148, 4, 0, 0};
	uint8_t packet[PACKET_MAX];
	struct ipudp got;
	size_t len = make(packet);

	(void)state;
	memmove(packet + 24, packet + 20, len - 20);
	memcpy(packet + 20, alert, sizeof alert);
	packet[0] = 0x46;
	packet[TOTAL_AT + 1] = (uint8_t)(len + 4);
	mend(packet, 24);
	assert_int_equal(decode(packet, len + 4, 0, &got), IPUDP_OK);
	assert_sample(&got);
}

static void
test_long(void **state)
{
	struct ipudp msg = sample;
	uint8_t byte;
	size_t len;

	(void)state;
	msg.len = UINT16_MAX - IPUDP_HEADERS_LEN + 1;
	assert_int_equal(ipudp_encode(&msg, 0, &byte, 1, &len), -EMSGSIZE);
}

static void
test_names(void **state)
{
	(void)state;
	for (int i = 0; i < IPUDP_DROP_COUNT; i++)
		assert_true(strlen(ipudp_drop_name((enum ipudp_drop)i)) > 3);
	assert_string_equal(ipudp_drop_name(IPUDP_DROP_COUNT), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_recorded),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_wrong_header),
	    cmocka_unit_test(test_udp_checksum),
	    cmocka_unit_test(test_zero_checksum),
	    cmocka_unit_test(test_options),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
