/* lock and unlock: nodes that nothing may install anew. */
#include "ctl/ctl.h"
#include "ctl/order.h"

static const struct args_flag lock_flags[] = {
    {"--reason", 'r', "TEXT", "shown wherever the node is"},
    {0},
};

static const struct order lock_order = {
    .command = "lock",
    .reason_flag = 0,
    .wait_flag = -1,
};

static int
lock_run(struct ctl *ctl, const struct args *args)
{
	(void)args;
	return order_run(ctl, &lock_order);
}

const struct command cmd_lock = {
    .name = "lock",
    .usage = "PATTERN [--reason TEXT]",
    .help = "protect nodes from every install",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .flags = lock_flags,
    .takes_pattern = true,
    .run = lock_run,
};

static const struct order unlock_order = {
    .command = "unlock",
    .question = "Unlock",
    .consequence = "? Installs that are wanted begin at the next network boot.",
    .reason_flag = -1,
    .wait_flag = -1,
};

static int
unlock_run(struct ctl *ctl, const struct args *args)
{
	(void)args;
	return order_run(ctl, &unlock_order);
}

const struct command cmd_unlock = {
    .name = "unlock",
    .usage = "PATTERN [--yes]",
    .help = "take the protection of lock away",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1,
    .takes_pattern = true,
    .run = unlock_run,
};
