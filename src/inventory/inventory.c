/* The finished snapshot: what others may ask of it. */
#include "inventory/inventory.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "inventory/inv_impl.h"
#include "inventory/inv_secrets.h"

static void
vars_done(struct inv_vars *vars, size_t bases)
{
	size_t i;

	value_unref(vars->own);
	for (i = 0; vars->files != NULL && i < bases; i++)
		value_unref(vars->files[i]);
	free(vars->files);
}

static void
host_free(struct inv_host *host, size_t bases)
{
	vars_done(&host->vars, bases);
	ptrs_done(&host->direct);
	ptrs_done(&host->groups);
	inv_idents_done(host);
	free(host->macs);
	free(host->name);
	free(host);
}

static void
group_free(struct inv_group *group, size_t bases)
{
	vars_done(&group->vars, bases);
	ptrs_done(&group->hosts);
	ptrs_done(&group->children);
	ptrs_done(&group->parents);
	free(group->name);
	free(group);
}

static void
strings_done(struct ptrs *strings)
{
	size_t i;

	for (i = 0; i < strings->count; i++)
		free(strings->at[i]);
	ptrs_done(strings);
}

static void
inventory_free(struct inventory *inv)
{
	struct inv_mac *mac, *next;
	size_t i;

	HASH_ITER (hh, inv->by_mac, mac, next) {
		HASH_DEL(inv->by_mac, mac);
		free(mac);
	}
	inv_ident_index_done(inv);
	HASH_CLEAR(hh, inv->by_name);
	HASH_CLEAR(hh, inv->groups_by_name);
	for (i = 0; i < inv->hosts.count; i++)
		host_free(inv->hosts.at[i], inv->bases.count);
	for (i = 0; i < inv->groups.count; i++)
		group_free(inv->groups.at[i], inv->bases.count);
	ptrs_done(&inv->hosts);
	ptrs_done(&inv->groups);
	strings_done(&inv->paths);
	strings_done(&inv->bases);
	value_unref(inv->groups_value);
	inv_secrets_unref(inv->secrets);
	free(inv);
}

struct inventory *
inventory_ref(struct inventory *inv)
{
	inv->refs++;
	return inv;
}

void
inventory_unref(struct inventory *inv)
{
	if (inv != NULL && --inv->refs == 0)
		inventory_free(inv);
}

size_t
inventory_host_count(const struct inventory *inv)
{
	return inv->hosts.count;
}

const struct inv_host *
inventory_host_at(const struct inventory *inv, size_t index)
{
	return index < inv->hosts.count ? inv->hosts.at[index] : NULL;
}

const struct inv_host *
inventory_find_host(const struct inventory *inv, const char *name)
{
	return inv_get_host(inv, name);
}

const struct inv_host *
inventory_find_mac(const struct inventory *inv, const struct hwaddr *mac)
{
	struct inv_mac *found;

	HASH_FIND(hh, inv->by_mac, mac, sizeof *mac, found);
	return found == NULL ? NULL : found->host;
}

size_t
inventory_group_count(const struct inventory *inv)
{
	return inv->groups.count;
}

const struct inv_group *
inventory_group_at(const struct inventory *inv, size_t index)
{
	return index < inv->groups.count ? inv->groups.at[index] : NULL;
}

const struct inv_group *
inventory_find_group(const struct inventory *inv, const char *name)
{
	return inv_get_group(inv, name);
}

const char *
inv_host_name(const struct inv_host *host)
{
	return host->name;
}

size_t
inv_host_index(const struct inv_host *host)
{
	return host->index;
}

const struct hwaddr *
inv_host_macs(const struct inv_host *host, size_t *ret_count)
{
	*ret_count = host->mac_count;
	return host->macs;
}

const char *
inv_host_file(const struct inv_host *host)
{
	return host->file;
}

int
inv_host_line(const struct inv_host *host)
{
	return host->line;
}

size_t
inv_host_group_count(const struct inv_host *host)
{
	return host->groups.count;
}

const struct inv_group *
inv_host_group_at(const struct inv_host *host, size_t index)
{
	return index < host->groups.count ? host->groups.at[index] : NULL;
}

bool
inv_host_in_group(const struct inv_host *host, const char *name)
{
	size_t i;

	if (strcmp(name, "all") == 0)
		return true;
	for (i = 0; i < host->groups.count; i++) {
		const struct inv_group *group = host->groups.at[i];

		if (strcmp(group->name, name) == 0)
			return true;
	}
	return false;
}

const char *
inv_group_name(const struct inv_group *group)
{
	return group->name;
}

void
inv_hosts_done(struct inv_hosts *hosts)
{
	free(hosts->at);
	hosts->at = NULL;
	hosts->count = 0;
}

/* The group and all below it, level by level, each once. */
static struct ptrs
walk_down(const struct inv_group *top)
{
	bool *seen = mem_array(top->inv->groups.count, sizeof *seen);
	struct ptrs order = {0};
	size_t i, j;

	ptrs_add(&order, top->inv->groups.at[top->index]);
	seen[top->index] = true;
	for (i = 0; i < order.count; i++) {
		const struct inv_group *group = order.at[i];

		for (j = 0; j < group->children.count; j++) {
			struct inv_group *child = group->children.at[j];

			if (seen[child->index])
				continue;
			seen[child->index] = true;
			ptrs_add(&order, child);
		}
	}
	free(seen);
	return order;
}

void
inv_group_hosts(const struct inv_group *group, struct inv_hosts *ret_hosts)
{
	size_t total = group->inv->hosts.count, i, j;
	struct inv_hosts hosts = {0};
	struct ptrs groups = walk_down(group);
	bool *seen = mem_array(total, sizeof *seen);

	hosts.at = mem_array(total, sizeof(const struct inv_host *));
	for (i = 0; i < groups.count; i++) {
		const struct inv_group *each = groups.at[i];

		for (j = 0; j < each->hosts.count; j++) {
			const struct inv_host *host = each->hosts.at[j];

			if (!seen[host->index])
				hosts.at[hosts.count++] = host;
			seen[host->index] = true;
		}
	}
	free(seen);
	ptrs_done(&groups);
	*ret_hosts = hosts;
}
