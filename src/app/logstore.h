/*
 * The logs that installers uploaded, as files below one directory:
 * NODE/RUN/NAME, one RUN an install. Names come from the network: a NAME is of
 * a small set of characters, NODE is escaped, and nothing is ever opened
 * outside. A file is there when all of it arrived, or not at all; it is on the
 * disk when its upload is told to be kept, for which the loop does not wait.
 *
 * Everything is bounded: what a node has too much goes, oldest run first; what
 * is too old goes; an upload that would fill the disk is refused.
 *
 * Knows nothing of HTTP, tokens or what is in the files.
 */
#ifndef CONVECT_APP_LOGSTORE_H
#define CONVECT_APP_LOGSTORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "net/loop.h"

#define LOGSTORE_NAME_SIZE 65	     /* of a file's name */
#define LOGSTORE_RUN_SIZE 33	     /* of a run's */
#define LOGSTORE_FILE_MAX (16 << 20) /* bytes */

/* 0 takes the default in brackets. */
struct logstore_limits {
	uint64_t file_max;  /* bytes of a file [LOGSTORE_FILE_MAX] */
	uint64_t node_max;  /* of all files of a node [64 MiB] */
	uint64_t total_max; /* of all files [1 GiB] */
	uint64_t free_min;  /* that must stay free on the disk [64 MiB] */
	size_t run_files;   /* files of a run [32] */
	size_t node_runs;   /* runs of a node [5] */
	int64_t age_ms;	    /* of a run [30 days] */
};

struct logstore;
struct logstore_upload;

/* One file of a run; the strings live during the call that shows it. */
struct logstore_file {
	const char *run;
	const char *name;
	uint64_t generation; /* of the install; the run's name has it */
	uint64_t bytes;
	int64_t time_ms; /* when it was complete */
};

/* The directory exists and is ours alone. Removes what is too old by and by. */
struct logstore *logstore_open(struct loop *loop, const struct clock *clock,
    const char *dir, const struct logstore_limits *limits, struct err *err);
/* Waits for what is being committed; others have ended. NULL is fine. */
void logstore_free(struct logstore *store);

/* A letter or a digit, then letters, digits, '.', '_', '-'; at most 64. */
int logstore_check_name(const char *name);
/* The name of a run: `id` tells the installs of a generation apart. */
void logstore_run_name(
    uint64_t generation, const char *id, char ret_run[LOGSTORE_RUN_SIZE]);

/*
 * Begins to take a file of `length` bytes. -EINVAL: not such a name; -EFBIG;
 * -EDQUOT: the run has enough of them; -EAGAIN: too many at once; -ENOSPC: no
 * room, of ours or on the disk; or what the file system says.
 */
int logstore_begin(struct logstore *store, const char *node, const char *run,
    const char *name, uint64_t length, struct logstore_upload **ret_upload);
/* The next bytes; what goes wrong is told by logstore_commit(). */
void logstore_write(
    struct logstore_upload *upload, const void *data, size_t len);
/* 0: the file is there, and stays when the power goes; or why it is not. */
typedef void logstore_kept_cb(void *arg, int error);
/* Ends the upload; cb is called once, perhaps before this returns. */
void logstore_commit(
    struct logstore_upload *upload, logstore_kept_cb *cb, void *arg);
/* Ends it, and nothing is there. */
void logstore_abort(struct logstore_upload *upload);

/* The node's files, oldest run first, in a run by time. */
typedef void logstore_file_cb(void *arg, const struct logstore_file *file);
void logstore_each(const struct logstore *store, const char *node,
    logstore_file_cb *cb, void *arg);
/* A descriptor to read one, or a negative errno. */
int logstore_read(const struct logstore *store, const char *node,
    const char *run, const char *name);

#endif
