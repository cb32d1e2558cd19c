/*
 * A callback's body made fit to parse: JSON whose only faults are bytes that
 * its sender's log had in them, and forms with whatever escapes. Used by
 * report.c alone.
 */
#ifndef CONVECT_CORE_REPORT_BODY_H
#define CONVECT_CORE_REPORT_BODY_H

#include <stddef.h>

#include "base/buf.h"

#define REPORT_DEPTH_MAX 32
#define REPORT_PAIRS_MAX 256

/*
 * Appends the text with invalid UTF-8 and lone surrogate escapes as U+FFFD and
 * control bytes as spaces. Python writes such escapes for bytes of a log that
 * are not UTF-8. -EBADMSG when it nests deeper than REPORT_DEPTH_MAX.
 */
int report_body_clean_json(const char *body, size_t len, struct buf *out);

/*
 * Splits name=value&..; escapes are undone, broken ones stay as they are. Both
 * are terminated; the value may hold any byte. At most REPORT_PAIRS_MAX.
 */
void report_body_form(const char *body, size_t len,
    void (*on_pair)(void *arg, const char *name, const char *value, size_t len),
    void *arg);

#endif
