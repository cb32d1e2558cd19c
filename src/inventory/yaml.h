/*
 * YAML text to values, typed as PyYAML's safe loader does (YAML 1.1: yes/no,
 * octal, base 60, merge keys); JSON is read by its stricter rules first, as
 * Ansible does. Limits: depth 64, a million nodes after aliases.
 */
#ifndef CONVECT_INVENTORY_YAML_H
#define CONVECT_INVENTORY_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "inventory/problems.h"
#include "inventory/value.h"

/*
 * Reads one document. An empty one is null. -EINVAL: not YAML, more than one
 * document, a tag that we do not know; -E2BIG: a limit. `err` gets `name`,
 * line and column.
 */
int yaml_parse_value(const char *text, size_t len, const char *name,
    struct value *ret_value, struct err *err);

/*
 * The same without a try at JSON, which is what a filter of Ansible's does.
 * `many`: the value is the list of all documents, empty when there is none.
 */
int yaml_parse_text(const char *text, size_t len, const char *name, bool many,
    struct value *ret_value, struct err *err);

/* Where an entry of a map is, and how its value is spelled. */
struct yaml_place {
	int line; /* of its key */
	int col;
	const char *raw; /* of a plain number, boolean or null; else NULL */
};

struct yaml_noted;

/* A document with what a checker wants to know. */
struct yaml_doc {
	struct value value;
	struct yaml_noted *places; /* see yaml_doc_place() */
};

struct inv_secrets;

/* A text with how it is to be read. */
struct yaml_source {
	const char *text;
	size_t len;
	const char *name;
	struct problems *problems; /* NULL: no places, no warnings */
	/* For "!vault"; NULL: that tag is not known. */
	struct inv_secrets *secrets;
	bool secret;	/* its scalars become VALUE_SECRET */
	bool many;	/* any number of documents: the value is their list */
	bool only_yaml; /* no try at JSON */
};

/* As yaml_parse_doc(), for variables: values in a vault stay closed. */
int yaml_parse_source(const struct yaml_source *source,
    struct yaml_doc *ret_doc, struct err *err);
/* Repeated keys become warnings; the last one counts. */
int yaml_parse_doc(const char *text, size_t len, const char *name,
    struct problems *problems, struct yaml_doc *ret_doc, struct err *err);
/*
 * The place of a map's entry, at any depth; `key` as value_map_name_at() gives
 * it. NULL when it is not known: the text is JSON, or the key no string.
 */
const struct yaml_place *yaml_doc_place(
    const struct yaml_doc *doc, struct value key);
void yaml_doc_done(struct yaml_doc *doc);

#endif
