/*
 * One part of a host pattern, without "&" and "!". Used by
 * inventory/pattern.c alone.
 */
#ifndef CONVECT_INVENTORY_PATTERN_PART_H
#define CONVECT_INVENTORY_PATTERN_PART_H

#include "base/err.h"
#include "inventory/inv_impl.h"

/*
 * Hosts in Ansible's order; one may be there twice. -ENOENT: nothing has that
 * name (a group without hosts is fine); -EINVAL: no pattern, or one with two
 * meanings. The caller ends the list with ptrs_done().
 */
int pattern_match_part(const struct inventory *inv, const char *part,
    struct ptrs *ret_hosts, struct err *err);

#endif
