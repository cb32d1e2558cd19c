/*
 * Named texts in memory, searched in the order in which they were added: the
 * operator's templates before the shipped ones. The engine can not open files
 * itself; this is what its template loader reads from.
 */
#ifndef CONVECT_APP_TEXTS_H
#define CONVECT_APP_TEXTS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

struct texts;

struct texts *texts_new(void);
void texts_free(struct texts *texts);
/* Copies; a name that is there already keeps its text. */
void texts_add(
    struct texts *texts, const char *name, const char *data, size_t len);
/* NULL: no such name. */
const char *texts_find(
    const struct texts *texts, const char *name, size_t *ret_len);
/* For the loader's error: one more place that the texts came from. */
void texts_add_place(struct texts *texts, const char *path);
/* The names, in no order; ends with what `cb` returns if that is not 0. */
int texts_each(const struct texts *texts,
    int (*cb)(void *arg, const char *name), void *arg);
/* A template loader: `arg` is the struct texts. -ENOENT: no such name. */
int texts_load(void *arg, const char *name, struct buf *out, struct err *err);

#endif
