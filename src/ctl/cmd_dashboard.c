/* dashboard: the page's address, with the token that opens it. */
#include "ctl/ctl.h"
#include "ctl/nodes.h"

static int
dashboard_run(struct ctl *ctl, const struct args *args)
{
	struct value answer;
	char number[NODES_TEXTLEN];
	int code = CTL_DONE;
	int ret;

	(void)args;
	ret = ctl_query(ctl, "dashboard", value_map_new(), &answer, &code);
	if (ret < 0)
		return code;
	if (ret == 0) {
		term_add_text(&ctl->out, nodes_text(answer, "url", number));
		buf_addc(&ctl->out, '\n');
	}
	value_unref(answer);
	return CTL_DONE;
}

const struct command cmd_dashboard = {
    .name = "dashboard",
    .usage = "",
    .help = "the address of the live page, with its token",
    .need = COMMAND_DAEMON,
    .run = dashboard_run,
};
