/* What the benches share: a clock, times in order, and a store's load. */
#ifndef CONVECT_BENCH_SUPPORT_H
#define CONVECT_BENCH_SUPPORT_H

#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

/* Of a clock that never jumps. */
int64_t now_us(void);
/* Shortest first. */
void sort_times(int64_t *times, size_t count);
/* Of sorted times in microseconds, which are not none; 100: the longest. */
double percentile_ms(const int64_t *times, size_t count, size_t percent);
/* Says why on standard error, and ends. */
_Noreturn void die(const char *what, const char *why);

/* What a start reads of a store. */
struct load {
	size_t nodes;
	size_t events;
};

struct load load_all(struct store *store);
/* And what belongs to it. */
void remove_database(const char *path);

#endif
