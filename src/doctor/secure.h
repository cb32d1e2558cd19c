/*
 * Whether machines with loader=shim can boot from here: shim and GRUB are
 * where the daemon serves them, or would take them from.
 */
#ifndef CONVECT_DOCTOR_SECURE_H
#define CONVECT_DOCTOR_SECURE_H

#include <stdbool.h>

#include "base/err.h"

/*
 * Looks into the loaders of `state_dir`, and where there are none yet, at what
 * the packages have installed below `root` ("" outside of tests): then
 * *ret_served is false. 0; -ENOENT: one is missing; -EBADMSG: one is not what
 * its name says; another errno: it can not be read.
 */
int secure_check_loaders(
    const char *root, const char *state_dir, bool *ret_served, struct err *err);

#endif
