/* cancel: withdraws installs that have not finished. */
#include "ctl/ctl.h"
#include "ctl/order.h"

static const struct args_flag cancel_flags[] = {
    {"--reason", 'r', "TEXT", "shown wherever the node is"},
    {0},
};

static const struct order cancel_order = {
    .command = "cancel",
    .question = "Withdraw the install of",
    .consequence = "?",
    .reason_flag = 0,
    .wait_flag = -1,
};

static int
cancel_run(struct ctl *ctl, const struct args *args)
{
	(void)args;
	return order_run(ctl, &cancel_order);
}

const struct command cmd_cancel = {
    .name = "cancel",
    .usage = "PATTERN [--yes] [--reason TEXT]",
    .help = "withdraw an install that has not finished",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .flags = cancel_flags,
    .takes_pattern = true,
    .run = cancel_run,
};
