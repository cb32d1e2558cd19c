/* Functions that every template can call. */
#include <errno.h>

#include "template/vm.h"

static int
function_range(struct vm *vm, const struct call *call, struct value *ret_value)
{
	int64_t bounds[3] = {0, 0, 1};
	uint64_t count = 0;
	int ret = 0;

	for (unsigned i = 0; i < 3 && ret == 0; i++)
		ret = call_int(vm, call, i, bounds[i], &bounds[i]);
	if (ret != 0)
		return ret;
	if ((call->given & 2) == 0) {
		bounds[1] = bounds[0];
		bounds[0] = 0;
	}
	if (bounds[2] == 0)
		return vm_fail(vm, "range: the step can not be 0");
	if (bounds[2] > 0 && bounds[1] > bounds[0])
		count = ((uint64_t)bounds[1] - (uint64_t)bounds[0] - 1) /
			    (uint64_t)bounds[2] +
			1;
	else if (bounds[2] < 0 && bounds[0] > bounds[1])
		count = ((uint64_t)bounds[0] - (uint64_t)bounds[1] - 1) /
			    (0 - (uint64_t)bounds[2]) +
			1;
	if (count > vm->env->options.limits.loops)
		return vm_limit(vm, "range: more than %llu numbers",
		    (unsigned long long)vm->env->options.limits.loops);
	ret = vm_charge(vm, 64 + 16 * count);
	if (ret != 0)
		return ret;
	*ret_value = vm_list();
	for (uint64_t i = 0; i < count; i++)
		value_list_add(
		    *ret_value, value_int(bounds[0] + (int64_t)i * bounds[2]));
	return 0;
}

static int
add_pairs(struct vm *vm, struct value map, struct value from)
{
	struct value items = {0};
	int ret = seq_of(vm, from, &items);

	if (ret != 0)
		return ret;
	ret = vm_charge(vm, 64 * value_len(items));
	for (size_t i = 0; i < value_len(items) && ret == 0; i++) {
		struct value pair = value_list_at(items, i);
		struct value key = value_list_at(pair, 0);

		if (pair.type != VALUE_LIST || value_len(pair) != 2 ||
		    !value_can_key(key))
			ret = vm_fail(vm, "a map is made of pairs");
		else
			value_map_put(map, value_ref(key),
			    value_ref(value_list_at(pair, 1)));
	}
	value_unref(items);
	return ret;
}

static int
copy_map(struct vm *vm, struct value map, struct value from)
{
	int ret = vm_charge(vm, 64 * value_len(from));

	for (size_t i = 0; i < value_len(from) && ret == 0; i++)
		value_map_put(map, value_ref(value_map_name_at(from, i)),
		    value_ref(value_map_at(from, i)));
	return ret;
}

static int
function_dict(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value map = vm_map();
	int ret = 0;

	if ((call->given & 1) != 0 && call->args[0].type == VALUE_MAP)
		ret = copy_map(vm, map, call->args[0]);
	else if ((call->given & 1) != 0)
		ret = add_pairs(vm, map, call->args[0]);
	if (ret == 0 && call->kwargs.type == VALUE_MAP)
		ret = copy_map(vm, map, call->kwargs);
	if (ret == 0)
		ret = vm_guard_item(vm, (struct value){0}, map, 0);
	if (ret == 0)
		*ret_value = map;
	else
		value_unref(map);
	return ret;
}

static int
function_namespace(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value map = {0};
	int ret = function_dict(vm, call, &map);

	if (ret == 0)
		*ret_value = object_namespace_new(map);
	return ret;
}

static int
function_cycler(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value items = value_list_new();
	int ret = 0;

	if (call->more_count == 0)
		ret = vm_fail(vm, "cycler needs at least one item");
	for (size_t i = 0; i < call->more_count && ret == 0; i++) {
		ret = vm_guard_item(vm, items, call->more[i], 0);
		value_list_add(items, value_ref(call->more[i]));
	}
	if (ret == 0)
		*ret_value = object_cycler_new(items);
	else
		value_unref(items);
	return ret;
}

static int
function_joiner(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value sep = {0};
	int ret;

	if ((call->given & 1) != 0) {
		ret = call_need_str(vm, call, call->args[0], "the separator");
		if (ret == 0)
			*ret_value =
			    object_joiner_new(value_ref(call->args[0]));
		return ret;
	}
	ret = vm_string(vm, ", ", 2, &sep);
	if (ret == 0)
		*ret_value = object_joiner_new(sep);
	return ret;
}

const struct builtin global_functions[] = {
    {"range", function_range, "start stop step", 1, 3, 0},
    {"dict", function_dict, "mapping", 0, 1, BUILTIN_KWARGS},
    {"namespace", function_namespace, "mapping", 0, 1, BUILTIN_KWARGS},
    {"cycler", function_cycler, "", 0, 0, BUILTIN_VARARGS},
    {"joiner", function_joiner, "sep", 0, 1, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
