#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "core/report.h"

#define TOKEN_LIFE_MS INT64_C(14400000) /* four hours */

/* Small enough that scenarios begin from a snapshot and a tail. */
static const struct store_opts store_opts = {.snapshot_every = 5};

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

static void
open_store(struct world *world)
{
	struct err err = {0};

	if (store_open(world->path, &store_opts, &world->store, &err) < 0)
		die("store_open", err.text);
}

static void
remove_files(const struct world *world)
{
	static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
	char name[256];

	for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
		snprintf(name, sizeof name, "%s%s", world->path, tails[i]);
		unlink(name);
	}
}

void
world_init(struct world *world)
{
	memset(world, 0, sizeof *world);
	world->now_ms = 1795430000000;
	snprintf(world->dir, sizeof world->dir, "/tmp/replay.XXXXXX");
	if (mkdtemp(world->dir) == NULL)
		die("mkdtemp", world->dir);
	snprintf(world->path, sizeof world->path, "%s/state.db", world->dir);
	open_store(world);
}

void
world_done(struct world *world)
{
	store_close(world->store);
	remove_files(world);
	rmdir(world->dir);
}

struct world_host *
world_host(struct world *world, const char *name)
{
	struct world_host *host;

	for (size_t i = 0; i < world->nhosts; i++) {
		if (strcmp(world->hosts[i].name, name) == 0)
			return &world->hosts[i];
	}
	if (world->nhosts == WORLD_HOSTS_MAX)
		return NULL;
	host = &world->hosts[world->nhosts++];
	str_copy(host->name, sizeof host->name, name);
	host->auto_install = true;
	host->install_attempts = 3;
	host->attempts_window_ms = 86400000;
	node_init(&host->node, name);
	return host;
}

static void
on_commit_cb(void *arg, int error, const struct event *events, size_t n)
{
	struct world *world = arg;

	if (error < 0)
		die("append", store_strerror(error));
	for (size_t i = 0; i < n; i++)
		node_apply(
		    &world_host(world, events[i].node)->node, &events[i]);
}

void
world_append(struct world *world, struct event *event)
{
	event->time_ms = world->now_ms;
	if (store_append(
		world->store, event, 1, STORE_ANY_SEQ, on_commit_cb, world) < 0)
		die("append", "refused");
	store_flush(world->store);
}

static const char *
token_at(const struct world_host *host, size_t token)
{
	if (token == 0)
		token = host->ntokens;
	return token == 0 || token > host->ntokens ? ""
						   : host->tokens[token - 1];
}

static void
ask_init(const struct world_host *host, struct ask *ask)
{
	*ask = (struct ask){
	    .known = host->known,
	    .enroll = host->enroll,
	    .inspect = host->inspect,
	    .name = host->name,
	    .other_by = "UUID",
	    .auto_install = host->auto_install,
	    .auto_install_unknown = host->auto_install_unknown,
	    .reinstall_always = host->reinstall_always,
	    .install_attempts = host->install_attempts,
	    .attempts_window_ms = host->attempts_window_ms,
	    .image_problem = host->image_problem,
	    .problem = host->problem,
	    .client_arch = host->client_arch,
	    .image_arch = host->image_arch,
	};
}

uint64_t
world_want(const struct world_host *host)
{
	struct ask ask;

	ask_init(host, &ask);
	return policy_effective_want(&ask, &host->node);
}

void
world_ask(const struct world *world, const struct world_host *host,
    enum ask_stage stage, size_t token, struct decision *ret_decision)
{
	const struct node_token *found;
	struct ask ask;

	ask_init(host, &ask);
	ask.stage = stage;
	ask.other = stage == ASK_SEED ? NULL : host->other;
	ask.now_ms = world->now_ms;
	found = node_token_by_boot(&host->node, token_at(host, token));
	if (found != NULL) {
		ask.token_generation = found->generation;
		ask.token_expires_ms = found->expires_ms;
	}
	policy_decide(&ask, &host->node, ret_decision);
}

/* Stands for a hash: the boot token N, and N's report token behind an 'r'. */
static void
give_token(struct world *world, struct world_host *host, struct event *event)
{
	snprintf(event->token, sizeof event->token, "%u", ++world->issued);
	snprintf(event->report_token, sizeof event->report_token, "r%u",
	    world->issued);
	event->expires_ms = world->now_ms + TOKEN_LIFE_MS;
	if (host->ntokens == WORLD_TOKENS_MAX)
		die(host->name, "too many tokens");
	str_copy(host->tokens[host->ntokens++], EVENT_TOKEN_SIZE, event->token);
}

static const enum event_kind kind_of_stage[] = {
    [ASK_DHCP] = EVENT_PXE,
    [ASK_BOOT_SCRIPT] = EVENT_BOOT_SCRIPT,
    [ASK_SEED] = EVENT_SEED,
};

static void
append_hold(struct world *world, const struct world_host *host,
    const struct decision *decision)
{
	struct event event;

	event_init(&event, EVENT_HOLD, host->name);
	str_copy(event.by, sizeof event.by, "policy");
	event_text(event.reason, sizeof event.reason, decision->why,
	    strlen(decision->why));
	world_append(world, &event);
}

static void
append_discovered(struct world *world, const struct world_host *host)
{
	struct event event;

	event_init(&event, EVENT_DISCOVERED, host->name);
	str_copy(event.serial, sizeof event.serial, "S1");
	world_append(world, &event);
}

void
world_act(struct world *world, struct world_host *host, enum ask_stage stage,
    size_t token, struct decision *ret_decision)
{
	struct event event;

	world_ask(world, host, stage, token, ret_decision);
	if (stage == ASK_BOOT_SCRIPT && host->node.phase == NODE_NEW &&
	    (ret_decision->action == POLICY_WAIT ||
		ret_decision->action == POLICY_INSPECT))
		append_discovered(world, host);
	/* It asks every few seconds: no news. */
	if (ret_decision->action == POLICY_WAIT)
		return;
	if (ret_decision->hold)
		append_hold(world, host, ret_decision);
	if (stage == ASK_SEED && ret_decision->action != POLICY_INSTALL)
		return;
	event_init(&event, kind_of_stage[stage], host->name);
	if (stage == ASK_SEED) {
		str_copy(event.name, sizeof event.name, "user-data");
		str_copy(
		    event.token, sizeof event.token, token_at(host, token));
	} else {
		str_copy(event.decision, sizeof event.decision,
		    policy_action_name(ret_decision->action));
		str_copy(event.rule, sizeof event.rule, ret_decision->rule);
	}
	event.generation = ret_decision->generation;
	event.overwrite = ret_decision->overwrite;
	if (stage == ASK_BOOT_SCRIPT)
		event.attempt = ret_decision->attempt;
	if (ret_decision->action == POLICY_INSTALL && stage != ASK_DHCP)
		str_copy(event.content, sizeof event.content, host->content);
	if (stage == ASK_BOOT_SCRIPT && policy_is_offer(ret_decision->action))
		give_token(world, host, &event);
	world_append(world, &event);
}

void
world_inspected(struct world *world, const struct world_host *host)
{
	struct event event;

	event_init(&event, EVENT_INSPECTED, host->name);
	str_copy(event.vendor, sizeof event.vendor, "QEMU");
	str_copy(event.description, sizeof event.description, "1 disk");
	world_append(world, &event);
}

bool
world_report(struct world *world, struct world_host *host, size_t token,
    const char *body)
{
	const struct node_token *found;
	char report[EVENT_TOKEN_SIZE + 1];
	struct event event;

	snprintf(report, sizeof report, "r%s", token_at(host, token));
	found = node_token_by_report(&host->node, report);
	if (found == NULL || node_token_is_replaced(&host->node, found))
		return false;
	if (report_parse(body, strlen(body), host->node.percent, &event) < 0)
		die("report", "not parsed");
	str_copy(event.node, sizeof event.node, host->name);
	if (event.kind != EVENT_ADOPTED)
		event.generation = found->generation;
	world_append(world, &event);
	return true;
}

static void
on_node_cb(void *arg, const struct node *node)
{
	world_host(arg, node->name)->loaded = *node;
}

static void
on_event_cb(void *arg, const struct event *event)
{
	node_apply(&world_host(arg, event->node)->loaded, event);
}

static bool
is_same(const struct node *a, const struct node *b)
{
	struct buf one;
	struct buf two;
	bool same;

	buf_init(&one, NODE_JSON_MAX);
	buf_init(&two, NODE_JSON_MAX);
	node_write_json(a, &one);
	node_write_json(b, &two);
	same = strcmp(one.data, two.data) == 0;
	buf_done(&one);
	buf_done(&two);
	return same;
}

bool
world_restart(struct world *world)
{
	struct store_loader loader = {on_node_cb, on_event_cb, world};
	struct err err = {0};
	bool same = true;

	store_close(world->store);
	open_store(world);
	for (size_t i = 0; i < world->nhosts; i++)
		node_init(&world->hosts[i].loaded, world->hosts[i].name);
	if (store_load(world->store, &loader, &err) < 0)
		die("load", err.text);
	for (size_t i = 0; i < world->nhosts; i++) {
		struct world_host *host = &world->hosts[i];

		same &= is_same(&host->node, &host->loaded);
		host->node = host->loaded;
	}
	return same;
}

void
world_lose_database(struct world *world)
{
	store_close(world->store);
	remove_files(world);
	open_store(world);
	for (size_t i = 0; i < world->nhosts; i++)
		node_init(&world->hosts[i].node, world->hosts[i].name);
}
