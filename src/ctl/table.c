#include "ctl/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define TABLE_GAP 2

void
table_init(struct table *table, const struct table_column *columns,
    size_t column_count)
{
	memset(table, 0, sizeof *table);
	table->columns = columns;
	table->column_count = column_count;
	buf_init(&table->text, TABLE_TEXT_MAX);
}

void
table_done(struct table *table)
{
	free(table->cells);
	buf_done(&table->text);
	table->cells = NULL;
	table->cell_count = table->cell_cap = 0;
}

void
table_cell(struct table *table, enum style style, const char *text)
{
	struct table_cell *cell;

	if (buf_bad(&table->text))
		return;
	if (table->cell_count == table->cell_cap) {
		table->cell_cap =
		    table->cell_cap == 0 ? 64 : table->cell_cap * 2;
		table->cells = mem_resize(
		    table->cells, table->cell_cap, sizeof *table->cells);
	}
	cell = &table->cells[table->cell_count];
	cell->text = table->text.len;
	cell->style = style;
	term_add_text(&table->text, text == NULL || *text == '\0' ? "-" : text);
	buf_add(&table->text, "", 1);
	if (!buf_bad(&table->text))
		table->cell_count++;
}

static const char *
table_text(const struct table *table, size_t cell)
{
	return table->text.data + table->cells[cell].text;
}

static void
table_measure(const struct table *table, size_t *widths)
{
	size_t column = 0;
	size_t width;

	for (size_t c = 0; c < table->column_count; c++)
		widths[c] = term_columns(table->columns[c].title);
	for (size_t i = 0; i < table->cell_count; i++) {
		width = term_columns(table_text(table, i));
		if (width > widths[column])
			widths[column] = width;
		if (++column == table->column_count)
			column = 0;
	}
}

/* Hidden ones get no width; no text is that narrow. */
static void
table_hide(const struct table *table, size_t limit, size_t *widths)
{
	for (size_t c = 0; c + 1 < table->column_count; c++)
		if (table->columns[c].from > limit)
			widths[c] = 0;
}

/* The widest column that may still be cut, or column_count. */
static size_t
table_widest(const struct table *table, const size_t *widths)
{
	size_t best = table->column_count;

	for (size_t c = 0; c < table->column_count; c++) {
		size_t least = table->columns[c].shrink_to;

		if (least == 0 || widths[c] <= least)
			continue;
		if (best == table->column_count || widths[c] > widths[best])
			best = c;
	}
	return best;
}

static void
table_fit(const struct table *table, size_t limit, size_t *widths)
{
	size_t total = 0;
	size_t widest;

	for (size_t c = 0; c < table->column_count; c++)
		if (widths[c] > 0)
			total += widths[c] + TABLE_GAP;
	while (total > limit + TABLE_GAP) {
		widest = table_widest(table, widths);
		if (widest == table->column_count)
			return;
		widths[widest]--;
		total--;
	}
}

static void
table_pad(struct buf *out, size_t count)
{
	while (count-- > 0)
		buf_addc(out, ' ');
}

/* The first `columns` characters of UTF-8 text. */
static size_t
table_cut(const char *text, size_t columns)
{
	size_t len = 0;

	while (text[len] != '\0') {
		if (((unsigned char)text[len] & 0xc0) != 0x80 && columns-- == 0)
			break;
		len++;
	}
	return len;
}

/* An ellipsis stands for what was cut. */
static void
table_write_cell(const struct term *term, enum style style, const char *text,
    size_t width, struct buf *out)
{
	size_t len = strlen(text);

	if (term_columns(text) > width) {
		len = table_cut(text, width - 1);
		term_add_safe(term, style, text, len, out);
		buf_adds(out, "\xe2\x80\xa6");
		return;
	}
	term_add_safe(term, style, text, len, out);
}

struct table_row {
	const struct table *table;
	const struct term *term;
	const size_t *widths;
};

static void
table_put(const struct table_row *row, size_t column, enum style style,
    const char *text, struct buf *out)
{
	const struct table *table = row->table;
	size_t columns = term_columns(text);
	size_t width = row->widths[column];
	size_t pad = columns < width ? width - columns : 0;

	if (width == 0)
		return;
	if (table->columns[column].right)
		table_pad(out, pad);
	table_write_cell(row->term, style, text, width, out);
	if (column + 1 == table->column_count) {
		buf_addc(out, '\n');
		return;
	}
	if (!table->columns[column].right)
		table_pad(out, pad);
	table_pad(out, TABLE_GAP);
}

void
table_write(const struct table *table, const struct term *term, struct buf *out)
{
	size_t widths[TABLE_COLUMNS_MAX] = {0};
	struct table_row row = {table, term, widths};
	size_t column = 0;

	if (table->cell_count == 0 || table->column_count > TABLE_COLUMNS_MAX)
		return;
	table_measure(table, widths);
	if (term->width > 0) {
		table_hide(table, term->width, widths);
		table_fit(table, term->width, widths);
	}
	for (size_t c = 0; c < table->column_count; c++)
		table_put(&row, c, STYLE_BOLD, table->columns[c].title, out);
	for (size_t i = 0; i < table->cell_count; i++) {
		table_put(&row, column, table->cells[i].style,
		    table_text(table, i), out);
		if (++column == table->column_count)
			column = 0;
	}
}
