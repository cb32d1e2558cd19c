/*
 * A reason why something failed, with the place in the input that caused it.
 *
 * Parsers and loaders take a struct err * as their last argument, return a
 * negative errno and fill it in; NULL is allowed and means "not interested".
 * The first error wins: filling one that is already set does nothing, so a
 * caller may add a general reason after a callee has given the precise one.
 * Nothing here logs; whoever can act on the error does.
 */
#ifndef CONVECT_BASE_ERR_H
#define CONVECT_BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>

struct err {
	char file[256]; /* "" when there is no file */
	int line;	/* from 1; 0 = not known */
	int col;	/* from 1, in bytes; 0 = not known */
	char text[512]; /* what is wrong, one line, no final full stop */
	char hint[256]; /* what to do about it; "" when there is nothing */
};

bool err_is_set(const struct err *err);
void err_clear(struct err *err);

/* Sets the text when no error is set yet. */
void err_set(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The same with a place; `file` may be NULL. */
void err_at(struct err *err, const char *file, int line, int col,
    const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Gives the place to an error that was raised without one. */
void err_place(struct err *err, const char *file, int line, int col);
void err_hint(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * "file:line:col: text", leaving out what is not known; the hint follows in
 * parentheses. Always terminated; returns `out`.
 */
const char *err_format(const struct err *err, char *out, size_t size);

#endif
