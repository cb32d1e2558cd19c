/* MT19937 of Matsumoto and Nishimura (1998), seeded as CPython does. */
#include "template/mersenne.h"

#include <openssl/evp.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"

#define SHIFT 397

/* init_by_array(): the words of the seed, the lowest first. */
static void
seed_words(struct mersenne *rng, const uint32_t *words, size_t count)
{
	uint32_t *s = rng->state;
	size_t i = 1;
	size_t j = 0;
	size_t k = count > MERSENNE_WORDS ? count : MERSENNE_WORDS;

	s[0] = 19650218u;
	for (uint32_t n = 1; n < MERSENNE_WORDS; n++)
		s[n] = 1812433253u * (s[n - 1] ^ s[n - 1] >> 30) + n;
	for (; k > 0; k--) {
		s[i] = (s[i] ^ (s[i - 1] ^ s[i - 1] >> 30) * 1664525u) +
		       words[j] + (uint32_t)j;
		j = j + 1 < count ? j + 1 : 0;
		if (++i == MERSENNE_WORDS) {
			s[0] = s[MERSENNE_WORDS - 1];
			i = 1;
		}
	}
	for (k = MERSENNE_WORDS - 1; k > 0; k--) {
		s[i] = (s[i] ^ (s[i - 1] ^ s[i - 1] >> 30) * 1566083941u) -
		       (uint32_t)i;
		if (++i == MERSENNE_WORDS) {
			s[0] = s[MERSENNE_WORDS - 1];
			i = 1;
		}
	}
	s[0] = 0x80000000u;
	rng->next = MERSENNE_WORDS;
}

void
mersenne_seed_int(struct mersenne *rng, int64_t seed)
{
	uint64_t size = seed < 0 ? 0 - (uint64_t)seed : (uint64_t)seed;
	uint32_t words[2] = {(uint32_t)size, (uint32_t)(size >> 32)};

	seed_words(rng, words, words[1] != 0 ? 2 : 1);
}

/* The bytes are one big-endian number. */
void
mersenne_seed_text(struct mersenne *rng, const char *text, size_t len)
{
	unsigned char sum[EVP_MAX_MD_SIZE] = {0};
	unsigned size = 0;
	struct buf bytes;
	struct buf words;
	uint32_t word = 0;
	size_t count = 0;

	EVP_Digest(text, len, sum, &size, EVP_sha512(), NULL);
	buf_init(&bytes, len + sizeof sum + 1);
	buf_add(&bytes, text, len);
	buf_add(&bytes, sum, size);
	buf_init(&words, len + sizeof sum + 2 * sizeof word);
	for (size_t i = 0; i < bytes.len; i++) {
		word |= (uint32_t)(unsigned char)bytes.data[bytes.len - 1 - i]
			<< 8 * (i % 4);
		if (i % 4 < 3 && i + 1 < bytes.len)
			continue;
		buf_add(&words, &word, sizeof word);
		if (word != 0)
			count = words.len / sizeof word;
		word = 0;
	}
	seed_words(rng, (const uint32_t *)(const void *)words.data,
	    count > 0 ? count : 1);
	buf_done(&bytes);
	buf_done(&words);
}

static uint32_t
twist(uint32_t upper, uint32_t lower)
{
	uint32_t mixed = (upper & 0x80000000u) | (lower & 0x7fffffffu);

	return mixed >> 1 ^ ((lower & 1) != 0 ? 0x9908b0dfu : 0);
}

static uint32_t
next_word(struct mersenne *rng)
{
	uint32_t *s = rng->state;
	uint32_t word;

	if (rng->next == MERSENNE_WORDS) {
		for (unsigned i = 0; i < MERSENNE_WORDS; i++)
			s[i] = s[(i + SHIFT) % MERSENNE_WORDS] ^
			       twist(s[i], s[(i + 1) % MERSENNE_WORDS]);
		rng->next = 0;
	}
	word = s[rng->next++];
	word ^= word >> 11;
	word ^= word << 7 & 0x9d2c5680u;
	word ^= word << 15 & 0xefc60000u;
	return word ^ word >> 18;
}

/* getrandbits(): whole words first, the lowest of them first. */
static uint64_t
next_bits(struct mersenne *rng, unsigned bits)
{
	uint64_t low;

	if (bits <= 32)
		return next_word(rng) >> (32 - bits);
	low = next_word(rng);
	return low | (uint64_t)(next_word(rng) >> (64 - bits)) << 32;
}

uint64_t
mersenne_below(struct mersenne *rng, uint64_t count)
{
	unsigned bits = 64 - (unsigned)__builtin_clzll(count);
	uint64_t number;

	do {
		number = next_bits(rng, bits);
	} while (number >= count);
	return number;
}
