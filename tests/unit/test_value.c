#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>

#include "inventory/value.h"

static struct value
parse(const char *json)
{
	struct value value = {0};
	struct err err = {0};

	assert_int_equal(value_parse_json(json, strlen(json), &value, &err), 0);
	return value;
}

static void
assert_json(struct value value, int indent, bool sort, const char *want)
{
	struct buf out;

	buf_init(&out, 1 << 16);
	value_write_json(value, indent, sort, &out);
	assert_false(buf_bad(&out));
	assert_string_equal(out.data, want);
	buf_done(&out);
}

static void
test_json_round_trip(void **state)
{
	static const struct {
		const char *in, *out; /* out NULL: as it came in */
	} rows[] = {
	    {"null", NULL},
	    {"[true, false, -5, 0.1, 1e+16, 1e-05, 0.0001]", NULL},
	    {"[100000.0, 123456789012345680.0, 1e22, -0.0]",
		"[100000.0, 1.2345678901234568e+17, 1e+22, -0.0]"},
	    {"[5e-324, 1.7976931348623157e+308, 2.5, 1000000000000000.0]",
		NULL},
	    {"[0.30000000000000004, 3.3333333333333335, 1.5e300]",
		"[0.30000000000000004, 3.3333333333333335, 1.5e+300]"},
	    {"{\"b\": [], \"a\": {}, \"\": \"\"}", NULL},
	    {"\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7f\"",
		"\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u007f\""},
	    {"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
		"\"\\u00e9\\u20ac\\ud83d\\ude00\""},
	    {"\"a\\u0000b\"", NULL},
	    {"9223372036854775807", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct value value = parse(rows[i].in);

		assert_json(value, -1, false,
		    rows[i].out == NULL ? rows[i].in : rows[i].out);
		value_unref(value);
	}
}

static void
test_json_pretty(void **state)
{
	struct value value =
	    parse("{\"b\": [1, [], {}], \"a\": {\"y\": 1, \"x\": 2}}");

	(void)state;
	assert_json(value, 2, true,
	    "{\n  \"a\": {\n    \"x\": 2,\n    \"y\": 1\n  },\n"
	    "  \"b\": [\n    1,\n    [],\n    {}\n  ]\n}");
	value_unref(value);
}

static void
test_json_style(void **state)
{
	struct value_json_style style = {.indent = -1,
	    .utf8 = true,
	    .mask = true,
	    .item_sep = ",",
	    .key_sep = ":"};
	struct value map = value_map_new();
	struct value secret = value_string("hunter2");
	struct buf out;

	(void)state;
	secret.flags = VALUE_SECRET;
	value_map_set(map, "password", secret);
	value_map_set(map, "caf\xc3\xa9", value_string("\xff|\xc3"));
	buf_init(&out, 4096);
	value_write_json_as(map, &style, &out);
	assert_string_equal(out.data,
	    "{\"password\":\"********\","
	    "\"caf\xc3\xa9\":\"\xef\xbf\xbd|\xef\xbf\xbd\"}");
	buf_done(&out);
	value_unref(map);
}

static void
test_json_refuses(void **state)
{
	static const char *const bad[] = {"", "{", "[1,]", "{\"a\" 1}", "nul",
	    "'a'", "[1] x", "\"\x01\"", "\"\xff\"", "01",
	    "99999999999999999999", "NaN", "\"\\ud800\""};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct value value = {0};
		struct err err = {0};

		assert_true(
		    value_parse_json(bad[i], strlen(bad[i]), &value, &err) < 0);
		assert_true(err_is_set(&err));
	}
}

static void
test_json_place_and_depth(void **state)
{
	char deep[200];
	struct value value = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(
	    value_parse_json("{\n \"a\": x}", 10, &value, &err), -EINVAL);
	assert_int_equal(err.line, 2);
	assert_true(err.col > 1);
	memset(deep, '[', 70);
	memset(deep + 70, ']', 70);
	err_clear(&err);
	assert_int_equal(value_parse_json(deep, 140, &value, &err), -E2BIG);
}

static void
test_map_order_and_lookup(void **state)
{
	struct value map = value_map_new();
	char key[32];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof key, "key%d", i);
		value_map_set(map, key, value_int(i));
	}
	value_map_set(map, "key5", value_string("five"));
	assert_int_equal(value_len(map), 1000);
	assert_string_equal(value_map_key_at(map, 5), "key5");
	assert_string_equal(value_str(value_map_at(map, 5)), "five");
	assert_true(value_map_remove(map, "key3"));
	assert_false(value_map_remove(map, "key3"));
	assert_int_equal(value_map_get(map, "key3").type, VALUE_UNDEFINED);
	assert_int_equal(value_map_get(map, "key999").u.i, 999);
	assert_string_equal(value_map_key_at(map, 3), "key4");
	assert_int_equal(value_map_at(map, 5000).type, VALUE_UNDEFINED);
	value_unref(map);
}

static void
test_map_number_keys(void **state)
{
	struct value map = value_map_new();

	(void)state;
	value_map_put(map, value_int(1), value_string("a"));
	value_map_put(map, value_float(1.0), value_string("b"));
	value_map_put(map, value_bool(true), value_string("c"));
	value_map_put(map, value_string("1"), value_string("d"));
	value_map_put(map, value_null(), value_string("e"));
	assert_int_equal(value_len(map), 3);
	assert_string_equal(value_str(value_map_find(map, value_int(1))), "c");
	assert_string_equal(value_str(value_map_get(map, "1")), "d");
	assert_string_equal(value_map_key_at(map, 2), "null");
	assert_json(
	    map, -1, false, "{\"1\": \"c\", \"1\": \"d\", \"null\": \"e\"}");
	assert_true(value_map_delete(map, value_int(1)));
	assert_int_equal(value_len(map), 2);
	value_unref(map);
}

static void
test_lists(void **state)
{
	struct value list = value_list_new();
	struct value item;

	(void)state;
	value_list_add(list, value_int(2));
	value_list_insert(list, 0, value_int(1));
	value_list_insert(list, 2, value_string("x"));
	assert_json(list, -1, false, "[1, 2, \"x\"]");
	item = value_list_take(list, 0);
	assert_int_equal(item.u.i, 1);
	assert_int_equal(value_list_take(list, 9).type, VALUE_UNDEFINED);
	assert_int_equal(value_len(list), 2);
	value_unref(list);
}

static void
test_equal_and_truth(void **state)
{
	static const struct {
		const char *a, *b;
		bool equal, truth; /* truth: of a */
	} rows[] = {
	    {"1", "1.0", true, true},
	    {"true", "1", true, true},
	    {"0", "false", true, false},
	    {"9007199254740993", "9007199254740992.0", false, true},
	    {"\"1\"", "1", false, true},
	    {"[1, [2]]", "[1.0, [2]]", true, true},
	    {"{\"a\": 1, \"b\": 2}", "{\"b\": 2, \"a\": 1}", true, true},
	    {"{\"a\": 1}", "{\"a\": 2}", false, true},
	    {"{}", "[]", false, false},
	    {"null", "null", true, false},
	    {"\"\"", "\"\"", true, false},
	    {"0.5", "0", false, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct value a = parse(rows[i].a);
		struct value b = parse(rows[i].b);

		assert_int_equal(value_equal(a, b), rows[i].equal);
		assert_int_equal(value_truth(a), rows[i].truth);
		value_unref(a);
		value_unref(b);
	}
	assert_false(
	    value_equal(value_float((double)NAN), value_float((double)NAN)));
}

static void
test_copy(void **state)
{
	struct value map = parse("{\"a\": [1, {\"b\": \"x\"}]}");
	struct value copy = value_copy(map);

	(void)state;
	value_list_add(value_map_get(copy, "a"), value_null());
	assert_int_equal(value_len(value_map_get(map, "a")), 2);
	assert_int_equal(value_len(value_map_get(copy, "a")), 3);
	value_unref(map);
	value_unref(copy);
}

static void
test_deep_free(void **state)
{
	struct value list = value_list_new();

	(void)state;
	for (int i = 0; i < 1000000; i++) {
		struct value outer = value_list_new();

		value_list_add(outer, list);
		list = outer;
	}
	value_unref(list);
}

static void
test_has_template(void **state)
{
	struct value yes = parse("{\"a\": [\"x\", \"y {{ z }}\"]}");
	struct value no = parse("{\"a\": [\"x\", \"{ {\", 1]}");
	struct value safe = value_string("{{ x }}");

	(void)state;
	safe.flags = VALUE_SAFE;
	assert_true(value_has_template(yes));
	assert_true(value_has_template(yes));
	assert_false(value_has_template(no));
	assert_false(value_has_template(safe));
	value_unref(yes);
	value_unref(no);
	value_unref(safe);
}

static void
test_as_known_type(void **state)
{
	struct value yes = value_string("Yes");
	struct value maybe = value_string("maybe");
	struct value port = value_string("8080");
	bool b = false;
	int64_t i = 0;

	(void)state;
	assert_int_equal(value_as_bool(yes, &b), 0);
	assert_true(b);
	assert_int_equal(value_as_bool(maybe, &b), -EINVAL);
	assert_int_equal(value_as_bool(value_int(2), &b), -EINVAL);
	assert_int_equal(value_as_bool(value_null(), &b), -ENOENT);
	assert_int_equal(value_as_int(port, &i), 0);
	assert_int_equal(i, 8080);
	assert_int_equal(value_as_int(maybe, &i), -EINVAL);
	assert_int_equal(value_as_int(value_bool(true), &i), -EINVAL);
	value_unref(yes);
	value_unref(maybe);
	value_unref(port);
}

static int freed;

static void
count_free(struct value_obj *obj)
{
	(void)obj;
	freed++;
}

static void
test_objects(void **state)
{
	static const struct value_obj_ops ops = {
	    .name = "thing", .free = count_free};
	struct value_obj obj;
	struct value list = value_list_new();
	struct value value;

	(void)state;
	value_obj_init(&obj, &ops);
	value = value_object_take(&obj);
	assert_string_equal(value_type_name(value), "thing");
	value_list_add(list, value_ref(value));
	value_unref(value);
	assert_int_equal(freed, 0);
	value_unref(list);
	assert_int_equal(freed, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_json_round_trip),
	    cmocka_unit_test(test_json_pretty),
	    cmocka_unit_test(test_json_style),
	    cmocka_unit_test(test_json_refuses),
	    cmocka_unit_test(test_json_place_and_depth),
	    cmocka_unit_test(test_map_order_and_lookup),
	    cmocka_unit_test(test_map_number_keys),
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_equal_and_truth),
	    cmocka_unit_test(test_copy),
	    cmocka_unit_test(test_deep_free),
	    cmocka_unit_test(test_has_template),
	    cmocka_unit_test(test_as_known_type),
	    cmocka_unit_test(test_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
