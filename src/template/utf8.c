#include "template/utf8.h"

#include <wctype.h>

size_t
utf8_len_at(const char *str, size_t left)
{
	unsigned char c = (unsigned char)*str;
	size_t want = c < 0xc2 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (want > left)
		return 1;
	for (size_t i = 1; i < want; i++)
		if (((unsigned char)str[i] & 0xc0) != 0x80)
			return 1;
	return want;
}

size_t
utf8_count(const char *str, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		if (((unsigned char)str[i] & 0xc0) != 0x80)
			count++;
	return count;
}

size_t
utf8_offset(const char *str, size_t len, size_t index)
{
	size_t at = 0;

	while (index > 0 && at < len) {
		at += utf8_len_at(str + at, len - at);
		index--;
	}
	return at;
}

uint32_t
utf8_decode(const char *str, size_t left, size_t *ret_len)
{
	const unsigned char *s = (const unsigned char *)str;
	size_t len = utf8_len_at(str, left);
	uint32_t code = s[0];

	*ret_len = len;
	if (len == 1)
		return code;
	code &= len == 2 ? 0x1fU : len == 3 ? 0x0fU : 0x07U;
	for (size_t i = 1; i < len; i++)
		code = code << 6 | (s[i] & 0x3fU);
	return code;
}

void
utf8_add(struct buf *out, uint32_t code)
{
	if (code < 0x80) {
		buf_addc(out, (char)code);
		return;
	}
	if (code < 0x800) {
		buf_addc(out, (char)(0xc0 | code >> 6));
	} else {
		if (code < 0x10000) {
			buf_addc(out, (char)(0xe0 | code >> 12));
		} else {
			buf_addc(out, (char)(0xf0 | code >> 18));
			buf_addc(out, (char)(0x80 | (code >> 12 & 0x3f)));
		}
		buf_addc(out, (char)(0x80 | (code >> 6 & 0x3f)));
	}
	buf_addc(out, (char)(0x80 | (code & 0x3f)));
}

static bool
ascii_is(uint32_t code, enum utf8_class class)
{
	bool upper = code >= 'A' && code <= 'Z';
	bool lower = code >= 'a' && code <= 'z';

	switch (class) {
	case UTF8_UPPER:
		return upper;
	case UTF8_LOWER:
		return lower;
	case UTF8_ALPHA:
		return upper || lower;
	case UTF8_ALNUM:
		return upper || lower || (code >= '0' && code <= '9');
	case UTF8_PRINT:
	default:
		return code >= 0x20 && code < 0x7f;
	}
}

/* Unicode's format characters (Cf) and private ones (Co), by ranges. */
static bool
is_hidden(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {{0xad, 0xad}, {0x600, 0x605}, {0x61c, 0x61c},
	    {0x6dd, 0x6dd}, {0x70f, 0x70f}, {0x890, 0x891}, {0x8e2, 0x8e2},
	    {0x180e, 0x180e}, {0x200b, 0x200f}, {0x202a, 0x202e},
	    {0x2060, 0x206f}, {0xe000, 0xf8ff}, {0xfeff, 0xfeff},
	    {0xfff9, 0xfffb}, {0xfffe, 0xffff}, {0x110bd, 0x110bd},
	    {0x110cd, 0x110cd}, {0x13430, 0x1343f}, {0x1bca0, 0x1bca3},
	    {0x1d173, 0x1d17a}, {0xe0000, 0xe007f}, {0xf0000, 0x10ffff}};

	for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

bool
utf8_is(locale_t locale, uint32_t code, enum utf8_class class)
{
	if (code < 0x80 || locale == (locale_t)0)
		return ascii_is(code, class);
	switch (class) {
	case UTF8_UPPER:
		return iswupper_l(code, locale) != 0;
	case UTF8_LOWER:
		return iswlower_l(code, locale) != 0;
	case UTF8_ALPHA:
		return iswalpha_l(code, locale) != 0;
	case UTF8_ALNUM:
		return iswalnum_l(code, locale) != 0;
	case UTF8_PRINT:
	default: /* Python escapes every blank but the plain one */
		return iswprint_l(code, locale) != 0 && !utf8_is_space(code) &&
		       !is_hidden(code);
	}
}

uint32_t
utf8_upper(locale_t locale, uint32_t code)
{
	if (code < 0x80)
		return code >= 'a' && code <= 'z' ? code - 32 : code;
	return locale == (locale_t)0 ? code : towupper_l(code, locale);
}

uint32_t
utf8_lower(locale_t locale, uint32_t code)
{
	if (code < 0x80)
		return code >= 'A' && code <= 'Z' ? code + 32 : code;
	return locale == (locale_t)0 ? code : towlower_l(code, locale);
}

bool
utf8_is_space(uint32_t code)
{
	static const uint32_t others[] = {
	    0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000};

	if (code == ' ' || (code >= 0x09 && code <= 0x0d) ||
	    (code >= 0x1c && code <= 0x1f) ||
	    (code >= 0x2000 && code <= 0x200a))
		return true;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (code == others[i])
			return true;
	return false;
}
