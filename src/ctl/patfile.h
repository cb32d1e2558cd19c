/*
 * "@FILE" in a pattern: the patterns that the file lists, one a line, "#"
 * comments left out. Read here, with the rights of who asks, never by the
 * daemon.
 */
#ifndef CONVECT_CTL_PATFILE_H
#define CONVECT_CTL_PATFILE_H

#include "base/buf.h"
#include "base/err.h"

#define PATFILE_MAX 65536 /* bytes, of a file and of the whole pattern */

/*
 * Adds the pattern with all its files written out. -EINVAL: a file without a
 * pattern; -E2BIG: too long; or why a file can not be read.
 */
int patfile_expand(const char *pattern, struct buf *out, struct err *err);

#endif
