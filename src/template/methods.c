/* Methods of lists and maps. Those that change take what is ours alone. */
#include <errno.h>
#include <string.h>

#include "template/vm.h"

static int
find_item(struct vm *vm, const struct call *call, int64_t *ret_at)
{
	*ret_at = -1;
	for (size_t i = 0; i < value_len(call->self); i++) {
		bool equal;
		int ret = ops_equal(
		    vm, value_list_at(call->self, i), call->args[0], &equal);

		if (ret != 0)
			return ret;
		if (equal) {
			*ret_at = (int64_t)i;
			return 0;
		}
	}
	return 0;
}

static int
list_index(struct vm *vm, const struct call *call, struct value *ret_value)
{
	int64_t at;
	int ret = find_item(vm, call, &at);

	if (ret != 0)
		return ret;
	if (at < 0)
		return vm_fail(vm, "there is no such item in the list");
	*ret_value = value_int(at);
	return 0;
}

static int
list_count(struct vm *vm, const struct call *call, struct value *ret_value)
{
	int64_t count = 0;

	for (size_t i = 0; i < value_len(call->self); i++) {
		bool equal;
		int ret = ops_equal(
		    vm, value_list_at(call->self, i), call->args[0], &equal);

		if (ret != 0)
			return ret;
		count += equal;
	}
	*ret_value = value_int(count);
	return 0;
}

static int
list_append(struct vm *vm, const struct call *call, struct value *ret_value)
{
	int ret = vm_charge(vm, 16);

	if (ret != 0)
		return ret;
	value_list_add(call->self, value_ref(call->args[0]));
	*ret_value = value_null();
	return 0;
}

static int
list_extend(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value items = {0};
	int ret = seq_of(vm, call->args[0], &items);

	if (ret != 0)
		return ret;
	ret = vm_charge(vm, 16 * value_len(items));
	for (size_t i = 0; i < value_len(items) && ret == 0; i++)
		value_list_add(call->self, value_ref(value_list_at(items, i)));
	value_unref(items);
	*ret_value = value_null();
	return ret;
}

/* An index as Python's insert() and pop() take it. */
static int
list_position(struct vm *vm, const struct call *call, unsigned arg,
    int64_t fallback, int64_t *ret_at)
{
	int64_t len = (int64_t)value_len(call->self);
	int64_t at;
	int ret = call_int(vm, call, arg, fallback, &at);

	if (ret == 0)
		ret = vm_work(vm, (uint64_t)len / 16);
	if (ret == 0)
		*ret_at = at < 0 ? at + len : at;
	return ret;
}

static int
list_insert(struct vm *vm, const struct call *call, struct value *ret_value)
{
	int64_t len = (int64_t)value_len(call->self);
	int64_t at;
	int ret = list_position(vm, call, 0, 0, &at);

	if (ret == 0)
		ret = vm_charge(vm, 16);
	if (ret != 0)
		return ret;
	at = at < 0 ? 0 : at > len ? len : at;
	value_list_insert(call->self, (size_t)at, value_ref(call->args[1]));
	*ret_value = value_null();
	return 0;
}

static int
list_pop(struct vm *vm, const struct call *call, struct value *ret_value)
{
	int64_t at;
	int ret = list_position(vm, call, 0, -1, &at);

	if (ret != 0)
		return ret;
	if (at < 0 || at >= (int64_t)value_len(call->self))
		return vm_fail(vm, "pop: there is no such item");
	*ret_value = value_list_take(call->self, (size_t)at);
	return 0;
}

static int
list_remove(struct vm *vm, const struct call *call, struct value *ret_value)
{
	int64_t at;
	int ret = find_item(vm, call, &at);

	if (ret != 0)
		return ret;
	if (at < 0)
		return vm_fail(vm, "there is no such item in the list");
	value_unref(value_list_take(call->self, (size_t)at));
	*ret_value = value_null();
	return 0;
}

static int
list_reverse(struct vm *vm, const struct call *call, struct value *ret_value)
{
	size_t len = value_len(call->self);

	for (size_t i = 0; i < len / 2; i++) {
		struct value a = value_ref(value_list_at(call->self, i));
		struct value b =
		    value_ref(value_list_at(call->self, len - 1 - i));

		value_list_set(call->self, i, b);
		value_list_set(call->self, len - 1 - i, a);
	}
	*ret_value = value_null();
	return vm_work(vm, len / 8);
}

/* The filter does it, with upper and lower case apart. */
static int
list_sort(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct call sort = {.builtin = builtin_find(&filter_table, "sort"),
	    .self = call->self,
	    .args = {call->args[0], value_bool(true)},
	    .given = (call->given & 1) | 2};
	struct value sorted = {0};
	int ret = sort.builtin->run(vm, &sort, &sorted);

	if (ret != 0)
		return ret;
	for (size_t i = 0; i < value_len(sorted); i++)
		value_list_set(
		    call->self, i, value_ref(value_list_at(sorted, i)));
	value_unref(sorted);
	*ret_value = value_null();
	return 0;
}

static int
list_clear(struct vm *vm, const struct call *call, struct value *ret_value)
{
	int ret = vm_work(vm, value_len(call->self) / 8);

	while (value_len(call->self) > 0)
		value_unref(
		    value_list_take(call->self, value_len(call->self) - 1));
	*ret_value = value_null();
	return ret;
}

static int
shallow_copy(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value self = call->self;
	bool is_list = self.type == VALUE_LIST;
	struct value copy = is_list ? vm_list() : vm_map();
	int ret = vm_charge(vm, 64 + 32 * value_len(self));

	for (size_t i = 0; i < value_len(self) && ret == 0; i++) {
		if (is_list)
			value_list_add(copy, value_ref(value_list_at(self, i)));
		else
			value_map_put(copy,
			    value_ref(value_map_name_at(self, i)),
			    value_ref(value_map_at(self, i)));
	}
	if (ret == 0)
		*ret_value = copy;
	else
		value_unref(copy);
	return ret;
}

const struct builtin list_methods[] = {
    {"index", list_index, "value", 1, 1, 0},
    {"count", list_count, "value", 1, 1, 0},
    {"append", list_append, "object", 1, 1, BUILTIN_CHANGES},
    {"extend", list_extend, "iterable", 1, 1, BUILTIN_CHANGES},
    {"insert", list_insert, "index object", 2, 2, BUILTIN_CHANGES},
    {"pop", list_pop, "index", 0, 1, BUILTIN_CHANGES},
    {"remove", list_remove, "value", 1, 1, BUILTIN_CHANGES},
    {"reverse", list_reverse, "", 0, 0, BUILTIN_CHANGES},
    {"sort", list_sort, "reverse", 0, 0, BUILTIN_CHANGES},
    {"clear", list_clear, "", 0, 0, BUILTIN_CHANGES},
    {"copy", shallow_copy, "", 0, 0, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};

static int
map_get(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value item;

	if (!value_can_key(call->args[0]))
		return vm_fail(vm, "a %s can not be a key",
		    value_type_name(call->args[0]));
	item = value_map_find(call->self, call->args[0]);
	if (item.type != VALUE_UNDEFINED)
		*ret_value = value_ref(item);
	else if ((call->given & 2) != 0)
		*ret_value = value_ref(call->args[1]);
	else
		*ret_value = value_null();
	return 0;
}

static int
map_keys(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return seq_of(vm, call->self, ret_value);
}

static int
map_values(struct vm *vm, const struct call *call, struct value *ret_value)
{
	int ret = vm_charge(vm, 64 + 16 * value_len(call->self));

	if (ret != 0)
		return ret;
	*ret_value = vm_list();
	for (size_t i = 0; i < value_len(call->self); i++)
		value_list_add(
		    *ret_value, value_ref(value_map_at(call->self, i)));
	return 0;
}

int
seq_items(struct vm *vm, struct value map, struct value *ret_list)
{
	int ret = vm_charge(vm, 64 + 160 * value_len(map));

	if (ret != 0)
		return ret;
	*ret_list = vm_list();
	for (size_t i = 0; i < value_len(map); i++)
		value_list_add(
		    *ret_list, seq_pair(value_ref(value_map_name_at(map, i)),
				   value_ref(value_map_at(map, i))));
	return 0;
}

static int
map_items(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return seq_items(vm, call->self, ret_value);
}

static int
put_all(struct vm *vm, struct value into, struct value from)
{
	struct value map = {0};
	int ret = seq_map(vm, from, &map);

	if (ret != 0)
		return ret;
	ret = vm_charge(vm, 64 * value_len(map));
	for (size_t i = 0; i < value_len(map) && ret == 0; i++)
		value_map_put(into, value_ref(value_map_name_at(map, i)),
		    value_ref(value_map_at(map, i)));
	value_unref(map);
	return ret;
}

static int
map_update(struct vm *vm, const struct call *call, struct value *ret_value)
{
	int ret = 0;

	if ((call->given & 1) != 0)
		ret = put_all(vm, call->self, call->args[0]);
	if (ret == 0 && call->kwargs.type != VALUE_UNDEFINED)
		ret = put_all(vm, call->self, call->kwargs);
	*ret_value = value_null();
	return ret;
}

static int
map_pop(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value item = value_map_find(call->self, call->args[0]);
	int ret = vm_work(vm, value_len(call->self) / 4);

	if (ret != 0)
		return ret;
	if (item.type == VALUE_UNDEFINED && (call->given & 2) == 0)
		return vm_fail(vm, "pop: there is no such key");
	*ret_value =
	    value_ref(item.type == VALUE_UNDEFINED ? call->args[1] : item);
	value_map_delete(call->self, call->args[0]);
	return 0;
}

static int
map_setdefault(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value item = value_map_find(call->self, call->args[0]);
	int ret = vm_charge(vm, 64);

	if (ret != 0)
		return ret;
	if (!value_can_key(call->args[0]))
		return vm_fail(vm, "a %s can not be a key",
		    value_type_name(call->args[0]));
	if (item.type == VALUE_UNDEFINED) {
		item = (call->given & 2) != 0 ? call->args[1] : value_null();
		value_map_put(
		    call->self, value_ref(call->args[0]), value_ref(item));
	}
	*ret_value = value_ref(item);
	return 0;
}

static int
map_clear(struct vm *vm, const struct call *call, struct value *ret_value)
{
	int ret = 0;

	*ret_value = value_null();
	while (value_len(call->self) > 0 && ret == 0) {
		struct value key = value_ref(
		    value_map_name_at(call->self, value_len(call->self) - 1));

		ret = vm_work(vm, 1 + value_len(call->self) / 8);
		value_map_delete(call->self, key);
		value_unref(key);
	}
	return ret;
}

const struct builtin map_methods[] = {
    {"get", map_get, "key default", 1, 2, 0},
    {"keys", map_keys, "", 0, 0, 0},
    {"values", map_values, "", 0, 0, 0},
    {"items", map_items, "", 0, 0, 0},
    {"copy", shallow_copy, "", 0, 0, 0},
    {"update", map_update, "other", 0, 1, BUILTIN_CHANGES | BUILTIN_KWARGS},
    {"pop", map_pop, "key default", 1, 2, BUILTIN_CHANGES},
    {"setdefault", map_setdefault, "key default", 1, 2, BUILTIN_CHANGES},
    {"clear", map_clear, "", 0, 0, BUILTIN_CHANGES},
    {NULL, NULL, NULL, 0, 0, 0},
};
