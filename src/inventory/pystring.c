#include "inventory/pystring.h"

#include <stdint.h>
#include <string.h>

struct pystring {
	const char *pos;
	const char *end;
	bool raw;
	bool bytes;
	char quote;
	bool triple;
	struct buf *out;
	const char *wrong;
};

static const char simple_escapes[][2] = {
    {'\\', '\\'},
    {'\'', '\''},
    {'"', '"'},
    {'a', '\a'},
    {'b', '\b'},
    {'f', '\f'},
    {'n', '\n'},
    {'r', '\r'},
    {'t', '\t'},
    {'v', '\v'},
};

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

int
pystring_prefix(const char *text, size_t left)
{
	static const char *const prefixes[] = {"", "r", "u", "b", "br", "rb"};
	char word[3] = "";
	size_t n, i;

	for (n = 0; n < 3 && n < left && strchr("'\"", text[n]) == NULL; n++)
		if (n < 2)
			word[n] = lower(text[n]);
	if (n >= 3 || n >= left)
		return -1;
	for (i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
		if (strcmp(prefixes[i], word) == 0)
			return (int)n;
	return -1;
}

static int
hex_digit(char c)
{
	c = lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void
add_char(struct pystring *s, uint32_t c)
{
	if (s->bytes || c < 0x80) {
		buf_addc(s->out, (char)c);
		return;
	}
	if (c >= 0xd800 && c < 0xe000)
		s->wrong = "a lone surrogate is not a character";
	if (c >= 0x10000) {
		buf_addc(s->out, (char)(0xf0 | c >> 18));
		buf_addc(s->out, (char)(0x80 | (c >> 12 & 0x3f)));
		buf_addc(s->out, (char)(0x80 | (c >> 6 & 0x3f)));
	} else if (c >= 0x800) {
		buf_addc(s->out, (char)(0xe0 | c >> 12));
		buf_addc(s->out, (char)(0x80 | (c >> 6 & 0x3f)));
	} else {
		buf_addc(s->out, (char)(0xc0 | c >> 6));
	}
	buf_addc(s->out, (char)(0x80 | (c & 0x3f)));
}

/* Exactly `count` hex digits. */
static bool
read_hex(struct pystring *s, int count)
{
	uint32_t c = 0;

	for (; count > 0; count--) {
		int digit = s->pos < s->end ? hex_digit(*s->pos) : -1;

		if (digit < 0)
			return false;
		c = c << 4 | (uint32_t)digit;
		s->pos++;
	}
	if (c > 0x10ffff)
		return false;
	add_char(s, c);
	return true;
}

static void
read_octal(struct pystring *s)
{
	uint32_t c = 0;
	int i;

	for (i = 0; i < 3 && s->pos < s->end; i++, s->pos++) {
		if (*s->pos < '0' || *s->pos > '7')
			break;
		c = c << 3 | (uint32_t)(*s->pos - '0');
	}
	add_char(s, c);
}

/* Behind a backslash. An unknown escape keeps its backslash. */
static bool
read_escape(struct pystring *s)
{
	char c;
	size_t i;

	if (s->pos == s->end)
		return false;
	c = *s->pos;
	for (i = 0; i < sizeof simple_escapes / sizeof simple_escapes[0]; i++)
		if (simple_escapes[i][0] == c) {
			buf_addc(s->out, simple_escapes[i][1]);
			s->pos++;
			return true;
		}
	if (c >= '0' && c <= '7') {
		read_octal(s);
		return true;
	}
	if (!s->bytes && c == 'N')
		return false; /* names of characters are not known here */
	if (c == 'x' || (!s->bytes && (c == 'u' || c == 'U'))) {
		s->pos++;
		return read_hex(s, c == 'x' ? 2 : c == 'u' ? 4 : 8);
	}
	buf_addc(s->out, '\\');
	return true;
}

static bool
at_end_quote(const struct pystring *s)
{
	size_t left = (size_t)(s->end - s->pos);

	if (*s->pos != s->quote)
		return false;
	return !s->triple ||
	       (left >= 3 && s->pos[1] == s->quote && s->pos[2] == s->quote);
}

static bool
read_body(struct pystring *s)
{
	while (s->pos < s->end && !at_end_quote(s)) {
		char c = *s->pos++;

		if (s->bytes && ((unsigned char)c & 0x80) != 0)
			return false;
		if (c != '\\') {
			buf_addc(s->out, c);
		} else if (s->raw) {
			buf_addc(s->out, c);
			if (s->pos < s->end)
				buf_addc(s->out, *s->pos++);
		} else if (!read_escape(s)) {
			return false;
		}
	}
	return s->pos < s->end;
}

size_t
pystring_read(const char *text, size_t left, struct buf *out, bool *ret_bytes,
    const char **ret_wrong)
{
	struct pystring s = {.pos = text, .end = text + left, .out = out};
	int prefix = pystring_prefix(text, left);
	int i;

	if (prefix < 0)
		return 0;
	for (i = 0; i < prefix; i++, s.pos++) {
		s.raw = s.raw || lower(*s.pos) == 'r';
		s.bytes = s.bytes || lower(*s.pos) == 'b';
	}
	s.quote = *s.pos;
	s.triple =
	    s.end - s.pos >= 3 && s.pos[1] == s.quote && s.pos[2] == s.quote;
	s.pos += s.triple ? 3 : 1;
	if (!read_body(&s))
		return 0;
	s.pos += s.triple ? 3 : 1;
	*ret_bytes = s.bytes;
	if (s.wrong != NULL)
		*ret_wrong = s.wrong;
	return (size_t)(s.pos - text);
}
