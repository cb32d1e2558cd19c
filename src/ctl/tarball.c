#include "ctl/tarball.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

struct tarball {
	char *path;
	char *dir;
	int64_t now_ms;
	int fd;
	struct archive *archive;
	struct err err; /* the first */
	bool failed;
};

static void
keep_error(struct tarball *tarball)
{
	const char *text = archive_error_string(tarball->archive);

	if (tarball->failed)
		return;
	tarball->failed = true;
	err_at(&tarball->err, tarball->path, 0, 0, "%s",
	    text == NULL ? "can not be written" : text);
}

static int
open_new(const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0)
		return fd;
	fd = -errno;
	err_at(err, path, 0, 0, "%s", strerror(-fd));
	if (fd == -EEXIST)
		err_hint(err, "it is left as it is: name another with --file");
	return fd;
}

struct tarball *
tarball_new(const char *path, const char *dir, int64_t now_ms, struct err *err)
{
	int fd = open_new(path, err);
	struct tarball *tarball;

	if (fd < 0)
		return NULL;
	tarball = mem_alloc(sizeof *tarball);
	tarball->path = mem_strdup(path);
	tarball->dir = mem_strdup(dir);
	tarball->now_ms = now_ms;
	tarball->fd = fd;
	tarball->archive = archive_write_new();
	if (archive_write_add_filter_gzip(tarball->archive) != ARCHIVE_OK ||
	    archive_write_set_format_pax_restricted(tarball->archive) !=
		ARCHIVE_OK ||
	    archive_write_open_fd(tarball->archive, fd) != ARCHIVE_OK)
		keep_error(tarball);
	return tarball;
}

void
tarball_add(
    struct tarball *tarball, const char *name, const void *data, size_t len)
{
	struct archive_entry *entry;
	char *path;

	if (tarball->failed)
		return;
	path = mem_printf("%s/%s", tarball->dir, name);
	entry = archive_entry_new();
	archive_entry_set_pathname(entry, path);
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0600);
	archive_entry_set_size(entry, (int64_t)len);
	archive_entry_set_mtime(entry, (time_t)(tarball->now_ms / 1000), 0);
	if (archive_write_header(tarball->archive, entry) != ARCHIVE_OK ||
	    archive_write_data(tarball->archive, data, len) != (ssize_t)len)
		keep_error(tarball);
	archive_entry_free(entry);
	free(path);
}

int
tarball_close(struct tarball *tarball, struct err *err)
{
	int ret = 0;

	if (archive_write_close(tarball->archive) != ARCHIVE_OK)
		keep_error(tarball);
	archive_write_free(tarball->archive);
	close(tarball->fd);
	if (tarball->failed) {
		*err = tarball->err;
		(void)unlink(tarball->path);
		ret = -EIO;
	}
	free(tarball->path);
	free(tarball->dir);
	free(tarball);
	return ret;
}
