/* Whatever can be iterated, as a list or a map. */
#include <errno.h>

#include "template/utf8.h"
#include "template/vm.h"

static int
characters(struct vm *vm, struct value str, struct value *ret_list)
{
	const char *at = value_str(str);
	size_t left = value_str_len(str);
	struct value list;
	int ret = vm_charge(vm, left * 48);

	if (ret != 0)
		return ret;
	list = vm_list();
	while (left > 0) {
		size_t len = utf8_len_at(at, left);

		value_list_add(list, value_string_len(at, len));
		at += len;
		left -= len;
	}
	*ret_list = list;
	return 0;
}

static int
map_keys(struct vm *vm, struct value map, struct value *ret_list)
{
	struct value list;
	int ret = vm_charge(vm, 64 + 16 * value_len(map));

	if (ret != 0)
		return ret;
	list = vm_list();
	for (size_t i = 0; i < value_len(map); i++)
		value_list_add(list, value_ref(value_map_name_at(map, i)));
	*ret_list = list;
	return 0;
}

static int
object_keys(struct vm *vm, struct value value, struct value *ret_list)
{
	const struct value_obj_ops *ops = value.u.o->ops;

	if (ops->keys == NULL)
		return vm_fail(vm, "a %s can not be listed", ops->name);
	*ret_list = ops->keys(value.u.o);
	return vm_charge(vm, 16 * value_len(*ret_list));
}

int
seq_of(struct vm *vm, struct value value, struct value *ret_list)
{
	switch (value.type) {
	case VALUE_UNDEFINED:
		if ((value.flags & VALUE_LENIENT) == 0)
			return vm_undefined(vm, value);
		*ret_list = vm_list();
		return 0;
	case VALUE_LIST:
		*ret_list = value_ref(value);
		return 0;
	case VALUE_MAP:
		return map_keys(vm, value, ret_list);
	case VALUE_STRING:
		return characters(vm, value, ret_list);
	case VALUE_OBJECT:
		return object_keys(vm, value, ret_list);
	default:
		return vm_fail(vm, "a %s has no items", value_type_name(value));
	}
}

static int
object_map(struct vm *vm, struct value value, struct value *ret_map)
{
	struct value keys = {0};
	struct value map;
	int ret = object_keys(vm, value, &keys);

	if (ret != 0)
		return ret;
	map = vm_map();
	for (size_t i = 0; i < value_len(keys) && ret == 0; i++) {
		struct value key = value_list_at(keys, i);
		struct value item = {0};

		ret = vm_charge(vm, 64);
		if (ret == 0)
			ret = vm_item(vm, value, key, &item);
		if (ret == 0)
			value_map_put(map, value_ref(key), item);
	}
	value_unref(keys);
	if (ret == 0)
		*ret_map = map;
	else
		value_unref(map);
	return ret;
}

int
seq_map(struct vm *vm, struct value value, struct value *ret_map)
{
	if (value.type == VALUE_UNDEFINED)
		return vm_undefined(vm, value);
	if (value.type == VALUE_OBJECT)
		return object_map(vm, value, ret_map);
	if (value.type != VALUE_MAP)
		return vm_fail(vm, "a map is needed here, this is a %s",
		    value_type_name(value));
	*ret_map = value_ref(value);
	return 0;
}

int
seq_length(struct vm *vm, struct value value, int64_t *ret_length)
{
	struct value keys = {0};
	int ret;

	switch (value.type) {
	case VALUE_UNDEFINED:
		return vm_undefined(vm, value);
	case VALUE_STRING:
		*ret_length =
		    (int64_t)utf8_count(value_str(value), value_str_len(value));
		return vm_work(vm, value_str_len(value) / 256);
	case VALUE_LIST:
	case VALUE_MAP:
		*ret_length = (int64_t)value_len(value);
		return 0;
	case VALUE_OBJECT:
		ret = object_keys(vm, value, &keys);
		if (ret == 0) {
			*ret_length = (int64_t)value_len(keys);
			value_unref(keys);
		}
		return ret;
	default:
		return vm_fail(
		    vm, "a %s has no length", value_type_name(value));
	}
}

struct value
seq_pair(struct value a, struct value b)
{
	struct value pair = value_list_new();

	pair.flags = VALUE_TUPLE;
	value_list_add(pair, a);
	value_list_add(pair, b);
	return pair;
}
