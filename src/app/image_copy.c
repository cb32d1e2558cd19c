#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "app/image_work.h"
#include "base/mem.h"
#include "base/str.h"

/* One pass over a file: read, hash and, with `to`, write. */
struct pass {
	struct image_progress *progress;
	const char *phase;
	int from;
	int to; /* -1: hash only */
	const char *to_name;
};

int
image_write_all(int fd, const void *data, size_t len)
{
	const char *pos = data;
	ssize_t n;

	while (len > 0) {
		n = write(fd, pos, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		pos += n;
		len -= (size_t)n;
	}
	return 0;
}

int
image_write_error(struct err *err, const char *name, int error)
{
	err_set(err, "writing %s: %s", name, strerror(error));
	if (error == ENOSPC || error == EDQUOT)
		err_hint(err, "make room in the state directory: "
			      "convect-pxectl image list, image remove NAME");
	return -error;
}

int
image_check_space(int dirfd, int64_t bytes, struct err *err)
{
	struct statvfs vfs;
	int64_t free_bytes;

	if (fstatvfs(dirfd, &vfs) < 0)
		return 0;
	free_bytes = (int64_t)vfs.f_bavail * (int64_t)vfs.f_frsize;
	if (bytes <= free_bytes)
		return 0;
	err_set(err,
	    "no room: %lld MiB are needed and %lld MiB free in the state "
	    "directory",
	    (long long)(bytes >> 20), (long long)(free_bytes >> 20));
	err_hint(err, "convect-pxectl image list, image remove NAME");
	return -ENOSPC;
}

static int
pass_chunk(const struct pass *pass, EVP_MD_CTX *digest, void *chunk,
    ssize_t *ret_len, struct err *err)
{
	ssize_t n;
	int ret;

	do
		n = read(pass->from, chunk, IMAGE_CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		ret = -errno;
		err_set(err, "reading: %s", strerror(errno));
		return ret;
	}
	if (EVP_DigestUpdate(digest, chunk, (size_t)n) != 1)
		return -EIO;
	ret = pass->to < 0 ? 0 : image_write_all(pass->to, chunk, (size_t)n);
	if (ret < 0)
		return image_write_error(err, pass->to_name, -ret);
	*ret_len = n;
	return 0;
}

static int
pass_loop(const struct pass *pass, EVP_MD_CTX *digest, int64_t total,
    int64_t *ret_size, struct err *err)
{
	void *chunk = mem_alloc(IMAGE_CHUNK);
	int64_t done = 0;
	ssize_t n = 1;
	int ret = 0;

	while (ret == 0 && n > 0) {
		ret = pass_chunk(pass, digest, chunk, &n, err);
		if (ret < 0)
			break;
		done += n;
		image_progress_step(pass->progress, pass->phase, done, total);
		if (done > IMAGE_BYTES_MAX) {
			err_set(err, "a file of more than %lld GiB",
			    (long long)(IMAGE_BYTES_MAX >> 30));
			ret = -EFBIG;
		}
	}
	free(chunk);
	*ret_size = done;
	return ret;
}

static int
pass_run(const struct pass *pass, struct image_file *ret_file, struct err *err)
{
	EVP_MD_CTX *digest = EVP_MD_CTX_new();
	unsigned char sum[EVP_MAX_MD_SIZE];
	struct stat st = {0};
	int64_t size = 0;
	int ret = -EIO;

	if (digest == NULL ||
	    EVP_DigestInit_ex(digest, EVP_sha256(), NULL) != 1)
		goto out;
	(void)fstat(pass->from, &st);
	if (lseek(pass->from, 0, SEEK_SET) < 0) {
		ret = -errno;
		goto out;
	}
	ret = pass_loop(pass, digest, st.st_size, &size, err);
	if (ret == 0 && EVP_DigestFinal_ex(digest, sum, NULL) != 1)
		ret = -EIO;
	if (ret == 0) {
		ret_file->size = (uint64_t)size;
		str_hex(
		    sum, (sizeof ret_file->sha256 - 1) / 2, ret_file->sha256);
	}
out:
	EVP_MD_CTX_free(digest);
	if (ret < 0)
		err_set(err, "hashing: %s", strerror(-ret));
	return ret;
}

int
image_hash_file(struct image_progress *progress, int fd,
    struct image_file *ret_file, struct err *err)
{
	const struct pass pass = {
	    .progress = progress, .phase = "hash", .from = fd, .to = -1};

	return pass_run(&pass, ret_file, err);
}

int
image_copy_file(
    const struct image_copy *copy, struct image_file *ret_file, struct err *err)
{
	struct pass pass = {.progress = copy->progress,
	    .phase = "copy",
	    .from = copy->from,
	    .to_name = copy->name};
	struct stat st;
	int ret;

	if (fstat(copy->from, &st) == 0 &&
	    image_check_space(copy->dirfd, st.st_size, err) < 0)
		return -ENOSPC;
	pass.to = openat(copy->dirfd, copy->name,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (pass.to < 0)
		return image_write_error(err, copy->name, errno);
	ret = pass_run(&pass, ret_file, err);
	if (ret == 0 && fsync(pass.to) < 0)
		ret = image_write_error(err, copy->name, errno);
	close(pass.to);
	if (ret == 0)
		str_copy(ret_file->file, sizeof ret_file->file, copy->name);
	return ret;
}

int
image_check_sum(const struct image_file *file, const char *want,
    const char *what, struct err *err)
{
	if (want[0] == '\0' || strcmp(file->sha256, want) == 0)
		return 0;
	err_set(err, "%s's SHA-256 is %s, not %s", what, file->sha256, want);
	err_hint(err, "it is damaged or another file: get it again");
	return -EBADMSG;
}

int
image_open_dir(int store_fd, const char *name, int *ret_fd, struct err *err)
{
	int fd;

	if (mkdirat(store_fd, name, 0755) < 0 && errno != EEXIST)
		return image_write_error(err, name, errno);
	fd = openat(
	    store_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return image_write_error(err, name, errno);
	*ret_fd = fd;
	return 0;
}
