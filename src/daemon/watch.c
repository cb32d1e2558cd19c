#include "daemon/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"

/* Content counts when its writer has closed it. */
#define EVENTS                                                                 \
	(IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM |              \
	    IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

void
watch_init(struct watch *watch)
{
	memset(watch, 0, sizeof *watch);
	watch->fd = -1;
}

static void
forget(struct watch *watch)
{
	for (size_t i = 0; i < watch->count; i++) {
		free(watch->entry[i].dir);
		free(watch->entry[i].name);
	}
	watch->count = 0;
	if (watch->fd >= 0)
		close(watch->fd);
	watch->fd = -1;
}

void
watch_done(struct watch *watch)
{
	forget(watch);
	free(watch->entry);
	watch_init(watch);
}

/* ---- what to watch ---- */

/* `name` NULL: the whole directory. What is not there is no error. */
static int
add(struct watch *watch, const char *dir, const char *name, struct err *err)
{
	int wd;

	if (watch->count == WATCH_MAX) {
		err_set(err, "more than %d directories to watch", WATCH_MAX);
		return -E2BIG;
	}
	wd = inotify_add_watch(watch->fd, dir, EVENTS);
	if (wd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (wd < 0) {
		int ret = -errno;

		err_at(
		    err, dir, 0, 0, "can not be watched: %s", strerror(-ret));
		if (ret == -ENOSPC)
			err_hint(err, "raise fs.inotify.max_user_watches");
		return ret;
	}
	if (watch->count == watch->cap) {
		watch->cap = watch->cap == 0 ? 32 : watch->cap * 2;
		watch->entry =
		    mem_resize(watch->entry, watch->cap, sizeof *watch->entry);
	}
	watch->entry[watch->count++] = (struct watch_entry){.wd = wd,
	    .dir = mem_strdup(dir),
	    .name = name == NULL ? NULL : mem_strdup(name)};
	return 0;
}

/* The last component of a path, in the directory that holds it. */
static int
add_path(struct watch *watch, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char *dir;
	int ret;

	if (slash == NULL)
		return add(watch, ".", path, err);
	dir = slash == path ? mem_strdup("/")
			    : mem_strndup(path, (size_t)(slash - path));
	ret = add(watch, dir, slash + 1, err);
	free(dir);
	return ret;
}

static bool
is_link(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

/*
 * The path itself; each link on its way, which may be turned to somewhere
 * else; and the file that it leads to.
 */
static int
add_way(struct watch *watch, const char *path, struct err *err)
{
	char *part = mem_strdup(path);
	char *real = NULL;
	size_t len = strlen(path);
	int ret = 0;

	while (len > 1 && part[len - 1] == '/')
		part[--len] = '\0';
	ret = add_path(watch, part, err);
	if (is_link(part))
		real = realpath(part, NULL);
	if (ret == 0 && real != NULL)
		ret = add_path(watch, real, err);
	for (size_t i = len; ret == 0 && i > 1; i--) {
		if (part[i - 1] != '/')
			continue;
		part[i - 1] = '\0';
		if (is_link(part))
			ret = add_path(watch, part, err);
	}
	free(real);
	free(part);
	return ret;
}

/* group_vars and host_vars may appear beside an inventory file. */
static int
add_vars(struct watch *watch, const char *path, struct err *err)
{
	static const char *const vars[] = {"group_vars", "host_vars"};
	const char *slash = strrchr(path, '/');
	int len = slash == NULL ? 0 : (int)(slash - path + 1);
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < sizeof vars / sizeof vars[0]; i++) {
		char *name = mem_printf("%.*s%s", len, path, vars[i]);

		ret = add_path(watch, name, err);
		free(name);
	}
	return ret;
}

static int
add_tree(struct watch *watch, const struct priv_trees *trees, unsigned kind,
    size_t index, struct err *err)
{
	const char *path = trees->path[kind][index];
	struct tree *tree = NULL;
	int ret = add_way(watch, path, err);

	if (ret == 0 && kind == PRIV_TREE_INVENTORY)
		ret = add_vars(watch, path, err);
	/* What is wrong with it the engine will say. */
	if (ret < 0 || priv_trees_open(trees, kind, index, &tree, NULL) < 0)
		return ret;
	for (size_t i = 0; ret == 0 && i < tree_dir_count(tree); i++) {
		char *dir = tree_dir_path(tree, i);

		ret = add(watch, dir, NULL, err);
		free(dir);
	}
	tree_free(tree);
	return ret;
}

int
watch_trees(
    struct watch *watch, const struct priv_trees *trees, struct err *err)
{
	int ret = 0;

	forget(watch);
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0) {
		ret = -errno;
		err_set(err, "inotify: %s", strerror(-ret));
		return ret;
	}
	for (unsigned kind = 1; kind < PRIV_TREE_KINDS; kind++) {
		for (size_t i = 0; i < trees->count[kind]; i++) {
			int one = add_tree(watch, trees, kind, i, err);

			if (ret == 0)
				ret = one;
		}
	}
	return ret;
}

/* ---- what happens ---- */

/* Kubernetes turns a link "..data"; other hidden names are no files of ours. */
static bool
is_noise(const char *name)
{
	return (name[0] == '.' && name[1] != '.') || str_ends(name, "~");
}

/* An empty file that has just been made says more when it is closed. */
static bool
is_unfinished(
    const struct watch_entry *entry, const struct inotify_event *event)
{
	char *path;
	struct stat st;
	bool unfinished;

	if ((event->mask & IN_CREATE) == 0 || (event->mask & IN_ISDIR) != 0)
		return false;
	path = mem_printf("%s/%s", entry->dir, event->name);
	unfinished =
	    lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1;
	free(path);
	return unfinished;
}

static bool
concerns(const struct watch *watch, const struct inotify_event *event)
{
	if ((event->mask & (IN_Q_OVERFLOW | IN_UNMOUNT)) != 0)
		return true;
	for (size_t i = 0; i < watch->count; i++) {
		const struct watch_entry *entry = &watch->entry[i];

		if (entry->wd != event->wd || (event->mask & IN_IGNORED) != 0)
			continue;
		if (event->len == 0)
			return true;
		if (entry->name == NULL ? is_noise(event->name)
					: strcmp(entry->name, event->name) != 0)
			continue;
		if (!is_unfinished(entry, event))
			return true;
	}
	return false;
}

void
watch_handle(struct watch *watch, int64_t now_ms)
{
	_Alignas(struct inotify_event) char buf[8192];
	ssize_t len;

	while (watch->fd >= 0 && (len = read(watch->fd, buf, sizeof buf)) > 0) {
		const char *at = buf;

		while (at < buf + len) {
			/* The kernel pads each to the next one's alignment. */
			const struct inotify_event *event = (const void *)at;

			if (concerns(watch, event)) {
				watch->last_ms = now_ms;
				if (watch->first_ms == 0)
					watch->first_ms = now_ms;
			}
			at += sizeof *event + event->len;
		}
	}
}

int64_t
watch_due(const struct watch *watch)
{
	int64_t quiet = watch->last_ms + WATCH_QUIET_MS;
	int64_t late = watch->first_ms + WATCH_LATE_MS;

	if (watch->first_ms == 0)
		return INT64_MAX;
	return quiet < late ? quiet : late;
}

bool
watch_is_due(struct watch *watch, int64_t now_ms)
{
	if (now_ms < watch_due(watch))
		return false;
	watch->first_ms = 0;
	watch->last_ms = 0;
	return true;
}
