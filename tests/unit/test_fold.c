/*
 * What must hold of a node whatever comes in whatever order: seeded and the
 * same each time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/policy.h"
#include "core/report.h"

static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* ---- one run's callbacks, in any order and any number -------------------- */

#define RUN_MAX 96

static const char *const installing[] = {
    "{\"origin\":\"cloudinit\",\"name\":\"init-network\","
    "\"event_type\":\"start\"}",
    "{\"origin\":\"curtin\",\"name\":\"subiquity/core_validation\","
    "\"event_type\":\"finish\",\"result\":\"SUCCESS\"}",
    "{\"origin\":\"curtin\",\"name\":\"subiquity/apply_autoinstall_config\","
    "\"event_type\":\"start\"}",
    "{\"origin\":\"curtin\",\"name\":\"subiquity/Install/install/"
    "configure_apt\",\"event_type\":\"start\"}",
    "{\"origin\":\"curtin\",\"name\":\"subiquity/Install/install/"
    "curtin_install\",\"event_type\":\"start\",\"description\":\"executing "
    "curtin install extract step\"}",
    "{\"origin\":\"curtin\",\"name\":\"subiquity/Install/install/"
    "curtin_install/installing-kernel\",\"event_type\":\"start\"}",
    "{\"origin\":\"curtin\",\"name\":\"subiquity/Install/install/postinstall/"
    "install_curl/retrieving\",\"event_type\":\"finish\",\"result\":\"FAIL\"}",
    "{\"origin\":\"curtin\",\"name\":\"subiquity/Install/install/postinstall/"
    "install_curl\",\"event_type\":\"start\"}",
    "state=progress&stage=late-commands&percent=97",
};

static const char *const finishing[] = {
    ("{\"origin\":\"curtin\",\"name\":\"subiquity/Shutdown/shutdown\","
     "\"event_type\":\"start\"}"),
    "state=installed",
    "state=firstboot&stage=cloud-init&percent=95",
    "state=start&stage=driver",
    "state=rebooting&stage=driver",
    "state=finish&stage=driver",
    "pub_key_rsa=x&instance_id=gpu1-1&hostname=gpu1",
    "state=ready",
};

static const char *const failing[] = {
    "{\"origin\":\"curtin\",\"name\":\"subiquity/Install/install/"
    "curtin_install\",\"event_type\":\"finish\",\"result\":\"FAIL\"}",
    "{\"origin\":\"curtin\",\"name\":\"subiquity/Install/install\","
    "\"event_type\":\"finish\",\"result\":\"FAIL\"}",
    "state=failed&code=installer",
};

#define COUNT(list) (sizeof(list) / sizeof(list)[0])

struct run {
	const char *bodies[RUN_MAX];
	size_t count;
};

static void
add(struct run *run, const char *const *bodies, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_true(run->count < RUN_MAX);
		run->bodies[run->count++] = bodies[i];
	}
}

/* Each once, some of them again, and then all of it mixed. */
static void
shuffle(struct run *run, uint32_t *seed)
{
	size_t once = run->count;

	while (run->count < once * 3)
		add(run, &run->bodies[next_random(seed) % once], 1);
	for (size_t i = run->count - 1; i > 0; i--) {
		size_t other = next_random(seed) % (i + 1);
		const char *body = run->bodies[i];

		run->bodies[i] = run->bodies[other];
		run->bodies[other] = body;
	}
}

static void
begin(struct node *node)
{
	struct event event;

	node_init(node, "gpu1");
	event_init(&event, EVENT_BOOT_SCRIPT, "gpu1");
	str_copy(event.decision, sizeof event.decision, "install");
	str_copy(event.token, sizeof event.token, "t");
	str_copy(event.content, sizeof event.content, "c");
	event.generation = 1;
	event.time_ms = 1000;
	node_apply(node, &event);
}

static void
play(struct node *node, const struct run *run)
{
	struct event event;

	for (size_t i = 0; i < run->count; i++) {
		const char *body = run->bodies[i];

		assert_int_equal(
		    report_parse(body, strlen(body), node->percent, &event), 0);
		str_copy(event.node, sizeof event.node, "gpu1");
		event.generation = 1;
		event.time_ms = 2000 + (int64_t)i;
		node_apply(node, &event);
	}
	/* When and what came last is of the order, the rest is not. */
	node->phase_ms = node->last_ms = node->last_seen_ms = 0;
	node->last_kind = EVENT_NONE;
	memset(node->last_event, 0, sizeof node->last_event);
}

static void
test_order_of_a_whole_run(void **state)
{
	static struct node reference;
	static struct node node;
	uint32_t seed = 5;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct run run = {.count = 0};

		add(&run, installing, COUNT(installing));
		add(&run, finishing, COUNT(finishing));
		if (i > 0)
			shuffle(&run, &seed);
		begin(&node);
		play(&node, &run);
		if (i == 0)
			reference = node;
		assert_memory_equal(&node, &reference, sizeof node);
	}
	assert_int_equal(reference.phase, NODE_READY);
	assert_int_equal(reference.have, 1);
	assert_int_equal(reference.ran, 1);
	assert_int_equal(reference.percent, 100);
}

static void
test_order_up_to_the_end_of_the_installer(void **state)
{
	static struct node node;
	uint32_t seed = 6;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct run run = {.count = 0};

		add(&run, installing, COUNT(installing));
		add(&run, finishing, 2);
		shuffle(&run, &seed);
		begin(&node);
		play(&node, &run);
		assert_int_equal(node.phase, NODE_INSTALLED);
		assert_int_equal(node.have, 1);
		assert_int_equal(node.ran, 0);
		assert_int_equal(node.percent, 99);
		assert_string_equal(node.step, "");
		assert_string_equal(node.content, "c");
	}
}

/* Which of the causes is told is the order's; that it failed is not. */
static void
test_order_of_a_failure(void **state)
{
	static struct node node;
	uint32_t seed = 7;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct run run = {.count = 0};

		add(&run, installing, COUNT(installing));
		add(&run, failing, COUNT(failing));
		shuffle(&run, &seed);
		begin(&node);
		play(&node, &run);
		assert_int_equal(node.phase, NODE_FAILED);
		assert_int_equal(node.have, 0);
		assert_int_equal(node.attempts, 1);
		assert_string_not_equal(node.fail_code, "");
		assert_in_range(node.percent, 97, 98);
	}
}

/* ---- nothing installs a node that nobody asked for ------------------------
 */

/*
 * What a witness knows who saw only what operators typed, what the inventory
 * says and which installs came to an end; nothing of the node's state.
 */
struct witness {
	bool auto_install;
	bool always;
	bool asked;	/* reinstall, and nothing since that answers it */
	bool cancelled; /* and no reinstall since */
	bool locked;
	bool held;
	bool running; /* what is installed was heard of after its install */
	uint64_t have;
};

struct theatre {
	uint32_t seed;
	struct node node;
	struct witness witness;
	int64_t now_ms;
	unsigned tokens;
};

static struct ask
ask_of(const struct theatre *theatre, enum ask_stage stage)
{
	struct ask ask = {
	    .stage = stage,
	    .known = true,
	    .auto_install = theatre->witness.auto_install,
	    .reinstall_always = theatre->witness.always,
	    .install_attempts = 3,
	    .attempts_window_ms = 3600000,
	    .now_ms = theatre->now_ms,
	};

	return ask;
}

static void
tell(struct theatre *theatre, struct event *event)
{
	event->time_ms = theatre->now_ms;
	node_apply(&theatre->node, event);
}

static void
witness_install(const struct witness *witness, const struct decision *decision)
{
	bool first =
	    witness->auto_install && witness->have == 0 && !witness->cancelled;
	bool again = witness->always && witness->have > 0 && witness->running &&
		     !witness->cancelled;

	assert_false(witness->locked);
	assert_false(witness->held);
	assert_true(witness->asked || first || again);
	assert_true(decision->generation > witness->have);
	/* A first install that nobody ordered overwrites nothing. */
	if (decision->overwrite)
		assert_true(witness->asked || again);
}

static void
act_boot(struct theatre *theatre, enum ask_stage stage)
{
	struct ask ask = ask_of(theatre, stage);
	struct decision decision;
	struct event event;

	policy_decide(&ask, &theatre->node, &decision);
	if (decision.hold) {
		event_init(&event, EVENT_HOLD, "gpu1");
		tell(theatre, &event);
		theatre->witness.held = true;
	}
	if (decision.action == POLICY_INSTALL)
		witness_install(&theatre->witness, &decision);
	event_init(
	    &event, stage == ASK_DHCP ? EVENT_PXE : EVENT_BOOT_SCRIPT, "gpu1");
	str_copy(event.decision, sizeof event.decision,
	    policy_action_name(decision.action));
	if (stage == ASK_BOOT_SCRIPT && decision.action == POLICY_INSTALL) {
		event.generation = decision.generation;
		event.attempt = decision.attempt;
		snprintf(
		    event.token, sizeof event.token, "b%u", ++theatre->tokens);
		snprintf(event.report_token, sizeof event.report_token, "r%u",
		    theatre->tokens);
		event.expires_ms = theatre->now_ms + 3600000;
	}
	tell(theatre, &event);
}

/* Any of the tokens that were ever given. */
static const struct node_token *
some_token(struct theatre *theatre, char kind)
{
	char text[16];
	unsigned number = theatre->tokens;

	if (number == 0)
		return NULL;
	if (next_random(&theatre->seed) % 2 == 0)
		number = 1 + next_random(&theatre->seed) % number;
	snprintf(text, sizeof text, "%c%u", kind, number);
	return kind == 'b' ? node_token_by_boot(&theatre->node, text)
			   : node_token_by_report(&theatre->node, text);
}

static void
act_seed(struct theatre *theatre)
{
	const struct node_token *token = some_token(theatre, 'b');
	struct ask ask = ask_of(theatre, ASK_SEED);
	struct decision decision;
	struct event event;

	if (token != NULL) {
		ask.token_generation = token->generation;
		ask.token_expires_ms = token->expires_ms;
	}
	policy_decide(&ask, &theatre->node, &decision);
	if (decision.action != POLICY_INSTALL)
		return;
	witness_install(&theatre->witness, &decision);
	assert_non_null(token);
	event_init(&event, EVENT_SEED, "gpu1");
	event.generation = token->generation;
	memcpy(event.token, token->sha256, sizeof event.token);
	tell(theatre, &event);
}

/* What comes with the token of an install ends that one and no later one. */
static void
witness_end(struct theatre *theatre, uint64_t generation, bool running)
{
	struct witness *witness = &theatre->witness;

	if (generation > witness->have) {
		witness->have = generation;
		witness->running = false;
		if (generation >= theatre->node.want)
			witness->asked = false;
	}
	if (running && generation == witness->have)
		witness->running = true;
}

static void
act_report(struct theatre *theatre)
{
	static const enum event_kind kinds[] = {EVENT_REPORT, EVENT_INSTALLED,
	    EVENT_FIRSTBOOT, EVENT_READY, EVENT_FAILED, EVENT_REPORT};
	const struct node_token *token = some_token(theatre, 'r');
	struct event event;
	unsigned which = next_random(&theatre->seed) % COUNT(kinds);

	if (token == NULL)
		return;
	event_init(&event, kinds[which], "gpu1");
	event.generation = token->generation;
	event.percent = next_random(&theatre->seed) % 120;
	str_copy(event.origin, sizeof event.origin, "form");
	str_copy(event.event_type, sizeof event.event_type,
	    which == 0 ? "progress" : "start");
	str_copy(event.stage, sizeof event.stage, "stage");
	if (which >= 1 && which <= 3)
		witness_end(theatre, event.generation, which >= 2);
	else if (which == 5 && event.generation == theatre->witness.have)
		theatre->witness.running = true;
	tell(theatre, &event);
}

static void
act_order(struct theatre *theatre)
{
	static const enum event_kind kinds[] = {EVENT_REINSTALL, EVENT_HOLD,
	    EVENT_RELEASE, EVENT_LOCKED, EVENT_UNLOCKED, EVENT_CANCELLED,
	    EVENT_RELEASE, EVENT_UNLOCKED};
	struct witness *witness = &theatre->witness;
	struct ask ask = ask_of(theatre, ASK_DHCP);
	struct event event;

	event_init(
	    &event, kinds[next_random(&theatre->seed) % COUNT(kinds)], "gpu1");
	if (event.kind == EVENT_CANCELLED)
		event.generation = policy_effective_want(&ask, &theatre->node);
	tell(theatre, &event);
	if (event.kind == EVENT_REINSTALL) {
		witness->asked = true;
		witness->cancelled = witness->held = false;
	} else if (event.kind == EVENT_CANCELLED) {
		witness->asked = false;
		if (event.generation > witness->have)
			witness->cancelled = true;
	}
	if (event.kind == EVENT_LOCKED || event.kind == EVENT_UNLOCKED)
		witness->locked = event.kind == EVENT_LOCKED;
	if (event.kind == EVENT_HOLD || event.kind == EVENT_RELEASE)
		witness->held = event.kind == EVENT_HOLD;
}

static void
act_stranger(struct theatre *theatre)
{
	static const enum event_kind kinds[] = {
	    EVENT_LOADER, EVENT_ARTIFACT, EVENT_REFUSED, EVENT_ADOPTED};
	struct event event;

	event_init(
	    &event, kinds[next_random(&theatre->seed) % COUNT(kinds)], "gpu1");
	event.generation = next_random(&theatre->seed) % 4;
	if (event.kind == EVENT_ADOPTED) {
		uint64_t found = event.generation == 0 ? 1 : event.generation;

		if (found > theatre->witness.have) {
			theatre->witness.have = found;
			theatre->witness.running = false;
		}
	}
	tell(theatre, &event);
}

static void
act(struct theatre *theatre)
{
	uint64_t have = theatre->node.have;

	switch (next_random(&theatre->seed) % 12) {
	case 0:
	case 1:
		act_boot(theatre, ASK_DHCP);
		break;
	case 2:
	case 3:
	case 4:
		act_boot(theatre, ASK_BOOT_SCRIPT);
		break;
	case 5:
	case 6:
		act_seed(theatre);
		break;
	case 7:
	case 8:
		act_report(theatre);
		break;
	case 9:
		act_order(theatre);
		break;
	case 10:
		act_stranger(theatre);
		break;
	default:
		/* Also backwards. */
		theatre->now_ms +=
		    (int64_t)(next_random(&theatre->seed) % 4000000) - 1000000;
	}
	assert_true(theatre->node.have >= have);
	assert_int_equal(theatre->node.have, theatre->witness.have);
}

static void
test_nobody_is_wiped_unasked(void **state)
{
	static struct theatre theatre;
	unsigned tokens = 0;

	(void)state;
	for (uint32_t play_of = 0; play_of < 2000; play_of++) {
		memset(&theatre, 0, sizeof theatre);
		theatre.seed = play_of;
		theatre.now_ms = 1795430000000;
		theatre.witness.auto_install = play_of % 2 == 0;
		theatre.witness.always = play_of % 3 == 0;
		node_init(&theatre.node, "gpu1");
		for (int i = 0; i < 150; i++)
			act(&theatre);
		tokens += theatre.tokens;
	}
	/* Plays in which nothing is ever installed would show nothing. */
	assert_true(tokens > 5000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order_of_a_whole_run),
	    cmocka_unit_test(test_order_up_to_the_end_of_the_installer),
	    cmocka_unit_test(test_order_of_a_failure),
	    cmocka_unit_test(test_nobody_is_wiped_unasked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
