/* What ansible-inventory prints. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "inventory/inv_impl.h"
#include "inventory/inventory.h"
#include "inventory/vault.h"

/* Ansible's own variables, which its command leaves out. */
static const char *const internal_names[] = {
    "ansible_diff_mode",
    "ansible_config_file",
    "ansible_facts",
    "ansible_forks",
    "ansible_inventory_sources",
    "ansible_limit",
    "ansible_playbook_python",
    "ansible_run_tags",
    "ansible_skip_tags",
    "ansible_verbosity",
    "ansible_version",
    "inventory_dir",
    "inventory_file",
    "inventory_hostname",
    "inventory_hostname_short",
    "groups",
    "group_names",
    "omit",
    "playbook_dir",
};

/* NOLINTBEGIN(misc-no-recursion): values are VALUE_DEPTH_MAX deep at most */

/* Python compares text with text, and numbers with numbers. */
static bool
keys_compare(struct value map)
{
	bool text = value_len(map) > 0 &&
		    value_map_name_at(map, 0).type == VALUE_STRING;

	for (size_t i = 0; value_len(map) > 1 && i < value_len(map); i++) {
		struct value key = value_map_name_at(map, i);

		if (key.type == VALUE_NULL ||
		    (key.type == VALUE_STRING) != text)
			return false;
	}
	return true;
}

static bool
can_sort(struct value value)
{
	bool is_map = value.type == VALUE_MAP;

	if (is_map && !keys_compare(value))
		return false;
	if (!is_map && value.type != VALUE_LIST)
		return true;
	for (size_t i = 0; i < value_len(value); i++)
		if (!can_sort(is_map ? value_map_at(value, i)
				     : value_list_at(value, i)))
			return false;
	return true;
}

/* Where one map can not be sorted, Ansible sorts none. */
static void
write_shown(struct value value, bool show_secrets, struct buf *out)
{
	struct value_json_style style = {.indent = 4,
	    .sort = can_sort(value),
	    .utf8 = true,
	    .mask = !show_secrets};

	value_write_json_as(value, &style, out);
}

/* As Ansible shows text that is "!unsafe" or in a vault. */
static struct value
show_unsafe(struct value value)
{
	struct value shown, vault = vault_value_text(value);
	size_t i;

	if (vault.type != VALUE_UNDEFINED) {
		shown = value_map_new();
		value_map_set(shown, "__ansible_vault", value_ref(vault));
		return shown;
	}

	if (value.type == VALUE_STRING && (value.flags & VALUE_SAFE) != 0) {
		shown = value_map_new();
		value_map_set(shown, "__ansible_unsafe", value_ref(value));
	} else if (value.type == VALUE_LIST) {
		shown = value_list_new();
		for (i = 0; i < value_len(value); i++)
			value_list_add(
			    shown, show_unsafe(value_list_at(value, i)));
	} else if (value.type == VALUE_MAP) {
		shown = value_map_new();
		for (i = 0; i < value_len(value); i++)
			value_map_put(shown,
			    value_ref(value_map_name_at(value, i)),
			    show_unsafe(value_map_at(value, i)));
	} else {
		shown = value_ref(value);
	}
	return shown;
}

/* NOLINTEND(misc-no-recursion) */

static struct value
shown_vars(const struct inventory *inv, const struct inv_host *host)
{
	struct value vars = inventory_host_vars(inv, host);
	struct value shown;
	size_t i;

	for (i = 0; i < sizeof internal_names / sizeof internal_names[0]; i++)
		value_map_remove(vars, internal_names[i]);
	shown = show_unsafe(vars);
	value_unref(vars);
	return shown;
}

static struct value
group_entry(const struct inventory *inv, const struct inv_group *group)
{
	struct value entry = value_map_new(), list;
	size_t i;

	if (group->hosts.count > 0 && group != inv->all) {
		list = value_list_new();
		for (i = 0; i < group->hosts.count; i++)
			value_list_add(list,
			    value_string(
				((const struct inv_host *)group->hosts.at[i])
				    ->name));
		value_map_set(entry, "hosts", list);
	}
	if (group->children.count > 0) {
		list = value_list_new();
		for (i = 0; i < group->children.count; i++)
			value_list_add(list,
			    value_string((
				(const struct inv_group *)group->children.at[i])
					     ->name));
		value_map_set(entry, "children", list);
	}
	return entry;
}

/* Ansible shows the hosts that it finds below "all". */
static struct value
host_entries(const struct inventory *inv)
{
	struct value entries = value_map_new();
	struct inv_hosts hosts;
	size_t i;

	inv_group_hosts(inv->all, &hosts);
	for (i = 0; i < hosts.count; i++) {
		struct value shown = shown_vars(inv, hosts.at[i]);

		if (value_len(shown) > 0)
			value_map_set(entries, hosts.at[i]->name, shown);
		else
			value_unref(shown);
	}
	inv_hosts_done(&hosts);
	return entries;
}

/* A group whose children are being walked. */
struct walk {
	const struct inv_group *group;
	size_t next;
};

static void
add_group(const struct inventory *inv, const struct inv_group *group,
    struct value all)
{
	struct value entry = group_entry(inv, group);

	if (value_len(entry) > 0)
		value_map_set(all, group->name, entry);
	else
		value_unref(entry);
}

/* Each group before what is below it. Chains of groups may be long. */
static void
add_groups(const struct inventory *inv, struct value all)
{
	size_t count = inv->groups.count, depth = 1;
	struct walk *walk = mem_array(count, sizeof *walk);
	bool *seen = mem_array(count, sizeof *seen);

	walk[0].group = inv->all;
	seen[inv->all->index] = true;
	add_group(inv, inv->all, all);
	while (depth > 0) {
		struct walk *at = &walk[depth - 1];
		const struct inv_group *child;

		if (at->next == at->group->children.count) {
			depth--;
			continue;
		}
		child = at->group->children.at[at->next++];
		if (seen[child->index])
			continue;
		seen[child->index] = true;
		add_group(inv, child, all);
		walk[depth++] = (struct walk){child, 0};
	}
	free(seen);
	free(walk);
}

void
inventory_write_list(
    const struct inventory *inv, bool show_secrets, struct buf *out)
{
	struct value all = value_map_new(), meta;

	add_groups(inv, all);
	meta = value_map_new();
	value_map_set(meta, "hostvars", host_entries(inv));
	value_map_set(all, "_meta", meta);
	write_shown(all, show_secrets, out);
	value_unref(all);
}

void
inventory_write_host(const struct inventory *inv, const struct inv_host *host,
    bool show_secrets, struct buf *out)
{
	struct value shown = shown_vars(inv, host);

	write_shown(shown, show_secrets, out);
	value_unref(shown);
}
