#include "app/logstore_private.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "net/fdsync.h"

#define MIB (UINT64_C(1) << 20)
#define DAY_MS INT64_C(86400000)

enum {
	UPLOADS_MAX = 64, /* at once */
	NODE_UPLOADS_MAX = 4
};

static const struct logstore_limits defaults = {
    .file_max = LOGSTORE_FILE_MAX,
    .node_max = 64 * MIB,
    .total_max = 1024 * MIB,
    .free_min = 64 * MIB,
    .run_files = 32,
    .node_runs = 5,
    .age_ms = 30 * DAY_MS,
};

#define FILL(member)                                                           \
	do {                                                                   \
		if (limits->member == 0)                                       \
			limits->member = defaults.member;                      \
	} while (0)

static void
fill_limits(struct logstore_limits *limits)
{
	FILL(file_max);
	FILL(node_max);
	FILL(total_max);
	FILL(free_min);
	FILL(run_files);
	FILL(node_runs);
	FILL(age_ms);
}

struct logstore *
logstore_open(struct loop *loop, const struct clock *clock, const char *dir,
    const struct logstore_limits *limits, struct err *err)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct logstore *store;

	if (fd < 0) {
		err_at(err, dir, 0, 0, "%s", strerror(errno));
		return NULL;
	}
	store = mem_alloc(sizeof *store);
	store->loop = loop;
	store->sync = fdsync_new(loop);
	store->clock = clock;
	if (limits != NULL)
		store->limits = *limits;
	fill_limits(&store->limits);
	store->fd = fd;
	store->sweep_timer = loop_timer_new(loop, logstore_sweep, store);
	loop_timer_set(store->sweep_timer, 0);
	return store;
}

void
logstore_free(struct logstore *store)
{
	if (store == NULL)
		return;
	fdsync_free(store->sync);
	logstore_sweep_stop(store);
	loop_timer_free(store->sweep_timer);
	close(store->fd);
	free(store);
}

int
logstore_check_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	size_t len = strlen(name);

	if (len == 0 || len >= LOGSTORE_NAME_SIZE ||
	    strchr(letters, name[0]) == NULL)
		return -EINVAL;
	for (size_t i = 1; i < len; i++) {
		if (strchr(letters, name[i]) == NULL &&
		    strchr("._-", name[i]) == NULL)
			return -EINVAL;
	}
	return 0;
}

void
logstore_run_name(
    uint64_t generation, const char *id, char ret_run[LOGSTORE_RUN_SIZE])
{
	snprintf(
	    ret_run, LOGSTORE_RUN_SIZE, "%" PRIu64 "-%.8s", generation, id);
}

/* ---- uploads ------------------------------------------------------------ */

/* -EAGAIN: it is too much at once. */
static int
check_running(
    const struct logstore *store, const char *node, uint64_t *ret_coming)
{
	const struct logstore_upload *upload;
	unsigned all = 0;
	unsigned same = 0;
	uint64_t coming = 0;

	for (upload = store->uploads; upload != NULL; upload = upload->next) {
		all++;
		if (strcmp(upload->node, node) == 0)
			same++;
		coming += upload->length;
	}
	*ret_coming = coming;
	return all < UPLOADS_MAX && same < NODE_UPLOADS_MAX ? 0 : -EAGAIN;
}

/* The database is on the same disk, and comes first. */
static int
check_disk(struct logstore *store, uint64_t coming)
{
	struct statvfs vfs;

	if (store->total + coming > store->limits.total_max) {
		loop_timer_set(store->sweep_timer, 0);
		return -ENOSPC;
	}
	if (fstatvfs(store->fd, &vfs) < 0)
		return -errno;
	return (uint64_t)vfs.f_bavail * vfs.f_frsize >=
		       store->limits.free_min + coming
		   ? 0
		   : -ENOSPC;
}

static uint64_t
running_of(const struct logstore *store, const char *node)
{
	const struct logstore_upload *upload;
	uint64_t bytes = 0;

	for (upload = store->uploads; upload != NULL; upload = upload->next) {
		if (strcmp(upload->node, node) == 0)
			bytes += upload->length;
	}
	return bytes;
}

static const struct logstore_item *
find_run(const struct logstore_list *runs, const char *name)
{
	for (size_t i = 0; i < runs->count; i++) {
		if (strcmp(runs->item[i].name, name) == 0)
			return &runs->item[i];
	}
	return NULL;
}

/* The node's older runs go until `length` more fits in. */
static int
make_room(
    struct logstore *store, const char *node, const char *run, uint64_t length)
{
	uint64_t bytes = running_of(store, node) + length;
	const struct logstore_item *own;
	struct logstore_list runs;
	size_t count;

	logstore_list_runs(store->fd, node, &runs);
	own = find_run(&runs, run);
	bytes += logstore_list_bytes(&runs);
	count = runs.count + (own == NULL);
	for (size_t i = 0;
	     i < runs.count && (bytes > store->limits.node_max ||
				   count > store->limits.node_runs);
	     i++) {
		const struct logstore_item *old = &runs.item[i];

		if (old == own)
			continue;
		bytes -= old->bytes;
		count--;
		logstore_less(
		    store, logstore_remove_run(store, node, old->name));
	}
	if (bytes > store->limits.node_max)
		return -EDQUOT;
	return own == NULL || own->files < store->limits.run_files ? 0
								   : -EDQUOT;
}

/* Makes what is missing of NODE/RUN. */
static int
open_run(const struct logstore *store, const char *node, const char *run)
{
	char *path = mem_printf("%s/%s", node, run);
	int ret = 0;

	if (mkdirat(store->fd, node, 0700) < 0 && errno != EEXIST)
		ret = -errno;
	if (ret == 0 && mkdirat(store->fd, path, 0700) < 0 && errno != EEXIST)
		ret = -errno;
	if (ret == 0)
		ret = file_open_beneath(
		    store->fd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	free(path);
	return ret;
}

static void
upload_free(struct logstore_upload *upload)
{
	struct logstore_upload **at = &upload->store->uploads;

	while (*at != NULL && *at != upload)
		at = &(*at)->next;
	if (*at != NULL)
		*at = upload->next;
	if (upload->fd >= 0)
		close(upload->fd);
	if (upload->dirfd >= 0)
		close(upload->dirfd);
	if (upload->parent >= 0)
		close(upload->parent);
	free(upload->node);
	free(upload);
}

/* What a crash has left of another upload is written over. */
static int
upload_open(struct logstore_upload *upload)
{
	struct logstore *store = upload->store;

	upload->dirfd = open_run(store, upload->node, upload->run);
	if (upload->dirfd < 0)
		return upload->dirfd;
	snprintf(
	    upload->part, sizeof upload->part, ".part-%u", store->serial++);
	(void)unlinkat(upload->dirfd, upload->part, 0);
	upload->fd = openat(upload->dirfd, upload->part,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	return upload->fd < 0 ? -errno : 0;
}

static int
check_begin(struct logstore *store, const char *node, const char *run,
    const char *name, uint64_t length)
{
	uint64_t coming;
	int ret;

	if (logstore_check_name(name) < 0 || logstore_check_name(run) < 0)
		return -EINVAL;
	if (length > store->limits.file_max)
		return -EFBIG;
	ret = check_running(store, node, &coming);
	if (ret == 0)
		ret = check_disk(store, coming + length);
	return ret < 0 ? ret : make_room(store, node, run, length);
}

int
logstore_begin(struct logstore *store, const char *node, const char *run,
    const char *name, uint64_t length, struct logstore_upload **ret_upload)
{
	char *dir = logstore_node_dir(node);
	int ret = check_begin(store, dir, run, name, length);
	struct logstore_upload *upload;

	if (ret < 0) {
		free(dir);
		return ret;
	}
	upload = mem_alloc(sizeof *upload);
	upload->store = store;
	upload->node = dir;
	str_copy(upload->run, sizeof upload->run, run);
	str_copy(upload->name, sizeof upload->name, name);
	upload->length = length;
	upload->dirfd = -1;
	upload->fd = -1;
	upload->parent = -1;
	ret = upload_open(upload);
	if (ret < 0) {
		upload_free(upload);
		return ret;
	}
	upload->next = store->uploads;
	store->uploads = upload;
	*ret_upload = upload;
	return 0;
}

void
logstore_write(struct logstore_upload *upload, const void *data, size_t len)
{
	const char *at = data;

	if (len > upload->length - upload->written)
		upload->error = -EFBIG;
	while (len > 0 && upload->error == 0) {
		ssize_t n = write(upload->fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			upload->error = -errno;
			return;
		}
		at += n;
		len -= (size_t)n;
		upload->written += (uint64_t)n;
	}
}

void
logstore_abort(struct logstore_upload *upload)
{
	(void)unlinkat(upload->dirfd, upload->part, 0);
	upload_free(upload);
}

static void
commit_end(struct logstore_upload *upload, int error)
{
	logstore_kept_cb *cb = upload->on_kept;
	void *arg = upload->arg;

	if (error < 0)
		logstore_abort(upload);
	else
		upload_free(upload);
	cb(arg, error);
}

static void
on_all_synced_cb(void *arg, int error)
{
	commit_end(arg, error);
}

/* The run's directory may be a new one in that of the node. */
static void
on_node_synced_cb(void *arg, int error)
{
	struct logstore_upload *upload = arg;

	if (error < 0)
		commit_end(upload, error);
	else
		fdsync_start(upload->store->sync, upload->store->fd,
		    on_all_synced_cb, upload);
}

static void
on_run_synced_cb(void *arg, int error)
{
	struct logstore_upload *upload = arg;

	if (error == 0)
		upload->parent = file_open_beneath(upload->store->fd,
		    upload->node, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0);
	if (error == 0 && upload->parent < 0)
		error = upload->parent;
	if (error < 0)
		commit_end(upload, error);
	else
		fdsync_start(upload->store->sync, upload->parent,
		    on_node_synced_cb, upload);
}

static int
publish(struct logstore_upload *upload)
{
	struct logstore *store = upload->store;
	struct stat old = {0};

	if (fstatat(upload->dirfd, upload->name, &old, AT_SYMLINK_NOFOLLOW) < 0)
		old.st_size = 0;
	if (renameat(upload->dirfd, upload->part, upload->dirfd, upload->name) <
	    0)
		return -errno;
	logstore_less(store, (uint64_t)old.st_size);
	store->total += upload->length;
	return 0;
}

static void
on_file_synced_cb(void *arg, int error)
{
	struct logstore_upload *upload = arg;

	if (error == 0)
		error = publish(upload);
	if (error < 0)
		commit_end(upload, error);
	else
		fdsync_start(upload->store->sync, upload->dirfd,
		    on_run_synced_cb, upload);
}

void
logstore_commit(struct logstore_upload *upload, logstore_kept_cb *cb, void *arg)
{
	int error = upload->error;

	upload->on_kept = cb;
	upload->arg = arg;
	if (error == 0 && upload->written != upload->length)
		error = -ECONNRESET;
	if (error < 0)
		commit_end(upload, error);
	else
		fdsync_start(
		    upload->store->sync, upload->fd, on_file_synced_cb, upload);
}

/* ---- reading ------------------------------------------------------------ */

static void
each_file(const struct logstore *store, const char *node, const char *run,
    logstore_file_cb *cb, void *arg)
{
	struct logstore_file file = {.run = run};
	char *path = mem_printf("%s/%s", node, run);
	struct logstore_list files;

	file.generation = strtoull(run, NULL, 10);
	logstore_list_files(store->fd, path, &files);
	for (size_t i = 0; i < files.count; i++) {
		file.name = files.item[i].name;
		file.bytes = files.item[i].bytes;
		file.time_ms = files.item[i].time_ms;
		cb(arg, &file);
	}
	free(path);
}

void
logstore_each(const struct logstore *store, const char *node,
    logstore_file_cb *cb, void *arg)
{
	char *dir = logstore_node_dir(node);
	struct logstore_list runs;

	logstore_list_runs(store->fd, dir, &runs);
	for (size_t i = 0; i < runs.count; i++)
		each_file(store, dir, runs.item[i].name, cb, arg);
	free(dir);
}

int
logstore_read(const struct logstore *store, const char *node, const char *run,
    const char *name)
{
	char *dir;
	char *path;
	int fd;

	if (logstore_check_name(run) < 0 || logstore_check_name(name) < 0)
		return -EINVAL;
	dir = logstore_node_dir(node);
	path = mem_printf("%s/%s/%s", dir, run, name);
	fd = file_open_beneath(
	    store->fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0);
	free(path);
	free(dir);
	return fd;
}
