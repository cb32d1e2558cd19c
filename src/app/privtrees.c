#include "app/privtrees.h"

#include <errno.h>

int
priv_trees_open(const struct priv_trees *trees, unsigned kind, size_t index,
    struct tree **ret_tree, struct err *err)
{
	if (kind == 0 || kind >= PRIV_TREE_KINDS ||
	    index >= trees->count[kind]) {
		err_set(err, "no such tree: kind %u, index %zu", kind, index);
		return -EINVAL;
	}
	return tree_open(
	    kind == PRIV_TREE_INVENTORY ? TREE_INVENTORY : TREE_DIR,
	    trees->path[kind][index], ret_tree, err);
}
