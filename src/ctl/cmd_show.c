/* show: everything that is known about one node, or its time line. */
#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "core/mask.h"
#include "ctl/ctl.h"
#include "ctl/nodes.h"
#include "ctl/timeline.h"
#include "ctl/when.h"

enum {
	SHOW_TIMELINE,
	SHOW_FOLLOW,
	SHOW_SINCE
};

static const struct args_flag show_flags[] = {
    [SHOW_TIMELINE] = {"--timeline", 't', NULL,
	"packets, requests, decisions and events by time"},
    [SHOW_FOLLOW] = {"--follow", 'f', NULL, "go on with what happens"},
    [SHOW_SINCE] = {"--since", 0, "TIME", "10m, 2h, or a time"},
    {0},
};

static void
show_variables(struct ctl *ctl, struct value vars)
{
	struct buf text;

	buf_init(&text, 1u << 20);
	for (size_t i = 0; i < value_len(vars); i++) {
		buf_reset(&text);
		buf_addf(&text, "  %s: ", value_map_key_at(vars, i));
		value_write_json(value_map_at(vars, i), -1, false, &text);
		term_add_text(&ctl->out, text.data);
		buf_addc(&ctl->out, '\n');
	}
	buf_done(&text);
}

static void
show_title(struct ctl *ctl, const char *title)
{
	buf_addc(&ctl->out, '\n');
	term_add_styled(&ctl->term, STYLE_BOLD, title, &ctl->out);
	buf_addc(&ctl->out, '\n');
}

static void
show_put(struct ctl *ctl, struct value node)
{
	struct value why = value_map_get(node, "why");
	struct value vars = value_map_get(node, "variables");
	struct value events = value_map_get(node, "events");

	nodes_write_detail(
	    node, &ctl->term, clock_wall_ms(&clock_system), &ctl->out);
	if (value_len(why) > 0) {
		show_title(ctl, "Boots now");
		nodes_write_why(why, &ctl->term, &ctl->out);
	}
	if (value_len(vars) > 0) {
		show_title(ctl, "Variables");
		show_variables(ctl, vars);
	}
	if (value_len(events) > 0)
		show_title(ctl, "Events");
	for (size_t i = 0; i < value_len(events); i++)
		nodes_write_event(
		    value_list_at(events, i), &ctl->term, false, &ctl->out);
}

/* ---- the time line ------------------------------------------------------ */

struct show_view {
	struct ctl *ctl;
	struct timeline timeline;
};

static int
on_entry(struct value entry, void *arg)
{
	struct show_view *view = arg;
	struct ctl *ctl = view->ctl;

	if (ctl->json)
		return ctl_put_json_line(ctl, entry) ? 0 : -EPIPE;
	timeline_put(&view->timeline, entry, &ctl->out);
	return ctl_flush(ctl) ? 0 : -EPIPE;
}

static int
timeline_request(struct ctl *ctl, const struct args *args, struct value request)
{
	const char *since = args->own[SHOW_SINCE];
	int64_t since_ms;

	value_map_set(request, "node", value_string(args->words[0]));
	value_map_set(
	    request, "follow", value_bool(args->own[SHOW_FOLLOW] != NULL));
	if (since == NULL)
		return CTL_DONE;
	if (when_since(since, clock_wall_ms(&clock_system), &since_ms) < 0)
		return ctl_usage(ctl, "--since does not take \"%s\"", since);
	value_map_set(request, "since_ms", value_int(since_ms));
	return CTL_DONE;
}

static int
show_timeline(struct ctl *ctl, const struct args *args)
{
	struct show_view view = {.ctl = ctl};
	struct client_handler handler = {.on_data = on_entry, .arg = &view};
	struct value request = value_map_new();
	int code = timeline_request(ctl, args, request);

	timeline_init(&view.timeline, &ctl->term);
	if (code == CTL_DONE)
		return ctl_stream(ctl, "timeline", request, &handler);
	value_unref(request);
	return code;
}

/* ---- the node ----------------------------------------------------------- */

static int
show_node(struct ctl *ctl, const struct args *args)
{
	struct value request = value_map_new();
	struct value node;
	struct value shown;
	struct err err = {0};
	int ret;

	value_map_set(request, "node", value_string(args->words[0]));
	value_map_set(request, "show_secrets",
	    value_bool(args->global[ARGS_SHOW_SECRETS] != NULL));
	ret = ctl_ask(ctl, "show", request, &node, &err);
	if (ret < 0)
		return ctl_fail(ctl, ret, &err);
	shown = value_copy(node);
	value_unref(node);
	if (args->global[ARGS_SHOW_SECRETS] == NULL &&
	    value_map_get(shown, "variables").type == VALUE_MAP)
		value_map_set(shown, "variables",
		    mask_secrets(
			value_map_get(shown, "variables"), MASK_SHOWN));
	if (ctl->json)
		ctl_put_json(ctl, shown);
	else
		show_put(ctl, shown);
	value_unref(shown);
	return CTL_DONE;
}

static int
show_run(struct ctl *ctl, const struct args *args)
{
	if (args->own[SHOW_TIMELINE] != NULL)
		return show_timeline(ctl, args);
	if (args->own[SHOW_FOLLOW] != NULL || args->own[SHOW_SINCE] != NULL)
		return ctl_usage(
		    ctl, "--follow and --since are for --timeline");
	return show_node(ctl, args);
}

const struct command cmd_show = {
    .name = "show",
    .usage = "NODE [--timeline [-f] [--since TIME]]",
    .help = "one node: state, variables, decision and events, or a time line",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .flags = show_flags,
    .run = show_run,
};
