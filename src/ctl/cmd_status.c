/* status: a table of nodes, once or live. */
#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "ctl/ctl.h"
#include "ctl/nodes.h"

enum {
	STATUS_WATCH
};

static const struct args_flag status_flags[] = {
    [STATUS_WATCH] = {"--watch", 'w', NULL, "go on and show what changes"},
    {0},
};

static struct value
status_args(const struct ctl *ctl)
{
	const struct args *args = ctl->args;
	struct value map = value_map_new();

	if (args->word_count > 0)
		value_map_set(map, "pattern", value_string(args->words[0]));
	if (!ctl->json)
		value_map_set(map, "members", nodes_members());
	return map;
}

static void
status_put(struct ctl *ctl, struct value nodes)
{
	nodes_write_table(
	    nodes, &ctl->term, clock_wall_ms(&clock_system), &ctl->out);
	if (ctl->term.tty)
		buf_addc(&ctl->out, '\n');
	if (ctl->term.tty || value_len(nodes) == 0)
		nodes_write_summary(nodes, &ctl->term, &ctl->out);
}

/* One line of JSON, or in a pipe one table, for each change. */
static bool
watch_put(struct ctl *ctl, struct value nodes, struct value *last)
{
	if ((!ctl->term.tty || ctl->json) && value_equal(nodes, *last))
		return true;
	value_unref(*last);
	*last = value_ref(nodes);
	if (ctl->json)
		return ctl_put_json_line(ctl, nodes);
	/* Home, draw over, then clear what is below: no flicker. */
	if (ctl->term.tty)
		buf_adds(&ctl->out, "\033[H\033[2J");
	status_put(ctl, nodes);
	return ctl_flush(ctl);
}

static int
status_watch(struct ctl *ctl)
{
	static const struct timespec second = {.tv_sec = 1};
	struct value last = {0};
	struct value nodes;
	struct err err = {0};
	int ret = 0;
	bool reading = true;

	while (reading) {
		ret = ctl_ask(ctl, "status", status_args(ctl), &nodes, &err);
		if (ret < 0)
			break;
		reading = watch_put(ctl, nodes, &last);
		value_unref(nodes);
		if (reading)
			(void)nanosleep(&second, NULL);
	}
	value_unref(last);
	return ret < 0 ? ctl_fail(ctl, ret, &err) : CTL_DONE;
}

static int
status_run(struct ctl *ctl, const struct args *args)
{
	struct value nodes;
	int code = CTL_DONE;
	int ret;

	if (args->own[STATUS_WATCH] != NULL)
		return status_watch(ctl);
	ret = ctl_query(ctl, "status", status_args(ctl), &nodes, &code);
	if (ret < 0)
		return code;
	if (ret == 0)
		status_put(ctl, nodes);
	value_unref(nodes);
	return CTL_DONE;
}

const struct command cmd_status = {
    .name = "status",
    .usage = "[PATTERN] [--watch]",
    .help = "nodes, their phase and last event",
    .need = COMMAND_DAEMON,
    .words_max = 1,
    .flags = status_flags,
    .takes_pattern = true,
    .run = status_run,
};
