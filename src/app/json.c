#include "app/json.h"

#include <string.h>

#include "app/decide.h"
#include "app/dhcp.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "core/stall.h"

static struct value
time_text(int64_t ms)
{
	char text[CLOCK_STRLEN];

	return ms == 0 ? value_null() : value_string(clock_format(ms, text));
}

static void
set_text(struct value map, const char *key, const char *text)
{
	if (text[0] != '\0')
		value_map_set(map, key, value_string(text));
}

struct nodes_walk {
	struct app *app;
	struct value list;
};

static void
on_other_node_cb(void *arg, const struct node *node)
{
	struct nodes_walk *walk = arg;

	if (decide_find_host(walk->app, node->name) == NULL)
		value_list_add(walk->list, json_node(walk->app, NULL, node));
}

struct value
json_nodes(struct app *app)
{
	const struct inventory *inv = app->site->inv;
	struct nodes_walk walk = {app, value_list_new()};

	for (size_t i = 0; i < inventory_host_count(inv); i++) {
		const struct inv_host *host = inventory_host_at(inv, i);

		value_list_add(walk.list,
		    json_node(app, host,
			nodes_find(app->nodes, inv_host_name(host))));
	}
	nodes_each(app->nodes, on_other_node_cb, &walk);
	return walk.list;
}

static struct value
event_fields(const struct event *event)
{
	struct value fields;
	struct buf text;

	buf_init(&text, EVENT_JSON_MAX);
	event_write_fields(event, &text);
	if (value_parse_json(text.data, text.len, &fields, NULL) < 0)
		fields = value_map_new();
	buf_done(&text);
	return fields;
}

struct value
json_event(const struct event *event)
{
	struct value map = value_map_new();
	struct buf text;

	buf_init(&text, EVENT_JSON_MAX);
	event_describe(event, &text);
	value_map_set(map, "seq", value_int((int64_t)event->seq));
	value_map_set(map, "time", time_text(event->time_ms));
	value_map_set(map, "node", value_string(event->node));
	value_map_set(map, "kind", value_string(event_kind_name(event->kind)));
	value_map_set(map, "text", value_string_len(text.data, text.len));
	value_map_set(map, "fields", event_fields(event));
	buf_done(&text);
	return map;
}

static void
on_newest_event_cb(void *arg, const struct event *event)
{
	const struct value *list = arg;

	value_list_add(*list, json_event(event));
}

struct value
json_newest_events(struct app *app, const char *node, size_t limit)
{
	struct store_query query = {
	    .node = node, .limit = limit, .newest = true};
	struct value list = value_list_new();
	struct err err = {0};

	if (store_read(nodes_store(app->nodes), &query, on_newest_event_cb,
		&list, &err) < 0)
		log_error(node, "its events can not be read: %s", err.text);
	return list;
}

/* The policy does not see what is only found out when the machine asks. */
static void
add_dhcp_problem(const struct app *app, const struct inv_host *host,
    struct decision *decision)
{
	const char *rule;
	const char *problem = dhcp_problem(app, inv_host_name(host), &rule);

	if (problem == NULL || decision->action != POLICY_INSTALL)
		return;
	/* It was answered, and something is wrong all the same. */
	if (rule != NULL) {
		decision->action = POLICY_REFUSE;
		decision->rule = rule;
	}
	str_copy(decision->why, sizeof decision->why, problem);
}

/* Not what it would boot, but why it does not seem to. */
static void
add_stall(struct app *app, const struct inv_host *host, struct value list)
{
	const struct node *node = nodes_find(app->nodes, inv_host_name(host));
	struct value map;
	struct stall stall;
	struct buf text;

	if (node == NULL || !json_find_stall(app, host, node, &stall))
		return;
	map = value_map_new();
	buf_init(&text, 2048);
	stall_describe(&stall, &text);
	value_map_set(map, "stage", value_string("install"));
	value_map_set(map, "action", value_string("stalled"));
	set_text(map, "rule", node_evidence_name(stall.evidence));
	set_text(map, "why", text.data);
	buf_done(&text);
	value_list_add(list, map);
}

struct value
json_why(struct app *app, const struct inv_host *host)
{
	static const enum ask_stage stages[] = {ASK_DHCP, ASK_BOOT_SCRIPT};
	struct value list = value_list_new();

	for (size_t i = 0; i < sizeof stages / sizeof stages[0]; i++) {
		struct value map = value_map_new();
		struct decision decision;

		decide_host(app, host, stages[i], NULL, NULL, &decision);
		if (stages[i] == ASK_DHCP)
			add_dhcp_problem(app, host, &decision);
		value_map_set(
		    map, "stage", value_string(ask_stage_name(stages[i])));
		value_map_set(map, "action",
		    value_string(policy_action_name(decision.action)));
		value_map_set(map, "rule", value_string(decision.rule));
		value_map_set(map, "why", value_string(decision.why));
		value_list_add(list, map);
	}
	add_stall(app, host, list);
	return list;
}

struct value
json_image(struct app *app, const struct image *image, size_t nodes)
{
	struct value map = value_map_new();
	const struct image *only = NULL;
	uint64_t bytes =
	    image->kernel.size + image->initrd.size + image->iso.size;

	(void)image_choose(
	    app->images.list, app->images.count, NULL, &only, NULL);
	value_map_set(map, "name", value_string(image->name));
	value_map_set(map, "kind", value_string(image_kind_name(image->kind)));
	set_text(map, "release", image->release);
	set_text(map, "version", image->version);
	set_text(map, "arch", image->arch);
	value_map_set(map, "kernel", value_string(image->kernel.file));
	value_map_set(map, "initrd", value_string(image->initrd.file));
	set_text(map, "iso", image->iso.file);
	set_text(map, "kernel_args", image_kernel_args(image));
	set_text(map, "sha256", image->iso.sha256);
	value_map_set(map, "bytes", value_int((int64_t)bytes));
	value_map_set(map, "nodes", value_int((int64_t)nodes));
	value_map_set(map, "default", value_bool(only == image));
	return map;
}

void
json_write(struct value value, struct buf *out)
{
	value_write_json(value, -1, false, out);
	value_unref(value);
}
