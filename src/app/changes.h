/*
 * What a reload changes, by node: which hosts came and went, and whose
 * rendered files differ. The files are rendered in the background check
 * anyway; here only their digests are compared and the log is kept short.
 */
#ifndef CONVECT_APP_CHANGES_H
#define CONVECT_APP_CHANGES_H

#include <stddef.h>

#include "app/site.h"

/* Nodes of one kind of change that are named in the log. */
#define CHANGES_LINES_MAX 20

struct changes;

/*
 * Between two readings. `earlier` is what changes_new() gave for the one
 * before, if its comparison has not come to its end, and is taken over: it
 * knows what `before` had not rendered yet. Logs who came and who went.
 */
struct changes *changes_new(const struct site *before, const struct site *after,
    struct changes *earlier);
void changes_free(struct changes *changes); /* NULL is fine */

/* A host of the newer reading has been rendered. */
void changes_compare(struct changes *changes, const struct inv_host *host,
    const struct site_check *check);
/* All have been: logs the sum, and frees. */
void changes_finish(struct changes *changes);

#endif
