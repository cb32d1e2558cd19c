#include "ctl/order.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "ctl/nodes.h"

static struct value
node_names(struct value nodes)
{
	struct value names = value_list_new();

	for (size_t i = 0; i < value_len(nodes); i++)
		value_list_add(names,
		    value_ref(value_map_get(value_list_at(nodes, i), "name")));
	return names;
}

static bool
order_confirm(struct ctl *ctl, const struct order *order, struct value nodes)
{
	size_t count = value_len(nodes);
	char *question;
	bool yes;

	if (order->question == NULL || ctl->args->global[ARGS_YES] != NULL)
		return true;
	nodes_write_table(
	    nodes, &ctl->term_err, clock_wall_ms(&clock_system), &ctl->out);
	(void)term_print(&ctl->out, 2);
	buf_reset(&ctl->out);
	question = mem_printf("%s %s%s", order->question,
	    count == 1 ? "this node" : "these nodes", order->consequence);
	yes = ctl_confirm(ctl, question);
	free(question);
	return yes;
}

enum wait_state {
	WAIT_GOING,
	WAIT_GOOD,
	WAIT_BAD
};

/* `wanted`: when the order was given; less is wanted when it is cancelled. */
static enum wait_state
node_wait_state(struct value node, int64_t wanted)
{
	char number[NODES_TEXTLEN];
	bool tried = value_map_get(node, "attempts").u.i > 0;

	if (value_map_get(node, "have").u.i >= wanted)
		return WAIT_GOOD;
	/* Until the first attempt, "failed" tells of the install before. */
	if (value_map_get(node, "held").type == VALUE_STRING ||
	    value_map_get(node, "locked").type == VALUE_STRING ||
	    value_map_get(node, "want").u.i < wanted ||
	    (tried && strcmp(nodes_text(node, "phase", number), "failed") == 0))
		return WAIT_BAD;
	return WAIT_GOING;
}

/* True while one still works; *ret_bad counts those that will not get there. */
static bool
nodes_wait_state(struct value nodes, struct value ordered, size_t *ret_bad)
{
	bool going = false;

	*ret_bad = 0;
	for (size_t i = 0; i < value_len(nodes); i++) {
		struct value node = value_list_at(nodes, i);
		struct value first = value_list_at(ordered, i);
		enum wait_state state =
		    node_wait_state(node, value_map_get(first, "want").u.i);

		going = going || state == WAIT_GOING;
		*ret_bad += state == WAIT_BAD;
	}
	return going;
}

/* The names as one pattern: "a,b,c". */
static char *
names_pattern(struct value names)
{
	struct buf text;

	buf_init(&text, 1u << 20);
	for (size_t i = 0; i < value_len(names); i++) {
		buf_adds(&text, i == 0 ? "" : ",");
		buf_adds(&text, value_str(value_list_at(names, i)));
	}
	return buf_take(&text, NULL);
}

static int
order_poll(struct ctl *ctl, const char *pattern, struct value *ret_nodes)
{
	struct value request = value_map_new();
	struct err err = {0};
	int ret;

	value_map_set(request, "pattern", value_string(pattern));
	ret = ctl_ask(ctl, "status", request, ret_nodes, &err);
	return ret < 0 ? ctl_fail(ctl, ret, &err) : CTL_DONE;
}

static void
order_put(struct ctl *ctl, struct value nodes)
{
	if (ctl->json)
		ctl_put_json(ctl, nodes);
	else
		nodes_write_table(
		    nodes, &ctl->term, clock_wall_ms(&clock_system), &ctl->out);
}

/* Nodes come in the inventory's order each time. */
static int
order_wait(struct ctl *ctl, struct value ordered)
{
	static const struct timespec second = {.tv_sec = 1};
	struct value names = node_names(ordered);
	char *pattern = names_pattern(names);
	struct value nodes;
	size_t bad = 0;
	bool going = true;
	int code = CTL_DONE;

	while (going) {
		code = order_poll(ctl, pattern, &nodes);
		if (code != CTL_DONE)
			break;
		if (value_len(nodes) != value_len(ordered)) {
			ctl_note(ctl, "the inventory has changed");
			value_unref(nodes);
			code = CTL_FAILED;
			break;
		}
		going = nodes_wait_state(nodes, ordered, &bad);
		if (!going)
			order_put(ctl, nodes);
		else
			(void)nanosleep(&second, NULL);
		value_unref(nodes);
	}
	free(pattern);
	value_unref(names);
	return code == CTL_DONE && bad > 0 ? CTL_FAILED : code;
}

/* What the order could not do, or did not need to. */
static void
order_notes(struct ctl *ctl, struct value nodes)
{
	char number[NODES_TEXTLEN];

	for (size_t i = 0; i < value_len(nodes); i++) {
		struct value node = value_list_at(nodes, i);
		struct value note = value_map_get(node, "note");

		if (note.type == VALUE_STRING)
			ctl_note(ctl, "%s: %s",
			    nodes_text(node, "name", number), value_str(note));
	}
}

static int
order_send(struct ctl *ctl, const struct order *order, struct value names)
{
	const char *const *own = ctl->args->own;
	struct value request = value_map_new();
	struct value nodes;
	struct err err = {0};
	int code = CTL_DONE;
	int ret;

	value_map_set(request, "nodes", value_ref(names));
	if (order->reason_flag >= 0 && own[order->reason_flag] != NULL)
		value_map_set(
		    request, "reason", value_string(own[order->reason_flag]));
	ret = ctl_ask(ctl, order->command, request, &nodes, &err);
	if (ret < 0)
		return ctl_fail(ctl, ret, &err);
	order_notes(ctl, nodes);
	if (order->wait_flag >= 0 && own[order->wait_flag] != NULL)
		code = order_wait(ctl, nodes);
	else
		order_put(ctl, nodes);
	value_unref(nodes);
	return code;
}

int
order_run(struct ctl *ctl, const struct order *order)
{
	struct value nodes;
	struct value names;
	int code = order_poll(ctl, ctl->args->words[0], &nodes);

	if (code != CTL_DONE)
		return code;
	names = node_names(nodes);
	if (order_confirm(ctl, order, nodes)) {
		code = order_send(ctl, order, names);
	} else {
		ctl_note(ctl, "nothing was changed");
		code = CTL_FAILED;
	}
	value_unref(names);
	value_unref(nodes);
	return code;
}
