#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "app/aptcache_private.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

#define PART_AGE_S 86400 /* a part that nobody went on with is removed */
#define WALK_DEPTH 24
#define WALK_FILES 1000000

/* First what is volatile among what looks as if it were not. */
bool
aptcache_is_immutable(const char *path)
{
	static const char *const patterns[] = {"*.deb", "*.udeb", "*.ddeb",
	    "*.dsc", "*/by-hash/*", "*/pool/*.tar.*", "*/pool/*.diff.gz"};

	for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
		if (str_glob(patterns[i], path))
			return true;
	}
	return false;
}

/* ---- a walk over all files -------------------------------------------------
 */

struct seen {
	char *path;
	uint64_t size;
	time_t used;
};

struct walk {
	struct seen *list;
	size_t count;
};

static void walk_dir(struct walk *walk, int parent, const char *name,
    const char *path, int depth);

static void
/* NOLINTNEXTLINE(misc-no-recursion): no deeper than WALK_DEPTH */
walk_entry(
    struct walk *walk, int dir, const char *name, const char *path, int depth)
{
	char *full = path[0] == '\0' ? mem_strdup(name)
				     : mem_printf("%s/%s", path, name);
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode) && depth > 0) {
		walk_dir(walk, dir, name, full, depth - 1);
	} else if (S_ISREG(st.st_mode) && walk->count < WALK_FILES) {
		if ((walk->count & (walk->count - 1)) == 0)
			walk->list = mem_resize(walk->list,
			    walk->count == 0 ? 1 : 2 * walk->count,
			    sizeof *walk->list);
		walk->list[walk->count++] = (struct seen){
		    mem_strdup(full), (uint64_t)st.st_size, st.st_atime};
	}
	free(full);
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): no deeper than WALK_DEPTH */
walk_dir(struct walk *walk, int parent, const char *name, const char *path,
    int depth)
{
	int fd = openat(
	    parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.')
			walk_entry(walk, fd, entry->d_name, path, depth);
	}
	closedir(dir);
}

static void
walk_done(struct walk *walk)
{
	for (size_t i = 0; i < walk->count; i++)
		free(walk->list[i].path);
	free(walk->list);
}

/* ---- start -----------------------------------------------------------------
 */

static void
clean_parts(int parts)
{
	int copy = openat(parts, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	struct stat st;

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (fstatat(parts, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) ==
			0 &&
		    S_ISREG(st.st_mode) &&
		    st.st_mtime + PART_AGE_S < time(NULL))
			(void)unlinkat(parts, entry->d_name, 0);
	}
	closedir(dir);
}

int
aptcache_store_open(struct aptcache_store *store,
    const struct aptcache_config *config, struct err *err)
{
	struct walk walk = {0};

	store->size_max = config->size_max;
	store->free_floor = config->free_floor;
	store->parts = -1;
	store->dir =
	    open(config->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (store->dir >= 0 &&
	    (mkdirat(store->dir, APTCACHE_PARTS, 0700) == 0 || errno == EEXIST))
		store->parts = openat(store->dir, APTCACHE_PARTS,
		    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (store->parts < 0) {
		err_at(err, config->dir, 0, 0, "%s", strerror(errno));
		return -EIO;
	}
	clean_parts(store->parts);
	walk_dir(&walk, store->dir, ".", "", WALK_DEPTH);
	store->files = walk.count;
	for (size_t i = 0; i < walk.count; i++)
		store->bytes += walk.list[i].size;
	walk_done(&walk);
	return 0;
}

void
aptcache_store_done(struct aptcache_store *store)
{
	if (store->parts >= 0)
		close(store->parts);
	if (store->dir >= 0)
		close(store->dir);
}

/* ---- files -----------------------------------------------------------------
 */

int
aptcache_store_get(
    struct aptcache_store *store, const char *path, struct stat *ret_st)
{
	const struct timespec used[2] = {
	    {.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_OMIT}};
	int fd = file_open_beneath(
	    store->dir, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);

	if (fd < 0)
		return fd;
	if (fstat(fd, ret_st) < 0 || !S_ISREG(ret_st->st_mode)) {
		close(fd);
		return -ENOENT;
	}
	(void)futimens(fd, used);
	return fd;
}

/* The directories of the path, below ours. */
static int
make_dirs(struct aptcache_store *store, const char *path)
{
	char *dir = mem_strdup(path);
	int ret = 0;

	for (char *slash = strchr(dir, '/'); ret == 0 && slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdirat(store->dir, dir, 0700) < 0 && errno != EEXIST)
			ret = -errno;
		*slash = '/';
	}
	free(dir);
	return ret;
}

static void
forget(struct aptcache_store *store, const char *path)
{
	struct stat st;

	if (fstatat(store->dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode) || unlinkat(store->dir, path, 0) < 0)
		return;
	store->bytes -= (uint64_t)st.st_size < store->bytes
			    ? (uint64_t)st.st_size
			    : store->bytes;
	store->files -= store->files > 0;
}

int
aptcache_store_commit(struct aptcache_store *store, const char *key,
    const char *path, int fd, time_t modified, struct err *err)
{
	const struct timespec times[2] = {
	    {.tv_nsec = UTIME_NOW}, {.tv_sec = modified}};
	char *part = mem_printf(APTCACHE_PARTS "/%s.part", key);
	struct stat st = {0};
	int ret = make_dirs(store, path);

	if (ret == 0)
		forget(store, path);
	if (ret == 0 &&
	    (futimens(fd, times) < 0 || fstat(fd, &st) < 0 || fsync(fd) < 0 ||
		renameat(store->dir, part, store->dir, path) < 0))
		ret = -errno;
	if (ret < 0) {
		err_set(err, "%s: %s", path, strerror(-ret));
	} else {
		store->bytes += (uint64_t)st.st_size;
		store->files++;
	}
	free(part);
	return ret;
}

void
aptcache_store_drop_indexes(struct aptcache_store *store, const char *dir)
{
	struct walk walk = {0};

	walk_dir(&walk, store->dir, dir, dir, WALK_DEPTH);
	for (size_t i = 0; i < walk.count; i++) {
		const char *path = walk.list[i].path;

		if (!aptcache_is_immutable(path) &&
		    !str_starts(path + strlen(dir), "/InRelease") &&
		    !str_starts(path + strlen(dir), "/Release"))
			forget(store, path);
	}
	walk_done(&walk);
}

/* ---- room ------------------------------------------------------------------
 */

static bool
has_room(const struct aptcache_store *store, uint64_t bytes, uint64_t max)
{
	struct statvfs vfs;

	if (store->bytes > max || bytes > max - store->bytes)
		return false;
	if (fstatvfs(store->dir, &vfs) < 0)
		return true;
	return (uint64_t)vfs.f_bavail * vfs.f_frsize >=
	       store->free_floor + bytes;
}

static int
compare_used(const void *a, const void *b)
{
	const struct seen *left = a;
	const struct seen *right = b;

	return (left->used > right->used) - (left->used < right->used);
}

/* Down to nine tenths, so that it is not done for each file. */
int
aptcache_store_make_room(struct aptcache_store *store, uint64_t bytes)
{
	struct walk walk = {0};
	int gone = 0;

	if (has_room(store, bytes, store->size_max))
		return 0;
	if (bytes > store->size_max)
		return -ENOSPC;
	walk_dir(&walk, store->dir, ".", "", WALK_DEPTH);
	if (walk.count > 0)
		qsort(walk.list, walk.count, sizeof *walk.list, compare_used);
	for (size_t i = 0; i < walk.count; i++) {
		if (has_room(store, bytes, store->size_max / 10 * 9))
			break;
		if (!aptcache_is_immutable(walk.list[i].path))
			continue;
		forget(store, walk.list[i].path);
		gone++;
	}
	walk_done(&walk);
	return has_room(store, bytes, store->size_max) ? gone : -ENOSPC;
}
