#include "inventory/pyliteral.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "inventory/pystring.h"

#define LITERAL_DEPTH_MAX 32
#define NUMBER_MAX VALUE_DIGITS_MAX

struct lit {
	const char *pos;
	const char *end;
	unsigned depth;
	bool deep;	   /* LITERAL_DEPTH_MAX was not enough */
	const char *wrong; /* a literal, but not one for an inventory */
};

static bool read_item(struct lit *lit, struct value *ret_value);

static char
peek(const struct lit *lit)
{
	return lit->pos < lit->end ? *lit->pos : '\0';
}

static void
skip_blanks(struct lit *lit)
{
	while (lit->pos < lit->end && strchr(" \t\f", *lit->pos) != NULL)
		lit->pos++;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

/* A number's characters without underscores. */
struct digits {
	char text[NUMBER_MAX];
	size_t len;
	bool bad;
};

static void
digits_add(struct digits *digits, char c)
{
	if (digits->len + 1 >= sizeof digits->text) {
		digits->bad = true;
		return;
	}
	digits->text[digits->len++] = c;
	digits->text[digits->len] = '\0';
}

/* Digits of `set`, single underscores between them; false: none or odd. */
static bool
read_digits(struct lit *lit, const char *set, struct digits *digits)
{
	bool any = false;

	for (;;) {
		char c = peek(lit);

		if (c == '_' && any && lit->pos + 1 < lit->end &&
		    strchr(set, lit->pos[1]) != NULL)
			lit->pos++;
		else if (c == '\0' || strchr(set, c) == NULL)
			return any;
		digits_add(digits, *lit->pos++);
		any = true;
	}
}

static struct value
make_int(const struct digits *digits, int base)
{
	char *end;
	long long i;

	errno = 0;
	i = strtoll(digits->text, &end, base);
	if (errno != 0 || *end != '\0')
		return value_big_int(digits->text, base);
	return value_int(i);
}

static bool
read_based(struct lit *lit, struct digits *digits, struct value *ret_value)
{
	const char *set = "01";
	int base = 2;

	if (lit->pos[1] == 'x' || lit->pos[1] == 'X') {
		set = "0123456789abcdefABCDEF";
		base = 16;
	} else if (lit->pos[1] == 'o' || lit->pos[1] == 'O') {
		set = "01234567";
		base = 8;
	}
	lit->pos += 2;
	if (peek(lit) == '_')
		lit->pos++;
	if (!read_digits(lit, set, digits))
		return false;
	if (is_word(peek(lit)))
		return false;
	*ret_value = make_int(digits, base);
	return true;
}

/* Behind the integer part: the rest of a float; false: not a number. */
static bool
read_fraction(struct lit *lit, struct digits *digits, bool *ret_float)
{
	static const char set[] = "0123456789";

	if (peek(lit) == '.') {
		*ret_float = true;
		digits_add(digits, *lit->pos++);
		read_digits(lit, set, digits);
	}
	if (peek(lit) != 'e' && peek(lit) != 'E')
		return true;
	*ret_float = true;
	digits_add(digits, *lit->pos++);
	if (peek(lit) == '+' || peek(lit) == '-')
		digits_add(digits, *lit->pos++);
	return read_digits(lit, set, digits);
}

/* `start` is where the sign is, when there is one. */
static bool
read_number(struct lit *lit, const char *start, struct value *ret_value)
{
	struct digits digits = {0};
	bool is_float = false, imaginary, zeros;

	if (*start == '-')
		digits_add(&digits, '-');
	if (peek(lit) == '0' && lit->end - lit->pos > 1 &&
	    strchr("xXoObB", lit->pos[1]) != NULL)
		return read_based(lit, &digits, ret_value);
	read_digits(lit, "0123456789", &digits);
	zeros = strspn(digits.text, "-0") == digits.len;
	if (!read_fraction(lit, &digits, &is_float))
		return false;
	imaginary = peek(lit) == 'j' || peek(lit) == 'J';
	if (imaginary) {
		lit->wrong = "a complex number";
		lit->pos++;
	}
	if (is_word(peek(lit)))
		return false;
	if (is_float && !digits.bad) {
		*ret_value = value_float(strtod(digits.text, NULL));
		return true;
	}
	/* 007 is not Python, 000 is. */
	if (!zeros && !imaginary && digits.text[*start == '-'] == '0')
		return false;
	*ret_value = digits.bad
			 ? value_string_len(start, (size_t)(lit->pos - start))
			 : make_int(&digits, 10);
	return true;
}

/* Behind a number: "+2j" would make it a complex one; "+2" no literal. */
static bool
skip_complex(struct lit *lit)
{
	struct value imaginary = {0};

	skip_blanks(lit);
	if (peek(lit) != '+' && peek(lit) != '-')
		return true;
	lit->wrong = NULL;
	lit->pos++;
	skip_blanks(lit);
	if (!is_digit(peek(lit)) || !read_number(lit, lit->pos, &imaginary))
		return false;
	value_unref(imaginary);
	return lit->wrong != NULL;
}

/* A number with at most one sign. */
static bool
read_signed(struct lit *lit, struct value *ret_value)
{
	const char *start = lit->pos;
	struct value value = {0};

	if (peek(lit) == '+' || peek(lit) == '-') {
		lit->pos++;
		skip_blanks(lit);
	}
	if (!is_digit(peek(lit)) &&
	    (peek(lit) != '.' || lit->end - lit->pos < 2 ||
		!is_digit(lit->pos[1])))
		return false;
	if (!read_number(lit, start, &value))
		return false;
	if (!skip_complex(lit)) {
		value_unref(value);
		return false;
	}
	*ret_value = value;
	return true;
}

/* One literal or several in a row, which Python joins. */
static bool
read_strings(struct lit *lit, struct value *ret_value)
{
	struct buf buf;
	bool bytes = false, first = true, ok = true;

	buf_init(&buf, (size_t)(lit->end - lit->pos) * 2 + 16);
	while (ok &&
	       pystring_prefix(lit->pos, (size_t)(lit->end - lit->pos)) >= 0) {
		bool this_bytes = false;
		size_t n =
		    pystring_read(lit->pos, (size_t)(lit->end - lit->pos), &buf,
			&this_bytes, &lit->wrong);

		ok = n > 0 && (first || bytes == this_bytes);
		bytes = this_bytes;
		first = false;
		lit->pos += n;
		skip_blanks(lit);
	}
	if (bytes && (lit->depth > 0 ||
			 str_utf8_valid_len(buf.data, buf.len) != buf.len))
		lit->wrong = "bytes";
	if (ok)
		*ret_value = value_string_len(buf.data, buf.len);
	buf_done(&buf);
	return ok;
}

static bool
read_word(struct lit *lit, struct value *ret_value)
{
	const char *start = lit->pos;
	size_t len;

	while (is_word(peek(lit)))
		lit->pos++;
	len = (size_t)(lit->pos - start);
	if (len == 4 && memcmp(start, "True", 4) == 0) {
		*ret_value = value_bool(true);
	} else if (len == 5 && memcmp(start, "False", 5) == 0) {
		*ret_value = value_bool(false);
	} else if (len == 4 && memcmp(start, "None", 4) == 0) {
		*ret_value = value_null();
	} else if (len == 3 && lit->end - start >= 5 &&
		   memcmp(start, "set()", 5) == 0) {
		lit->pos += 2;
		lit->wrong = "a set";
		*ret_value = value_null();
	} else {
		return false;
	}
	return true;
}

/* NOLINTBEGIN(misc-no-recursion): LITERAL_DEPTH_MAX bounds it */

/* Items up to `close`, which is eaten. *ret_comma: there was one. */
static bool
read_items(struct lit *lit, char close, struct value list, bool *ret_comma)
{
	struct value item = {0};

	*ret_comma = false;
	for (;;) {
		skip_blanks(lit);
		if (peek(lit) == close && close != '\0')
			break;
		if (close == '\0' && (lit->pos == lit->end || *lit->pos == '#'))
			return value_len(list) > 0;
		if (!read_item(lit, &item))
			return false;
		value_list_add(list, item);
		skip_blanks(lit);
		if (peek(lit) != ',') {
			if (close == '\0')
				return true;
			break;
		}
		*ret_comma = true;
		lit->pos++;
	}
	if (peek(lit) != close)
		return false;
	lit->pos++;
	return true;
}

static bool
read_sequence(struct lit *lit, struct value *ret_value)
{
	char close = *lit->pos++ == '[' ? ']' : ')';
	struct value list = value_list_new();
	bool comma;

	if (!read_items(lit, close, list, &comma)) {
		value_unref(list);
		return false;
	}
	if (close == ')' && !comma && value_len(list) == 1) {
		*ret_value = value_ref(value_list_at(list, 0));
		value_unref(list);
		return true;
	}
	if (close == ')')
		list.flags |= VALUE_TUPLE;
	*ret_value = list;
	return true;
}

/* One "key: value"; a set's item has no colon. */
static bool
read_entry(struct lit *lit, struct value map)
{
	struct value key = {0}, item = {0};

	if (!read_item(lit, &key))
		return false;
	skip_blanks(lit);
	if (peek(lit) != ':') {
		lit->wrong = "a set";
		value_unref(key);
		return true;
	}
	lit->pos++;
	skip_blanks(lit);
	if (!read_item(lit, &item)) {
		value_unref(key);
		return false;
	}
	if (value_can_key(key)) {
		value_map_put(map, key, item);
	} else {
		lit->wrong = "a map whose key is not a word or a number";
		value_unref(key);
		value_unref(item);
	}
	skip_blanks(lit);
	return true;
}

static bool
read_map(struct lit *lit, struct value *ret_value)
{
	struct value map = value_map_new();
	bool ok = true;

	lit->pos++;
	for (;;) {
		skip_blanks(lit);
		if (peek(lit) == '}')
			break;
		ok = read_entry(lit, map);
		if (!ok || peek(lit) != ',')
			break;
		lit->pos++;
	}
	ok = ok && peek(lit) == '}';
	if (!ok) {
		value_unref(map);
		return false;
	}
	lit->pos++;
	*ret_value = map;
	return true;
}

/* On false nothing is owned by the caller. */
static bool
read_item(struct lit *lit, struct value *ret_value)
{
	char c = peek(lit);
	bool ok;

	if (lit->end - lit->pos >= 3 && memcmp(lit->pos, "...", 3) == 0) {
		lit->wrong = "an ellipsis";
		lit->pos += 3;
		*ret_value = value_null();
		return true;
	}
	if (is_digit(c) || c == '+' || c == '-' || c == '.')
		return read_signed(lit, ret_value);
	if (c == '[' || c == '(' || c == '{') {
		if (lit->depth == LITERAL_DEPTH_MAX) {
			lit->deep = true;
			return false;
		}
		lit->depth++;
		ok = c == '{' ? read_map(lit, ret_value)
			      : read_sequence(lit, ret_value);
		lit->depth--;
		return ok;
	}
	if (pystring_prefix(lit->pos, (size_t)(lit->end - lit->pos)) >= 0)
		return read_strings(lit, ret_value);
	return read_word(lit, ret_value);
}

/* NOLINTEND(misc-no-recursion) */

int
pyliteral_parse(const char *text, size_t len, struct value *ret_value,
    const char **ret_wrong)
{
	struct lit lit = {.pos = text, .end = text + len};
	struct value list, value;
	bool comma, ok;

	if (memchr(text, '\0', len) != NULL)
		return -EINVAL;
	skip_blanks(&lit);
	/* Nearly all values are plain words; they need no list. */
	if (is_word(peek(&lit)) && !is_digit(peek(&lit)) &&
	    memchr(lit.pos, '\'', (size_t)(lit.end - lit.pos)) == NULL &&
	    memchr(lit.pos, '"', (size_t)(lit.end - lit.pos)) == NULL &&
	    strchr("TFNs", peek(&lit)) == NULL)
		return -EINVAL;
	list = value_list_new();
	ok = read_items(&lit, '\0', list, &comma);
	skip_blanks(&lit);
	ok = ok && (lit.pos == lit.end || *lit.pos == '#');
	if (lit.deep)
		lit.wrong = "nested too deeply";
	if (lit.deep || (ok && lit.wrong != NULL)) {
		value_unref(list);
		*ret_wrong = lit.wrong;
		return -EDOM;
	}
	if (!ok) {
		value_unref(list);
		return -EINVAL;
	}
	value = comma ? value_ref(list) : value_ref(value_list_at(list, 0));
	value_unref(list);
	if (comma)
		value.flags |= VALUE_TUPLE;
	*ret_value = value;
	return 0;
}
