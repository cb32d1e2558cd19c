/*
 * Whether the bytes of a boot loader can be what its name says: firmware only
 * says "failed to start" about one that is cut or of another processor. Pure.
 */
#ifndef CONVECT_CORE_LOADERFILE_H
#define CONVECT_CORE_LOADERFILE_H

#include <stddef.h>

#include "base/err.h"

/*
 * `name` is the file's: "ipxe.efi", "snponly-arm64.efi", "undionly.kpxe".
 * -EBADMSG with the reason.
 */
int loaderfile_check(
    const char *name, const void *data, size_t len, struct err *err);

#endif
