/*
 * String literals of Python: prefixes, quotes, escapes. Used by
 * inventory/pyliteral.c alone.
 */
#ifndef CONVECT_INVENTORY_PYSTRING_H
#define CONVECT_INVENTORY_PYSTRING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Length of a prefix with its quote behind it ("rb'" is 2), or -1: none. */
int pystring_prefix(const char *text, size_t left);

/*
 * Appends one literal's text. Returns the number of bytes read, or 0: not
 * a literal. *ret_bytes: it has a "b". *ret_wrong is set when it can not be
 * UTF-8.
 */
size_t pystring_read(const char *text, size_t left, struct buf *out,
    bool *ret_bytes, const char **ret_wrong);

#endif
