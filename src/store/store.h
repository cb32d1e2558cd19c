/*
 * The store: an ordered log of events, snapshots of nodes, and a few values.
 *
 * Appending is asynchronous: it takes copies, and the callback runs from
 * store_dispatch(), on the thread that calls it, after the commit is on disk,
 * in the order of sequence numbers. The store brings a descriptor that turns
 * readable then; whoever has a loop watches it. Reading is synchronous and
 * never waits for a writer. All functions are for one thread.
 *
 * Backends: "sqlite:PATH" (or a plain path) and "memory:", which keeps nothing
 * and is for tests. Knows nothing of loops, sockets or inventories.
 */
#ifndef CONVECT_STORE_STORE_H
#define CONVECT_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "core/event.h"
#include "core/node.h"

#define STORE_ANY_SEQ UINT64_MAX
#define STORE_APPEND_MAX 16   /* events of one append */
#define STORE_READ_MAX 1000   /* events of one read */
#define STORE_VALUE_MAX 65536 /* bytes of one meta value */
#define STORE_VALUES_MAX 16   /* of one append */

struct store;

struct store_opts {		 /* 0: the default, which is named here */
	size_t queue_max;	 /* appends under way: 4096 */
	uint64_t snapshot_every; /* events between snapshots: 1000 */
	uint64_t keep_events;	 /* older ones may go once folded: 1,000,000 */
	int64_t keep_ms;	 /* older ones may go, too: none for its age */
	uint64_t max_bytes;	 /* of the database; full above it: 4 GiB */
	const struct clock *clock; /* of keep_ms: clock_system */
};

/*
 * `url` as above; `opts` may be NULL. A missing database is made (directory
 * 0700, file 0600); one that is corrupt, empty, read-only, somebody else's, in
 * use or of a newer version is refused with what to do about it, and nothing
 * is ever started anew over it.
 */
int store_open(const char *url, const struct store_opts *opts,
    struct store **ret_store, struct err *err);
/* Commits what is queued, runs the callbacks, closes. NULL is fine. */
void store_close(struct store *store);

/*
 * `error` is 0 or: -ESTALE (the node has events after expected_seq), -ENOSPC,
 * -EROFS, -EIO, ...; store_strerror() says it in words. `events` have their
 * sequence numbers when error is 0. Valid during the call.
 */
typedef void store_append_cb(
    void *arg, int error, const struct event *events, size_t n);

/*
 * Queues 1 to STORE_APPEND_MAX events that are committed together or not at
 * all; event_clean() makes their text fit to be stored. expected_seq: the last
 * sequence number of events[0].node that the caller has seen (0: none), or
 * STORE_ANY_SEQ. `cb` may be NULL. -EAGAIN: the queue is full; nothing was
 * taken and cb will not run. -EINVAL: an event without kind or node.
 */
int store_append(struct store *store, const struct event *events, size_t n,
    uint64_t expected_seq, store_append_cb *cb, void *arg);

/* A small value by its key; NULL: none, which takes the key away. */
struct store_value {
	const char *key;
	const char *value;
};
/*
 * One event, which may be NULL, with values that are set when it is committed.
 */
int store_append_with(struct store *store, const struct event *event,
    const struct store_value *values, size_t nvalues, store_append_cb *cb,
    void *arg);

int store_fd(const struct store *store); /* watch for reading */
/*
 * Runs what is done, some of it: store_fd() stays readable until it is all.
 * Never waits.
 */
void store_dispatch(struct store *store);
/* Waits until all that is queued is done, and dispatches it. */
void store_flush(struct store *store);

/*
 * Start-up: every node's snapshot, then the events after the snapshots in
 * order, to be folded with node_apply() by the caller (which skips those that
 * a snapshot has). A tail event may be of a node without a snapshot.
 */
struct store_loader {
	void (*on_node)(void *arg, const struct node *node);
	void (*on_event)(void *arg, const struct event *event);
	void *arg;
};
int store_load(
    struct store *store, const struct store_loader *loader, struct err *err);

struct store_query {
	const char *node;   /* NULL: of all nodes */
	uint64_t after_seq; /* only events after this one */
	int64_t since_ms;   /* only events of that time or later; 0: all */
	size_t limit;	    /* 0: STORE_READ_MAX, which is the ceiling */
	bool newest;	    /* the last `limit` ones instead of the first */
};
/*
 * Events in ascending order. Returns their number or a negative errno. An
 * after_seq older than what is kept just begins later; see store_oldest().
 */
int store_read(struct store *store, const struct store_query *query,
    void (*on_event)(void *arg, const struct event *event), void *arg,
    struct err *err);

/*
 * The oldest event that is kept: all before it are folded into the nodes and
 * gone. -ENOENT: there is none yet. The newest is always kept, so that no
 * sequence number is given twice.
 */
int store_oldest(struct store *store, uint64_t *ret_seq, int64_t *ret_time_ms);

/* The newest sequence number that store_dispatch() has reported or loaded. */
uint64_t store_last_seq(const struct store *store);

/*
 * Small values by key. -ENOENT; set is queued like an append, cb's n is 0. A
 * value that is NULL takes the key away.
 */
int store_meta_get(struct store *store, const char *key, struct buf *out);
int store_meta_set(struct store *store, const char *key, const char *value,
    store_append_cb *cb, void *arg);
/* All whose key begins so, by key. 0 or a negative errno. */
int store_meta_each(struct store *store, const char *prefix,
    void (*on_value)(void *arg, const struct store_value *value), void *arg);

/* What an error of a callback means and what to do, one line. */
const char *store_strerror(int error);

#endif
