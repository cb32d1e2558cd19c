/*
 * What the variables `uuid` and `serial` may hold: one or several of a
 * machine's SMBIOS identities, as text with commas between or as a list.
 */
#ifndef CONVECT_INVENTORY_IDENTLIST_H
#define CONVECT_INVENTORY_IDENTLIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "inventory/value.h"

#define IDENTLIST_MAX 16
#define IDENT_LEN_MAX 64

enum ident_kind {
	IDENT_UUID,
	IDENT_SERIAL,
	IDENT_KINDS
};

/* Each in the one spelling that it is compared in. */
struct identlist {
	char at[IDENTLIST_MAX][IDENT_LEN_MAX + 1];
	size_t count;
};

/*
 * The spelling to compare: a UUID in lower case with dashes, a serial number in
 * upper case without blanks around it. -EINVAL: not one, or what a vendor
 * leaves in all of his machines (all zeros, "Default string").
 */
int ident_normalize(enum ident_kind kind, const char *text, size_t len,
    char out[IDENT_LEN_MAX + 1], struct err *err);
/*
 * `raw` is the spelling that a reader made a number of, or NULL. -EINVAL with a
 * text and a hint. None at all is fine; repeated ones count once.
 */
int identlist_parse(enum ident_kind kind, struct value value, const char *raw,
    struct identlist *ret_list, struct err *err);

#endif
