/*
 * The regular files of an inventory or a template directory: found, sorted,
 * counted against a ceiling, opened one by one. Nothing is read here, so the
 * privileged parent can do it for the engine, and the command line tools for
 * themselves, with the same rules.
 *
 * Hidden names and editor backups (".x", "x~") are left out. A symbolic link
 * may lead out of the tree when the directory that holds it is root's, or to
 * what belongs to that directory's owner: otherwise whoever may edit an
 * inventory could have the privileged parent open any file for him.
 */
#ifndef CONVECT_BASE_TREE_H
#define CONVECT_BASE_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define TREE_FILES_MAX 20000
#define TREE_DEPTH_MAX 8

enum tree_kind {
	/*
	 * A file, or a directory of files, with group_vars/ and host_vars/
	 * beside it (in it, for a directory). Of a directory, what Ansible
	 * leaves out is left out: *.ini, *.cfg, *.md, *.txt and the like.
	 */
	TREE_INVENTORY = 1,
	TREE_DIR,  /* a directory and all below it */
	TREE_FILE, /* a single file */
};

struct tree;

/* What tree_next() gives: strings live as long as the tree. */
struct tree_file {
	const char *path; /* for messages: the root as given, and the name */
	const char *name; /* relative to the root's directory */
	int fd;		  /* read-only, close-on-exec; the caller closes it */
};

/*
 * Lists the tree. -ENOENT and the like with err naming the path; -E2BIG past
 * a ceiling.
 */
int tree_open(enum tree_kind kind, const char *path, struct tree **ret_tree,
    struct err *err);
/*
 * Opens the next file, in the order of names with the inventory file first.
 * 1: *ret_file is filled in; 0: that was all; negative: err names the file.
 */
int tree_next(struct tree *tree, struct tree_file *ret_file, struct err *err);
void tree_free(struct tree *tree);

/*
 * Its directories, those without files too: the paths that whoever watches for
 * changes needs. For an inventory file without the one that it is in.
 */
size_t tree_dir_count(const struct tree *tree);
char *tree_dir_path(const struct tree *tree, size_t index); /* the caller's */

#endif
