/*
 * The difference of two texts, as diff -u writes it: lines, three of context.
 * Pure; for previews of rendered files.
 */
#ifndef CONVECT_CTL_UDIFF_H
#define CONVECT_CTL_UDIFF_H

#include "base/buf.h"

/* Between the first and the last line that differ; more are all replaced. */
#define UDIFF_CELLS_MAX 4000000

/*
 * Appends the hunks under "--- before_name" and "+++ after_name"; nothing when
 * the texts are equal.
 */
struct udiff_text {
	const char *name;
	const char *text;
	size_t len;
};
void udiff_write(const struct udiff_text *before,
    const struct udiff_text *after, struct buf *out);

#endif
