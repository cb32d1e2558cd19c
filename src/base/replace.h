/*
 * Replaces what a file holds: whoever reads it sees the old or the new text
 * and never half of one. Owner and mode stay, a symbolic link goes on pointing
 * to the file, and the old text is kept as FILE~. Two who replace the same file
 * wait for each other.
 */
#ifndef CONVECT_BASE_REPLACE_H
#define CONVECT_BASE_REPLACE_H

#include <stddef.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"

struct replace {
	char *path;   /* behind all links */
	char *name;   /* its last part */
	char *backup; /* path of FILE~ */
	int dirfd;
	int fd; /* of the old file, locked */
	struct stat st;
};

/*
 * Locks the file and appends what it holds; `out->max` is the ceiling. On
 * failure there is nothing to end.
 */
int replace_begin(const char *path, struct replace *ret_replace,
    struct buf *out, struct err *err);
/*
 * -EBUSY: somebody who knows no lock has changed it meanwhile. On failure the
 * file is as it was.
 */
int replace_commit(
    struct replace *replace, const void *data, size_t len, struct err *err);
/* After either, or to leave the file alone. */
void replace_end(struct replace *replace);

#endif
