#include "inventory/yaml_anchor.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

const struct yaml_anchor *
yaml_anchor_find(const struct yaml_anchor *anchors, const char *name)
{
	const struct yaml_anchor *anchor;

	HASH_FIND_STR(anchors, name, anchor);
	return anchor;
}

struct yaml_anchor *
yaml_anchor_add(struct yaml_anchor **anchors, const char *name)
{
	struct yaml_anchor *anchor = mem_alloc(sizeof *anchor);

	anchor->name = mem_strdup(name);
	HASH_ADD_KEYPTR(
	    hh, *anchors, anchor->name, strlen(anchor->name), anchor);
	return anchor;
}

void
yaml_anchors_clear(struct yaml_anchor **anchors)
{
	struct yaml_anchor *anchor;
	struct yaml_anchor *next;

	HASH_ITER (hh, *anchors, anchor, next) {
		HASH_DEL(*anchors, anchor);
		value_unref(anchor->value);
		free(anchor->name);
		free(anchor);
	}
}
