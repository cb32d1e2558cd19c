#include "core/identity.h"

#include <stddef.h>

const struct inv_host *
identity_other(const struct inventory *inv, const struct identity_claim *claim,
    const struct inv_host *host, const char **ret_by)
{
	const struct inv_host *other = NULL;

	if (!inventory_has_idents(inv))
		return NULL;
	if (claim->uuid != NULL)
		other = inventory_find_uuid_bytes(inv, claim->uuid);
	if (other == NULL && claim->uuid_text != NULL)
		other = inventory_find_uuid(inv, claim->uuid_text);
	if (other != NULL && other != host) {
		*ret_by = "UUID";
		return other;
	}
	if (claim->serial == NULL)
		return NULL;
	other = inventory_find_serial(inv, claim->serial);
	if (other == NULL || other == host)
		return NULL;
	*ret_by = "serial number";
	return other;
}
