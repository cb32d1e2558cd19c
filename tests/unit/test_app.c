#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/app.h"
#include "app/nodes.h"
#include "app/recorder.h"
#include "app/sightings.h"
#include "app/texts.h"
#include "app/token.h"
#include "base/str.h"

static void
test_tokens(void **state)
{
	char a[TOKEN_SIZE];
	char b[TOKEN_SIZE];
	char report[TOKEN_SIZE];
	char hash[TOKEN_HASH_SIZE];

	(void)state;
	token_new(a);
	token_new(b);
	assert_int_equal(strlen(a), 32);
	assert_string_not_equal(a, b);
	/* Computed by openssl(1). */
	token_derive_firstboot("000102030405060708090a0b0c0d0e0f", a);
	assert_string_equal(a, "90af473647572c31949b3f4ed3f37a45");
	token_derive_report(a, report);
	assert_string_equal(report, "707a60cabea8cd10713122e59a0caae5");
	token_boot_to_report("000102030405060708090a0b0c0d0e0f", b);
	assert_string_equal(b, report);
	token_hash("abc", hash);
	assert_string_equal(hash, "ba7816bf8f01cfea414140de5dae2223"
				  "b00361a396177a9cb410ff61f20015ad");
}

static void
test_texts_first_wins(void **state)
{
	struct texts *texts = texts_new();
	struct err err = {0};
	struct buf out;
	size_t len;

	(void)state;
	texts_add(texts, "user-data.j2", "mine", 4);
	texts_add(texts, "user-data.j2", "shipped", 7);
	assert_string_equal(texts_find(texts, "user-data.j2", &len), "mine");
	assert_int_equal(len, 4);
	buf_init(&out, 100);
	assert_int_equal(texts_load(texts, "none.j2", &out, &err), -ENOENT);
	assert_non_null(strstr(err.text, "none.j2"));
	buf_done(&out);
	texts_free(texts);
}

static void
expect_rrq(const char *line, const char *address, const char *file)
{
	char got_address[48];
	char got_file[192];
	int ret = sightings_parse_rrq(
	    line, got_address, sizeof got_address, got_file, sizeof got_file);

	if (address == NULL) {
		assert_int_equal(ret, -EINVAL);
		return;
	}
	assert_int_equal(ret, 0);
	assert_string_equal(got_address, address);
	assert_string_equal(got_file, file);
}

static void
test_rrq_lines(void **state)
{
	(void)state;
	expect_rrq("<29>Nov 23 14:00:00 in.tftpd[7]: RRQ from 10.77.0.117 "
		   "filename ipxe.efi\n",
	    "10.77.0.117", "ipxe.efi");
	expect_rrq("RRQ from 10.0.0.1 filename A\\B.EFI remapped to b.efi\n",
	    "10.0.0.1", "b.efi");
	expect_rrq(
	    "RRQ from 10.0.0.1 filename two words\n", "10.0.0.1", "two words");
	expect_rrq("RRQ from 10.0.0.1 filename ", NULL, NULL);
	expect_rrq("WRQ from 10.0.0.1 filename x\n", NULL, NULL);
	expect_rrq("RRQ from ", NULL, NULL);
	expect_rrq("", NULL, NULL);
}

static void
expect_nak(const char *line, const char *address, const char *why)
{
	char got_address[48];
	char got_why[192];
	int ret = sightings_parse_nak(
	    line, got_address, sizeof got_address, got_why, sizeof got_why);

	if (address == NULL) {
		assert_int_equal(ret, -EINVAL);
		return;
	}
	assert_int_equal(ret, 0);
	assert_string_equal(got_address, address);
	assert_string_equal(got_why, why);
}

static void
test_nak_lines(void **state)
{
	(void)state;
	expect_nak("<30>Nov 23 14:00:00 in.tftpd[7]: sending NAK (1, File not "
		   "found) to 10.77.0.117\n",
	    "10.77.0.117", "1, File not found");
	expect_nak(
	    "sending NAK (0, a (b)) to 10.0.0.1", "10.0.0.1", "0, a (b)");
	expect_nak("sending NAK (1, File not found) to ", NULL, NULL);
	expect_nak("sending NAK (1, File not found", NULL, NULL);
	expect_nak("RRQ from 10.0.0.1 filename x\n", NULL, NULL);
}

/* ---- nodes over a store in memory ------------------------------------------
 */

struct world {
	struct loop *loop;
	struct clock clock;
	struct nodes *nodes;
	int done;
	int error;
	uint64_t heard_seq;
};

static void
on_event_cb(void *arg, const struct event *event, const struct node *node)
{
	struct world *world = arg;

	assert_string_equal(event->node, node->name);
	world->heard_seq = event->seq;
}

static void
on_done_cb(void *arg, int error)
{
	struct world *world = arg;

	world->done++;
	world->error = error;
	loop_stop(world->loop);
}

static void
world_init(struct world *world)
{
	struct err err = {0};
	struct store *store;

	memset(world, 0, sizeof *world);
	world->loop = loop_new();
	clock_init_sim(&world->clock, 1000);
	assert_int_equal(store_open("memory:", NULL, &store, &err), 0);
	assert_int_equal(
	    nodes_open(world->loop, &world->clock, store, &world->nodes, &err),
	    0);
	nodes_listen(world->nodes, on_event_cb, world);
}

static void
world_done(struct world *world)
{
	nodes_close(world->nodes);
	loop_free(world->loop);
}

static int
append(struct world *world, struct event *event, uint64_t expected_seq)
{
	int ret = nodes_append(
	    world->nodes, event, 1, expected_seq, on_done_cb, world);

	if (ret < 0)
		return ret;
	loop_run(world->loop);
	return world->error;
}

static void
script_event(struct event *event, const char *token, uint64_t generation)
{
	char report[TOKEN_SIZE];

	event_init(event, EVENT_BOOT_SCRIPT, "gpu1");
	str_copy(event->decision, sizeof event->decision, "install");
	event->generation = generation;
	event->expires_ms = 100000;
	token_hash(token, event->token);
	token_boot_to_report(token, report);
	token_hash(report, event->report_token);
}

static void
test_nodes_tokens_are_found(void **state)
{
	const struct node_token *live;
	char hash[TOKEN_HASH_SIZE];
	char report[TOKEN_SIZE];
	const struct node *node;
	struct event event;
	struct world world;

	(void)state;
	world_init(&world);
	assert_null(nodes_find(world.nodes, "gpu1"));
	script_event(&event, "0123", 1);
	assert_int_equal(append(&world, &event, 0), 0);
	assert_int_equal(world.heard_seq, 1);
	token_hash("0123", hash);
	node = nodes_find_boot_token(world.nodes, hash, &live);
	assert_non_null(node);
	assert_string_equal(node->name, "gpu1");
	assert_int_equal(live->generation, 1);
	/* A boot token is no report token, and the other way round. */
	assert_null(nodes_find_report_token(world.nodes, hash, &live));
	token_boot_to_report("0123", report);
	token_hash(report, hash);
	assert_ptr_equal(
	    nodes_find_report_token(world.nodes, hash, &live), node);
	assert_null(nodes_find_boot_token(world.nodes, hash, &live));
	world_done(&world);
}

static void
test_nodes_old_tokens_go(void **state)
{
	const struct node_token *live;
	char hash[TOKEN_HASH_SIZE];
	char token[16];
	struct event event;
	struct world world;
	int found = 0;

	(void)state;
	world_init(&world);
	for (int i = 0; i < 3 * NODE_TOKENS_MAX; i++) {
		snprintf(token, sizeof token, "t%d", i);
		script_event(&event, token, 1);
		assert_int_equal(append(&world, &event, STORE_ANY_SEQ), 0);
	}
	for (int i = 0; i < 3 * NODE_TOKENS_MAX; i++) {
		snprintf(token, sizeof token, "t%d", i);
		token_hash(token, hash);
		found +=
		    nodes_find_boot_token(world.nodes, hash, &live) != NULL;
	}
	assert_int_equal(found, NODE_TOKENS_MAX);
	world_done(&world);
}

static void
test_nodes_conflict_is_told(void **state)
{
	struct event event;
	struct world world;

	(void)state;
	world_init(&world);
	script_event(&event, "a", 1);
	assert_int_equal(append(&world, &event, 0), 0);
	script_event(&event, "b", 1);
	assert_int_equal(append(&world, &event, 0), -ESTALE);
	assert_int_equal(append(&world, &event, 1), 0);
	assert_int_equal(nodes_find(world.nodes, "gpu1")->attempts, 2);
	world_done(&world);
}

/* Whoever asks without end fills the log with one node, and not for ever. */
static void
test_nodes_quota(void **state)
{
	struct event event;
	struct world world;
	int taken = 0;
	int ret;

	(void)state;
	world_init(&world);
	do {
		script_event(&event, "a", 1);
		ret = append(&world, &event, STORE_ANY_SEQ);
		taken += ret == 0;
	} while (ret == 0 && taken < 100000);
	assert_int_equal(ret, -EDQUOT);
	assert_in_range(taken, 100, 1000);
	/* Neither its installer nor its operator is shut out by that. */
	event_init(&event, EVENT_REPORT, "gpu1");
	assert_int_equal(append(&world, &event, STORE_ANY_SEQ), 0);
	event_init(&event, EVENT_REINSTALL, "gpu1");
	assert_int_equal(append(&world, &event, STORE_ANY_SEQ), 0);
	/* Nor is another node. */
	event_init(&event, EVENT_BOOT_SCRIPT, "gpu2");
	assert_int_equal(append(&world, &event, STORE_ANY_SEQ), 0);
	/* A minute later there is room for a boot or two. */
	world.clock.sim_ms += 60000;
	script_event(&event, "b", 1);
	assert_int_equal(append(&world, &event, STORE_ANY_SEQ), 0);
	world_done(&world);
}

/* What was longest unused makes room, not what comes. */
static void
test_addresses(void **state)
{
	struct app app = {.clock = &clock_system, .loop = loop_new()};
	struct sightings *sightings;
	struct recorder_track track;
	int fds[2];
	char text[48];

	(void)state;
	assert_int_equal(
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds), 0);
	sightings = sightings_open(&app, fds[0], fds[1]);
	for (unsigned i = 0; i < 20000; i++) {
		snprintf(text, sizeof text, "10.7.%u.%u", i >> 8, i & 0xff);
		sightings_learn(sightings, text, "gpu2");
		sightings_learn(sightings, "10.9.0.1", "gpu1");
	}
	assert_true(sightings_find(sightings, text, &track));
	assert_string_equal(track.name, "gpu2");
	assert_true(sightings_find(sightings, "10.9.0.1", &track));
	assert_string_equal(track.name, "gpu1");
	assert_false(sightings_find(sightings, "10.7.0.0", &track));
	sightings_close(sightings);
	close(fds[0]);
	close(fds[1]);
	loop_free(app.loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_addresses),
	    cmocka_unit_test(test_tokens),
	    cmocka_unit_test(test_texts_first_wins),
	    cmocka_unit_test(test_rrq_lines),
	    cmocka_unit_test(test_nak_lines),
	    cmocka_unit_test(test_nodes_tokens_are_found),
	    cmocka_unit_test(test_nodes_old_tokens_go),
	    cmocka_unit_test(test_nodes_conflict_is_told),
	    cmocka_unit_test(test_nodes_quota),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
