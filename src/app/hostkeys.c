#include "app/hostkeys.h"

#include <stdlib.h>

#include "app/app.h"
#include "app/commands.h"
#include "base/mem.h"
#include "core/hostvars.h"
#include "inventory/pattern.h"

static struct value
keys_of(const struct node *node)
{
	const char *const keys[] = {
	    node->host_ed25519, node->host_ecdsa, node->host_rsa};
	struct value list = value_list_new();

	for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
		if (keys[i][0] != '\0')
			value_list_add(list, value_string(keys[i]));
	}
	return list;
}

/* What Ansible would use; one that can not be expanded is left out. */
static void
set_variable(struct app *app, struct value map, const struct inv_host *host,
    const char *name)
{
	struct value value;

	if (hostvars_value(app->site->hostvars, host, name, &value, NULL) < 0)
		return;
	if (value.type == VALUE_STRING || value.type == VALUE_INT)
		value_map_set(map, name, value);
	else
		value_unref(value);
}

static struct value
host_row(struct app *app, const struct inv_host *host, bool chosen)
{
	const struct node *node = nodes_find(app->nodes, inv_host_name(host));
	struct value map = value_map_new();

	value_map_set(map, "name", value_string(inv_host_name(host)));
	value_map_set(map, "chosen", value_bool(chosen));
	set_variable(app, map, host, "ansible_host");
	set_variable(app, map, host, "ansible_port");
	set_variable(app, map, host, "ansible_user");
	if (node == NULL)
		return map;
	value_map_set(map, "keys", keys_of(node));
	value_map_set(
	    map, "generation", value_int((int64_t)node->host_generation));
	if (node->addr[0] != '\0')
		value_map_set(map, "address", value_string(node->addr));
	return map;
}

void
hostkeys_on_call(void *arg, struct ctl_call *call)
{
	const char *pattern = ctl_arg_str(call, "pattern");
	struct app *app = arg;
	const struct inventory *inv = app->site->inv;
	struct value list;
	struct inv_hosts hosts = {0};
	struct err err = {0};
	bool *chosen;

	if (pattern_resolve(
		inv, pattern == NULL ? "all" : pattern, &hosts, &err) < 0) {
		ctl_error_err(call, &err);
		return;
	}
	chosen = mem_array(inventory_host_count(inv) + 1, sizeof *chosen);
	for (size_t i = 0; i < hosts.count; i++)
		chosen[inv_host_index(hosts.at[i])] = true;
	inv_hosts_done(&hosts);
	list = value_list_new();
	for (size_t i = 0; i < inventory_host_count(inv); i++)
		value_list_add(
		    list, host_row(app, inventory_host_at(inv, i), chosen[i]));
	free(chosen);
	commands_answer(call, list);
}
