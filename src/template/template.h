/*
 * Templates: the Jinja2 language as Ansible and cloud-init users write it.
 * A template is compiled once, kept under its name in a struct tmpl_env, and
 * rendered with a node's variables. Undefined is strict, as in Ansible: only
 * `default` and `is defined` may meet it.
 *
 * A render is pure: it reads no clock, no file but those the loader gives
 * out, and no randomness, so the same variables give the same bytes. Loops,
 * depth, steps, memory and output have ceilings; passing one is an error
 * that says which.
 *
 * Knows nothing of nodes, inventories or what a template is for.
 */
#ifndef CONVECT_TEMPLATE_TEMPLATE_H
#define CONVECT_TEMPLATE_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "inventory/value.h"

struct tmpl_env;

#define TMPL_TEXT_MAX (4u << 20)   /* bytes of one template */
#define TMPL_OUTPUT_MAX (8u << 20) /* bytes of one render */

struct tmpl_limits {
	uint32_t depth; /* nested includes, macro calls and variables: 32 */
	uint64_t loops; /* iterations in all: 1,000,000 */
	uint64_t
	    steps; /* expressions evaluated, and bytes walked: 20 million */
	uint64_t memory; /* bytes built in all, freed or not: 256 MiB */
	size_t output;	 /* TMPL_OUTPUT_MAX */
};

struct tmpl_options {
	/*
	 * Appends the text of the template `name`, which an include or
	 * tmpl_render() asks for. -ENOENT: there is none; other errors fill
	 * err. Never called with an absolute name or one with "..". NULL:
	 * there are no files.
	 */
	int (*load)(
	    void *arg, const char *name, struct buf *out, struct err *err);
	void *load_arg;
	bool trim_blocks;	    /* true, as Ansible */
	bool lstrip_blocks;	    /* false */
	bool keep_trailing_newline; /* true */
	/*
	 * Mixed into the salts of password_hash, which are made from the
	 * password so that a render can be repeated. "" is allowed.
	 */
	const char *salt_seed;
	struct tmpl_limits limits;
};

/* Ansible's settings and the limits above; no loader. */
void tmpl_options_init(struct tmpl_options *options);

/* Copies the options; `salt_seed` must outlive the environment. */
struct tmpl_env *tmpl_env_new(const struct tmpl_options *options);
/* NULL is fine. Scopes made with it must be gone. */
void tmpl_env_free(struct tmpl_env *env);
/* Forgets a cached template, or all of them when `name` is NULL. */
void tmpl_env_invalidate(struct tmpl_env *env, const char *name);

/*
 * A loader over directories, searched in order: options.load =
 * tmpl_load_dirs, load_arg a struct tmpl_dirs that outlives the environment.
 * Nothing outside them can be reached, by name or by symbolic link.
 */
struct tmpl_dirs {
	const int *fds; /* open directories */
	size_t count;
};
int tmpl_load_dirs(
    void *dirs, const char *name, struct buf *out, struct err *err);

/* What a template is rendered with. */
struct tmpl_input {
	struct value vars; /* a map, borrowed */
	/*
	 * Variables made on demand (hostvars), asked for once a render and
	 * only for names that `vars` lacks. *ret_value is owned by the
	 * caller. -ENOENT: there is none. NULL is fine.
	 */
	int (*lookup)(void *arg, const char *name, struct value *ret_value,
	    struct err *err);
	void *lookup_arg;
	bool mask_secrets; /* values that are VALUE_SECRET come out as stars */
};

/*
 * Variables whose values hold template text ("{{ a }}-{{ b }}") are expanded
 * when they are used, with the same variables, unless they are VALUE_SAFE. A
 * value that is one "{{ expression }}" and nothing else keeps its type.
 *
 * All of these return 0, or a negative errno with err holding template:line:
 * column. -ENOENT: no such template. -ENOTUNIQ: a variable is undefined.
 * -EINVAL: the template is wrong. -ELOOP: variables or templates name each
 * other in a circle. -E2BIG: a limit is passed. On failure `out` is as it
 * was.
 */
int tmpl_render(struct tmpl_env *env, const char *name,
    const struct tmpl_input *input, struct buf *out, struct err *err);

/* Text that is in no file; `name` is for messages. */
int tmpl_render_text(struct tmpl_env *env, const char *name, const char *text,
    const struct tmpl_input *input, struct buf *out, struct err *err);

/* Compiles without rendering: finds every mistake that needs no variables. */
int tmpl_check(struct tmpl_env *env, const char *name, struct err *err);

/*
 * Expands a value: a string, or every string within a list or a map, as the
 * value of a variable called `name` would be. *ret_value is the caller's. A
 * value without template text comes back as it is (with one more reference).
 */
int tmpl_eval(struct tmpl_env *env, const char *name, struct value value,
    const struct tmpl_input *input, struct value *ret_value, struct err *err);

/*
 * An expression without braces, such as "kernel_args is defined and x > 3".
 */
int tmpl_eval_expression(struct tmpl_env *env, const char *name,
    const char *text, const struct tmpl_input *input, struct value *ret_value,
    struct err *err);

/*
 * A map-like object over another host's variables, whose values are expanded
 * with that host's own variables when they are asked for: what
 * hostvars['x'] is. `name` is the host's, for messages. It holds a reference to
 * the vars; env and lookup_arg must outlive it.
 */
struct value tmpl_scope_new(
    struct tmpl_env *env, const char *name, const struct tmpl_input *input);

#endif
