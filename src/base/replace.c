#include "base/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

static int
fail(struct err *err, const char *path, int code)
{
	err_at(err, path, 0, 0, "%s", strerror(-code));
	return code;
}

static bool
is_same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int
open_dir(struct replace *replace)
{
	size_t len = (size_t)(replace->name - replace->path);
	char *dir = mem_strndup(replace->path, len);
	int ret;

	replace->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ret = replace->dirfd < 0 ? -errno : 0;
	free(dir);
	return ret;
}

/* 1: another file has come to its place while we waited. */
static int
lock_file(struct replace *replace)
{
	struct stat now;

	replace->fd = openat(replace->dirfd, replace->name,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (replace->fd < 0 || fstat(replace->fd, &replace->st) < 0)
		return -errno;
	if (!S_ISREG(replace->st.st_mode))
		return -EINVAL;
	if (flock(replace->fd, LOCK_EX) < 0)
		return -errno;
	if (fstat(replace->fd, &replace->st) < 0 ||
	    fstatat(replace->dirfd, replace->name, &now, AT_SYMLINK_NOFOLLOW) <
		0)
		return -errno;
	return is_same_file(&replace->st, &now) ? 0 : 1;
}

static int
lock_newest(struct replace *replace)
{
	int ret = lock_file(replace);

	while (ret == 1) {
		close(replace->fd);
		ret = lock_file(replace);
	}
	return ret;
}

int
replace_begin(const char *path, struct replace *ret_replace, struct buf *out,
    struct err *err)
{
	struct replace replace = {.dirfd = -1, .fd = -1};
	int ret;

	replace.path = realpath(path, NULL);
	if (replace.path == NULL)
		return fail(err, path, -errno);
	replace.name = strrchr(replace.path, '/') + 1;
	replace.backup = mem_printf("%s~", replace.path);
	ret = open_dir(&replace);
	if (ret == 0)
		ret = lock_newest(&replace);
	if (ret < 0)
		(void)fail(err, replace.path, ret);
	else
		ret = file_read_fd(replace.fd, replace.path, out, err);
	if (ret < 0)
		replace_end(&replace);
	else
		*ret_replace = replace;
	return ret;
}

static int
write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/* Whose file it is, it stays; who can not do that may not replace it. */
static int
take_owner(int fd, const struct stat *st)
{
	struct stat own;

	if (fstat(fd, &own) < 0)
		return -errno;
	if ((own.st_uid != st->st_uid || own.st_gid != st->st_gid) &&
	    fchown(fd, st->st_uid, st->st_gid) < 0)
		return -errno;
	return fchmod(fd, st->st_mode & 07777) < 0 ? -errno : 0;
}

static int
write_new(const struct replace *replace, const char *temp, const void *data,
    size_t len)
{
	int fd = openat(replace->dirfd, temp,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	int ret;

	if (fd < 0)
		return -errno;
	ret = write_all(fd, data, len);
	if (ret == 0)
		ret = take_owner(fd, &replace->st);
	if (ret == 0 && fsync(fd) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/* The old file itself gets the second name, so all of it is kept. */
static int
keep_old(const struct replace *replace)
{
	char *temp = mem_printf(".%s.%ld.old", replace->name, (long)getpid());
	char *name = mem_printf("%s~", replace->name);
	int dirfd = replace->dirfd;
	int ret = 0;

	(void)unlinkat(dirfd, temp, 0);
	if (linkat(dirfd, replace->name, dirfd, temp, 0) < 0 ||
	    renameat(dirfd, temp, dirfd, name) < 0)
		ret = -errno;
	(void)unlinkat(dirfd, temp, 0);
	free(name);
	free(temp);
	return ret;
}

static int
is_unchanged(const struct replace *replace)
{
	struct stat now;

	if (fstatat(replace->dirfd, replace->name, &now, AT_SYMLINK_NOFOLLOW) <
	    0)
		return -errno;
	return is_same_file(&replace->st, &now) ? 0 : -EBUSY;
}

int
replace_commit(
    struct replace *replace, const void *data, size_t len, struct err *err)
{
	char *temp = mem_printf(".%s.%ld.new", replace->name, (long)getpid());
	int ret = write_new(replace, temp, data, len);

	if (ret == 0)
		ret = is_unchanged(replace);
	if (ret == 0)
		ret = keep_old(replace);
	if (ret == 0 &&
	    renameat(replace->dirfd, temp, replace->dirfd, replace->name) < 0)
		ret = -errno;
	if (ret == 0 && fsync(replace->dirfd) < 0)
		ret = -errno;
	if (ret < 0) {
		if (ret != -EEXIST)
			(void)unlinkat(replace->dirfd, temp, 0);
		(void)fail(err, replace->path, ret);
	}
	free(temp);
	return ret;
}

void
replace_end(struct replace *replace)
{
	if (replace->fd >= 0)
		close(replace->fd);
	if (replace->dirfd >= 0)
		close(replace->dirfd);
	free(replace->backup);
	free(replace->path);
	memset(replace, 0, sizeof *replace);
	replace->fd = replace->dirfd = -1;
}
