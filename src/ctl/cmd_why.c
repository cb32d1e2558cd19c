/* why: what a node would boot now, and which rule says so. */
#include "ctl/ctl.h"
#include "ctl/nodes.h"

static int
why_run(struct ctl *ctl, const struct args *args)
{
	struct value request = value_map_new();
	struct value rows;
	int code = CTL_DONE;
	int ret;

	value_map_set(request, "node", value_string(args->words[0]));
	ret = ctl_query(ctl, "why", request, &rows, &code);
	if (ret < 0)
		return code;
	if (ret == 0)
		nodes_write_why(rows, &ctl->term, &ctl->out);
	value_unref(rows);
	return CTL_DONE;
}

const struct command cmd_why = {
    .name = "why",
    .usage = "NODE",
    .help = "what the node boots now, and by which rule",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .run = why_run,
};
