/*
 * A bounded reader over bytes from outside, with a sticky error: read, read,
 * read, then ask rd_bad() once. A read past the end gives zeros and turns the
 * reader bad; it never touches a byte outside.
 */
#ifndef CONVECT_BASE_RD_H
#define CONVECT_BASE_RD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rd {
	const uint8_t *pos;
	size_t left;
	bool bad;
};

static inline void
rd_init(struct rd *rd, const void *data, size_t len)
{
	rd->pos = data;
	rd->left = len;
	rd->bad = false;
}

static inline bool
rd_bad(const struct rd *rd)
{
	return rd->bad;
}

static inline size_t
rd_left(const struct rd *rd)
{
	return rd->left;
}

/* A view of the next `need` bytes, or NULL and a bad reader. */
static inline const uint8_t *
rd_bytes(struct rd *rd, size_t need)
{
	const uint8_t *start = rd->pos;

	if (rd->bad || need > rd->left) {
		rd->bad = true;
		rd->left = 0;
		return NULL;
	}
	rd->pos += need;
	rd->left -= need;
	return start;
}

static inline uint8_t
rd_u8(struct rd *rd)
{
	const uint8_t *p = rd_bytes(rd, 1);

	return p == NULL ? 0 : p[0];
}

static inline uint16_t
rd_u16be(struct rd *rd)
{
	const uint8_t *p = rd_bytes(rd, 2);

	/* No conditional operator: gcc's -Wconversion sees an int in it when
	 * the sanitizers are on. */
	if (p == NULL)
		return 0;
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
rd_u32be(struct rd *rd)
{
	const uint8_t *p = rd_bytes(rd, 4);

	return p == NULL ? 0
			 : (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
			       (uint32_t)p[2] << 8 | p[3];
}

#endif
