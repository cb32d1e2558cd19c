/*
 * IPv4 addresses as an inventory has them: one, several with commas between,
 * or a list.
 */
#ifndef CONVECT_INVENTORY_ADDRLIST_H
#define CONVECT_INVENTORY_ADDRLIST_H

#include <netinet/in.h>
#include <stddef.h>

#include "base/err.h"
#include "inventory/value.h"

#define ADDRLIST_MAX 16

struct addrlist {
	struct in_addr at[ADDRLIST_MAX];
	size_t count;
};

/* Nothing of an empty string or list. -EINVAL: err says what is wrong. */
int addrlist_parse(
    struct value value, struct addrlist *ret_list, struct err *err);

#endif
