#include "app/timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "app/app.h"
#include "app/decide.h"
#include "app/json.h"
#include "app/recorder.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/pattern.h"

enum {
	LINE_MAX_BYTES = 64 << 10, /* of one entry */
	/* An event and what it is of are not further apart than this. */
	ECHO_MS = 1000,
	/* Past this a reader that does not read is let go. */
	FOLLOW_QUEUE_MAX = 8 << 20,
};

struct timeline_follower {
	struct app *app;
	struct ctl_call *call;
	struct timeline_of of;
	struct timeline_follower *prev;
	struct timeline_follower *next;
};

/* ---- whose it is -------------------------------------------------------- */

static void
of_node(const char *node, struct timeline_of *ret_of)
{
	memset(ret_of, 0, sizeof *ret_of);
	str_copy(ret_of->name, sizeof ret_of->name, node);
}

static int
find_host(struct app *app, const char *text, struct timeline_of *ret_of,
    struct err *err)
{
	struct inv_hosts hosts;
	int ret = pattern_resolve(app->site->inv, text, &hosts, err);

	if (ret < 0)
		return ret;
	if (hosts.count == 1) {
		of_node(inv_host_name(hosts.at[0]), ret_of);
	} else {
		err_set(err, "that names %zu nodes", hosts.count);
		err_hint(err, "name one of them");
		ret = -EINVAL;
	}
	inv_hosts_done(&hosts);
	return ret;
}

static int
find_mac(struct app *app, const struct hwaddr *mac, struct timeline_of *ret_of,
    struct err *err)
{
	struct recorder_track track;

	recorder_track_mac(app, mac, &track);
	if (track.pool == FLIGHT_KNOWN) {
		of_node(track.name, ret_of);
		return 0;
	}
	if (!flight_has(recorder_read(app->recorder), track.name)) {
		err_set(err,
		    "no inventory names %s, and it has not asked for network "
		    "boot here",
		    track.name);
		err_hint(err, "only what reaches the daemon can be seen: is "
			      "the machine in this network?");
		return -ENOENT;
	}
	memset(ret_of, 0, sizeof *ret_of);
	ret_of->mac = *mac;
	return 0;
}

int
timeline_find(struct app *app, const char *text, struct timeline_of *ret_of,
    struct err *err)
{
	struct hwaddr mac;

	if (decide_find_host(app, text) == NULL) {
		if (nodes_find(app->nodes, text) != NULL) {
			of_node(text, ret_of);
			return 0;
		}
		if (hwaddr_parse(text, &mac) == 0)
			return find_mac(app, &mac, ret_of, err);
	}
	return find_host(app, text, ret_of, err);
}

/* ---- reading ------------------------------------------------------------ */

/* What leads to something else in the same millisecond comes before it. */
enum in_one_ms {
	REQUESTS,
	EVENTS,
	ANSWERS,
};

/* One line on its way into the right order. */
struct line {
	int64_t ms;
	enum in_one_ms rank; /* where two have the same time */
	size_t order;	     /* and the same rank */
	struct value value;
};

struct lines {
	const struct timeline_query *query;
	struct flight_list recorded;
	struct line *at;
	size_t count;
	size_t cap;
};

static void
lines_add(
    struct lines *lines, int64_t ms, enum in_one_ms rank, struct value value)
{
	if (lines->count == lines->cap) {
		lines->cap = lines->cap == 0 ? 256 : 2 * lines->cap;
		lines->at =
		    mem_resize(lines->at, lines->cap, sizeof *lines->at);
	}
	lines->at[lines->count] = (struct line){ms, rank, lines->count, value};
	lines->count++;
}

/* The tracks of a machine: a node may have been unknown before. */
static void
list_tracks(
    struct app *app, const struct timeline_of *of, struct flight_list *list)
{
	const struct flight *flight = recorder_read(app->recorder);
	const struct inv_host *host;
	const struct hwaddr *macs = &of->mac;
	size_t count = 1;
	char text[HWADDR_STRLEN];

	if (of->name[0] != '\0') {
		flight_list_add(list, flight, of->name);
		host = decide_find_host(app, of->name);
		macs = host == NULL ? NULL : inv_host_macs(host, &count);
	}
	for (size_t i = 0; macs != NULL && i < count; i++)
		flight_list_add(list, flight, hwaddr_format(&macs[i], text));
	flight_list_sort(list);
}

/* An HTTP request is recorded when its answer is sent. */
static enum in_one_ms
rank_of(const struct flight_entry *entry)
{
	return entry->kind == FLIGHT_HTTP || entry->kind == FLIGHT_FILE
		   ? ANSWERS
		   : REQUESTS;
}

static void
add_flight(struct lines *lines)
{
	for (size_t i = 0; i < lines->recorded.count; i++) {
		const struct flight_entry *entry = lines->recorded.at[i];

		if (entry->last_ms >= lines->query->since_ms)
			lines_add(lines, entry->ms, rank_of(entry),
			    timeline_json_flight(entry, lines->query->packets));
	}
}

/* Kinds of events that only say what is recorded, too. */
static const struct {
	enum event_kind event;
	enum flight_kind recorded;
} echoes[] = {
    {EVENT_PXE, FLIGHT_DHCP},
    {EVENT_LOADER, FLIGHT_TFTP},
    {EVENT_ARTIFACT, FLIGHT_FILE},
    {EVENT_SEED, FLIGHT_HTTP},
};

static bool
is_echo_kind(enum event_kind event, enum flight_kind *ret_recorded)
{
	for (size_t i = 0; i < sizeof echoes / sizeof echoes[0]; i++) {
		if (echoes[i].event == event) {
			*ret_recorded = echoes[i].recorded;
			return true;
		}
	}
	return false;
}

static bool
is_echo(const struct flight_list *list, const struct event *event)
{
	enum flight_kind kind;

	if (!is_echo_kind(event->kind, &kind))
		return false;
	for (size_t i = 0; i < list->count; i++) {
		const struct flight_entry *entry = list->at[i];

		if (entry->kind == kind &&
		    event->time_ms >= entry->ms - ECHO_MS &&
		    event->time_ms <= entry->last_ms + ECHO_MS)
			return true;
	}
	return false;
}

static void
on_event_cb(void *arg, const struct event *event)
{
	struct lines *lines = arg;

	lines_add(lines, event->time_ms, EVENTS,
	    timeline_json_event(event, is_echo(&lines->recorded, event)));
}

static void
add_events(struct app *app, const struct timeline_of *of, struct lines *lines)
{
	size_t limit = lines->query->events;
	struct store_query query = {.node = of->name,
	    .since_ms = lines->query->since_ms,
	    .limit = limit == 0 ? TIMELINE_EVENTS : limit,
	    .newest = true};
	struct err err = {0};

	if (of->name[0] == '\0')
		return;
	if (store_read(
		nodes_store(app->nodes), &query, on_event_cb, lines, &err) < 0)
		log_error(of->name, "its events can not be read: %s", err.text);
}

static int
by_time(const void *a, const void *b)
{
	const struct line *left = a;
	const struct line *right = b;

	if (left->ms != right->ms)
		return (left->ms > right->ms) - (left->ms < right->ms);
	if (left->rank != right->rank)
		return left->rank < right->rank ? -1 : 1;
	return (left->order > right->order) - (left->order < right->order);
}

struct value
timeline_read(struct app *app, const struct timeline_of *of,
    const struct timeline_query *query)
{
	struct lines lines = {.query = query};
	struct value list = value_list_new();

	if (app->started_ms >= query->since_ms)
		lines_add(&lines, app->started_ms, REQUESTS,
		    timeline_json_start(app->started_ms));
	list_tracks(app, of, &lines.recorded);
	add_flight(&lines);
	add_events(app, of, &lines);
	if (lines.count > 1)
		qsort(lines.at, lines.count, sizeof *lines.at, by_time);
	for (size_t i = 0; i < lines.count; i++)
		value_list_add(list, lines.at[i].value);
	free(lines.at);
	flight_list_done(&lines.recorded);
	return list;
}

/* ---- the command -------------------------------------------------------- */

static void
send_entry(struct ctl_call *call, struct value entry)
{
	struct buf text;

	buf_init(&text, LINE_MAX_BYTES);
	json_write(entry, &text);
	if (!buf_bad(&text))
		ctl_data_text(call, text.data, text.len);
	buf_done(&text);
}

static void
follower_end(struct timeline_follower *follower)
{
	ctl_done(follower->call);
	DL_DELETE(follower->app->timelines, follower);
	free(follower);
}

static void
on_gone_cb(void *arg)
{
	follower_end(arg);
}

static void
follow(struct app *app, struct ctl_call *call, const struct timeline_of *of)
{
	struct timeline_follower *follower = mem_alloc(sizeof *follower);

	follower->app = app;
	follower->call = call;
	follower->of = *of;
	DL_APPEND(app->timelines, follower);
	ctl_on_gone(call, on_gone_cb, follower);
}

static bool
arg_bool(const struct ctl_call *call, const char *name)
{
	return json_is_true(json_object_get(ctl_args(call), name));
}

void
timeline_on_call(void *arg, struct ctl_call *call)
{
	const json_t *since = json_object_get(ctl_args(call), "since_ms");
	const char *name = ctl_arg_str(call, "node");
	struct timeline_query query = {.since_ms = json_integer_value(since),
	    .packets = arg_bool(call, "packets")};
	struct app *app = arg;
	struct timeline_of of;
	struct err err = {0};
	struct value list;

	if (timeline_find(app, name == NULL ? "" : name, &of, &err) < 0) {
		ctl_error_err(call, &err);
		return;
	}
	list = timeline_read(app, &of, &query);
	for (size_t i = 0; i < value_len(list); i++)
		send_entry(call, value_ref(value_list_at(list, i)));
	value_unref(list);
	if (arg_bool(call, "follow"))
		follow(app, call, &of);
	else
		ctl_done(call);
}

/* ---- what comes --------------------------------------------------------- */

/* An unknown machine may get a name while somebody looks on. */
static bool
wants_track(const struct timeline_follower *follower, const char *name)
{
	struct recorder_track track;

	if (follower->of.name[0] != '\0')
		return strcmp(follower->of.name, name) == 0;
	recorder_track_mac(follower->app, &follower->of.mac, &track);
	return strcmp(track.name, name) == 0;
}

/* Most machines have nobody who looks on: their lines are not even made. */
static bool
is_followed(const struct app *app, const char *track)
{
	const struct timeline_follower *follower;

	DL_FOREACH(app->timelines, follower)
	{
		if (wants_track(follower, track))
			return true;
	}
	return false;
}

/* Takes the value over. */
static void
publish(struct app *app, const char *track, struct value entry)
{
	struct timeline_follower *follower;
	struct timeline_follower *next;

	DL_FOREACH_SAFE(app->timelines, follower, next)
	{
		if (!wants_track(follower, track))
			continue;
		if (ctl_queued(follower->call) > FOLLOW_QUEUE_MAX)
			follower_end(follower);
		else
			send_entry(follower->call, value_ref(entry));
	}
	value_unref(entry);
}

static void
on_recorded_cb(void *arg, const char *track, const struct flight_entry *entry)
{
	struct app *app = arg;

	if (is_followed(app, track))
		publish(app, track, timeline_json_flight(entry, false));
}

void
timeline_publish(struct app *app, const struct event *event)
{
	enum flight_kind kind;

	if (is_followed(app, event->node))
		publish(app, event->node,
		    timeline_json_event(
			event, is_echo_kind(event->kind, &kind)));
}

void
timeline_start(struct app *app)
{
	recorder_listen(app->recorder, on_recorded_cb, app);
}

void
timeline_stop(struct app *app)
{
	while (app->timelines != NULL)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): unlinks it */
		follower_end(app->timelines);
}
