#include "app/discover.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/commands.h"
#include "app/enroll.h"
#include "app/inspect.h"
#include "app/json.h"
#include "base/mem.h"
#include "base/str.h"

enum {
	SHOW_EVENTS = 20
};

static void
set_text(struct value map, const char *key, const char *text)
{
	if (text[0] != '\0')
		value_map_set(map, key, value_string(text));
}

static void
set_time(struct value map, const char *key, int64_t ms)
{
	char text[CLOCK_STRLEN];

	if (ms != 0)
		value_map_set(map, key, value_string(clock_format(ms, text)));
}

static const char *
state_of(struct app *app, const struct node *node)
{
	if (node->held)
		return "ignored";
	return enroll_is_waiting(app, node) ? "waiting" : "gone";
}

static struct value
machine_value(struct app *app, const struct node *node)
{
	struct value map = value_map_new();

	set_text(map, "mac", node->name);
	set_text(map, "state", state_of(app, node));
	set_text(map, "serial", node->serial);
	set_text(map, "uuid", node->uuid);
	set_text(map, "vendor", node->vendor);
	set_text(map, "model", node->product);
	set_text(map, "arch", node->arch);
	set_text(map, "address", node->addr);
	set_text(map, "hardware", node->hardware);
	set_time(map, "first_seen", node->phase_ms);
	set_time(map, "last_seen", enroll_last_seen(app, node));
	set_time(map, "inspected", node->inspected_ms);
	return map;
}

struct walk {
	struct app *app;
	struct value list;
};

static void
on_machine_cb(void *arg, const struct node *node)
{
	struct walk *walk = arg;

	if (node_is_unknown(node))
		value_list_add(walk->list, machine_value(walk->app, node));
}

void
discover_on_list(void *arg, struct ctl_call *call)
{
	struct walk walk = {arg, value_list_new()};

	nodes_each(walk.app->nodes, on_machine_cb, &walk);
	commands_answer(call, walk.list);
}

/* NULL: the call is over. */
static const struct node *
one_machine(struct app *app, struct ctl_call *call)
{
	const char *text = ctl_arg_str(call, "machine");
	const struct node *node;
	unsigned count;
	char *problem;

	node = enroll_find(app, text == NULL ? "" : text, &count);
	if (node != NULL)
		return node;
	if (count > 1)
		problem = mem_printf("%u machines have that", count);
	else
		problem = mem_printf("no unknown machine \"%s\" has been seen",
		    text == NULL ? "" : text);
	ctl_error(call, problem,
	    count > 1 ? "name one by its MAC"
		      : "convect-pxectl discover list shows those that were");
	free(problem);
	return NULL;
}

void
discover_on_show(void *arg, struct ctl_call *call)
{
	struct app *app = arg;
	const struct node *node = one_machine(app, call);
	struct value map;
	struct value details;

	if (node == NULL)
		return;
	map = machine_value(app, node);
	if (inspect_details(app, node, &details) == 0)
		value_map_set(map, "details", details);
	value_map_set(
	    map, "events", json_newest_events(app, node->name, SHOW_EVENTS));
	commands_answer(call, map);
}

/* ---- ignore --------------------------------------------------------- */

struct ignore {
	struct app *app;
	struct ctl_call *call;
	char name[HWADDR_STRLEN];
};

static void
on_ignore_committed_cb(void *arg, int error)
{
	struct ignore *ignore = arg;
	const struct node *node = nodes_find(ignore->app->nodes, ignore->name);

	if (error < 0 || node == NULL)
		ctl_error(ignore->call,
		    error < 0 ? store_strerror(error) : "it is gone", NULL);
	else
		commands_answer(ignore->call, machine_value(ignore->app, node));
	free(ignore);
}

static void
count_ignored_cb(void *arg, const struct node *node)
{
	size_t *count = arg;

	*count += node_is_unknown(node) && node->held;
}

static bool
has_room(struct app *app, struct ctl_call *call)
{
	size_t count = 0;

	nodes_each(app->nodes, count_ignored_cb, &count);
	if (count < ENROLL_IGNORED_MAX)
		return true;
	ctl_error(call, "too many machines are ignored already",
	    "take some back: convect-pxectl discover ignore MAC --undo");
	return false;
}

/*
 * One that was never seen can be ignored beforehand, by its MAC. Returns how
 * many events there are; 0: the call is over.
 */
static size_t
ignore_events(struct app *app, struct ctl_call *call, struct event events[2])
{
	const char *text = ctl_arg_str(call, "machine");
	bool undo = json_is_true(json_object_get(ctl_args(call), "undo"));
	const struct node *node;
	struct hwaddr mac;
	char name[HWADDR_STRLEN];
	size_t n = 0;

	if (undo || text == NULL || hwaddr_parse(text, &mac) < 0) {
		node = one_machine(app, call);
		if (node == NULL)
			return 0;
		str_copy(name, sizeof name, node->name);
	} else if (inventory_find_mac(app->site->inv, &mac) != NULL) {
		ctl_error(call, "the inventory names that machine",
		    "take it out there, or set auto_install=false");
		return 0;
	} else {
		hwaddr_format(&mac, name);
		node = nodes_find(app->nodes, name);
	}
	if (node == NULL) {
		event_init(&events[n], EVENT_DISCOVERED, name);
		str_copy(events[n++].mac, sizeof events[0].mac, name);
	}
	event_init(&events[n], undo ? EVENT_RELEASE : EVENT_HOLD, name);
	snprintf(events[n].by, sizeof events[n].by, "uid %u",
	    (unsigned)ctl_peer(call)->uid);
	str_copy(events[n].reason, sizeof events[n].reason,
	    undo ? "no longer ignored" : "ignored by an operator");
	return n + 1;
}

void
discover_on_ignore(void *arg, struct ctl_call *call)
{
	struct app *app = arg;
	struct event events[2];
	struct ignore *ignore;
	size_t n;

	if (!has_room(app, call))
		return;
	n = ignore_events(app, call, events);
	if (n == 0)
		return;
	ignore = mem_alloc(sizeof *ignore);
	ignore->app = app;
	ignore->call = call;
	str_copy(ignore->name, sizeof ignore->name, events[0].node);
	if (nodes_append(app->nodes, events, n, STORE_ANY_SEQ,
		on_ignore_committed_cb, ignore) == 0)
		return;
	ctl_error(call, "too much is under way", "try again");
	free(ignore);
}
