/*
 * Aligned columns. On a terminal a table is fitted to the width: columns that
 * want more are left out, then those that allow it are cut, the widest first.
 * In a pipe everything is there.
 */
#ifndef CONVECT_CTL_TABLE_H
#define CONVECT_CTL_TABLE_H

#include <stddef.h>

#include "base/buf.h"
#include "ctl/term.h"

#define TABLE_COLUMNS_MAX 12
#define TABLE_TEXT_MAX (64u << 20) /* bytes of all cells; then it turns bad */

struct table_column {
	const char *title;
	bool right;	  /* numbers */
	size_t shrink_to; /* columns it may be cut to; 0 = never cut */
	size_t from; /* left out on terminals of fewer columns; not the last */
};

struct table_cell {
	size_t text; /* offset in struct table's text */
	enum style style;
};

struct table {
	const struct table_column *columns;
	size_t column_count;
	struct table_cell *cells;
	size_t cell_count;
	size_t cell_cap;
	struct buf text;
};

void table_init(struct table *table, const struct table_column *columns,
    size_t column_count);
void table_done(struct table *table);
/* The next cell, from left to right, row after row; NULL is "-". */
void table_cell(struct table *table, enum style style, const char *text);
/* A table without rows writes nothing. */
void table_write(
    const struct table *table, const struct term *term, struct buf *out);

#endif
