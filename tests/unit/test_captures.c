/*
 * The packets of every capture: read as tshark reads them, and those that we
 * answer are answered as firmware and iPXE need it.
 */
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

enum {
	LINE_SIZE = 4096,
	COLUMNS = 13,
	NAME = 0,
	OP,
	TYPE,
	XID,
	CIADDR,
	YIADDR,
	SIADDR,
	GIADDR,
	SERVER,
	CLASS,
	ARCH,
	FILE_NAME,
	HEX,
	OPTIONS_AT = 240,
};

struct capture {
	char line[LINE_SIZE];
	char *column[COLUMNS];
	struct packet packet;
};

static FILE *
open_captures(void)
{
	const char *srcdir = getenv("srcdir");
	char path[4096];
	FILE *file;

	(void)snprintf(path, sizeof path, "%s/tests/data/dhcp/captures.hex",
	    srcdir != NULL ? srcdir : ".");
	file = fopen(path, "re");
	assert_non_null(file);
	return file;
}

static bool
next_capture(FILE *file, struct capture *capture)
{
	char *at = capture->line;
	const char *hex;

	do {
		if (fgets(capture->line, LINE_SIZE, file) == NULL)
			return false;
	} while (capture->line[0] == '#');
	capture->line[strcspn(capture->line, "\n")] = '\0';
	for (int i = 0; i < COLUMNS; i++) {
		capture->column[i] = strsep(&at, "\t");
		assert_non_null(capture->column[i]);
	}
	hex = capture->column[HEX];
	capture->packet.len = strlen(hex) / 2;
	assert_in_range(capture->packet.len, 1, sizeof capture->packet.data);
	assert_int_equal(
	    str_unhex(hex, capture->packet.data, capture->packet.len), 0);
	return true;
}

static void
same_addr(const struct capture *capture, int column, struct in_addr got)
{
	const char *want = capture->column[column];

	if (strcmp(want, "-") == 0)
		want = "0.0.0.0";
	if (got.s_addr != addr(want).s_addr)
		fail_msg(
		    "%s: column %d is %s", capture->column[NAME], column, want);
}

static void
same_class(const struct capture *capture, const struct dhcp_msg *msg)
{
	const char *want = capture->column[CLASS];
	size_t len;
	const uint8_t *got = dhcp_option(msg, DHCP_SLOT_CLASS, &len);

	if (strcmp(want, "-") == 0) {
		assert_null(got);
		return;
	}
	assert_int_equal(len, strlen(want));
	assert_memory_equal(got, want, len);
}

static void
same(const struct capture *capture, const struct dhcp_msg *msg)
{
	const char *arch = capture->column[ARCH];
	const char *file = capture->column[FILE_NAME];

	assert_int_equal(msg->type, atoi(capture->column[TYPE]));
	assert_int_equal(msg->xid, strtoul(capture->column[XID], NULL, 16));
	same_addr(capture, CIADDR, msg->ciaddr);
	same_addr(capture, YIADDR, msg->yiaddr);
	same_addr(capture, SIADDR, msg->siaddr);
	same_addr(capture, GIADDR, msg->giaddr);
	same_addr(capture, SERVER, msg->server_id);
	same_class(capture, msg);
	assert_int_equal(dhcp_arch_count(msg), strcmp(arch, "-") != 0);
	if (dhcp_arch_count(msg) > 0)
		assert_int_equal(dhcp_arch(msg, 0), atoi(arch));
	assert_string_equal(msg->file, strcmp(file, "-") == 0 ? "" : file);
}

/* What is DHCP, but of nobody who could boot. */
static bool
is_dropped(const struct capture *capture, enum dhcp_drop drop)
{
	static const struct {
		const char *name;
		enum dhcp_drop drop;
	} rows[] = {
	    /* A leasequery (RFC 4388) whose header is shifted, its answer. */
	    {"tcpdump-dhcp-rfc4388/07:67-67", DHCP_DROP_CHADDR},
	    {"tcpdump-dhcp-rfc4388/08:67-67", DHCP_DROP_CHADDR},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (strcmp(rows[i].name, capture->column[NAME]) == 0)
			return drop == rows[i].drop;
	}
	return false;
}

static void
test_read_as_tshark_does(void **state)
{
	struct capture capture;
	FILE *file = open_captures();
	unsigned count = 0, bad = 0;

	(void)state;
	while (next_capture(file, &capture)) {
		enum dhcp_op op = capture.packet.data[0] == DHCP_OP_REPLY
				      ? DHCP_OP_REPLY
				      : DHCP_OP_REQUEST;
		struct dhcp_msg msg;
		enum dhcp_drop drop = dhcp_decode(
		    capture.packet.data, capture.packet.len, op, &msg);

		count++;
		if (strcmp(capture.column[OP], "-") == 0) {
			bad++;
			assert_int_not_equal(drop, DHCP_OK);
			continue;
		}
		if (drop == DHCP_OK)
			same(&capture, &msg);
		else if (!is_dropped(&capture, drop))
			fail_msg("%s: %s", capture.column[NAME],
			    dhcp_drop_name(drop));
	}
	(void)fclose(file);
	assert_in_range(count, 300, 400);
	assert_in_range(bad, 1, 20);
}

/* ---- what holds for every reply (section 11's last paragraph) ---- */

static void
same_option(
    const struct dhcp_msg *a, const struct dhcp_msg *b, enum dhcp_slot slot)
{
	size_t a_len, b_len;
	const uint8_t *a_data = dhcp_option(a, slot, &a_len);
	const uint8_t *b_data = dhcp_option(b, slot, &b_len);

	assert_int_equal(a_len, b_len);
	if (a_data != NULL)
		assert_memory_equal(a_data, b_data, a_len);
}

/* 53, 54, 60, then 97, 43, 82; one END, zeros behind it. */
static void
check_order(const struct proxydhcp_reply *reply)
{
	static const uint8_t order[] = {53, 54, 60, 97, 43, 82};
	size_t at = OPTIONS_AT, next = 0;

	while (reply->packet[at] != 255) {
		while (next < sizeof order && order[next] != reply->packet[at])
			next++;
		assert_in_range(next, 0, sizeof order - 1);
		at += 2U + reply->packet[at + 1];
		assert_in_range(at, OPTIONS_AT, reply->len - 1);
		next++;
	}
	for (at++; at < reply->len; at++)
		assert_int_equal(reply->packet[at], 0);
}

static void
check_reply(
    const struct world *world, const struct dhcp_msg *request, uint16_t port)
{
	const struct proxydhcp_reply *reply = &world->reply;
	const struct dhcp_msg *got = &world->got;
	bool http = dhcp_option_starts(request, DHCP_SLOT_CLASS, "HTTPClient");
	size_t len;

	assert_in_range(reply->len, DHCP_REPLY_MIN, DHCP_REPLY_MAX);
	check_order(reply);
	assert_int_equal(got->type, request->type == DHCP_TYPE_DISCOVER
					? DHCP_TYPE_OFFER
					: DHCP_TYPE_ACK);
	assert_int_equal(got->xid, request->xid);
	assert_int_equal(got->hops, 0);
	assert_int_equal(got->secs, 0);
	assert_int_equal(got->flags,
	    port == DHCP_PORT_PXE ? request->flags
				  : request->flags | DHCP_FLAG_BROADCAST);
	assert_int_equal(got->ciaddr.s_addr,
	    port == DHCP_PORT_PXE ? request->ciaddr.s_addr : 0);
	assert_int_equal(got->yiaddr.s_addr, 0);
	assert_int_equal(got->siaddr.s_addr, addr("10.77.0.2").s_addr);
	assert_int_equal(got->server_id.s_addr, got->siaddr.s_addr);
	assert_int_equal(got->giaddr.s_addr, 0);
	assert_memory_equal(got->chaddr, request->chaddr, sizeof got->chaddr);
	assert_string_equal(got->sname, "10.77.0.2");
	assert_string_not_equal(got->file, "");
	assert_non_null(memchr(reply->packet + 108, '\0', 128));
	(void)dhcp_option(got, DHCP_SLOT_CLASS, &len);
	assert_int_equal(len, http ? 10 : 9);
	assert_true(dhcp_option_starts(
	    got, DHCP_SLOT_CLASS, http ? "HTTPClient" : "PXEClient"));
	same_option(request, got, DHCP_SLOT_UUID);
	same_option(request, got, DHCP_SLOT_RELAY);
}

static void
feed_both(struct world *world, struct capture *capture, unsigned *ret_replies)
{
	static const uint16_t ports[] = {DHCP_PORT_SERVER, DHCP_PORT_PXE};
	struct dhcp_msg request;

	/* The world's nodes are those that begin with 52. */
	capture->packet.data[MAC_AT] = 0x52;
	if (dhcp_decode(capture->packet.data, capture->packet.len,
		DHCP_OP_REQUEST, &request) != DHCP_OK)
		return;
	for (size_t i = 0; i < 2; i++) {
		world->clock.sim_ms += 1000;
		if (!feed(world, ports[i], &capture->packet))
			continue;
		check_reply(world, &request, ports[i]);
		(*ret_replies)++;
	}
}

static void
test_replies_keep_the_promises(void **state)
{
	struct world *world = *state;
	struct capture capture;
	FILE *file = open_captures();
	bool present[PXE_LOADER_COUNT];
	unsigned replies = 0;

	log_init(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	memset(present, true, sizeof present);
	proxydhcp_set_loaders(world->proxydhcp, present);
	for (int style = 0; style < 3; style++) {
		rewind(file);
		world->answer.style = (enum proxydhcp_style)style;
		while (next_capture(file, &capture))
			feed_both(world, &capture, &replies);
	}
	(void)fclose(file);
	assert_in_range(replies, 150, 2000);
	/* Replies of others, and other clients, are not answered. */
	assert_in_range(counter(world, "wrong-direction"), 0, 0);
	assert_in_range(counter(world, "no-network-boot"), 30, 2000);
	assert_in_range(counter(world, "for-the-dhcp-server"), 50, 2000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_read_as_tshark_does),
	    cmocka_unit_test_setup_teardown(
		test_replies_keep_the_promises, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
