/* What `check` does and `doctor` counts: every file of every node. */
#ifndef CONVECT_CTL_SITECHECK_H
#define CONVECT_CTL_SITECHECK_H

#include "core/check.h"
#include "ctl/ctl.h"
#include "inventory/inventory.h"

/* Adds what is wrong with the hosts of `inv`; `info` is local_info()'s. */
void site_check_hosts(struct ctl *ctl, struct check *check, struct value info,
    struct inventory *inv);

#endif
