/* show: everything that is known about one node. */
#include <stdlib.h>

#include "base/clock.h"
#include "core/mask.h"
#include "ctl/ctl.h"
#include "ctl/nodes.h"

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

static int
show_run(struct ctl *ctl, const struct args *args)
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

const struct command cmd_show = {
    .name = "show",
    .usage = "NODE",
    .help = "one node: state, variables, decision and events",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .run = show_run,
};
