/*
 * Host patterns as Ansible's command lines take them: all, groups, hosts,
 * globs, ~regex, ranges gpu[01:16], subscripts worker[0], and lists with
 * "," or ":" where "&" intersects and "!" excludes. A MAC in any usual
 * spelling names its host.
 */
#ifndef CONVECT_INVENTORY_PATTERN_H
#define CONVECT_INVENTORY_PATTERN_H

#include "base/buf.h"
#include "base/err.h"
#include "inventory/inventory.h"

/*
 * Hosts in Ansible's order, each once. Unlike Ansible, a part that matches
 * nothing is an error (-ENOENT): our commands erase disks. A list that is
 * empty only because everything was excluded is -ENOENT as well. -EINVAL:
 * not a pattern. The caller ends the list with inv_hosts_done().
 */
int pattern_resolve(const struct inventory *inv, const char *pattern,
    struct inv_hosts *ret_hosts, struct err *err);
/* Its parts with commas between, which means the same. */
void pattern_write_parts(const char *pattern, struct buf *out);

#endif
