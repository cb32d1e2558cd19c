/*
 * The regular expressions of "~expr" patterns: Python's, as far as names of
 * machines need them, matched at the start of a name as re.match() does.
 */
#ifndef CONVECT_INVENTORY_HOSTREGEX_H
#define CONVECT_INVENTORY_HOSTREGEX_H

#include <regex.h>

#include "base/err.h"

#define HOSTREGEX_MAX 256 /* bytes of an expression */

/* -EINVAL with a text: not one, or more than we take. */
int hostregex_compile(const char *expr, regex_t *ret_regex, struct err *err);

#endif
