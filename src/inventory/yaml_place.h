/*
 * Where in a YAML text a value stands, for messages about a value that was
 * found wrong after parsing. Parsing itself keeps no places: they cost more
 * than they are used, so the text is read again for each one asked for.
 */
#ifndef CONVECT_INVENTORY_YAML_PLACE_H
#define CONVECT_INVENTORY_YAML_PLACE_H

#include <stddef.h>

/* One step down: a map's key, or (NULL) a list's item. */
struct yaml_step {
	const char *key;
	size_t index;
};

/*
 * Line and column, from 1, of the key or item that the path leads to, or of
 * the last step that is in the text (aliases and merged maps are not
 * followed). 1, 1 when nothing is.
 */
void yaml_find_place(const char *text, size_t len, const struct yaml_step *path,
    size_t depth, int *ret_line, int *ret_col);

#endif
