/* Shared by the schema*.c; nobody else's. */
#ifndef CONVECT_CORE_SCHEMA_PRIVATE_H
#define CONVECT_CORE_SCHEMA_PRIVATE_H

#include <regex.h>

#include "core/schema.h"

#define SCHEMA_SET_MAX 8
#define SCHEMA_PATTERNS_MAX 32

struct schema_pattern {
	const char *text; /* in the schema */
	regex_t regex;
};

struct schema_set {
	const char *names[SCHEMA_SET_MAX];
	struct value roots[SCHEMA_SET_MAX];
	size_t count;
	struct schema_pattern patterns[SCHEMA_PATTERNS_MAX];
	size_t pattern_count;
};

/* VALUE_UNDEFINED when the set lacks it. */
struct value schema_set_root(const struct schema_set *set, const char *name);
/* Whether the text holds a match of a pattern of the set's schemas. */
bool schema_set_matches(
    const struct schema_set *set, const char *pattern, const char *text);

/* ---- a check on its way -------------------------------------------------- */

/* JSON's types; a whole number is a number, too. */
enum schema_type {
	IS_NULL = 1,
	IS_BOOLEAN = 2,
	IS_INTEGER = 4,
	IS_NUMBER = 8,
	IS_STRING = 16,
	IS_ARRAY = 32,
	IS_OBJECT = 64,
};

/* One document on its way through a schema. */
struct schema_run {
	const struct schema_set *set;
	const struct schema_how *how;
	struct value root; /* of the schema that "#" means */
	struct schema_findings *findings;
	struct yaml_step path[SCHEMA_DEPTH_MAX];
	size_t depth;
	unsigned nesting;
	size_t work;
	bool stopped;
};

struct schema_finding *schema_add_finding(struct schema_run *run, bool warning);
#define FINDING_TEXT(finding, ...)                                             \
	(void)snprintf((finding)->text, sizeof(finding)->text, __VA_ARGS__)
void schema_findings_move(
    struct schema_findings *from, struct schema_findings *to);

/* Of the keyword `type`: a name or a list of names. */
unsigned schema_type_bits(struct value arg);
unsigned schema_value_bits(struct value value);
/* "must be a string, a list or null, not a number" */
void schema_add_misfit(
    struct schema_run *run, unsigned want, struct value value);

/* Keywords that look at nothing below the value. */
void schema_check_type(struct schema_run *run, struct value schema,
    struct value arg, struct value value);
void schema_check_enum(struct schema_run *run, struct value schema,
    struct value arg, struct value value);
void schema_check_pattern(struct schema_run *run, struct value schema,
    struct value arg, struct value value);
void schema_check_minimum(struct schema_run *run, struct value schema,
    struct value arg, struct value value);
void schema_check_maximum(struct schema_run *run, struct value schema,
    struct value arg, struct value value);
void schema_check_min_length(struct schema_run *run, struct value schema,
    struct value arg, struct value value);
void schema_check_max_length(struct schema_run *run, struct value schema,
    struct value arg, struct value value);
void schema_check_deprecated(struct schema_run *run, struct value schema,
    struct value arg, struct value value);
void schema_check_changed(struct schema_run *run, struct value schema,
    struct value arg, struct value value);

#endif
