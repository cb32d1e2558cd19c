/* Statements: what stands between {% and %}. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "template/parse.h"

/* The recursion is bounded by parser.body_depth: see parse_body(). */
/* NOLINTBEGIN(misc-no-recursion) */

static bool
expect_block_end(struct parser *p)
{
	if (p->token->type != TOKEN_BLOCK_END) {
		parse_expected(p, "the end of the tag");
		return false;
	}
	p->token++;
	return true;
}

/* parse_body() has stopped before this tag; reads it whole. */
static bool
expect_end(struct parser *p, const char *name)
{
	p->token++; /* the begin of the tag */
	if (!parse_skip_name(p, name)) {
		parse_expected(p, name);
		return false;
	}
	return expect_block_end(p);
}

/* Behind the tag that opens it: a body that must end with `name`. */
static const struct node *
parse_closed_body(struct parser *p, const char *name)
{
	const char *const ends[] = {name, NULL};
	const struct node *body;

	if (!expect_block_end(p))
		return NULL;
	body = parse_body(p, ends);
	return body != NULL && expect_end(p, name) ? body : NULL;
}

static struct node *
target_name(struct parser *p, bool namespaces)
{
	static const char *const constants[] = {
	    "true", "True", "false", "False", "none", "None"};
	const struct token *at = p->token;
	struct node *node;
	struct node *attr;

	if (at->type != TOKEN_NAME)
		return parse_expected(p, "a name to assign to");
	for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++)
		if (parse_is_name(p, constants[i]))
			return parse_expected(p, "a name to assign to");
	node = parse_new(p, NODE_TARGET_NAME, at, 0);
	node->value = parse_name(p, at);
	p->token++;
	if (!namespaces || !parse_skip_op(p, '.'))
		return node;
	if (p->token->type != TOKEN_NAME)
		return parse_expected(p, "an attribute of the namespace");
	attr = parse_new(p, NODE_TARGET_ATTR, at, 1);
	attr->value = node->value;
	node = parse_new(p, NODE_CONST, p->token, 0);
	node->value = parse_name(p, p->token++);
	attr->kids[0] = node;
	return attr;
}

static struct node *
target_item(struct parser *p, bool namespaces)
{
	struct node *node;

	if (!parse_is_op(p, '('))
		return target_name(p, namespaces);
	p->token++;
	node = parse_enter(p) ? parse_target(p, namespaces) : NULL;
	p->expr_depth--;
	if (node == NULL || !parse_expect_op(p, ')', "')'"))
		return NULL;
	return node;
}

struct node *
parse_target(struct parser *p, bool namespaces)
{
	const struct token *at = p->token;
	struct node *node = target_item(p, namespaces);
	struct nodes kids = {0};

	if (node == NULL || !parse_is_op(p, ','))
		return node;
	parse_push(p, &kids, node);
	while (node != NULL && parse_skip_op(p, ',')) {
		if (p->token->type != TOKEN_NAME && !parse_is_op(p, '('))
			break;
		if (parse_is_name(p, "in"))
			break;
		node = target_item(p, namespaces);
		parse_push(p, &kids, node);
	}
	if (node != NULL)
		node = parse_from_list(p, NODE_TARGET_TUPLE, at, &kids);
	parse_nodes_done(&kids);
	return node;
}

static struct node *
parse_if(struct parser *p, const struct token *at)
{
	static const char *const ends[] = {"elif", "else", "endif", NULL};
	struct node *first = NULL;
	struct node *last = NULL;

	do {
		struct node *node = parse_new(p, NODE_IF, at, 3);
		const struct node *test = parse_tuple(p, PARSE_NO_COND);

		if (test == NULL || !expect_block_end(p))
			return NULL;
		node->kids[0] = test;
		node->kids[1] = parse_body(p, ends);
		if (node->kids[1] == NULL)
			return NULL;
		if (last != NULL)
			last->kids[2] = node;
		else
			first = node;
		last = node;
		at = ++p->token;
	} while (parse_skip_name(p, "elif"));
	if (parse_skip_name(p, "else")) {
		last->kids[2] = parse_closed_body(p, "endif");
		return last->kids[2] == NULL ? NULL : first;
	}
	p->token++;
	return expect_block_end(p) ? first : NULL;
}

static bool
parse_for_head(struct parser *p, struct node *node)
{
	node->kids[0] = parse_target(p, false);
	if (node->kids[0] == NULL)
		return false;
	if (!parse_skip_name(p, "in")) {
		parse_expected(p, "'in'");
		return false;
	}
	node->kids[1] = parse_tuple(p, PARSE_NO_COND);
	if (node->kids[1] == NULL)
		return false;
	if (parse_skip_name(p, "if")) {
		node->kids[2] = parse_expression(p);
		if (node->kids[2] == NULL)
			return false;
	}
	if (parse_is_name(p, "recursive")) {
		parse_fail(p, p->token, "recursive loops are not supported");
		return false;
	}
	return expect_block_end(p);
}

static struct node *
parse_for(struct parser *p, const struct token *at)
{
	static const char *const ends[] = {"else", "endfor", NULL};
	struct node *node = parse_new(p, NODE_FOR, at, 5);

	if (!parse_for_head(p, node))
		return NULL;
	node->kids[3] = parse_body(p, ends);
	if (node->kids[3] == NULL)
		return NULL;
	if (parse_token_is(p->token + 1, "else")) {
		p->token += 2;
		node->kids[4] = parse_closed_body(p, "endfor");
		return node->kids[4] == NULL ? NULL : node;
	}
	return expect_end(p, "endfor") ? node : NULL;
}

static struct node *
parse_set(struct parser *p, const struct token *at)
{
	const struct node *target = parse_target(p, true);
	struct node *node;

	if (target == NULL)
		return NULL;
	if (parse_skip_op(p, '=')) {
		node = parse_new(p, NODE_SET, at, 2);
		node->kids[0] = target;
		node->kids[1] = parse_tuple(p, 0);
		if (node->kids[1] == NULL)
			return NULL;
		return expect_block_end(p) ? node : NULL;
	}
	node = parse_new(p, NODE_SET_BLOCK, at, 3);
	node->kids[0] = target;
	if (parse_skip_op(p, '|')) {
		node->kids[1] = parse_filter_chain(p);
		if (node->kids[1] == NULL)
			return NULL;
	}
	node->kids[2] = parse_closed_body(p, "endset");
	return node->kids[2] == NULL ? NULL : node;
}

static struct node *
parse_with(struct parser *p, const struct token *at)
{
	struct nodes kids = {0};
	struct node *node = NULL;

	while (p->token->type != TOKEN_BLOCK_END) {
		if (kids.count > 0 && !parse_expect_op(p, ',', "','"))
			goto out;
		if (!parse_push(p, &kids, target_item(p, false)) ||
		    !parse_expect_op(p, '=', "'='") ||
		    !parse_push(p, &kids, parse_expression(p)))
			goto out;
	}
	if (parse_push(p, &kids, parse_closed_body(p, "endwith")))
		node = parse_from_list(p, NODE_WITH, at, &kids);
out:
	parse_nodes_done(&kids);
	return node;
}

static struct node *
parse_include(struct parser *p, const struct token *at)
{
	struct node *node = parse_new(p, NODE_INCLUDE, at, 1);
	bool with;

	node->kids[0] = parse_expression(p);
	if (node->kids[0] == NULL)
		return NULL;
	if (parse_is_name(p, "ignore") &&
	    parse_token_is(p->token + 1, "missing")) {
		p->token += 2;
		node->flags |= NODE_IGNORE_MISSING;
	}
	with = parse_is_name(p, "with");
	if ((with || parse_is_name(p, "without")) &&
	    parse_token_is(p->token + 1, "context")) {
		p->token += 2;
		if (!with)
			node->flags |= NODE_NO_CONTEXT;
	}
	return expect_block_end(p) ? node : NULL;
}

int
parse_params(struct parser *p, struct node *macro)
{
	struct arg params[PARSE_PARAMS_MAX] = {0};
	struct arg *kept;
	uint16_t count = 0;

	if (!parse_expect_op(p, '(', "'('"))
		return -1;
	while (!parse_is_op(p, ')')) {
		if (count > 0 && !parse_expect_op(p, ',', "',' or ')'"))
			return -1;
		if (count == PARSE_PARAMS_MAX || p->token->type != TOKEN_NAME) {
			parse_expected(p, "the name of a parameter");
			return -1;
		}
		params[count].name = parse_name(p, p->token++);
		if (parse_skip_op(p, '=')) {
			params[count].node = parse_expression(p);
			if (params[count].node == NULL)
				return -1;
		} else if (count > 0 && params[count - 1].node != NULL) {
			parse_fail(p, p->token - 1,
			    "a parameter without default follows one with");
			return -1;
		}
		count++;
	}
	p->token++;
	kept = tmpl_alloc(p->tmpl, count, sizeof *kept);
	memcpy(kept, params, count * sizeof *kept);
	macro->u.args = kept;
	macro->arg_count = count;
	return 0;
}

static bool
parse_macro_body(struct parser *p, struct node *macro, const char *end)
{
	unsigned outer = p->seen;

	p->seen = 0;
	macro->kids[0] = parse_closed_body(p, end);
	macro->flags = (uint8_t)p->seen;
	p->seen |= outer;
	return macro->kids[0] != NULL;
}

static struct node *
parse_macro(struct parser *p, const struct token *at)
{
	struct node *node = parse_new(p, NODE_MACRO, at, 1);

	if (p->token->type != TOKEN_NAME)
		return parse_expected(p, "the name of the macro");
	node->value = parse_name(p, p->token++);
	if (parse_params(p, node) != 0 ||
	    !parse_macro_body(p, node, "endmacro"))
		return NULL;
	return node;
}

static struct node *
parse_call_block(struct parser *p, const struct token *at)
{
	struct node *node = parse_new(p, NODE_CALL_BLOCK, at, 2);
	struct node *macro = parse_new(p, NODE_MACRO, at, 1);
	struct token name = {.type = TOKEN_NAME,
	    .text = "caller",
	    .len = 6,
	    .line = at->line,
	    .col = at->col};

	macro->value = parse_name(p, &name);
	if (parse_is_op(p, '(') && parse_params(p, macro) != 0)
		return NULL;
	node->kids[0] = parse_expression(p);
	if (node->kids[0] == NULL)
		return NULL;
	if (node->kids[0]->kind != NODE_CALL)
		return parse_fail(p, at, "expected a call of a macro");
	node->kids[1] = macro;
	return parse_macro_body(p, macro, "endcall") ? node : NULL;
}

static struct node *
parse_filter_block(struct parser *p, const struct token *at)
{
	struct node *node = parse_new(p, NODE_FILTER_BLOCK, at, 2);

	node->kids[0] = parse_filter_chain(p);
	if (node->kids[0] == NULL)
		return NULL;
	node->kids[1] = parse_closed_body(p, "endfilter");
	return node->kids[1] == NULL ? NULL : node;
}

/* What commas divide is printed one after the other. */
static struct node *
parse_print(struct parser *p, const struct token *at)
{
	struct nodes kids = {0};
	struct node *body = NULL;

	do {
		struct node *node = parse_new(p, NODE_OUTPUT, at, 1);

		node->kids[0] = parse_expression(p);
		if (!parse_push(p, &kids, node) || node->kids[0] == NULL)
			goto out;
	} while (parse_skip_op(p, ','));
	if (expect_block_end(p))
		body = parse_from_list(p, NODE_BODY, at, &kids);
out:
	parse_nodes_done(&kids);
	return body;
}

/* NOLINTEND(misc-no-recursion) */

static const struct tag {
	const char *name;
	/* Behind the name; `at` is the name. NULL: known and not supported. */
	struct node *(*parse)(struct parser *p, const struct token *at);
} tags[] = {
    {"if", parse_if},
    {"for", parse_for},
    {"set", parse_set},
    {"with", parse_with},
    {"include", parse_include},
    {"macro", parse_macro},
    {"call", parse_call_block},
    {"filter", parse_filter_block},
    {"print", parse_print},
    {"block", NULL},
    {"extends", NULL},
    {"import", NULL},
    {"from", NULL},
    {"do", NULL},
    {"break", NULL},
    {"continue", NULL},
    {"autoescape", NULL},
    {"trans", NULL},
};
#define TAG_COUNT (sizeof tags / sizeof tags[0])

static struct node *
unknown_tag(struct parser *p, const struct token *at, const char *const *ends)
{
	char name[64];
	const char *nearest = NULL;
	size_t best = 3;

	if (at->len >= sizeof name)
		return parse_fail(p, at, "there is no such tag");
	memcpy(name, at->text, at->len);
	name[at->len] = '\0';
	if (str_starts(name, "end") || strcmp(name, "else") == 0 ||
	    strcmp(name, "elif") == 0) {
		parse_fail(p, at, "'%s' has nothing to close here", name);
		if (ends[0] != NULL)
			err_hint(p->err, "expected '%s'",
			    ends[1] == NULL   ? ends[0]
			    : ends[2] == NULL ? ends[1]
					      : ends[2]);
		return NULL;
	}
	parse_fail(p, at, "there is no tag '%s'", name);
	for (size_t i = 0; i < TAG_COUNT; i++) {
		size_t distance = str_distance(name, tags[i].name);

		if (distance < best && tags[i].parse != NULL) {
			best = distance;
			nearest = tags[i].name;
		}
	}
	if (nearest != NULL)
		err_hint(p->err, "did you mean '%s'?", nearest);
	return NULL;
}

/* Behind the begin of a tag that closes nothing. */
static struct node *
parse_tag(struct parser *p, const char *const *ends)
{
	const struct token *at = p->token;

	if (at->type != TOKEN_NAME)
		return parse_expected(p, "the name of a tag");
	for (size_t i = 0; i < TAG_COUNT; i++) {
		if (!parse_token_is(at, tags[i].name))
			continue;
		if (tags[i].parse == NULL)
			return parse_fail(
			    p, at, "'%s' is not supported", tags[i].name);
		p->token++;
		return tags[i].parse(p, at);
	}
	return unknown_tag(p, at, ends);
}

static bool
is_end(const struct parser *p, const char *const *ends)
{
	if (p->token->type != TOKEN_BLOCK_BEGIN)
		return false;
	for (; *ends != NULL; ends++)
		if (parse_token_is(p->token + 1, *ends))
			return true;
	return false;
}

static struct node *
parse_text(struct parser *p)
{
	struct node *node = parse_new(p, NODE_TEXT, p->token, 0);

	node->value =
	    tmpl_keep(p->tmpl, value_string_len(p->token->text, p->token->len));
	p->token++;
	return node;
}

static struct node *
parse_output(struct parser *p)
{
	struct node *node = parse_new(p, NODE_OUTPUT, p->token++, 1);

	node->kids[0] = parse_tuple(p, 0);
	if (node->kids[0] == NULL)
		return NULL;
	if (p->token->type != TOKEN_OUTPUT_END)
		return parse_expected(p, "'}}'");
	p->token++;
	return node;
}

static struct node *
parse_statement(struct parser *p, const char *const *ends)
{
	switch (p->token->type) {
	case TOKEN_DATA:
		return parse_text(p);
	case TOKEN_OUTPUT_BEGIN:
		return parse_output(p);
	case TOKEN_BLOCK_BEGIN:
		p->token++;
		return parse_tag(p, ends);
	case TOKEN_END:
	case TOKEN_OUTPUT_END:
	case TOKEN_BLOCK_END:
	case TOKEN_NAME:
	case TOKEN_STRING:
	case TOKEN_INT:
	case TOKEN_FLOAT:
	case TOKEN_OP:
	default:
		return parse_expected(p, "a statement");
	}
}

const struct node *
parse_body(struct parser *p, const char *const *ends)
{
	const struct token *at = p->token;
	struct nodes kids = {0};
	struct node *body = NULL;
	struct node *node = NULL;
	bool ok = true;

	if (++p->body_depth > PARSE_BODY_DEPTH_MAX)
		ok = parse_fail(p, at, "tags are nested deeper than %d",
			 PARSE_BODY_DEPTH_MAX) != NULL;
	while (ok && p->token->type != TOKEN_END && !is_end(p, ends)) {
		node = parse_statement(p, ends);
		ok = parse_push(p, &kids, node);
	}
	if (ok && p->token->type == TOKEN_END && ends[0] != NULL) {
		ok = false;
		at--; /* the end of the tag that opens the body */
		err_at(p->err, p->tmpl->name, at->line, at->col,
		    "this tag is never closed: '%s' is missing",
		    ends[1] == NULL   ? ends[0]
		    : ends[2] == NULL ? ends[1]
				      : ends[2]);
	}
	if (ok)
		body = parse_from_list(p, NODE_BODY, at, &kids);
	parse_nodes_done(&kids);
	p->body_depth--;
	return body;
}
