/*
 * Strings are UTF-8 bytes here and code points in Python: these count, step
 * and convert. The input is valid UTF-8, or each stray byte is one character.
 */
#ifndef CONVECT_TEMPLATE_UTF8_H
#define CONVECT_TEMPLATE_UTF8_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

size_t utf8_count(const char *str, size_t len);
/* The byte offset of the character `index`; len when there are fewer. */
size_t utf8_offset(const char *str, size_t len, size_t index);
/* Bytes of the character at `str`; left >= 1. */
size_t utf8_len_at(const char *str, size_t left);
uint32_t utf8_decode(const char *str, size_t left, size_t *ret_len);
void utf8_add(struct buf *out, uint32_t code);

/*
 * Unicode's classes and simple case mappings. `locale` is any UTF-8 one, such
 * as C.UTF-8; without it ((locale_t)0) only ASCII is known.
 */
enum utf8_class {
	UTF8_ALPHA,
	UTF8_ALNUM,
	UTF8_UPPER,
	UTF8_LOWER,
	UTF8_PRINT
};
bool utf8_is(locale_t locale, uint32_t code, enum utf8_class class);
uint32_t utf8_upper(locale_t locale, uint32_t code);
uint32_t utf8_lower(locale_t locale, uint32_t code);
bool utf8_is_space(uint32_t code);

#endif
