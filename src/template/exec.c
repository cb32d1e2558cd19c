/* Statements. */
#include <errno.h>
#include <string.h>

#include "template/vm.h"

static int
check_output(struct vm *vm)
{
	if (!buf_bad(vm->out))
		return 0;
	return vm_limit(
	    vm, "the output is larger than %zu bytes", vm->out->max);
}

int
vm_write(struct vm *vm, struct value value)
{
	int ret = 0;

	if ((value.flags & VALUE_SECRET) != 0) {
		vm->secret = true;
		if (vm->input->mask_secrets) {
			buf_adds(vm->out, "********");
			return check_output(vm);
		}
	}
	if (value.type == VALUE_STRING)
		buf_add(vm->out, value_str(value), value_str_len(value));
	else
		ret = text_write(vm, value, vm->out);
	return ret == 0 ? check_output(vm) : ret;
}

int
vm_capture(struct vm *vm, const struct node *body, struct value *ret_value)
{
	struct buf *outer = vm->out;
	bool outer_secret = vm->secret;
	struct buf out;
	int ret;

	vm_buf_init(&out);
	vm->out = &out;
	vm->secret = false;
	ret = vm_exec(vm, body);
	if (ret == 0)
		ret = vm_buf_take(vm, &out, ret_value);
	else
		buf_done(&out);
	if (ret == 0 && vm->secret)
		ret_value->flags |= VALUE_SECRET;
	vm->out = outer;
	vm->secret = outer_secret;
	return ret;
}

static int
exec_text(struct vm *vm, const struct node *node)
{
	buf_add(vm->out, value_str(node->value), value_str_len(node->value));
	return check_output(vm);
}

static int
exec_output(struct vm *vm, const struct node *node)
{
	struct value value = {0};
	int ret = vm_eval(vm, node->kids[0], &value);

	if (ret != 0)
		return ret;
	vm->at = node->kids[0];
	ret = vm_write(vm, value);
	value_unref(value);
	return ret;
}

static int
exec_body(struct vm *vm, const struct node *node)
{
	int ret = 0;

	for (uint32_t i = 0; i < node->count && ret == 0; i++)
		ret = vm_exec(vm, node->kids[i]);
	return ret;
}

static int
exec_if(struct vm *vm, const struct node *node)
{
	while (node != NULL && node->kind == NODE_IF) {
		struct value value = {0};
		bool truth = false;
		int ret = vm_eval(vm, node->kids[0], &value);

		if (ret != 0)
			return ret;
		vm->at = node->kids[0];
		ret = ops_truth(vm, value, &truth);
		value_unref(value);
		if (ret != 0)
			return ret;
		if (truth)
			return vm_exec(vm, node->kids[1]);
		node = node->kids[2];
	}
	return node == NULL ? 0 : vm_exec(vm, node);
}

static int assign(struct vm *vm, const struct node *target, struct value value);

static int
/* NOLINTNEXTLINE(misc-no-recursion): bounded where it is parsed */
assign_tuple(struct vm *vm, const struct node *target, struct value value)
{
	struct value items = {0};
	int ret;

	vm->at = target;
	ret = seq_of(vm, value, &items);
	if (ret != 0)
		return ret;
	if (value_len(items) != target->count)
		ret = vm_fail(vm, "%u values are needed here, there are %zu",
		    target->count, value_len(items));
	for (uint32_t i = 0; i < target->count && ret == 0; i++)
		ret = assign(vm, target->kids[i], value_list_at(items, i));
	value_unref(items);
	return ret;
}

static int
assign_attr(struct vm *vm, const struct node *target, struct value value)
{
	struct value ns = {0};
	int ret;

	vm->at = target;
	ret = vm_load(vm, target->value, &ns);
	if (ret != 0)
		return ret;
	if (ns.type == VALUE_UNDEFINED)
		ret = vm_undefined(vm, ns);
	else if (!object_is_namespace(ns))
		ret = vm_fail(vm,
		    "'%s' is not a namespace: only namespace(...) has "
		    "attributes that can be set",
		    value_str(target->value));
	else
		ret =
		    object_namespace_set(vm, ns, target->kids[0]->value, value);
	value_unref(ns);
	return ret;
}

static int
/* NOLINTNEXTLINE(misc-no-recursion): bounded where it is parsed */
assign(struct vm *vm, const struct node *target, struct value value)
{
	if (target->kind == NODE_TARGET_TUPLE)
		return assign_tuple(vm, target, value);
	if (target->kind == NODE_TARGET_ATTR)
		return assign_attr(vm, target, value);
	vm_local_set(vm, target->value, value_ref(value));
	return 0;
}

static int
exec_set(struct vm *vm, const struct node *node)
{
	struct value value = {0};
	int ret = vm_eval(vm, node->kids[1], &value);

	if (ret != 0)
		return ret;
	ret = assign(vm, node->kids[0], value);
	value_unref(value);
	return ret;
}

/* A filter chain whose innermost subject is `value`; takes it over. */
static int
run_chain(struct vm *vm, const struct node *chain, struct value value,
    struct value *ret_value)
{
	const struct value *outer = vm->chain_subject;
	int ret;

	vm->chain_subject = &value;
	ret = vm_eval(vm, chain, ret_value);
	vm->chain_subject = outer;
	value_unref(value);
	return ret;
}

static int
exec_set_block(struct vm *vm, const struct node *node)
{
	struct value value = {0};
	int32_t outer;
	int ret;

	vm_scope_push(vm, vm->scope, &outer);
	ret = vm_capture(vm, node->kids[2], &value);
	vm_scope_pop(vm, outer);
	if (ret == 0 && node->kids[1] != NULL)
		ret = run_chain(vm, node->kids[1], value, &value);
	if (ret != 0)
		return ret;
	ret = assign(vm, node->kids[0], value);
	value_unref(value);
	return ret;
}

static int
exec_filter_block(struct vm *vm, const struct node *node)
{
	struct value value = {0};
	int32_t outer;
	int ret;

	vm_scope_push(vm, vm->scope, &outer);
	ret = vm_capture(vm, node->kids[1], &value);
	vm_scope_pop(vm, outer);
	if (ret == 0)
		ret = run_chain(vm, node->kids[0], value, &value);
	if (ret != 0)
		return ret;
	vm->at = node;
	if (value.type == VALUE_STRING)
		ret = vm_write(vm, value);
	else
		ret =
		    vm_fail(vm, "a filter block must end as text, not as a %s",
			value_type_name(value));
	value_unref(value);
	return ret;
}

/* The values see what is outside; the names appear together. */
static int
exec_with(struct vm *vm, const struct node *node)
{
	uint32_t count = node->count - 1;
	struct value values = value_list_new();
	int32_t outer;
	int ret = 0;

	for (uint32_t i = 0; i < count && ret == 0; i += 2) {
		struct value value = {0};

		ret = vm_eval(vm, node->kids[i + 1], &value);
		if (ret == 0)
			value_list_add(values, value);
	}
	if (ret != 0) {
		value_unref(values);
		return ret;
	}
	vm_scope_push(vm, vm->scope, &outer);
	for (uint32_t i = 0; i < count && ret == 0; i += 2)
		ret = assign(vm, node->kids[i], value_list_at(values, i / 2));
	value_unref(values);
	if (ret == 0)
		ret = vm_exec(vm, node->kids[count]);
	vm_scope_pop(vm, outer);
	return ret;
}

static int
count_loop(struct vm *vm)
{
	if (++vm->usage.loops <= vm->env->options.limits.loops)
		return 0;
	return vm_limit(vm, "loops run more than %llu times",
	    (unsigned long long)vm->env->options.limits.loops);
}

/* Forgets what the iteration before has set. */
static void
scope_reset(struct vm *vm)
{
	while (vm->local_count > vm->scopes[vm->scope].start)
		value_unref(vm->locals[--vm->local_count].value);
}

/* Those items for which the loop's own "if" holds. */
static int
filter_items(struct vm *vm, const struct node *node, struct value *items)
{
	struct value kept = value_list_new();
	int ret = 0;

	for (size_t i = 0; i < value_len(*items) && ret == 0; i++) {
		struct value value = {0};
		bool truth = false;

		scope_reset(vm);
		ret = count_loop(vm);
		if (ret == 0)
			ret =
			    assign(vm, node->kids[0], value_list_at(*items, i));
		if (ret == 0)
			ret = vm_eval(vm, node->kids[2], &value);
		if (ret != 0)
			break;
		vm->at = node->kids[2];
		ret = ops_truth(vm, value, &truth);
		value_unref(value);
		if (ret == 0 && truth)
			value_list_add(
			    kept, value_ref(value_list_at(*items, i)));
	}
	value_unref(*items);
	*items = kept;
	return ret;
}

static int
run_loop(struct vm *vm, const struct node *node, struct value items)
{
	struct value loop = object_loop_new(items);
	size_t count = value_len(items);
	int ret = 0;

	for (size_t i = 0; i < count && ret == 0; i++) {
		vm->at = node;
		ret = count_loop(vm);
		if (ret != 0)
			break;
		scope_reset(vm);
		object_loop_step(loop, i);
		vm_local_set(vm, vm->env->loop_name, value_ref(loop));
		ret = assign(vm, node->kids[0], value_list_at(items, i));
		if (ret == 0)
			ret = vm_exec(vm, node->kids[3]);
	}
	value_unref(loop);
	return ret;
}

static int
exec_for(struct vm *vm, const struct node *node)
{
	struct value value = {0};
	struct value items = {0};
	int32_t outer;
	bool empty;
	int ret = vm_eval(vm, node->kids[1], &value);

	if (ret != 0)
		return ret;
	vm->at = node->kids[1];
	ret = seq_of(vm, value, &items);
	value_unref(value);
	if (ret != 0)
		return ret;
	vm_scope_push(vm, vm->scope, &outer);
	if (node->kids[2] != NULL)
		ret = filter_items(vm, node, &items);
	empty = value_len(items) == 0;
	if (ret == 0 && !empty)
		ret = run_loop(vm, node, items);
	value_unref(items);
	vm_scope_pop(vm, outer);
	if (ret == 0 && empty && node->kids[4] != NULL) {
		vm_scope_push(vm, vm->scope, &outer);
		ret = vm_exec(vm, node->kids[4]);
		vm_scope_pop(vm, outer);
	}
	return ret;
}

static int
exec_macro(struct vm *vm, const struct node *node)
{
	vm_local_set(vm, node->value, object_macro_new(vm, node));
	return 0;
}

static int
exec_call_block(struct vm *vm, const struct node *node)
{
	const struct node *call = node->kids[0];
	struct value callee = {0};
	struct value value = {0};
	struct actual actual;
	int ret = vm_eval(vm, call->kids[0], &callee);

	if (ret != 0)
		return ret;
	if (callee.type == VALUE_UNDEFINED)
		ret = vm_undefined(vm, callee);
	if (ret == 0)
		ret = vm_args_eval(vm, call, &actual);
	if (ret != 0) {
		value_unref(callee);
		return ret;
	}
	if (actual.kwargs.type == VALUE_UNDEFINED)
		actual.kwargs = value_map_new();
	value_map_put(actual.kwargs, value_ref(node->kids[1]->value),
	    object_macro_new(vm, node->kids[1]));
	vm->at = call;
	ret = vm_call_value(vm, callee, &actual, &value);
	if (ret == 0)
		ret = vm_write(vm, value);
	value_unref(value);
	value_unref(callee);
	vm_args_done(&actual);
	return ret;
}

/* One candidate; -ENOENT with no error set when there is no such template. */
static int
include_name(struct vm *vm, const struct node *node, struct value name,
    struct tmpl **ret_tmpl)
{
	struct err err = {0};
	int ret;

	vm->at = node;
	if (name.type == VALUE_UNDEFINED)
		return vm_undefined(vm, name);
	if (name.type != VALUE_STRING)
		return vm_fail(vm, "the name of a template is a string");
	ret = env_template(vm->env, value_str(name), ret_tmpl, &err);
	if (ret != 0 && ret != -ENOENT && vm->err != NULL &&
	    !err_is_set(vm->err))
		*vm->err = err;
	return ret;
}

static int
include_find(struct vm *vm, const struct node *node, struct value names,
    struct tmpl **ret_tmpl)
{
	int ret = -ENOENT;

	if (names.type != VALUE_LIST)
		ret = include_name(vm, node, names, ret_tmpl);
	for (size_t i = 0; i < value_len(names) && ret == -ENOENT; i++)
		ret = include_name(vm, node, value_list_at(names, i), ret_tmpl);
	if (ret != -ENOENT || (node->flags & NODE_IGNORE_MISSING) != 0)
		return ret;
	vm_fail(vm, "there is no template '%s'",
	    names.type == VALUE_LIST ? value_str(value_list_at(names, 0))
				     : value_str(names));
	return -EINVAL;
}

static int
include_run(struct vm *vm, const struct node *node, struct tmpl *tmpl)
{
	struct tmpl *outer_tmpl = vm->tmpl;
	bool outer_context = vm->no_context;
	bool without = (node->flags & NODE_NO_CONTEXT) != 0;
	struct value loop = vm->env->loop_name;
	int32_t outer;
	int ret;

	vm->at = node;
	ret = vm_enter(vm);
	if (ret != 0)
		return ret;
	vm_scope_push(vm, without ? VM_NO_SCOPE : vm->scope, &outer);
	loop.type = VALUE_UNDEFINED; /* the loop outside is not passed on */
	vm_local_set(vm, vm->env->loop_name, value_ref(loop));
	vm->tmpl = tmpl;
	vm->no_context = vm->no_context || without;
	ret = vm_exec(vm, tmpl->root);
	vm->no_context = outer_context;
	vm->tmpl = outer_tmpl;
	vm_scope_pop(vm, outer);
	vm_leave(vm);
	return ret;
}

static int
exec_include(struct vm *vm, const struct node *node)
{
	struct value names = {0};
	struct tmpl *tmpl = NULL;
	int ret = vm_eval(vm, node->kids[0], &names);

	if (ret != 0)
		return ret;
	ret = include_find(vm, node, names, &tmpl);
	value_unref(names);
	if (ret == -ENOENT)
		return 0; /* ignore missing */
	if (ret == 0 && tmpl != NULL)
		ret = include_run(vm, node, tmpl);
	tmpl_unref(tmpl);
	return ret;
}

static int (*const execs[NODE_KINDS])(struct vm *, const struct node *) = {
    [NODE_TEXT] = exec_text,
    [NODE_OUTPUT] = exec_output,
    [NODE_BODY] = exec_body,
    [NODE_IF] = exec_if,
    [NODE_FOR] = exec_for,
    [NODE_SET] = exec_set,
    [NODE_SET_BLOCK] = exec_set_block,
    [NODE_WITH] = exec_with,
    [NODE_INCLUDE] = exec_include,
    [NODE_MACRO] = exec_macro,
    [NODE_CALL_BLOCK] = exec_call_block,
    [NODE_FILTER_BLOCK] = exec_filter_block,
};

int
vm_exec(struct vm *vm, const struct node *node)
{
	vm->at = node;
	if (++vm->usage.steps > vm->env->options.limits.steps)
		return vm_work(vm, 0);
	return execs[node->kind](vm, node);
}
