/*
 * A database of the first format is read, gone on with, and read again: an
 * update never makes a fleet new.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/file.h"
#include "core/policy.h"
#include "core/stall.h"
#include "store/store.h"

#define NODES 4

struct fleet {
	char dir[64];
	char path[128];
	struct node nodes[NODES];
	size_t count;
};

static struct node *
find(struct fleet *fleet, const char *name)
{
	for (size_t i = 0; i < fleet->count; i++) {
		if (strcmp(fleet->nodes[i].name, name) == 0)
			return &fleet->nodes[i];
	}
	assert_true(fleet->count < NODES);
	node_init(&fleet->nodes[fleet->count], name);
	return &fleet->nodes[fleet->count++];
}

static void
on_node_cb(void *arg, const struct node *node)
{
	*find(arg, node->name) = *node;
}

static void
on_event_cb(void *arg, const struct event *event)
{
	node_apply(find(arg, event->node), event);
}

static void
make_database(struct fleet *fleet)
{
	const char *srcdir = getenv("srcdir");
	char name[256];
	struct buf sql;
	sqlite3 *db = NULL;

	snprintf(fleet->dir, sizeof fleet->dir, "/tmp/test_store_old.XXXXXX");
	assert_non_null(mkdtemp(fleet->dir));
	snprintf(fleet->path, sizeof fleet->path, "%s/state.db", fleet->dir);
	snprintf(name, sizeof name, "%s/tests/data/store/version-1.sql",
	    srcdir != NULL ? srcdir : ".");
	buf_init(&sql, 1 << 20);
	assert_int_equal(file_read(name, &sql, NULL), 0);
	assert_int_equal(sqlite3_open(fleet->path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, sql.data, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	buf_done(&sql);
}

static void
remove_database(const struct fleet *fleet)
{
	static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
	char name[160];

	for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
		snprintf(name, sizeof name, "%s%s", fleet->path, tails[i]);
		unlink(name);
	}
	rmdir(fleet->dir);
}

static struct store *
open_fleet(struct fleet *fleet)
{
	struct store_loader loader = {on_node_cb, on_event_cb, fleet};
	struct store *store = NULL;
	struct err err = {0};

	fleet->count = 0;
	if (store_open(fleet->path, NULL, &store, &err) < 0 ||
	    store_load(store, &loader, &err) < 0)
		fail_msg("%s", err.text);
	return store;
}

static const char *
decided(const struct node *node, bool always)
{
	struct ask ask = {.stage = ASK_BOOT_SCRIPT,
	    .known = true,
	    .auto_install = true,
	    .reinstall_always = always,
	    .install_attempts = 3,
	    .attempts_window_ms = 86400000,
	    .now_ms = node->last_ms};
	struct decision decision;

	policy_decide(&ask, node, &decision);
	return decision.rule;
}

static void
check_fleet(struct fleet *fleet)
{
	const struct node *gpu1 = find(fleet, "gpu1");
	const struct node *gpu2 = find(fleet, "gpu2");
	const struct node *gpu3 = find(fleet, "gpu3");
	struct stall stall;

	assert_int_equal(fleet->count, NODES);
	assert_int_equal(gpu1->phase, NODE_INSTALLING);
	assert_int_equal(gpu1->have, 1);
	assert_int_equal(gpu1->percent, 40);
	assert_true(gpu1->overwrite);
	assert_int_equal(gpu2->phase, NODE_LOADING);
	assert_false(gpu2->held);
	assert_int_equal(gpu2->attempts, 1);
	assert_string_equal(decided(gpu2, false), "install-armed");
	assert_int_equal(gpu3->phase, NODE_INSTALLED);
	assert_string_equal(decided(gpu3, false), "installed");
	/* Nobody saw it run, as far as that format tells. */
	assert_string_equal(decided(gpu3, true), "installed");
	assert_true(stall_find(gpu1, gpu1->last_seen_ms + 3600000, 1, &stall));
	assert_int_equal(stall.evidence, EVIDENCE_REPORT);
	assert_false(stall_find(gpu1, gpu1->last_seen_ms + 3600000, 3, &stall));
}

static void
test_first_format(void **state)
{
	static struct fleet fleet;
	struct store *store;
	struct event event;

	(void)state;
	make_database(&fleet);
	store = open_fleet(&fleet);
	check_fleet(&fleet);
	assert_int_equal(find(&fleet, "gpu1")->want, 2);
	event_init(&event, EVENT_CANCELLED, "gpu1");
	event.time_ms = 1795430000001;
	assert_int_equal(
	    store_append(store, &event, 1, STORE_ANY_SEQ, NULL, NULL), 0);
	store_flush(store);
	store_close(store);
	store = open_fleet(&fleet);
	find(&fleet, "gpu1")->overwrite = true;
	check_fleet(&fleet);
	assert_int_equal(find(&fleet, "gpu1")->want, 1);
	assert_int_equal(find(&fleet, "gpu1")->withdrawn, 2);
	store_close(store);
	remove_database(&fleet);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_first_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
