/* hold and release: whether network boots of nodes may begin installs. */
#include "ctl/ctl.h"
#include "ctl/order.h"

static const struct args_flag hold_flags[] = {
    {"--reason", 'r', "TEXT", "shown wherever the node is"},
    {0},
};

static const struct order hold_order = {
    .command = "hold",
    .reason_flag = 0,
    .wait_flag = -1,
};

static int
hold_run(struct ctl *ctl, const struct args *args)
{
	(void)args;
	return order_run(ctl, &hold_order);
}

const struct command cmd_hold = {
    .name = "hold",
    .usage = "PATTERN [--reason TEXT]",
    .help = "let nodes boot their disks until they are released",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .flags = hold_flags,
    .takes_pattern = true,
    .run = hold_run,
};

static const struct args_flag release_flags[] = {
    {"--wait", 0, NULL, "until every node is installed, failed or held"},
    {0},
};

static const struct order release_order = {
    .command = "release",
    .question = "Release",
    .consequence = "? Installs that are wanted begin at the next network boot.",
    .reason_flag = -1,
    .wait_flag = 0,
};

static int
release_run(struct ctl *ctl, const struct args *args)
{
	(void)args;
	return order_run(ctl, &release_order);
}

const struct command cmd_release = {
    .name = "release",
    .usage = "PATTERN [--yes] [--wait]",
    .help = "let held nodes go on, with new attempts",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .flags = release_flags,
    .takes_pattern = true,
    .run = release_run,
};
