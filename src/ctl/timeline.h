/*
 * How a machine's time line looks to people: one line an entry, how long after
 * the one before, and how long there was no news. Entries are those of
 * `timeline` in ctl/client.h.
 */
#ifndef CONVECT_CTL_TIMELINE_H
#define CONVECT_CTL_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "ctl/term.h"
#include "inventory/value.h"

#define TIMELINE_GAP_MS 10000 /* a longer silence is told */

struct timeline {
	const struct term *term;
	bool begun;
	int64_t start_ms; /* of the last entry */
	int64_t end_ms;	  /* up to here there was news */
	char day[11];	  /* "2026-11-23" */
};

void timeline_init(struct timeline *timeline, const struct term *term);
void timeline_put(
    struct timeline *timeline, struct value entry, struct buf *out);

#endif
