/* Section by section: recorded packets and every malformed input. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>

#include "base/str.h"
#include "base/wr.h"
#include "packets.h"
#include "wire/dhcp.h"

enum {
	HTYPE_AT = 1,
	HLEN_AT = 2,
	HOPS_AT = 3,
	CHADDR_AT = 28,
	SNAME_AT = 44,
	FILE_AT = 108,
	MAGIC_AT = 236,
	OPTIONS_AT = 240,
};

static void
test_recorded_decode(void **state)
{
	size_t n;
	const struct packet *all = packets_all(&n);
	struct dhcp_msg msg;

	(void)state;
	assert_true(n >= 35);
	for (size_t i = 0; i < n; i++) {
		enum dhcp_op op = str_starts(all[i].name, "server/")
				      ? DHCP_OP_REPLY
				      : DHCP_OP_REQUEST;

		assert_int_equal(
		    dhcp_decode(all[i].data, all[i].len, op, &msg), DHCP_OK);
		assert_in_range(msg.type, 1, 13);
		assert_int_equal(
		    dhcp_decode(all[i].data, all[i].len,
			op == DHCP_OP_REPLY ? DHCP_OP_REQUEST : DHCP_OP_REPLY,
			&msg),
		    DHCP_DROP_OP);
	}
}

static void
test_recorded_fields(void **state)
{
	const struct packet *p = packets_get("client/ipxe-efi-x64-request4011");
	char addr[INET_ADDRSTRLEN];
	char mac[HWADDR_STRLEN];
	struct dhcp_msg msg;

	(void)state;
	assert_int_equal(packets_decode(p->data, p->len, &msg), DHCP_OK);
	assert_int_equal(msg.xid, 0xf63de42e);
	assert_int_equal(msg.secs, 15);
	assert_int_equal(msg.flags, DHCP_FLAG_BROADCAST);
	assert_int_equal(msg.type, DHCP_TYPE_REQUEST);
	assert_int_equal(msg.max_size, 1472);
	assert_string_equal(
	    inet_ntop(AF_INET, &msg.ciaddr, addr, sizeof addr), "10.77.0.124");
	assert_string_equal(
	    inet_ntop(AF_INET, &msg.server_id, addr, sizeof addr), "10.77.0.2");
	assert_string_equal(hwaddr_format(&msg.mac, mac), "52:54:00:aa:00:17");
	assert_int_equal(dhcp_arch_count(&msg), 1);
	assert_int_equal(dhcp_arch(&msg, 0), 7);
	assert_int_equal(dhcp_arch(&msg, 1), UINT16_MAX);
	packets_assert_option(&msg, DHCP_SLOT_USER_CLASS, "69505845");
	packets_assert_option(&msg, DHCP_SLOT_UNDI, "01030a");
	packets_assert_option(&msg, DHCP_SLOT_VENDOR, NULL);
	assert_true(dhcp_option_starts(&msg, DHCP_SLOT_CLASS, "PXEClient"));
	assert_false(dhcp_option_starts(&msg, DHCP_SLOT_CLASS, "HTTPClient"));
	p = packets_get("client/ovmf-x64-pxe-request67");
	assert_int_equal(packets_decode(p->data, p->len, &msg), DHCP_OK);
	assert_string_equal(
	    inet_ntop(AF_INET, &msg.address, addr, sizeof addr), "10.77.0.117");
}

/* Every packet that is shorter than a recorded one, by every length. */
static void
test_truncated(void **state)
{
	size_t n;
	const struct packet *all = packets_all(&n);
	struct dhcp_msg msg;

	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (size_t len = 0; len < all[i].len; len++) {
			enum dhcp_drop drop =
			    packets_decode(all[i].data, len, &msg);

			if (len < OPTIONS_AT)
				assert_int_equal(drop, DHCP_DROP_SHORT);
		}
	}
}

/* Rows of the malformed-packet checklist that are in the header. */
static const struct {
	size_t at;
	const char *hex;
	enum dhcp_drop drop;
} header_cases[] = {
    {0, "02", DHCP_DROP_OP},
    {0, "00", DHCP_DROP_OP},
    {HTYPE_AT, "00", DHCP_DROP_HTYPE},
    {HTYPE_AT, "20", DHCP_DROP_HTYPE}, /* InfiniBand */
    {HLEN_AT, "00", DHCP_DROP_HTYPE},
    {HLEN_AT, "07", DHCP_DROP_HTYPE},
    {HLEN_AT, "11", DHCP_DROP_HTYPE},
    {HLEN_AT, "ff", DHCP_DROP_HTYPE},
    {HOPS_AT, "10", DHCP_OK},
    {HOPS_AT, "11", DHCP_DROP_HOPS},
    {CHADDR_AT, "000000000000", DHCP_DROP_CHADDR},
    {CHADDR_AT, "ffffffffffff", DHCP_DROP_CHADDR},
    {CHADDR_AT, "01005e000001", DHCP_DROP_CHADDR},
    {MAGIC_AT, "00000000", DHCP_DROP_MAGIC},
    {MAGIC_AT, "63825364", DHCP_DROP_MAGIC},
    {8, "ffff", DHCP_OK}, /* secs say nothing */
    {10, "ffff", DHCP_OK},
};

static void
test_bad_header(void **state)
{
	uint8_t packet[DHCP_PACKET_MAX];
	struct dhcp_msg msg;

	(void)state;
	for (size_t i = 0; i < sizeof header_cases / sizeof header_cases[0];
	     i++) {
		size_t len = packets_make(packet, "350101ff");

		assert_int_equal(
		    str_unhex(header_cases[i].hex, packet + header_cases[i].at,
			strlen(header_cases[i].hex) / 2),
		    0);
		assert_int_equal(
		    packets_decode(packet, len, &msg), header_cases[i].drop);
	}
}

static void
test_size(void **state)
{
	uint8_t packet[DHCP_PACKET_MAX + 1] = {0};
	struct dhcp_msg msg;

	(void)state;
	(void)packets_make(packet, "350101ff");
	assert_int_equal(
	    packets_decode(packet, DHCP_PACKET_MAX, &msg), DHCP_OK);
	assert_int_equal(
	    packets_decode(packet, DHCP_PACKET_MAX + 1, &msg), DHCP_DROP_LONG);
}

static const struct {
	const char *options;
	enum dhcp_drop drop;
} option_cases[] = {
    {"350101ff", DHCP_OK},
    {"00003501010000ff", DHCP_OK},
    {"350101", DHCP_OK},	    /* no END, all whole */
    {"350101ff35", DHCP_OK},	    /* what is behind END */
    {"350101ff3501020c", DHCP_OK},  /* does not count */
    {"35010135", DHCP_DROP_OPTION}, /* no length */
    {"3501013c", DHCP_DROP_OPTION},
    {"3501013c05aabb", DHCP_DROP_OPTION}, /* past the end */
    {"3501013cffff", DHCP_DROP_OPTION},
    {"ff", DHCP_DROP_NO_TYPE},
    {"", DHCP_DROP_NO_TYPE},
    {"3500ff", DHCP_DROP_NO_TYPE}, /* empty counts as absent */
    {"3500350101ff", DHCP_OK},
    {"35020101ff", DHCP_DROP_NO_TYPE},
    {"350101350101ff", DHCP_OK},
    {"350101350103ff", DHCP_DROP_TYPES},
    {"35010135020101ff", DHCP_DROP_TYPES},
    {"3501015d00ff", DHCP_OK},
    {"3501015d0107ff", DHCP_DROP_ARCH},
    {"3501015d03000700ff", DHCP_DROP_ARCH},
    {"3501015d0400070009ff", DHCP_OK},
    {"350101340101ff", DHCP_OK},
    {"350101340100ff", DHCP_DROP_OVERLOAD},
    {"350101340104ff", DHCP_DROP_OVERLOAD},
    {"3501013400ff", DHCP_DROP_OVERLOAD},
    {"35010134020101ff", DHCP_DROP_OVERLOAD},
};

static void
test_options(void **state)
{
	struct dhcp_msg msg;

	(void)state;
	for (size_t i = 0; i < sizeof option_cases / sizeof option_cases[0];
	     i++)
		assert_int_equal(
		    packets_decode_options(option_cases[i].options, &msg),
		    option_cases[i].drop);
}

/* A wrong length is an absent option, and nothing else changes. */
static void
test_wrong_lengths(void **state)
{
	struct dhcp_msg msg;

	(void)state;
	assert_int_equal(
	    packets_decode_options("3501013603aabbcc"
				   "3205aabbccddee"
				   "390105"
				   "5e020102"
				   "6110000102030405060708090a0b0c0d0e0f"
				   "3c00ff",
		&msg),
	    DHCP_OK);
	assert_int_equal(msg.server_id.s_addr, 0);
	assert_int_equal(msg.address.s_addr, 0);
	assert_int_equal(msg.max_size, 0);
	packets_assert_option(&msg, DHCP_SLOT_UNDI, NULL);
	packets_assert_option(&msg, DHCP_SLOT_UUID, NULL);
	packets_assert_option(&msg, DHCP_SLOT_CLASS, NULL);
	assert_int_equal(dhcp_arch_count(&msg), 0);
}

static void
test_duplicates(void **state)
{
	struct dhcp_msg msg;

	(void)state;
	/* First only. */
	assert_int_equal(packets_decode_options("35010136040a00000136040a000002"
						"390205c039020240ff",
			     &msg),
	    DHCP_OK);
	assert_int_equal(ntohl(msg.server_id.s_addr), 0x0a000001);
	assert_int_equal(msg.max_size, 1472);
	/* In order, put together (RFC 3396). */
	assert_int_equal(
	    packets_decode_options("3c035058453501013c06436c69656e74ff", &msg),
	    DHCP_OK);
	packets_assert_option(&msg, DHCP_SLOT_CLASS, "505845436c69656e74");
}

static void
test_overload(void **state)
{
	uint8_t packet[DHCP_PACKET_MAX];
	struct dhcp_msg msg;
	size_t len;

	(void)state;
	/* 3: options, then file, then sname; 52 in there says nothing. */
	len = packets_make(packet, "3501013401033c0141ff");
	assert_int_equal(
	    str_unhex("3c01423401093c0143ff", packet + FILE_AT, 10), 0);
	assert_int_equal(str_unhex("3c0144ff", packet + SNAME_AT, 4), 0);
	assert_int_equal(packets_decode(packet, len, &msg), DHCP_OK);
	packets_assert_option(&msg, DHCP_SLOT_CLASS, "41424344");
	assert_string_equal(msg.file, "");
	assert_string_equal(msg.sname, "");
	/* 1: file alone; sname is text again. */
	packet[OPTIONS_AT + 5] = 1;
	memcpy(packet + SNAME_AT, "name", 4);
	assert_int_equal(packets_decode(packet, len, &msg), DHCP_OK);
	packets_assert_option(&msg, DHCP_SLOT_CLASS, "414243");
	assert_string_equal(msg.sname, "name");
	/* Past the end of the area, though not of the packet. */
	packet[FILE_AT + 9] = 0x3c;
	packet[FILE_AT + 10] = 0xfe;
	assert_int_equal(packets_decode(packet, len, &msg), DHCP_DROP_OPTION);
	packet[OPTIONS_AT + 5] = 2;
	packet[SNAME_AT] = 0x35;
	packet[SNAME_AT + 1] = 1;
	packet[SNAME_AT + 2] = 3;
	packet[SNAME_AT + 3] = 0xff;
	assert_int_equal(packets_decode(packet, len, &msg), DHCP_DROP_TYPES);
}

/* No NUL in sight: the fields are full and still end. */
static void
test_full_strings(void **state)
{
	uint8_t packet[DHCP_PACKET_MAX];
	struct dhcp_msg msg;
	size_t len = packets_make(packet, "350101ff");

	(void)state;
	memset(packet + SNAME_AT, 's', 64);
	memset(packet + FILE_AT, 'f', 128);
	assert_int_equal(packets_decode(packet, len, &msg), DHCP_OK);
	assert_int_equal(strlen(msg.sname), 64);
	assert_int_equal(strlen(msg.file), 128);
}

static void
test_option_too_long(void **state)
{
	uint8_t packet[DHCP_PACKET_MAX];
	struct dhcp_msg msg;
	struct wr wr;
	size_t len;

	(void)state;
	(void)packets_make(packet, "350101");
	wr_init(&wr, packet + OPTIONS_AT + 3, sizeof packet - OPTIONS_AT - 3);
	for (int i = 0; i < 4; i++) {
		wr_u8(&wr, 43);
		wr_u8(&wr, 255);
		wr_zeros(&wr, 255);
	}
	wr_u8(&wr, 43);
	wr_u8(&wr, 4);
	wr_zeros(&wr, 4);
	len = OPTIONS_AT + 3 + wr.len;
	assert_int_equal(packets_decode(packet, len, &msg), DHCP_OK);
	(void)dhcp_option(&msg, DHCP_SLOT_VENDOR, &len);
	assert_int_equal(len, 1024);
	wr_u8(&wr, 43);
	wr_u8(&wr, 1);
	wr_u8(&wr, 0);
	assert_false(wr_bad(&wr));
	assert_int_equal(packets_decode(packet, OPTIONS_AT + 3 + wr.len, &msg),
	    DHCP_DROP_OPTION_LONG);
}

static void
test_drop_names(void **state)
{
	(void)state;
	for (int i = 0; i < DHCP_DROP_COUNT; i++)
		assert_true(strlen(dhcp_drop_name((enum dhcp_drop)i)) > 1);
	assert_string_equal(dhcp_drop_name(DHCP_DROP_COUNT), "?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_recorded_decode),
	    cmocka_unit_test(test_recorded_fields),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_bad_header),
	    cmocka_unit_test(test_size),
	    cmocka_unit_test(test_options),
	    cmocka_unit_test(test_wrong_lengths),
	    cmocka_unit_test(test_duplicates),
	    cmocka_unit_test(test_overload),
	    cmocka_unit_test(test_full_strings),
	    cmocka_unit_test(test_option_too_long),
	    cmocka_unit_test(test_drop_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
