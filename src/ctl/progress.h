/*
 * What the daemon tells while a long command runs: one line drawn over and
 * over on a terminal, a line a phase elsewhere. It all goes to stderr.
 */
#ifndef CONVECT_CTL_PROGRESS_H
#define CONVECT_CTL_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl/ctl.h"
#include "inventory/value.h"

struct progress {
	struct ctl *ctl;
	char phase[96]; /* shown now */
	bool drawn;	/* the terminal's line is not ended yet */
};

void progress_init(struct progress *progress, struct ctl *ctl);
/* One progress line of the protocol. */
void progress_show(struct progress *progress, struct value line);
void progress_done(struct progress *progress);

#endif
