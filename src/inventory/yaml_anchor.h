/*
 * The values of a document that have a name ("&name"), for its aliases
 * ("*name"). Used by inventory/yaml_build.c alone.
 */
#ifndef CONVECT_INVENTORY_YAML_ANCHOR_H
#define CONVECT_INVENTORY_YAML_ANCHOR_H

#include <stddef.h>

#include <uthash.h>

#include "inventory/value.h"

struct yaml_anchor {
	char *name;
	struct value value;
	size_t nodes;	 /* with everything below, aliases written out */
	unsigned height; /* levels of collections in it */
	UT_hash_handle hh;
};

/* NULL: none of that name. */
const struct yaml_anchor *yaml_anchor_find(
    const struct yaml_anchor *anchors, const char *name);
/* A new one, whose value is still to be set. */
struct yaml_anchor *yaml_anchor_add(
    struct yaml_anchor **anchors, const char *name);
void yaml_anchors_clear(struct yaml_anchor **anchors);

#endif
