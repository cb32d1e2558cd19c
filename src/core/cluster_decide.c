/* What a node that wants to join gets: a table of rules, the first wins. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "core/cluster.h"

#define NEW_CLUSTER "convect-pxectl cluster new --yes"

struct context {
	const struct cluster *cluster;
	const struct cluster_ask *ask;
	struct cluster_member member; /* what is known of who asks */
	struct cluster_answer *answer;
};

static void explain(struct context *context, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void
explain(struct context *context, const char *fmt, ...)
{
	struct cluster_answer *answer = context->answer;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(answer->why, sizeof answer->why, fmt, ap);
	va_end(ap);
}

static bool
is_live(const struct cluster_member *server)
{
	return server->state == CLUSTER_MEMBER && !server->away &&
	       server->addr[0] != '\0';
}

const struct cluster_member *
cluster_live_server(const struct cluster *cluster, const char *not_name)
{
	for (size_t i = 0; i < cluster->servers; i++) {
		const struct cluster_member *server = cluster->server[i];

		if (is_live(server) && strcmp(server->name, not_name) != 0)
			return server;
	}
	return NULL;
}

size_t
cluster_voters(const struct cluster *cluster, size_t *ret_live)
{
	size_t voters = 0;
	size_t live = 0;

	for (size_t i = 0; i < cluster->servers; i++) {
		const struct cluster_member *server = cluster->server[i];

		voters += server->state == CLUSTER_MEMBER;
		live += is_live(server);
	}
	*ret_live = live;
	return voters;
}

/* ---- rules: true when they decide -----------------------------------------
 */

static bool
is_known(const struct context *context)
{
	const struct cluster_member *member = &context->member;

	return member->state != CLUSTER_OUT &&
	       member->epoch == context->cluster->head.epoch;
}

static bool
is_server(const struct context *context)
{
	return context->ask->role == CLUSTER_SERVER;
}

static bool
is_initialised(const struct context *context)
{
	return context->cluster->head.init_by[0] != '\0';
}

static bool
is_initialiser(const struct context *context)
{
	return strcmp(context->cluster->head.init_by, context->ask->name) == 0;
}

static bool
rule_role(struct context *context)
{
	if (context->ask->role != CLUSTER_NO_ROLE)
		return false;
	explain(context,
	    "%s is neither in the group driver nor in worker, and has no "
	    "k3s_role",
	    context->ask->name);
	return true;
}

static bool
rule_old_install(struct context *context)
{
	if (!is_known(context) ||
	    context->ask->generation >= context->member.generation)
		return false;
	explain(context, "this is an install before the present one of %s",
	    context->ask->name);
	return true;
}

/* Its k3s would go on with the cluster whose data it has. */
static bool
rule_other_cluster(struct context *context)
{
	const struct cluster_member *member = &context->member;

	if (member->state == CLUSTER_OUT ||
	    member->epoch == context->cluster->head.epoch ||
	    context->ask->generation > member->generation)
		return false;
	explain(context,
	    "the disk of %s holds the cluster before the present one; install "
	    "it anew: convect-pxectl reinstall %s",
	    context->ask->name, context->ask->name);
	return true;
}

static bool
rule_other_role(struct context *context)
{
	if (!is_known(context) ||
	    context->member.generation != context->ask->generation ||
	    context->member.role == context->ask->role)
		return false;
	explain(context, "%s joined as %s; another role takes a reinstall",
	    context->ask->name, cluster_role_name(context->member.role));
	return true;
}

static bool
rule_token(struct context *context)
{
	const char *kept = context->cluster->head.token;
	const char *now = context->ask->token;

	if (kept[0] == '\0' || now[0] == '\0' || strcmp(kept, now) == 0)
		return false;
	explain(context,
	    "convect_token is not the one that %s initialised the cluster "
	    "with, and its database is encrypted with that; write the old one "
	    "into the inventory again",
	    context->cluster->head.init_by);
	return true;
}

static bool
rule_even(struct context *context)
{
	if (!is_server(context) || is_initialised(context) ||
	    context->ask->drivers % 2 == 1)
		return false;
	explain(context,
	    "the inventory has %zu drivers: a cluster takes 1 or an odd number "
	    "of them",
	    context->ask->drivers);
	return true;
}

/* A database that is new here does not prove that there is no cluster. */
static bool
rule_found(struct context *context)
{
	if (!is_server(context) || is_initialised(context) ||
	    context->ask->found == NULL || context->cluster->head.epoch > 0)
		return false;
	explain(context,
	    "%s was installed before this database began, so a cluster may "
	    "live that it does not know; give it back with convect-pxectl "
	    "cluster restore FILE or, when there is none, begin one with %s",
	    context->ask->found, NEW_CLUSTER);
	return true;
}

static bool
rule_init(struct context *context)
{
	const char *first = context->ask->first;

	if (!is_server(context) || is_initialised(context) || first == NULL ||
	    strcmp(first, context->ask->name) != 0)
		return false;
	explain(context, "%s is the first driver and begins the cluster",
	    context->ask->name);
	return true;
}

/* Nobody else has joined: what another install of it began is gone. */
static bool
rule_init_again(struct context *context)
{
	if (!is_server(context) || !is_initialiser(context) ||
	    context->cluster->head.up)
		return false;
	explain(context, "%s has begun the cluster and is not done yet",
	    context->ask->name);
	return true;
}

static bool
rule_not_up(struct context *context)
{
	const struct cluster_head *head = &context->cluster->head;

	if (head->up)
		return false;
	if (is_initialised(context))
		explain(context,
		    "%s begins the cluster and is not done yet; should it "
		    "never be, %s lets another one begin",
		    head->init_by, NEW_CLUSTER);
	else
		explain(context,
		    "%s, the first driver, has to begin the cluster",
		    context->ask->first == NULL ? "none is there"
						: context->ask->first);
	return true;
}

/* Its k3s keeps to its data, and without these it can not begin anew. */
static bool
rule_same_install(struct context *context)
{
	const struct cluster_member *at;

	if (!is_known(context) || context->member.state != CLUSTER_MEMBER ||
	    context->member.generation != context->ask->generation)
		return false;
	at = cluster_live_server(context->cluster, context->ask->name);
	str_copy(context->answer->server, sizeof context->answer->server,
	    at != NULL ? at->addr : context->member.addr);
	explain(context, "%s is a member", context->ask->name);
	return is_server(context) || at != NULL;
}

static bool
rule_lost(struct context *context)
{
	if (cluster_live_server(context->cluster, context->ask->name) != NULL)
		return false;
	if (!is_known(context) || context->member.role != CLUSTER_SERVER ||
	    context->cluster->servers > 1) {
		context->answer->action = CLUSTER_WAIT;
		explain(context,
		    "no driver of the cluster runs; see convect-pxectl cluster "
		    "status");
		return true;
	}
	explain(context,
	    "%s was the only driver and was installed anew: its cluster is "
	    "gone; %s begins another, and its workers are to be installed anew",
	    context->ask->name, NEW_CLUSTER);
	return true;
}

/* etcd refuses a member whose name it has already. */
static bool
rule_remove(struct context *context)
{
	if (!is_known(context) || context->member.role != CLUSTER_SERVER ||
	    context->ask->generation == context->member.generation)
		return false;
	context->answer->remove = true;
	explain(context,
	    "what %s was before has to be taken out of the cluster first: on "
	    "another driver, kubectl delete node %s, then convect-pxectl "
	    "cluster forget %s",
	    context->ask->name, context->ask->name, context->ask->name);
	return true;
}

static bool
rule_quorum(struct context *context)
{
	size_t live;
	size_t voters = cluster_voters(context->cluster, &live);

	if (!is_server(context) || 2 * live > voters)
		return false;
	explain(context,
	    "%zu of %zu drivers run, which is no majority: the cluster takes "
	    "nobody; see convect-pxectl cluster status",
	    live, voters);
	return true;
}

static bool
rule_slot(struct context *context)
{
	const struct cluster *cluster = context->cluster;

	for (size_t i = 0; is_server(context) && i < cluster->servers; i++) {
		const struct cluster_member *server = cluster->server[i];
		int64_t heard = server->seen_ms > server->since_ms
				    ? server->seen_ms
				    : server->since_ms;

		if (server->state != CLUSTER_JOINING ||
		    strcmp(server->name, context->ask->name) == 0 ||
		    context->ask->now_ms - heard > CLUSTER_SLOT_MS)
			continue;
		explain(context, "%s joins, and drivers join one at a time",
		    server->name);
		return true;
	}
	return false;
}

static bool
rule_full(struct context *context)
{
	if (!is_server(context) || is_known(context) ||
	    context->cluster->servers < CLUSTER_SERVERS_MAX)
		return false;
	explain(context, "a cluster takes no more than %d drivers",
	    CLUSTER_SERVERS_MAX);
	return true;
}

static bool
rule_join(struct context *context)
{
	const struct cluster_member *at =
	    cluster_live_server(context->cluster, context->ask->name);

	if (at == NULL)
		return false;
	str_copy(
	    context->answer->server, sizeof context->answer->server, at->addr);
	explain(context, "joins at %s", at->name);
	return true;
}

static const struct {
	const char *name;
	enum cluster_action action;
	bool (*decides)(struct context *context);
} rules[] = {
    {"role", CLUSTER_REFUSE, rule_role},
    {"old-install", CLUSTER_REFUSE, rule_old_install},
    {"other-cluster", CLUSTER_REFUSE, rule_other_cluster},
    {"other-role", CLUSTER_REFUSE, rule_other_role},
    {"token", CLUSTER_REFUSE, rule_token},
    {"even", CLUSTER_REFUSE, rule_even},
    {"found", CLUSTER_REFUSE, rule_found},
    {"init", CLUSTER_INIT, rule_init},
    {"init-again", CLUSTER_INIT, rule_init_again},
    {"not-up", CLUSTER_WAIT, rule_not_up},
    {"member", CLUSTER_JOIN, rule_same_install},
    {"lost", CLUSTER_REFUSE, rule_lost},
    {"remove", CLUSTER_WAIT, rule_remove},
    {"quorum", CLUSTER_WAIT, rule_quorum},
    {"slot", CLUSTER_WAIT, rule_slot},
    {"full", CLUSTER_REFUSE, rule_full},
    {"join", CLUSTER_JOIN, rule_join},
};

void
cluster_decide(const struct cluster *cluster, const struct cluster_ask *ask,
    struct cluster_answer *ret_answer)
{
	struct context context = {
	    .cluster = cluster, .ask = ask, .answer = ret_answer};
	size_t i = 0;

	cluster_get(cluster, ask->name, &context.member);
	memset(ret_answer, 0, sizeof *ret_answer);
	for (;; i++) {
		/* The last one always decides: rule_lost leaves a server. */
		ret_answer->action = rules[i].action;
		ret_answer->rule = rules[i].name;
		if (rules[i].decides(&context) ||
		    i + 1 == sizeof rules / sizeof rules[0])
			return;
	}
}

/* ---- who may be installed anew ------------------------------------------- */

static bool
is_named(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(names[i], name) == 0)
			return true;
	}
	return false;
}

static void
refuse_take(const struct cluster_member *server, size_t left, size_t voters,
    struct err *err)
{
	if (voters == 1) {
		err_set(err,
		    "%s is the only driver of the cluster, which would "
		    "be gone",
		    server->name);
		err_hint(err, "%s gives the cluster up", NEW_CLUSTER);
		return;
	}
	err_set(err,
	    "%s is a driver: %zu of %zu would be left, which is no majority",
	    server->name, left, voters);
	err_hint(err,
	    "one at a time, when all others run: convect-pxectl cluster "
	    "status");
}

int
cluster_may_take(const struct cluster *cluster, const char *const *names,
    size_t count, struct err *err)
{
	const struct cluster_member *taken = NULL;
	size_t live;
	size_t voters = cluster_voters(cluster, &live);
	size_t left = live;

	for (size_t i = 0; i < cluster->servers; i++) {
		const struct cluster_member *server = cluster->server[i];

		if (server->state != CLUSTER_MEMBER ||
		    !is_named(names, count, server->name))
			continue;
		taken = server;
		left -= is_live(server);
	}
	if (taken == NULL || 2 * left > voters)
		return 0;
	refuse_take(taken, left, voters, err);
	return -EPERM;
}
