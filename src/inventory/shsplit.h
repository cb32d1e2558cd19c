/*
 * Words of a host line, as Python's shlex.split(line, comments=True) cuts
 * them: quotes, backslashes, "#" comments.
 */
#ifndef CONVECT_INVENTORY_SHSPLIT_H
#define CONVECT_INVENTORY_SHSPLIT_H

#include <stddef.h>

struct shword {
	char *text;
	size_t col; /* of its first byte in the line, from 0 */
};

struct shwords {
	struct shword *at;
	size_t count;
	size_t size;
};

/* NULL, or what is wrong; *ret_col then says where, from 0. */
const char *shsplit(
    const char *line, size_t len, struct shwords *ret_words, size_t *ret_col);
void shwords_done(struct shwords *words);

#endif
