/* The log store's directories: what is there, and removing it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/logstore_private.h"
#include "base/escape.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

enum {
	SWEEP_EVERY_MS = 600000,
	SWEEP_PAUSE_MS = 5 /* a node's directory a turn */
};

char *
logstore_node_dir(const char *node)
{
	struct buf dir;

	buf_init(&dir, 1024);
	/* The one thing in it that is not safe in a path. */
	if (node[0] == '.') {
		buf_adds(&dir, "%2E");
		node++;
	}
	escape_url(&dir, node, strlen(node));
	return buf_take(&dir, NULL);
}

static int
by_time(const void *a, const void *b)
{
	const struct logstore_item *x = a;
	const struct logstore_item *y = b;

	if (x->time_ms != y->time_ms)
		return x->time_ms < y->time_ms ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* A directory's entries, below `dirfd`; NULL: it is not there. */
static DIR *
open_dir(int dirfd, const char *path)
{
	int fd = file_open_beneath(
	    dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (fd >= 0 && dir == NULL)
		close(fd);
	return dir;
}

/* Adds it when it is of that type and has a name of ours. */
static bool
add_item(DIR *dir, const char *name, mode_t type, struct logstore_list *list)
{
	struct logstore_item *item = &list->item[list->count];
	struct stat st;

	if (logstore_check_name(name) < 0 || list->count == LOGSTORE_LIST_MAX ||
	    fstatat(dirfd(dir), name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    (st.st_mode & S_IFMT) != type)
		return false;
	memset(item, 0, sizeof *item);
	str_copy(item->name, sizeof item->name, name);
	item->bytes = type == S_IFREG ? (uint64_t)st.st_size : 0;
	item->time_ms =
	    (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
	list->count++;
	return true;
}

static void
list_type(
    int dirfd, const char *path, mode_t type, struct logstore_list *ret_list)
{
	DIR *dir = open_dir(dirfd, path);
	const struct dirent *entry;

	ret_list->count = 0;
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		(void)add_item(dir, entry->d_name, type, ret_list);
	if (dir != NULL)
		closedir(dir);
	qsort(
	    ret_list->item, ret_list->count, sizeof ret_list->item[0], by_time);
}

void
logstore_list_files(int dirfd, const char *path, struct logstore_list *ret_list)
{
	list_type(dirfd, path, S_IFREG, ret_list);
}

uint64_t
logstore_list_bytes(const struct logstore_list *list)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < list->count; i++)
		bytes += list->item[i].bytes;
	return bytes;
}

void
logstore_less(struct logstore *store, uint64_t bytes)
{
	store->total = bytes < store->total ? store->total - bytes : 0;
}

void
logstore_list_runs(int dirfd, const char *node, struct logstore_list *ret_list)
{
	struct logstore_list files;

	list_type(dirfd, node, S_IFDIR, ret_list);
	for (size_t i = 0; i < ret_list->count; i++) {
		struct logstore_item *run = &ret_list->item[i];
		char *path = mem_printf("%s/%s", node, run->name);

		logstore_list_files(dirfd, path, &files);
		run->bytes = logstore_list_bytes(&files);
		run->files = files.count;
		free(path);
	}
}

/* Whatever is in it, unfinished uploads too: those end without a file. */
uint64_t
logstore_remove_run(
    const struct logstore *store, const char *node, const char *run)
{
	char *path = mem_printf("%s/%s", node, run);
	DIR *dir = open_dir(store->fd, path);
	const struct dirent *entry;
	struct logstore_list files;

	logstore_list_files(store->fd, path, &files);
	while (dir != NULL && (entry = readdir(dir)) != NULL)
		(void)unlinkat(dirfd(dir), entry->d_name, 0);
	if (dir != NULL)
		closedir(dir);
	(void)unlinkat(store->fd, path, AT_REMOVEDIR);
	free(path);
	return logstore_list_bytes(&files);
}

/* ---- the sweep ---------------------------------------------------------- */

static void
note_oldest(
    struct logstore *store, const char *node, const struct logstore_item *run)
{
	if (store->oldest.node != NULL && run->time_ms >= store->oldest.time_ms)
		return;
	free(store->oldest.node);
	store->oldest.node = mem_strdup(node);
	str_copy(store->oldest.run, sizeof store->oldest.run, run->name);
	store->oldest.time_ms = run->time_ms;
}

/* The clock of a new machine may be years off: the future is not old. */
static void
sweep_node(struct logstore *store, const char *node)
{
	int64_t now = clock_wall_ms(store->clock);
	struct logstore_list runs;

	logstore_list_runs(store->fd, node, &runs);
	for (size_t i = 0; i < runs.count; i++) {
		const struct logstore_item *run = &runs.item[i];

		if (now - run->time_ms > store->limits.age_ms ||
		    runs.count - i > store->limits.node_runs) {
			(void)logstore_remove_run(store, node, run->name);
			continue;
		}
		store->sweep_total += run->bytes;
		note_oldest(store, node, run);
	}
	/* Only an empty one goes. */
	(void)unlinkat(store->fd, node, AT_REMOVEDIR);
}

void
logstore_sweep_stop(struct logstore *store)
{
	if (store->sweep != NULL)
		closedir(store->sweep);
	store->sweep = NULL;
	free(store->oldest.node);
	store->oldest.node = NULL;
	store->sweep_total = 0;
}

/* Of all that is there, the oldest run goes while it is too much. */
static void
sweep_end(struct logstore *store)
{
	bool again = store->sweep_total >= store->limits.total_max &&
		     store->oldest.node != NULL;

	store->total = store->sweep_total;
	if (again)
		logstore_less(
		    store, logstore_remove_run(
			       store, store->oldest.node, store->oldest.run));
	logstore_sweep_stop(store);
	loop_timer_set(
	    store->sweep_timer, again ? SWEEP_PAUSE_MS : SWEEP_EVERY_MS);
}

void
logstore_sweep(void *arg)
{
	struct logstore *store = arg;
	const struct dirent *entry;

	if (store->sweep == NULL)
		store->sweep = open_dir(store->fd, ".");
	do
		entry = store->sweep == NULL ? NULL : readdir(store->sweep);
	while (entry != NULL && entry->d_name[0] == '.');
	if (entry == NULL) {
		sweep_end(store);
		return;
	}
	sweep_node(store, entry->d_name);
	loop_timer_set(store->sweep_timer, SWEEP_PAUSE_MS);
}
