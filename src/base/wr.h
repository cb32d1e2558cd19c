/*
 * A bounded writer into a fixed packet, with a sticky error: the counterpart
 * of base/rd.h. A write that does not fit turns the writer bad and writes
 * nothing.
 */
#ifndef CONVECT_BASE_WR_H
#define CONVECT_BASE_WR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct wr {
	uint8_t *start;
	size_t len;
	size_t size;
	bool bad;
};

static inline void
wr_init(struct wr *wr, void *out, size_t size)
{
	wr->start = out;
	wr->len = 0;
	wr->size = size;
	wr->bad = false;
}

static inline bool
wr_bad(const struct wr *wr)
{
	return wr->bad;
}

static inline void
wr_bytes(struct wr *wr, const void *data, size_t len)
{
	if (wr->bad || len > wr->size - wr->len) {
		wr->bad = true;
		return;
	}
	if (len > 0)
		memcpy(wr->start + wr->len, data, len);
	wr->len += len;
}

static inline void
wr_zeros(struct wr *wr, size_t len)
{
	if (wr->bad || len > wr->size - wr->len) {
		wr->bad = true;
		return;
	}
	memset(wr->start + wr->len, 0, len);
	wr->len += len;
}

static inline void
wr_u8(struct wr *wr, uint8_t v)
{
	wr_bytes(wr, &v, 1);
}

static inline void
wr_u16be(struct wr *wr, uint16_t v)
{
	uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};

	wr_bytes(wr, b, sizeof b);
}

static inline void
wr_u32be(struct wr *wr, uint32_t v)
{
	uint8_t b[4] = {(uint8_t)(v >> 24), (uint8_t)(v >> 16),
	    (uint8_t)(v >> 8), (uint8_t)v};

	wr_bytes(wr, b, sizeof b);
}

#endif
