#include "base/escape.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

static void
json_char(struct buf *out, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t";
	static const char to[] = "\"\\bfnrt";
	const char *at = c == '\0' ? NULL : strchr(from, c);

	if (at != NULL) {
		buf_addc(out, '\\');
		buf_addc(out, to[at - from]);
	} else if (c < 0x20 || c == 0x7f) {
		buf_addf(out, "\\u%04x", c);
	} else {
		buf_addc(out, (char)c);
	}
}

void
escape_json(struct buf *out, const char *str, size_t len)
{
	buf_addc(out, '"');
	while (len > 0) {
		size_t good = str_utf8_valid_len(str, len);

		for (size_t i = 0; i < good; i++)
			json_char(out, (unsigned char)str[i]);
		str += good;
		len -= good;
		if (len == 0)
			break;
		buf_adds(out, "\\ufffd");
		str++;
		len--;
	}
	buf_addc(out, '"');
}

void
escape_html(struct buf *out, const char *str, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		switch (str[i]) {
		case '&':
			buf_adds(out, "&amp;");
			break;
		case '<':
			buf_adds(out, "&lt;");
			break;
		case '>':
			buf_adds(out, "&gt;");
			break;
		case '"':
			buf_adds(out, "&quot;");
			break;
		case '\'':
			buf_adds(out, "&#39;");
			break;
		default:
			buf_addc(out, str[i]);
			break;
		}
	}
}

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

void
escape_ipxe(struct buf *out, const char *str, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = str[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			     (c >= 'A' && c <= 'Z') ||
			     (c != '\0' && strchr(" .,:_-", c) != NULL);

		buf_addc(out, plain ? c : '_');
	}
}

void
escape_url(struct buf *out, const char *str, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (is_alnum(str[i]) || is_one_of(str[i], "-._~"))
			buf_addc(out, str[i]);
		else
			buf_addf(out, "%%%02X", (unsigned char)str[i]);
	}
}

static bool
shell_is_plain(const char *str, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!is_alnum(str[i]) && !is_one_of(str[i], "@%_-+=:,./"))
			return false;
	}
	return len > 0;
}

void
escape_shell(struct buf *out, const char *str, size_t len)
{
	if (shell_is_plain(str, len)) {
		buf_add(out, str, len);
		return;
	}
	buf_addc(out, '\'');
	for (size_t i = 0; i < len; i++) {
		if (str[i] == '\'')
			buf_adds(out, "'\"'\"'");
		else
			buf_addc(out, str[i]);
	}
	buf_addc(out, '\'');
}

static void
log_char(struct buf *out, unsigned char c)
{
	if (c < 0x20 || c == 0x7f)
		buf_addf(out, "\\x%02x", c);
	else
		buf_addc(out, (char)c);
}

/* C1 controls (U+0080 to U+009F) drive terminals too. */
static bool
is_c1(const char *str, size_t left)
{
	return left >= 2 && (unsigned char)str[0] == 0xc2 &&
	       (unsigned char)str[1] < 0xa0;
}

void
escape_log(struct buf *out, const char *str, size_t len)
{
	size_t pos = 0;

	while (pos < len) {
		size_t good = pos + str_utf8_valid_len(str + pos, len - pos);

		while (pos < good && !is_c1(str + pos, good - pos))
			log_char(out, (unsigned char)str[pos++]);
		if (pos < len)
			buf_addf(out, "\\x%02x", (unsigned char)str[pos++]);
		if (pos < good)
			buf_addf(out, "\\x%02x", (unsigned char)str[pos++]);
	}
}

int
escape_url_decode(struct buf *out, const char *str, size_t len, bool plus)
{
	for (size_t i = 0; i < len; i++) {
		char digits[3] = {0};
		uint8_t byte;

		if (str[i] != '%') {
			buf_addc(out, plus && str[i] == '+' ? ' ' : str[i]);
			continue;
		}
		if (len - i < 3)
			return -EINVAL;
		memcpy(digits, str + i + 1, 2);
		if (str_unhex(digits, &byte, 1) < 0 || byte == 0)
			return -EINVAL;
		buf_addc(out, (char)byte);
		i += 2;
	}
	return 0;
}
