/*
 * What a YAML 1.1 scalar means, by the rules of PyYAML's safe loader: for
 * inventory/yaml_leaf.c, which reads YAML, and template/filters_yaml.c, which
 * writes it.
 */
#ifndef CONVECT_INVENTORY_YAML_SCALAR_H
#define CONVECT_INVENTORY_YAML_SCALAR_H

#include <stdbool.h>
#include <stddef.h>

#include "inventory/value.h"

/*
 * A plain scalar without a tag. Returns NULL, or what is wrong with it.
 * Integers past 64 bits are value_big_int(); dates become ISO 8601 text.
 */
const char *yaml_scalar_plain(
    const char *text, size_t len, struct value *ret_value);
/*
 * Whether a reader would take that text, written plainly, for anything but
 * text: whoever writes it has to quote it.
 */
bool yaml_scalar_is_typed(const char *text, size_t len);
/* A scalar with the tag "!!name" of YAML itself, given without its prefix. */
const char *yaml_scalar_tagged(
    const char *name, const char *text, size_t len, struct value *ret_value);

#endif
