/*
 * Files: read with a ceiling, written so that a reader sees the old or the
 * new content and never half of one, opened beneath a directory and nowhere
 * else. Every descriptor is close-on-exec.
 */
#ifndef CONVECT_BASE_FILE_H
#define CONVECT_BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Appends a whole regular file. `out->max` is the ceiling (-EFBIG). Errors
 * name the path. "-" is not special.
 */
int file_read(const char *path, struct buf *out, struct err *err);
/* The same from a descriptor, which stays open; `name` is for messages. */
int file_read_fd(int fd, const char *name, struct buf *out, struct err *err);
/* Writes temp, fsync, rename, fsync of the directory. */
int file_write_atomic(int dirfd, const char *name, const void *data, size_t len,
    mode_t mode, struct err *err);
/*
 * Opens `path` beneath the directory `dirfd` (openat2, RESOLVE_BENEATH and no
 * magic links). A path that leaves it gives -EXDEV or -ELOOP. Returns the
 * descriptor or a negative errno.
 */
int file_open_beneath(int dirfd, const char *path, int flags, mode_t mode);
/* Makes a directory and its parents; an existing one is fine. */
int file_mkdirs(const char *path, mode_t mode, struct err *err);

#endif
