/*
 * A quick hash for tables and for telling alike from different, where a
 * collision does no harm. No protection from who looks for one.
 */
#ifndef CONVECT_BASE_HASH_H
#define CONVECT_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The low bits know little of the value's high ones after one round. */
static inline uint64_t
hash_mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

/* At most `max` bytes of the text. */
static inline uint64_t
hash_text(uint64_t hash, const char *text, size_t max)
{
	size_t len;
	uint64_t part;

	if (text[0] == '\0')
		return hash + 1;
	len = strnlen(text, max);
	for (; len > sizeof part; len -= sizeof part, text += sizeof part) {
		memcpy(&part, text, sizeof part);
		hash = hash_mix(hash, part);
	}
	part = 0;
	memcpy(&part, text, len);
	return hash_mix(hash, part);
}

#endif
