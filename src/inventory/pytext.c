#include "inventory/pytext.h"

#include <string.h>

/* Blanks beyond ASCII. */
static const struct {
	const char *utf8;
	bool ends_line;
} blanks[] = {
    {"\xc2\x85", true}, /* U+0085 */
    {"\xc2\xa0", false},
    {"\xe1\x9a\x80", false}, /* U+1680 */
    {"\xe2\x80\x80", false}, /* U+2000 .. U+200A */
    {"\xe2\x80\x81", false},
    {"\xe2\x80\x82", false},
    {"\xe2\x80\x83", false},
    {"\xe2\x80\x84", false},
    {"\xe2\x80\x85", false},
    {"\xe2\x80\x86", false},
    {"\xe2\x80\x87", false},
    {"\xe2\x80\x88", false},
    {"\xe2\x80\x89", false},
    {"\xe2\x80\x8a", false},
    {"\xe2\x80\xa8", true}, /* U+2028 */
    {"\xe2\x80\xa9", true},
    {"\xe2\x80\xaf", false},
    {"\xe2\x81\x9f", false},
    {"\xe3\x80\x80", false},
};

static size_t
wide_blank(const char *text, size_t len, bool line_ends_only)
{
	size_t i;

	for (i = 0; i < sizeof blanks / sizeof blanks[0]; i++) {
		size_t n = strlen(blanks[i].utf8);

		if (line_ends_only && !blanks[i].ends_line)
			continue;
		if (n <= len && memcmp(text, blanks[i].utf8, n) == 0)
			return n;
	}
	return 0;
}

size_t
pytext_blank(const char *text, size_t len)
{
	unsigned char c;

	if (len == 0)
		return 0;
	c = (unsigned char)*text;
	if (c < 0x80)
		return c == ' ' || (c >= '\t' && c <= '\r') ||
		       (c >= 0x1c && c <= 0x1f);
	return wide_blank(text, len, false);
}

/* Bytes of the line's end at the start of the text, or 0. */
static size_t
line_end(const char *text, size_t len)
{
	unsigned char c = (unsigned char)*text;

	if (c == '\r')
		return len > 1 && text[1] == '\n' ? 2 : 1;
	if (c < 0x80)
		return (c >= '\n' && c <= '\f') || (c >= 0x1c && c <= 0x1e);
	return c == 0xc2 || c == 0xe2 ? wide_blank(text, len, true) : 0;
}

bool
pytext_next_line(const char *text, size_t len, size_t *pos,
    const char **ret_line, size_t *ret_len)
{
	size_t start = *pos, at, n = 0;

	if (start >= len)
		return false;
	for (at = start; at < len; at++) {
		n = line_end(text + at, len - at);
		if (n > 0)
			break;
	}
	*ret_line = text + start;
	*ret_len = at - start;
	*pos = at + n;
	return true;
}

void
pytext_strip(const char **text, size_t *len)
{
	size_t n, back;

	while ((n = pytext_blank(*text, *len)) > 0) {
		*text += n;
		*len -= n;
	}
	while (*len > 0) {
		/* A blank is one to three bytes long. */
		for (back = 1; back <= 3 && back <= *len; back++)
			if (pytext_blank(*text + *len - back, back) == back)
				break;
		if (back > 3 || back > *len)
			break;
		*len -= back;
	}
}

bool
pytext_is_identifier(const char *text)
{
	size_t i;

	if (text[0] >= '0' && text[0] <= '9')
		return false;
	for (i = 0; text[i] != '\0'; i++) {
		char c = text[i];

		if ((unsigned char)c < 0x80 && c != '_' &&
		    !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') &&
		    !(c >= 'A' && c <= 'Z'))
			return false;
	}
	return true;
}
