/*
 * The passwords of the operator's vaults: files that only the parent can open,
 * handed over like the inventory. What they open is kept over reloads for as
 * long as they stay the same, since each key costs a while to make.
 */
#ifndef CONVECT_APP_PASSWORDS_H
#define CONVECT_APP_PASSWORDS_H

#include <stddef.h>
#include <stdint.h>

#include "app/privsep.h"
#include "base/err.h"
#include "inventory/inv_secrets.h"

struct passwords {
	struct inv_secrets *secrets; /* NULL: not read yet */
	uint8_t digest[32];	     /* of the files */
};

/*
 * Reads them again. `specs` are "FILE" or "LABEL@FILE", in the order of the
 * parent's table. On error err names the file, and the old ones stay.
 */
int passwords_fetch(struct passwords *passwords, struct privsep *priv,
    const char *const *specs, size_t count, struct err *err);
void passwords_done(struct passwords *passwords);

#endif
