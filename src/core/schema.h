/*
 * Checks a value against a JSON schema (draft 4; the keywords that our schema
 * files use, see schema.c) and says of each misfit where it is, what is
 * expected and which known key comes nearest. Pure.
 *
 * Beyond draft 4: `"additionalProperties": "warn"` makes an unknown key a
 * warning, and a $ref without "#" names another schema of the set. "deprecated"
 * and "changed" (a form of a value that is deprecated) hold "since" and "use".
 */
#ifndef CONVECT_CORE_SCHEMA_H
#define CONVECT_CORE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "inventory/value.h"
#include "inventory/yaml_place.h"

#define SCHEMA_DEPTH_MAX 40    /* steps of a path */
#define SCHEMA_FINDINGS_MAX 50 /* of one document; more are not looked for */

struct schema_finding {
	bool warning;
	bool misfit; /* of the type */
	bool choice; /* none of an enum */
	size_t depth;
	struct yaml_step path[SCHEMA_DEPTH_MAX]; /* keys: the document's */
	char text[256]; /* "must be a list, not a string" */
	char hint[128];
};

struct schema_findings {
	struct schema_finding *list;
	size_t count; /* of those that are kept */
	size_t size;
	size_t errors; /* of all */
};

/* Schemas with names, and their patterns, compiled. */
struct schema_set;

/* An embedded file. */
struct schema_source {
	const char *name;
	const unsigned char *text; /* JSON */
	size_t len;
};

int schema_set_new(const struct schema_source *sources, size_t count,
    struct schema_set **ret_set, struct err *err);
void schema_set_free(struct schema_set *set);

/* Whether the schema's top names the key among its properties. */
bool schema_has_key(
    const struct schema_set *set, const char *name, const char *key);

struct schema_how {
	bool warn_top;	   /* unknown keys of the value itself only warn */
	bool warn_unknown; /* unknown keys anywhere do */
	/*
	 * The reader's, "22.1": what is deprecated only later is not told.
	 * NULL: everything is.
	 */
	const char *version;
	/* Steps that lead to the value, put before each path. */
	const struct yaml_step *prefix;
	size_t prefix_len;
};

/* `name` must be in the set. Appends; the paths borrow from `value`. */
void schema_check(const struct schema_set *set, const char *name,
    struct value value, const struct schema_how *how,
    struct schema_findings *findings);
/* For rules that no schema can say; text and hint are the caller's to set. */
struct schema_finding *schema_findings_add(
    struct schema_findings *findings, bool warning);
void schema_findings_done(struct schema_findings *findings);

/* "a.b[2].c"; "" for the document itself. */
const char *schema_path(
    const struct schema_finding *finding, char *out, size_t size);

#endif
