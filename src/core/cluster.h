/*
 * The one k3s cluster of a site, as the provisioner knows it: who initialised
 * it, its members and its secrets. Whether a driver begins a cluster or joins
 * one is decided from this and never from its place in a list, since a second
 * `cluster-init` beside a living cluster splits it.
 *
 * The state is a head and a member for each node, changed by events through
 * cluster_apply(), and asked by cluster_decide(). Both are pure. An init that
 * was handed out stays that node's until EVENT_CLUSTER says "new".
 *
 * Knows nothing of stores, inventories, time and Kubernetes' API.
 */
#ifndef CONVECT_CORE_CLUSTER_H
#define CONVECT_CORE_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/event.h"

#define CLUSTER_TOKEN_SIZE 257 /* of a token of the operator's */
#define CLUSTER_SECRET_SIZE 33 /* 16 bytes in hex, made here */
#define CLUSTER_SERVERS_MAX 15 /* etcd is of no use with more */
#define CLUSTER_JSON_MAX 8192  /* ceiling of a head or a member as JSON */
#define CLUSTER_SLOT_MS 900000 /* without a word of the server that joins */
#define CLUSTER_WHY_SIZE 512

enum cluster_role {
	CLUSTER_NO_ROLE,
	CLUSTER_SERVER, /* a driver: the API and its database */
	CLUSTER_AGENT,	/* a worker */
	CLUSTER_ROLES
};

/* Of one install of a node; each is a state of what others may still list. */
enum cluster_state {
	CLUSTER_OUT,	 /* nothing of it is in the cluster */
	CLUSTER_JOINING, /* it was given its configuration */
	CLUSTER_MEMBER,	 /* it said that k3s runs */
	CLUSTER_BROKEN,	 /* it said that k3s does not */
	CLUSTER_STATES
};

/* What all share. Stored as one value, with the secrets. */
struct cluster_head {
	uint64_t epoch; /* clusters that an operator has begun anew */
	char init_by[EVENT_NODE_SIZE]; /* whose the init is; "": nobody's */
	int64_t init_ms;
	bool up;			   /* init_by said that it runs */
	char ca[EVENT_TOKEN_SIZE];	   /* what it said of its CA; hex */
	char ca_pem_sum[EVENT_TOKEN_SIZE]; /* of the kubeconfig's CA, as PEM */
	char token[CLUSTER_TOKEN_SIZE];	   /* servers join with it */
	char agent_token[CLUSTER_SECRET_SIZE];
};

struct cluster_member {
	char name[EVENT_NODE_SIZE];
	uint64_t epoch; /* of the cluster that the rest is about */
	enum cluster_role role;
	enum cluster_state state;
	bool init;	     /* was told to initialise */
	uint64_t generation; /* of the install that it is about */
	int64_t since_ms;    /* of the state */
	char addr[48];
	char password[CLUSTER_SECRET_SIZE]; /* of its Node; lasts for ever */
	/* Not stored, for cluster_decide(): the asker's caller knows. */
	int64_t seen_ms; /* last sign of life */
	bool away;	 /* being installed anew, or to be */
	UT_hash_handle hh;
};

struct cluster {
	struct cluster_head head;
	struct cluster_member *by_name;
	/* Those of this epoch that others may list as servers. */
	struct cluster_member *server[CLUSTER_SERVERS_MAX];
	size_t servers;
};

void cluster_init(struct cluster *cluster);
void cluster_done(struct cluster *cluster);
/* NULL: nothing is known of it. */
struct cluster_member *cluster_find(
    const struct cluster *cluster, const char *name);
/* What is known of it, or a new one that is not in the cluster yet. */
void cluster_get(const struct cluster *cluster, const char *name,
    struct cluster_member *ret_member);
/* Copies: what was loaded, or what has been committed. */
void cluster_put_head(struct cluster *cluster, const struct cluster_head *head);
/* -ENOSPC: too many servers; it is not taken. */
int cluster_put_member(
    struct cluster *cluster, const struct cluster_member *member);

/*
 * What an event of the member's node changes. False: nothing, and most do not.
 * EVENT_CLUSTER's `code` is "init", "join" (with `name` the role), "left" or
 * "new"; callbacks of the stage k3s say the rest.
 */
bool cluster_apply(struct cluster_head *head, struct cluster_member *member,
    const struct event *event);

enum cluster_action {
	CLUSTER_INIT,  /* begin the cluster */
	CLUSTER_JOIN,  /* at `server` */
	CLUSTER_WAIT,  /* and ask again */
	CLUSTER_REFUSE /* as long as nobody mends it */
};

struct cluster_ask {
	const char *name;
	enum cluster_role role;
	uint64_t generation; /* of the install that asks */
	const char *first;   /* the first driver of the inventory; NULL: none */
	size_t drivers;	     /* of the inventory */
	/* A node that was found installed by a database that is lost, and may
	 * hold a cluster that this one does not know; NULL: none. */
	const char *found;
	/* The operator's token now; "": he leaves it to us. */
	const char *token;
	int64_t now_ms;
};

struct cluster_answer {
	enum cluster_action action;
	const char *rule;
	char server[sizeof((struct cluster_member *)0)->addr];
	/* Wait: what it was before must be taken out of the cluster first. */
	bool remove;
	char why[CLUSTER_WHY_SIZE]; /* one sentence, with what to do */
};

void cluster_decide(const struct cluster *cluster,
    const struct cluster_ask *ask, struct cluster_answer *ret_answer);

/*
 * Whether these nodes can be installed anew together: -EPERM when the cluster
 * would lose its database or the majority of its servers by it.
 */
int cluster_may_take(const struct cluster *cluster, const char *const *names,
    size_t count, struct err *err);

/* A server that runs and is not `not_name`; NULL: there is none. */
const struct cluster_member *cluster_live_server(
    const struct cluster *cluster, const char *not_name);
/* Those that the database counts, and those of them that run. */
size_t cluster_voters(const struct cluster *cluster, size_t *ret_live);

/* "server", "agent"; "" for none. */
const char *cluster_role_name(enum cluster_role role);
const char *cluster_state_name(enum cluster_state state);

/*
 * What k3s takes as a token: -EINVAL with the reason. Letters, digits and
 * "_.-", nothing that k3s would read as a token of another form.
 */
int cluster_token_check(const char *token, struct err *err);

/* The snapshots, with their secrets: one line of JSON each, and back. */
void cluster_head_write(const struct cluster_head *head, struct buf *out);
int cluster_head_parse(const char *text, size_t len,
    struct cluster_head *ret_head, struct err *err);
void cluster_member_write(const struct cluster_member *member, struct buf *out);
int cluster_member_parse(const char *text, size_t len,
    struct cluster_member *ret_member, struct err *err);

#endif
