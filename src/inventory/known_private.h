/* Shared by the known*.c; nobody else's. */
#ifndef CONVECT_INVENTORY_KNOWN_PRIVATE_H
#define CONVECT_INVENTORY_KNOWN_PRIVATE_H

#include "inventory/known.h"

/* -EINVAL with "VAR must be WANT, not VALUE"; a secret is not shown. */
int known_misfit(const struct known_var *var, struct value value,
    struct err *err, const char *want);

/* Types of what an install is made of. */
int known_check_size(
    const struct known_var *var, struct value value, struct err *err);
int known_check_nets(
    const struct known_var *var, struct value value, struct err *err);
int known_check_ips(
    const struct known_var *var, struct value value, struct err *err);
int known_check_routes(
    const struct known_var *var, struct value value, struct err *err);
int known_check_disks(
    const struct known_var *var, struct value value, struct err *err);

#endif
