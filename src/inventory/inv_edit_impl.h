/*
 * What the writers of both forms share. For inv_edit*.c.
 */
#ifndef CONVECT_INVENTORY_INV_EDIT_IMPL_H
#define CONVECT_INVENTORY_INV_EDIT_IMPL_H

#include "inventory/inv_edit.h"
#include "inventory/value.h"

/* What goes between the bytes before `at` and those from there on. */
struct inv_edit_cut {
	const struct inv_file *file;
	size_t at;
	struct buf text; /* lines that end in "\n" */
};

/* The byte behind the line that holds `at`, its end included. */
size_t inv_edit_line_end(const struct inv_file *file, size_t at);
/*
 * Puts it together, with the line ends of the line before, and one more for
 * a last line that has none.
 */
void inv_edit_splice(const struct inv_edit_cut *cut, struct buf *out);

int inv_edit_ini(struct inv_edit_cut *cut, const struct inv_edit *edit,
    enum inv_edit_where *ret_where, struct err *err);
int inv_edit_yaml(struct inv_edit_cut *cut, const struct inv_edit *edit,
    enum inv_edit_where *ret_where, struct err *err);

#endif
