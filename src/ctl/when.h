/*
 * Times for people: how long ago something was, and what --since means.
 */
#ifndef CONVECT_CTL_WHEN_H
#define CONVECT_CTL_WHEN_H

#include <stddef.h>
#include <stdint.h>

/* "2026-11-23T14:00:00.123Z" (fraction and Z optional); -EINVAL. */
int when_parse(const char *text, int64_t *ret_ms);

/* "now", "42s", "5m", "3h", "2d" before now; the future is "now". */
#define WHEN_STRLEN 24
const char *when_ago(int64_t then_ms, int64_t now_ms, char out[WHEN_STRLEN]);

/*
 * --since: a time as above, a date, or how long back ("90s", "10m", "2h",
 * "7d"). Gives Unix milliseconds; -EINVAL.
 */
int when_since(const char *text, int64_t now_ms, int64_t *ret_ms);

#endif
