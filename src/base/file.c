#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

static int
fail(struct err *err, const char *path, int code)
{
	err_at(err, path, 0, 0, "%s", strerror(-code));
	return code;
}

static int
read_all(int fd, struct buf *out)
{
	char chunk[8192];

	for (;;) {
		ssize_t n = read(fd, chunk, sizeof chunk);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		buf_add(out, chunk, (size_t)n);
		if (buf_bad(out))
			return -EFBIG;
	}
}

int
file_read_fd(int fd, const char *name, struct buf *out, struct err *err)
{
	struct stat st;
	int ret;

	if (fstat(fd, &st) < 0)
		return fail(err, name, -errno);
	if (S_ISDIR(st.st_mode))
		return fail(err, name, -EISDIR);
	if (!S_ISREG(st.st_mode)) {
		err_at(err, name, 0, 0, "not a regular file");
		return -EINVAL;
	}
	ret = read_all(fd, out);
	if (ret == -EFBIG) {
		err_at(err, name, 0, 0, "larger than %zu bytes", out->max);
		return ret;
	}
	return ret < 0 ? fail(err, name, ret) : 0;
}

int
file_read(const char *path, struct buf *out, struct err *err)
{
	/* O_NONBLOCK: a FIFO must be refused, not waited for. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int ret;

	if (fd < 0)
		return fail(err, path, -errno);
	ret = file_read_fd(fd, path, out, err);
	close(fd);
	return ret;
}

static int
write_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static int
write_temp(
    int dirfd, const char *temp, const void *data, size_t len, mode_t mode)
{
	int fd = openat(dirfd, temp,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
	int ret;

	if (fd < 0)
		return -errno;
	ret = write_all(fd, data, len);
	if (ret == 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
		ret = -errno;
	if (close(fd) < 0 && ret == 0)
		ret = -errno;
	return ret;
}

static int
sync_dir(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

int
file_write_atomic(int dirfd, const char *name, const void *data, size_t len,
    mode_t mode, struct err *err)
{
	char *temp = mem_printf(".%s.%ld.tmp", name, (long)getpid());
	int ret = write_temp(dirfd, temp, data, len, mode);

	if (ret == 0 && renameat(dirfd, temp, dirfd, name) < 0)
		ret = -errno;
	if (ret == 0)
		ret = sync_dir(dirfd);
	else
		(void)unlinkat(dirfd, temp, 0);
	free(temp);
	return ret < 0 ? fail(err, name, ret) : 0;
}

int
file_open_beneath(int dirfd, const char *path, int flags, mode_t mode)
{
	struct open_how how = {
	    .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
	    .mode = (flags & O_CREAT) != 0 ? mode : 0,
	    .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, dirfd, path, &how, sizeof how);

	return fd < 0 ? -errno : (int)fd;
}

int
file_mkdirs(const char *path, mode_t mode, struct err *err)
{
	char *copy = mem_strdup(path);
	int ret = 0;

	for (char *p = copy; ret == 0 && *p != '\0';) {
		char kept;

		p += strspn(p, "/");
		p += strcspn(p, "/");
		kept = *p;
		*p = '\0';
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			ret = fail(err, copy, -errno);
		*p = kept;
	}
	free(copy);
	return ret;
}
