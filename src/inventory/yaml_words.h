/*
 * Long words, such as scripts in base64, kept from libyaml: it spends some
 * eighty instructions on each of their bytes, and there is nothing in them to
 * find. It reads a short name in the place of each, and yaml_words_parse()
 * puts the words back. Used by inventory/yaml*.c alone.
 *
 * A word is taken out where that changes nothing else: from a blank to the end
 * of its line, of letters, digits, '+', '/' and '=' only, a letter first. There
 * it can be no key, tag, anchor or number, and a name of the same kind means
 * what it meant; all else keeps its line and column.
 */
#ifndef CONVECT_INVENTORY_YAML_WORDS_H
#define CONVECT_INVENTORY_YAML_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include <yaml.h>

#include "base/buf.h"

struct yaml_word;

struct yaml_words {
	const char *text; /* without the long words */
	size_t len;
	size_t whole; /* length with them */
	struct yaml_word *list;
	size_t count;
	size_t size;
	struct buf out;
};

/* Sets both up to read a text, which is borrowed; false: out of memory. */
bool yaml_words_open(struct yaml_words *words, yaml_parser_t *parser,
    const char *text, size_t len);
/* yaml_parser_parse(), but that scalars are whole. */
bool yaml_words_parse(const struct yaml_words *words, yaml_parser_t *parser,
    yaml_event_t *ret_event);
void yaml_words_close(struct yaml_words *words, yaml_parser_t *parser);

#endif
