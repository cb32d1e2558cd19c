/* YAML to values: PyYAML's safe loader is the reference for every row. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "inventory/yaml.h"

static const struct {
	const char *yaml;
	const char *json;
} good[] = {
    {"", "null"},
    {"# nothing\n", "null"},
    {"---\n...\n", "null"},
    {"a: yes\nb: No\nc: ON\nd: yES\ne: y",
	"{\"a\": true, \"b\": false, \"c\": true, \"d\": \"yES\", "
	"\"e\": \"y\"}"},
    {"[~, null, Null, NULL, nULL, '', ]",
	"[null, null, null, null, \"nULL\", \"\"]"},
    {"a:\nb: ''", "{\"a\": null, \"b\": \"\"}"},
    {"[0, 1_000, -17, +3, 010, 0o10, 09, 0x1F, 0b101, 0_, -0x10]",
	"[0, 1000, -17, 3, 8, \"0o10\", \"09\", 31, 5, 0, -16]"},
    {"[1:0, 190:20:30, 52:54:00:12:34:56, 1:60, 190:20:30.15]",
	"[60, 685230, 41135085296, \"1:60\", 685230.15]"},
    {"[1.5, 1_.5, .5, +.5, 1e5, 1.e5, 1.5e+5, 1., .]",
	"[1.5, 1.5, 0.5, \"+.5\", \"1e5\", \"1.e5\", 150000.0, 1.0, "
	"\".\"]"},
    {"[.inf, -.INF, .NaN]", "[Infinity, -Infinity, NaN]"},
    {"[99999999999999999999]", "[99999999999999999999]"},
    {"['5', \"x\\ty\", ! 5, !!str 5, !!int '5', !!float 5, !!bool 'YeS', "
     "!!null x]",
	"[\"5\", \"x\\ty\", 5, \"5\", 5, 5.0, true, null]"},
    {"[2001-12-14, 2001-1-1, 2001-12-14t21:59:43.10-05:00, "
     "2001-12-14 21:59:43.1234567 Z, 2001-1-1 1:01:01 +05:30]",
	"[\"2001-12-14\", \"2001-1-1\", "
	"\"2001-12-14T21:59:43.100000-05:00\", "
	"\"2001-12-14T21:59:43.123456+00:00\", "
	"\"2001-01-01T01:01:01+05:30\"]"},
    {"a: &x {k: 1}\nb: *x\nc: [*x, *x]",
	"{\"a\": {\"k\": 1}, \"b\": {\"k\": 1}, "
	"\"c\": [{\"k\": 1}, {\"k\": 1}]}"},
    {"base: &b {x: 1, y: 2}\nm:\n  <<: *b\n  y: 3",
	"{\"base\": {\"x\": 1, \"y\": 2}, \"m\": {\"x\": 1, \"y\": 3}}"},
    {"<<: [{a: 1}, {a: 2, b: 3}]\nb: 5", "{\"a\": 1, \"b\": 5}"},
    {"'<<': 3", "{\"<<\": 3}"},
    {"80: a\ntrue: b\n~: c\n1.5: d",
	"{\"80\": \"a\", \"true\": \"b\", \"null\": \"c\", \"1.5\": \"d\"}"},
    {"a: |\n  x\n  y\nb: >-\n  x\n  y",
	"{\"a\": \"x\\ny\\n\", \"b\": \"x y\"}"},
    {"{\"a\":\t[1, 2.5e3, null]}", "{\"a\": [1, 2500.0, null]}"},
    {"%YAML 1.2\n---\na: yes", "{\"a\": true}"},
    {"a: !unsafe 5", "{\"a\": \"5\"}"},
};

static void
test_values(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct value value;
		struct err err = {0};
		struct buf buf;

		buf_init(&buf, 4096);
		if (yaml_parse_value(good[i].yaml, strlen(good[i].yaml), "t",
			&value, &err) != 0)
			fail_msg("%s: %s", good[i].yaml, err.text);
		value_write_json(value, -1, false, &buf);
		assert_string_equal(buf.data, good[i].json);
		value_unref(value);
		buf_done(&buf);
	}
}

static const struct {
	const char *yaml;
	int line;
	int col;
	const char *part; /* of the text */
} bad[] = {
    {"a: [1, 2", 2, 1, "flow sequence"},
    {"a:\n\t- b", 2, 1, "token"},
    {"a: 1\n---\nb: 2", 2, 1, "second document"},
    {"a: *x", 1, 4, "*x"},
    {"a: &r [*r]", 1, 8, "*r"},
    {"a: &x 1\nb: &x 2", 2, 4, "&x"},
    {"a: !foo bar", 1, 4, "tag"},
    {"a: !!set {a}", 1, 4, "tag"},
    {"a: !!seq {}", 1, 4, "tag"},
    {"a: !!int x", 1, 4, "not an integer"},
    {"? [a]\n: b", 1, 3, "key"},
    {"x: 1\n<<: 5", 2, 5, "<<"},
    {"a: <<", 1, 4, "<<"},
    {"a: =", 1, 4, "="},
    {"a: 2001-13-01", 1, 4, "no such date"},
    {"a: 0x_", 1, 4, "digits"},
    {"a: 1\nb: \xff", 2, 4, "UTF-8"},
};

static void
test_errors(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct value value = value_null();
		struct err err = {0};

		if (yaml_parse_value(bad[i].yaml, strlen(bad[i].yaml), "f",
			&value, &err) != -EINVAL)
			fail_msg("taken: %s", bad[i].yaml);
		assert_string_equal(err.file, "f");
		if (err.line != bad[i].line || err.col != bad[i].col ||
		    strstr(err.text, bad[i].part) == NULL)
			fail_msg("%s: %d:%d %s", bad[i].yaml, err.line, err.col,
			    err.text);
	}
}

static void
test_tab_hint(void **state)
{
	static const char text[] = "a:\n  \xc3\xa4: 1\n\tb: 2\n";
	struct value value;
	struct err err = {0};

	(void)state;
	assert_int_equal(
	    yaml_parse_value(text, sizeof text - 1, "f", &value, &err),
	    -EINVAL);
	assert_int_equal(err.line, 3);
	assert_non_null(strstr(err.hint, "never tabs"));
}

/* Nine levels of ten aliases each: a billion values. */
static void
test_alias_bomb(void **state)
{
	struct value value;
	struct err err = {0};
	struct buf buf;
	int i, j;

	(void)state;
	buf_init(&buf, 65536);
	buf_adds(&buf, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
	for (i = 1; i < 9; i++) {
		buf_addf(&buf, "a%d: &a%d [", i, i);
		for (j = 0; j < 10; j++)
			buf_addf(&buf, "*a%d%s", i - 1, j < 9 ? ", " : "]\n");
	}
	assert_int_equal(
	    yaml_parse_value(buf.data, buf.len, "f", &value, &err), -E2BIG);
	buf_done(&buf);
}

static void
test_depth(void **state)
{
	struct value value;
	struct err err = {0};
	struct buf buf;
	int i;

	(void)state;
	buf_init(&buf, 65536);
	for (i = 0; i < 500; i++)
		buf_addc(&buf, '[');
	assert_int_equal(
	    yaml_parse_value(buf.data, buf.len, "f", &value, &err), -EINVAL);
	buf_reset(&buf);
	err_clear(&err);
	/* Aliases may not reach past the limit either. */
	buf_adds(&buf, "a0: &a0 [x]\n");
	for (i = 1; i < 80; i++)
		buf_addf(&buf, "a%d: &a%d [*a%d]\n", i, i, i - 1);
	assert_int_equal(
	    yaml_parse_value(buf.data, buf.len, "f", &value, &err), -EINVAL);
	assert_non_null(strstr(err.text, "deep"));
	buf_done(&buf);
}

static const struct yaml_place *
place_of(const struct yaml_doc *doc, struct value map, size_t index)
{
	return yaml_doc_place(doc, value_map_name_at(map, index));
}

static void
test_doc_places(void **state)
{
	static const char text[] = "base: &b {mac: 52:54}\n<<: *b\n"
				   "port: 52:54\n5: x\nport: 1:2\n";
	struct problems problems;
	struct yaml_doc doc;

	(void)state;
	problems_init(&problems);
	assert_int_equal(
	    yaml_parse_doc(text, sizeof text - 1, "f", &problems, &doc, NULL),
	    0);
	assert_int_equal(problems.warnings, 1);
	assert_int_equal(problems.list[0].err.line, 5);
	assert_int_equal(value_len(doc.value), 4); /* mac, base, port, 5 */
	assert_int_equal(place_of(&doc, doc.value, 0)->line, 1);
	assert_int_equal(place_of(&doc, doc.value, 0)->col, 11);
	assert_string_equal(place_of(&doc, doc.value, 0)->raw, "52:54");
	assert_int_equal(place_of(&doc, doc.value, 1)->line, 1);
	assert_null(place_of(&doc, doc.value, 1)->raw);
	assert_int_equal(place_of(&doc, doc.value, 2)->line, 5);
	assert_string_equal(place_of(&doc, doc.value, 2)->raw, "1:2");
	assert_null(place_of(&doc, doc.value, 3));
	yaml_doc_done(&doc);
	problems_done(&problems);
}

static void
test_problems_ceiling(void **state)
{
	struct problems problems;
	int i;

	(void)state;
	problems_init(&problems);
	for (i = 0; i < 150; i++)
		problems_warn(&problems, "f", i, 0, "w%d", i);
	for (i = 0; i < 150; i++)
		problems_error(&problems, "f", i, 0, "e%d", i);
	assert_int_equal(problems.count, PROBLEMS_MAX);
	assert_int_equal(problems.errors, 150);
	assert_int_equal(problems.warnings, 150);
	assert_string_equal(problems_first_error(&problems)->text, "e0");
	assert_string_equal(problems.list[PROBLEMS_MAX - 1].err.text, "e99");
	problems_hint(&problems, "lost");
	assert_string_equal(problems.list[PROBLEMS_MAX - 1].err.hint, "");
	problems_done(&problems);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_tab_hint),
	    cmocka_unit_test(test_alias_bomb),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_doc_places),
	    cmocka_unit_test(test_problems_ceiling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
