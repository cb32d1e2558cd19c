/* Groups, hosts and how they hang together, while files are being read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "inventory/inv_impl.h"

void
ptrs_add(struct ptrs *ptrs, void *ptr)
{
	if (ptrs->count == ptrs->size) {
		ptrs->size = ptrs->size == 0 ? 2 : ptrs->size * 2;
		ptrs->at = mem_resize(ptrs->at, ptrs->size, sizeof ptrs->at[0]);
	}
	ptrs->at[ptrs->count++] = ptr;
}

bool
ptrs_has(const struct ptrs *ptrs, const void *ptr)
{
	size_t i;

	for (i = 0; i < ptrs->count; i++)
		if (ptrs->at[i] == ptr)
			return true;
	return false;
}

bool
ptrs_remove(struct ptrs *ptrs, const void *ptr)
{
	size_t i;

	for (i = 0; i < ptrs->count; i++) {
		if (ptrs->at[i] != ptr)
			continue;
		ptrs->count--;
		memmove(&ptrs->at[i], &ptrs->at[i + 1],
		    (ptrs->count - i) * sizeof ptrs->at[0]);
		return true;
	}
	return false;
}

void
ptrs_done(struct ptrs *ptrs)
{
	free(ptrs->at);
	memset(ptrs, 0, sizeof *ptrs);
}

struct inventory *
inv_new(void)
{
	struct inventory *inv = mem_alloc(sizeof *inv);
	static const struct inv_place nowhere = {.file = ""};

	inv->refs = 1;
	inv->all = inv_add_group(inv, "all", &nowhere);
	inv->ungrouped = inv_add_group(inv, "ungrouped", &nowhere);
	ptrs_add(&inv->all->children, inv->ungrouped);
	ptrs_add(&inv->ungrouped->parents, inv->all);
	return inv;
}

const char *
inv_add_path(struct inventory *inv, const char *path)
{
	char *copy = mem_strdup(path);

	ptrs_add(&inv->paths, copy);
	return copy;
}

struct inv_group *
inv_get_group(const struct inventory *inv, const char *name)
{
	struct inv_group *group;

	HASH_FIND_STR(inv->groups_by_name, name, group);
	return group;
}

struct inv_host *
inv_get_host(const struct inventory *inv, const char *name)
{
	struct inv_host *host;

	HASH_FIND_STR(inv->by_name, name, host);
	return host;
}

struct inv_group *
inv_add_group(
    struct inventory *inv, const char *name, const struct inv_place *place)
{
	struct inv_group *group = inv_get_group(inv, name);

	if (group != NULL)
		return group;
	group = mem_alloc(sizeof *group);
	group->inv = inv;
	group->name = mem_strdup(name);
	group->index = inv->groups.count;
	group->priority = 1;
	group->file = place->file;
	group->line = place->line;
	ptrs_add(&inv->groups, group);
	HASH_ADD_KEYPTR(
	    hh, inv->groups_by_name, group->name, strlen(group->name), group);
	return group;
}

struct inv_host *
inv_add_host(
    struct inventory *inv, const char *name, const struct inv_place *place)
{
	struct inv_host *host = inv_get_host(inv, name);

	if (host != NULL)
		return host;
	host = mem_alloc(sizeof *host);
	host->name = mem_strdup(name);
	host->index = inv->hosts.count;
	host->file = place->file;
	host->line = place->line;
	ptrs_add(&inv->hosts, host);
	HASH_ADD_KEYPTR(hh, inv->by_name, host->name, strlen(host->name), host);
	return host;
}

void
inv_group_add_host(struct inv_group *group, struct inv_host *host)
{
	if (ptrs_has(&host->direct, group))
		return;
	ptrs_add(&host->direct, group);
	ptrs_add(&group->hosts, host);
}

unsigned
inv_next_mark(struct inventory *inv)
{
	return ++inv->mark;
}

/* Adds what is above the group, each once, and not what has the mark. */
static void
walk_up(struct inv_group *group, unsigned mark, struct ptrs *ret_above)
{
	size_t from = ret_above->count, i;

	for (;;) {
		for (i = 0; i < group->parents.count; i++) {
			struct inv_group *parent = group->parents.at[i];

			if (parent->mark == mark)
				continue;
			parent->mark = mark;
			ptrs_add(ret_above, parent);
		}
		if (from == ret_above->count)
			return;
		group = ret_above->at[from++];
	}
}

static bool
is_above(
    struct inventory *inv, struct inv_group *above, struct inv_group *group)
{
	struct ptrs seen = {0};
	unsigned mark = inv_next_mark(inv);

	walk_up(group, mark, &seen);
	ptrs_done(&seen);
	return above->mark == mark;
}

int
inv_group_add_child(
    struct inventory *inv, struct inv_group *group, struct inv_group *child)
{
	if (group == child)
		return -ELOOP;
	if (ptrs_has(&child->parents, group))
		return 0;
	if (is_above(inv, child, group))
		return -ELOOP;
	ptrs_add(&group->children, child);
	ptrs_add(&child->parents, group);
	return 0;
}

void
inv_vars_set(struct inv_vars *vars, struct value name, struct value value)
{
	if (vars->own.type == VALUE_UNDEFINED)
		vars->own = value_map_new();
	value_map_put(vars->own, value_ref(name), value);
}

/* Python's int(): of a number, a bool or digits. */
static int
set_priority(struct inv_group *group, struct value value)
{
	double f = value.u.f;

	if (value.type == VALUE_BOOL)
		group->priority = value.u.b;
	else if (value.type == VALUE_INT)
		group->priority = value.u.i;
	else if (value.type == VALUE_FLOAT && f > -1e15 && f < 1e15)
		group->priority = (int64_t)f;
	else if (value.type != VALUE_STRING ||
		 value_as_int(value, &group->priority) < 0)
		return -EINVAL;
	return 0;
}

int
inv_set_group_var(
    struct inv_group *group, struct value name, struct value value)
{
	int ret;

	if (strcmp(value_str(name), "ansible_group_priority") != 0) {
		inv_vars_set(&group->vars, name, value);
		return 0;
	}
	ret = set_priority(group, value);
	value_unref(value);
	return ret;
}

int
inv_set_host_var(struct inventory *inv, struct inv_host *host,
    struct value name, struct value value)
{
	struct inv_group *group = inv_get_group(inv, host->name);

	if (group != NULL)
		return inv_set_group_var(group, name, value);
	inv_vars_set(&host->vars, name, value);
	return 0;
}

/* Groups that nobody has put under another belong to "all". */
static int
adopt_groups(struct inventory *inv, struct err *err)
{
	size_t i;

	for (i = 0; i < inv->groups.count; i++) {
		struct inv_group *group = inv->groups.at[i];

		if (group == inv->all || group->parents.count > 0)
			continue;
		if (inv_group_add_child(inv, inv->all, group) == 0)
			continue;
		err_at(err, group->file, group->line, 0,
		    "\"all\" can not be a child of \"%s\"", group->name);
		return -ELOOP;
	}
	return 0;
}

static int
cmp_group_name(const void *a, const void *b)
{
	const struct inv_group *const *left = a;
	const struct inv_group *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

static int
cmp_group_rank(const void *a, const void *b)
{
	const struct inv_group *left = *(const struct inv_group *const *)a;
	const struct inv_group *right = *(const struct inv_group *const *)b;

	if (left->depth != right->depth)
		return left->depth < right->depth ? -1 : 1;
	if (left->priority != right->priority)
		return left->priority < right->priority ? -1 : 1;
	return strcmp(left->name, right->name);
}

/* A group is one deeper than its deepest parent; there are no loops. */
static void
find_depths(struct inventory *inv)
{
	size_t *waiting = mem_array(inv->groups.count, sizeof *waiting);
	struct ptrs ready = {0};
	size_t i, j;

	for (i = 0; i < inv->groups.count; i++) {
		struct inv_group *group = inv->groups.at[i];

		waiting[group->index] = group->parents.count;
		if (group->parents.count == 0)
			ptrs_add(&ready, group);
	}
	for (i = 0; i < ready.count; i++) {
		struct inv_group *group = ready.at[i];

		for (j = 0; j < group->children.count; j++) {
			struct inv_group *child = group->children.at[j];

			if (child->depth < group->depth + 1)
				child->depth = group->depth + 1;
			if (--waiting[child->index] == 0)
				ptrs_add(&ready, child);
		}
	}
	if (ready.count > 0)
		qsort(
		    ready.at, ready.count, sizeof ready.at[0], cmp_group_rank);
	for (i = 0; i < ready.count; i++)
		((struct inv_group *)ready.at[i])->rank = i;
	ptrs_done(&ready);
	free(waiting);
}

static void
find_host_groups(struct inventory *inv, struct inv_host *host)
{
	unsigned mark = inv_next_mark(inv);
	size_t i;

	host->groups.count = 0;
	for (i = 0; i < host->direct.count; i++) {
		struct inv_group *group = host->direct.at[i];

		if (group->mark != mark) {
			group->mark = mark;
			ptrs_add(&host->groups, group);
		}
		walk_up(group, mark, &host->groups);
	}
	ptrs_remove(&host->groups, inv->all);
	if (host->groups.count > 1)
		qsort(host->groups.at, host->groups.count,
		    sizeof host->groups.at[0], cmp_group_name);
}

/*
 * A host without a group goes to "ungrouped". Where a group has the host's
 * name, Ansible puts that group there in its place.
 */
static int
adopt_host(struct inventory *inv, struct inv_host *host, struct err *err)
{
	struct inv_group *group = inv_get_group(inv, host->name);

	if (group == NULL) {
		inv_group_add_host(inv->ungrouped, host);
		return 0;
	}
	if (inv_group_add_child(inv, inv->ungrouped, group) == 0)
		return 0;
	err_at(err, host->file, host->line, 0,
	    "the host \"%s\" needs a group, and can not have the one of its "
	    "name",
	    host->name);
	return -ELOOP;
}

/* "ungrouped" holds exactly the hosts that no other group has. */
static int
settle_ungrouped(struct inventory *inv, struct err *err)
{
	struct ptrs *hosts = &inv->ungrouped->hosts;
	size_t i, kept = 0;

	for (i = 0; i < inv->hosts.count; i++) {
		struct inv_host *host = inv->hosts.at[i];

		find_host_groups(inv, host);
		if (host->groups.count == 0 && adopt_host(inv, host, err) < 0)
			return -ELOOP;
		if (host->groups.count > 1)
			ptrs_remove(&host->direct, inv->ungrouped);
	}
	for (i = 0; i < hosts->count; i++) {
		struct inv_host *host = hosts->at[i];

		if (ptrs_has(&host->direct, inv->ungrouped))
			hosts->at[kept++] = host;
	}
	hosts->count = kept;
	for (i = 0; i < inv->hosts.count; i++)
		find_host_groups(inv, inv->hosts.at[i]);
	return 0;
}

int
inv_seal(struct inventory *inv, struct err *err)
{
	int ret;

	ret = adopt_groups(inv, err);
	if (ret == 0)
		ret = settle_ungrouped(inv, err);
	if (ret == 0)
		find_depths(inv);
	return ret;
}
