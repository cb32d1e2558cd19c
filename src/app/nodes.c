#include "app/nodes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/log.h"
#include "base/mem.h"

/*
 * How many events of one node the network can cause. Anybody there can ask
 * for a boot script or a file; a node's token, which a report needs, is in
 * that script. A machine that installs needs about 20 and some hundred; the
 * store keeps a million events of all nodes (--events-keep-count).
 */
enum quota_class {
	QUOTA_NONE, /* not the network's */
	QUOTA_BOOT,
	QUOTA_OPEN,
	QUOTA_TOKEN,
	QUOTA_REFUSED,
	QUOTA_CLASSES
};

/*
 * All machines that no inventory names together: whoever makes up MAC
 * addresses can not push other news out of the log either.
 */
#define STRANGERS_BURST 1000
#define STRANGERS_EVERY_MS 30000

static const struct {
	int64_t burst;
	int64_t every_ms; /* then one each */
} quotas[QUOTA_CLASSES] = {
    [QUOTA_BOOT] = {200, 30000},
    [QUOTA_OPEN] = {200, 30000},
    [QUOTA_TOKEN] = {10000, 500},
    [QUOTA_REFUSED] = {8, 60000},
};

static const enum quota_class quota_of[EVENT_KINDS] = {
    [EVENT_PXE] = QUOTA_OPEN,
    [EVENT_LOADER] = QUOTA_OPEN,
    [EVENT_BOOT_SCRIPT] = QUOTA_BOOT,
    [EVENT_ARTIFACT] = QUOTA_OPEN,
    [EVENT_SEED] = QUOTA_TOKEN,
    [EVENT_REPORT] = QUOTA_TOKEN,
    [EVENT_INSTALLED] = QUOTA_TOKEN,
    [EVENT_FIRSTBOOT] = QUOTA_TOKEN,
    [EVENT_READY] = QUOTA_TOKEN,
    [EVENT_FAILED] = QUOTA_TOKEN,
    [EVENT_DISCOVERED] = QUOTA_OPEN,
    [EVENT_INSPECTED] = QUOTA_OPEN,
    [EVENT_ADOPTED] = QUOTA_TOKEN,
    [EVENT_REFUSED] = QUOTA_REFUSED,
    [EVENT_HOSTKEYS] = QUOTA_TOKEN,
    [EVENT_CLUSTER] = QUOTA_TOKEN,
};

struct entry {
	struct node node;
	/* When all of a quota is there again: each event takes it further. */
	int64_t full_ms[QUOTA_CLASSES];
	bool told; /* that a quota is used up */
	UT_hash_handle hh;
};

/* From a token's SHA-256 to its node; gone again when the node drops it. */
struct token_entry {
	char hash[EVENT_TOKEN_SIZE];
	struct entry *owner;
	UT_hash_handle hh;
};

struct nodes {
	const struct clock *clock;
	struct store *store;
	struct loop_watch *watch;
	struct entry *by_name;
	struct token_entry *by_token;
	int64_t strangers_full_ms; /* as full_ms of an entry */
	bool strangers_told;
	nodes_event_cb *on_event;
	void *arg;
};

struct pending {
	struct nodes *nodes;
	nodes_append_cb *cb;
	void *arg;
};

static struct entry *
entry_get(struct nodes *nodes, const char *name)
{
	struct entry *entry;

	HASH_FIND_STR(nodes->by_name, name, entry);
	if (entry != NULL)
		return entry;
	entry = mem_alloc(sizeof *entry);
	node_init(&entry->node, name);
	HASH_ADD_KEYPTR(hh, nodes->by_name, entry->node.name,
	    strlen(entry->node.name), entry);
	return entry;
}

static void
token_index(struct nodes *nodes, struct entry *owner, const char *hash)
{
	struct token_entry *token;

	if (hash[0] == '\0')
		return;
	HASH_FIND_STR(nodes->by_token, hash, token);
	if (token != NULL)
		return;
	token = mem_alloc(sizeof *token);
	memcpy(token->hash, hash, sizeof token->hash);
	token->owner = owner;
	HASH_ADD_STR(nodes->by_token, hash, token);
}

static void
token_drop(struct nodes *nodes, const char *hash)
{
	struct token_entry *token;

	HASH_FIND_STR(nodes->by_token, hash, token);
	if (token == NULL)
		return;
	HASH_DEL(nodes->by_token, token);
	free(token);
}

static void
tokens_each(struct nodes *nodes, struct entry *entry, bool add)
{
	for (size_t i = 0; i < entry->node.ntokens; i++) {
		const struct node_token *token = &entry->node.tokens[i];

		if (add) {
			token_index(nodes, entry, token->sha256);
			token_index(nodes, entry, token->report_sha256);
		} else {
			token_drop(nodes, token->sha256);
			token_drop(nodes, token->report_sha256);
		}
	}
}

static struct entry *
apply(struct nodes *nodes, const struct event *event)
{
	struct entry *entry = entry_get(nodes, event->node);

	tokens_each(nodes, entry, false);
	node_apply(&entry->node, event);
	tokens_each(nodes, entry, true);
	return entry;
}

static void
on_load_node_cb(void *arg, const struct node *node)
{
	struct nodes *nodes = arg;
	struct entry *entry = entry_get(nodes, node->name);

	entry->node = *node;
	tokens_each(nodes, entry, true);
}

/* After a "forgotten" there is nothing to keep. */
static void
entry_drop(struct nodes *nodes, struct entry *entry)
{
	HASH_DEL(nodes->by_name, entry);
	free(entry);
}

static void
on_load_event_cb(void *arg, const struct event *event)
{
	struct entry *entry = apply(arg, event);

	if (entry->node.seq == 0)
		entry_drop(arg, entry);
}

static void
on_store_ready_cb(void *arg, int fd, unsigned events)
{
	struct nodes *nodes = arg;

	(void)fd;
	(void)events;
	store_dispatch(nodes->store);
}

int
nodes_open(struct loop *loop, const struct clock *clock, struct store *store,
    struct nodes **ret_nodes, struct err *err)
{
	struct nodes *nodes = mem_alloc(sizeof *nodes);
	struct store_loader loader = {on_load_node_cb, on_load_event_cb, nodes};
	int ret;

	nodes->clock = clock;
	nodes->store = store;
	ret = store_load(store, &loader, err);
	if (ret < 0) {
		nodes_close(nodes);
		return ret;
	}
	nodes->watch = loop_watch_new(
	    loop, store_fd(store), LOOP_READ, on_store_ready_cb, nodes);
	*ret_nodes = nodes;
	return 0;
}

static void
entries_free(struct nodes *nodes)
{
	struct token_entry *token;
	struct token_entry *next_token;
	struct entry *entry;
	struct entry *next;

	HASH_ITER (hh, nodes->by_token, token, next_token) {
		HASH_DEL(nodes->by_token, token);
		free(token);
	}
	HASH_ITER (hh, nodes->by_name, entry, next) {
		HASH_DEL(nodes->by_name, entry);
		free(entry);
	}
}

void
nodes_close(struct nodes *nodes)
{
	if (nodes == NULL)
		return;
	loop_watch_free(nodes->watch);
	store_close(nodes->store);
	entries_free(nodes);
	free(nodes);
}

void
nodes_listen(struct nodes *nodes, nodes_event_cb *cb, void *arg)
{
	nodes->on_event = cb;
	nodes->arg = arg;
}

struct store *
nodes_store(struct nodes *nodes)
{
	return nodes->store;
}

size_t
nodes_count(const struct nodes *nodes)
{
	return HASH_COUNT(nodes->by_name);
}

const struct node *
nodes_find(const struct nodes *nodes, const char *name)
{
	struct entry *entry;

	HASH_FIND_STR(nodes->by_name, name, entry);
	return entry == NULL ? NULL : &entry->node;
}

void
nodes_each(const struct nodes *nodes,
    void (*cb)(void *arg, const struct node *node), void *arg)
{
	const struct entry *entry;
	const struct entry *next;

	HASH_ITER (hh, nodes->by_name, entry, next)
		cb(arg, &entry->node);
}

typedef const struct node_token *token_finder(
    const struct node *, const char *);

static const struct node *
find_token(const struct nodes *nodes, const char *hash, token_finder *find,
    const struct node_token **ret_token)
{
	const struct node_token *live;
	struct token_entry *token;

	HASH_FIND_STR(nodes->by_token, hash, token);
	if (token == NULL)
		return NULL;
	live = find(&token->owner->node, hash);
	if (live == NULL)
		return NULL;
	*ret_token = live;
	return &token->owner->node;
}

const struct node *
nodes_find_boot_token(const struct nodes *nodes, const char *hash,
    const struct node_token **ret_token)
{
	return find_token(nodes, hash, node_token_by_boot, ret_token);
}

const struct node *
nodes_find_report_token(const struct nodes *nodes, const char *hash,
    const struct node_token **ret_token)
{
	return find_token(nodes, hash, node_token_by_report, ret_token);
}

static void
on_committed_cb(void *arg, int error, const struct event *events, size_t n)
{
	struct pending *pending = arg;
	struct nodes *nodes = pending->nodes;

	for (size_t i = 0; error == 0 && i < n; i++) {
		struct entry *entry = apply(nodes, &events[i]);

		if (nodes->on_event != NULL)
			nodes->on_event(nodes->arg, &events[i], &entry->node);
		if (entry->node.seq == 0)
			entry_drop(nodes, entry);
	}
	if (error < 0 && error != -ESTALE)
		log_error(n > 0 ? events[0].node : NULL,
		    "an event was not stored: %s", store_strerror(error));
	if (pending->cb != NULL)
		pending->cb(pending->arg, error);
	free(pending);
}

static bool
quota_use(int64_t *full_ms, int64_t now, int64_t burst, int64_t every_ms)
{
	int64_t from = *full_ms > now ? *full_ms : now;

	if (from - now >= burst * every_ms)
		return false;
	*full_ms = from + every_ms;
	return true;
}

static bool
strangers_quota_take(struct nodes *nodes, int64_t now)
{
	bool left = quota_use(&nodes->strangers_full_ms, now, STRANGERS_BURST,
	    STRANGERS_EVERY_MS);

	if (!left && !nodes->strangers_told)
		log_warn(NULL,
		    "unknown machines tell too much: of all of them no more "
		    "than one event in %d s is kept",
		    STRANGERS_EVERY_MS / 1000);
	nodes->strangers_told = !left;
	return left;
}

/* Takes one event off its node's quota; false: there is none left. */
static bool
quota_take(struct nodes *nodes, const struct event *event)
{
	enum quota_class class = quota_of[event->kind];
	int64_t now = clock_mono_ms(nodes->clock);
	struct entry *entry;

	HASH_FIND_STR(nodes->by_name, event->node, entry);
	if (class == QUOTA_NONE)
		return true;
	if ((event->kind == EVENT_DISCOVERED ||
		(entry != NULL && node_is_unknown(&entry->node))) &&
	    !strangers_quota_take(nodes, now))
		return false;
	if (entry == NULL)
		return true;
	if (quota_use(&entry->full_ms[class], now, quotas[class].burst,
		quotas[class].every_ms)) {
		entry->told = false;
		return true;
	}
	if (!entry->told)
		log_warn(event->node,
		    "the network tells too much of it (last %s): no more than "
		    "one event in %lld s is kept",
		    event->addr[0] == '\0' ? "unknown" : event->addr,
		    (long long)(quotas[class].every_ms + 999) / 1000);
	entry->told = true;
	return false;
}

int
nodes_append(struct nodes *nodes, struct event *events, size_t n,
    uint64_t expected_seq, nodes_append_cb *cb, void *arg)
{
	struct pending *pending;
	int ret;

	if (!quota_take(nodes, &events[0]))
		return -EDQUOT;
	pending = mem_alloc(sizeof *pending);
	for (size_t i = 0; i < n; i++) {
		if (events[i].time_ms == 0)
			events[i].time_ms = clock_wall_ms(nodes->clock);
	}
	*pending = (struct pending){nodes, cb, arg};
	ret = store_append(
	    nodes->store, events, n, expected_seq, on_committed_cb, pending);
	if (ret < 0)
		free(pending);
	return ret;
}

int
nodes_append_with(struct nodes *nodes, struct event *event,
    const struct store_value *values, size_t nvalues, nodes_append_cb *cb,
    void *arg)
{
	struct pending *pending;
	int ret;

	if (!quota_take(nodes, event))
		return -EDQUOT;
	pending = mem_alloc(sizeof *pending);
	if (event->time_ms == 0)
		event->time_ms = clock_wall_ms(nodes->clock);
	*pending = (struct pending){nodes, cb, arg};
	ret = store_append_with(
	    nodes->store, event, values, nvalues, on_committed_cb, pending);
	if (ret < 0)
		free(pending);
	return ret;
}
