#include "inventory/hostaddr.h"

#include <string.h>

/* A cursor over one address. */
struct addr {
	const char *pos;
	const char *end;
};

static char
peek(const struct addr *addr)
{
	return addr->pos < addr->end ? *addr->pos : '\0';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_hex(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool
take(struct addr *addr, char c)
{
	if (peek(addr) != c)
		return false;
	addr->pos++;
	return true;
}

static bool
take_run(struct addr *addr, bool (*is)(char c))
{
	const char *start = addr->pos;

	while (is(peek(addr)))
		addr->pos++;
	return addr->pos > start;
}

/* "[" run ":" run [":" digits] "]"; moves only past a whole range. */
static bool
take_range(struct addr *addr, bool (*is)(char c))
{
	struct addr at = *addr;

	if (!take(&at, '[') || !take_run(&at, is) || !take(&at, ':') ||
	    !take_run(&at, is))
		return false;
	if (take(&at, ':') && !take_run(&at, is_digit))
		return false;
	if (!take(&at, ']'))
		return false;
	*addr = at;
	return true;
}

/* "[a:f]": single letters, unlike numbers. */
static bool
take_letters(struct addr *addr)
{
	struct addr at = *addr;

	if (!take(&at, '[') || !is_letter(peek(&at)))
		return false;
	at.pos++;
	if (!take(&at, ':') || !is_letter(peek(&at)))
		return false;
	at.pos++;
	if (take(&at, ':') && !take_run(&at, is_digit))
		return false;
	if (!take(&at, ']'))
		return false;
	*addr = at;
	return true;
}

/*
 * Python's \w. Beyond ASCII nearly everything that people put in names is a
 * letter; punctuation of Latin-1 and of U+2000..U+206F and U+3000..U+303F is
 * not.
 */
static bool
take_word_char(struct addr *addr)
{
	unsigned char c = (unsigned char)peek(addr);
	unsigned char d;
	size_t n = 1;

	if (c < 0x80) {
		if (!is_digit((char)c) && !is_letter((char)c) && c != '_')
			return false;
		addr->pos++;
		return true;
	}
	d = addr->end - addr->pos > 1 ? (unsigned char)addr->pos[1] : 0;
	if (c == 0xc2 && d != 0xaa && d != 0xb5 && d != 0xba)
		return false;
	if ((c == 0xe2 && (d == 0x80 || d == 0x81)) || (c == 0xe3 && d == 0x80))
		return false;
	while (addr->pos + n < addr->end && (addr->pos[n] & 0xc0) == 0x80)
		n++;
	addr->pos += n;
	return true;
}

/* One label of a name: word characters and ranges, "-" inside. */
static bool
take_label(struct addr *addr)
{
	const char *start = addr->pos;
	char last;

	for (;;) {
		if (take_range(addr, is_digit) || take_letters(addr) ||
		    take_word_char(addr))
			continue;
		if (addr->pos == start || !take(addr, '-'))
			break;
	}
	if (addr->pos == start)
		return false;
	last = addr->pos[-1];
	return last != '-' && last != '_';
}

bool
hostaddr_is_name(const char *text, size_t len)
{
	struct addr addr = {text, text + len};

	do {
		if (!take_label(&addr))
			return false;
	} while (take(&addr, '.'));
	return addr.pos == addr.end;
}

/* 0 to 255, at most three digits, or a range. */
static bool
take_octet(struct addr *addr)
{
	const char *start = addr->pos;
	int value = 0;

	if (take_range(addr, is_digit))
		return true;
	while (addr->pos - start < 3 && is_digit(peek(addr)))
		value = value * 10 + (*addr->pos++ - '0');
	return addr->pos > start && value <= 255;
}

bool
hostaddr_is_ipv4(const char *text, size_t len)
{
	struct addr addr = {text, text + len};
	int i;

	for (i = 0; i < 4; i++)
		if ((i > 0 && !take(&addr, '.')) || !take_octet(&addr))
			return false;
	return addr.pos == addr.end;
}

static bool
take_group(struct addr *addr)
{
	const char *start = addr->pos;

	if (take_range(addr, is_hex))
		return true;
	while (addr->pos - start < 4 && is_hex(peek(addr)))
		addr->pos++;
	return addr->pos > start;
}

/*
 * As Ansible, this looks at how the text begins: a "::" after at most six
 * groups, or eight groups. What follows "::" is not examined.
 */
bool
hostaddr_is_ipv6(const char *text, size_t len)
{
	struct addr addr = {text, text + len};
	int groups;

	if (take(&addr, ':'))
		return peek(&addr) == ':';
	for (groups = 1; groups <= 8; groups++) {
		if (!take_group(&addr))
			return false;
		if (groups == 8)
			return true;
		if (!take(&addr, ':'))
			return false;
		if (peek(&addr) == ':')
			return groups <= 6;
	}
	return false;
}
