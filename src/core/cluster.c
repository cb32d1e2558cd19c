#include "core/cluster.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

#define K3S_STAGE "k3s"

static const char *const role_names[CLUSTER_ROLES] = {
    [CLUSTER_NO_ROLE] = "",
    [CLUSTER_SERVER] = "server",
    [CLUSTER_AGENT] = "agent",
};

static const char *const state_names[CLUSTER_STATES] = {
    [CLUSTER_OUT] = "out",
    [CLUSTER_JOINING] = "joining",
    [CLUSTER_MEMBER] = "member",
    [CLUSTER_BROKEN] = "broken",
};

const char *
cluster_role_name(enum cluster_role role)
{
	return role < CLUSTER_ROLES ? role_names[role] : "";
}

const char *
cluster_state_name(enum cluster_state state)
{
	return state < CLUSTER_STATES ? state_names[state] : "";
}

void
cluster_init(struct cluster *cluster)
{
	memset(cluster, 0, sizeof *cluster);
}

void
cluster_done(struct cluster *cluster)
{
	struct cluster_member *member;
	struct cluster_member *next;

	HASH_ITER (hh, cluster->by_name, member, next) {
		HASH_DEL(cluster->by_name, member);
		free(member);
	}
	memset(cluster, 0, sizeof *cluster);
}

struct cluster_member *
cluster_find(const struct cluster *cluster, const char *name)
{
	struct cluster_member *member;

	HASH_FIND_STR(cluster->by_name, name, member);
	return member;
}

void
cluster_get(const struct cluster *cluster, const char *name,
    struct cluster_member *ret_member)
{
	const struct cluster_member *known = cluster_find(cluster, name);

	if (known != NULL) {
		*ret_member = *known;
		return;
	}
	memset(ret_member, 0, sizeof *ret_member);
	str_copy(ret_member->name, sizeof ret_member->name, name);
}

/* The database of the cluster may count it. */
static bool
is_server(const struct cluster *cluster, const struct cluster_member *member)
{
	return member->role == CLUSTER_SERVER && member->state != CLUSTER_OUT &&
	       member->epoch == cluster->head.epoch;
}

static void
list_servers(struct cluster *cluster)
{
	struct cluster_member *member;
	struct cluster_member *next;

	cluster->servers = 0;
	HASH_ITER (hh, cluster->by_name, member, next) {
		if (is_server(cluster, member) &&
		    cluster->servers < CLUSTER_SERVERS_MAX)
			cluster->server[cluster->servers++] = member;
	}
}

void
cluster_put_head(struct cluster *cluster, const struct cluster_head *head)
{
	bool other = head->epoch != cluster->head.epoch;

	cluster->head = *head;
	if (other)
		list_servers(cluster);
}

int
cluster_put_member(struct cluster *cluster, const struct cluster_member *member)
{
	struct cluster_member *known = cluster_find(cluster, member->name);
	bool was = known != NULL && is_server(cluster, known);
	bool is = is_server(cluster, member);
	UT_hash_handle hh;

	if (is && !was && cluster->servers == CLUSTER_SERVERS_MAX)
		return -ENOSPC;
	if (known == NULL) {
		known = mem_alloc(sizeof *known);
		*known = *member;
		HASH_ADD_STR(cluster->by_name, name, known);
	} else {
		hh = known->hh;
		*known = *member;
		known->hh = hh;
	}
	if (is != was)
		list_servers(cluster);
	return 0;
}

/* ---- the fold -------------------------------------------------------------
 */

static void
set_state(struct cluster_member *member, enum cluster_state state,
    const struct event *event)
{
	if (member->state != state)
		member->since_ms = event->time_ms;
	member->state = state;
}

static enum cluster_role
role_of(const char *name)
{
	return strcmp(name, role_names[CLUSTER_SERVER]) == 0 ? CLUSTER_SERVER
							     : CLUSTER_AGENT;
}

static bool
is_current(const struct cluster_head *head, const struct cluster_member *member)
{
	return member->epoch == head->epoch && member->state != CLUSTER_OUT;
}

/* The answer to an install that asked; the last one of an install counts. */
static bool
apply_given(struct cluster_head *head, struct cluster_member *member,
    const struct event *event)
{
	bool init = strcmp(event->code, "init") == 0;
	bool again =
	    is_current(head, member) && event->generation == member->generation;

	if (is_current(head, member) && event->generation < member->generation)
		return false;
	if (init && head->init_by[0] != '\0' &&
	    strcmp(head->init_by, member->name) != 0)
		return false;
	if (init && !head->up) {
		str_copy(head->init_by, sizeof head->init_by, member->name);
		head->init_ms = event->time_ms;
	}
	member->epoch = head->epoch;
	member->generation = event->generation;
	member->role = role_of(event->name);
	member->init = init;
	str_copy(member->addr, sizeof member->addr, event->addr);
	/* One that runs and asks again runs all the same. */
	if (!again || member->state == CLUSTER_BROKEN)
		set_state(member, CLUSTER_JOINING, event);
	return true;
}

static bool
apply_left(struct cluster_head *head, struct cluster_member *member,
    const struct event *event)
{
	(void)head;
	set_state(member, CLUSTER_OUT, event);
	member->init = false;
	return true;
}

/* Members are of the epoch before then, and their passwords stay. */
static bool
apply_new(struct cluster_head *head, struct cluster_member *member,
    const struct event *event)
{
	(void)member;
	(void)event;
	*head = (struct cluster_head){.epoch = head->epoch + 1};
	return true;
}

static const struct {
	const char *code;
	bool (*apply)(struct cluster_head *head, struct cluster_member *member,
	    const struct event *event);
} steps[] = {
    {"init", apply_given},
    {"join", apply_given},
    {"left", apply_left},
    {"new", apply_new},
};

static bool
apply_step(struct cluster_head *head, struct cluster_member *member,
    const struct event *event)
{
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		if (strcmp(steps[i].code, event->code) == 0)
			return steps[i].apply(head, member, event);
	}
	return false;
}

static bool
is_of_k3s(const struct cluster_head *head, const struct cluster_member *member,
    const struct event *event)
{
	return strcmp(event->stage, K3S_STAGE) == 0 &&
	       is_current(head, member) &&
	       event->generation == member->generation;
}

static bool
is_initialiser(
    const struct cluster_head *head, const struct cluster_member *member)
{
	return member->init && strcmp(head->init_by, member->name) == 0;
}

static bool
is_ca(const struct cluster_head *head, const struct cluster_member *member,
    const struct event *event)
{
	return event->ca[0] == '\0' || head->ca[0] == '\0' ||
	       strcmp(event->ca, head->ca) == 0 ||
	       (is_initialiser(head, member) && !head->up);
}

static bool
apply_report(struct cluster_head *head, struct cluster_member *member,
    const struct event *event)
{
	if (strcmp(event->event_type, "done") != 0 &&
	    strcmp(event->event_type, "finish") != 0)
		return false;
	/* One with a CA of its own is in a cluster of its own. */
	if (!is_ca(head, member, event)) {
		set_state(member, CLUSTER_BROKEN, event);
		return true;
	}
	set_state(member, CLUSTER_MEMBER, event);
	if (!is_initialiser(head, member))
		return true;
	head->up = true;
	if (event->ca[0] != '\0')
		str_copy(head->ca, sizeof head->ca, event->ca);
	return true;
}

bool
cluster_apply(struct cluster_head *head, struct cluster_member *member,
    const struct event *event)
{
	if (event->kind == EVENT_CLUSTER)
		return apply_step(head, member, event);
	if (!is_of_k3s(head, member, event))
		return false;
	if (event->kind == EVENT_REPORT || event->kind == EVENT_FIRSTBOOT)
		return apply_report(head, member, event);
	/* What runs is not made to stop by a stage that fails after it. */
	if (event->kind != EVENT_FAILED || member->state != CLUSTER_JOINING)
		return false;
	set_state(member, CLUSTER_BROKEN, event);
	return true;
}
