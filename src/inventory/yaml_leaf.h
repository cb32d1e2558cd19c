/*
 * What a scalar of libyaml's is by its tag and its spelling, and which tags a
 * collection may have. Used by inventory/yaml_build.c alone.
 */
#ifndef CONVECT_INVENTORY_YAML_LEAF_H
#define CONVECT_INVENTORY_YAML_LEAF_H

#include <stdbool.h>

#include <yaml.h>

#include "base/err.h"
#include "inventory/yaml.h"

/* Where a scalar stands. */
struct yaml_leaf_place {
	int line;
	int col;
	bool is_key;
	bool unsafe; /* below a "!unsafe": strings are no templates */
};

struct yaml_leaf {
	struct value value;
	const char *raw; /* a plain one's spelling, the event's; or NULL */
	bool merge;	 /* the plain scalar "<<" */
};

/* -EINVAL: it has no meaning, err says why; of a vault also its errors. */
int yaml_leaf_read(const struct yaml_source *source, const yaml_event_t *event,
    const struct yaml_leaf_place *place, struct yaml_leaf *ret_leaf,
    struct err *err);

bool yaml_tag_is_unsafe(const char *tag);
/* A collection's tag: none, its own ("map", "seq") or "!unsafe". */
bool yaml_tag_fits(const char *tag, const char *own);
/* Why a tag is refused. */
const char *yaml_tag_problem(const char *tag);

#endif
