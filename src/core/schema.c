#include "core/schema.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "core/schema_private.h"

#define NESTING_MAX 160	      /* schemas within schemas */
#define WORK_MAX 2000000      /* schemas tried on values, of one document */
#define UNIQUE_MAX 1000	      /* items that are compared with each other */
#define EQUAL_BUDGET 1000000u /* see value_equal_within() */

static void check_value(
    struct schema_run *run, struct value schema, struct value value);

/* ---- references --------------------------------------------------------- */

/* "#/$defs/name" of the current root, or another schema's whole. */
static struct value
resolve(const struct schema_run *run, const char *ref)
{
	static const char defs[] = "#/$defs/";

	if (ref[0] != '#')
		return schema_set_root(run->set, ref);
	if (!str_starts(ref, defs))
		return (struct value){.type = VALUE_UNDEFINED};
	return value_map_get(
	    value_map_get(run->root, "$defs"), ref + strlen(defs));
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): NESTING_MAX */
check_ref(struct schema_run *run, struct value schema, struct value arg,
    struct value value)
{
	struct value root = run->root;
	struct value target = resolve(run, value_str(arg));

	(void)schema;
	if (value_str(arg)[0] != '#')
		run->root = target;
	check_value(run, target, value);
	run->root = root;
}

/* ---- lists -------------------------------------------------------------- */

/* Steps down; false, with a finding, where that is too deep. */
static bool
push_step(struct schema_run *run, const char *key, size_t index)
{
	if (run->depth == SCHEMA_DEPTH_MAX) {
		FINDING_TEXT(
		    schema_add_finding(run, false), "is nested too deeply");
		run->stopped = true;
		return false;
	}
	run->path[run->depth].key = key;
	run->path[run->depth++].index = index;
	return true;
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): SCHEMA_DEPTH_MAX */
check_items(struct schema_run *run, struct value schema, struct value arg,
    struct value value)
{
	(void)schema;
	if (value.type != VALUE_LIST || arg.type != VALUE_MAP)
		return;
	for (size_t i = 0; i < value_len(value) && !run->stopped; i++) {
		if (!push_step(run, NULL, i))
			return;
		check_value(run, arg, value_list_at(value, i));
		run->depth--;
	}
}

static void
check_min_items(struct schema_run *run, struct value schema, struct value arg,
    struct value value)
{
	(void)schema;
	if (value.type == VALUE_LIST && value_len(value) < (size_t)arg.u.i)
		FINDING_TEXT(schema_add_finding(run, false),
		    "must have at least %lld item%s", (long long)arg.u.i,
		    arg.u.i == 1 ? "" : "s");
}

static void
check_max_items(struct schema_run *run, struct value schema, struct value arg,
    struct value value)
{
	(void)schema;
	if (value.type == VALUE_LIST && value_len(value) > (size_t)arg.u.i)
		FINDING_TEXT(schema_add_finding(run, false),
		    "must have at most %lld items", (long long)arg.u.i);
}

static void
check_unique(struct schema_run *run, struct value schema, struct value arg,
    struct value value)
{
	uint64_t budget = EQUAL_BUDGET;
	size_t count = value_len(value);

	(void)schema;
	if (value.type != VALUE_LIST || !arg.u.b || count > UNIQUE_MAX)
		return;
	for (size_t i = 1; i < count; i++) {
		for (size_t k = 0; k < i; k++) {
			if (!value_equal_within(value_list_at(value, i),
				value_list_at(value, k), &budget))
				continue;
			FINDING_TEXT(schema_add_finding(run, false),
			    "has the same item twice: [%zu] and [%zu]", k, i);
			return;
		}
	}
}

/* ---- maps --------------------------------------------------------------- */

static void
/* NOLINTNEXTLINE(misc-no-recursion): SCHEMA_DEPTH_MAX */
check_property(struct schema_run *run, const char *key, struct value schema,
    struct value value)
{
	if (schema.type == VALUE_UNDEFINED || value.type == VALUE_UNDEFINED ||
	    !push_step(run, key, 0))
		return;
	check_value(run, schema, value);
	run->depth--;
}

/* Few keys are looked up among many. */
static void
/* NOLINTNEXTLINE(misc-no-recursion): SCHEMA_DEPTH_MAX */
check_properties(struct schema_run *run, struct value schema, struct value arg,
    struct value value)
{
	bool by_value = value_len(value) < value_len(arg);
	struct value few = by_value ? value : arg;

	(void)schema;
	if (value.type != VALUE_MAP)
		return;
	for (size_t i = 0; i < value_len(few) && !run->stopped; i++) {
		const char *key = value_map_key_at(few, i);

		check_property(run, key,
		    by_value ? value_map_get(arg, key) : value_map_at(arg, i),
		    by_value ? value_map_at(value, i)
			     : value_map_get(value, key));
	}
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): SCHEMA_DEPTH_MAX */
check_pattern_properties(struct schema_run *run, struct value schema,
    struct value arg, struct value value)
{
	size_t patterns = value_len(arg);

	(void)schema;
	if (value.type != VALUE_MAP)
		return;
	for (size_t i = 0; i < value_len(value) * patterns; i++) {
		const char *name = value_map_key_at(value, i / patterns);

		if (run->stopped ||
		    !schema_set_matches(
			run->set, value_map_key_at(arg, i % patterns), name))
			continue;
		if (!push_step(run, name, 0))
			return;
		check_value(run, value_map_at(arg, i % patterns),
		    value_map_at(value, i / patterns));
		run->depth--;
	}
}

static bool
is_named(const struct schema_run *run, struct value properties,
    struct value patterns, const char *name)
{
	if (value_map_get(properties, name).type != VALUE_UNDEFINED)
		return true;
	for (size_t i = 0; i < value_len(patterns); i++)
		if (schema_set_matches(
			run->set, value_map_key_at(patterns, i), name))
			return true;
	return false;
}

/* "late_commands" is "late-commands", whatever its distance. */
static size_t
key_distance(const char *a, const char *b)
{
	char left[64];
	char right[64];

	str_copy(left, sizeof left, a);
	str_copy(right, sizeof right, b);
	for (char *at = left; *at != '\0'; at++)
		*at = *at == '_' ? '-' : *at;
	for (char *at = right; *at != '\0'; at++)
		*at = *at == '_' ? '-' : *at;
	return str_distance(left, right);
}

static void
hint_key(struct schema_finding *finding, struct value known, const char *name)
{
	const char *nearest = NULL;
	size_t best = strlen(name) < 6 ? 2 : 3;

	for (size_t i = 0; i < value_len(known); i++) {
		const char *key = value_map_key_at(known, i);
		size_t distance = key_distance(key, name);

		if (distance < best) {
			best = distance;
			nearest = key;
		}
	}
	if (nearest != NULL)
		(void)snprintf(finding->hint, sizeof finding->hint,
		    "did you mean '%s'?", nearest);
}

static void
add_unknown(
    struct schema_run *run, struct value schema, const char *key, bool warn)
{
	struct schema_finding *finding;

	if (run->how->warn_unknown ||
	    (run->how->warn_top && run->depth == run->how->prefix_len))
		warn = true;
	if (!push_step(run, key, 0))
		return;
	finding = schema_add_finding(run, warn);
	FINDING_TEXT(finding, "is not a known key");
	hint_key(finding, value_map_get(schema, "properties"), key);
	run->depth--;
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): SCHEMA_DEPTH_MAX */
check_additional(struct schema_run *run, struct value schema, struct value arg,
    struct value value)
{
	struct value properties = value_map_get(schema, "properties");
	struct value patterns = value_map_get(schema, "patternProperties");
	bool warn = arg.type == VALUE_STRING;

	if (value.type != VALUE_MAP || (arg.type == VALUE_BOOL && arg.u.b))
		return;
	for (size_t i = 0; i < value_len(value) && !run->stopped; i++) {
		const char *key = value_map_key_at(value, i);

		if (is_named(run, properties, patterns, key))
			continue;
		if (arg.type != VALUE_MAP) {
			add_unknown(run, schema, key, warn);
			continue;
		}
		if (!push_step(run, key, 0))
			return;
		check_value(run, arg, value_map_at(value, i));
		run->depth--;
	}
}

static void
check_required(struct schema_run *run, struct value schema, struct value arg,
    struct value value)
{
	(void)schema;
	if (value.type != VALUE_MAP)
		return;
	for (size_t i = 0; i < value_len(arg); i++) {
		const char *key = value_str(value_list_at(arg, i));

		if (value_map_get(value, key).type == VALUE_UNDEFINED)
			FINDING_TEXT(schema_add_finding(run, false),
			    "lacks the key '%s'", key);
	}
}

static void
check_min_properties(struct schema_run *run, struct value schema,
    struct value arg, struct value value)
{
	(void)schema;
	if (value.type == VALUE_MAP && value_len(value) < (size_t)arg.u.i)
		FINDING_TEXT(schema_add_finding(run, false),
		    "must have at least %lld key%s", (long long)arg.u.i,
		    arg.u.i == 1 ? "" : "s");
}

/* ---- several schemas ---------------------------------------------------- */

static void
/* NOLINTNEXTLINE(misc-no-recursion): NESTING_MAX */
check_all_of(struct schema_run *run, struct value schema, struct value arg,
    struct value value)
{
	(void)schema;
	for (size_t i = 0; i < value_len(arg); i++)
		check_value(run, value_list_at(arg, i), value);
}

/* The types that a form takes at its top; 0: it does not say. */
static unsigned
/* NOLINTNEXTLINE(misc-no-recursion): the schemas are ours, and shallow */
form_bits(const struct schema_run *run, struct value form, unsigned nesting)
{
	struct value ref = value_map_get(form, "$ref");
	struct value any = value_map_get(form, "oneOf");
	unsigned bits = schema_type_bits(value_map_get(form, "type"));

	if (bits != 0 || nesting == 8)
		return bits;
	if (ref.type == VALUE_STRING)
		return form_bits(
		    run, resolve(run, value_str(ref)), nesting + 1);
	for (size_t i = 0; i < value_len(any); i++)
		bits |= form_bits(run, value_list_at(any, i), nesting + 1);
	return bits;
}

/*
 * How near a value came to a form that it does not fit: more is nearer, 0 is
 * another type. Forms are told apart by a key with few choices ("type").
 */
static size_t
nearness(const struct schema_run *run, const struct schema_findings *tried)
{
	bool other_choice = false;
	size_t deepest = 0;

	for (size_t i = 0; i < tried->count; i++) {
		const struct schema_finding *finding = &tried->list[i];

		if (finding->misfit && finding->depth == run->depth)
			return 0;
		if (finding->choice && finding->depth <= run->depth + 1)
			other_choice = true;
		if (!finding->warning && finding->depth > deepest)
			deepest = finding->depth;
	}
	return (other_choice ? 100000 : 200000) + 1000 * deepest -
	       (tried->errors < 999 ? tried->errors : 999);
}

/* No form fits: what is wrong with the nearest, or which types would do. */
static void
tell_misfit(struct schema_run *run, struct value forms, struct value value,
    struct schema_findings *nearest)
{
	unsigned bits = 0;

	if (nearest->count > 0) {
		schema_findings_move(nearest, run->findings);
		return;
	}
	for (size_t i = 0; i < value_len(forms); i++)
		bits |= form_bits(run, value_list_at(forms, i), 0);
	schema_add_misfit(run, bits, value);
}

/* Tries all; *ret_nearest is empty when not even a type fits. */
static size_t
/* NOLINTNEXTLINE(misc-no-recursion): NESTING_MAX */
try_forms(struct schema_run *run, struct value forms, struct value value,
    struct schema_findings *ret_nearest)
{
	struct schema_findings *findings = run->findings;
	size_t fits = 0;
	size_t best = 0;

	for (size_t i = 0; i < value_len(forms); i++) {
		struct schema_findings tried = {0};
		size_t near;

		run->findings = &tried;
		check_value(run, value_list_at(forms, i), value);
		run->findings = findings;
		near = nearness(run, &tried);
		if (tried.errors == 0) {
			if (fits++ == 0)
				schema_findings_move(&tried, findings);
		} else if (near > best) {
			best = near;
			schema_findings_done(ret_nearest);
			*ret_nearest = tried;
			memset(&tried, 0, sizeof tried);
		}
		schema_findings_done(&tried);
	}
	return fits;
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): NESTING_MAX */
check_any_of(struct schema_run *run, struct value schema, struct value arg,
    struct value value)
{
	struct schema_findings nearest = {0};

	(void)schema;
	if (try_forms(run, arg, value, &nearest) == 0)
		tell_misfit(run, arg, value, &nearest);
	schema_findings_done(&nearest);
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): NESTING_MAX */
check_one_of(struct schema_run *run, struct value schema, struct value arg,
    struct value value)
{
	struct schema_findings nearest = {0};
	size_t fits = try_forms(run, arg, value, &nearest);

	(void)schema;
	if (fits == 0)
		tell_misfit(run, arg, value, &nearest);
	else if (fits > 1)
		FINDING_TEXT(schema_add_finding(run, false),
		    "may be only one of its forms, and is several");
	schema_findings_done(&nearest);
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): NESTING_MAX */
check_not(struct schema_run *run, struct value schema, struct value arg,
    struct value value)
{
	struct schema_findings *findings = run->findings;
	struct schema_findings tried = {0};
	struct value keys = value_map_get(arg, "required");
	bool fits;

	(void)schema;
	run->findings = &tried;
	check_value(run, arg, value);
	run->findings = findings;
	fits = tried.errors == 0;
	schema_findings_done(&tried);
	if (!fits)
		return;
	if (value_len(keys) == 2)
		FINDING_TEXT(schema_add_finding(run, false),
		    "has both '%s' and '%s'; only one may be there",
		    value_str(value_list_at(keys, 0)),
		    value_str(value_list_at(keys, 1)));
	else
		FINDING_TEXT(schema_add_finding(run, false), "is not allowed");
}

/* ---- the keywords ------------------------------------------------------- */

struct keyword {
	const char *name;
	void (*check)(struct schema_run *run, struct value schema,
	    struct value arg, struct value value);
};

/* By name, for bsearch(). What is not here describes, and checks nothing. */
static const struct keyword keywords[] = {
    {"$ref", check_ref},
    {"additionalProperties", check_additional},
    {"allOf", check_all_of},
    {"anyOf", check_any_of},
    {"changed", schema_check_changed},
    {"deprecated", schema_check_deprecated},
    {"enum", schema_check_enum},
    {"items", check_items},
    {"maxItems", check_max_items},
    {"maxLength", schema_check_max_length},
    {"maximum", schema_check_maximum},
    {"minItems", check_min_items},
    {"minLength", schema_check_min_length},
    {"minProperties", check_min_properties},
    {"minimum", schema_check_minimum},
    {"not", check_not},
    {"oneOf", check_one_of},
    {"pattern", schema_check_pattern},
    {"patternProperties", check_pattern_properties},
    {"properties", check_properties},
    {"required", check_required},
    {"type", schema_check_type},
    {"uniqueItems", check_unique},
};

static int
cmp_keyword(const void *key, const void *row)
{
	return strcmp(key, ((const struct keyword *)row)->name);
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): NESTING_MAX */
check_keywords(struct schema_run *run, struct value schema, struct value value)
{
	for (size_t i = 0; i < value_len(schema) && !run->stopped; i++) {
		const struct keyword *keyword =
		    bsearch(value_map_key_at(schema, i), keywords,
			sizeof keywords / sizeof keywords[0],
			sizeof keywords[0], cmp_keyword);

		if (keyword != NULL)
			keyword->check(
			    run, schema, value_map_at(schema, i), value);
	}
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): NESTING_MAX */
check_value(struct schema_run *run, struct value schema, struct value value)
{
	if (run->stopped)
		return;
	if (run->nesting == NESTING_MAX || run->work++ == WORK_MAX) {
		FINDING_TEXT(schema_add_finding(run, false),
		    "is too large or too deeply nested to be checked");
		run->stopped = true;
		return;
	}
	run->nesting++;
	check_keywords(run, schema, value);
	run->nesting--;
}

void
schema_check(const struct schema_set *set, const char *name, struct value value,
    const struct schema_how *how, struct schema_findings *findings)
{
	struct schema_run run = {
	    .set = set,
	    .how = how,
	    .root = schema_set_root(set, name),
	    .findings = findings,
	    .depth = how->prefix_len,
	};

	if (how->prefix_len > 0)
		memcpy(run.path, how->prefix,
		    how->prefix_len * sizeof run.path[0]);
	check_value(&run, run.root, value);
}
