/* What follows a value: items, attributes, calls, filters and tests. */
#include <string.h>

#include "base/buf.h"
#include "template/builtin.h"
#include "template/parse.h"

#define ARGS_MAX 64u

/* The recursion is bounded by parser.expr_depth: see parse_enter(). */
/* NOLINTBEGIN(misc-no-recursion) */

static struct node *parse_signed(struct parser *p);

static bool
slice_part(struct parser *p, struct node *slice, uint32_t index)
{
	struct node *part;

	if (parse_is_op(p, ':') || parse_is_op(p, ']') || parse_is_op(p, ','))
		return true;
	part = parse_expression(p);
	return part != NULL && parse_set_kid(p, slice, index, part);
}

/* One of the items between brackets: an expression or a slice. */
static struct node *
parse_subscribed(struct parser *p, struct node *subject, const struct token *at,
    bool *ret_slice)
{
	struct node *first = NULL;
	struct node *slice;

	if (!parse_is_op(p, ':')) {
		first = parse_expression(p);
		if (first == NULL || !parse_is_op(p, ':'))
			return first;
	}
	p->token++;
	*ret_slice = true;
	slice = parse_new(p, NODE_SLICE, at, 4);
	if (!parse_set_kid(p, slice, 0, subject) ||
	    !parse_set_kid(p, slice, 1, first) || !slice_part(p, slice, 2))
		return NULL;
	if (parse_skip_op(p, ':') && !slice_part(p, slice, 3))
		return NULL;
	return slice;
}

static struct node *
parse_brackets(struct parser *p, struct node *subject)
{
	const struct token *at = p->token++;
	struct nodes keys = {0};
	bool is_slice = false;
	struct node *key = parse_subscribed(p, subject, at, &is_slice);

	if (key != NULL && !is_slice && parse_is_op(p, ',')) {
		parse_push(p, &keys, key);
		while (key != NULL && parse_skip_op(p, ',')) {
			key = parse_expression(p);
			parse_push(p, &keys, key);
		}
		if (key != NULL)
			key = parse_from_list(p, NODE_TUPLE, at, &keys);
		parse_nodes_done(&keys);
	}
	if (key == NULL || !parse_expect_op(p, ']', "']'"))
		return NULL;
	return is_slice ? key : parse_make(p, NODE_ITEM, at, subject, key);
}

static struct node *
parse_dot(struct parser *p, struct node *subject)
{
	const struct token *at = ++p->token;
	struct node *node;

	if (at->type == TOKEN_INT)
		return parse_make(p, NODE_ITEM, at, subject, parse_primary(p));
	if (at->type != TOKEN_NAME)
		return parse_expected(p, "a name after the dot");
	p->token++;
	node = parse_make_one(p, NODE_ATTR, at, subject);
	if (node != NULL)
		node->value = parse_name(p, at);
	return node;
}

static bool
parse_arg(struct parser *p, struct arg *arg)
{
	if (parse_skip_op(p, OP_POW)) {
		arg->stars = 2;
	} else if (parse_skip_op(p, '*')) {
		arg->stars = 1;
	} else if (p->token->type == TOKEN_NAME &&
		   p->token[1].type == TOKEN_OP && p->token[1].op == '=') {
		arg->name = parse_name(p, p->token);
		p->token += 2;
	}
	arg->node = parse_expression(p);
	return arg->node != NULL;
}

/* Positional ones first, then the named, as Python has it. */
static bool
check_arg_order(struct parser *p, const struct arg *args, size_t count,
    const struct token *at)
{
	const struct arg *last = &args[count - 1];
	bool named = last->name.type != VALUE_UNDEFINED;

	if (count > 1 && args[count - 2].stars == 2) {
		parse_fail(p, at, "nothing may follow **");
		return false;
	}
	for (size_t i = 0; i + 1 < count && !named && last->stars != 2; i++) {
		if (args[i].name.type == VALUE_UNDEFINED)
			continue;
		parse_fail(p, at, "a positional argument follows a named one");
		return false;
	}
	return true;
}

/* At "(": reads to behind ")" and hangs the arguments on the node. */
static bool
parse_args(struct parser *p, struct node *call)
{
	struct arg args[ARGS_MAX] = {0};
	struct arg *kept;
	size_t count = 0;

	p->token++;
	while (!parse_is_op(p, ')')) {
		const struct token *at = p->token;

		if (count > 0 && !parse_expect_op(p, ',', "',' or ')'"))
			return false;
		if (parse_is_op(p, ')'))
			break;
		if (count == ARGS_MAX) {
			parse_fail(p, at, "too many arguments");
			return false;
		}
		at = p->token;
		if (!parse_arg(p, &args[count++]) ||
		    !check_arg_order(p, args, count, at))
			return false;
	}
	p->token++;
	kept = tmpl_alloc(p->tmpl, count, sizeof *kept);
	memcpy(kept, args, count * sizeof *kept);
	call->u.args = kept;
	call->arg_count = (uint16_t)count;
	for (size_t i = 0; i < count; i++)
		if (kept[i].node->depth >= call->depth)
			call->depth = (uint16_t)(kept[i].node->depth + 1);
	return true;
}

/* subject.name(...) is a method call; any other callee is called. */
static struct node *
parse_call(struct parser *p, struct node *callee)
{
	struct node *call;

	if (callee->kind == NODE_ATTR) {
		callee->kind = NODE_METHOD;
		call = callee;
	} else {
		call = parse_make_one(p, NODE_CALL, p->token, callee);
		if (call == NULL)
			return NULL;
	}
	return parse_args(p, call) ? call : NULL;
}

static struct node *
parse_postfix(struct parser *p, struct node *node)
{
	while (node != NULL) {
		if (parse_is_op(p, '.'))
			node = parse_dot(p, node);
		else if (parse_is_op(p, '['))
			node = parse_brackets(p, node);
		else if (parse_is_op(p, '('))
			node = parse_call(p, node);
		else
			break;
	}
	return node;
}

/* The name of a filter or a test, with the dots of a collection. */
static const struct builtin *
parse_builtin(struct parser *p, const struct builtin_table *table)
{
	const struct token *at = p->token;
	const struct builtin *builtin;
	struct buf name;

	buf_init(&name, 128);
	while (p->token->type == TOKEN_NAME) {
		buf_add(&name, p->token->text, p->token->len);
		p->token++;
		if (!parse_is_op(p, '.') || p->token[1].type != TOKEN_NAME)
			break;
		buf_addc(&name, '.');
		p->token++;
	}
	if (name.len == 0) {
		parse_expected(p, "a name");
		buf_done(&name);
		return NULL;
	}
	builtin = builtin_find(table, name.data);
	if (builtin == NULL) {
		parse_fail(
		    p, at, "there is no %s '%s'", table->kind, name.data);
		builtin_hint(table, name.data, p->err);
	}
	buf_done(&name);
	return builtin;
}

static struct node *
parse_filter(struct parser *p, struct node *subject)
{
	const struct token *at = p->token;
	struct node *node = parse_new(p, NODE_FILTER, at, 1);

	node->builtin = parse_builtin(p, &filter_table);
	if (node->builtin == NULL || !parse_set_kid(p, node, 0, subject))
		return NULL;
	if (parse_is_op(p, '(') && !parse_args(p, node))
		return NULL;
	return node;
}

static bool
starts_test_arg(const struct parser *p)
{
	switch (p->token->type) {
	case TOKEN_STRING:
	case TOKEN_INT:
	case TOKEN_FLOAT:
		return true;
	case TOKEN_NAME:
		return !parse_is_name(p, "else") && !parse_is_name(p, "or") &&
		       !parse_is_name(p, "and") && !parse_is_name(p, "is") &&
		       !parse_is_name(p, "if") && !parse_is_name(p, "in") &&
		       !parse_is_name(p, "not");
	case TOKEN_OP:
		return parse_is_op(p, '[') || parse_is_op(p, '{');
	case TOKEN_END:
	case TOKEN_DATA:
	case TOKEN_OUTPUT_BEGIN:
	case TOKEN_OUTPUT_END:
	case TOKEN_BLOCK_BEGIN:
	case TOKEN_BLOCK_END:
	default:
		return false;
	}
}

static bool
parse_test_arg(struct parser *p, struct node *node)
{
	struct arg *arg = tmpl_alloc(p->tmpl, 1, sizeof *arg);

	if (parse_is_op(p, '('))
		return parse_args(p, node);
	if (parse_is_name(p, "is")) {
		parse_fail(p, p->token, "tests can not be chained with 'is'");
		return false;
	}
	if (!starts_test_arg(p))
		return true;
	arg->node = parse_postfix(p, parse_primary(p));
	node->u.args = arg;
	node->arg_count = 1;
	return arg->node != NULL;
}

static struct node *
parse_test(struct parser *p, struct node *subject)
{
	const struct token *at = p->token;
	struct node *node = parse_new(p, NODE_TEST, at, 1);

	if (parse_skip_name(p, "not"))
		node->flags = NODE_NEGATED;
	node->builtin = parse_builtin(p, &test_table);
	if (node->builtin == NULL || !parse_set_kid(p, node, 0, subject) ||
	    !parse_test_arg(p, node))
		return NULL;
	return node;
}

static struct node *
parse_postfix_filters(struct parser *p, struct node *subject)
{
	while (subject != NULL) {
		if (parse_skip_op(p, '|'))
			subject = parse_filter(p, subject);
		else if (parse_skip_name(p, "is"))
			subject = parse_test(p, subject);
		else if (parse_is_op(p, '('))
			subject = parse_call(p, subject);
		else
			break;
	}
	return subject;
}

/* "upper|trim" of a filter block: the innermost has no subject. */
struct node *
parse_filter_chain(struct parser *p)
{
	struct node *chain = parse_filter(p, NULL);

	while (chain != NULL && parse_skip_op(p, '|'))
		chain = parse_filter(p, chain);
	return chain;
}

static struct node *
parse_operand(struct parser *p)
{
	if (parse_is_op(p, '-') || parse_is_op(p, '+'))
		return parse_postfix(p, parse_signed(p));
	return parse_postfix(p, parse_primary(p));
}

static struct node *
parse_signed(struct parser *p)
{
	const struct token *at = p->token++;
	struct node *operand = parse_enter(p) ? parse_operand(p) : NULL;
	struct node *node = parse_make_one(p, NODE_UNARY, at, operand);

	p->expr_depth--;
	if (node != NULL)
		node->op = (uint16_t)at->op;
	return node;
}

struct node *
parse_unary(struct parser *p)
{
	return parse_postfix_filters(p, parse_operand(p));
}

/* NOLINTEND(misc-no-recursion) */
