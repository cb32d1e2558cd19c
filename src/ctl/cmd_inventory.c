/* inventory: the same JSON as ansible-inventory prints; nothing is masked. */
#include "ctl/ctl.h"
#include "ctl/local.h"

enum {
	INVENTORY_LIST,
	INVENTORY_HOST
};

static const struct args_flag inventory_flags[] = {
    [INVENTORY_LIST] = {"--list", 0, NULL, "everything (the default)"},
    [INVENTORY_HOST] = {"--host", 0, "HOST", "the variables of one host"},
    {0},
};

static int
inventory_put(struct ctl *ctl, const struct inventory *inv, const char *name)
{
	const struct inv_host *host;

	if (name == NULL) {
		inventory_write_list(inv, &ctl->out);
	} else {
		host = local_host(ctl, inv, name);
		if (host == NULL)
			return CTL_FAILED;
		inventory_write_host(inv, host, &ctl->out);
	}
	buf_addc(&ctl->out, '\n');
	return CTL_DONE;
}

static int
inventory_run(struct ctl *ctl, const struct args *args)
{
	const char *host = args->own[INVENTORY_HOST];
	struct inventory *inv = NULL;
	struct value info;
	int code;

	if (host != NULL && args->own[INVENTORY_LIST] != NULL)
		return ctl_usage(ctl, "--list or --host, not both");
	info = local_info(ctl);
	code = local_inventory(ctl, info, &inv);
	if (code == CTL_DONE)
		code = inventory_put(ctl, inv, host);
	inventory_unref(inv);
	value_unref(info);
	return code;
}

const struct command cmd_inventory = {
    .name = "inventory",
    .usage = "[--list | --host HOST]",
    .help = "hosts, groups and variables, as ansible-inventory prints them",
    .need = COMMAND_LOCAL,
    .flags = inventory_flags,
    .run = inventory_run,
};
