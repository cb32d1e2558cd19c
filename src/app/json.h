/*
 * Nodes and events as the JSON that the control socket, the API and the
 * dashboard share; the shapes are written down in ctl/client.h.
 */
#ifndef CONVECT_APP_JSON_H
#define CONVECT_APP_JSON_H

#include "app/app.h"
#include "core/policy.h"
#include "core/stall.h"
#include "inventory/value.h"

/* A host of the inventory, or (host NULL) a node that is not in it. */
struct value json_node(
    struct app *app, const struct inv_host *host, const struct node *node);
/* The same by name. VALUE_UNDEFINED: neither host nor node. */
struct value json_node_by_name(struct app *app, const char *name);

#define JSON_MEMBERS_MAX 32

/* What is told of nodes, in this order; see json_members_add(). */
struct json_members {
	size_t count;
	size_t at[JSON_MEMBERS_MAX];
};

/*
 * A member of NODE, or "last_event.text". -ENOENT: there is none of that name,
 * -E2BIG: they are too many.
 */
int json_members_add(struct json_members *chosen, const char *name);
/*
 * json_node() as the list of those members' values, null for those that it
 * does not have: a fraction of the work.
 */
void json_node_write(struct app *app, const struct inv_host *host,
    const struct node *node, const struct json_members *chosen,
    struct buf *out);
/* As stall_find(), by what the inventory says of the host; it may be NULL. */
bool json_find_stall(struct app *app, const struct inv_host *host,
    const struct node *node, struct stall *ret_stall);
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
