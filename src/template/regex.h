/*
 * Python's regular expressions by PCRE2: near enough that what configuration
 * uses means the same. Compiled ones are kept in the environment; work is
 * bounded by PCRE2's own counters.
 */
#ifndef CONVECT_TEMPLATE_REGEX_H
#define CONVECT_TEMPLATE_REGEX_H

#include <stdbool.h>
#include <stddef.h>

#include "template/str.h"
#include "template/vm.h"

struct regex;

enum regex_flags {
	REGEX_IGNORECASE = 1,
	REGEX_MULTILINE = 2,
	REGEX_ANCHORED = 4, /* at the start: re.match() */
	REGEX_FULL = 8,	    /* all of it: re.fullmatch() */
	REGEX_ASCII = 16,   /* \d and \w know ASCII only */
};

#define REGEX_GROUPS_MAX 100

/* One match: the span of every group; `at` is NULL where none took part. */
struct regex_match {
	struct span groups[REGEX_GROUPS_MAX];
	unsigned count; /* with group 0, the whole match */
};

/* One reference; regex_put() it. */
int regex_get(struct vm *vm, struct value pattern, unsigned flags,
    struct regex **ret_regex);
void regex_put(struct regex *regex); /* NULL is fine */
/* 1: found, from byte `start` on; 0: not; negative: failed. */
int regex_match(struct vm *vm, const struct regex *regex, struct span text,
    size_t start, struct regex_match *ret_match);
/* The number of the group "2" or "name", or -1. */
int regex_group(const struct regex *regex, const char *name);

#endif
