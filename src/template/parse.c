/* What the parsers of expressions and statements share. */
#include "template/parse.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct node *
parse_fail(struct parser *p, const struct token *at, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	err_at(p->err, p->tmpl->name, at->line, at->col, "%s", text);
	return NULL;
}

struct node *
parse_expected(struct parser *p, const char *what)
{
	const struct token *got = p->token;
	int len = got->len > 40 ? 40 : (int)got->len;

	switch (got->type) {
	case TOKEN_END:
		return parse_fail(
		    p, got, "expected %s, got the end of the template", what);
	case TOKEN_DATA:
		return parse_fail(p, got, "expected %s, got text", what);
	case TOKEN_OUTPUT_BEGIN:
	case TOKEN_OUTPUT_END:
	case TOKEN_BLOCK_BEGIN:
	case TOKEN_BLOCK_END:
	case TOKEN_NAME:
	case TOKEN_STRING:
	case TOKEN_INT:
	case TOKEN_FLOAT:
	case TOKEN_OP:
	default:
		return parse_fail(p, got, "expected %s, got %s%.*s%s", what,
		    got->text[0] == '\'' ? "" : "'", len, got->text,
		    got->text[0] == '\'' ? "" : "'");
	}
}

struct node *
parse_new(struct parser *p, enum node_kind kind, const struct token *at,
    uint32_t kids)
{
	struct node *node = tmpl_alloc(p->tmpl, 1, sizeof *node);

	node->kind = (uint8_t)kind;
	node->line = at->line;
	node->col = at->col;
	node->count = kids;
	if (kids > 0)
		/* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers */
		node->kids = tmpl_alloc(p->tmpl, kids, sizeof *node->kids);
	return node;
}

bool
parse_set_kid(
    struct parser *p, struct node *node, uint32_t index, const struct node *kid)
{
	node->kids[index] = kid;
	if (kid == NULL || kid->kind >= NODE_TEXT)
		return true;
	if (kid->depth >= node->depth)
		node->depth = (uint16_t)(kid->depth + 1);
	if (node->depth <= PARSE_EXPR_DEPTH_MAX)
		return true;
	err_at(p->err, p->tmpl->name, node->line, node->col,
	    "the expression is nested deeper than %d", PARSE_EXPR_DEPTH_MAX);
	return false;
}

struct node *
parse_make(struct parser *p, enum node_kind kind, const struct token *at,
    const struct node *left, const struct node *right)
{
	struct node *node;

	if (left == NULL || right == NULL)
		return NULL;
	node = parse_new(p, kind, at, 2);
	if (!parse_set_kid(p, node, 0, left) ||
	    !parse_set_kid(p, node, 1, right))
		return NULL;
	return node;
}

struct node *
parse_make_one(struct parser *p, enum node_kind kind, const struct token *at,
    const struct node *kid)
{
	struct node *node;

	if (kid == NULL)
		return NULL;
	node = parse_new(p, kind, at, 1);
	return parse_set_kid(p, node, 0, kid) ? node : NULL;
}

bool
parse_push(struct parser *p, struct nodes *nodes, const struct node *node)
{
	if (node == NULL)
		return false;
	if (nodes->count >= PARSE_KIDS_MAX) {
		parse_fail(p, p->token, "too many items");
		return false;
	}
	if (nodes->count == nodes->cap) {
		nodes->cap = nodes->cap == 0 ? 8 : nodes->cap * 2;
		nodes->items =
		    /* NOLINTNEXTLINE(bugprone-sizeof-expression): pointers */
		    mem_resize(nodes->items, nodes->cap, sizeof *nodes->items);
	}
	nodes->items[nodes->count++] = node;
	return true;
}

void
parse_nodes_done(struct nodes *nodes)
{
	free(nodes->items);
	*nodes = (struct nodes){0};
}

struct node *
parse_from_list(struct parser *p, enum node_kind kind, const struct token *at,
    struct nodes *nodes)
{
	struct node *node = parse_new(p, kind, at, (uint32_t)nodes->count);

	for (uint32_t i = 0; i < node->count; i++)
		if (!parse_set_kid(p, node, i, nodes->items[i]))
			return NULL;
	return node;
}

struct value
parse_name(struct parser *p, const struct token *token)
{
	struct value name = value_string_len(token->text, token->len);
	struct value known = value_map_find(p->names, name);

	if (known.type == VALUE_UNDEFINED) {
		value_map_put(p->names, value_ref(name), value_ref(name));
		known = name;
	}
	tmpl_keep(p->tmpl, value_ref(known));
	value_unref(name);
	return known;
}

bool
parse_token_is(const struct token *token, const char *name)
{
	size_t len = strlen(name);

	return token->type == TOKEN_NAME && token->len == len &&
	       memcmp(token->text, name, len) == 0;
}

bool
parse_is_op(const struct parser *p, int op)
{
	return p->token->type == TOKEN_OP && p->token->op == op;
}

bool
parse_skip_op(struct parser *p, int op)
{
	if (!parse_is_op(p, op))
		return false;
	p->token++;
	return true;
}

bool
parse_expect_op(struct parser *p, int op, const char *what)
{
	if (parse_skip_op(p, op))
		return true;
	parse_expected(p, what);
	return false;
}

bool
parse_is_name(const struct parser *p, const char *name)
{
	return parse_token_is(p->token, name);
}

bool
parse_skip_name(struct parser *p, const char *name)
{
	if (!parse_is_name(p, name))
		return false;
	p->token++;
	return true;
}

static void
parser_init(struct parser *p, struct tmpl *tmpl, struct value names,
    const struct tokens *tokens, struct err *err)
{
	*p = (struct parser){
	    .tmpl = tmpl, .names = names, .token = tokens->items, .err = err};
}

int
parse_template(struct tmpl *tmpl, struct value names,
    const struct tokens *tokens, struct err *err)
{
	static const char *const no_ends[] = {NULL};
	const struct node *only;
	struct parser p;

	parser_init(&p, tmpl, names, tokens, err);
	tmpl->root = parse_body(&p, no_ends);
	if (tmpl->root == NULL)
		return -EINVAL;
	only = tmpl->root->count == 1 ? tmpl->root->kids[0] : NULL;
	if (only != NULL && only->kind == NODE_OUTPUT)
		tmpl->native = only->kids[0];
	return 0;
}

int
parse_bare_expression(struct tmpl *tmpl, struct value names,
    const struct tokens *tokens, struct err *err)
{
	struct parser p;

	parser_init(&p, tmpl, names, tokens, err);
	tmpl->root = parse_expression(&p);
	if (tmpl->root != NULL && p.token->type != TOKEN_END)
		tmpl->root = parse_expected(&p, "the end of the expression");
	tmpl->native = tmpl->root;
	return tmpl->root == NULL ? -EINVAL : 0;
}
