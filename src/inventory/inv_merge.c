/* A host's variables after Ansible's precedence. */
#include <string.h>

#include "base/mem.h"
#include "inventory/hostrange.h"
#include "inventory/inv_impl.h"
#include "inventory/inventory.h"

/* From weakest to strongest; ended by done(). */
struct layers {
	struct value *at; /* borrowed maps */
	size_t count;
	size_t own; /* index behind the host's own: there the magic ones go */
};

static void
add_layer(struct layers *layers, struct value map)
{
	if (map.type == VALUE_MAP)
		layers->at[layers->count++] = map;
}

static void
add_files(struct layers *layers, const struct inv_vars *vars, size_t base)
{
	if (vars->files != NULL)
		add_layer(layers, vars->files[base]);
}

/* The host's groups but "all", parents before children. */
static size_t
ranked_groups(const struct inv_host *host, const struct inv_group **ret_groups)
{
	size_t i, j;

	for (i = 0; i < host->groups.count; i++) {
		const struct inv_group *group = host->groups.at[i];

		for (j = i; j > 0 && ret_groups[j - 1]->rank > group->rank; j--)
			ret_groups[j] = ret_groups[j - 1];
		ret_groups[j] = group;
	}
	return host->groups.count;
}

static void
find_layers(const struct inventory *inv, const struct inv_host *host,
    struct layers *layers)
{
	size_t bases = inv->bases.count, base, count, i;
	const struct inv_group **groups =
	    mem_array(host->groups.count, sizeof(const struct inv_group *));

	count = ranked_groups(host, groups);
	layers->count = 0;
	layers->at = mem_array((count + 2) * (bases + 1), sizeof layers->at[0]);
	add_layer(layers, inv->all->vars.own);
	for (i = 0; i < count; i++)
		add_layer(layers, groups[i]->vars.own);
	for (base = 0; base < bases; base++)
		add_files(layers, &inv->all->vars, base);
	for (base = 0; base < bases; base++)
		for (i = 0; i < count; i++)
			add_files(layers, &groups[i]->vars, base);
	add_layer(layers, host->vars.own);
	layers->own = layers->count;
	for (base = 0; base < bases; base++)
		add_files(layers, &host->vars, base);
	free(groups);
}

static struct value
group_names(const struct inv_host *host)
{
	struct value names = value_list_new();
	size_t i;

	for (i = 0; i < host->groups.count; i++)
		value_list_add(names,
		    value_string(
			((const struct inv_group *)host->groups.at[i])->name));
	return names;
}

static struct value
short_name(const struct inv_host *host)
{
	size_t len = strcspn(host->name, ".");

	if (hostrange_is_ip(host->name))
		len = strlen(host->name);
	return value_string_len(host->name, len);
}

/* What is before the last "/"; "" when there is none, as os.path.dirname. */
static struct value
directory(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return value_string("");
	return value_string_len(
	    path, slash == path ? 1 : (size_t)(slash - path));
}

/* Values that Ansible makes for every host. */
static struct value
magic_value(const struct inv_host *host, const char *name)
{
	if (strcmp(name, "inventory_hostname") == 0)
		return value_string(host->name);
	if (strcmp(name, "inventory_hostname_short") == 0)
		return short_name(host);
	if (strcmp(name, "group_names") == 0)
		return group_names(host);
	if (strcmp(name, "inventory_file") == 0)
		return value_string(host->file);
	if (strcmp(name, "inventory_dir") == 0)
		return directory(host->file);
	return (struct value){.type = VALUE_UNDEFINED};
}

static const char *const magic_names[] = {
    "inventory_file",
    "inventory_dir",
    "inventory_hostname",
    "inventory_hostname_short",
    "group_names",
};

static void
merge(struct value into, struct value from)
{
	size_t i;

	for (i = 0; i < value_len(from); i++)
		value_map_put(into, value_ref(value_map_name_at(from, i)),
		    value_ref(value_map_at(from, i)));
}

struct value
inventory_host_vars(const struct inventory *inv, const struct inv_host *host)
{
	struct value vars = value_map_new();
	struct layers layers;
	size_t i, j;

	find_layers(inv, host, &layers);
	for (i = 0; i <= layers.count; i++) {
		for (j = 0; i == layers.own &&
			    j < sizeof magic_names / sizeof magic_names[0];
		     j++)
			value_map_set(vars, magic_names[j],
			    magic_value(host, magic_names[j]));
		if (i < layers.count)
			merge(vars, layers.at[i]);
	}
	free(layers.at);
	return vars;
}

struct value
inventory_host_var(
    const struct inventory *inv, const struct inv_host *host, const char *name)
{
	struct value found = {.type = VALUE_UNDEFINED};
	struct layers layers;
	size_t i;

	find_layers(inv, host, &layers);
	for (i = layers.count + 1; i-- > 0;) {
		if (i < layers.count)
			found = value_ref(value_map_get(layers.at[i], name));
		if (found.type == VALUE_UNDEFINED && i == layers.own)
			found = magic_value(host, name);
		if (found.type != VALUE_UNDEFINED)
			break;
	}
	free(layers.at);
	return found;
}

struct value
inventory_groups(struct inventory *inv)
{
	size_t i, j;

	if (inv->groups_value.type == VALUE_MAP)
		return value_ref(inv->groups_value);
	inv->groups_value = value_map_new();
	for (i = 0; i < inv->groups.count; i++) {
		const struct inv_group *group = inv->groups.at[i];
		struct value names = value_list_new();
		struct inv_hosts hosts;

		inv_group_hosts(group, &hosts);
		for (j = 0; j < hosts.count; j++)
			value_list_add(names, value_string(hosts.at[j]->name));
		inv_hosts_done(&hosts);
		value_map_set(inv->groups_value, group->name, names);
	}
	return value_ref(inv->groups_value);
}
