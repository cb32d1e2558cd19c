/*
 * The inventory's inside, for the files of this folder: what the parsers
 * build and what the finished snapshot is made of. Nobody else includes it.
 */
#ifndef CONVECT_INVENTORY_INV_IMPL_H
#define CONVECT_INVENTORY_INV_IMPL_H

#include <stdbool.h>
#include <stddef.h>

#include <uthash.h>

#include "inventory/identlist.h"
#include "inventory/inventory.h"

/* A growing array of pointers. */
struct ptrs {
	void **at;
	size_t count;
	size_t size;
};

void ptrs_add(struct ptrs *ptrs, void *ptr);
bool ptrs_has(const struct ptrs *ptrs, const void *ptr);
bool ptrs_remove(struct ptrs *ptrs, const void *ptr); /* keeps the order */
void ptrs_done(struct ptrs *ptrs);

/* A place in a file, as the parsers hand it down. */
struct inv_place {
	const char *file; /* lives as long as the inventory */
	int line;
	int col;
};

/* What groups and hosts have in common. */
struct inv_vars {
	struct value own;    /* from the inventory; a map or undefined */
	struct value *files; /* group_vars, host_vars: base_count, or NULL */
};

struct inv_group {
	const struct inventory *inv;
	char *name;
	size_t index;
	struct ptrs hosts;    /* struct inv_host, its own ones */
	struct ptrs children; /* struct inv_group */
	struct ptrs parents;  /* struct inv_group */
	struct inv_vars vars;
	int64_t priority;
	unsigned depth; /* longest way from "all" */
	size_t rank;	/* among all groups, by depth, priority and name */
	const char *file;
	int line;
	unsigned mark; /* scratch of a walk, see inv_next_mark() */
	UT_hash_handle hh;
};

/* A host's identities of one kind, and where they are written. */
struct inv_idents {
	struct identlist *list; /* or NULL: none */
	struct inv_place place;
};

struct inv_host {
	char *name;
	size_t index;
	struct ptrs direct; /* struct inv_group, as the files have it */
	struct ptrs groups; /* all of them but "all", by name; when sealed */
	struct inv_vars vars;
	struct hwaddr *macs;
	size_t mac_count;
	struct inv_place mac_place; /* where they are written */
	struct inv_idents idents[IDENT_KINDS];
	const char *file;
	int line;
	UT_hash_handle hh;
};

struct inv_mac {
	struct hwaddr addr;
	const struct inv_host *host;
	UT_hash_handle hh;
};

struct inv_ident {
	const char *text; /* the host's own */
	const struct inv_host *host;
	UT_hash_handle hh;
};

struct inventory {
	unsigned refs;
	struct ptrs hosts;
	struct ptrs groups;
	struct inv_host *by_name;
	struct inv_group *groups_by_name;
	struct inv_mac *by_mac;
	struct inv_ident *by_ident[IDENT_KINDS];
	struct ptrs paths; /* char *, of the files read */
	struct ptrs bases; /* char *, directories of variables, in order */
	struct value groups_value;
	struct inv_secrets *secrets;
	unsigned mark;
	struct inv_group *all;
	struct inv_group *ungrouped;
};

struct inventory *inv_new(void);
/* Keeps a copy of the path; -> lives as long as the inventory. */
const char *inv_add_path(struct inventory *inv, const char *path);

/* Finds or makes. A new host belongs to no group yet. */
struct inv_group *inv_add_group(
    struct inventory *inv, const char *name, const struct inv_place *place);
struct inv_host *inv_add_host(
    struct inventory *inv, const char *name, const struct inv_place *place);
struct inv_group *inv_get_group(const struct inventory *inv, const char *name);
struct inv_host *inv_get_host(const struct inventory *inv, const char *name);

void inv_group_add_host(struct inv_group *group, struct inv_host *host);
/* -ELOOP when the child is the group or above it. */
int inv_group_add_child(
    struct inventory *inv, struct inv_group *group, struct inv_group *child);
/* Takes over the value, not the name, which is a string. */
void inv_vars_set(struct inv_vars *vars, struct value name, struct value value);
/*
 * Ansible's set_variable(): a group of that name comes before the host, and
 * ansible_group_priority is not a variable. Takes over the value. -EINVAL: a
 * priority that is no integer.
 */
int inv_set_host_var(struct inventory *inv, struct inv_host *host,
    struct value name, struct value value);
int inv_set_group_var(
    struct inv_group *group, struct value name, struct value value);

void inv_idents_done(struct inv_host *host);
void inv_ident_index_done(struct inventory *inv);

/* A new mark: nothing carries it yet. */
unsigned inv_next_mark(struct inventory *inv);
/*
 * After the last file: "all" and "ungrouped" put right, depths, ranks and the
 * groups of each host worked out. -ELOOP with err.
 */
int inv_seal(struct inventory *inv, struct err *err);

#endif
