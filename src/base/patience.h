/*
 * Trying again for a short while what fails only until something has ended by
 * itself: a process that was killed still has its ports and locks for some
 * moments. It blocks, so it is for a start and never for a loop's callback.
 */
#ifndef CONVECT_BASE_PATIENCE_H
#define CONVECT_BASE_PATIENCE_H

#include <stdbool.h>
#include <stdint.h>

/* How long the remains of a killed daemon are waited for. */
#define PATIENCE_REMAINS_MS 3000

struct patience {
	int64_t end_ms;
};

void patience_init(struct patience *patience, int64_t ms);
/* Naps 20 ms and is true, until the time is over. */
bool patience_nap(const struct patience *patience);

#endif
