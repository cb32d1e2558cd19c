/* Inside the log store: its state, and the walks over its directories. */
#ifndef CONVECT_APP_LOGSTORE_PRIVATE_H
#define CONVECT_APP_LOGSTORE_PRIVATE_H

#include <dirent.h>
#include <stdbool.h>

#include "app/logstore.h"

/* What a walk holds at most: more than is ever kept. */
#define LOGSTORE_LIST_MAX 64

struct logstore_upload {
	struct logstore *store;
	struct logstore_upload *next;
	char *node; /* its directory's name */
	char run[LOGSTORE_RUN_SIZE];
	char name[LOGSTORE_NAME_SIZE];
	char part[32]; /* its name until it is complete */
	int dirfd;     /* the run's directory */
	int fd;
	uint64_t length;
	uint64_t written;
	int error;
	int parent; /* what is synced after the run's directory; -1: none */
	logstore_kept_cb *on_kept;
	void *arg;
};

struct logstore {
	struct loop *loop;
	struct fdsync *sync;
	const struct clock *clock;
	struct logstore_limits limits;
	int fd;
	uint64_t total; /* bytes kept, as far as is known */
	struct logstore_upload *uploads;
	unsigned serial;
	struct loop_timer *sweep_timer;
	DIR *sweep; /* open while a sweep is under way */
	uint64_t sweep_total;
	struct { /* of this sweep, for when all of it is too much */
		char *node;
		char run[LOGSTORE_NAME_SIZE];
		int64_t time_ms;
	} oldest;
};

/* A file of a run, or a run of a node. */
struct logstore_item {
	char name[LOGSTORE_NAME_SIZE];
	int64_t time_ms; /* of its last change */
	uint64_t bytes;
	size_t files; /* of a run */
};

struct logstore_list {
	struct logstore_item item[LOGSTORE_LIST_MAX]; /* oldest first */
	size_t count;
};

/* The directory of a node below the store's; the caller frees it. */
char *logstore_node_dir(const char *node);
/* The complete files of a run, whose directory is `path` below `dirfd`. */
void logstore_list_files(
    int dirfd, const char *path, struct logstore_list *ret_list);
/* The runs of a node's directory, each with the sums of its files. */
void logstore_list_runs(
    int dirfd, const char *node, struct logstore_list *ret_list);
/* Removes a run and what is in it; the bytes that were freed. */
uint64_t logstore_remove_run(
    const struct logstore *store, const char *node, const char *run);
uint64_t logstore_list_bytes(const struct logstore_list *list);
/* Fewer bytes are kept; the sum is not known before the first sweep. */
void logstore_less(struct logstore *store, uint64_t bytes);

/* Looks at the next node's directory for what is too old or too much; `arg` is
 * the store. */
void logstore_sweep(void *arg);
void logstore_sweep_stop(struct logstore *store);

#endif
