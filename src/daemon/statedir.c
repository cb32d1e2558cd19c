#include "daemon/statedir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

#define ADOPT_DEPTH 3 /* images/.downloads/..., and one to spare */

#define CREATE_USER                                                            \
	"useradd --system --home-dir /var/lib/convect-pxed --shell "           \
	"/usr/sbin/nologin "

static const struct {
	const char *name;
	mode_t mode;
	bool service; /* the service user's */
} parts[] = {
    {"db", 0700, true},
    {"logs", 0700, true},
    {"cache", 0700, true},
    {"files", 0755, false},
    {"files/images", 0755, true},
    {"files/artifacts", 0755, true},
    {"files/loaders", 0755, false},
};

int
account_find(
    const char *name, bool given, struct account *ret_account, struct err *err)
{
	const struct passwd *entry = getpwnam(name);
	bool shared = entry == NULL || strcmp(name, "nobody") == 0;

	if (entry == NULL && !given) {
		log_warn(NULL,
		    "there is no user %s: running as nobody, who is shared "
		    "with other services; create it: " CREATE_USER "%s",
		    name, name);
		entry = getpwnam("nobody");
	}
	if (entry == NULL) {
		err_set(err, "user: there is no user \"%s\"", name);
		err_hint(err, CREATE_USER "%s", name);
		return -ENOENT;
	}
	if (entry->pw_uid == 0) {
		err_set(err,
		    "user: \"%s\" is root; everything but the parent "
		    "process must run without privileges",
		    name);
		return -EINVAL;
	}
	ret_account->name = mem_strdup(entry->pw_name);
	ret_account->uid = entry->pw_uid;
	ret_account->gid = entry->pw_gid;
	ret_account->shared = shared;
	return 0;
}

void
account_done(struct account *account)
{
	free(account->name);
	account->name = NULL;
}

static void adopt_dir(
    int fd, const struct account *account, uid_t old, int depth);

static void
/* NOLINTNEXTLINE(misc-no-recursion): no deeper than ADOPT_DEPTH */
adopt_entry(int dirfd, const char *name, const struct account *account,
    uid_t old, int depth)
{
	/* Held by descriptor: the name may lead elsewhere at any moment. */
	int held = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int fd;

	if (held < 0)
		return;
	if (fstat(held, &st) < 0 || st.st_uid != old ||
	    !(S_ISDIR(st.st_mode) ||
		(S_ISREG(st.st_mode) && st.st_nlink == 1)) ||
	    fchownat(held, "", account->uid, account->gid, AT_EMPTY_PATH) < 0) {
		close(held); /* the engine will say what it can not open */
		return;
	}
	fd = S_ISDIR(st.st_mode) && depth > 0
		 ? openat(held, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
		 : -1;
	close(held);
	if (fd >= 0)
		adopt_dir(fd, account, old, depth - 1);
}

/*
 * What another service user left: files of the database, images. `fd` is
 * closed.
 */
static void
/* NOLINTNEXTLINE(misc-no-recursion): no deeper than ADOPT_DEPTH */
adopt_dir(int fd, const struct account *account, uid_t old, int depth)
{
	DIR *dir = fdopendir(fd);
	const struct dirent *entry;

	if (dir == NULL) {
		close(fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 &&
		    strcmp(entry->d_name, "..") != 0)
			adopt_entry(fd, entry->d_name, account, old, depth);
	}
	closedir(dir);
}

/*
 * Only when the directory itself was the other user's, that is once: in a
 * directory of the service user root touches nothing by its name.
 */
static void
adopt(const char *path, const struct account *account)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && st.st_uid != account->uid && st.st_uid != 0)
		adopt_dir(fd, account, st.st_uid, ADOPT_DEPTH);
	else
		close(fd);
}

/*
 * A directory that exists must be one, not a link: some of the parents are
 * the service user's, and root works below them.
 */
static int
set_owner(const char *path, uid_t uid, gid_t gid, mode_t mode, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int ret = 0;

	if (fd < 0 || fchown(fd, uid, gid) < 0 || fchmod(fd, mode) < 0) {
		ret = -errno;
		err_at(err, path, 0, 0, "%s", strerror(-ret));
	}
	if (fd >= 0)
		close(fd);
	return ret;
}

static int
prepare_part(
    const char *dir, size_t i, const struct account *account, struct err *err)
{
	char *path = mem_printf("%s/%s", dir, parts[i].name);
	int ret = 0;

	if (mkdir(path, parts[i].mode) < 0 && errno != EEXIST) {
		ret = -errno;
		err_at(err, path, 0, 0, "%s", strerror(-ret));
	}
	if (ret == 0 && parts[i].service)
		adopt(path, account);
	if (ret == 0)
		ret =
		    set_owner(path, parts[i].service ? account->uid : geteuid(),
			parts[i].service ? account->gid : getegid(),
			parts[i].mode, err);
	free(path);
	return ret;
}

/*
 * Root works in it, so nobody else may: what he put in the place of a part
 * would be given to the service user. A home directory that adduser(8) made is
 * the service user's, and is taken over; who else owns it did not mean it for
 * us.
 */
static int
check_top(const char *dir, const struct stat *st, const struct account *account,
    struct err *err)
{
	if (st->st_uid != geteuid() && st->st_uid != account->uid) {
		err_at(
		    err, dir, 0, 0, "belongs to user %u", (unsigned)st->st_uid);
		err_hint(err,
		    "chown root %s, or choose another directory with "
		    "--state-dir",
		    dir);
		return -EPERM;
	}
	if ((st->st_mode & S_IWOTH) != 0) {
		err_at(err, dir, 0, 0, "anybody may write to it");
		err_hint(err, "give a directory of its own with --state-dir");
		return -EPERM;
	}
	return 0;
}

static int
prepare_top(const char *dir, const struct account *account, struct err *err)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st = {0};
	int ret = fd < 0 || fstat(fd, &st) < 0 ? -errno : 0;

	if (ret == 0)
		ret = check_top(dir, &st, account, err);
	if (ret == 0 &&
	    (fchown(fd, geteuid(), getegid()) < 0 || fchmod(fd, 0755) < 0))
		ret = -errno;
	if (ret < 0)
		err_at(err, dir, 0, 0, "%s", strerror(-ret));
	if (fd >= 0)
		close(fd);
	return ret;
}

int
statedir_prepare(
    const char *dir, const struct account *account, struct err *err)
{
	int ret = file_mkdirs(dir, 0755, err);

	if (ret == 0)
		ret = prepare_top(dir, account, err);
	for (size_t i = 0; ret == 0 && i < sizeof parts / sizeof parts[0]; i++)
		ret = prepare_part(dir, i, account, err);
	if (ret < 0)
		err_hint(err, "--state-dir chooses another directory");
	return ret;
}
