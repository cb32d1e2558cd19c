#include "inventory/inv_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/tree.h"

static void
set_add(struct inv_set *set, char *path, char *text, size_t len)
{
	size_t n = set->input.count;

	if (n % 64 == 0) {
		set->files =
		    mem_resize(set->files, n + 64, sizeof set->files[0]);
		set->owned =
		    mem_resize(set->owned, (n + 64) * 2, sizeof(char *));
	}
	set->owned[n * 2] = path;
	set->owned[n * 2 + 1] = text;
	set->files[n] =
	    (struct inv_file){.path = path, .text = text, .len = len};
	set->input.files = set->files;
	set->input.count++;
	set->bytes += len;
}

/* Reads the file that the tree has opened, and closes it. */
static int
read_one(struct inv_set *set, const struct tree_file *file, struct err *err)
{
	struct buf buf;
	size_t len;
	int ret;

	if (set->bytes >= INV_SET_BYTES_MAX) {
		close(file->fd);
		err_at(err, file->path, 0, 0,
		    "the inventory's files are larger than %zu bytes",
		    INV_SET_BYTES_MAX);
		return -EFBIG;
	}
	buf_init(&buf, INVENTORY_FILE_MAX);
	ret = file_read_fd(file->fd, file->path, &buf, err);
	close(file->fd);
	if (ret < 0) {
		buf_done(&buf);
		return ret;
	}
	len = buf.len;
	set_add(set, mem_strdup(file->path), buf_take(&buf, NULL), len);
	return 0;
}

static int
read_tree(struct inv_set *set, const char *path, struct err *err)
{
	struct tree_file file;
	struct tree *tree;
	int ret;

	ret = tree_open(TREE_INVENTORY, path, &tree, err);
	if (ret < 0)
		return ret;
	while ((ret = tree_next(tree, &file, err)) > 0) {
		ret = read_one(set, &file, err);
		if (ret < 0)
			break;
	}
	tree_free(tree);
	return ret;
}

int
inv_set_read(const char *const *paths, size_t count, struct inv_set *ret_set,
    struct err *err)
{
	struct inv_set set = {0};
	size_t i;
	int ret = 0;

	for (i = 0; i < count && ret >= 0; i++)
		ret = read_tree(&set, paths[i], err);
	if (ret < 0) {
		inv_set_done(&set);
		return ret;
	}
	*ret_set = set;
	return 0;
}

void
inv_set_done(struct inv_set *set)
{
	size_t i;

	for (i = 0; i < set->input.count * 2; i++)
		free(set->owned[i]);
	free(set->owned);
	free(set->files);
	memset(set, 0, sizeof *set);
}
