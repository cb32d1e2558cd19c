#include "app/privtrees.h"

#include <errno.h>

static const enum tree_kind kinds[PRIV_TREE_KINDS] = {
    [PRIV_TREE_INVENTORY] = TREE_INVENTORY,
    [PRIV_TREE_PXE] = TREE_DIR,
    [PRIV_TREE_TEMPLATES] = TREE_DIR,
    [PRIV_TREE_HTTP] = TREE_DIR,
    [PRIV_TREE_OPERATOR] = TREE_DIR,
    [PRIV_TREE_VAULT] = TREE_FILE,
};

int
priv_trees_open(const struct priv_trees *trees, unsigned kind, size_t index,
    struct tree **ret_tree, struct err *err)
{
	if (kind == 0 || kind >= PRIV_TREE_KINDS ||
	    index >= trees->count[kind]) {
		err_set(err, "no such tree: kind %u, index %zu", kind, index);
		return -EINVAL;
	}
	return tree_open(kinds[kind], trees->path[kind][index], ret_tree, err);
}
