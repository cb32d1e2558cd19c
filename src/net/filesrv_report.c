#include "net/filesrv_report.h"

#include <errno.h>
#include <string.h>

#include "base/rd.h"
#include "base/str.h"
#include "base/wr.h"

/* "CFR2": so that a stray datagram is not taken for news. */
#define MAGIC 0x43465232u

enum {
	FLAG_HEAD = 1,
	FLAG_COMPLETE = 2,
	FLAG_RUNNING = 4
};

static void
wr_u64be(struct wr *wr, uint64_t v)
{
	wr_u32be(wr, (uint32_t)(v >> 32));
	wr_u32be(wr, (uint32_t)v);
}

static uint64_t
rd_u64be(struct rd *rd)
{
	uint64_t high = rd_u32be(rd);

	return high << 32 | rd_u32be(rd);
}

static void
wr_text(struct wr *wr, const char *text, size_t size)
{
	size_t len = strnlen(text, size - 1);

	wr_u16be(wr, (uint16_t)len);
	wr_bytes(wr, text, len);
}

static void
rd_text(struct rd *rd, char *out, size_t size)
{
	size_t len = rd_u16be(rd);
	const uint8_t *bytes;

	if (len >= size)
		rd->bad = true;
	bytes = rd_bytes(rd, len);
	if (bytes == NULL)
		return;
	memcpy(out, bytes, len);
	out[len] = '\0';
	if (strlen(out) != len)
		rd->bad = true;
}

size_t
filesrv_report_encode(
    const struct filesrv_report *report, uint8_t out[FILESRV_REPORT_MAX])
{
	uint8_t flags = 0;
	struct wr wr;

	if (report->head)
		flags |= FLAG_HEAD;
	if (report->complete)
		flags |= FLAG_COMPLETE;
	if (report->running)
		flags |= FLAG_RUNNING;
	wr_init(&wr, out, FILESRV_REPORT_MAX);
	wr_u32be(&wr, MAGIC);
	wr_u8(&wr, flags);
	wr_u64be(&wr, report->id);
	wr_u16be(&wr, (uint16_t)report->status);
	wr_u32be(&wr, report->ms);
	wr_u64be(&wr, report->offset);
	wr_u64be(&wr, report->bytes);
	wr_u64be(&wr, report->length);
	wr_text(&wr, report->peer, sizeof report->peer);
	wr_text(&wr, report->path, sizeof report->path);
	return wr.len;
}

int
filesrv_report_decode(
    const void *data, size_t len, struct filesrv_report *ret_report)
{
	struct filesrv_report report = {.status = 0};
	struct rd rd;
	uint8_t flags;

	rd_init(&rd, data, len);
	if (rd_u32be(&rd) != MAGIC)
		return -EBADMSG;
	flags = rd_u8(&rd);
	report.head = (flags & FLAG_HEAD) != 0;
	report.complete = (flags & FLAG_COMPLETE) != 0;
	report.running = (flags & FLAG_RUNNING) != 0;
	report.id = rd_u64be(&rd);
	report.status = rd_u16be(&rd);
	report.ms = rd_u32be(&rd);
	report.offset = rd_u64be(&rd);
	report.bytes = rd_u64be(&rd);
	report.length = rd_u64be(&rd);
	rd_text(&rd, report.peer, sizeof report.peer);
	rd_text(&rd, report.path, sizeof report.path);
	if (rd_bad(&rd) || rd_left(&rd) != 0)
		return -EBADMSG;
	*ret_report = report;
	return 0;
}
