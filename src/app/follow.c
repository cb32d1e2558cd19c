#include "app/follow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "app/app.h"
#include "app/commands.h"
#include "app/json.h"
#include "app/logs.h"
#include "base/buf.h"
#include "base/mem.h"
#include "core/masktext.h"
#include "inventory/pattern.h"

/* Past this a reader that does not read is let go. */
enum {
	FOLLOW_QUEUE_MAX = 8 << 20
};

struct follower {
	struct app *app;
	struct ctl_call *call;
	struct value nodes; /* map of names, or undefined: all */
	uint64_t last_seq;
	struct store_query query; /* of what is stored already */
	bool follow;
	bool behind;	       /* still reads what is stored */
	struct masktext *mask; /* of `logs`; NULL: all events as they are */
	struct follower *prev;
	struct follower *next;
};

struct follow_list {
	struct follower *head;
};

static void
follower_free(struct follower *follower)
{
	value_unref(follower->nodes);
	masktext_free(follower->mask);
	free(follower);
}

/* What a machine says itself. */
static const bool is_report[EVENT_KINDS] = {
    [EVENT_REPORT] = true,
    [EVENT_INSTALLED] = true,
    [EVENT_FIRSTBOOT] = true,
    [EVENT_READY] = true,
    [EVENT_FAILED] = true,
    [EVENT_ADOPTED] = true,
    [EVENT_HOSTKEYS] = true,
};

static bool
wants(const struct follower *follower, const struct event *event)
{
	if (follower->mask != NULL && !is_report[event->kind])
		return false;
	return follower->nodes.type == VALUE_UNDEFINED ||
	       value_map_get(follower->nodes, event->node).type !=
		   VALUE_UNDEFINED;
}

static void
mask_field(const struct masktext *mask, char *text, size_t size)
{
	struct buf out;

	buf_init(&out, EVENT_JSON_MAX);
	masktext_write(mask, text, strlen(text), &out);
	event_text(text, size, out.data, out.len);
	buf_done(&out);
}

static void
mask_event(const struct masktext *mask, struct event *event)
{
	mask_field(mask, event->name, sizeof event->name);
	mask_field(mask, event->stage, sizeof event->stage);
	mask_field(mask, event->description, sizeof event->description);
	mask_field(mask, event->evidence, sizeof event->evidence);
}

static void
send_event(struct follower *follower, const struct event *event)
{
	struct event shown = *event;
	struct buf text;

	if (event->seq > follower->last_seq)
		follower->last_seq = event->seq;
	if (!wants(follower, event))
		return;
	if (follower->mask != NULL)
		mask_event(follower->mask, &shown);
	buf_init(&text, 2 * EVENT_JSON_MAX);
	json_write(json_event(&shown), &text);
	ctl_data_text(follower->call, text.data, text.len);
	buf_done(&text);
}

static void
on_event_cb(void *arg, const struct event *event)
{
	send_event(arg, event);
}

static int64_t
arg_int(const struct ctl_call *call, const char *name)
{
	const json_t *value = json_object_get(ctl_args(call), name);
	int64_t number = json_integer_value(value);

	return number < 0 ? 0 : number;
}

static int
resolve_nodes(struct app *app, struct ctl_call *call, struct value *ret_nodes,
    struct err *err)
{
	const char *pattern = ctl_arg_str(call, "node");
	struct inv_hosts hosts;
	struct value nodes;
	int ret;

	if (pattern == NULL)
		return 0;
	nodes = value_map_new();
	if (nodes_find(app->nodes, pattern) != NULL) {
		value_map_set(nodes, pattern, value_bool(true));
		*ret_nodes = nodes;
		return 0;
	}
	ret = pattern_resolve(app->site->inv, pattern, &hosts, err);
	if (ret < 0) {
		value_unref(nodes);
		return ret;
	}
	for (size_t i = 0; i < hosts.count; i++)
		value_map_set(
		    nodes, inv_host_name(hosts.at[i]), value_bool(true));
	inv_hosts_done(&hosts);
	*ret_nodes = nodes;
	return 0;
}

static void
follower_leave(struct follower *follower)
{
	DL_DELETE(follower->app->followers->head, follower);
	follower_free(follower);
}

static void
follower_end(struct follower *follower)
{
	ctl_done(follower->call);
	follower_leave(follower);
}

static void
on_gone_cb(void *arg)
{
	follower_end(arg);
}

/* Whoever asks for more than is kept is told where it begins. */
static void
tell_compacted(struct follower *follower)
{
	const struct store_query *query = &follower->query;
	char time[CLOCK_STRLEN];
	uint64_t first;
	int64_t first_ms;

	if (query->newest || store_oldest(nodes_store(follower->app->nodes),
				 &first, &first_ms) < 0)
		return;
	if (first <= query->after_seq + 1 ||
	    (query->since_ms > 0 && first_ms <= query->since_ms))
		return;
	ctl_progress_new(follower->call,
	    json_pack("{s:s, s:I, s:s}", "phase", "compacted", "first",
		(json_int_t)first, "time", clock_format(first_ms, time)));
}

static void
fill_query(struct follower *follower)
{
	struct store_query *query = &follower->query;
	int64_t limit = arg_int(follower->call, "limit");

	query->after_seq = (uint64_t)arg_int(follower->call, "since");
	query->since_ms = arg_int(follower->call, "since_ms");
	query->limit = (size_t)limit;
	query->newest = limit > 0;
	/* One node is asked for in the store, so that its limit counts. */
	if (follower->nodes.type == VALUE_MAP &&
	    value_len(follower->nodes) == 1)
		query->node = value_map_key_at(follower->nodes, 0);
}

/*
 * What is stored already. A log is long and a reader slow: one read, and the
 * next when the reader has it.
 */
static void
on_room_cb(void *arg)
{
	struct follower *follower = arg;
	struct store_query *query = &follower->query;
	struct err err = {0};
	bool more;
	int n;

	do {
		n = store_read(nodes_store(follower->app->nodes), query,
		    on_event_cb, follower, &err);
		query->after_seq = follower->last_seq;
		more = n == STORE_READ_MAX && query->limit == 0;
	} while (more && ctl_queued(follower->call) == 0);
	if (more)
		return;
	ctl_on_drain(follower->call, NULL, NULL);
	follower->behind = false;
	if (n < 0) {
		ctl_error_err(follower->call, &err);
		follower_leave(follower);
	} else if (!follower->follow) {
		follower_end(follower);
	}
}

/* Takes the follower over. */
static void
follower_start(struct follower *follower)
{
	struct ctl_call *call = follower->call;
	struct app *app = follower->app;

	follower->follow =
	    json_is_true(json_object_get(ctl_args(call), "follow"));
	follower->behind = true;
	fill_query(follower);
	tell_compacted(follower);
	if (app->followers == NULL)
		app->followers = mem_alloc(sizeof *app->followers);
	DL_APPEND(app->followers->head, follower);
	ctl_on_gone(call, on_gone_cb, follower);
	ctl_on_drain(call, on_room_cb, follower);
	on_room_cb(follower);
}

void
follow_on_events(void *arg, struct ctl_call *call)
{
	struct follower *follower = mem_alloc(sizeof *follower);
	struct app *app = arg;
	struct err err = {0};

	follower->app = app;
	follower->call = call;
	if (resolve_nodes(app, call, &follower->nodes, &err) < 0) {
		ctl_error_err(call, &err);
		follower_free(follower);
		return;
	}
	follower_start(follower);
}

void
follow_on_logs(void *arg, struct ctl_call *call)
{
	struct app *app = arg;
	const char *node = commands_one_node(app, call);
	struct follower *follower;

	if (node == NULL)
		return;
	follower = mem_alloc(sizeof *follower);
	follower->app = app;
	follower->call = call;
	follower->mask = logs_mask(app, node);
	follower->nodes = value_map_new();
	value_map_set(follower->nodes, node, value_bool(true));
	follower_start(follower);
}

void
follow_publish(struct app *app, const struct event *event)
{
	struct follower *follower;
	struct follower *next;

	if (app->followers == NULL)
		return;
	DL_FOREACH_SAFE(app->followers->head, follower, next)
	{
		if (follower->behind || event->seq <= follower->last_seq)
			continue;
		if (ctl_queued(follower->call) > FOLLOW_QUEUE_MAX)
			follower_end(follower);
		else
			send_event(follower, event);
	}
}

void
follow_stop(struct app *app)
{
	if (app->followers == NULL)
		return;
	while (app->followers->head != NULL)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): unlinks it */
		follower_end(app->followers->head);
	free(app->followers);
	app->followers = NULL;
}
