#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "wire/httprange.h"

#define TOP "18446744073709551615"

static const struct range_case {
	const char *header;
	uint64_t size;
	enum httprange kind;
	uint64_t first;
	uint64_t len;
} range_cases[] = {
    {NULL, 100, HTTPRANGE_WHOLE, 0, 100},
    {"bytes=0-0", 100, HTTPRANGE_PART, 0, 1},
    {"bytes=0-99", 100, HTTPRANGE_PART, 0, 100},
    {"bytes=10-", 100, HTTPRANGE_PART, 10, 90},
    {"bytes=99-", 100, HTTPRANGE_PART, 99, 1},
    {"bytes=10-1000", 100, HTTPRANGE_PART, 10, 90},
    {"bytes=-1", 100, HTTPRANGE_PART, 99, 1},
    {"bytes=-1000", 100, HTTPRANGE_PART, 0, 100},
    {"Bytes = 5-6 ", 100, HTTPRANGE_PART, 5, 2},
    {"bytes=0-" TOP, 100, HTTPRANGE_PART, 0, 100},
    {"bytes=0-9" TOP, 100, HTTPRANGE_PART, 0, 100},
    {"bytes=0-", UINT64_MAX, HTTPRANGE_PART, 0, UINT64_MAX},
    {"bytes=0-" TOP, UINT64_MAX, HTTPRANGE_PART, 0, UINT64_MAX},
    {"bytes=-" TOP, 100, HTTPRANGE_PART, 0, 100},
    {"bytes=100-", 100, HTTPRANGE_UNSATISFIABLE, 0, 0},
    {"bytes=9" TOP "-", 100, HTTPRANGE_UNSATISFIABLE, 0, 0},
    {"bytes=-0", 100, HTTPRANGE_UNSATISFIABLE, 0, 0},
    {"bytes=0-", 0, HTTPRANGE_UNSATISFIABLE, 0, 0},
    {"bytes=-5", 0, HTTPRANGE_UNSATISFIABLE, 0, 0},
    /* Ignored, so the whole: several ranges, other units, nonsense. */
    {"bytes=0-1,5-6", 100, HTTPRANGE_WHOLE, 0, 100},
    {"bytes=5-4", 100, HTTPRANGE_WHOLE, 0, 100},
    {"bytes=-", 100, HTTPRANGE_WHOLE, 0, 100},
    {"bytes=", 100, HTTPRANGE_WHOLE, 0, 100},
    {"bytes", 100, HTTPRANGE_WHOLE, 0, 100},
    {"", 100, HTTPRANGE_WHOLE, 0, 100},
    {"lines=0-1", 100, HTTPRANGE_WHOLE, 0, 100},
    {"bytes=0-1x", 100, HTTPRANGE_WHOLE, 0, 100},
    {"bytes=+0-1", 100, HTTPRANGE_WHOLE, 0, 100},
    {"bytes=0--1", 100, HTTPRANGE_WHOLE, 0, 100},
    {"bytes=a-b", 100, HTTPRANGE_WHOLE, 0, 100},
};

static void
test_parse(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof range_cases / sizeof range_cases[0];
	     i++) {
		const struct range_case *c = &range_cases[i];
		struct httprange_span span;

		assert_int_equal(
		    httprange_parse(c->header, c->size, &span), c->kind);
		assert_true(span.first == c->first);
		assert_true(span.len == c->len);
	}
}

static void
test_date(void **state)
{
	char out[HTTPRANGE_DATE_STRLEN];

	(void)state;
	assert_string_equal(
	    httprange_date(0, out), "Thu, 01 Jan 1970 00:00:00 GMT");
	assert_string_equal(
	    httprange_date(784111777, out), "Sun, 06 Nov 1994 08:49:37 GMT");
	assert_string_equal(httprange_date((time_t)INT64_MAX, out), "");
}

static void
test_if_range(void **state)
{
	(void)state;
	assert_true(httprange_if_range(NULL, "\"a\"", 0));
	assert_true(httprange_if_range("\"a\"", "\"a\"", 0));
	assert_true(httprange_if_range(" \"a\" ", "\"a\"", 0));
	assert_false(httprange_if_range("\"b\"", "\"a\"", 0));
	assert_false(httprange_if_range("\"ab\"", "\"a\"", 0));
	assert_false(httprange_if_range("\"a\"x", "\"a\"", 0));
	assert_false(httprange_if_range("W/\"a\"", "\"a\"", 0));
	assert_false(httprange_if_range("W/\"a\"", "W/\"a\"", 0));
	assert_true(httprange_if_range(
	    "Sun, 06 Nov 1994 08:49:37 GMT", "\"a\"", 784111777));
	assert_false(httprange_if_range(
	    "Sun, 06 Nov 1994 08:49:38 GMT", "\"a\"", 784111777));
	assert_false(httprange_if_range("", "\"a\"", 0));
}

static void
test_etag_listed(void **state)
{
	(void)state;
	assert_true(httprange_etag_listed("*", "\"a\""));
	assert_true(httprange_etag_listed("\"a\"", "\"a\""));
	assert_true(httprange_etag_listed("W/\"a\"", "\"a\""));
	assert_true(httprange_etag_listed("\"a\"", "W/\"a\""));
	assert_true(httprange_etag_listed("\"x\", W/\"y\" , \"a\"", "\"a\""));
	assert_true(httprange_etag_listed("\"x,\",\"a\"", "\"a\""));
	assert_false(httprange_etag_listed("\"x, \"a\"", "\"a\""));
	assert_false(httprange_etag_listed("\"x\"", "\"a\""));
	assert_false(httprange_etag_listed("a", "\"a\""));
	assert_false(httprange_etag_listed("", "\"a\""));
	assert_false(httprange_etag_listed(NULL, "\"a\""));
	assert_false(httprange_etag_listed("\"", "\"a\""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_date),
	    cmocka_unit_test(test_if_range),
	    cmocka_unit_test(test_etag_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
