#include "inventory/inv_read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/tree.h"
#include "inventory/inv_secrets.h"

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
		if (ret == -EFBIG)
			err_hint(err, "a directory of smaller files is an "
				      "inventory, too");
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

/* Straight into `text`, so that no copy stays behind. */
static ssize_t
read_password(int fd, char *text, size_t size)
{
	size_t len = 0;

	while (len < size) {
		ssize_t n = read(fd, text + len, size - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return (ssize_t)len;
}

static int
add_password(
    struct inv_secrets *secrets, int fd, const char *spec, struct err *err)
{
	char text[INV_PASSWORD_MAX + 1];
	size_t ignored;
	const char *path = inv_secrets_path(spec, &ignored);
	struct stat st;
	ssize_t len;
	int ret;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0) {
		err_at(err, path, 0, 0, "a program, which we do not run");
		err_hint(err, "write the vault's password to a file, or "
			      "chmod a-x this one if it is no program");
		return -EINVAL;
	}
	len = read_password(fd, text, sizeof text);
	if (len < 0) {
		err_at(err, path, 0, 0, "%s", strerror((int)-len));
		return (int)len;
	}
	ret = inv_secrets_add(secrets, spec, text, (size_t)len, err);
	OPENSSL_cleanse(text, sizeof text);
	return ret;
}

int
inv_secrets_read(struct inv_secrets *secrets, const char *spec, struct err *err)
{
	size_t ignored;
	const char *path = inv_secrets_path(spec, &ignored);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int ret;

	if (fd < 0) {
		ret = -errno;
		err_at(err, path, 0, 0, "%s", strerror(errno));
		err_hint(err, "the file with the vault's password");
		return ret;
	}
	ret = add_password(secrets, fd, spec, err);
	close(fd);
	return ret;
}
