/* Lists as sets: union, intersect, difference, symmetric_difference. */
#include <errno.h>

#include "template/vm.h"

enum take {
	TAKE_ALL,
	TAKE_COMMON,
	TAKE_OTHER
};

/* Adds the items of `from` that are (not) in `other`, each once. */
static int
add_taken(struct vm *vm, struct value out, struct value from,
    struct value other, enum take take)
{
	int ret = 0;

	for (size_t i = 0; i < value_len(from) && ret == 0; i++) {
		struct value item = value_list_at(from, i);
		bool in_other = false;
		bool known = false;

		if (take != TAKE_ALL)
			ret = ops_contains(vm, item, other, &in_other);
		if (ret == 0)
			ret = ops_contains(vm, item, out, &known);
		if (ret == 0)
			ret = vm_charge(vm, 16);
		if (ret != 0 || known)
			continue;
		if (take == TAKE_ALL || in_other == (take == TAKE_COMMON))
			value_list_add(out, value_ref(item));
	}
	return ret;
}

static int
combine_lists(struct vm *vm, const struct call *call, enum take take, bool both,
    struct value *ret_value)
{
	struct value out = vm_list();
	struct value a = {0};
	struct value b = {0};
	int ret = seq_of(vm, call->self, &a);

	if (ret != 0)
		goto out;
	ret = seq_of(vm, call->args[0], &b);
	if (ret == 0) {
		ret = add_taken(vm, out, a, b, take);
		if (ret == 0 && both)
			ret = add_taken(vm, out, b, a, take);
		value_unref(b);
	}
	value_unref(a);
out:
	if (ret == 0)
		*ret_value = out;
	else
		value_unref(out);
	return ret;
}

static int
filter_union(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return combine_lists(vm, call, TAKE_ALL, true, ret_value);
}

static int
filter_intersect(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return combine_lists(vm, call, TAKE_COMMON, false, ret_value);
}

static int
filter_difference(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return combine_lists(vm, call, TAKE_OTHER, false, ret_value);
}

static int
filter_symmetric_difference(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return combine_lists(vm, call, TAKE_OTHER, true, ret_value);
}

/* All combinations, the last list turning fastest. */
static int
add_product(struct vm *vm, struct value lists, struct value out)
{
	size_t total = 1;
	int ret = 0;

	for (size_t i = 0; i < value_len(lists); i++)
		if (__builtin_mul_overflow(
			total, value_len(value_list_at(lists, i)), &total))
			return vm_limit(vm, "product: too many combinations");
	for (size_t row = 0; row < total && ret == 0; row++) {
		struct value tuple = value_list_new();
		size_t rest = row;

		tuple.flags = VALUE_TUPLE;
		for (size_t i = value_len(lists); i-- > 0;) {
			struct value list = value_list_at(lists, i);
			size_t at = rest % value_len(list);

			rest /= value_len(list);
			value_list_insert(
			    tuple, 0, value_ref(value_list_at(list, at)));
		}
		value_list_add(out, tuple);
		ret = vm_charge(vm, 96 + 16 * value_len(lists));
	}
	return ret;
}

static int
filter_product(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value lists = value_list_new();
	struct value out = vm_list();
	struct value items = {0};
	int ret = seq_of(vm, call->self, &items);

	if (ret == 0)
		value_list_add(lists, items);
	for (size_t i = 0; i < call->more_count && ret == 0; i++) {
		ret = seq_of(vm, call->more[i], &items);
		if (ret == 0)
			value_list_add(lists, items);
	}
	if (ret == 0)
		ret = add_product(vm, lists, out);
	value_unref(lists);
	if (ret == 0)
		*ret_value = out;
	else
		value_unref(out);
	return ret;
}

const struct builtin filters_set[] = {
    {"union", filter_union, "b", 1, 1, 0},
    {"intersect", filter_intersect, "b", 1, 1, 0},
    {"difference", filter_difference, "b", 1, 1, 0},
    {"symmetric_difference", filter_symmetric_difference, "b", 1, 1, 0},
    {"product", filter_product, "", 0, 0, BUILTIN_VARARGS},
    {NULL, NULL, NULL, 0, 0, 0},
};
