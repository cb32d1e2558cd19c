/* What is written is what is read again, by a random world and at its ends. */
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
	CHADDR_AT = 28,
	SNAME_AT = 44,
	FILE_AT = 108,
	OPTIONS_AT = 240,
};

/* Offsets of every option of a reply, in order; checks that END is one. */
static size_t
list_options(const uint8_t *packet, size_t len, uint8_t codes[64])
{
	size_t pos = OPTIONS_AT, count = 0;

	while (pos < len && packet[pos] != 255) {
		assert_true(packet[pos] != 0);
		assert_true(count < 64);
		codes[count++] = packet[pos];
		assert_true(pos + 1 < len);
		pos += 2 + (size_t)packet[pos + 1];
	}
	assert_true(pos < len);
	for (pos++; pos < len; pos++)
		assert_int_equal(packet[pos], 0);
	return count;
}

static int
rank(uint8_t code)
{
	static const uint8_t order[] = {53, 54, 60, 97, 43, 82};

	for (int i = 0; i < (int)sizeof order; i++) {
		if (order[i] == code)
			return i;
	}
	return -1;
}

static void
check_reply(const struct dhcp_reply *reply, const uint8_t *packet, size_t len)
{
	const struct dhcp_msg *request = reply->request;
	struct dhcp_msg got;
	uint8_t codes[64];
	size_t count, a_len, b_len;
	const uint8_t *a, *b;

	assert_in_range(len, DHCP_REPLY_MIN, DHCP_REPLY_MAX);
	count = list_options(packet, len, codes);
	assert_true(count >= 3);
	for (size_t i = 0; i < count; i++) {
		assert_int_not_equal(rank(codes[i]), -1);
		if (i > 0)
			assert_true(rank(codes[i]) >= rank(codes[i - 1]));
	}
	assert_int_equal(codes[0], 53);
	assert_int_equal(codes[1], 54);
	assert_int_equal(
	    dhcp_decode(packet, len, DHCP_OP_REPLY, &got), DHCP_OK);
	assert_int_equal(got.xid, request->xid);
	assert_int_equal(got.secs, 0);
	assert_int_equal(got.hops, 0);
	assert_int_equal(got.flags,
	    request->flags | (reply->broadcast ? DHCP_FLAG_BROADCAST : 0));
	assert_int_equal(got.ciaddr.s_addr, reply->ciaddr.s_addr);
	assert_int_equal(got.yiaddr.s_addr, 0);
	assert_int_equal(got.siaddr.s_addr, reply->server.s_addr);
	assert_int_equal(got.server_id.s_addr, reply->server.s_addr);
	assert_int_equal(got.giaddr.s_addr, request->giaddr.s_addr);
	assert_memory_equal(got.chaddr, request->chaddr, 16);
	assert_int_equal(got.type, reply->type);
	assert_string_equal(got.file, reply->file);
	assert_int_equal(packet[FILE_AT + 127], 0);
	assert_int_equal(packet[SNAME_AT + 63], 0);
	assert_true(dhcp_option_starts(&got, DHCP_SLOT_CLASS, reply->class));
	for (size_t i = 0; i < 2; i++) {
		enum dhcp_slot slot = i == 0 ? DHCP_SLOT_UUID : DHCP_SLOT_RELAY;

		a = dhcp_option(request, slot, &a_len);
		b = dhcp_option(&got, slot, &b_len);
		assert_int_equal(a_len, b_len);
		if (a != NULL)
			assert_memory_equal(a, b, a_len);
	}
}

static void
random_bytes(uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(random() >> 8);
}

/* A request with random header fields and random options 43, 60, 82, 97. */
static size_t
make_random(uint8_t packet[DHCP_PACKET_MAX])
{
	static const uint8_t codes[] = {43, 60, 82, 97, 77, 12, 0};
	struct wr wr;
	uint8_t data[255];

	(void)packets_make(packet, "350101");
	random_bytes(packet + 4, 24);
	random_bytes(packet + CHADDR_AT + 1, 15);
	wr_init(&wr, packet + OPTIONS_AT + 3, 900);
	for (int i = 0; i < 5; i++) {
		uint8_t code = codes[random() % (long)sizeof codes];
		size_t len = code == 97 ? 17 : (size_t)(random() % 256);

		random_bytes(data, sizeof data);
		wr_u8(&wr, code);
		if (code == 0)
			continue;
		wr_u8(&wr, (uint8_t)len);
		wr_bytes(&wr, data, len);
	}
	if (wr_bad(&wr))
		return 0;
	wr_u8(&wr, 255);
	return OPTIONS_AT + 3 + wr.len;
}

static void
test_encode_random(void **state)
{
	uint8_t packet[DHCP_PACKET_MAX], out[DHCP_REPLY_MAX], vendor[8];
	char file[DHCP_FILE_MAX + 1];
	unsigned fits = 0, too_long = 0;
	struct dhcp_msg msg;
	struct dhcp_reply reply;
	size_t len;
	int r;

	(void)state;
	srandom(20261123);
	for (int i = 0; i < 20000; i++) {
		len = make_random(packet);
		if (len == 0 || packets_decode(packet, len, &msg) != DHCP_OK)
			continue;
		memset(file, 'a', sizeof file);
		file[random() % (long)sizeof file] = '\0';
		file[DHCP_FILE_MAX] = '\0';
		random_bytes(vendor, sizeof vendor);
		reply = (struct dhcp_reply){
		    .request = &msg,
		    .type = random() % 2 ? DHCP_TYPE_OFFER : DHCP_TYPE_ACK,
		    .broadcast = random() % 2,
		    .ciaddr.s_addr = (in_addr_t)random(),
		    .server.s_addr = (in_addr_t)random() | 1,
		    .file = file,
		    .class = random() % 2 ? "PXEClient" : "HTTPClient",
		    .vendor = vendor,
		    .vendor_len = (size_t)(random() % 9),
		};
		r = dhcp_encode_reply(&reply, out, &len);
		if (r == 0) {
			check_reply(&reply, out, len);
			fits++;
			continue;
		}
		assert_int_equal(r, -EMSGSIZE);
		(void)dhcp_option(&msg, DHCP_SLOT_RELAY, &len);
		assert_true(len > 200);
		too_long++;
	}
	assert_true(fits > 1000);
	assert_true(too_long > 100);
}

static void
test_encode_refuses(void **state)
{
	char file[DHCP_FILE_MAX + 2];
	uint8_t out[DHCP_REPLY_MAX];
	struct dhcp_msg msg;
	struct dhcp_reply reply = {.request = &msg,
	    .type = DHCP_TYPE_OFFER,
	    .file = "x",
	    .class = "PXEClient"};
	size_t len;

	(void)state;
	assert_int_equal(packets_decode_options("350101ff", &msg), DHCP_OK);
	assert_int_equal(dhcp_encode_reply(&reply, out, &len), -EINVAL);
	reply.server.s_addr = htonl(0x0a4d0002);
	assert_int_equal(dhcp_encode_reply(&reply, out, &len), 0);
	reply.class = "";
	assert_int_equal(dhcp_encode_reply(&reply, out, &len), -EINVAL);
	reply.class = "PXEClient";
	memset(file, 'a', sizeof file);
	file[DHCP_FILE_MAX] = '\0';
	reply.file = file;
	assert_int_equal(dhcp_encode_reply(&reply, out, &len), 0);
	check_reply(&reply, out, len);
	file[DHCP_FILE_MAX] = 'a';
	file[DHCP_FILE_MAX + 1] = '\0';
	assert_int_equal(dhcp_encode_reply(&reply, out, &len), -ENAMETOOLONG);
}

static void
test_discover(void **state)
{
	struct dhcp_discover discover = {.xid = 7,
	    .secs = 4,
	    .mac = {{2, 0, 0, 0, 0, 1}},
	    .broadcast = true,
	    .class = "PXEClient:Arch:00000:UNDI:002001",
	    .arch = 0};
	char class[257] = "";
	uint8_t out[DHCP_REPLY_MAX];
	struct dhcp_msg msg;
	size_t len;

	(void)state;
	assert_int_equal(dhcp_encode_discover(&discover, out, &len), 0);
	assert_true(len >= DHCP_REPLY_MIN);
	assert_int_equal(packets_decode(out, len, &msg), DHCP_OK);
	assert_int_equal(msg.type, DHCP_TYPE_DISCOVER);
	assert_int_equal(msg.xid, 7);
	assert_int_equal(msg.secs, 4);
	assert_int_equal(msg.flags, DHCP_FLAG_BROADCAST);
	assert_true(hwaddr_eq(&msg.mac, &discover.mac));
	packets_assert_option(&msg, DHCP_SLOT_ARCH, "0000");
	packets_assert_option(&msg, DHCP_SLOT_UNDI, "010201");
	packets_assert_option(
	    &msg, DHCP_SLOT_UUID, "0000000000000000000000020000000001");
	assert_true(dhcp_option_starts(&msg, DHCP_SLOT_PARAMETERS, "\1\2\3"));
	discover.arch = DHCP_NO_ARCH;
	discover.class = NULL;
	assert_int_equal(dhcp_encode_discover(&discover, out, &len), 0);
	assert_int_equal(packets_decode(out, len, &msg), DHCP_OK);
	packets_assert_option(&msg, DHCP_SLOT_ARCH, NULL);
	packets_assert_option(&msg, DHCP_SLOT_CLASS, NULL);
	memset(class, 'x', sizeof class - 1);
	discover.class = class;
	assert_int_equal(dhcp_encode_discover(&discover, out, &len), -EMSGSIZE);
	discover.mac.b[0] = 1;
	assert_int_equal(dhcp_encode_discover(&discover, out, &len), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_encode_random),
	    cmocka_unit_test(test_encode_refuses),
	    cmocka_unit_test(test_discover),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
