#include "traces.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"

/* With microseconds, in the byte order of who wrote it. */
#define MAGIC 0xa1b2c3d4

enum {
	LINK_ETHERNET = 1,
	ETHERTYPE_IPV4 = 0x0800,
};

/* The file's own fields are in the order of tcpdump's host: little endian. */
static uint32_t
u32le(struct rd *rd)
{
	const uint8_t *b = rd_bytes(rd, 4);

	return b == NULL ? 0
			 : (uint32_t)b[0] | (uint32_t)b[1] << 8 |
			       (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

void
trace_open(struct trace *trace, const char *name)
{
	const char *srcdir = getenv("srcdir");
	char path[4096];

	(void)snprintf(path, sizeof path, "%s/tests/data/clients/%s.pcap",
	    srcdir != NULL ? srcdir : ".", name);
	trace->name = name;
	buf_init(&trace->file, TRACE_MAX);
	assert_int_equal(file_read(path, &trace->file, NULL), 0);
	rd_init(&trace->rd, trace->file.data, trace->file.len);
	assert_int_equal(u32le(&trace->rd), MAGIC);
	(void)rd_bytes(&trace->rd, 16);
	assert_int_equal(u32le(&trace->rd), LINK_ETHERNET);
	assert_false(rd_bad(&trace->rd));
}

void
trace_close(struct trace *trace)
{
	buf_done(&trace->file);
}

/* Ports and payload; `rd` is at the header behind IP's. */
static void
read_transport(struct rd *rd, struct trace_packet *packet)
{
	packet->from.sin_port = htons(rd_u16be(rd));
	packet->to.sin_port = htons(rd_u16be(rd));
	if (packet->tcp) {
		(void)rd_bytes(rd, 8);
		(void)rd_bytes(rd, (size_t)(rd_u8(rd) >> 4) * 4 - 13);
		packet->len = rd_left(rd);
	} else {
		packet->len = (size_t)rd_u16be(rd) - 8;
		(void)rd_bytes(rd, 2);
	}
	packet->data = rd_bytes(rd, packet->len);
}

static void
read_ip(struct rd *rd, struct trace_packet *packet)
{
	size_t header = (size_t)(rd_u8(rd) & 15) * 4;
	size_t total;
	struct rd body;

	(void)rd_u8(rd);
	total = rd_u16be(rd);
	(void)rd_bytes(rd, 5);
	packet->tcp = rd_u8(rd) == IPPROTO_TCP;
	(void)rd_u16be(rd);
	packet->from.sin_family = AF_INET;
	packet->from.sin_addr.s_addr = htonl(rd_u32be(rd));
	packet->to.sin_family = AF_INET;
	packet->to.sin_addr.s_addr = htonl(rd_u32be(rd));
	(void)rd_bytes(rd, header - 20);
	/* Without what pads a short frame. */
	rd_init(&body, rd_bytes(rd, total - header), total - header);
	assert_false(rd_bad(rd));
	read_transport(&body, packet);
	assert_false(rd_bad(&body));
}

bool
trace_next(struct trace *trace, struct trace_packet *ret_packet)
{
	struct rd frame;
	uint32_t len;

	if (rd_left(&trace->rd) == 0)
		return false;
	memset(ret_packet, 0, sizeof *ret_packet);
	ret_packet->ms = (int64_t)u32le(&trace->rd) * 1000;
	ret_packet->ms += u32le(&trace->rd) / 1000;
	len = u32le(&trace->rd);
	assert_int_equal(u32le(&trace->rd), len); /* nothing is cut off */
	rd_init(&frame, rd_bytes(&trace->rd, len), len);
	assert_false(rd_bad(&trace->rd));
	(void)rd_bytes(&frame, 12);
	assert_int_equal(rd_u16be(&frame), ETHERTYPE_IPV4);
	read_ip(&frame, ret_packet);
	return true;
}
