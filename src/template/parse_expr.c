/* Expressions. The names of the levels and their order are Jinja2's. */
#include <string.h>

#include "template/parse.h"

#define OPS_MAX 64u

enum level {
	LEVEL_OR,
	LEVEL_AND,
	LEVEL_NOT,
	LEVEL_COMPARE,
	LEVEL_ADD,
	LEVEL_CONCAT,
	LEVEL_MUL,
	LEVEL_POW,
	LEVEL_UNARY,
};

/* The recursion is bounded by parser.expr_depth, checked in parse_cond(). */
/* NOLINTBEGIN(misc-no-recursion) */

static struct node *parse_level(struct parser *p, enum level level);

static struct node *
parse_cond(struct parser *p)
{
	const struct token *at = p->token;
	struct node *value = parse_level(p, LEVEL_OR);

	while (value != NULL && parse_skip_name(p, "if")) {
		struct node *cond = parse_new(p, NODE_COND, at, 3);
		struct node *test = parse_level(p, LEVEL_OR);
		struct node *other = NULL;

		if (test == NULL)
			return NULL;
		if (parse_skip_name(p, "else")) {
			other = parse_expression(p);
			if (other == NULL)
				return NULL;
		}
		if (!parse_set_kid(p, cond, 0, test) ||
		    !parse_set_kid(p, cond, 1, value) ||
		    !parse_set_kid(p, cond, 2, other))
			return NULL;
		value = cond;
	}
	return value;
}

bool
parse_enter(struct parser *p)
{
	if (++p->expr_depth <= PARSE_EXPR_DEPTH_MAX)
		return true;
	parse_fail(p, p->token, "the expression is nested deeper than %d",
	    PARSE_EXPR_DEPTH_MAX);
	return false;
}

struct node *
parse_expression(struct parser *p)
{
	struct node *node = NULL;

	if (parse_enter(p))
		node = parse_cond(p);
	p->expr_depth--;
	return node;
}

/* The operator at the current token when it belongs to this level, else 0. */
static int
binary_op(const struct parser *p, enum level level)
{
	static const struct {
		enum level level;
		int op;
	} rows[] = {{LEVEL_ADD, '+'}, {LEVEL_ADD, '-'}, {LEVEL_MUL, '*'},
	    {LEVEL_MUL, '/'}, {LEVEL_MUL, OP_FLOORDIV}, {LEVEL_MUL, '%'},
	    {LEVEL_POW, OP_POW}};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].level == level && parse_is_op(p, rows[i].op))
			return rows[i].op;
	return 0;
}

static struct node *
parse_binary(struct parser *p, enum level level)
{
	struct node *left = parse_level(p, level + 1);
	int op;

	while (left != NULL && (op = binary_op(p, level)) != 0) {
		const struct token *at = p->token++;

		left = parse_make(
		    p, NODE_BINARY, at, left, parse_level(p, level + 1));
		if (left != NULL)
			left->op = (uint16_t)op;
	}
	return left;
}

static struct node *
parse_logic(struct parser *p, enum level level)
{
	const char *word = level == LEVEL_OR ? "or" : "and";
	struct node *left = parse_level(p, level + 1);

	while (left != NULL && parse_is_name(p, word)) {
		const struct token *at = p->token++;

		left = parse_make(p, level == LEVEL_OR ? NODE_OR : NODE_AND, at,
		    left, parse_level(p, level + 1));
	}
	return left;
}

static struct node *
parse_not(struct parser *p)
{
	const struct token *at = p->token;
	struct node *operand;

	if (!parse_skip_name(p, "not"))
		return parse_level(p, LEVEL_COMPARE);
	operand = parse_enter(p) ? parse_not(p) : NULL;
	p->expr_depth--;
	return parse_make_one(p, NODE_NOT, at, operand);
}

static int
compare_op(struct parser *p)
{
	static const int ops[] = {OP_EQ, OP_NE, '<', OP_LE, '>', OP_GE};

	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
		if (parse_skip_op(p, ops[i]))
			return ops[i];
	if (parse_skip_name(p, "in"))
		return OP_IN;
	if (parse_is_name(p, "not") && parse_token_is(p->token + 1, "in")) {
		p->token += 2;
		return OP_NOT_IN;
	}
	return 0;
}

static struct node *
parse_compare(struct parser *p)
{
	const struct token *at = p->token;
	struct node *node = parse_level(p, LEVEL_ADD);
	struct nodes kids = {0};
	uint16_t ops[OPS_MAX];
	uint16_t *kept;
	size_t count = 0;
	int op;

	if (node == NULL || (op = compare_op(p)) == 0)
		return node;
	parse_push(p, &kids, node);
	do {
		if (count == OPS_MAX) {
			node = parse_fail(p, at, "too many comparisons");
			break;
		}
		ops[count++] = (uint16_t)op;
		node = parse_level(p, LEVEL_ADD);
	} while (parse_push(p, &kids, node) && (op = compare_op(p)) != 0);
	if (node != NULL)
		node = parse_from_list(p, NODE_COMPARE, at, &kids);
	if (node != NULL) {
		kept = tmpl_alloc(p->tmpl, count, sizeof *kept);
		memcpy(kept, ops, count * sizeof *kept);
		node->u.ops = kept;
	}
	parse_nodes_done(&kids);
	return node;
}

static struct node *
parse_concat(struct parser *p)
{
	const struct token *at = p->token;
	struct node *node = parse_level(p, LEVEL_MUL);
	struct nodes kids = {0};

	if (node == NULL || !parse_is_op(p, '~'))
		return node;
	parse_push(p, &kids, node);
	while (node != NULL && parse_skip_op(p, '~')) {
		node = parse_level(p, LEVEL_MUL);
		parse_push(p, &kids, node);
	}
	if (node != NULL)
		node = parse_from_list(p, NODE_CONCAT, at, &kids);
	parse_nodes_done(&kids);
	return node;
}

static struct node *
parse_level(struct parser *p, enum level level)
{
	switch (level) {
	case LEVEL_OR:
	case LEVEL_AND:
		return parse_logic(p, level);
	case LEVEL_NOT:
		return parse_not(p);
	case LEVEL_COMPARE:
		return parse_compare(p);
	case LEVEL_CONCAT:
		return parse_concat(p);
	case LEVEL_ADD:
	case LEVEL_MUL:
	case LEVEL_POW:
		return parse_binary(p, level);
	case LEVEL_UNARY:
	default:
		return parse_unary(p);
	}
}

static bool
ends_tuple(const struct parser *p)
{
	return p->token->type == TOKEN_OUTPUT_END ||
	       p->token->type == TOKEN_BLOCK_END || parse_is_op(p, ')') ||
	       parse_is_name(p, "recursive");
}

struct node *
parse_tuple(struct parser *p, unsigned flags)
{
	const struct token *at = p->token;
	struct nodes kids = {0};
	struct node *node = NULL;
	bool is_tuple = false;

	for (;;) {
		if (kids.count > 0 && !parse_expect_op(p, ',', "','"))
			goto out;
		if (ends_tuple(p))
			break;
		node = (flags & PARSE_NO_COND) != 0 ? parse_level(p, LEVEL_OR)
						    : parse_expression(p);
		if (!parse_push(p, &kids, node))
			goto out;
		if (!parse_is_op(p, ','))
			break;
		is_tuple = true;
	}
	if (kids.count == 1 && !is_tuple)
		goto out;
	if (kids.count == 0 && (flags & PARSE_PARENS) == 0)
		node = parse_expected(p, "an expression");
	else
		node = parse_from_list(p, NODE_TUPLE, at, &kids);
out:
	parse_nodes_done(&kids);
	return node;
}

struct node *
parse_parens(struct parser *p)
{
	struct node *node = NULL;

	p->token++;
	if (parse_enter(p))
		node = parse_tuple(p, PARSE_PARENS);
	p->expr_depth--;
	if (node != NULL && !parse_expect_op(p, ')', "')'"))
		return NULL;
	return node;
}

/* NOLINTEND(misc-no-recursion) */
