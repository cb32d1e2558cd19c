/*
 * What a machine says of itself beside its MAC: SMBIOS UUID and serial number,
 * compared with what hosts claim by `uuid` and `serial`. The MAC stays the
 * key; these only show that a machine is two hosts at once.
 */
#ifndef CONVECT_CORE_IDENTITY_H
#define CONVECT_CORE_IDENTITY_H

#include <stdint.h>

#include "inventory/inventory.h"

#define IDENTITY_UUID_SIZE 16

/* What came with a request; any may be NULL. */
struct identity_claim {
	const uint8_t *uuid; /* of DHCP option 97, behind its type */
	const char *uuid_text;
	const char *serial;
};

/*
 * Another host than `host` that the claim fits, or NULL. *ret_by is then
 * "UUID" or "serial number".
 */
const struct inv_host *identity_other(const struct inventory *inv,
    const struct identity_claim *claim, const struct inv_host *host,
    const char **ret_by);

#endif
