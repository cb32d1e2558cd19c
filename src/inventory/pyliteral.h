/*
 * Python literals, as ast.literal_eval() takes them: what Ansible does with
 * the values of an INI inventory. Tuples become lists.
 */
#ifndef CONVECT_INVENTORY_PYLITERAL_H
#define CONVECT_INVENTORY_PYLITERAL_H

#include <stddef.h>

#include "inventory/value.h"

/*
 * 0, or -EINVAL: not a literal, so the text stands for itself, or -EDOM: a
 * literal that has no place in an inventory (a set, a complex number, bytes
 * in a list, nesting past 32); *ret_wrong then says which. Integers past 64
 * bits are value_big_int().
 */
int pyliteral_parse(const char *text, size_t len, struct value *ret_value,
    const char **ret_wrong);

#endif
