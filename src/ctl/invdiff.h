/*
 * `inventory --diff FILE`: which nodes' rendered files would change if FILE
 * took the place of the inventory that is served.
 */
#ifndef CONVECT_CTL_INVDIFF_H
#define CONVECT_CTL_INVDIFF_H

#include <stdbool.h>

#include "ctl/ctl.h"
#include "inventory/inventory.h"

/* Both are borrowed; `lines`: with the lines that differ. An exit code. */
int invdiff_run(struct ctl *ctl, struct value info, struct inventory *before,
    struct inventory *after, bool lines);

#endif
