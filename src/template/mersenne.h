/*
 * Python's random.Random(seed): the same seed gives the same numbers, which is
 * what `random(seed=...)` promises to Ansible's users. No source of secrets.
 */
#ifndef CONVECT_TEMPLATE_MERSENNE_H
#define CONVECT_TEMPLATE_MERSENNE_H

#include <stddef.h>
#include <stdint.h>

#define MERSENNE_WORDS 624

struct mersenne {
	uint32_t state[MERSENNE_WORDS];
	unsigned next;
};

/* By a number, whose sign does not count. */
void mersenne_seed_int(struct mersenne *rng, int64_t seed);
/* By a string: its UTF-8 bytes with their SHA-512 behind them. */
void mersenne_seed_text(struct mersenne *rng, const char *text, size_t len);
/* From 0 to count - 1; count >= 1. */
uint64_t mersenne_below(struct mersenne *rng, uint64_t count);

#endif
