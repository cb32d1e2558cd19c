/*
 * inventory: the same JSON as ansible-inventory prints, or what another
 * inventory would change.
 */
#include "ctl/ctl.h"
#include "ctl/invdiff.h"
#include "ctl/local.h"

enum {
	INVENTORY_LIST,
	INVENTORY_HOST,
	INVENTORY_DIFF,
	INVENTORY_VERBOSE
};

static const struct args_flag inventory_flags[] = {
    [INVENTORY_LIST] = {"--list", 0, NULL, "everything (the default)"},
    [INVENTORY_HOST] = {"--host", 0, "HOST", "the variables of one host"},
    [INVENTORY_DIFF] = {"--diff", 0, "FILE",
	"the nodes whose files FILE would change"},
    [INVENTORY_VERBOSE] = {"--verbose", 'v', NULL, "with --diff: the lines"},
    {0},
};

static int
inventory_put(struct ctl *ctl, const struct inventory *inv, const char *name,
    bool show_secrets)
{
	const struct inv_host *host;

	if (name == NULL) {
		inventory_write_list(inv, show_secrets, &ctl->out);
	} else {
		host = local_host(ctl, inv, name);
		if (host == NULL)
			return CTL_FAILED;
		inventory_write_host(inv, host, show_secrets, &ctl->out);
	}
	buf_addc(&ctl->out, '\n');
	return CTL_DONE;
}

static int
inventory_diff(struct ctl *ctl, const struct args *args, struct value info,
    struct inventory *inv)
{
	struct inventory *other = NULL;
	int code =
	    local_inventory_at(ctl, info, args->own[INVENTORY_DIFF], &other);

	if (code == CTL_DONE)
		code = invdiff_run(ctl, info, inv, other,
		    args->own[INVENTORY_VERBOSE] != NULL);
	inventory_unref(other);
	return code;
}

static int
inventory_run(struct ctl *ctl, const struct args *args)
{
	const char *host = args->own[INVENTORY_HOST];
	struct inventory *inv = NULL;
	struct value info;
	int code;

	if ((host != NULL) + (args->own[INVENTORY_LIST] != NULL) +
		(args->own[INVENTORY_DIFF] != NULL) >
	    1)
		return ctl_usage(ctl, "one of --list, --host and --diff");
	info = local_info(ctl);
	code = local_inventory(ctl, info, &inv);
	if (code == CTL_DONE && args->own[INVENTORY_DIFF] != NULL)
		code = inventory_diff(ctl, args, info, inv);
	else if (code == CTL_DONE)
		code = inventory_put(
		    ctl, inv, host, args->global[ARGS_SHOW_SECRETS] != NULL);
	inventory_unref(inv);
	value_unref(info);
	return code;
}

const struct command cmd_inventory = {
    .name = "inventory",
    .usage = "[--list | --host HOST | --diff FILE [-v]]",
    .help = "hosts, groups and variables, as ansible-inventory prints them",
    .need = COMMAND_LOCAL,
    .flags = inventory_flags,
    .run = inventory_run,
};
