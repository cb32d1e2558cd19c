/*
 * A .tar.gz of files that are in memory, for its owner alone.
 */
#ifndef CONVECT_CTL_TARBALL_H
#define CONVECT_CTL_TARBALL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct tarball;

/*
 * Makes a new file, mode 0600, whose files are below `dir`. NULL with err when
 * it can not be made; one of that name is never touched.
 */
struct tarball *tarball_new(
    const char *path, const char *dir, int64_t now_ms, struct err *err);
/* Errors are kept for tarball_close(). */
void tarball_add(
    struct tarball *tarball, const char *name, const void *data, size_t len);
/* Frees it. A negative errno with err: the file is gone again. */
int tarball_close(struct tarball *tarball, struct err *err);

#endif
