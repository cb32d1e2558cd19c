/*
 * Nodes and events as the JSON that the control socket, the API and the
 * dashboard share; the shapes are written down in ctl/client.h.
 */
#ifndef CONVECT_APP_JSON_H
#define CONVECT_APP_JSON_H

#include "app/app.h"
#include "core/policy.h"
#include "inventory/value.h"

/* A host of the inventory, or (host NULL) a node that is not in it. */
struct value json_node(
    struct app *app, const struct inv_host *host, const struct node *node);
/* The same by name. VALUE_UNDEFINED: neither host nor node. */
struct value json_node_by_name(struct app *app, const char *name);
/* Every host in inventory order, then the nodes that no inventory names. */
struct value json_nodes(struct app *app);
struct value json_event(const struct event *event);
/* A node's newest events, oldest of them first. */
struct value json_newest_events(
    struct app *app, const char *node, size_t limit);
/* The decision at each stage, in order. */
struct value json_why(struct app *app, const struct inv_host *host);
struct value json_image(
    struct app *app, const struct image *image, size_t nodes);
/* Appends one line of JSON and releases the value. */
void json_write(struct value value, struct buf *out);

#endif
