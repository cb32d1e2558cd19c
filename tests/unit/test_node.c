#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/node.h"
#include "core/policy.h"

static struct event
event_of(enum event_kind kind, uint64_t generation)
{
	struct event event;

	event_init(&event, kind, "gpu1");
	event.generation = generation;
	event.time_ms = 1000;
	return event;
}

static void
apply(struct node *node, enum event_kind kind, uint64_t generation)
{
	struct event event = event_of(kind, generation);

	node_apply(node, &event);
}

static void
apply_script(struct node *node, uint64_t generation, const char *token)
{
	struct event event = event_of(EVENT_BOOT_SCRIPT, generation);

	str_copy(event.decision, sizeof event.decision, "install");
	snprintf(event.token, sizeof event.token, "%s", token);
	snprintf(event.report_token, sizeof event.report_token, "r%s", token);
	event.expires_ms = 5000;
	node_apply(node, &event);
}

static void
check_round_trip(const struct node *node)
{
	struct err err = {0};
	struct node back;
	struct buf text;

	buf_init(&text, NODE_JSON_MAX);
	node_write_json(node, &text);
	if (node_parse_json(text.data, text.len, &back, &err) < 0)
		fail_msg("%s: %s", text.data, err.text);
	assert_memory_equal(node, &back, sizeof back);
	buf_done(&text);
}

static void
test_round_trip(void **state)
{
	struct node node;

	(void)state;
	node_init(&node, "gpu1");
	check_round_trip(&node);
	apply(&node, EVENT_REINSTALL, 0);
	apply_script(&node, 1, "one");
	check_round_trip(&node);
	apply_script(&node, 1, "two");
	apply(&node, EVENT_FAILED, 1);
	apply(&node, EVENT_HOLD, 0);
	check_round_trip(&node);
}

static void
test_refuses(void **state)
{
	static const char *const bad[] = {
	    "",
	    "{}",
	    "{\"name\":\"a\",\"phase\":\"dead\"}",
	    "{\"name\":\"a\",\"phase\":3}",
	    "{\"name\":\"a\",\"colour\":1}",
	    "{\"name\":\"a\",\"tokens\":{}}",
	    "{\"name\":\"a\",\"tokens\":[1]}",
	    "{\"name\":\"a\",\"tokens\":[{},{},{},{},{}]}",
	    "{\"name\":\"a\",\"tokens\":[{\"secret\":\"x\"}]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct err err = {0};
		struct node node;

		if (node_parse_json(bad[i], strlen(bad[i]), &node, &err) !=
		    -EBADMSG)
			fail_msg("accepted: %s", bad[i]);
		assert_true(err_is_set(&err));
	}
}

static void
test_seq_is_applied_once(void **state)
{
	struct event event = event_of(EVENT_BOOT_SCRIPT, 1);
	struct node node;

	(void)state;
	node_init(&node, "gpu1");
	str_copy(event.decision, sizeof event.decision, "install");
	event.seq = 7;
	node_apply(&node, &event);
	node_apply(&node, &event);
	event.seq = 6;
	node_apply(&node, &event);
	assert_int_equal(node.attempts, 1);
	assert_int_equal(node.seq, 7);
	event.seq = 8;
	node_apply(&node, &event);
	assert_int_equal(node.attempts, 2);
}

static void
test_tokens(void **state)
{
	struct node node;

	(void)state;
	node_init(&node, "gpu1");
	apply_script(&node, 1, "one");
	assert_non_null(node_token_by_boot(&node, "one"));
	assert_null(node_token_by_boot(&node, "rone"));
	assert_non_null(node_token_by_report(&node, "rone"));
	assert_null(node_token_by_report(&node, "one"));
	/* An event without tokens leaves no entry that "" would find. */
	apply_script(&node, 1, "");
	assert_null(node_token_by_boot(&node, ""));
	assert_null(node_token_by_report(&node, ""));
	/* A script that boots the disk arms nothing. */
	apply(&node, EVENT_BOOT_SCRIPT, 1);
	assert_int_equal(node.ntokens, 1);
}

static void
test_reinstall_arithmetic(void **state)
{
	static const struct {
		uint64_t want, have, result;
	} cases[] = {
	    {0, 0, 1}, {1, 0, 1}, {0, 1, 2}, {1, 1, 2}, {2, 1, 2}, {3, 3, 4}};
	struct node node;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		node_init(&node, "gpu1");
		node.want = cases[i].want;
		node.have = cases[i].have;
		node.held = true;
		node.attempts = 9;
		apply(&node, EVENT_REINSTALL, 0);
		assert_int_equal(node.want, cases[i].result);
		assert_int_equal(node.have, cases[i].have);
		assert_int_equal(node.attempts, 0);
		assert_false(node.held);
		assert_true(node.overwrite);
	}
}

/* A small generator: the test is the same each time. */
static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

static struct event
random_event(uint32_t *seed)
{
	static const char *const decisions[] = {
	    "install", "local", "silent", "inspect"};
	unsigned kind = next_random(seed) % (EVENT_KINDS + 2);
	struct event event =
	    event_of((enum event_kind)kind, next_random(seed) % 5);

	str_copy(event.decision, sizeof event.decision,
	    decisions[next_random(seed) % 4]);
	snprintf(event.token, sizeof event.token, "%u", next_random(seed) % 20);
	str_copy(event.report_token, sizeof event.report_token, event.token);
	str_copy(event.result, sizeof event.result,
	    next_random(seed) % 2 == 0 ? "FAIL" : "SUCCESS");
	str_copy(event.origin, sizeof event.origin,
	    next_random(seed) % 2 == 0 ? "curtin" : "form");
	str_copy(event.stage, sizeof event.stage,
	    next_random(seed) % 2 == 0 ? "apt" : "");
	memset(event.description, 'd', next_random(seed) % 511);
	memset(event.name, 'n', next_random(seed) % 191);
	event.percent = next_random(seed) % 120;
	event.time_ms = (int64_t)next_random(seed);
	return event;
}

static void
check_step(
    const struct node *before, const struct node *after, enum event_kind kind)
{
	struct ask ask = {.stage = ASK_DHCP, .known = true};
	struct decision decision;

	assert_true(after->have >= before->have);
	assert_true(after->want >= before->want || kind == EVENT_CANCELLED);
	policy_decide(&ask, after, &decision);
	assert_true(!after->locked || decision.action == POLICY_SILENT);
	assert_true(after->percent <= 100);
	assert_true(after->ntokens <= NODE_TOKENS_MAX);
	assert_true((unsigned)after->phase < NODE_PHASES);
	if (kind == EVENT_REINSTALL)
		return;
	/* Nothing but an order arms an install or permits to overwrite. */
	if (before->want <= before->have)
		assert_int_equal(after->want, before->want);
	assert_true(before->overwrite || !after->overwrite);
	if (policy_effective_want(&ask, before) <= before->have)
		assert_true(policy_effective_want(&ask, after) <= after->have);
}

static void
test_any_event_is_safe(void **state)
{
	uint32_t seed = 20261123;
	static struct node before;
	static struct node node;

	(void)state;
	node_init(&node, "gpu1");
	for (int i = 0; i < 20000; i++) {
		struct event event = random_event(&seed);

		if (i % 500 == 0)
			node_init(&node, "gpu1");
		before = node;
		node_apply(&node, &event);
		check_step(&before, &node, event.kind);
		if (i % 50 == 0)
			check_round_trip(&node);
	}
}

static void
test_cancelled(void **state)
{
	struct node node;

	(void)state;
	node_init(&node, "gpu1");
	apply_script(&node, 1, "one");
	apply(&node, EVENT_CANCELLED, 0);
	assert_int_equal(node.withdrawn, 1);
	assert_int_equal(node.phase, NODE_NEW);
	check_round_trip(&node);
	apply(&node, EVENT_REINSTALL, 0);
	assert_int_equal(node.want, 2);
	apply(&node, EVENT_INSTALLED, 2);
	apply(&node, EVENT_CANCELLED, 0);
	assert_int_equal(node.withdrawn, 1);
	assert_int_equal(node.phase, NODE_INSTALLED);
}

/* Anybody can show a bad token: nothing of the node is told by it. */
static void
test_refused_is_no_news(void **state)
{
	struct event event = event_of(EVENT_REFUSED, 1);
	static struct node before;
	static struct node node;

	(void)state;
	node_init(&node, "gpu1");
	apply(&node, EVENT_READY, 1);
	before = node;
	str_copy(event.addr, sizeof event.addr, "192.0.2.66");
	event.seq = 9;
	node_apply(&node, &event);
	assert_int_equal(node.seq, 9);
	node.seq = before.seq;
	assert_memory_equal(&node, &before, sizeof node);
}

static void
test_phase_names(void **state)
{
	enum node_phase phase;

	(void)state;
	for (unsigned i = 0; i < NODE_PHASES; i++) {
		const char *name = node_phase_name((enum node_phase)i);

		assert_int_equal(node_phase_parse(name, &phase), 0);
		assert_int_equal(phase, i);
	}
	assert_int_equal(node_phase_parse("dead", &phase), -EINVAL);
}

static void
test_discovered(void **state)
{
	struct node node;

	(void)state;
	node_init(&node, "52:54:00:aa:0b:01");
	apply(&node, EVENT_DISCOVERED, 0);
	assert_int_equal(node.phase, NODE_DISCOVERED);
	apply(&node, EVENT_PXE, 0);
	assert_int_equal(node.phase, NODE_DISCOVERED);
}

static void
apply_keys(struct node *node, uint64_t generation, const char *rsa,
    const char *ed25519)
{
	struct event event = event_of(EVENT_HOSTKEYS, generation);

	str_copy(event.host_rsa, sizeof event.host_rsa, rsa);
	str_copy(event.host_ed25519, sizeof event.host_ed25519, ed25519);
	node_apply(node, &event);
}

/* The last install's, and of that all that were told last. */
static void
test_host_keys(void **state)
{
	static struct node node;

	(void)state;
	node_init(&node, "gpu1");
	apply_keys(&node, 0, "ssh-rsa none", "");
	assert_string_equal(node.host_rsa, "");
	apply_script(&node, 1, "one");
	apply_keys(&node, 1, "ssh-rsa a", "ssh-ed25519 b");
	apply(&node, EVENT_READY, 1);
	check_round_trip(&node);
	assert_string_equal(node.host_rsa, "ssh-rsa a");
	assert_string_equal(node.host_ed25519, "ssh-ed25519 b");
	apply_keys(&node, 1, "", "ssh-ed25519 c");
	assert_string_equal(node.host_rsa, "");
	assert_string_equal(node.host_ed25519, "ssh-ed25519 c");
	/* As long as the new one is not there, the old one may run. */
	apply(&node, EVENT_REINSTALL, 0);
	apply_script(&node, 2, "two");
	assert_string_equal(node.host_ed25519, "ssh-ed25519 c");
	apply(&node, EVENT_INSTALLED, 2);
	assert_string_equal(node.host_ed25519, "");
	apply_keys(&node, 1, "ssh-rsa late", "");
	assert_string_equal(node.host_rsa, "");
	apply_keys(&node, 2, "", "ssh-ed25519 d");
	assert_string_equal(node.host_ed25519, "ssh-ed25519 d");
}

static void
apply_news(struct node *node, uint64_t seq, const char *state,
    const char *stage, const char *text)
{
	struct event event = event_of(EVENT_REPORT, 1);

	event.run_seq = seq;
	event.time_ms = 1000 * (int64_t)seq;
	str_copy(event.origin, sizeof event.origin, "form");
	str_copy(event.event_type, sizeof event.event_type, state);
	str_copy(event.stage, sizeof event.stage, stage);
	str_copy(event.description, sizeof event.description, text);
	node_apply(node, &event);
}

static bool
has_come(const struct node *node, uint64_t seq)
{
	struct event event = event_of(EVENT_REPORT, 1);

	event.run_seq = seq;
	return node_has_news(node, &event);
}

/* The first boot's stage, its age and last line; what it counts comes once. */
static void
test_first_boot_news(void **state)
{
	static struct node node;

	(void)state;
	node_init(&node, "gpu1");
	apply_script(&node, 1, "one");
	apply(&node, EVENT_INSTALLED, 1);
	assert_false(has_come(&node, 1));
	apply_news(&node, 1, "start", "apt", "");
	assert_true(has_come(&node, 1));
	assert_int_equal(node.phase, NODE_FIRSTBOOT);
	apply_news(&node, 2, "start", "docker", "");
	apply_news(&node, 3, "progress", "docker", "Unpacking docker-ce");
	assert_string_equal(node.step, "docker");
	assert_int_equal(node.step_ms, 2000);
	assert_string_equal(node.line, "Unpacking docker-ce");
	check_round_trip(&node);
	apply_news(&node, 4, "start", "verify", "");
	assert_int_equal(node.step_ms, 4000);
	assert_string_equal(node.line, "");
	assert_true(has_come(&node, 4));
	assert_false(has_come(&node, 5));
}

static void
test_first_boot_counts_anew(void **state)
{
	struct node node;

	(void)state;
	node_init(&node, "gpu1");
	apply_script(&node, 1, "one");
	apply(&node, EVENT_INSTALLED, 1);
	apply_news(&node, 7, "start", "apt", "");
	assert_int_equal(node.run_seq, 7);
	apply(&node, EVENT_INSTALLED, 2);
	assert_int_equal(node.run_seq, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trip),
	    cmocka_unit_test(test_refuses),
	    cmocka_unit_test(test_seq_is_applied_once),
	    cmocka_unit_test(test_tokens),
	    cmocka_unit_test(test_reinstall_arithmetic),
	    cmocka_unit_test(test_any_event_is_safe),
	    cmocka_unit_test(test_cancelled),
	    cmocka_unit_test(test_refused_is_no_news),
	    cmocka_unit_test(test_first_boot_news),
	    cmocka_unit_test(test_first_boot_counts_anew),
	    cmocka_unit_test(test_phase_names),
	    cmocka_unit_test(test_discovered),
	    cmocka_unit_test(test_host_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
