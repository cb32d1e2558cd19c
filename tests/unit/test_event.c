#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/event.h"

/* Every member set: each kind writes its own share of it. */
static struct event
full_event(enum event_kind kind)
{
	struct event event;

	event_init(&event, kind, "gpu1");
	event.seq = 41;
	event.time_ms = 1795430000123;
	str_copy(event.stage, sizeof event.stage, "dhcp");
	str_copy(event.arch, sizeof event.arch, "uefi-x64");
	str_copy(event.client, sizeof event.client, "ipxe");
	str_copy(event.addr, sizeof event.addr, "10.0.0.7");
	str_copy(event.mac, sizeof event.mac, "52:54:00:aa:0b:01");
	str_copy(event.name, sizeof event.name, "vmlinuz \"x\" \\ \xc3\xa9");
	str_copy(event.decision, sizeof event.decision, "install");
	str_copy(event.rule, sizeof event.rule, "install-armed");
	event.generation = 3;
	event.attempt = 2;
	memset(event.token, 'a', sizeof event.token - 1);
	memset(event.report_token, 'b', sizeof event.report_token - 1);
	event.expires_ms = 1795430999999;
	event.overwrite = true;
	event.bytes = 14928264;
	event.ms = 77;
	str_copy(event.origin, sizeof event.origin, "curtin");
	str_copy(event.event_type, sizeof event.event_type, "finish");
	str_copy(event.result, sizeof event.result, "FAIL");
	str_copy(
	    event.description, sizeof event.description, "line one\nline two");
	event.percent = 55;
	str_copy(event.code, sizeof event.code, "install_failed");
	str_copy(event.evidence, sizeof event.evidence, "a\tb");
	str_copy(event.by, sizeof event.by, "root");
	str_copy(event.reason, sizeof event.reason, "because");
	return event;
}

/* 65 bytes: one too many for a hash, and for `by`. */
static const char too_long[] =
    "{\"kind\":\"hold\",\"node\":\"a\",\"by\":\""
    "01234567890123456789012345678901234567890123456789012345678901234\"}";

static int
parse(const char *text, struct event *event, struct err *err)
{
	return event_parse_json(text, strlen(text), event, err);
}

static void
test_round_trip(void **state)
{
	struct err err = {0};
	struct event event;
	struct event back;
	struct buf one;
	struct buf two;

	(void)state;
	buf_init(&one, EVENT_JSON_MAX);
	buf_init(&two, EVENT_JSON_MAX);
	for (unsigned kind = EVENT_NONE + 1; kind < EVENT_KINDS; kind++) {
		event = full_event((enum event_kind)kind);
		buf_reset(&one);
		buf_reset(&two);
		event_write_json(&event, &one);
		if (event_parse_json(one.data, one.len, &back, &err) < 0)
			fail_msg("%s: %s", one.data, err.text);
		assert_int_equal(back.kind, kind);
		assert_int_equal(back.seq, 41);
		assert_string_equal(back.node, "gpu1");
		event_write_json(&back, &two);
		assert_string_equal(one.data, two.data);
	}
	buf_done(&one);
	buf_done(&two);
}

static void
test_kinds(void **state)
{
	enum event_kind kind;

	(void)state;
	for (unsigned i = EVENT_NONE + 1; i < EVENT_KINDS; i++) {
		const char *name = event_kind_name((enum event_kind)i);

		assert_int_equal(event_kind_parse(name, &kind), 0);
		assert_int_equal(kind, i);
	}
	assert_int_equal(event_kind_parse("none", &kind), -EINVAL);
	assert_int_equal(event_kind_parse("", &kind), -EINVAL);
	assert_string_equal(event_kind_name((enum event_kind)999), "none");
}

static void
test_refuses(void **state)
{
	static const char *const bad[] = {
	    "",
	    "[]",
	    "{}",
	    "{\"kind\":\"hold\"}",
	    "{\"kind\":\"none\",\"node\":\"a\"}",
	    "{\"kind\":\"holds\",\"node\":\"a\"}",
	    "{\"kind\":3,\"node\":\"a\"}",
	    "{\"kind\":\"hold\",\"node\":\"a\",\"node\":\"b\"}",
	    "{\"kind\":\"hold\",\"node\":\"a\",\"bytes\":3}",
	    "{\"kind\":\"hold\",\"node\":\"a\",\"color\":\"red\"}",
	    "{\"kind\":\"hold\",\"node\":\"a\",\"by\":3}",
	    "{\"kind\":\"hold\",\"node\":\"a\",\"seq\":-3}",
	    "{\"kind\":\"hold\",\"node\":\"a\",\"seq\":1.5}",
	    "{\"kind\":\"hold\",\"node\":\"a\",\"by\":\"\\u0000\"}",
	    "{\"kind\":\"hold\",\"node\":\"a\"} x",
	    "{\"kind\":\"boot_script\",\"node\":\"a\",\"overwrite\":1}",
	    too_long,
	};
	struct event event;

	(void)state;
	memset(&event, 'x', sizeof event);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct err err = {0};

		if (parse(bad[i], &event, &err) != -EBADMSG)
			fail_msg("accepted: %s", bad[i]);
		assert_true(err_is_set(&err));
		assert_int_equal(event.node[0], 'x');
	}
}

static void
check_text(const char *in, size_t len, size_t size, const char *want)
{
	char out[64];

	memset(out, 'z', sizeof out);
	assert_true(size <= sizeof out);
	event_text(out, size, in, len);
	assert_string_equal(out, want);
}

static void
test_text(void **state)
{
	(void)state;
	check_text("plain", 5, 64, "plain");
	check_text("a\nb\tc", 5, 64, "a\nb\tc");
	check_text("a\0b\x1b[2J\x7f", 8, 64, "a b [2J ");
	/* C1: some terminals take them for escape sequences. */
	check_text("a\xc2\x9b"
		   "31mb",
	    7, 64, "a 31mb");
	/* Turned round, a line reads as another one. */
	check_text("a\xe2\x80\xae"
		   "b\xe2\x81\xa6\xe2\x80\xa8",
	    11, 64, "a b  ");
	check_text(
	    "\xe2\x80\x93\xe2\x82\xac", 6, 64, "\xe2\x80\x93\xe2\x82\xac");
	check_text("\xc3\xa9", 2, 64, "\xc3\xa9");
	check_text("x\xff\xfey", 4, 64, "x\xef\xbf\xbd\xef\xbf\xbdy");
	/* Cut at a character's border, not in it. */
	check_text("ab\xc3\xa9", 4, 4, "ab");
	check_text("ab\xc3\xa9", 4, 5, "ab\xc3\xa9");
	check_text("abc", 3, 1, "");
	check_text("\xf0\x9f\x98\x80", 4, 5, "\xf0\x9f\x98\x80");
	check_text(
	    "\xf0\x9f\x98", 3, 64, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
}

/* Whoever cut a member in the middle of a character: it is stored all the same.
 */
static void
test_clean(void **state)
{
	struct event event = full_event(EVENT_HOLD);
	struct event back;
	struct buf text;

	(void)state;
	memset(event.reason, 'r', sizeof event.reason);
	event.reason[sizeof event.reason - 2] = '\xc3';
	event.reason[sizeof event.reason - 1] = '\0';
	event.by[0] = '\x1b';
	event.seq = UINT64_MAX;
	event_clean(&event);
	buf_init(&text, EVENT_JSON_MAX);
	event_write_json(&event, &text);
	assert_int_equal(event_parse_json(text.data, text.len, &back, NULL), 0);
	assert_string_equal(back.by, " oot");
	assert_int_equal(back.seq, INT64_MAX);
	assert_int_equal(strlen(back.reason), sizeof back.reason - 2);
	buf_done(&text);
}

static void
check_described(const struct event *event, const char *want)
{
	struct buf out;

	buf_init(&out, 4096);
	event_describe(event, &out);
	assert_string_equal(out.data, want);
	buf_done(&out);
}

static void
test_describe(void **state)
{
	struct event event = full_event(EVENT_BOOT_SCRIPT);

	(void)state;
	event.reason[0] = '\0';
	event.name[0] = '\0';
	check_described(&event, "boot script: install (install-armed), "
				"generation 3, attempt 2");
	event_init(&event, EVENT_BOOT_SCRIPT, "gpu1");
	str_copy(event.decision, sizeof event.decision, "local");
	check_described(&event, "boot script: local");
	event_init(&event, EVENT_REINSTALL, "gpu1");
	check_described(&event, "reinstall wanted");
	str_copy(event.by, sizeof event.by, "root");
	check_described(&event, "reinstall wanted by root");
	/* No kind is without words. */
	for (unsigned kind = 0; kind <= EVENT_KINDS; kind++) {
		struct buf out;

		event = full_event((enum event_kind)kind);
		buf_init(&out, 4096);
		event_describe(&event, &out);
		assert_true(out.len > 5);
		assert_null(strpbrk(out.data, "{}[]"));
		buf_done(&out);
	}
}

/* What people and scripts are shown has no hashes of tokens in it. */
static void
test_fields(void **state)
{
	struct event event = full_event(EVENT_BOOT_SCRIPT);
	struct buf out;

	(void)state;
	buf_init(&out, EVENT_JSON_MAX);
	event_write_fields(&event, &out);
	assert_null(strstr(out.data, "token"));
	assert_null(strstr(out.data, "aaaa"));
	assert_non_null(strstr(out.data, "\"generation\":3"));
	buf_reset(&out);
	event_init(&event, EVENT_HOLD, "gpu1");
	event_write_fields(&event, &out);
	assert_string_equal(out.data, "{}");
	buf_done(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_refuses),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_clean),
	    cmocka_unit_test(test_describe),
	    cmocka_unit_test(test_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
