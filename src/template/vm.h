/*
 * The evaluator: walks the nodes of a template with a node's variables and
 * writes the output. It keeps the books on every limit.
 *
 * Conventions: functions give 0 or a negative errno after vm_fail(); results
 * (ret_value) are owned by the caller and written only on success; arguments
 * are borrowed. `vm->at` is the node that an error is about.
 */
#ifndef CONVECT_TEMPLATE_VM_H
#define CONVECT_TEMPLATE_VM_H

#include <locale.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "inventory/value.h"
#include "template/builtin.h"
#include "template/node.h"
#include "template/template.h"

/* In value.flags: a container that this render has made and may change. */
#define VALUE_OPEN 8
/*
 * In the flags of an undefined value: "x if y" without else. Jinja2 lets it
 * pass for nothing even where undefined is strict.
 */
#define VALUE_LENIENT 16
/* The same: the name is an item's that is missing, not a variable's. */
#define VALUE_NO_ITEM 32

struct vm;

struct tmpl_env {
	struct tmpl_options options;
	struct value names;	/* map: the interned names */
	struct value regexes;	/* map: compiled ones, see regex.h */
	struct value hashes;	/* map: passwords hashed before */
	struct value globals;	/* map: name to function object */
	struct value loop_name; /* the interned "loop" */
	struct value files;	/* map: name to compiled template */
	struct value texts;	/* map: text of a variable to the same */
	locale_t locale;	/* C.UTF-8, or 0 */
	struct vm *vm;		/* the innermost that runs, or NULL */
};

/* A variable that a template has set. */
struct local {
	struct value name; /* interned, borrowed: compared by address */
	struct value value;
};

/* Locals from `start` up to the next scope's start belong to it. */
struct scope {
	uint32_t start;
	int32_t parent; /* index, or -1 */
	uint32_t serial;
};

#define VM_NO_SCOPE (-1)

/* What is used up over all that one tmpl_render() starts. */
struct vm_usage {
	uint32_t depth;
	uint64_t loops;
	uint64_t steps;
	uint64_t memory;
	uint64_t draws; /* random numbers without a seed; no limit */
};

/* A variable whose value is being expanded; they chain on the C stack. */
struct vm_expanding {
	const char *name;
	const void *vars;	 /* of which host: the map's address */
	const struct tmpl *tmpl; /* of the text that is walked, or NULL */
	struct vm_expanding *outer;
};

struct vm {
	struct tmpl_env *env;
	const struct tmpl_input *input;
	struct tmpl *tmpl; /* whose nodes are being walked */
	const struct node *at;
	struct buf *out;
	struct err *err;
	struct local *locals;
	size_t local_count;
	size_t local_cap;
	struct scope *scopes;
	size_t scope_count;
	size_t scope_cap;
	int32_t scope;	 /* the current one */
	uint32_t serial; /* of the last scope made */
	bool no_context; /* in an include "without context" */
	bool secret;	 /* something secret went into the output */
	struct vm_usage usage;
	struct value memo; /* map: variables already expanded or looked up */
	struct vm_expanding *expanding; /* the innermost */
	/* The last attribute that was not there, for the error if one comes. */
	const struct node *miss;
	struct value miss_subject;
	/* The subject of a filter block's innermost filter. */
	const struct value *chain_subject;
	struct vm *outer;
};

/* ---- vm.c: life, errors and limits ---- */
#define VM_PLACE_MAX 128
/*
 * What vm->tmpl is called in messages. A variable's text is compiled once for
 * all that have the same, so it is called by the variable that is expanded.
 */
const char *vm_place(const struct vm *vm, char out[VM_PLACE_MAX]);
void vm_init(struct vm *vm, struct tmpl_env *env,
    const struct tmpl_input *input, struct err *err);
void vm_done(struct vm *vm);
/* -EINVAL with the place of vm->at. */
int vm_fail(struct vm *vm, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* -E2BIG: a limit is passed. */
int vm_limit(struct vm *vm, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Counts work beyond a single step: bytes walked, items compared. */
int vm_work(struct vm *vm, uint64_t steps);
/* Counts bytes built; strings and lists come with it. */
int vm_charge(struct vm *vm, uint64_t bytes);
/* One level of include, macro or variable down; vm_leave() takes it back. */
int vm_enter(struct vm *vm);
void vm_leave(struct vm *vm);
/* Raises the error of an undefined value: names it, and its neighbours. */
int vm_undefined(struct vm *vm, struct value value);

int vm_string(
    struct vm *vm, const char *str, size_t len, struct value *ret_value);
/* A scratch buffer for a string of the largest size that is allowed. */
void vm_buf_init(struct buf *buf);
/* Makes a string of it and frees it; fails when it was too small. */
int vm_buf_take(struct vm *vm, struct buf *buf, struct value *ret_value);
struct value vm_list(void); /* new, open */
struct value vm_map(void);
/* Clears VALUE_OPEN all through: what leaves the render is not changed. */
void vm_seal(struct value *value);

/* ---- scope.c: names ---- */
int vm_scope_push(struct vm *vm, int32_t parent, int32_t *ret_outer);
void vm_scope_pop(struct vm *vm, int32_t outer);
void vm_local_set(struct vm *vm, struct value name, struct value value);
/* Borrowed; NULL when no scope in sight has it. */
const struct value *vm_local_find(const struct vm *vm, struct value name);
/* A NODE_NAME: local, variable, or global; else undefined with its name. */
int vm_load(struct vm *vm, struct value name, struct value *ret_value);
/* Expands the template text in a variable's value. */
int vm_expand(struct vm *vm, const char *name, struct value value,
    struct value *ret_value);

/* ---- eval.c, item.c, eval_call.c: expressions ---- */
int vm_eval(struct vm *vm, const struct node *node, struct value *ret_value);
int vm_attr(struct vm *vm, struct value subject, struct value name,
    struct value *ret_value);
int vm_item(struct vm *vm, struct value subject, struct value key,
    struct value *ret_value);
/* "a.b.0" of filters such as map(attribute=...). */
int vm_path(struct vm *vm, struct value subject, struct value path,
    struct value *ret_value);
int vm_slice(struct vm *vm, struct value subject, const struct value *parts,
    struct value *ret_value);

/* Arguments as they are written at a call. */
#define ACTUAL_INLINE 6
struct actual {
	struct value room[ACTUAL_INLINE];
	struct value *items; /* room, or on the heap */
	size_t count;
	size_t cap;
	struct value kwargs; /* a map, or undefined when there are none */
};
int vm_args_eval(
    struct vm *vm, const struct node *call, struct actual *ret_actual);
void vm_args_done(struct actual *actual);
/* Binds and runs. `self` may be undefined only where the builtin allows. */
int vm_run(struct vm *vm, const struct builtin *builtin, struct value self,
    const struct actual *actual, struct value *ret_value);
/* Refuses an item that a container must not be given; depth from 0. */
int vm_guard_item(
    struct vm *vm, struct value container, struct value item, int depth);
int vm_call_method(struct vm *vm, struct value subject, struct value name,
    const struct actual *actual, struct value *ret_value);
int vm_call_value(struct vm *vm, struct value callee,
    const struct actual *actual, struct value *ret_value);

/* ---- exec.c: statements ---- */
int vm_exec(struct vm *vm, const struct node *node);
/* Runs a body into a string. */
int vm_capture(struct vm *vm, const struct node *body, struct value *ret_value);
int vm_write(struct vm *vm, struct value value);

/* ---- object.c: what only lives in a render ---- */
struct tmpl_object_ops {
	/* -ENOENT: it has no such attribute. */
	int (*attr)(struct vm *vm, struct value self, const char *name,
	    struct value *ret_value);
	int (*call)(struct vm *vm, struct value self,
	    const struct actual *actual, struct value *ret_value);
	const struct builtin *methods;
};
bool object_is_ours(struct value value);
bool object_is_namespace(struct value value);
int object_namespace_set(
    struct vm *vm, struct value ns, struct value name, struct value value);
struct value object_function_new(const struct builtin *builtin);
struct value object_macro_new(struct vm *vm, const struct node *node);
struct value object_loop_new(struct value items);
void object_loop_step(struct value loop, size_t index);
struct value object_namespace_new(struct value map);
struct value object_cycler_new(struct value items);
struct value object_joiner_new(struct value sep);

/* ---- ops.c ---- */
int ops_binary(struct vm *vm, int op, struct value a, struct value b,
    struct value *ret_value);
int ops_compare(
    struct vm *vm, int op, struct value a, struct value b, bool *ret_bool);
int ops_equal(struct vm *vm, struct value a, struct value b, bool *ret_bool);
/* <0, 0, >0 as Python orders; fails on types that have no order. */
int ops_order(struct vm *vm, struct value a, struct value b, int *ret_order);
int ops_contains(
    struct vm *vm, struct value item, struct value in, bool *ret_bool);
int ops_truth(struct vm *vm, struct value value, bool *ret_bool);

/* ---- text.c ---- */
/* Python's str(). */
int text_write(struct vm *vm, struct value value, struct buf *out);
int text_repr(struct vm *vm, struct value value, struct buf *out);
/* A string stays what it is; anything else becomes its str(). Owned. */
int text_of(struct vm *vm, struct value value, struct value *ret_value);
/* "str", "int": Python's name of the type. */
const char *text_type(struct value value);

/* ---- seq.c ---- */
/*
 * Anything that can be iterated as a list: itself, the keys of a map, the
 * characters of a string. Owned.
 */
int seq_of(struct vm *vm, struct value value, struct value *ret_list);
/* An object's items as a map; a map is itself. Owned. */
int seq_map(struct vm *vm, struct value value, struct value *ret_map);
int seq_length(struct vm *vm, struct value value, int64_t *ret_length);
/* The (key, value) pairs of a map: a new list. */
int seq_items(struct vm *vm, struct value map, struct value *ret_list);
/* A tuple of two; takes both over. */
struct value seq_pair(struct value a, struct value b);

/* ---- env.c ---- */
int env_template(struct tmpl_env *env, const char *name, struct tmpl **ret_tmpl,
    struct err *err);
/* The compiled form of a variable's text; one reference. */
int env_text(struct tmpl_env *env, const char *name, struct value text,
    struct tmpl **ret_tmpl, struct err *err);

/* ---- format.c ---- */
int format_percent(struct vm *vm, struct value format, struct value args,
    struct value *ret_value);
int format_braces(
    struct vm *vm, const struct call *call, struct value *ret_value);

#endif
