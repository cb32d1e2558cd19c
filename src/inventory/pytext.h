/*
 * Lines, blanks and word characters as Python's str knows them, over UTF-8
 * that has been checked.
 */
#ifndef CONVECT_INVENTORY_PYTEXT_H
#define CONVECT_INVENTORY_PYTEXT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The next line as str.splitlines() cuts it, without its end. *pos is the
 * offset to go on from. False: no more.
 */
bool pytext_next_line(const char *text, size_t len, size_t *pos,
    const char **ret_line, size_t *ret_len);
/* Bytes of the blank (str.isspace()) at the start, or 0. */
size_t pytext_blank(const char *text, size_t len);
/* str.strip(): moves the start, shortens the length. */
void pytext_strip(const char **text, size_t *len);
/* Ansible's idea of a name that is also a variable's name. */
bool pytext_is_identifier(const char *text);

#endif
