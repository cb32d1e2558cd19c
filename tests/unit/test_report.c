#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/report.h"

static struct event
parse(const char *body, uint64_t percent_now)
{
	struct event event;

	assert_int_equal(
	    report_parse(body, strlen(body), percent_now, &event), 0);
	return event;
}

#define CURTIN(name, type, rest)                                               \
	"{\"origin\":\"curtin\",\"name\":\"" name "\",\"event_type\":\"" type  \
	"\",\"timestamp\":1795427818.42,\"level\":\"INFO\"" rest "}"
#define DESC(text) ",\"description\":\"" text "\""
#define INSTALL "subiquity/Install/install"

static void
test_curtin(void **state)
{
	struct event event = parse(CURTIN(INSTALL "/curtin_install", "finish",
				       DESC("x") ",\"result\":\"WARN\","
						 "\"files\":[{\"path\":\"/a\","
						 "\"content\":\"eA==\"}]"),
	    0);

	(void)state;
	assert_int_equal(event.kind, EVENT_REPORT);
	assert_string_equal(event.origin, "curtin");
	assert_string_equal(event.name, INSTALL "/curtin_install");
	assert_string_equal(event.event_type, "finish");
	assert_string_equal(event.result, "WARN");
	assert_string_equal(event.description, "x");
	assert_int_equal(event.percent, 0);
}

static void
test_percent(void **state)
{
	static const struct {
		const char *body;
		uint64_t now;
		uint64_t percent;
	} cases[] = {
	    {CURTIN("subiquity/core_validation", "start", ""), 0, 5},
	    {CURTIN("subiquity/core_validation", "finish", ""), 0, 0},
	    {CURTIN("subiquity/apply_autoinstall_config", "start", ""), 5, 10},
	    {CURTIN(INSTALL "/configure_apt", "start", ""), 10, 15},
	    {CURTIN(INSTALL "/curtin_install", "start",
		 DESC("executing curtin install initial step")),
		0, 5},
	    {CURTIN(INSTALL "/curtin_install", "start",
		 DESC("executing curtin install partitioning step")),
		0, 20},
	    {CURTIN(INSTALL "/curtin_install", "start",
		 DESC("executing curtin install extract step")),
		0, 25},
	    {CURTIN(INSTALL "/curtin_install", "start",
		 DESC("executing curtin install curthooks step")),
		0, 50},
	    {CURTIN("cmd-install/stage-curthooks/builtin/cmd-curthooks/"
		    "installing-kernel",
		 "start", ""),
		0, 55},
	    {CURTIN("a/b/install-grub", "start", ""), 0, 68},
	    {CURTIN(INSTALL "/postinstall", "start", ""), 0, 70},
	    {CURTIN(INSTALL "/postinstall/install_x", "start", ""), 60, 70},
	    {CURTIN(INSTALL "/postinstall/install_x", "start", ""), 70, 71},
	    {CURTIN(INSTALL "/postinstall/install_x/retrieving", "start", ""),
		75, 70},
	    {CURTIN(INSTALL "/postinstall/install_x", "start", ""), 80, 80},
	    {CURTIN(INSTALL "/postinstall/install_x", "start", ""), 95, 80},
	    {CURTIN(INSTALL "/postinstall/configure_cloud_init", "start", ""),
		0, 82},
	    {CURTIN(
		 INSTALL "/postinstall/run_unattended_upgrades", "start", ""),
		0, 85},
	    {CURTIN("subiquity/Late/run_user_supplied", "start", ""), 0, 92},
	    {CURTIN("subiquity/Late/run_user_supplied/command_3", "start", ""),
		93, 94},
	    {CURTIN("subiquity/Shutdown/shutdown", "start", ""), 0, 99},
	    {"{\"origin\":\"cloudinit\",\"name\":\"init-network/x\","
	     "\"event_type\":\"start\"}",
		0, 2},
	    {"state=progress&percent=42", 0, 42},
	    {"state=progress&percent=142", 0, 0},
	    {"state=progress&percent=-4", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct event event = parse(cases[i].body, cases[i].now);

		if (event.percent != cases[i].percent)
			fail_msg("%s: %lu", cases[i].body,
			    (unsigned long)event.percent);
	}
}

static void
check_step(const char *body, const char *want)
{
	struct event event = parse(body, 0);

	assert_string_equal(report_step(&event), want);
}

/* What a report begins; its end, and what is no milestone, begin nothing. */
static void
test_step(void **state)
{
	(void)state;
	check_step(
	    CURTIN("a/b/installing-kernel", "start", ""), "installing-kernel");
	check_step(CURTIN("a/b/installing-kernel", "finish", ""), "");
	check_step(CURTIN(INSTALL "/curtin_install", "start",
		       DESC("executing curtin install extract step")),
	    "extract");
	check_step(CURTIN(INSTALL "/postinstall/install_curl", "start", ""),
	    "install_curl");
	check_step(
	    CURTIN("subiquity/Late/run_user_supplied/command_3", "start", ""),
	    "late-commands");
	check_step("state=progress&stage=nvidia-driver", "nvidia-driver");
	check_step("state=progress&percent=3", "");
}

static void
test_kinds(void **state)
{
	static const struct {
		const char *body;
		enum event_kind kind;
	} cases[] = {
	    {CURTIN(
		 "subiquity/Shutdown/shutdown", "start", DESC("mode=REBOOT")),
		EVENT_INSTALLED},
	    {CURTIN("subiquity/Shutdown/shutdown", "finish", ""), EVENT_REPORT},
	    {CURTIN("subiquity/Shutdown", "start", ""), EVENT_REPORT},
	    {CURTIN("subiquity/Shutdown/copy_logs_to_target", "start", ""),
		EVENT_REPORT},
	    {CURTIN(INSTALL, "finish", ",\"result\":\"FAIL\""), EVENT_FAILED},
	    {CURTIN("subiquity/apply_autoinstall_config", "finish",
		 ",\"result\":\"FAIL\""),
		EVENT_FAILED},
	    {CURTIN("subiquity/load_autoinstall_config", "finish",
		 ",\"result\":\"FAIL\""),
		EVENT_FAILED},
	    {CURTIN(
		 INSTALL, "finish", ",\"result\":\"FAIL\"" DESC("cancelled")),
		EVENT_REPORT},
	    {CURTIN(INSTALL, "finish", ",\"result\":\"SUCCESS\""),
		EVENT_REPORT},
	    {CURTIN(INSTALL, "start", ",\"result\":\"FAIL\""), EVENT_REPORT},
	    {CURTIN(
		 INSTALL "/curtin_install", "finish", ",\"result\":\"FAIL\""),
		EVENT_REPORT},
	    /* cloud-init never installs and never fails a node. */
	    {"{\"origin\":\"cloudinit\",\"name\":\"subiquity/Shutdown/"
	     "shutdown\",\"event_type\":\"start\"}",
		EVENT_REPORT},
	    {"{\"origin\":\"cloudinit\",\"name\":\"modules-final\","
	     "\"event_type\":\"finish\",\"result\":\"FAIL\"}",
		EVENT_REPORT},
	    {"state=installed", EVENT_INSTALLED},
	    {"state=adopted&generation=7", EVENT_ADOPTED},
	    {"state=firstboot&stage=x", EVENT_FIRSTBOOT},
	    {"state=ready", EVENT_READY},
	    {"state=failed&code=x", EVENT_FAILED},
	    {"state=fail&stage=apt", EVENT_FAILED},
	    {"state=progress", EVENT_REPORT},
	    {"state=INSTALLED", EVENT_REPORT},
	    {"stage=installed", EVENT_REPORT},
	    {"state=ready&state=progress", EVENT_REPORT},
	    {"xstate=ready", EVENT_REPORT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct event event = parse(cases[i].body, 0);

		if (event.kind != cases[i].kind)
			fail_msg("%s: %s", cases[i].body,
			    event_kind_name(event.kind));
	}
}

static void
test_form(void **state)
{
	struct event event =
	    parse("run_id=4&seq=2&stage=nvidia&state=failed&code=no_gpu&"
		  "msg=no%20GPU+found&log=line1%0aline2%1b%5b&percent=96&rc=20",
		0);

	(void)state;
	assert_int_equal(event.kind, EVENT_FAILED);
	assert_string_equal(event.origin, "form");
	assert_string_equal(event.stage, "nvidia");
	assert_string_equal(event.event_type, "failed");
	assert_string_equal(event.code, "no_gpu");
	assert_string_equal(event.description, "no GPU found");
	assert_string_equal(event.evidence, "line1\nline2 [");
	assert_int_equal(event.percent, 96);
	event = parse("state=failed", 0);
	assert_string_equal(event.code, "unspecified");
}

/* Only a mark's number counts, and only one that can be. */
static void
test_adopted(void **state)
{
	struct event event = parse(
	    "state=adopted&generation=7&machine=4c4c-1&msg=sda+has+it", 0);

	(void)state;
	assert_int_equal(event.kind, EVENT_ADOPTED);
	assert_int_equal(event.generation, 7);
	assert_string_equal(event.uuid, "4c4c-1");
	assert_string_equal(event.description, "sda has it");
	event = parse("state=adopted&generation=4294967296", 0);
	assert_int_equal(event.generation, 0);
	event = parse("state=adopted&generation=7x", 0);
	assert_int_equal(event.generation, 0);
	event = parse("state=ready&generation=7&machine=x", 0);
	assert_int_equal(event.generation, 0);
	assert_string_equal(event.uuid, "");
}

static void
test_phone_home(void **state)
{
	struct event event = parse("pub_key_rsa=ssh-rsa+AAAA%2F&"
				   "instance_id=i-1&hostname=gpu1&fqdn=N%2FA",
	    0);

	(void)state;
	assert_int_equal(event.kind, EVENT_REPORT);
	assert_string_equal(event.origin, "phone_home");
	assert_string_equal(event.name, "gpu1");
	/* Keys that are some; the others are left out. */
	event = parse("pub_key_rsa=N%2FA&pub_key_ecdsa=nonsense&"
		      "pub_key_ed25519=ssh-ed25519+AAAAC3NzaC1lZDI1NTE5AAAAIL6N"
		      "VSGRJ1TaZzO99M4uIbzYfE%2BgUsoYVA%2BdU2YSl%2Fri+root%0A&"
		      "instance_id=i-1&hostname=gpu1",
	    0);
	assert_int_equal(event.kind, EVENT_HOSTKEYS);
	assert_string_equal(event.name, "gpu1");
	assert_string_equal(event.host_rsa, "");
	assert_string_equal(event.host_ecdsa, "");
	assert_string_equal(event.host_ed25519,
	    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIL6NVSGRJ1TaZzO99M4uIbzYfE+"
	    "gUsoYVA+dU2YSl/ri");
	/* A form of ours may have a host name in it. */
	event = parse("state=ready&hostname=gpu1&instance_id=x", 0);
	assert_int_equal(event.kind, EVENT_READY);
}

/* Bytes of a node's own logs get in the way of no fact. */
static void
test_dirty_json(void **state)
{
	static const char nul[] = "{\"name\":\"a\0b\",\"origin\":\"curtin\"}";
	struct event event;

	(void)state;
	event = parse(CURTIN("subiquity/Shutdown/shutdown", "start",
			  DESC("\xff\xfe raw \x01 \\udcff \\ud83d\\ude00 "
			       "\\ud800 \\u0000 \\\\u0000")),
	    0);
	assert_int_equal(event.kind, EVENT_INSTALLED);
	assert_string_equal(event.description,
	    "\xef\xbf\xbd\xef\xbf\xbd raw   \xef\xbf\xbd \xf0\x9f\x98\x80 "
	    "\xef\xbf\xbd   \\u0000");
	assert_int_equal(report_parse(nul, sizeof nul - 1, 0, &event), 0);
	assert_string_equal(event.name, "a b");
	/* What follows the object is no reason to forget it. */
	event = parse("\r\n {\"name\":\"x\"}\n{\"name\":\"y\"} trailing", 0);
	assert_string_equal(event.name, "x");
	assert_string_equal(event.origin, "unknown");
}

static void
test_wrong_types(void **state)
{
	struct event event = parse("{\"name\":7,\"origin\":[\"curtin\"],"
				   "\"description\":null,\"result\":{}}",
	    0);

	(void)state;
	assert_int_equal(event.kind, EVENT_REPORT);
	assert_string_equal(event.origin, "unknown");
	assert_string_equal(event.name, "");
}

static void
test_not_understood(void **state)
{
	static const char *const bodies[] = {"{\"name\":\"x\"", "{", "hello",
	    "<html>", "[1,2]", "\"text\"", "\xff\xff"};

	(void)state;
	for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
		struct event event = parse(bodies[i], 0);

		assert_int_equal(event.kind, EVENT_REPORT);
		assert_string_equal(event.origin, "unknown");
		assert_string_not_equal(event.description, "");
	}
}

static void
test_limits(void **state)
{
	size_t len = REPORT_BODY_MAX + 1;
	char *body = malloc(len);
	struct event event;

	(void)state;
	assert_non_null(body);
	memset(body, '[', len);
	assert_int_equal(report_parse(body, len, 0, &event), -EMSGSIZE);
	/* Deep nesting does not reach a recursive parser. */
	body[0] = '{';
	assert_int_equal(report_parse(body, len - 1, 0, &event), 0);
	assert_string_equal(event.origin, "unknown");
	memset(body, ' ', len);
	assert_int_equal(report_parse(body, len - 1, 0, &event), -ENODATA);
	assert_int_equal(report_parse("", 0, 0, &event), -ENODATA);
	/* Any number of pairs, and one that never ends. */
	memset(body, '&', len);
	for (size_t i = 0; i + 3 < len; i += 4)
		body[i + 1] = '=';
	assert_int_equal(report_parse(body, len - 1, 0, &event), 0);
	memset(body, '%', len);
	(void)snprintf(body, len, "msg=");
	body[4] = '%';
	assert_int_equal(report_parse(body, len - 1, 0, &event), 0);
	assert_int_equal(
	    strlen(event.description), sizeof event.description - 1);
	free(body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_curtin),
	    cmocka_unit_test(test_percent),
	    cmocka_unit_test(test_step),
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_form),
	    cmocka_unit_test(test_adopted),
	    cmocka_unit_test(test_phone_home),
	    cmocka_unit_test(test_dirty_json),
	    cmocka_unit_test(test_wrong_types),
	    cmocka_unit_test(test_not_understood),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
