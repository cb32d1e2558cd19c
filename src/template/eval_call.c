/* Arguments and calls. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "template/vm.h"

static void
push_arg(struct actual *actual, struct value value)
{
	if (actual->count == actual->cap) {
		struct value *items = mem_array(actual->cap * 4, sizeof *items);

		memcpy(items, actual->items, actual->count * sizeof *items);
		if (actual->items != actual->room)
			free(actual->items);
		actual->items = items;
		actual->cap *= 4;
	}
	actual->items[actual->count++] = value;
}

static void
put_named(struct actual *actual, struct value name, struct value value)
{
	if (actual->kwargs.type == VALUE_UNDEFINED)
		actual->kwargs = value_map_new();
	value_map_put(actual->kwargs, value_ref(name), value);
}

static int
spread(struct vm *vm, struct actual *actual, const struct arg *arg,
    struct value value)
{
	struct value all = {0};
	int ret = arg->stars == 1 ? seq_of(vm, value, &all)
				  : seq_map(vm, value, &all);

	if (ret != 0)
		return ret;
	ret = vm_charge(vm, 16 * value_len(all));
	for (size_t i = 0; i < value_len(all) && ret == 0; i++) {
		if (arg->stars == 1)
			push_arg(actual, value_ref(value_list_at(all, i)));
		else if (value_map_name_at(all, i).type != VALUE_STRING)
			ret = vm_fail(vm, "names of arguments are strings");
		else
			put_named(actual, value_map_name_at(all, i),
			    value_ref(value_map_at(all, i)));
	}
	value_unref(all);
	return ret;
}

int
vm_args_eval(struct vm *vm, const struct node *call, struct actual *ret_actual)
{
	struct actual *actual = ret_actual;
	int ret = 0;

	actual->items = actual->room;
	actual->count = 0;
	actual->cap = ACTUAL_INLINE;
	actual->kwargs = (struct value){0};
	for (uint32_t i = 0; i < call->arg_count && ret == 0; i++) {
		const struct arg *arg = &call->u.args[i];
		struct value value = {0};

		ret = vm_eval(vm, arg->node, &value);
		if (ret != 0)
			break;
		vm->at = arg->node;
		if (arg->stars > 0) {
			ret = spread(vm, actual, arg, value);
			value_unref(value);
		} else if (arg->name.type != VALUE_UNDEFINED) {
			put_named(actual, arg->name, value);
		} else {
			push_arg(actual, value);
		}
	}
	if (ret != 0)
		vm_args_done(actual);
	return ret;
}

void
vm_args_done(struct actual *actual)
{
	for (size_t i = 0; i < actual->count; i++)
		value_unref(actual->items[i]);
	if (actual->items != actual->room)
		free(actual->items);
	value_unref(actual->kwargs);
}

/* The position of `name` among words divided by blanks, or -1. */
static int
param_index(const char *params, const char *name)
{
	size_t len = strlen(name);

	for (int index = 0; *params != '\0'; index++) {
		size_t word = strcspn(params, " ");

		if (word == len && memcmp(params, name, len) == 0)
			return index;
		params += word;
		params += *params == ' ';
	}
	return -1;
}

static int
bind_named(struct vm *vm, struct call *call, const struct actual *actual)
{
	const struct builtin *builtin = call->builtin;

	for (size_t i = 0; i < value_len(actual->kwargs); i++) {
		const char *name = value_map_key_at(actual->kwargs, i);
		int at = param_index(builtin->params, name);

		if (at < 0) {
			if ((builtin->flags & BUILTIN_KWARGS) != 0)
				continue;
			return vm_fail(vm, "%s has no parameter '%s'",
			    builtin->name, name);
		}
		if ((call->given & 1U << at) != 0)
			return vm_fail(
			    vm, "%s: '%s' is given twice", builtin->name, name);
		call->args[at] = value_map_at(actual->kwargs, i);
		call->given |= 1U << at;
	}
	if ((builtin->flags & BUILTIN_KWARGS) != 0)
		call->kwargs = actual->kwargs;
	return 0;
}

static int
bind(struct vm *vm, struct call *call, const struct actual *actual)
{
	const struct builtin *builtin = call->builtin;
	size_t count = actual->count;

	if (count > builtin->max) {
		if ((builtin->flags & BUILTIN_VARARGS) == 0)
			return vm_fail(vm, "%s takes at most %d argument%s",
			    builtin->name, builtin->max,
			    builtin->max == 1 ? "" : "s");
		count = builtin->max;
		call->more = actual->items + count;
		call->more_count = actual->count - count;
	}
	for (size_t i = 0; i < count; i++) {
		call->args[i] = actual->items[i];
		call->given |= 1U << i;
	}
	if (actual->kwargs.type != VALUE_UNDEFINED) {
		int ret = bind_named(vm, call, actual);

		if (ret != 0)
			return ret;
	}
	for (unsigned i = 0; i < builtin->min; i++)
		if ((call->given & 1U << i) == 0)
			return vm_fail(vm, "%s needs %d argument%s",
			    builtin->name, builtin->min,
			    builtin->min == 1 ? "" : "s");
	return 0;
}

static uint8_t
secret_of(const struct call *call)
{
	uint8_t flags = call->self.flags;

	for (unsigned i = 0; call->given >> i != 0; i++)
		flags |= call->args[i].flags;
	for (size_t i = 0; i < call->more_count; i++)
		flags |= call->more[i].flags;
	return flags & VALUE_SECRET;
}

/*
 * What is put into a container must not hold that container, nor an object
 * of the render: then nothing can ever hold itself.
 */
int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
vm_guard_item(
    struct vm *vm, struct value container, struct value item, int depth)
{
	int ret = vm_work(vm, 1);

	if (ret != 0)
		return ret;
	if (object_is_ours(item))
		return vm_fail(vm, "a %s can not be put into a list or a map",
		    value_type_name(item));
	if (item.type != VALUE_LIST && item.type != VALUE_MAP)
		return 0;
	if (item.u.head == container.u.head)
		return vm_fail(
		    vm, "a %s can not hold itself", value_type_name(container));
	if (depth > VALUE_DEPTH_MAX)
		return vm_limit(
		    vm, "values are nested deeper than %d", VALUE_DEPTH_MAX);
	for (size_t i = 0; i < value_len(item) && ret == 0; i++)
		ret = vm_guard_item(vm, container,
		    item.type == VALUE_LIST ? value_list_at(item, i)
					    : value_map_at(item, i),
		    depth + 1);
	return ret;
}

static int
guard_change(struct vm *vm, const struct call *call)
{
	int ret = 0;

	if ((call->self.flags & VALUE_OPEN) == 0)
		return vm_fail(vm,
		    "%s would change a variable of the inventory; make a "
		    "copy of it first",
		    call->builtin->name);
	for (size_t i = 0; i < BUILTIN_PARAMS_MAX && ret == 0; i++)
		ret = vm_guard_item(vm, call->self, call->args[i], 0);
	if (ret == 0)
		ret = vm_guard_item(vm, call->self, call->kwargs, 0);
	return ret;
}

int
vm_run(struct vm *vm, const struct builtin *builtin, struct value self,
    const struct actual *actual, struct value *ret_value)
{
	struct call call = {.builtin = builtin, .self = self};
	struct value value = {0};
	int ret = bind(vm, &call, actual);

	if (ret == 0 && (builtin->flags & BUILTIN_CHANGES) != 0)
		ret = guard_change(vm, &call);
	if (ret == 0)
		ret = builtin->run(vm, &call, &value);
	if (ret != 0)
		return ret;
	value.flags |= secret_of(&call);
	/* Held by nobody else: made just now, and so may be changed. */
	if ((value.type == VALUE_LIST || value.type == VALUE_MAP) &&
	    value.u.head->refs == 1)
		value.flags |= VALUE_OPEN;
	*ret_value = value;
	return 0;
}

int
vm_call_value(struct vm *vm, struct value callee, const struct actual *actual,
    struct value *ret_value)
{
	if (!object_is_ours(callee) || callee.u.o->ops->tmpl->call == NULL)
		return vm_fail(
		    vm, "a %s can not be called", value_type_name(callee));
	return callee.u.o->ops->tmpl->call(vm, callee, actual, ret_value);
}

static const struct builtin *
find_method(struct value subject, const char *name)
{
	const struct builtin *rows = NULL;

	switch (subject.type) {
	case VALUE_STRING:
		rows = string_methods;
		break;
	case VALUE_LIST:
		rows = list_methods;
		break;
	case VALUE_MAP:
		rows = map_methods;
		break;
	case VALUE_OBJECT:
		rows = object_is_ours(subject) ? subject.u.o->ops->tmpl->methods
					       : map_methods;
		break;
	default:
		break;
	}
	return rows == NULL ? NULL : builtin_find_row(rows, name);
}

/* An item of a map, or an attribute of an object, that can be called. */
static int
call_attribute(struct vm *vm, struct value subject, struct value name,
    const struct actual *actual, struct value *ret_value)
{
	struct value callee = {0};
	int ret = vm_attr(vm, subject, name, &callee);

	if (ret != 0)
		return ret;
	if (callee.type == VALUE_UNDEFINED)
		ret = vm_fail(vm, "a %s has no method '%s'",
		    value_type_name(subject), value_str(name));
	else
		ret = vm_call_value(vm, callee, actual, ret_value);
	value_unref(callee);
	return ret;
}

int
vm_call_method(struct vm *vm, struct value subject, struct value name,
    const struct actual *actual, struct value *ret_value)
{
	const struct builtin *method = find_method(subject, value_str(name));
	struct value map = {0};
	int ret;

	if (method == NULL)
		return call_attribute(vm, subject, name, actual, ret_value);
	if (subject.type != VALUE_OBJECT || object_is_ours(subject))
		return vm_run(vm, method, subject, actual, ret_value);
	if (strcmp(method->name, "get") == 0 && actual->count > 0) {
		ret = vm_item(vm, subject, actual->items[0], ret_value);
		if (ret != 0 || ret_value->type != VALUE_UNDEFINED)
			return ret;
		value_unref(*ret_value);
		*ret_value = actual->count > 1 ? value_ref(actual->items[1])
					       : value_null();
		return 0;
	}
	ret = seq_map(vm, subject, &map);
	if (ret == 0) {
		ret = vm_run(vm, method, map, actual, ret_value);
		value_unref(map);
	}
	return ret;
}
