/* Shared by the files of the fold, node_apply.c and node_orders.c; no API. */
#ifndef CONVECT_CORE_NODE_PRIVATE_H
#define CONVECT_CORE_NODE_PRIVATE_H

#include "core/node.h"

/* Fills up with zeros: equal nodes are equal bytes. */
void node_put_text(char *out, size_t size, const char *text);
/* Forgets what belonged to the phase before; nothing when it is that. */
void node_set_phase(
    struct node *node, enum node_phase phase, const struct event *event);

void node_apply_reinstall(struct node *node, const struct event *event);
void node_apply_hold(struct node *node, const struct event *event);
void node_apply_release(struct node *node, const struct event *event);
void node_apply_locked(struct node *node, const struct event *event);
void node_apply_unlocked(struct node *node, const struct event *event);
void node_apply_cancelled(struct node *node, const struct event *event);

#endif
