#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t
read_ms(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t
system_wall_ms(const struct clock *clock)
{
	(void)clock;
	return read_ms(CLOCK_REALTIME);
}

static int64_t
system_mono_ms(const struct clock *clock)
{
	(void)clock;
	return read_ms(CLOCK_BOOTTIME);
}

static int64_t
sim_ms(const struct clock *clock)
{
	return clock->sim_ms;
}

const struct clock clock_system = {system_wall_ms, system_mono_ms, 0};

void
clock_init_sim(struct clock *clock, int64_t start_ms)
{
	clock->wall_ms = sim_ms;
	clock->mono_ms = sim_ms;
	clock->sim_ms = start_ms;
}

int64_t
clock_wall_ms(const struct clock *clock)
{
	return clock->wall_ms(clock);
}

int64_t
clock_mono_ms(const struct clock *clock)
{
	return clock->mono_ms(clock);
}

const char *
clock_format(int64_t wall_ms, char out[CLOCK_STRLEN])
{
	int64_t ms = (wall_ms % 1000 + 1000) % 1000;
	time_t seconds = (time_t)((wall_ms - ms) / 1000);
	char date[CLOCK_STRLEN - 8];
	struct tm tm;

	if (gmtime_r(&seconds, &tm) == NULL ||
	    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
		date[0] = '\0';
	snprintf(out, CLOCK_STRLEN, "%s.%03dZ", date, (int)ms);
	return out;
}
