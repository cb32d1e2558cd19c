/* How check puts what it finds together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/check.h"

static void
expect_text(const struct check *check, size_t group, const char *want)
{
	struct buf text;

	assert_true(group < check->count);
	buf_init(&text, 4096);
	check_group_text(&check->groups[group], &text);
	assert_string_equal(text.data, want);
	buf_done(&text);
}

static void
test_groups(void **state)
{
	struct check check;
	struct err err = {0};
	struct err other = {0};
	char name[16];
	struct buf text;

	(void)state;
	check_init(&check);
	err_at(&err, "hosts.ini", 3, 7, "it is wrong");
	err_hint(&err, "do better");
	err_at(&other, "hosts.ini", 4, 7, "it is wrong");
	for (int i = 0; i < 10001; i++) {
		(void)snprintf(name, sizeof name, "n%d", i);
		check_add(&check, PROBLEM_ERROR, name, &err);
	}
	check_add(&check, PROBLEM_ERROR, "x", &other);
	check_add(&check, PROBLEM_WARNING, NULL, &err);
	assert_int_equal(check.count, 3);
	assert_int_equal(check.errors, 10002);
	expect_text(&check, 0,
	    "n0, n1, n2 and 9,998 more nodes: hosts.ini:3:7: it is wrong "
	    "(do better)");
	expect_text(&check, 1, "x: hosts.ini:4:7: it is wrong");
	expect_text(&check, 2, "hosts.ini:3:7: it is wrong (do better)");
	buf_init(&text, 256);
	check_summary(&check, &text);
	assert_string_equal(text.data,
	    "0 nodes boot from the network, 10,002 errors, 1 warning");
	buf_done(&text);
	check_done(&check);
}

/* Problems past the list's end are counted all the same. */
static void
test_problems(void **state)
{
	struct problems problems;
	struct check check;

	(void)state;
	problems_init(&problems);
	for (int i = 1; i <= PROBLEMS_MAX + 20; i++)
		problems_error(&problems, "a", i, 1, "wrong");
	problems_warn(&problems, "a", 1, 1, "odd");
	check_init(&check);
	check_add_problems(&check, &problems);
	assert_int_equal(check.count, PROBLEMS_MAX);
	assert_int_equal(check.errors, PROBLEMS_MAX + 20);
	assert_int_equal(check.warnings, 1);
	check_done(&check);
	problems_done(&problems);
}

/* The text of an inventory's problem names its hosts; JSON has them apart. */
static void
test_hosts(void **state)
{
	struct problems problems;
	struct check check;
	struct buf text;
	struct value json;

	(void)state;
	problems_init(&problems);
	problems_error(&problems, "i", 3, 1, "hosts a and b clash");
	problems_host(&problems, "a");
	problems_host(&problems, "b");
	check_init(&check);
	check_add_problems(&check, &problems);
	json = check_json(&check);
	buf_init(&text, 4096);
	check_group_text(&check.groups[0], &text);
	assert_string_equal(text.data, "i:3:1: hosts a and b clash");
	buf_reset(&text);
	value_write_json(
	    value_list_at(value_map_get(json, "problems"), 0), -1, true, &text);
	assert_non_null(strstr(text.data, "\"nodes\": [\"a\", \"b\"]"));
	value_unref(json);
	buf_done(&text);
	check_done(&check);
	problems_done(&problems);
}

static void
test_json(void **state)
{
	struct check check;
	struct err err = {0};
	struct buf text;
	struct value json;

	(void)state;
	check_init(&check);
	err_set(&err, "no");
	check_add(&check, PROBLEM_WARNING, "a", &err);
	check_add(&check, PROBLEM_WARNING, "b", &err);
	json = check_json(&check);
	buf_init(&text, 4096);
	value_write_json(json, -1, false, &text);
	assert_string_equal(text.data,
	    "{\"ok\": true, \"nodes\": 0, \"errors\": 0, \"warnings\": 2, "
	    "\"problems\": [{\"severity\": \"warning\", \"nodes\": "
	    "[\"a\", \"b\"], \"text\": \"no\"}]}");
	value_unref(json);
	buf_done(&text);
	check_done(&check);
}

static void
expect_same(const struct check *a, const struct check *b)
{
	struct value jsons[2] = {check_json(a), check_json(b)};
	struct buf texts[2];

	for (int i = 0; i < 2; i++) {
		buf_init(&texts[i], 65536);
		value_write_json(jsons[i], -1, false, &texts[i]);
		value_unref(jsons[i]);
	}
	assert_string_equal(texts[0].data, texts[1].data);
	for (int i = 0; i < 2; i++)
		buf_done(&texts[i]);
}

/* Ranges of nodes that were looked at apart add up to the same. */
static void
test_merge(void **state)
{
	struct check apart[2];
	struct check whole;
	struct check merged;
	struct value json;
	struct err site = {0};
	struct err err = {0};
	char name[16];

	(void)state;
	err_at(&site, "hosts.ini", 1, 2, "the site's own");
	err_at(&err, "user-data", 3, 7, "it is wrong");
	err_hint(&err, "do better");
	check_init(&whole);
	check_init(&merged);
	check_add(&whole, PROBLEM_WARNING, NULL, &site);
	check_add(&merged, PROBLEM_WARNING, NULL, &site);
	for (int i = 0; i < 10; i++) {
		struct check *part = &apart[i / 5];

		if (i % 5 == 0)
			check_init(part);
		(void)snprintf(name, sizeof name, "n%d", i);
		check_add(part, PROBLEM_ERROR, name, &err);
		check_add(&whole, PROBLEM_ERROR, name, &err);
		part->nodes++;
		whole.nodes++;
		if (i < 3)
			continue;
		check_add(part, PROBLEM_WARNING, name, &err);
		check_add(&whole, PROBLEM_WARNING, name, &err);
	}
	for (int i = 0; i < 2; i++) {
		json = check_json(&apart[i]);
		check_merge(&merged, json);
		value_unref(json);
		check_done(&apart[i]);
	}
	expect_same(&merged, &whole);
	check_done(&merged);
	check_done(&whole);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_groups),
	    cmocka_unit_test(test_problems),
	    cmocka_unit_test(test_hosts),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_merge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
