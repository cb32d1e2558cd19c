#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/policy.h"

/* The order is the meaning; the replay scenarios show each rule at work. */
static void
test_order(void **state)
{
	static const char *const names[] = {"unknown-machine",
	    "unknown-ignored", "unknown-inspected", "unknown-waits",
	    "ambiguous-machine", "seed-token-stale", "locked", "held",
	    "attempts-exhausted", "no-image", "wrong-arch", "seed-broken",
	    "reinstall-always", "install-armed", "cancelled",
	    "auto-install-off", "installed"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		assert_string_equal(policy_rule_name(i), names[i]);
	assert_null(policy_rule_name(i));
}

static void
test_never_heard_of(void **state)
{
	struct ask ask = {.stage = ASK_DHCP};
	struct decision decision;

	(void)state;
	policy_decide(&ask, NULL, &decision);
	assert_int_equal(decision.action, POLICY_SILENT);
	assert_string_equal(decision.rule, "unknown-machine");
	ask.enroll = true;
	policy_decide(&ask, NULL, &decision);
	assert_int_equal(decision.action, POLICY_WAIT);
	assert_true(policy_is_offer(decision.action));
	ask.inspect = true;
	policy_decide(&ask, NULL, &decision);
	assert_int_equal(decision.action, POLICY_INSPECT);
	assert_true(policy_is_offer(decision.action));
	assert_false(policy_is_offer(POLICY_SILENT));
	assert_false(policy_is_offer(POLICY_LOCAL));
	assert_false(policy_is_offer(POLICY_REFUSE));
	ask.known = true;
	ask.auto_install = true;
	policy_decide(&ask, NULL, &decision);
	assert_int_equal(decision.action, POLICY_INSTALL);
	assert_int_equal(decision.generation, 1);
	assert_false(decision.overwrite);
}

/* Facts of all kinds in all combinations: what must hold of every decision. */
static void
check(unsigned bits, enum ask_stage stage)
{
	struct ask ask = {
	    .stage = stage,
	    .known = (bits & 1) != 0,
	    .auto_install = (bits & 2) != 0,
	    .install_attempts = (bits & 4) != 0 ? 2 : 0,
	    .image_problem = (bits & 8) != 0 ? "none" : NULL,
	    .problem = (bits & 16) != 0 ? "broken" : NULL,
	    .client_arch = "amd64",
	    .image_arch = (bits & 32) != 0 ? "arm64" : "amd64",
	    .token_generation = (bits & 64) != 0 ? 2 : 1,
	    .token_expires_ms = 100,
	    .now_ms = (bits & 128) != 0 ? 100 : 50,
	};
	struct decision decision;
	struct node node;
	bool armed;

	node_init(&node, "gpu1");
	node.held = (bits & 256) != 0;
	node.attempts = (bits & 512) != 0 ? 2 : 1;
	node.want = bits >> 10 & 3;
	node.have = bits >> 12 & 3;
	policy_decide(&ask, &node, &decision);
	armed = policy_effective_want(&ask, &node) > node.have;
	assert_string_not_equal(decision.why, "");
	if (decision.action == POLICY_INSTALL) {
		assert_true(ask.known && armed && !node.held);
		assert_true(decision.generation > node.have);
		assert_null(ask.image_problem);
		assert_null(ask.problem);
	} else {
		assert_int_equal(decision.generation, 0);
		assert_false(decision.overwrite);
	}
	if (!armed && stage == ASK_DHCP)
		assert_int_equal(decision.action, POLICY_SILENT);
	if (stage != ASK_BOOT_SCRIPT)
		assert_int_not_equal(decision.action, POLICY_LOCAL);
	if (stage == ASK_SEED)
		assert_int_not_equal(decision.action, POLICY_SILENT);
}

static void
test_all_facts(void **state)
{
	(void)state;
	for (unsigned bits = 0; bits < 1u << 14; bits++) {
		check(bits, ASK_DHCP);
		check(bits, ASK_BOOT_SCRIPT);
		check(bits, ASK_SEED);
	}
}

static void
test_names(void **state)
{
	(void)state;
	assert_string_equal(policy_action_name(POLICY_REFUSE), "refuse");
	assert_string_equal(ask_stage_name(ASK_SEED), "seed");
	assert_string_equal(policy_action_name((enum policy_action)99), "none");
	assert_string_equal(ask_stage_name((enum ask_stage)99), "none");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_never_heard_of),
	    cmocka_unit_test(test_all_facts),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
