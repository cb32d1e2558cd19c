#include "daemon/unixsock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/patience.h"
#include "base/str.h"

#define LISTEN_QUEUE 64

static int
fail(const char *path, int code, struct err *err)
{
	err_at(err, path, 0, 0, "%s", strerror(-code));
	return code;
}

static void
fill_addr(struct sockaddr_un *addr, const char *path)
{
	memset(addr, 0, sizeof *addr);
	addr->sun_family = AF_UNIX;
	str_copy(addr->sun_path, sizeof addr->sun_path, path);
}

/* Whether somebody listens on the stream socket `path`. */
static bool
is_live(const char *path)
{
	struct sockaddr_un addr;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool live;

	if (fd < 0)
		return false;
	fill_addr(&addr, path);
	/* EAGAIN: its queue is full, so there is one. */
	live = connect(fd, (const struct sockaddr *)&addr, sizeof addr) == 0 ||
	       errno == EAGAIN;
	close(fd);
	return live;
}

/* A parent that was killed leaves an engine that is about to end, too. */
static bool
stays_live(const char *path)
{
	struct patience patience;
	bool live;

	patience_init(&patience, PATIENCE_REMAINS_MS);
	do
		live = is_live(path);
	while (live && patience_nap(&patience));
	return live;
}

/* Removes what a dead process left; anything else is in the way. */
static int
clear_path(const char *path, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : fail(path, -errno, err);
	if (!S_ISSOCK(st.st_mode)) {
		err_at(err, path, 0, 0, "is in the way: it is not a socket");
		err_hint(err, "remove it, or choose another path with "
			      "--socket");
		return -EEXIST;
	}
	if (stays_live(path)) {
		err_at(err, path, 0, 0, "another convect-pxed is running");
		err_hint(err, "stop it first, or give this one its own "
			      "--socket, --state-dir and ports");
		return -EADDRINUSE;
	}
	return unlink(path) < 0 ? fail(path, -errno, err) : 0;
}

/* The mode is right from the first moment on, by the umask. */
static int
bind_path(int fd, const char *path, mode_t mode, struct err *err)
{
	struct sockaddr_un addr;
	mode_t old = umask(0777 & ~mode);
	int ret = 0;

	fill_addr(&addr, path);
	if (bind(fd, (const struct sockaddr *)&addr, sizeof addr) < 0)
		ret = fail(path, -errno, err);
	umask(old);
	return ret;
}

static int
make_dir_of(const char *path, struct err *err)
{
	char *dir = mem_strndup(path, (size_t)(strrchr(path, '/') - path));
	int ret = dir[0] == '\0' ? 0 : file_mkdirs(dir, 0755, err);

	free(dir);
	return ret;
}

int
unixsock_listen(const char *path, const struct account *account, int *ret_fd,
    struct err *err)
{
	mode_t mode = account->shared ? 0600 : 0660;
	int ret = make_dir_of(path, err);
	int fd = -1;

	if (ret == 0)
		ret = clear_path(path, err);
	if (ret < 0)
		return ret;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ret = fd < 0 ? fail(path, -errno, err) : bind_path(fd, path, mode, err);
	if (ret == 0 && !account->shared &&
	    lchown(path, (uid_t)-1, account->gid) < 0)
		ret = fail(path, -errno, err);
	if (ret == 0 && listen(fd, LISTEN_QUEUE) < 0)
		ret = fail(path, -errno, err);
	if (ret == 0)
		*ret_fd = fd;
	else if (fd >= 0)
		close(fd);
	return ret;
}

int
unixsock_log(const char *path, int *ret_fd, struct err *err)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int ret = fd < 0 ? fail(path, -errno, err) : 0;

	if (ret == 0 && unlink(path) < 0 && errno != ENOENT)
		ret = fail(path, -errno, err);
	if (ret == 0)
		ret = bind_path(fd, path, 0600, err);
	if (ret == 0)
		*ret_fd = fd;
	else if (fd >= 0)
		close(fd);
	return ret;
}
