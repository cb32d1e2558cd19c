/*
 * A provisioner without sockets, for scenarios: hosts, their nodes, a store on
 * disk and a clock that the scenario moves. It does what src/app does around
 * the pure core: ask, append, and apply once the store has committed.
 */
#ifndef CONVECT_TESTS_REPLAY_WORLD_H
#define CONVECT_TESTS_REPLAY_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/node.h"
#include "core/policy.h"
#include "store/store.h"

#define WORLD_HOSTS_MAX 8
#define WORLD_TOKENS_MAX 16

/* What the inventory, the images and the templates say of a host. */
struct world_host {
	char name[64];
	bool known;
	bool enroll;  /* the option `unknown` */
	bool inspect; /* there is an inspection image */
	bool auto_install;
	bool auto_install_unknown;
	bool reinstall_always;
	uint64_t install_attempts;
	int64_t attempts_window_ms;
	char image_problem[128];
	char problem[128];
	char image_arch[16];
	char client_arch[16];
	char other[64];			  /* that its UUID belongs to */
	char content[EVENT_CONTENT_SIZE]; /* its files, as they are now */
	/* Boot tokens that the machine was given, in order. */
	char tokens[WORLD_TOKENS_MAX][EVENT_TOKEN_SIZE];
	size_t ntokens;
	struct node node;   /* live state */
	struct node loaded; /* state after a restart, while it is compared */
};

struct world {
	int64_t now_ms;
	struct world_host hosts[WORLD_HOSTS_MAX];
	size_t nhosts;
	unsigned issued;
	struct store *store;
	char dir[64];
	char path[128];
};

void world_init(struct world *world);
void world_done(struct world *world);

/* Finds or makes it; a new one is not in the inventory. NULL: too many. */
struct world_host *world_host(struct world *world, const char *name);

void world_append(struct world *world, struct event *event);

/* policy_effective_want() */
uint64_t world_want(const struct world_host *host);
/* `token` counts from 1; 0 is the last one. */
void world_ask(const struct world *world, const struct world_host *host,
    enum ask_stage stage, size_t token, struct decision *ret_decision);
/* Asks and does: appends the events that src/app would. */
void world_act(struct world *world, struct world_host *host,
    enum ask_stage stage, size_t token, struct decision *ret_decision);
/* The inspection image has told what the machine is. */
void world_inspected(struct world *world, const struct world_host *host);
/* False when nobody has that token: nothing happens. */
bool world_report(struct world *world, struct world_host *host, size_t token,
    const char *body);

/* Closes and opens the store. False: the fold is not the live state. */
bool world_restart(struct world *world);
void world_lose_database(struct world *world);

#endif
