/*
 * Tokens to nodes by recursive descent, with Jinja2's grammar and its order
 * of operators. Nesting is bounded, so that neither parsing nor walking the
 * result can exhaust the stack.
 */
#ifndef CONVECT_TEMPLATE_PARSE_H
#define CONVECT_TEMPLATE_PARSE_H

#include "base/err.h"
#include "template/lex.h"
#include "template/node.h"

/* Nodes above one another in an expression, and statements in statements. */
#define PARSE_EXPR_DEPTH_MAX 100
#define PARSE_BODY_DEPTH_MAX 32
#define PARSE_KIDS_MAX 100000u
#define PARSE_PARAMS_MAX 32

struct parser {
	struct tmpl *tmpl;
	struct value names;	   /* map: interns names over all templates */
	const struct token *token; /* the next to be read */
	int expr_depth;
	int body_depth;
	unsigned seen; /* NODE_USES_...: special names of a macro */
	struct err *err;
};

/* A growing list of nodes that is copied into the template at the end. */
struct nodes {
	const struct node **items;
	size_t count;
	size_t cap;
};

/*
 * Fills tmpl->root from the text, which is read with the given settings.
 * -EINVAL with the place, or -E2BIG.
 */
int parse_template(struct tmpl *tmpl, struct value names,
    const struct tokens *tokens, struct err *err);
int parse_bare_expression(struct tmpl *tmpl, struct value names,
    const struct tokens *tokens, struct err *err);

/* ---- for parse.c, parse_expr.c and parse_stmt.c only ---- */

enum parse_tuple_flags {
	PARSE_NO_COND = 1, /* no "x if y else z": a for loop's own "if" */
	PARSE_PARENS = 2,  /* between parentheses: () is a tuple */
};

/* Expressions give NULL when they have failed and set the error. */
struct node *parse_expression(struct parser *p);
struct node *parse_tuple(struct parser *p, unsigned flags);
struct node *parse_parens(struct parser *p);
struct node *parse_primary(struct parser *p);
struct node *parse_unary(struct parser *p);
/* Counts one level down; take it back with expr_depth--, even on false. */
bool parse_enter(struct parser *p);
struct node *parse_filter_chain(struct parser *p);
struct node *parse_target(struct parser *p, bool namespaces);
int parse_params(struct parser *p, struct node *macro);
int parse_string(struct parser *p, const struct token *token, struct buf *out);
const struct node *parse_body(struct parser *p, const char *const *ends);

struct node *parse_new(struct parser *p, enum node_kind kind,
    const struct token *at, uint32_t kids);
/* Sets a kid; false when the nesting is too deep. */
bool parse_set_kid(struct parser *p, struct node *node, uint32_t index,
    const struct node *kid);
/* Nodes of one or two kids; NULL when a kid is. */
struct node *parse_make(struct parser *p, enum node_kind kind,
    const struct token *at, const struct node *left, const struct node *right);
struct node *parse_make_one(struct parser *p, enum node_kind kind,
    const struct token *at, const struct node *kid);
struct node *parse_from_list(struct parser *p, enum node_kind kind,
    const struct token *at, struct nodes *nodes);
bool parse_push(struct parser *p, struct nodes *nodes, const struct node *node);
void parse_nodes_done(struct nodes *nodes);
struct value parse_name(struct parser *p, const struct token *token);

struct node *parse_fail(struct parser *p, const struct token *at,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* "expected X, got Y". */
struct node *parse_expected(struct parser *p, const char *what);
bool parse_is_op(const struct parser *p, int op);
bool parse_skip_op(struct parser *p, int op);
bool parse_expect_op(struct parser *p, int op, const char *what);
bool parse_is_name(const struct parser *p, const char *name);
bool parse_skip_name(struct parser *p, const char *name);
bool parse_token_is(const struct token *token, const char *name);

#endif
