/*
 * The variables that mean something to us, in one table: the loader checks
 * their types where they are written, getters read them with their defaults,
 * and the man page is made from it. Any other variable is the operator's own.
 */
#ifndef CONVECT_INVENTORY_KNOWN_H
#define CONVECT_INVENTORY_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "inventory/inventory.h"
#include "inventory/value.h"

enum known_type {
	KNOWN_BOOL,
	KNOWN_INT,
	KNOWN_SECONDS, /* fractions allowed; min and max are whole */
	KNOWN_STRING,
	KNOWN_ENUM,
	KNOWN_PATH,
	KNOWN_TEMPLATE, /* a name in the template directories */
	KNOWN_MACS,	/* one or several, commas or a list */
	KNOWN_ADDRS,	/* the same, of IPv4 */
	KNOWN_UUIDS,	/* the same */
	KNOWN_SERIALS,	/* the same */
	KNOWN_LIST,	/* of strings */
	KNOWN_COMMANDS, /* a list of strings and of lists of strings */
	KNOWN_MAP,
	KNOWN_SIZE,   /* bytes, or "8G" */
	KNOWN_NETS,   /* addresses with their prefix, as KNOWN_MACS */
	KNOWN_IPS,    /* IPv4 and IPv6, as KNOWN_MACS */
	KNOWN_ROUTES, /* a list of mappings with to, via and metric */
	KNOWN_DISKS,  /* serial number, mapping to match by, list of these */
};

enum known_flags {
	KNOWN_HOST_ONLY = 1, /* an error in a group */
	KNOWN_SECRET = 2,    /* masked when shown */
	/*
	 * A word that inventories use for things of their own: another type,
	 * or a group's, is a warning, and only a node that is rendered with
	 * it is refused.
	 */
	KNOWN_COMMON = 4,
};

struct known_var {
	const char *name;
	enum known_type type;
	unsigned flags;	     /* enum known_flags */
	int64_t min;	     /* KNOWN_INT, KNOWN_SECONDS */
	int64_t max;	     /* the same; KNOWN_STRING: bytes, 0 = any */
	const char *choices; /* KNOWN_ENUM: "a|b|c" */
	const char *def;     /* as written in INI; NULL: undefined */
	const char *meaning; /* one sentence */
};

const struct known_var *known_find(const char *name); /* NULL: not ours */
/* The table, for documentation. */
const struct known_var *known_table(size_t *ret_count);
/* The table as an mdoc(7) list, for convect-pxed-inventory(5). */
void known_write_mdoc(struct buf *out);
/* The known name that `name` looks like a misspelling of, or NULL. */
const char *known_suggest(const char *name);
/*
 * -EINVAL and a text with a hint when `value` does not fit. Null and strings
 * that hold a template always fit.
 */
int known_check(
    const struct known_var *var, struct value value, struct err *err);

/* The default of a known variable as text; VALUE_UNDEFINED: it has none. */
struct value known_default(const char *name);
/*
 * Whatever has one spelling as a string: 404 is as good as "404". The caller's;
 * VALUE_UNDEFINED for null, lists and maps.
 */
struct value known_as_string(struct value value);

/* Seconds of KNOWN_SECONDS, "0.25", in milliseconds; -EINVAL. */
int known_as_ms(struct value value, int64_t *ret_ms);

/*
 * A host's known variable, or its default. Since the loader has checked
 * types, these fail only for a value that is still a template (-EINVAL).
 * Strings give "" for undefined; the value returned by known_host_str is
 * owned by the caller.
 */
int known_host_bool(const struct inventory *inv, const struct inv_host *host,
    const char *name, bool *ret_bool);
int known_host_int(const struct inventory *inv, const struct inv_host *host,
    const char *name, int64_t *ret_int);
struct value known_host_str(
    const struct inventory *inv, const struct inv_host *host, const char *name);

#endif
