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
	INVENTORY_VERBOSE,
	INVENTORY_ADDRESSES
};

static const struct args_flag inventory_flags[] = {
    [INVENTORY_LIST] = {"--list", 0, NULL, "everything (the default)"},
    [INVENTORY_HOST] = {"--host", 0, "HOST", "the variables of one host"},
    [INVENTORY_DIFF] = {"--diff", 0, "FILE",
	"the nodes whose files FILE would change"},
    [INVENTORY_VERBOSE] = {"--verbose", 'v', NULL, "with --diff: the lines"},
    [INVENTORY_ADDRESSES] = {"--addresses", 0, NULL,
	"ansible_host of hosts without one: where they were seen"},
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

/* Whoever says ansible_host himself, in either spelling, is left alone. */
static void
add_addresses(struct value hostvars, struct value rows)
{
	for (size_t i = 0; i < value_len(rows); i++) {
		struct value row = value_list_at(rows, i);
		struct value address = value_map_get(row, "address");
		struct value vars = value_map_get(
		    hostvars, value_str(value_map_get(row, "name")));

		if (address.type != VALUE_STRING || vars.type != VALUE_MAP ||
		    value_map_get(vars, "ansible_host").type !=
			VALUE_UNDEFINED ||
		    value_map_get(vars, "ansible_ssh_host").type !=
			VALUE_UNDEFINED)
			continue;
		value_map_set(vars, "ansible_host", value_ref(address));
	}
}

/* The list as it is printed, with what the daemon has seen. */
static int
inventory_addresses(struct ctl *ctl)
{
	struct value_json_style style = {
	    .indent = 4, .sort = true, .utf8 = true};
	struct value rows;
	struct value list;
	struct err err = {0};
	int ret = ctl_ask(ctl, "host-keys", value_map_new(), &rows, &err);

	if (ret < 0) {
		buf_reset(&ctl->out);
		return ctl_fail(ctl, ret, &err);
	}
	ret = value_parse_json(ctl->out.data, ctl->out.len, &list, &err);
	buf_reset(&ctl->out);
	if (ret < 0) {
		value_unref(rows);
		return ctl_fail(ctl, ret, &err);
	}
	add_addresses(
	    value_map_get(value_map_get(list, "_meta"), "hostvars"), rows);
	value_write_json_as(list, &style, &ctl->out);
	buf_addc(&ctl->out, '\n');
	value_unref(list);
	value_unref(rows);
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
	if (args->own[INVENTORY_ADDRESSES] != NULL &&
	    (host != NULL || args->own[INVENTORY_DIFF] != NULL))
		return ctl_usage(ctl, "--addresses goes with --list");
	info = local_info(ctl);
	code = local_inventory(ctl, info, &inv);
	if (code == CTL_DONE && args->own[INVENTORY_DIFF] != NULL)
		code = inventory_diff(ctl, args, info, inv);
	else if (code == CTL_DONE)
		code = inventory_put(
		    ctl, inv, host, args->global[ARGS_SHOW_SECRETS] != NULL);
	if (code == CTL_DONE && args->own[INVENTORY_ADDRESSES] != NULL)
		code = inventory_addresses(ctl);
	inventory_unref(inv);
	value_unref(info);
	return code;
}

const struct command cmd_inventory = {
    .name = "inventory",
    .usage = "[--list [--addresses] | --host HOST | --diff FILE [-v]]",
    .help = "hosts, groups and variables, as ansible-inventory prints them",
    .need = COMMAND_LOCAL,
    .flags = inventory_flags,
    .run = inventory_run,
};
