/*
 * Where time comes from. Everything that needs it is given a struct clock, so
 * that tests own time and core never asks the system.
 */
#ifndef CONVECT_BASE_CLOCK_H
#define CONVECT_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

struct clock {
	int64_t (*wall_ms)(const struct clock *clock); /* Unix time, ms */
	int64_t (*mono_ms)(const struct clock *clock); /* never steps back */
	int64_t sim_ms; /* the simulated clock's time, for both */
};

/* The system's clock; stateless, so one copy serves everybody. */
extern const struct clock clock_system;
void clock_init_sim(struct clock *clock, int64_t start_ms);

int64_t clock_wall_ms(const struct clock *clock);
int64_t clock_mono_ms(const struct clock *clock);

/* "2026-11-23T14:00:00.123Z"; `out` holds CLOCK_STRLEN bytes. */
#define CLOCK_STRLEN 32
const char *clock_format(int64_t wall_ms, char out[CLOCK_STRLEN]);

#endif
