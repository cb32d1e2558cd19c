/* A machine's time line as people see it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ctl/timeline.h"

static void
put(struct timeline *timeline, const char *json, struct buf *out)
{
	struct value entry;

	assert_int_equal(value_parse_json(json, strlen(json), &entry, NULL), 0);
	timeline_put(timeline, entry, out);
	value_unref(entry);
}

static void
test_plain(void **state)
{
	struct term term = {0};
	struct timeline timeline;
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	timeline_init(&timeline, &term);
	put(&timeline,
	    "{\"time\":\"2026-11-23T23:59:59.900Z\",\"who\":\"dhcp\","
	    "\"direction\":\"in\",\"text\":\"DISCOVER\"}",
	    &out);
	put(&timeline,
	    "{\"time\":\"2026-11-23T23:59:59.904Z\",\"who\":\"policy\","
	    "\"action\":\"install\",\"text\":\"dhcp: in\\u001bstall\"}",
	    &out);
	/* Says nothing new. */
	put(&timeline,
	    "{\"time\":\"2026-11-23T23:59:59.904Z\",\"who\":\"event\","
	    "\"echo\":true,\"text\":\"network boot\"}",
	    &out);
	/* It took 30 s of the 45: the silence was 15. */
	put(&timeline,
	    "{\"time\":\"2026-11-24T00:00:45.104Z\",\"who\":\"files\","
	    "\"direction\":\"out\",\"ms\":30000,\"text\":\"GET /x: 200\"}",
	    &out);
	assert_string_equal(out.data,
	    "2026-11-23 UTC\n"
	    "23:59:59.900           <- dhcp   DISCOVER\n"
	    "23:59:59.904   +0.004     policy dhcp: in\\x1bstall\n"
	    "                                 15.2 s without news\n"
	    "2026-11-24 UTC\n"
	    "00:00:45.104  +45.200  -> files  GET /x: 200\n");
	buf_done(&out);
}

/* What went on until a moment ago was no silence. */
static void
test_repeats(void **state)
{
	struct term term = {0};
	struct timeline timeline;
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	timeline_init(&timeline, &term);
	put(&timeline,
	    "{\"time\":\"2026-11-23T12:00:00.000Z\",\"who\":\"dhcp\","
	    "\"last\":\"2026-11-23T12:59:59.000Z\",\"text\":\"many\"}",
	    &out);
	put(&timeline,
	    "{\"time\":\"2026-11-23T13:00:00.000Z\",\"who\":\"dhcp\","
	    "\"text\":\"one\"}",
	    &out);
	assert_null(strstr(out.data, "without news"));
	assert_non_null(strstr(out.data, "+1h 00m"));
	put(&timeline,
	    "{\"time\":\"2026-11-26T15:00:00.000Z\",\"who\":\"dhcp\","
	    "\"text\":\"late\"}",
	    &out);
	assert_non_null(strstr(out.data, "74 h 0 min without news"));
	assert_non_null(strstr(out.data, "+3d 02h"));
	buf_done(&out);
}

static void
test_terminal(void **state)
{
	struct term term = {.tty = true, .color = true, .width = 60};
	struct timeline timeline;
	struct buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	timeline_init(&timeline, &term);
	put(&timeline,
	    "{\"time\":\"2026-11-23T12:00:00.000Z\",\"who\":\"http\","
	    "\"direction\":\"out\",\"status\":404,\"text\":"
	    "\"GET /images/none: 404, 10 B in 0 ms\"}",
	    &out);
	assert_non_null(strstr(out.data,
	    "\033[31mGET /images/none: 404, 10 B\033[0m\n"
	    "                                 \033[31min 0 ms\033[0m\n"));
	buf_done(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_repeats),
	    cmocka_unit_test(test_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
