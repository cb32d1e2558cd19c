/*
 * The table of what the privileged parent opens for the engine: trees of
 * files, named by kind and index. It is filled in from the configuration and
 * then never changes.
 */
#ifndef CONVECT_APP_PRIVTREES_H
#define CONVECT_APP_PRIVTREES_H

#include <stddef.h>

#include "base/err.h"
#include "base/tree.h"

#define PRIV_TREES_MAX 16 /* of one kind */

enum priv_tree_kind {
	PRIV_TREE_INVENTORY = 1,
	PRIV_TREE_PXE,	     /* shipped boot scripts */
	PRIV_TREE_TEMPLATES, /* shipped seed templates */
	PRIV_TREE_HTTP,	     /* shipped dashboard */
	PRIV_TREE_OPERATOR,  /* --templates-dir: none or one */
	PRIV_TREE_VAULT,     /* --vault-password-file: none, one or more */
	PRIV_TREE_KINDS,
};

/* Where each tree is. Paths are borrowed. */
struct priv_trees {
	const char *path[PRIV_TREE_KINDS][PRIV_TREES_MAX];
	size_t count[PRIV_TREE_KINDS];
};

/*
 * -EINVAL: there is no such tree. -ENOENT and the like: err names the path.
 */
int priv_trees_open(const struct priv_trees *trees, unsigned kind, size_t index,
    struct tree **ret_tree, struct err *err);

#endif
