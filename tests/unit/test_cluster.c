/* The cluster: who begins it, who joins, and that it is never split. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "core/cluster.h"

#define NODES 5 /* d1 d2 d3 w1 w2 */
#define DRIVERS 3

static const char *const names[NODES] = {"d1", "d2", "d3", "w1", "w2"};

static enum cluster_role
role_of(const char *name)
{
	return name[0] == 'd' ? CLUSTER_SERVER : CLUSTER_AGENT;
}

static void
take(struct cluster *cluster, const struct event *event)
{
	struct cluster_head head = cluster->head;
	struct cluster_member member;

	cluster_get(cluster, event->node, &member);
	if (!cluster_apply(&head, &member, event))
		return;
	cluster_put_head(cluster, &head);
	assert_int_equal(cluster_put_member(cluster, &member), 0);
}

static struct cluster_answer
ask(const struct cluster *cluster, const char *name, uint64_t generation)
{
	struct cluster_ask ask = {.name = name,
	    .role = role_of(name),
	    .generation = generation,
	    .first = "d1",
	    .drivers = DRIVERS,
	    .token = "",
	    .now_ms = 1000};
	struct cluster_answer answer;

	cluster_decide(cluster, &ask, &answer);
	return answer;
}

static struct event
given(const char *name, uint64_t generation, const char *code)
{
	struct event event;

	event_init(&event, EVENT_CLUSTER, name);
	event.generation = generation;
	event.time_ms = 1000;
	str_copy(event.code, sizeof event.code, code);
	str_copy(
	    event.name, sizeof event.name, cluster_role_name(role_of(name)));
	snprintf(event.addr, sizeof event.addr, "10.0.0.%c", name[1]);
	return event;
}

static struct event
done(const char *name, uint64_t generation)
{
	struct event event;

	event_init(&event, EVENT_REPORT, name);
	event.generation = generation;
	event.time_ms = 2000;
	str_copy(event.stage, sizeof event.stage, "k3s");
	str_copy(event.event_type, sizeof event.event_type, "done");
	str_copy(event.ca, sizeof event.ca, "ca1");
	return event;
}

static void
give(struct cluster *cluster, const char *name, uint64_t generation,
    const char *code)
{
	struct event event = given(name, generation, code);

	take(cluster, &event);
}

static void
finish(struct cluster *cluster, const char *name, uint64_t generation)
{
	struct event event = done(name, generation);

	take(cluster, &event);
}

#define assert_rule(cluster, name, generation, want_action, want_rule)         \
	do {                                                                   \
		struct cluster_answer answer_ =                                \
		    ask(cluster, name, generation);                            \
		assert_string_equal(answer_.rule, want_rule);                  \
		assert_int_equal(answer_.action, want_action);                 \
		assert_true(answer_.why[0] != '\0');                           \
	} while (0)

/* d1 has begun it and runs. */
static void
start_one(struct cluster *cluster)
{
	cluster_init(cluster);
	give(cluster, "d1", 1, "init");
	finish(cluster, "d1", 1);
}

static void
start_three(struct cluster *cluster)
{
	start_one(cluster);
	give(cluster, "d2", 1, "join");
	finish(cluster, "d2", 1);
	give(cluster, "d3", 1, "join");
	finish(cluster, "d3", 1);
}

static void
test_order(void **state)
{
	struct cluster cluster;
	struct event split;

	(void)state;
	cluster_init(&cluster);
	assert_rule(&cluster, "d2", 1, CLUSTER_WAIT, "not-up");
	assert_rule(&cluster, "w1", 1, CLUSTER_WAIT, "not-up");
	assert_rule(&cluster, "d1", 1, CLUSTER_INIT, "init");
	give(&cluster, "d1", 1, "init");
	assert_rule(&cluster, "d1", 1, CLUSTER_INIT, "init-again");
	assert_rule(&cluster, "d1", 2, CLUSTER_INIT, "init-again");
	assert_rule(&cluster, "d2", 1, CLUSTER_WAIT, "not-up");
	finish(&cluster, "d1", 1);
	assert_string_equal(cluster.head.ca, "ca1");
	assert_rule(&cluster, "d1", 1, CLUSTER_JOIN, "member");
	assert_rule(&cluster, "d2", 1, CLUSTER_JOIN, "join");
	give(&cluster, "d2", 1, "join");
	assert_rule(&cluster, "d2", 1, CLUSTER_JOIN, "join");
	assert_rule(&cluster, "d3", 1, CLUSTER_WAIT, "slot");
	assert_rule(&cluster, "w1", 1, CLUSTER_JOIN, "join");
	give(&cluster, "w1", 1, "join");
	assert_rule(&cluster, "w2", 1, CLUSTER_JOIN, "join");
	finish(&cluster, "d2", 1);
	assert_rule(&cluster, "d3", 1, CLUSTER_JOIN, "join");
	give(&cluster, "d3", 1, "join");
	split = done("d3", 1);
	str_copy(split.ca, sizeof split.ca, "ca2");
	take(&cluster, &split);
	assert_int_equal(cluster_find(&cluster, "d3")->state, CLUSTER_BROKEN);
	cluster_done(&cluster);
}

/* A server that is not heard of any more keeps nobody waiting for ever. */
static void
test_slot(void **state)
{
	struct cluster_ask late = {.name = "d3",
	    .role = CLUSTER_SERVER,
	    .generation = 1,
	    .first = "d1",
	    .drivers = DRIVERS,
	    .token = "",
	    .now_ms = 1000 + CLUSTER_SLOT_MS + 1};
	struct cluster_answer answer;
	struct cluster cluster;
	struct event failed;

	(void)state;
	start_one(&cluster);
	give(&cluster, "d2", 1, "join");
	cluster_decide(&cluster, &late, &answer);
	assert_string_equal(answer.rule, "join");
	cluster_find(&cluster, "d2")->seen_ms = 2000;
	cluster_decide(&cluster, &late, &answer);
	assert_string_equal(answer.rule, "slot");
	failed = done("d2", 1);
	failed.kind = EVENT_FAILED;
	take(&cluster, &failed);
	assert_rule(&cluster, "d3", 1, CLUSTER_JOIN, "join");
	cluster_done(&cluster);
}

static void
test_reimage(void **state)
{
	struct cluster cluster;

	(void)state;
	start_three(&cluster);
	assert_rule(&cluster, "d1", 2, CLUSTER_WAIT, "remove");
	assert_true(ask(&cluster, "d1", 2).remove);
	give(&cluster, "d1", 2, "left");
	assert_rule(&cluster, "d1", 2, CLUSTER_JOIN, "join");
	assert_string_equal(ask(&cluster, "d1", 2).server, "10.0.0.2");
	give(&cluster, "d1", 2, "join");
	finish(&cluster, "d1", 2);
	assert_rule(&cluster, "d1", 2, CLUSTER_JOIN, "member");
	assert_rule(&cluster, "d1", 1, CLUSTER_REFUSE, "old-install");
	give(&cluster, "w1", 1, "join");
	finish(&cluster, "w1", 1);
	assert_rule(&cluster, "w1", 2, CLUSTER_JOIN, "join");
	cluster_done(&cluster);
}

/* Its own address: with its data that is ignored, without it nothing begins. */
static void
test_only_driver(void **state)
{
	static const char *const one[] = {"d1"};
	struct cluster cluster;
	struct err err = {0};

	(void)state;
	start_one(&cluster);
	assert_rule(&cluster, "d1", 1, CLUSTER_JOIN, "member");
	assert_string_equal(ask(&cluster, "d1", 1).server, "10.0.0.1");
	assert_rule(&cluster, "d1", 2, CLUSTER_REFUSE, "lost");
	assert_int_equal(cluster_may_take(&cluster, one, 1, &err), -EPERM);
	give(&cluster, "d1", 2, "new");
	assert_rule(&cluster, "d1", 1, CLUSTER_REFUSE, "other-cluster");
	assert_rule(&cluster, "d1", 2, CLUSTER_INIT, "init");
	assert_int_equal(cluster_may_take(&cluster, one, 1, &err), 0);
	cluster_done(&cluster);
}

static void
test_quorum(void **state)
{
	static const char *const pair[] = {"d1", "d3"};
	static const char *const others[] = {"w1", "d2"};
	struct cluster cluster;
	struct err err = {0};

	(void)state;
	start_three(&cluster);
	assert_int_equal(cluster_may_take(&cluster, others, 2, &err), 0);
	assert_int_equal(cluster_may_take(&cluster, pair, 2, &err), -EPERM);
	assert_non_null(strstr(err.text, "1 of 3"));
	cluster_find(&cluster, "d2")->away = true;
	assert_int_equal(cluster_may_take(&cluster, pair, 1, NULL), -EPERM);
	cluster_find(&cluster, "d3")->away = true;
	give(&cluster, "d2", 2, "left");
	assert_rule(&cluster, "d2", 2, CLUSTER_WAIT, "quorum");
	cluster_done(&cluster);
}

static void
test_doubt(void **state)
{
	struct cluster_ask ask = {.name = "d1",
	    .role = CLUSTER_SERVER,
	    .generation = 2,
	    .first = "d1",
	    .drivers = 2,
	    .found = "d2",
	    .token = "other",
	    .now_ms = 1};
	struct cluster_answer answer;
	struct cluster_head head;
	struct cluster cluster;

	(void)state;
	cluster_init(&cluster);
	cluster_decide(&cluster, &ask, &answer);
	assert_string_equal(answer.rule, "even");
	ask.drivers = 3;
	cluster_decide(&cluster, &ask, &answer);
	assert_int_equal(answer.action, CLUSTER_REFUSE);
	assert_string_equal(answer.rule, "found");
	assert_non_null(strstr(answer.why, "cluster restore"));
	give(&cluster, "d1", 0, "new");
	cluster_decide(&cluster, &ask, &answer);
	assert_string_equal(answer.rule, "init");
	give(&cluster, "d1", 2, "init");
	head = cluster.head;
	str_copy(head.token, sizeof head.token, "first");
	cluster_put_head(&cluster, &head);
	cluster_decide(&cluster, &ask, &answer);
	assert_string_equal(answer.rule, "token");
	ask.token = "first";
	cluster_decide(&cluster, &ask, &answer);
	assert_string_equal(answer.rule, "init-again");
	ask.role = CLUSTER_NO_ROLE;
	cluster_decide(&cluster, &ask, &answer);
	assert_string_equal(answer.rule, "role");
	cluster_done(&cluster);
}

static void
test_tokens(void **state)
{
	static const char *const bad[] = {"", "a b", "K10abc", "it's", "a\\b",
	    "a::b", "abcdef.0123456789abcdef"};
	struct err err;

	(void)state;
	assert_int_equal(cluster_token_check("k3s_hub_token", NULL), 0);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		err_clear(&err);
		assert_int_equal(cluster_token_check(bad[i], &err), -EINVAL);
		assert_true(err.hint[0] != '\0');
	}
}

/* ---- any order, any number of times, or never ------------------------------
 */

/* A node as it is: what is on its disk decides more than what it is told. */
struct machine {
	uint64_t generation; /* that runs */
	int cluster;	     /* number of the one on its disk; 0: none */
	struct event said;   /* its last news, which may come again */
};

struct world {
	struct cluster cluster;
	struct machine machine[NODES];
	struct event history[64];
	size_t told;
	int clusters; /* begun so far */
	uint32_t seed;
};

static uint32_t
draw(struct world *world, uint32_t below)
{
	world->seed = world->seed * 1664525u + 1013904223u;
	return (world->seed >> 8) % below;
}

static void
tell(struct world *world, const struct event *event)
{
	world->history[world->told++ % 64] = *event;
	take(&world->cluster, event);
}

/* The daemon is killed and reads what it has written. */
static void
restart(struct world *world)
{
	struct cluster after;
	struct cluster_member *member;
	struct cluster_member *next;
	struct cluster_member read;
	struct cluster_head head;
	struct buf text;

	cluster_init(&after);
	buf_init(&text, CLUSTER_JSON_MAX);
	cluster_head_write(&world->cluster.head, &text);
	assert_int_equal(
	    cluster_head_parse(text.data, text.len, &head, NULL), 0);
	cluster_put_head(&after, &head);
	HASH_ITER (hh, world->cluster.by_name, member, next) {
		buf_reset(&text);
		cluster_member_write(member, &text);
		assert_int_equal(
		    cluster_member_parse(text.data, text.len, &read, NULL), 0);
		assert_int_equal(cluster_put_member(&after, &read), 0);
	}
	assert_int_equal(after.servers, world->cluster.servers);
	buf_done(&text);
	cluster_done(&world->cluster);
	world->cluster = after;
}

/* k3s starts with what it was told. */
static void
start_k3s(struct world *world, size_t i, const struct cluster_answer *answer)
{
	struct machine *machine = &world->machine[i];
	size_t at;

	if (machine->cluster != 0)
		return;
	if (answer->action == CLUSTER_INIT) {
		machine->cluster = ++world->clusters;
		return;
	}
	at = (size_t)(answer->server[7] - '1');
	assert_true(at < DRIVERS);
	machine->cluster = world->machine[at].cluster;
}

static void
step_ask(struct world *world, size_t i)
{
	uint64_t generation = world->machine[i].generation;
	struct cluster_answer answer =
	    ask(&world->cluster, names[i], generation);
	struct event event;

	if (answer.action == CLUSTER_WAIT && answer.remove && draw(world, 2)) {
		event = given(names[i], generation, "left");
		tell(world, &event);
	}
	if (answer.action > CLUSTER_JOIN)
		return;
	event = given(names[i], generation,
	    answer.action == CLUSTER_INIT ? "init" : "join");
	tell(world, &event);
	if (draw(world, 3) > 0) /* else the answer is lost */
		start_k3s(world, i, &answer);
}

static void
step_reinstall(struct world *world, size_t i)
{
	struct machine *machine = &world->machine[i];
	struct cluster_member *known = cluster_find(&world->cluster, names[i]);

	if (cluster_may_take(&world->cluster, &names[i], 1, NULL) < 0)
		return;
	machine->generation++;
	machine->cluster = 0;
	memset(&machine->said, 0, sizeof machine->said);
	if (known != NULL)
		known->away = true;
}

static void
step_news(struct world *world, size_t i)
{
	struct machine *machine = &world->machine[i];

	if (machine->cluster == 0)
		return;
	machine->said = done(names[i], machine->generation);
	if (draw(world, 8) == 0)
		machine->said.kind = EVENT_FAILED;
	if (draw(world, 3) == 0)
		return;
	tell(world, &machine->said);
	if (cluster_find(&world->cluster, names[i]) != NULL)
		cluster_find(&world->cluster, names[i])->away = false;
}

/* Spools are emptied late, and answers that were lost bring it twice. What
 * was taken out of the cluster is not told a second time: that is ours. */
static void
step_repeat(struct world *world)
{
	struct event *event;

	if (world->told == 0)
		return;
	event = &world->history[draw(
	    world, world->told < 64 ? (uint32_t)world->told : 64)];
	if (strcmp(event->code, "left") != 0)
		take(&world->cluster, event);
}

static void
assert_one_cluster(const struct world *world)
{
	int found = 0;

	for (size_t i = 0; i < NODES; i++) {
		int its = world->machine[i].cluster;

		if (its == 0)
			continue;
		if (found == 0)
			found = its;
		if (its != found)
			fail_msg("seed %u: %s is in cluster %d, others in %d",
			    world->seed, names[i], its, found);
	}
}

static void
step_any(struct world *world, size_t i)
{
	switch (draw(world, 12)) {
	case 0:
		step_reinstall(world, i);
		break;
	case 1:
		step_repeat(world);
		break;
	case 2:
		restart(world);
		break;
	case 3:
	case 4:
	case 5:
		step_news(world, i);
		break;
	default:
		step_ask(world, i);
		break;
	}
}

static void
run_world(uint32_t seed)
{
	struct world *world = mem_alloc(sizeof *world);

	world->seed = seed;
	for (size_t i = 0; i < NODES; i++)
		world->machine[i].generation = 1;
	for (int step = 0; step < 300; step++) {
		step_any(world, draw(world, NODES));
		assert_one_cluster(world);
	}
	cluster_done(&world->cluster);
	free(world);
}

static void
test_never_split(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 1000; seed++)
		run_world(seed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_slot),
	    cmocka_unit_test(test_reimage),
	    cmocka_unit_test(test_only_driver),
	    cmocka_unit_test(test_quorum),
	    cmocka_unit_test(test_doubt),
	    cmocka_unit_test(test_tokens),
	    cmocka_unit_test(test_never_split),
	};

	return cmocka_run_group_tests_name("cluster", tests, NULL, NULL);
}
