#include "base/patience.h"

#include <time.h>

#include "base/clock.h"

#define NAP_NS (20 * 1000 * 1000)

void
patience_init(struct patience *patience, int64_t ms)
{
	patience->end_ms = clock_mono_ms(&clock_system) + ms;
}

bool
patience_nap(const struct patience *patience)
{
	const struct timespec nap = {.tv_nsec = NAP_NS};

	if (clock_mono_ms(&clock_system) >= patience->end_ms)
		return false;
	(void)nanosleep(&nap, NULL);
	return true;
}
