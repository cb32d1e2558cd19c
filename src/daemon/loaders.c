#include "daemon/loaders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#define LOADER_BYTES_MAX (64u << 20)

/* Whether the tree has the same bytes under a mode that in.tftpd accepts. */
static bool
is_same(int dirfd, const char *name, const struct buf *bytes)
{
	int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct buf old;
	struct stat st;
	bool same;

	if (fd < 0)
		return false;
	buf_init(&old, LOADER_BYTES_MAX);
	same = fstat(fd, &st) == 0 && (st.st_mode & 0777) == 0644 &&
	       st.st_uid == geteuid() && (size_t)st.st_size == bytes->len &&
	       file_read_fd(fd, name, &old, NULL) == 0 &&
	       old.len == bytes->len &&
	       memcmp(old.data, bytes->data, bytes->len) == 0;
	buf_done(&old);
	close(fd);
	return same;
}

static bool
is_there(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISREG(st.st_mode) && (st.st_mode & S_IROTH) != 0;
}

/* 0, -ENOENT (not installed), or an error that ends the start. */
static int
copy_loader(const char *root, const struct pxe_loader_info *info, int dirfd,
    struct err *err)
{
	char *source;
	struct buf bytes;
	int ret = -ENOENT;

	source =
	    info->signed_source != NULL
		? mem_printf("%s%s", root, info->signed_source)
		: mem_printf("%s" LOADERS_SOURCE_DIR "/%s", root, info->file);
	buf_init(&bytes, LOADER_BYTES_MAX);
	if (access(source, F_OK) == 0)
		ret = file_read(source, &bytes, err);
	if (ret == 0 && !is_same(dirfd, info->file, &bytes))
		ret = file_write_atomic(
		    dirfd, info->file, bytes.data, bytes.len, 0644, err);
	buf_done(&bytes);
	free(source);
	return ret;
}

static int
assemble_one(const char *root, const struct pxe_loader_info *info, int dirfd,
    struct err *err)
{
	int ret = copy_loader(root, info, dirfd, err);

	if (ret != -ENOENT)
		return ret;
	if (is_there(dirfd, info->file))
		return 0;
	/* What this release need not have is told when a machine wants it. */
	if (info->signed_source != NULL)
		log_info(NULL,
		    "machines with Secure Boot can not be booted: the package "
		    "%s, which has %s, is not installed",
		    info->package, info->signed_source);
	else if (info->package != NULL && info->since == NULL)
		log_warn(NULL,
		    "loader %s is missing: the package %s has it "
		    "as " LOADERS_SOURCE_DIR
		    "/%s; machines that need it are not answered",
		    info->file, info->package, info->file);
	return -ENOENT;
}

int
loaders_assemble(const char *root, const char *dir, struct loader_set *ret_set,
    struct err *err)
{
	int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct loader_set set = {0};
	size_t count = 0;
	int ret = 0;

	if (dirfd < 0) {
		ret = -errno;
		err_at(err, dir, 0, 0, "%s", strerror(-ret));
		return ret;
	}
	for (int i = 0; i < PXE_LOADER_COUNT; i++) {
		ret = assemble_one(
		    root, pxe_loader_info((enum pxe_loader)i), dirfd, err);
		if (ret < 0 && ret != -ENOENT)
			break;
		set.present[i] = ret == 0;
		count += ret == 0;
	}
	close(dirfd);
	if (ret < 0 && ret != -ENOENT)
		return ret;
	if (count == 0) {
		err_set(err, "there is no boot loader to hand out");
		err_hint(err, "apt-get install ipxe");
		return -ENOENT;
	}
	*ret_set = set;
	return 0;
}
