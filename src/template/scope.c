/* Names: what a template has set, the node's variables, the globals. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "inventory/pyliteral.h"
#include "template/vm.h"

#define LOCALS_MAX 100000u

int
vm_scope_push(struct vm *vm, int32_t parent, int32_t *ret_outer)
{
	if (vm->scope_count == vm->scope_cap) {
		vm->scope_cap = vm->scope_cap == 0 ? 16 : vm->scope_cap * 2;
		vm->scopes =
		    mem_resize(vm->scopes, vm->scope_cap, sizeof *vm->scopes);
	}
	vm->scopes[vm->scope_count] = (struct scope){
	    .start = (uint32_t)vm->local_count,
	    .parent = parent,
	    .serial = ++vm->serial,
	};
	*ret_outer = vm->scope;
	vm->scope = (int32_t)vm->scope_count++;
	return 0;
}

void
vm_scope_pop(struct vm *vm, int32_t outer)
{
	const struct scope *scope = &vm->scopes[--vm->scope_count];

	while (vm->local_count > scope->start)
		value_unref(vm->locals[--vm->local_count].value);
	vm->scope = outer;
}

static size_t
scope_end(const struct vm *vm, int32_t scope)
{
	size_t next = (size_t)scope + 1;

	return next < vm->scope_count ? vm->scopes[next].start
				      : vm->local_count;
}

void
vm_local_set(struct vm *vm, struct value name, struct value value)
{
	for (size_t i = vm->scopes[vm->scope].start; i < vm->local_count; i++) {
		if (vm->locals[i].name.u.s != name.u.s)
			continue;
		value_unref(vm->locals[i].value);
		vm->locals[i].value = value;
		return;
	}
	if (vm->local_count == vm->local_cap) {
		vm->local_cap = vm->local_cap == 0 ? 16 : vm->local_cap * 2;
		vm->locals =
		    mem_resize(vm->locals, vm->local_cap, sizeof *vm->locals);
	}
	vm->locals[vm->local_count++] =
	    (struct local){.name = name, .value = value};
}

const struct value *
vm_local_find(const struct vm *vm, struct value name)
{
	for (int32_t s = vm->scope; s >= 0; s = vm->scopes[s].parent) {
		size_t end = scope_end(vm, s);

		for (size_t i = vm->scopes[s].start; i < end; i++)
			if (vm->locals[i].name.u.s == name.u.s)
				return &vm->locals[i].value;
	}
	return NULL;
}

static int
circle(struct vm *vm, const char *name, const void *vars)
{
	const struct vm_expanding *chain[16];
	size_t count = 0;
	struct buf text;

	for (const struct vm_expanding *e = vm->expanding;
	     e != NULL && count < 16; e = e->outer) {
		chain[count++] = e;
		if (e->vars == vars && strcmp(e->name, name) == 0)
			break;
	}
	buf_init(&text, 400);
	while (count > 0) {
		buf_adds(&text, chain[--count]->name);
		buf_adds(&text, " -> ");
	}
	buf_adds(&text, name);
	vm_fail(vm, "variables name each other in a circle: %s", text.data);
	buf_done(&text);
	return -ELOOP;
}

/*
 * Ansible reads rendered text that looks like a list or a map as one: so a
 * variable can build a list by a loop.
 */
static void
read_literal(struct value *text)
{
	const char *str = value_str(*text);
	const char *wrong;
	struct value read = {0};

	if (str[0] != '[' && str[0] != '{' && strcmp(str, "True") != 0 &&
	    strcmp(str, "False") != 0)
		return;
	if (value_parse_json(str, value_str_len(*text), &read, NULL) != 0 &&
	    pyliteral_parse(str, value_str_len(*text), &read, &wrong) != 0)
		return;
	read.flags |= text->flags & VALUE_SECRET;
	value_unref(*text);
	*text = read;
}

/* The text of one string, in a scope that sees nothing but variables. */
static int
expand_string(struct vm *vm, const char *name, struct value value,
    struct value *ret_value)
{
	struct tmpl *outer_tmpl = vm->tmpl;
	bool outer_context = vm->no_context;
	struct tmpl *tmpl = NULL;
	int32_t outer;
	int ret;

	ret = env_text(vm->env, name, value, &tmpl, vm->err);
	if (ret != 0)
		return ret;
	vm_scope_push(vm, VM_NO_SCOPE, &outer);
	vm->tmpl = tmpl;
	vm->expanding->tmpl = tmpl;
	vm->no_context = false;
	if (tmpl->native != NULL)
		ret = vm_eval(vm, tmpl->native, ret_value);
	else
		ret = vm_capture(vm, tmpl->root, ret_value);
	if (ret == 0 && tmpl->native == NULL)
		read_literal(ret_value);
	if (ret == 0 && ret_value->type == VALUE_UNDEFINED) {
		vm->at = tmpl->native;
		ret = vm_undefined(vm, *ret_value);
		value_unref(*ret_value);
	}
	vm->tmpl = outer_tmpl;
	vm->expanding->tmpl = NULL;
	vm->no_context = outer_context;
	vm_scope_pop(vm, outer);
	tmpl_unref(tmpl);
	if (ret == 0 && (value.flags & VALUE_SECRET) != 0)
		ret_value->flags |= VALUE_SECRET;
	return ret;
}

static int expand_deep(struct vm *vm, const char *name, struct value value,
    int depth, struct value *ret_value);

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
expand_items(struct vm *vm, const char *name, struct value value, int depth,
    struct value *ret_value)
{
	bool is_list = value.type == VALUE_LIST;
	struct value copy = is_list ? value_list_new() : value_map_new();

	copy.flags = value.flags;
	for (size_t i = 0; i < value_len(value); i++) {
		struct value item = {0};
		int ret = expand_deep(vm, name,
		    is_list ? value_list_at(value, i) : value_map_at(value, i),
		    depth + 1, &item);

		if (ret != 0) {
			value_unref(copy);
			return ret;
		}
		if (is_list)
			value_list_add(copy, item);
		else
			value_map_put(
			    copy, value_ref(value_map_name_at(value, i)), item);
	}
	*ret_value = copy;
	return 0;
}

/* What the object stands for: a vault's text, which is decrypted here. */
static int
expand_object(struct vm *vm, struct value value, struct value *ret_value)
{
	int ret = value.u.o->ops->open(value.u.o, ret_value, vm->err);

	if (ret == 0)
		ret_value->flags |= value.flags & VALUE_SECRET;
	return ret;
}

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
expand_deep(struct vm *vm, const char *name, struct value value, int depth,
    struct value *ret_value)
{
	int ret = vm_work(vm, 1);

	if (ret != 0)
		return ret;
	if (depth > VALUE_DEPTH_MAX)
		return vm_limit(
		    vm, "'%s' is nested deeper than %d", name, VALUE_DEPTH_MAX);
	if (!value_has_template(value)) {
		*ret_value = value_ref(value);
		return 0;
	}
	if (value.type == VALUE_OBJECT)
		return expand_object(vm, value, ret_value);
	if (value.type == VALUE_STRING)
		return expand_string(vm, name, value, ret_value);
	return expand_items(vm, name, value, depth, ret_value);
}

/* Says where the variable was used, when the error is in its own text. */
static void
add_user(struct vm *vm, const char *name, const struct node *at)
{
	char place[VM_PLACE_MAX];

	if (vm->err == NULL || at == NULL || vm->tmpl == NULL ||
	    vm->err->hint[0] != '\0')
		return;
	err_hint(vm->err, "'%s' is used at %s:%d:%d", name, vm_place(vm, place),
	    at->line, at->col);
}

int
vm_expand(struct vm *vm, const char *name, struct value value,
    struct value *ret_value)
{
	const void *vars = vm->input->vars.u.m;
	struct vm_expanding here = {
	    .name = name, .vars = vars, .outer = vm->expanding};
	const struct node *at = vm->at;
	int ret;

	for (const struct vm_expanding *e = vm->expanding; e != NULL;
	     e = e->outer)
		if (e->vars == vars && strcmp(e->name, name) == 0)
			return circle(vm, name, vars);
	ret = vm_enter(vm);
	if (ret != 0)
		return ret;
	vm->expanding = &here;
	ret = expand_deep(vm, name, value, 0, ret_value);
	vm->expanding = here.outer;
	vm_leave(vm);
	vm->at = at;
	if (ret != 0)
		add_user(vm, name, at);
	else
		vm_seal(ret_value);
	return ret;
}

/* A variable of the node; memoized once work had to be done for it. */
static int
load_variable(struct vm *vm, struct value name, struct value *ret_value)
{
	struct value value = value_map_find(vm->input->vars, name);
	struct value made = {0};
	int ret;

	if (value.type != VALUE_UNDEFINED && !value_has_template(value)) {
		*ret_value = value_ref(value);
		return 0;
	}
	made = value_map_find(vm->memo, name);
	if (made.type != VALUE_UNDEFINED) {
		*ret_value = value_ref(made);
		return 0;
	}
	if (value.type != VALUE_UNDEFINED) {
		ret = vm_expand(vm, value_str(name), value, &made);
	} else {
		if (vm->input->lookup == NULL)
			return -ENOENT;
		ret = vm->input->lookup(
		    vm->input->lookup_arg, value_str(name), &made, vm->err);
	}
	if (ret != 0)
		return ret;
	value_map_put(vm->memo, value_ref(name), value_ref(made));
	*ret_value = made;
	return 0;
}

int
vm_load(struct vm *vm, struct value name, struct value *ret_value)
{
	const struct value *local = NULL;
	struct value global;
	int ret = -ENOENT;

	if (vm->local_count > 0)
		local = vm_local_find(vm, name);
	if (local != NULL) {
		*ret_value = value_ref(*local);
		return 0;
	}
	if (!vm->no_context)
		ret = load_variable(vm, name, ret_value);
	if (ret != -ENOENT)
		return ret;
	global = value_map_find(vm->env->globals, name);
	if (global.type != VALUE_UNDEFINED) {
		*ret_value = value_ref(global);
		return 0;
	}
	*ret_value = value_ref(name);
	ret_value->type = VALUE_UNDEFINED;
	ret_value->flags = 0;
	return 0;
}
