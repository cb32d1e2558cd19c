/*
 * What a machine says of itself beside its MAC: SMBIOS UUID and serial number,
 * and which host of the inventory claims them by `uuid` and `serial`. The MAC
 * stays the key; these only show that a machine is two hosts at once.
 *
 * Firmware sends a UUID's first three fields in either byte order, and boards
 * without one send zeros or ones: both orders match, and such never do.
 */
#ifndef CONVECT_CORE_IDENTITY_H
#define CONVECT_CORE_IDENTITY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/hostvars.h"

#define IDENTITY_UUID_SIZE 16
#define IDENTITY_SERIAL_MAX 255 /* longer ones are nobody's */

struct identities;

/* What came with a request; either may be NULL. */
struct identity_claim {
	const uint8_t *uuid; /* IDENTITY_UUID_SIZE bytes in written order */
	const char *serial;
};

/* Reads every host once; values that can not be expanded are left out. */
struct identities *identities_new(struct hostvars *hostvars);
void identities_free(struct identities *identities); /* NULL is fine */
/* No host has any: nothing needs to be asked for. */
bool identities_are_empty(const struct identities *identities);

/*
 * Another host than `host` that the claim fits, or NULL. *ret_by is then
 * "UUID" or "serial number".
 */
const struct inv_host *identities_other(const struct identities *identities,
    const struct identity_claim *claim, const struct inv_host *host,
    const char **ret_by);

#endif
