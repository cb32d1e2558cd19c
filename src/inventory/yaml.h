/*
 * YAML text to values, typed as PyYAML's safe loader does (YAML 1.1: yes/no,
 * octal, base 60, merge keys); JSON is read by its stricter rules first, as
 * Ansible does. Limits: depth 64, a million nodes after aliases.
 */
#ifndef CONVECT_INVENTORY_YAML_H
#define CONVECT_INVENTORY_YAML_H

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

/* Where an entry of the document's top-level map is, and how it is spelled. */
struct yaml_place {
	char *key;
	int line;
	int col;
	char *raw; /* a plain scalar's own spelling, or NULL */
};

/* The same with what a checker wants to know. */
struct yaml_doc {
	struct value value;
	struct yaml_place *places; /* in order; none when the text is JSON */
	size_t place_count;
};

/* Repeated keys become warnings; the last one counts. */
int yaml_parse_doc(const char *text, size_t len, const char *name,
    struct problems *problems, struct yaml_doc *ret_doc, struct err *err);
void yaml_doc_done(struct yaml_doc *doc);

#endif
