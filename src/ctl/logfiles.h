/*
 * The logs that a node's installers uploaded, as the daemon gives them: FILEs
 * of ctl/client.h, and their text with secrets masked.
 */
#ifndef CONVECT_CTL_LOGFILES_H
#define CONVECT_CTL_LOGFILES_H

#include "base/buf.h"
#include "base/err.h"
#include "ctl/ctl.h"
#include "inventory/value.h"

/* All that is kept, oldest first: a list, the caller's. */
int logfiles_list(struct ctl *ctl, const char *node, struct value *ret_files,
    struct err *err);
/* The files of the newest run, or of that one; a list, the caller's. */
struct value logfiles_of_run(struct value files, const char *run);
/* Each piece of a file's text; a negative result ends it. */
typedef int logfiles_text_cb(void *arg, const char *text, size_t len);
int logfiles_read(struct ctl *ctl, const char *node, struct value file,
    logfiles_text_cb *cb, void *arg, struct err *err);

#endif
