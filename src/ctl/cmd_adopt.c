/* adopt: takes nodes for installed as their disks are. */
#include "ctl/ctl.h"
#include "ctl/order.h"

static const struct args_flag adopt_flags[] = {
    {"--reason", 'r', "TEXT", "kept with the event"},
    {0},
};

static const struct order adopt_order = {
    .command = "adopt",
    .question = "Take the disk as it is for the installed system of",
    .consequence = "?",
    .reason_flag = 0,
    .wait_flag = -1,
};

static int
adopt_run(struct ctl *ctl, const struct args *args)
{
	(void)args;
	return order_run(ctl, &adopt_order);
}

const struct command cmd_adopt = {
    .name = "adopt",
    .usage = "PATTERN [--yes] [--reason TEXT]",
    .help = "take nodes for installed, their disks as they are",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .flags = adopt_flags,
    .takes_pattern = true,
    .run = adopt_run,
};
