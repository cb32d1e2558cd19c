#include "inventory/yaml_scalar.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "inventory/yaml_stamp.h"

#define DIGITS "0123456789"
#define WORD_MAX 5     /* bytes of "false" */
#define NUMBER_MAX 400 /* longer ones can only be text */

enum int_form {
	INT_NONE,
	INT_BINARY,
	INT_OCTAL,
	INT_DECIMAL,
	INT_HEX,
	INT_SIXTY,
};

static const struct {
	const char *word; /* lower case */
	bool value;
} bool_words[] = {
    {"yes", true},
    {"no", false},
    {"true", true},
    {"false", false},
    {"on", true},
    {"off", false},
};

/* "word", "Word" and "WORD" are taken; "wORD" is not. */
static bool
word_cased(const char *text, const char *word)
{
	size_t i;
	bool upper = true, lower = true;

	if (!str_eq_nocase(text, word))
		return false;
	for (i = 1; text[i] != '\0'; i++) {
		upper = upper && text[i] != word[i];
		lower = lower && text[i] == word[i];
	}
	return lower || (upper && text[0] != word[0]);
}

static bool
scalar_bool(const char *text, bool any_case, bool *ret_bool)
{
	size_t i;

	for (i = 0; i < sizeof bool_words / sizeof bool_words[0]; i++) {
		const char *word = bool_words[i].word;

		if (any_case ? str_eq_nocase(text, word)
			     : word_cased(text, word)) {
			*ret_bool = bool_words[i].value;
			return true;
		}
	}
	return false;
}

static bool
scalar_null(const char *text)
{
	return text[0] == '\0' || strcmp(text, "~") == 0 ||
	       word_cased(text, "null");
}

static const char *
skip_sign(const char *text)
{
	return *text == '-' || *text == '+' ? text + 1 : text;
}

static bool
only(const char *text, const char *set)
{
	return *text != '\0' && text[strspn(text, set)] == '\0';
}

/* Skips (":" [0-5]? [0-9])+ and returns NULL when there is none. */
static const char *
skip_sixties(const char *text)
{
	if (*text != ':')
		return NULL;
	while (*text == ':') {
		text++;
		if (strspn(text, DIGITS) == 0)
			return NULL;
		if (*text <= '5' && strspn(text + 1, DIGITS) > 0)
			text++;
		text++;
	}
	return text;
}

static enum int_form
int_form(const char *text)
{
	text = skip_sign(text);
	if (str_starts(text, "0b"))
		return only(text + 2, "01_") ? INT_BINARY : INT_NONE;
	if (str_starts(text, "0x"))
		return only(text + 2, DIGITS "abcdefABCDEF_") ? INT_HEX
							      : INT_NONE;
	if (strcmp(text, "0") == 0)
		return INT_DECIMAL;
	if (*text == '0')
		return only(text + 1, "01234567_") ? INT_OCTAL : INT_NONE;
	if (strspn(text, DIGITS) == 0)
		return INT_NONE;
	text += strspn(text, DIGITS "_");
	if (*text == '\0')
		return INT_DECIMAL;
	text = skip_sixties(text);
	return text != NULL && *text == '\0' ? INT_SIXTY : INT_NONE;
}

/* Copies without '_'; false when it can not be a number of ours. */
static bool
strip_underscores(const char *text, char out[NUMBER_MAX])
{
	size_t n = 0;

	for (; *text != '\0'; text++) {
		if (*text == '_')
			continue;
		if (n + 1 >= NUMBER_MAX)
			return false;
		out[n++] = *text;
	}
	out[n] = '\0';
	return true;
}

static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c - 'A' + 10;
}

/* 0, or -ERANGE. Digits are known to fit the base. */
static int
read_digits(const char *text, int base, bool negative, int64_t *ret_int)
{
	int64_t value = 0;

	for (; *text != '\0'; text++) {
		int digit = digit_value(*text);

		if (__builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(
			value, negative ? -digit : digit, &value))
			return -ERANGE;
	}
	*ret_int = value;
	return 0;
}

/* Base 60: "1:30" is 90. */
static int
read_sixties(const char *text, bool negative, int64_t *ret_int)
{
	int64_t value = 0, group = 0;

	for (;; text++) {
		if (*text != ':' && *text != '\0') {
			if (__builtin_mul_overflow(group, 10, &group) ||
			    __builtin_add_overflow(group, *text - '0', &group))
				return -ERANGE;
			continue;
		}
		if (__builtin_mul_overflow(value, 60, &value) ||
		    __builtin_add_overflow(value, group, &value))
			return -ERANGE;
		group = 0;
		if (*text == '\0')
			break;
	}
	*ret_int = negative ? -value : value;
	return 0;
}

static const char *
scalar_int(const char *text, size_t len, struct value *ret_value)
{
	static const int bases[] = {[INT_BINARY] = 2,
	    [INT_OCTAL] = 8,
	    [INT_DECIMAL] = 10,
	    [INT_HEX] = 16};
	enum int_form form = int_form(text);
	char digits[NUMBER_MAX] = "";
	size_t at;
	bool negative = *text == '-';
	int64_t i = 0;
	int ret;

	if (form == INT_NONE)
		return "not an integer";
	if (!strip_underscores(text, digits)) {
		*ret_value = value_string_len(text, len);
		return NULL;
	}
	at = (size_t)(skip_sign(digits) - digits);
	if (form == INT_BINARY || form == INT_HEX)
		at += 2;
	if (digits[at] == '\0')
		return "a number without digits";
	if (form == INT_SIXTY)
		ret = read_sixties(digits + at, negative, &i);
	else
		ret = read_digits(digits + at, bases[form], negative, &i);
	if (ret == 0) {
		*ret_value = value_int(i);
	} else if (form == INT_SIXTY) {
		*ret_value = value_string_len(text, len);
	} else {
		if (negative)
			digits[--at] = '-';
		*ret_value = value_big_int(digits + at, bases[form]);
	}
	return NULL;
}

static bool
is_inf(const char *text)
{
	text = skip_sign(text);
	return strcmp(text, ".inf") == 0 || strcmp(text, ".Inf") == 0 ||
	       strcmp(text, ".INF") == 0;
}

static bool
is_nan(const char *text)
{
	return strcmp(text, ".nan") == 0 || strcmp(text, ".NaN") == 0 ||
	       strcmp(text, ".NAN") == 0;
}

/* [0-9_]* with an exponent that must have a sign, to the end. */
static bool
fraction_ok(const char *text)
{
	text += strspn(text, DIGITS "_");
	if (*text == '\0')
		return true;
	if (*text != 'e' && *text != 'E')
		return false;
	text++;
	return (*text == '-' || *text == '+') && only(text + 1, DIGITS);
}

static bool
is_float(const char *text)
{
	const char *p;

	if (text[0] == '.' && strspn(text + 1, DIGITS) > 0)
		return fraction_ok(text + 1);
	text = skip_sign(text);
	if (strspn(text, DIGITS) == 0)
		return false;
	text += strspn(text, DIGITS "_");
	if (*text == '.')
		return fraction_ok(text + 1);
	p = skip_sixties(text);
	return p != NULL && *p == '.' && p[1 + strspn(p + 1, DIGITS "_")] == 0;
}

static double
read_float(const char *text)
{
	double value = 0.0;
	bool negative = *text == '-';
	char *end;

	text = skip_sign(text);
	for (;;) {
		value = value * 60 + strtod(text, &end);
		if (*end != ':')
			return negative ? -value : value;
		text = end + 1;
	}
}

static const char *
scalar_float(const char *text, size_t len, struct value *ret_value)
{
	char digits[NUMBER_MAX] = "";

	if (is_inf(text)) {
		*ret_value = value_float(
		    *text == '-' ? -(double)INFINITY : (double)INFINITY);
		return NULL;
	}
	if (is_nan(text)) {
		*ret_value = value_float((double)NAN);
		return NULL;
	}
	if (!is_float(text) && int_form(text) != INT_DECIMAL)
		return "not a number";
	if (strip_underscores(text, digits))
		*ret_value = value_float(read_float(digits));
	else
		*ret_value = value_string_len(text, len);
	return NULL;
}

static const char *
tagged_str(const char *text, size_t len, struct value *ret_value)
{
	*ret_value = value_string_len(text, len);
	return NULL;
}

static const char *
tagged_null(const char *text, size_t len, struct value *ret_value)
{
	(void)text;
	(void)len;
	*ret_value = value_null();
	return NULL;
}

static const char *
tagged_bool(const char *text, size_t len, struct value *ret_value)
{
	bool b;

	(void)len;
	if (!scalar_bool(text, true, &b))
		return "not a boolean";
	*ret_value = value_bool(b);
	return NULL;
}

static const char *
tagged_stamp(const char *text, size_t len, struct value *ret_value)
{
	struct yaml_stamp stamp;

	(void)len;
	if (!yaml_stamp_read(text, &stamp))
		return "not a date";
	return yaml_stamp_value(&stamp, ret_value);
}

/* ---- what a plain scalar is --------------------------------------------- */

enum form {
	FORM_TEXT,
	FORM_NULL,
	FORM_BOOL,
	FORM_INT,
	FORM_FLOAT,
	FORM_STAMP,
};

static const char *(*const readers[])(
    const char *text, size_t len, struct value *ret_value) = {
    [FORM_TEXT] = tagged_str,
    [FORM_NULL] = tagged_null,
    [FORM_BOOL] = tagged_bool,
    [FORM_INT] = scalar_int,
    [FORM_FLOAT] = scalar_float,
    [FORM_STAMP] = tagged_stamp,
};

static enum form
form_of_word(const char *text)
{
	bool b;

	if (scalar_null(text))
		return FORM_NULL;
	return scalar_bool(text, false, &b) ? FORM_BOOL : FORM_TEXT;
}

static enum form
form_of(const char *text, size_t len)
{
	struct yaml_stamp stamp;

	if (strchr("+-.0123456789", text[0]) == NULL || len == 0)
		return len <= WORD_MAX ? form_of_word(text) : FORM_TEXT;
	if (is_float(text) || is_inf(text) || is_nan(text))
		return FORM_FLOAT;
	if (int_form(text) != INT_NONE)
		return FORM_INT;
	return yaml_stamp_read(text, &stamp) ? FORM_STAMP : FORM_TEXT;
}

const char *
yaml_scalar_plain(const char *text, size_t len, struct value *ret_value)
{
	return readers[form_of(text, len)](text, len, ret_value);
}

bool
yaml_scalar_is_typed(const char *text, size_t len)
{
	if (memchr(text, '\0', len) != NULL)
		return false;
	return form_of(text, len) != FORM_TEXT || strcmp(text, "=") == 0 ||
	       strcmp(text, "<<") == 0;
}

/* ---- by a tag ----------------------------------------------------------- */

static const struct {
	const char *name;
	const char *(*read)(
	    const char *text, size_t len, struct value *ret_value);
} tags[] = {
    {"str", tagged_str},
    {"python/unicode", tagged_str},
    {"null", tagged_null},
    {"bool", tagged_bool},
    {"int", scalar_int},
    {"float", scalar_float},
    {"timestamp", tagged_stamp},
};

const char *
yaml_scalar_tagged(
    const char *name, const char *text, size_t len, struct value *ret_value)
{
	size_t i;

	for (i = 0; i < sizeof tags / sizeof tags[0]; i++)
		if (strcmp(tags[i].name, name) == 0)
			return tags[i].read(text, len, ret_value);
	return "a tag that has no meaning in variables";
}
