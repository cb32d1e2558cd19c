#include "template/vm.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

void
vm_init(struct vm *vm, struct tmpl_env *env, const struct tmpl_input *input,
    struct err *err)
{
	*vm = (struct vm){.env = env,
	    .input = input,
	    .err = err,
	    .scope = VM_NO_SCOPE,
	    .memo = value_map_new(),
	    .outer = env->vm};
	if (vm->outer != NULL) {
		vm->usage = vm->outer->usage;
		vm->expanding = vm->outer->expanding;
	}
	env->vm = vm;
}

void
vm_done(struct vm *vm)
{
	while (vm->local_count > 0)
		value_unref(vm->locals[--vm->local_count].value);
	free(vm->locals);
	free(vm->scopes);
	value_unref(vm->memo);
	value_unref(vm->miss_subject);
	if (vm->outer != NULL) {
		vm->usage.depth = vm->outer->usage.depth;
		vm->outer->usage = vm->usage;
	}
	vm->env->vm = vm->outer;
}

const char *
vm_place(const struct vm *vm, char out[VM_PLACE_MAX])
{
	for (const struct vm_expanding *e = vm->expanding; e != NULL;
	     e = e->outer) {
		if (e->tmpl != vm->tmpl)
			continue;
		(void)snprintf(out, VM_PLACE_MAX, "variable %s", e->name);
		return out;
	}
	return vm->tmpl->name;
}

__attribute__((format(printf, 2, 0))) static void
fail_here(struct vm *vm, const char *fmt, va_list ap)
{
	char text[sizeof vm->err->text];
	char place[VM_PLACE_MAX];

	vsnprintf(text, sizeof text, fmt, ap);
	if (vm->at == NULL)
		err_set(vm->err, "%s", text);
	else
		err_at(vm->err, vm_place(vm, place), vm->at->line, vm->at->col,
		    "%s", text);
}

int
vm_fail(struct vm *vm, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail_here(vm, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

int
vm_limit(struct vm *vm, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail_here(vm, fmt, ap);
	va_end(ap);
	return -E2BIG;
}

int
vm_work(struct vm *vm, uint64_t steps)
{
	vm->usage.steps += steps;
	if (vm->usage.steps <= vm->env->options.limits.steps)
		return 0;
	return vm_limit(vm, "the template works too long: more than %llu steps",
	    (unsigned long long)vm->env->options.limits.steps);
}

int
vm_charge(struct vm *vm, uint64_t bytes)
{
	vm->usage.memory += bytes;
	if (vm->usage.memory <= vm->env->options.limits.memory)
		return 0;
	return vm_limit(vm, "the template builds more than %llu MiB of data",
	    (unsigned long long)(vm->env->options.limits.memory >> 20));
}

int
vm_enter(struct vm *vm)
{
	if (vm->usage.depth >= vm->env->options.limits.depth)
		return vm_limit(vm,
		    "includes, macros and variables are nested deeper than %u",
		    vm->env->options.limits.depth);
	vm->usage.depth++;
	return 0;
}

void
vm_leave(struct vm *vm)
{
	vm->usage.depth--;
}

/* The nearest key of a map that is no further away than a slip. */
static const char *
nearest_key(
    struct value map, const char *name, const char *best_yet, size_t *best)
{
	for (size_t i = 0; i < value_len(map); i++) {
		const char *key = value_map_key_at(map, i);
		size_t distance = str_distance(name, key);

		if (distance < *best && distance < strlen(name)) {
			*best = distance;
			best_yet = key;
		}
	}
	return best_yet;
}

static const char *
nearest_variable(const struct vm *vm, const char *name)
{
	const char *nearest = NULL;
	size_t best = 4;

	for (size_t i = 0; i < vm->local_count; i++) {
		const char *local = value_str(vm->locals[i].name);
		size_t distance = str_distance(name, local);

		if (distance < best && distance < strlen(name)) {
			best = distance;
			nearest = local;
		}
	}
	if (!vm->no_context)
		nearest = nearest_key(vm->input->vars, name, nearest, &best);
	return nearest_key(vm->env->globals, name, nearest, &best);
}

/* "node.disk" of a chain of attributes, or "" when it is anything else. */
static void
path_of(const struct node *node, struct buf *out)
{
	const struct node *parts[16];
	size_t count = 0;

	while (node != NULL && node->kind == NODE_ATTR && count < 16) {
		parts[count++] = node;
		node = node->kids[0];
	}
	if (node == NULL || node->kind != NODE_NAME)
		return;
	buf_adds(out, value_str(node->value));
	while (count > 0) {
		buf_addc(out, '.');
		buf_adds(out, value_str(parts[--count]->value));
	}
}

static void
missing_attribute(struct vm *vm, const char *name)
{
	const char *nearest = NULL;
	size_t best = 4;
	struct buf path;

	buf_init(&path, 200);
	path_of(vm->miss->kids[0], &path);
	if (path.len > 0)
		vm_fail(vm, "'%s' has no attribute '%s'", path.data, name);
	else
		vm_fail(vm, "the %s has no attribute '%s'",
		    value_type_name(vm->miss_subject), name);
	buf_done(&path);
	nearest = nearest_key(vm->miss_subject, name, nearest, &best);
	if (nearest != NULL)
		err_hint(vm->err, "did you mean '%s'?", nearest);
}

/* "a.b.c" is undefined where "a" is, or "b" of it. */
static void
blame_first(struct vm *vm, struct value value)
{
	bool is_miss = vm->miss != NULL && value.u.s == vm->miss->value.u.s;
	const struct node *at = vm->at;

	if (at == NULL || (!is_miss && (value.flags & VALUE_NO_ITEM) != 0))
		return;
	while ((at->kind == NODE_ATTR || at->kind == NODE_ITEM) &&
	       !(is_miss && at == vm->miss))
		at = at->kids[0];
	if (at->kind == NODE_NAME || (is_miss && at == vm->miss))
		vm->at = at;
}

int
vm_undefined(struct vm *vm, struct value value)
{
	struct value name = value;
	const char *nearest;

	if (vm->err != NULL && err_is_set(vm->err))
		return -ENOTUNIQ;
	name.type = value.u.s == NULL ? VALUE_UNDEFINED : VALUE_STRING;
	if (name.type == VALUE_UNDEFINED) {
		vm_fail(vm, "there is no such item");
		return -ENOTUNIQ;
	}
	blame_first(vm, value);
	if (vm->miss != NULL && value.u.s == vm->miss->value.u.s) {
		missing_attribute(vm, value_str(name));
		return -ENOTUNIQ;
	}
	if ((value.flags & VALUE_NO_ITEM) != 0) {
		vm_fail(vm, "there is no '%s' here", value_str(name));
		return -ENOTUNIQ;
	}
	vm_fail(vm, "'%s' is undefined", value_str(name));
	nearest = nearest_variable(vm, value_str(name));
	if (nearest != NULL)
		err_hint(vm->err, "did you mean '%s'?", nearest);
	return -ENOTUNIQ;
}

int
vm_string(struct vm *vm, const char *str, size_t len, struct value *ret_value)
{
	int ret = vm_charge(vm, len + 32);

	if (ret == 0)
		*ret_value = value_string_len(str, len);
	return ret;
}

void
vm_buf_init(struct buf *buf)
{
	buf_init(buf, TMPL_OUTPUT_MAX);
}

int
vm_buf_take(struct vm *vm, struct buf *buf, struct value *ret_value)
{
	int ret;

	if (buf_bad(buf))
		ret = vm_limit(vm, "a string would be longer than %u MiB",
		    TMPL_OUTPUT_MAX >> 20);
	else
		ret = vm_string(vm, buf->data, buf->len, ret_value);
	buf_done(buf);
	return ret;
}

struct value
vm_list(void)
{
	struct value list = value_list_new();

	list.flags = VALUE_OPEN;
	return list;
}

struct value
vm_map(void)
{
	struct value map = value_map_new();

	map.flags = VALUE_OPEN;
	return map;
}

static void
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
seal(struct value *value, int depth)
{
	if ((value->flags & VALUE_OPEN) == 0 || depth > VALUE_DEPTH_MAX)
		return;
	value->flags &= (uint8_t)~VALUE_OPEN;
	for (size_t i = 0; i < value_len(*value); i++) {
		struct value item = value->type == VALUE_LIST
					? value_list_at(*value, i)
					: value_map_at(*value, i);

		if ((item.flags & VALUE_OPEN) == 0)
			continue;
		value_ref(item);
		seal(&item, depth + 1);
		if (value->type == VALUE_LIST) {
			value_list_set(*value, i, item);
		} else {
			value_map_put(*value,
			    value_ref(value_map_name_at(*value, i)), item);
		}
	}
}

void
vm_seal(struct value *value)
{
	seal(value, 0);
}
