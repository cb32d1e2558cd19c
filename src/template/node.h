/*
 * A compiled template: a tree of nodes in one arena, names and constants
 * resolved, ready to be walked. Never changed once it is built, but for its
 * count.
 */
#ifndef CONVECT_TEMPLATE_NODE_H
#define CONVECT_TEMPLATE_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inventory/value.h"

struct builtin;

enum node_kind {
	/* expressions */
	NODE_CONST,  /* value */
	NODE_NAME,   /* value: the interned name */
	NODE_LIST,   /* kids */
	NODE_TUPLE,  /* kids */
	NODE_DICT,   /* kids: key, value, key, value... */
	NODE_CONCAT, /* kids: what "~" joins */
	NODE_BINARY, /* kids: left, right; op */
	NODE_UNARY,  /* kids: operand; op '-' or '+' */
	NODE_AND,    /* kids: left, right */
	NODE_OR,
	NODE_NOT,
	NODE_COMPARE, /* kids: first, then each compared; ops[] */
	NODE_COND,    /* kids: test, then, else or NULL */
	NODE_ATTR,    /* kids: subject; value: the name */
	NODE_ITEM,    /* kids: subject, key */
	NODE_SLICE,   /* kids: subject, start, stop, step; each may be NULL */
	NODE_FILTER, /* kids: subject (NULL in a filter block); builtin, args */
	NODE_TEST,   /* the same; flags: NODE_NEGATED */
	NODE_CALL,   /* kids: callee; args */
	NODE_METHOD, /* kids: subject; value: the name; args */
	/* statements */
	NODE_TEXT,	   /* value */
	NODE_OUTPUT,	   /* kids: expression */
	NODE_BODY,	   /* kids: statements */
	NODE_IF,	   /* kids: test, then, else or NULL */
	NODE_FOR,	   /* kids: target, items, filter, body, else */
	NODE_SET,	   /* kids: target, expression */
	NODE_SET_BLOCK,	   /* kids: target, filter chain or NULL, body */
	NODE_WITH,	   /* kids: target, expression..., body last */
	NODE_INCLUDE,	   /* kids: name; flags */
	NODE_MACRO,	   /* value: the name; params; kids: body */
	NODE_CALL_BLOCK,   /* kids: call, macro */
	NODE_FILTER_BLOCK, /* kids: filter chain, body */
	/* targets of an assignment */
	NODE_TARGET_NAME,  /* value: the name */
	NODE_TARGET_TUPLE, /* kids */
	NODE_TARGET_ATTR,  /* value: the namespace's name; kids: NODE_CONST */
	NODE_KINDS,
};

enum node_flags {
	NODE_NEGATED = 1,	 /* is not */
	NODE_IGNORE_MISSING = 2, /* include */
	NODE_NO_CONTEXT = 4,
	NODE_USES_CALLER = 8, /* macro */
	NODE_USES_KWARGS = 16,
	NODE_USES_VARARGS = 32,
};

/* enum token_op, a character, or one of these. */
enum node_op {
	OP_IN = 512,
	OP_NOT_IN
};

struct arg {
	const struct node *node; /* NULL: a macro parameter without default */
	struct value name;	 /* undefined: positional */
	uint8_t stars;		 /* 1: *list, 2: **map */
};

struct node {
	uint8_t kind; /* enum node_kind */
	uint8_t flags;
	uint16_t op;
	uint32_t count; /* of kids, or of params of a macro */
	int line;
	int col;
	const struct node **kids;
	struct value value; /* owned by the template */
	union {
		const uint16_t *ops; /* NODE_COMPARE: count - 1 of them */
		const struct arg *args;
	} u;
	uint16_t depth; /* of the expression below */
	uint16_t arg_count;
	const struct builtin *builtin;
};

struct arena_chunk;

struct tmpl {
	struct value_obj obj; /* first; counts the references */
	char *name;
	const struct node *root; /* NODE_BODY, or a bare expression */
	/* The expression of a template that is one "{{ }}", else NULL. */
	const struct node *native;
	struct value values; /* a list that owns the nodes' values */
	struct arena_chunk *chunks;
};

struct tmpl *tmpl_new(const char *name);
struct tmpl *tmpl_ref(struct tmpl *tmpl);
void tmpl_unref(struct tmpl *tmpl); /* NULL is fine */
/* Zeroed memory that lives as long as the template. */
void *tmpl_alloc(struct tmpl *tmpl, size_t count, size_t size);
/* Hands a value over to the template; returns it, borrowed. */
struct value tmpl_keep(struct tmpl *tmpl, struct value value);

#endif
