#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/http_path.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static int
normalise(const char *path, char *out, size_t size)
{
	struct buf buf;
	int ret;

	buf_init(&buf, size - 1);
	ret = http_path_normalise(path, strlen(path), &buf);
	if (ret == 0)
		memcpy(out, buf.data, buf.len + 1);
	buf_done(&buf);
	return ret;
}

static void
test_normal_forms(void **state)
{
	static const char *const rows[][2] = {
	    {"/", "/"},
	    {"", "/"},
	    {"//", "/"},
	    {"/./.", "/"},
	    {"/a", "/a"},
	    {"/a/", "/a"},
	    {"//a///b//", "/a/b"},
	    {"/a/./b", "/a/b"},
	    {"/%61%2Fb", "/a/b"},
	    {"/%2f%2fa", "/a"},
	    {"/a%2525", "/a%25"},
	    {"/a+b", "/a+b"},
	    {"/...", "/..."},
	    {"/..a/a..", "/..a/a.."},
	    {"/%e4%f6", "/\xe4\xf6"},
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(normalise(rows[i][0], out, sizeof out), 0);
		assert_string_equal(out, rows[i][1]);
	}
}

static void
test_refused_paths(void **state)
{
	static const char *const rows[] = {"/..", "/a/..", "/../a", "/a/../b",
	    "/%2e%2e", "/.%2E/a", "/a%2f..%2fb", "/a\\b", "/%5c", "/%00", "/a%",
	    "/a%1", "/a%gg", "/%0d%0a", "/%7f", "/a\tb"};
	char out[64];

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(normalise(rows[i], out, sizeof out), -EINVAL);
	assert_int_equal(normalise("/123456789", out, 11), 0);
	assert_int_equal(normalise("/1234567890", out, 11), -EMSGSIZE);
}

static void
test_targets(void **state)
{
	static const struct {
		const char *target;
		const char *path;
		const char *query;
	} rows[] = {
	    {"/", "/", ""},
	    {"/a?b=c", "/a", "b=c"},
	    {"//h/a?", "//h/a", ""},
	    {"http://h:8080/a?b#c", "/a", "b#c"},
	    {"HTTPS://h/a#c?d", "/a", ""},
	    {"http://h", "", ""},
	    {"http://h?q", "", "q"},
	};
	static const char *const bad[] = {
	    "", "a", "*", "h:80", "ftp://h/a", "http:/a", "?a"};
	const char *path, *query;
	size_t len;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(
		    http_target_split(rows[i].target, &path, &len, &query), 0);
		assert_int_equal(len, strlen(rows[i].path));
		assert_memory_equal(path, rows[i].path, len);
		assert_string_equal(query, rows[i].query);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_int_equal(
		    http_target_split(bad[i], &path, &len, &query), -EINVAL);
}

static void
test_queries(void **state)
{
	struct http_query query;
	char many[400] = "";

	(void)state;
	assert_int_equal(
	    http_query_parse("a=1&b=x+y%26z&&c&a=2&=e&d==#f=1", &query), 0);
	assert_int_equal(query.count, 6);
	assert_string_equal(http_query_get(&query, "a"), "1");
	assert_string_equal(http_query_get(&query, "b"), "x y&z");
	assert_string_equal(http_query_get(&query, "c"), "");
	assert_string_equal(http_query_get(&query, ""), "e");
	assert_string_equal(http_query_get(&query, "d"), "=");
	assert_null(http_query_get(&query, "f"));
	http_query_done(&query);
	assert_int_equal(http_query_parse("a=%0", &query), -EINVAL);
	assert_int_equal(http_query_parse("a=1&b=%00", &query), -EINVAL);
	assert_int_equal(http_query_parse("%x=1", &query), -EINVAL);
	for (int i = 0; i < HTTP_QUERY_MAX; i++)
		strcat(many, "a&");
	assert_int_equal(http_query_parse(many, &query), 0);
	http_query_done(&query);
	strcat(many, "a");
	assert_int_equal(http_query_parse(many, &query), -E2BIG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_normal_forms),
	    cmocka_unit_test(test_refused_paths),
	    cmocka_unit_test(test_targets),
	    cmocka_unit_test(test_queries),
	};

	return cmocka_run_group_tests_name("http_path", tests, NULL, NULL);
}
