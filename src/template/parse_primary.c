/* Literals and names. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "template/parse.h"

/* The recursion is bounded by parser.expr_depth: see parse_enter(). */
/* NOLINTBEGIN(misc-no-recursion) */

static struct node *
make_const(struct parser *p, const struct token *at, struct value value)
{
	struct node *node = parse_new(p, NODE_CONST, at, 0);

	node->value = tmpl_keep(p->tmpl, value);
	return node;
}

static struct node *
parse_list(struct parser *p)
{
	const struct token *at = p->token++;
	struct nodes kids = {0};
	struct node *node = NULL;

	while (!parse_is_op(p, ']')) {
		if (kids.count > 0 && !parse_expect_op(p, ',', "',' or ']'"))
			goto out;
		if (parse_is_op(p, ']'))
			break;
		if (!parse_push(p, &kids, parse_expression(p)))
			goto out;
	}
	p->token++;
	node = parse_from_list(p, NODE_LIST, at, &kids);
out:
	parse_nodes_done(&kids);
	return node;
}

static struct node *
parse_dict(struct parser *p)
{
	const struct token *at = p->token++;
	struct nodes kids = {0};
	struct node *node = NULL;

	while (!parse_is_op(p, '}')) {
		if (kids.count > 0 && !parse_expect_op(p, ',', "',' or '}'"))
			goto out;
		if (parse_is_op(p, '}'))
			break;
		if (!parse_push(p, &kids, parse_expression(p)) ||
		    !parse_expect_op(p, ':', "':'") ||
		    !parse_push(p, &kids, parse_expression(p)))
			goto out;
	}
	p->token++;
	node = parse_from_list(p, NODE_DICT, at, &kids);
out:
	parse_nodes_done(&kids);
	return node;
}

static struct node *
parse_strings(struct parser *p)
{
	const struct token *at = p->token;
	struct node *node = NULL;
	struct buf text;

	buf_init(&text, TMPL_TEXT_MAX);
	while (p->token->type == TOKEN_STRING) {
		if (parse_string(p, p->token, &text) != 0)
			goto out;
		p->token++;
	}
	node = make_const(p, at, value_string_len(text.data, text.len));
out:
	buf_done(&text);
	return node;
}

static struct node *
parse_number(struct parser *p)
{
	const struct token *at = p->token++;
	char text[64];
	size_t len = 0;
	char *end;
	int base = 10;
	const char *digits = text;
	long long whole;

	for (size_t i = 0; i < at->len; i++) {
		if (at->text[i] == '_')
			continue;
		if (len == sizeof text - 1)
			return parse_fail(p, at, "the number is too long");
		text[len++] = at->text[i];
	}
	text[len] = '\0';
	if (at->type == TOKEN_FLOAT)
		return make_const(p, at, value_float(strtod(text, NULL)));
	if (len > 2 && text[0] == '0' && text[1] >= 'A') {
		base = (text[1] | 0x20) == 'x'	 ? 16
		       : (text[1] | 0x20) == 'o' ? 8
						 : 2;
		digits = text + 2;
	}
	errno = 0;
	whole = strtoll(digits, &end, base);
	if (errno != 0 || *end != '\0')
		return parse_fail(p, at, "the number is too big");
	return make_const(p, at, value_int(whole));
}

static struct node *
parse_word(struct parser *p)
{
	static const struct {
		const char *word;
		enum value_type type;
		bool is_true;
	} rows[] = {{"true", VALUE_BOOL, true}, {"True", VALUE_BOOL, true},
	    {"false", VALUE_BOOL, false}, {"False", VALUE_BOOL, false},
	    {"none", VALUE_NULL, false}, {"None", VALUE_NULL, false}};
	static const char *const reserved[] = {
	    "and", "or", "in", "is", "if", "else", "not"};
	static const struct {
		const char *word;
		unsigned flag;
	} special[] = {{"caller", NODE_USES_CALLER},
	    {"kwargs", NODE_USES_KWARGS}, {"varargs", NODE_USES_VARARGS}};
	struct node *node;

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (parse_skip_name(p, rows[i].word))
			return make_const(p, p->token - 1,
			    rows[i].type == VALUE_NULL
				? value_null()
				: value_bool(rows[i].is_true));
	for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
		if (parse_is_name(p, reserved[i]))
			return parse_expected(p, "an expression");
	for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
		if (parse_is_name(p, special[i].word))
			p->seen |= special[i].flag;
	node = parse_new(p, NODE_NAME, p->token, 0);
	node->value = parse_name(p, p->token++);
	return node;
}

struct node *
parse_primary(struct parser *p)
{
	switch (p->token->type) {
	case TOKEN_NAME:
		return parse_word(p);
	case TOKEN_STRING:
		return parse_strings(p);
	case TOKEN_INT:
	case TOKEN_FLOAT:
		return parse_number(p);
	case TOKEN_OP:
		if (parse_is_op(p, '('))
			return parse_parens(p);
		if (parse_is_op(p, '['))
			return parse_list(p);
		if (parse_is_op(p, '{'))
			return parse_dict(p);
		break;
	case TOKEN_END:
	case TOKEN_DATA:
	case TOKEN_OUTPUT_BEGIN:
	case TOKEN_OUTPUT_END:
	case TOKEN_BLOCK_BEGIN:
	case TOKEN_BLOCK_END:
	default:
		break;
	}
	return parse_expected(p, "an expression");
}

/* NOLINTEND(misc-no-recursion) */
