#include "app/json.h"

#include <string.h>

#include "app/decide.h"
#include "app/dhcp.h"
#include "app/facts.h"
#include "app/transfers.h"
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

static struct value
macs_of(const struct inv_host *host)
{
	struct value list = value_list_new();
	size_t count = 0;
	const struct hwaddr *macs =
	    host == NULL ? NULL : inv_host_macs(host, &count);

	for (size_t i = 0; i < count; i++) {
		char text[HWADDR_STRLEN];

		value_list_add(
		    list, value_string(hwaddr_format(&macs[i], text)));
	}
	return list;
}

static struct value
last_event(const struct node *node)
{
	struct value map = value_map_new();

	value_map_set(map, "seq", value_int((int64_t)node->seq));
	value_map_set(map, "time", time_text(node->last_ms));
	value_map_set(
	    map, "kind", value_string(event_kind_name(node->last_kind)));
	value_map_set(map, "text", value_string(node->last_event));
	return map;
}

static bool
find_stall(struct app *app, const struct inv_host *host,
    const struct node *node, struct stall *ret_stall)
{
	int64_t factor =
	    host == NULL ? 1 : facts_of(app, host)->deadline_factor;

	/* An ISO takes long on a slow link; the machine is there. */
	return !transfers_is_running(app->transfers, node) &&
	       stall_find(node, clock_wall_ms(app->clock), factor, ret_stall);
}

static void
set_transfer(struct app *app, struct value map, const struct node *node)
{
	struct value transfer = transfers_of(app->transfers, node);

	if (transfer.type != VALUE_UNDEFINED)
		value_map_set(map, "transfer", transfer);
}

/* A machine that died without a word: what was seen last, and what is likely.
 */
static void
set_stall(struct app *app, struct value map, const struct inv_host *host,
    const struct node *node)
{
	struct stall stall;
	bool stalled = find_stall(app, host, node, &stall);

	value_map_set(map, "stalled", value_bool(stalled));
	if (!stalled)
		return;
	set_text(map, "stalled_at", node_evidence_name(stall.evidence));
	set_text(map, "stalled_seen", stall.seen);
	set_text(map, "stalled_cause", stall.cause);
	set_text(map, "stalled_advice", stall.advice);
	value_map_set(map, "stalled_since", time_text(stall.since_ms));
}

static void
set_state(struct value map, const struct node *node)
{
	value_map_set(map, "phase", value_string(node_phase_name(node->phase)));
	if (node->percent > 0)
		value_map_set(
		    map, "percent", value_int((int64_t)node->percent));
	set_text(map, "step", node->step);
	value_map_set(map, "want", value_int((int64_t)node->want));
	value_map_set(map, "have", value_int((int64_t)node->have));
	value_map_set(map, "attempts", value_int((int64_t)node->attempts));
	if (node->held)
		value_map_set(map, "held", value_string(node->hold_reason));
	if (node->locked)
		value_map_set(map, "locked", value_string(node->lock_reason));
	set_text(map, "address", node->addr);
	set_text(map, "arch", node->arch);
	set_text(map, "fail_code", node->fail_code);
	set_text(map, "fail_evidence", node->fail_evidence);
	if (node->last_seen_ms != 0)
		value_map_set(map, "last_seen", time_text(node->last_seen_ms));
	if (node->seq != 0)
		value_map_set(map, "last_event", last_event(node));
}

/* `want` as the policy sees it: a new node that installs by itself wants 1. */
static void
set_want(struct app *app, struct value map, const struct inv_host *host,
    const struct node *node)
{
	value_map_set(
	    map, "want", value_int((int64_t)decide_want(app, host, node)));
}

static void
set_host(struct app *app, struct value map, const struct inv_host *host,
    const struct node *node)
{
	struct err err = {0};
	char text[1024];
	const struct image *image = decide_image(app, host, &err);
	const char *problem = decide_known_problem(app, host);
	char content[EVENT_CONTENT_SIZE];
	size_t nmacs;

	value_map_set(map, "drifted",
	    value_bool(node_drifted(node, decide_content(app, host, content))));
	inv_host_macs(host, &nmacs);
	if (image != NULL)
		value_map_set(map, "image", value_string(image->name));
	else if (nmacs > 0 && problem == NULL)
		problem = err_format(&err, text, sizeof text);
	if (problem != NULL)
		value_map_set(map, "error", value_string(problem));
}

struct value
json_node(struct app *app, const struct inv_host *host, const struct node *node)
{
	struct value map = value_map_new();
	struct node unheard;

	value_map_set(map, "name",
	    value_string(host != NULL ? inv_host_name(host) : node->name));
	value_map_set(map, "mac", macs_of(host));
	if (node == NULL) {
		/* Never heard of: as it would be at its first boot. */
		node_init(&unheard, inv_host_name(host));
		node = &unheard;
	}
	set_state(map, node);
	set_transfer(app, map, node);
	set_stall(app, map, host, node);
	if (host != NULL) {
		set_want(app, map, host, node);
		set_host(app, map, host, node);
	} else {
		value_map_set(map, "known", value_bool(false));
	}
	return map;
}

struct value
json_node_by_name(struct app *app, const char *name)
{
	const struct inv_host *host = decide_find_host(app, name);
	const struct node *node = nodes_find(app->nodes, name);

	if (host == NULL && node == NULL)
		return (struct value){0};
	return json_node(app, host, node);
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

	if (node == NULL || !find_stall(app, host, node, &stall))
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
