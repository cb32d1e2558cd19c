/*
 * What YAML's readers and writers are spared: long words that libyaml never
 * sees, and the question whether a text needs quotes. Both by comparison with
 * the slow way, over many texts.
 */
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inventory/yaml.h"
#include "inventory/yaml_place.h"
#include "inventory/yaml_scalar.h"
#include "inventory/yaml_words.h"

#define TEXT_MAX 65536
#define LONG_LEN 210

/* In the texts below, '@' stands for either; only the long one is taken out. */
static const char short_word[] = "Z+/kLmN4pQrS7tUvWx2YzA3=";
static char long_word[LONG_LEN + 1];

static uint32_t
next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

static int
set_up(void **state)
{
	(void)state;
	memset(long_word, 'A', LONG_LEN);
	long_word[1] = '+';
	long_word[2] = '/';
	long_word[LONG_LEN - 1] = '=';
	return 0;
}

static void
replace(const char *text, const char *from, const char *to, struct buf *out)
{
	const char *at;

	buf_reset(out);
	for (; (at = strstr(text, from)) != NULL; text = at + strlen(from)) {
		buf_add(out, text, (size_t)(at - text));
		buf_adds(out, to);
	}
	buf_adds(out, text);
}

/* ---- long words --------------------------------------------------------- */

static const struct {
	const char *text;
	size_t count;
} counted[] = {
    {"a: @\n", 1},
    {"a: @\nb:\n  - @\n- - @\n", 3},
    {"|\n x @\n @\n", 2},
    {"a: @", 0},	     /* the text ends first */
    {"a: @: b\n", 0},	     /* a key */
    {"@\n", 0},		     /* no blank before it */
    {"a:\t@\n", 0},	     /* */
    {"a: 9@\n", 0},	     /* may be a number */
    {"a: @_\n", 0},	     /* of other letters */
    {"a: \"@\"\n", 0},	     /* */
    {"a: @ \n", 0},	     /* */
    {"a: @\r\n", 0},	     /* */
    {"a: !@\n", 0},	     /* a tag */
    {"a: &@\n", 0},	     /* an anchor */
    {"a: @\nb: x\\ny\n", 1}, /* escapes that give no letter */
    {"a: @\nb: |\n  y \\\n  z\n", 1},
    {"a: @\nb: convectLongWord00000000\n", 0},
    {"a: @\nb: \"convectLong\\x57ord00000000\"\n", 0},
    {"a: @\nb: \"convectLong\\u0057ord00000000\"\n", 0},
    {"a: @\nb: \"convectLong\\\n  Word00000000\"\n", 0},
    {"a: @\nb: \"convectLong\\\r\n  Word00000000\"\n", 0},
};

static void
test_words_taken(void **state)
{
	struct yaml_words words;
	yaml_parser_t parser;
	struct buf text;

	(void)state;
	buf_init(&text, TEXT_MAX);
	for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++) {
		replace(counted[i].text, "@", long_word, &text);
		assert_true(
		    yaml_words_open(&words, &parser, text.data, text.len));
		if (words.count != counted[i].count)
			fail_msg("%s: %zu", counted[i].text, words.count);
		assert_true(words.count > 0 ? words.len < text.len
					    : words.len == text.len);
		yaml_words_close(&words, &parser);
	}
	buf_done(&text);
}

static void
read_json(const struct buf *text, struct buf *out, struct err *ret_err)
{
	struct err err = {0};
	struct value value;

	buf_reset(out);
	if (yaml_parse_text(text->data, text->len, "f", true, &value, &err) ==
	    0) {
		value_write_json(value, -1, false, out);
		value_unref(value);
	}
	*ret_err = err;
}

struct texts {
	struct buf with; /* a word */
	struct buf json_short;
	struct buf json_long;
	struct buf want;
};

/* The same text with the word short and long must mean the same. */
static void
compare(struct texts *t, const char *text)
{
	const int more = LONG_LEN - (int)strlen(short_word);
	struct err err_short;
	struct err err_long;

	replace(text, "@", short_word, &t->with);
	read_json(&t->with, &t->json_short, &err_short);
	replace(text, "@", long_word, &t->with);
	read_json(&t->with, &t->json_long, &err_long);
	replace(t->json_short.data, short_word, long_word, &t->want);
	if (strcmp(t->want.data, t->json_long.data) != 0)
		fail_msg("%s\nis %s\nand %s", text, t->json_short.data,
		    t->json_long.data);
	if (err_short.line != err_long.line ||
	    (err_long.col - err_short.col) % more != 0)
		fail_msg("%s\n%d:%d %s\n%d:%d %s", text, err_short.line,
		    err_short.col, err_short.text, err_long.line, err_long.col,
		    err_long.text);
}

static const char *const pieces[] = {" @\n", " @\n", "a: @\n", "- @\n", "@",
    "a: ", "b: ", "? ", ": ", "- ", "|\n  ", ">\n  ", "x", "\n", "\n  ", "  ",
    " ", "\"", "\"", "'", "\\", "\\\n", "\\x57", "{", "}", "[", "]", ", ", "# ",
    "&x ", "*x ", "! ", "!!str ", "!t ", "%TAG !t! @\n", "---\n", "...\n",
    "<<: ", "\t", "\r\n", "\xc3\xa4", "\xe2\x80\xa8", "0",
    "convectLongWord00000000", "convectLong", "Word00000000", "~"};

static void
random_text(uint32_t *random, struct buf *out)
{
	unsigned words = 0;
	unsigned count = 2 + next_random(random) % 24;

	buf_reset(out);
	while (count-- > 0) {
		const char *piece = pieces[next_random(random) %
					   (sizeof pieces / sizeof pieces[0])];

		/* More could be too long for a key. */
		if (strchr(piece, '@') != NULL && ++words > 4)
			continue;
		buf_adds(out, piece);
	}
}

static void
test_words_put_back(void **state)
{
	struct texts t;
	struct buf text;
	uint32_t random = 20241124;

	(void)state;
	buf_init(&text, TEXT_MAX);
	buf_init(&t.with, TEXT_MAX);
	buf_init(&t.json_short, TEXT_MAX);
	buf_init(&t.json_long, TEXT_MAX);
	buf_init(&t.want, TEXT_MAX);
	for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++)
		compare(&t, counted[i].text);
	for (unsigned i = 0; i < 20000; i++) {
		random_text(&random, &text);
		compare(&t, text.data);
	}
	buf_done(&text);
	buf_done(&t.with);
	buf_done(&t.json_short);
	buf_done(&t.json_long);
	buf_done(&t.want);
}

static void
test_words_places(void **state)
{
	static const struct yaml_step path[] = {{"b", 0}, {NULL, 1}};
	struct buf text;
	int line;
	int col;

	(void)state;
	buf_init(&text, TEXT_MAX);
	replace("a: @\nb:\n - @\n - {c: d}\n", "@", long_word, &text);
	yaml_find_place(text.data, text.len, path, 2, &line, &col);
	assert_int_equal(line, 4);
	assert_int_equal(col, 4);
	buf_done(&text);
}

/* ---- quotes ------------------------------------------------------------- */

/* The implicit resolvers of PyYAML's, of which "=" and "<<" are two. */
static const char typed[] =
    "^((yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off"
    "|OFF|~|null|Null|NULL|<<|=)?"
    "|[-+]?[0-9][0-9_]*\\.[0-9_]*([eE][-+][0-9]+)?"
    "|\\.[0-9][0-9_]*([eE][-+][0-9]+)?"
    "|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\\.[0-9_]*"
    "|[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+"
    "|[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)"
    "|[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(0|[1-9][0-9_]*)"
    "|[-+]?0x[0-9a-fA-F_]+"
    "|[0-9]{4}-[0-9]{2}-[0-9]{2}"
    "|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}"
    ":[0-9]{2}(\\.[0-9]*)?([ \t]*(Z|[-+][0-9]{1,2}(:[0-9]{2})?))?)$";

/* Parts of what has a type, so that chance puts some of it together. */
static const char *const parts[] = {"yes", "No", "TRUE", "true", "off", "oN",
    "~", "null", "NULL", "<", "<<", "=", "0", "1", "7", "59", "60", "9", "_",
    ".", "e+5", "e5", "E-", "-", "+", ":", ":5", ":07", ":60", "0b1", "0x",
    "fF", "0o7", "017", "018", ".inf", ".Inf", ".iNF", ".nan", ".NaN",
    "2001-12-14", "2001-1-1", "-12", "T", "t", " ", "\t", "1:2:3", "21:59:43",
    "01:02:03", ".5", "Z", "-05", "+05:30", "y", "é", "\n", "#"};

static void
compare_typed(const regex_t *regex, const char *text)
{
	bool want = regexec(regex, text, 0, NULL, 0) == 0;

	if (yaml_scalar_is_typed(text, strlen(text)) != want)
		fail_msg("'%s' has %s type", text, want ? "a" : "no");
}

static void
test_typed(void **state)
{
	uint32_t random = 20241124;
	struct buf text;
	regex_t regex;

	(void)state;
	assert_int_equal(regcomp(&regex, typed, REG_EXTENDED | REG_NOSUB), 0);
	buf_init(&text, TEXT_MAX);
	compare_typed(&regex, "");
	for (unsigned i = 0; i < 50000; i++) {
		unsigned count = 1 + next_random(&random) % 5;

		buf_reset(&text);
		while (count-- > 0)
			buf_adds(
			    &text, parts[next_random(&random) %
					 (sizeof parts / sizeof parts[0])]);
		compare_typed(&regex, text.data);
	}
	assert_false(yaml_scalar_is_typed("5\0", 2));
	assert_false(yaml_scalar_is_typed("\0", 1));
	regfree(&regex);
	buf_done(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_words_taken),
	    cmocka_unit_test(test_words_put_back),
	    cmocka_unit_test(test_words_places),
	    cmocka_unit_test(test_typed),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
