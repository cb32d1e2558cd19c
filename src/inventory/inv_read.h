/*
 * Reads inventories, and the group_vars/ and host_vars/ beside them, into
 * memory, for those who may open the files themselves. The engine gets the
 * same from its parent instead.
 */
#ifndef CONVECT_INVENTORY_INV_READ_H
#define CONVECT_INVENTORY_INV_READ_H

#include <stddef.h>

#include "base/err.h"
#include "inventory/inventory.h"

#define INV_SET_BYTES_MAX ((size_t)256 << 20) /* all files together */

/* Files and the memory behind them. */
struct inv_set {
	struct inv_input input; /* for inventory_load() */
	struct inv_file *files; /* the same, as an array that grows */
	char **owned;		/* path and text of each file */
	size_t bytes;
};

/*
 * Each path is an inventory file or a directory of them. Errors name the
 * file.
 */
int inv_set_read(const char *const *paths, size_t count,
    struct inv_set *ret_set, struct err *err);
void inv_set_done(struct inv_set *set);

struct inv_secrets;

/*
 * Adds the password of a vault from "FILE" or "LABEL@FILE". A program that
 * prints one, which Ansible would run, is refused.
 */
int inv_secrets_read(
    struct inv_secrets *secrets, const char *spec, struct err *err);

#endif
