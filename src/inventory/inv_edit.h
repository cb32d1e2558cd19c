/*
 * Adds one host to the text of an inventory, INI or YAML, and leaves every
 * other byte as it is: comments, order, indentation, line ends.
 *
 * Pure: text in, text out. Whoever writes the file has inv_edit_verify() look
 * first at what both texts mean.
 */
#ifndef CONVECT_INVENTORY_INV_EDIT_H
#define CONVECT_INVENTORY_INV_EDIT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "inventory/inventory.h"

#define INV_EDIT_VARS_MAX 32

/* `text` is read as behind the "=" of a host's line: a Python literal, or
 * else the text itself. */
struct inv_edit_var {
	const char *name;
	const char *text;
};

struct inv_edit {
	const char *host;
	const char *group;			     /* NULL: in no group */
	struct inv_edit_var vars[INV_EDIT_VARS_MAX]; /* the MAC among them */
	size_t var_count;
};

enum inv_edit_where {
	INV_EDIT_IN_GROUP, /* the file has the group */
	INV_EDIT_NEW_GROUP /* it has not, and gets it */
};

/* Names and texts that both forms of inventories can hold. -EINVAL. */
int inv_edit_check(const struct inv_edit *edit, struct err *err);

/*
 * Appends the new text. -EINVAL, with err: the text is encrypted or so written
 * that the host has to be added by hand.
 */
int inv_edit_add(const struct inv_file *file, const struct inv_edit *edit,
    struct buf *out, enum inv_edit_where *ret_where, struct err *err);

/* A file of variables, not of hosts. */
bool inv_edit_is_vars(const char *path);
/* Whether the edit's group is in the file already. */
bool inv_edit_has_group(
    const struct inv_file *file, const struct inv_edit *edit);

/*
 * -EINVAL, with err, unless `after` is `before` with that one host more and
 * nothing else different.
 */
int inv_edit_verify(struct inventory *before, struct inventory *after,
    const struct inv_edit *edit, struct err *err);

#endif
