/*
 * What the terminal can do, colours, and text that others wrote made safe to
 * print: control bytes never reach the terminal. In a pipe everything is
 * plain. Nothing here knows what is printed.
 */
#ifndef CONVECT_CTL_TERM_H
#define CONVECT_CTL_TERM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum style {
	STYLE_PLAIN,
	STYLE_BOLD,
	STYLE_DIM,
	STYLE_RED,
	STYLE_GREEN,
	STYLE_YELLOW,
	STYLE_BLUE,
	STYLE_MAGENTA,
	STYLE_CYAN,
};

struct term {
	bool tty;
	bool color;
	size_t width; /* columns; 0 = no limit */
};

/*
 * Asks about the descriptor. Colour is for a terminal whose TERM is not
 * "dumb", without NO_COLOR (no-color.org: set and not empty) and no_color.
 */
void term_init(struct term *term, int fd, bool no_color);

/* Columns that `text` takes: one a character. */
size_t term_columns(const char *text);
/* `text` on one line, control bytes as \xNN. */
void term_add_text(struct buf *out, const char *text);
/* The same in a style, which is dropped where there is no colour. */
void term_add_styled(const struct term *term, enum style style,
    const char *text, struct buf *out);

/* The same for text that is safe to print already. */
void term_add_safe(const struct term *term, enum style style, const char *text,
    size_t len, struct buf *out);

/* Writes all of it to a descriptor; a negative errno when that fails. */
int term_print(const struct buf *buf, int fd);

#endif
