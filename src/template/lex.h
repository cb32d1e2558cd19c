/*
 * Template text to tokens, by Jinja2's rules of whitespace control. The whole
 * template is cut at once; tokens point into the text, which must outlive
 * them.
 */
#ifndef CONVECT_TEMPLATE_LEX_H
#define CONVECT_TEMPLATE_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "template/template.h"

enum token_type {
	TOKEN_END,
	TOKEN_DATA, /* text that is copied to the output */
	TOKEN_OUTPUT_BEGIN,
	TOKEN_OUTPUT_END,
	TOKEN_BLOCK_BEGIN,
	TOKEN_BLOCK_END,
	TOKEN_NAME,
	TOKEN_STRING, /* with its quotes */
	TOKEN_INT,
	TOKEN_FLOAT,
	TOKEN_OP,
};

/* Operators of several characters get values beyond those of one. */
enum token_op {
	OP_POW = 256, /* ** */
	OP_FLOORDIV,  /* // */
	OP_EQ,
	OP_NE,
	OP_LE,
	OP_GE,
};

struct token {
	enum token_type type;
	int op; /* TOKEN_OP: the character, or enum token_op */
	const char *text;
	size_t len;
	int line;
	int col;
};

struct tokens {
	struct token *items;
	size_t count;
	size_t cap;
};

struct lex_options {
	bool trim_blocks;
	bool lstrip_blocks;
	int first_line; /* the number of the first line, from 1 */
};

/* Expressions of more tokens than this are no template of this world. */
#define LEX_TOKENS_MAX 1000000u

/* `name` is the file in messages. Fills *ret_tokens, which ends by END. */
int lex_template(const char *name, const char *text, size_t len,
    const struct lex_options *options, struct tokens *ret_tokens,
    struct err *err);
/* A bare expression: no delimiters around it. */
int lex_expression(const char *name, const char *text,
    struct tokens *ret_tokens, struct err *err);
void lex_done(struct tokens *tokens);

#endif
