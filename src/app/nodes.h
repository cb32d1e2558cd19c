/*
 * The nodes that have ever done something, each the fold of its events, and
 * the one way to add an event: committed first, then applied, then told to
 * whoever listens. Hosts that were never heard of have no node.
 *
 * Knows nothing of inventories or protocols.
 */
#ifndef CONVECT_APP_NODES_H
#define CONVECT_APP_NODES_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "core/event.h"
#include "core/node.h"
#include "net/loop.h"
#include "store/store.h"

struct nodes;

/* After the event is committed and applied. */
typedef void nodes_event_cb(
    void *arg, const struct event *event, const struct node *node);

/*
 * Loads all nodes from the store, which it watches on the loop and owns from
 * now on, also on failure.
 */
int nodes_open(struct loop *loop, const struct clock *clock,
    struct store *store, struct nodes **ret_nodes, struct err *err);
/* Commits what is under way. NULL is fine. */
void nodes_close(struct nodes *nodes);
void nodes_listen(struct nodes *nodes, nodes_event_cb *cb, void *arg);
struct store *nodes_store(struct nodes *nodes);

size_t nodes_count(const struct nodes *nodes);
/* NULL when it was never heard of. */
const struct node *nodes_find(const struct nodes *nodes, const char *name);
/* All of them, in no order. */
void nodes_each(const struct nodes *nodes,
    void (*cb)(void *arg, const struct node *node), void *arg);

/* The node and the live token behind a token's SHA-256; NULL: none. */
const struct node *nodes_find_boot_token(const struct nodes *nodes,
    const char *hash, const struct node_token **ret_token);
const struct node *nodes_find_report_token(const struct nodes *nodes,
    const char *hash, const struct node_token **ret_token);

typedef void nodes_append_cb(void *arg, int error);

/*
 * Adds events of one node, together or not at all; those without a time get
 * it now. `cb` (may be NULL) runs after commit and apply, or with what went
 * wrong: -ESTALE when the node has changed since expected_seq
 * (STORE_ANY_SEQ: do not care), see store/store.h. -EAGAIN, at once and
 * without cb: too much is under way. -EDQUOT likewise: the network has told
 * of this node so often that its news would push other nodes' out of the log.
 */
int nodes_append(struct nodes *nodes, struct event *events, size_t n,
    uint64_t expected_seq, nodes_append_cb *cb, void *arg);
/* The same for one event, with values of the store that go with it. */
int nodes_append_with(struct nodes *nodes, struct event *event,
    const struct store_value *values, size_t nvalues, nodes_append_cb *cb,
    void *arg);

#endif
