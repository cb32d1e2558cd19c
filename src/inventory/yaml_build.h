/*
 * Puts a value together from libyaml's events, one by one: aliases, merge
 * keys, limits. The stack is explicit, so depth costs no C stack. Used by
 * inventory/yaml.c alone.
 */
#ifndef CONVECT_INVENTORY_YAML_BUILD_H
#define CONVECT_INVENTORY_YAML_BUILD_H

#include <uthash.h>
#include <yaml.h>

#include "base/err.h"
#include "inventory/problems.h"
#include "inventory/yaml.h"

struct yaml_builder;

/* A place, found by the string that is the entry's key. */
struct yaml_noted {
	const struct value_str *key; /* an address, never looked into */
	struct yaml_place place;
	char *raw;
	UT_hash_handle hh;
};

/* Both are borrowed. Without `problems` nobody wants places either. */
struct yaml_builder *yaml_builder_new(
    const struct yaml_source *source, struct err *err);
/* -EINVAL or -E2BIG, with err filled in; the event stays the caller's. */
int yaml_builder_event(struct yaml_builder *b, const yaml_event_t *event);
/* After the last event. */
void yaml_builder_take(struct yaml_builder *b, struct yaml_doc *ret_doc);
void yaml_builder_free(struct yaml_builder *b);

#endif
