/* reinstall: arms an install for nodes. */
#include "ctl/ctl.h"
#include "ctl/order.h"

static const struct args_flag reinstall_flags[] = {
    {"--reason", 'r', "TEXT", "shown wherever the node is"},
    {"--wait", 0, NULL, "until every node is installed, failed or held"},
    {0},
};

static const struct order reinstall_order = {
    .command = "reinstall",
    .question = "Install",
    .consequence =
	" anew at the next network boot? What is on the disks is lost.",
    .reason_flag = 0,
    .wait_flag = 1,
};

static int
reinstall_run(struct ctl *ctl, const struct args *args)
{
	(void)args;
	return order_run(ctl, &reinstall_order);
}

const struct command cmd_reinstall = {
    .name = "reinstall",
    .usage = "PATTERN [--yes] [--reason TEXT] [--wait]",
    .help = "install nodes anew at their next network boot",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .flags = reinstall_flags,
    .takes_pattern = true,
    .run = reinstall_run,
};
