/*
 * What the variable `mac` may hold: one or several addresses, in any usual
 * spelling, as text with commas or blanks between or as a list.
 */
#ifndef CONVECT_INVENTORY_MACLIST_H
#define CONVECT_INVENTORY_MACLIST_H

#include <stddef.h>

#include "base/err.h"
#include "base/hwaddr.h"
#include "inventory/value.h"

#define MACLIST_MAX 32

struct maclist {
	struct hwaddr at[MACLIST_MAX];
	size_t count;
};

/*
 * `raw` is the spelling that a reader made a number of (525400123456), or
 * NULL. -EINVAL with a text and a hint; *ret_offset is then where in a text
 * the bad one starts, in bytes. None at all is fine. Repeated ones count
 * once.
 */
int maclist_parse(struct value value, const char *raw, struct maclist *ret_list,
    size_t *ret_offset, struct err *err);

#endif
