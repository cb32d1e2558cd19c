/*
 * Reads inventory files, and the group_vars/ and host_vars/ beside them, into
 * memory: the one part of the inventory that touches the disk. The parent of
 * the daemon reads and packs; the engine unpacks and loads.
 */
#ifndef CONVECT_INVENTORY_INV_READ_H
#define CONVECT_INVENTORY_INV_READ_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "inventory/inventory.h"

#define INV_SET_FILES_MAX 50000u       /* files in one set */
#define INV_SET_BYTES_MAX (256u << 20) /* bytes in one set */

/* Files and the memory behind them. */
struct inv_set {
	struct inv_input input; /* for inventory_load() */
	struct inv_file *files; /* the same files, writable */
	char **owned;		/* two allocations a file: path, text */
};

/*
 * Each path is an inventory file or a directory of them; what is read and in
 * which order follows Ansible (hidden files, backups and *.cfg, *.ini and the
 * like in directories are left out). Errors name the path.
 */
int inv_set_read(const char *const *paths, size_t count,
    struct inv_set *ret_set, struct err *err);
void inv_set_done(struct inv_set *set);

/* To bytes and back, for a pipe. -EBADMSG on anything but our own packing. */
void inv_set_pack(const struct inv_set *set, struct buf *out);
int inv_set_unpack(const void *data, size_t len, struct inv_set *ret_set);

#endif
