/* String literals: Python's escapes. */
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "template/parse.h"
#include "template/utf8.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* \xHH, \uHHHH, \UHHHHHHHH: exactly that many digits. */
static int
take_hex(const char **at, const char *end, int digits, uint32_t *ret_code)
{
	uint32_t code = 0;

	for (int i = 0; i < digits; i++) {
		int digit = *at < end ? hex_digit(**at) : -1;

		if (digit < 0)
			return -EINVAL;
		code = code << 4 | (uint32_t)digit;
		(*at)++;
	}
	if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return -EINVAL;
	*ret_code = code;
	return 0;
}

static uint32_t
take_octal(const char **at, const char *end)
{
	uint32_t code = 0;

	for (int i = 0; i < 3 && *at < end && **at >= '0' && **at <= '7'; i++)
		code = code << 3 | (uint32_t)(*(*at)++ - '0');
	return code;
}

/* Behind a backslash. An unknown escape stays as it is written. */
static int
take_escape(const char **at, const char *end, struct buf *out)
{
	static const char from[] = "\\'\"abfnrtv";
	static const char to[] = "\\'\"\a\b\f\n\r\t\v";
	char c = **at;
	const char *known = strchr(from, c);
	uint32_t code = 0;
	int digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
	int ret = 0;

	if (known != NULL) {
		buf_addc(out, to[known - from]);
		(*at)++;
	} else if (c == '\n') {
		(*at)++;
	} else if (c >= '0' && c <= '7') {
		utf8_add(out, take_octal(at, end));
	} else if (digits > 0) {
		(*at)++;
		ret = take_hex(at, end, digits, &code);
		utf8_add(out, code);
	} else {
		buf_addc(out, '\\');
	}
	return ret;
}

int
parse_string(struct parser *p, const struct token *token, struct buf *out)
{
	const char *at = token->text + 1;
	const char *end = token->text + token->len - 1;

	while (at < end) {
		const char *slash = memchr(at, '\\', (size_t)(end - at));
		size_t plain = (size_t)((slash == NULL ? end : slash) - at);

		buf_add(out, at, plain);
		at += plain;
		if (at >= end)
			break;
		at++;
		if (take_escape(&at, end, out) != 0) {
			parse_fail(p, token, "a broken \\x or \\u escape");
			return -EINVAL;
		}
	}
	return 0;
}
