#include "core/report_body.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/str.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* The four digits of a \uXXXX at `str`, or -1. */
static long
unicode_escape(const char *str, size_t left)
{
	char digits[5] = {0};
	uint8_t raw[2];

	if (left < 6 || str[0] != '\\' || str[1] != 'u')
		return -1;
	memcpy(digits, str + 2, 4);
	if (str_unhex(digits, raw, sizeof raw) < 0)
		return -1;
	return (long)raw[0] << 8 | raw[1];
}

static bool
is_surrogate(long unit, long first)
{
	return unit >= first && unit < first + 0x400;
}

/* Copies one escape of a string; returns the bytes read. */
static size_t
clean_escape(const char *str, size_t left, struct buf *out)
{
	long unit = unicode_escape(str, left);

	if (is_surrogate(unit, 0xd800) &&
	    is_surrogate(unicode_escape(str + 6, left - 6), 0xdc00)) {
		buf_add(out, str, 12);
		return 12;
	}
	if (is_surrogate(unit, 0xd800) || is_surrogate(unit, 0xdc00)) {
		buf_adds(out, REPLACEMENT);
		return 6;
	}
	buf_add(out, str, left < 2 ? left : 2);
	return left < 2 ? left : 2;
}

/* Nesting at `c`, outside of strings. */
static int
depth_after(int depth, char c)
{
	if (c == '{' || c == '[')
		return depth + 1;
	if (c == '}' || c == ']')
		return depth - 1;
	return depth;
}

static void
clean_byte(char c, bool valid, struct buf *out)
{
	if (!valid)
		buf_adds(out, REPLACEMENT);
	else if ((unsigned char)c < 0x20)
		buf_addc(out, ' ');
	else
		buf_addc(out, c);
}

int
report_body_clean_json(const char *body, size_t len, struct buf *out)
{
	size_t valid = str_utf8_valid_len(body, len);
	bool in_string = false;
	size_t pos = 0;
	int depth = 0;

	while (pos < len) {
		char c = body[pos];

		if (pos > valid)
			valid = pos + str_utf8_valid_len(body + pos, len - pos);
		if (in_string && c == '\\') {
			pos += clean_escape(body + pos, len - pos, out);
			continue;
		}
		if (c == '"')
			in_string = !in_string;
		else if (!in_string)
			depth = depth_after(depth, c);
		if (depth > REPORT_DEPTH_MAX)
			return -EBADMSG;
		clean_byte(c, pos < valid, out);
		pos++;
	}
	return buf_bad(out) ? -EBADMSG : 0;
}

static void
form_decode(const char *str, size_t len, struct buf *out)
{
	uint8_t byte;
	char digits[3] = {0};

	for (size_t i = 0; i < len; i++) {
		if (str[i] == '%' && len - i > 2) {
			memcpy(digits, str + i + 1, 2);
			if (str_unhex(digits, &byte, 1) == 0) {
				buf_addc(out, (char)byte);
				i += 2;
				continue;
			}
		}
		buf_addc(out, str[i] == '+' ? ' ' : str[i]);
	}
}

void
report_body_form(const char *body, size_t len,
    void (*on_pair)(void *arg, const char *name, const char *value, size_t len),
    void *arg)
{
	const char *end = body + len;
	struct buf name;
	struct buf value;

	buf_init(&name, len);
	buf_init(&value, len);
	for (unsigned i = 0; i < REPORT_PAIRS_MAX && body < end; i++) {
		const char *amp = memchr(body, '&', (size_t)(end - body));
		const char *stop = amp == NULL ? end : amp;
		const char *eq = memchr(body, '=', (size_t)(stop - body));

		if (eq != NULL) {
			buf_reset(&name);
			buf_reset(&value);
			form_decode(body, (size_t)(eq - body), &name);
			form_decode(eq + 1, (size_t)(stop - eq - 1), &value);
			on_pair(arg, name.data, value.data, value.len);
		}
		body = stop + 1;
	}
	buf_done(&name);
	buf_done(&value);
}
