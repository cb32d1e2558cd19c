/* Filters that compare: sort, unique, min, max, groupby, dictsort. */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "template/str.h"
#include "template/vm.h"

/* An item with what it is compared by. */
struct keyed {
	struct value item; /* borrowed */
	struct value key;
	size_t index;
};

struct sorting {
	struct vm *vm;
	bool reverse;
	int ret; /* of the first comparison that has failed */
};

struct by {
	const struct value *paths; /* several for "a,b"; NULL: the item */
	size_t count;
	const struct value *fallback; /* for what has no such attribute */
	bool fold;		      /* strings are compared in lower case */
};

/* What strings are compared by; takes the value over. */
static int
fold(struct vm *vm, struct value value, bool folds, struct value *ret_value)
{
	int ret;

	if (!folds || value.type != VALUE_STRING) {
		*ret_value = value;
		return 0;
	}
	ret = str_to_case(vm, str_span(value), CASE_LOWER, ret_value);
	value_unref(value);
	return ret;
}

static int
key_part(struct vm *vm, const struct by *by, struct value item, size_t part,
    struct value *ret_key)
{
	struct value key = value_ref(item);
	int ret = 0;

	if (by->count > 0) {
		value_unref(key);
		ret = vm_path(vm, item, by->paths[part], &key);
	}
	if (ret == 0 && key.type == VALUE_UNDEFINED) {
		if (by->fallback == NULL)
			ret = vm_undefined(vm, key);
		value_unref(key);
		if (ret == 0 && by->fallback != NULL)
			key = value_ref(*by->fallback);
	}
	return ret == 0 ? fold(vm, key, by->fold, ret_key) : ret;
}

static int
key_of(struct vm *vm, const struct by *by, struct value item,
    struct value *ret_key)
{
	struct value all;
	int ret = vm_work(vm, 1);

	if (ret != 0)
		return ret;
	if (by->count < 2)
		return key_part(vm, by, item, 0, ret_key);
	all = value_list_new();
	for (size_t i = 0; i < by->count && ret == 0; i++) {
		struct value key = {0};

		ret = key_part(vm, by, item, i, &key);
		if (ret == 0)
			value_list_add(all, key);
	}
	if (ret == 0)
		*ret_key = all;
	else
		value_unref(all);
	return ret;
}

static void
keyed_free(struct keyed *keyed, size_t count)
{
	for (size_t i = 0; i < count; i++)
		value_unref(keyed[i].key);
	free(keyed);
}

static int
keyed_new(struct vm *vm, struct value items, const struct by *by,
    struct keyed **ret_keyed)
{
	size_t count = value_len(items);
	struct keyed *keyed;
	int ret = vm_charge(vm, count * 64);

	if (ret != 0)
		return ret;
	keyed = mem_array(count, sizeof *keyed);
	for (size_t i = 0; i < count && ret == 0; i++) {
		keyed[i].item = value_list_at(items, i);
		keyed[i].index = i;
		ret = key_of(vm, by, keyed[i].item, &keyed[i].key);
		if (ret != 0)
			keyed[i].key = (struct value){0};
	}
	if (ret == 0)
		*ret_keyed = keyed;
	else
		keyed_free(keyed, count);
	return ret;
}

/* Stable both ways, as Python's sort is. */
static int
compare(const void *a, const void *b, void *arg)
{
	const struct keyed *x = a;
	const struct keyed *y = b;
	struct sorting *sorting = arg;
	int order = 0;

	if (sorting->ret == 0)
		sorting->ret = ops_order(sorting->vm, x->key, y->key, &order);
	if (order == 0)
		return (x->index > y->index) - (x->index < y->index);
	return sorting->reverse ? -order : order;
}

static int
keyed_sort(struct vm *vm, struct keyed *keyed, size_t count, bool reverse)
{
	struct sorting sorting = {.vm = vm, .reverse = reverse};

	if (count > 0)
		qsort_r(keyed, count, sizeof *keyed, compare, &sorting);
	return sorting.ret;
}

static int
give_sorted(struct vm *vm, struct value items, const struct by *by,
    bool reverse, struct value *ret_value)
{
	struct keyed *keyed;
	size_t count = value_len(items);
	int ret = keyed_new(vm, items, by, &keyed);

	if (ret != 0)
		return ret;
	ret = keyed_sort(vm, keyed, count, reverse);
	if (ret == 0) {
		*ret_value = vm_list();
		for (size_t i = 0; i < count; i++)
			value_list_add(*ret_value, value_ref(keyed[i].item));
	}
	keyed_free(keyed, count);
	return ret;
}

/* The paths of attribute="a,b"; owned by the caller. */
static int
split_paths(struct vm *vm, struct value attribute, struct value *ret_paths)
{
	if (attribute.type == VALUE_STRING)
		return str_split(vm, str_span(attribute), (struct span){",", 1},
		    -1, ret_paths);
	*ret_paths = value_list_new();
	value_list_add(*ret_paths, value_ref(attribute));
	return 0;
}

static void
by_paths(struct by *by, struct value paths, struct value room[8])
{
	by->count = value_len(paths) > 8 ? 8 : value_len(paths);
	for (size_t i = 0; i < by->count; i++)
		room[i] = value_list_at(paths, i);
	by->paths = room;
}

static int
filter_sort(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value paths = {0};
	struct value items = {0};
	struct value room[8];
	struct by by = {0};
	bool reverse;
	bool exact;
	int ret = call_bool(vm, call, 0, false, &reverse);

	if (ret == 0)
		ret = call_bool(vm, call, 1, false, &exact);
	if (ret == 0 && call_has(call, 2))
		ret = split_paths(vm, call->args[2], &paths);
	if (ret == 0)
		ret = seq_of(vm, call->self, &items);
	if (ret == 0) {
		by_paths(&by, paths, room);
		by.fold = !exact;
		ret = give_sorted(vm, items, &by, reverse, ret_value);
		value_unref(items);
	}
	value_unref(paths);
	return ret;
}

static int
is_among(struct vm *vm, struct value keys, struct value key, bool *ret_bool)
{
	*ret_bool = false;
	return ops_contains(vm, key, keys, ret_bool);
}

static int
unique_items(struct vm *vm, struct value items, const struct by *by,
    struct value *ret_value)
{
	struct value seen = value_list_new();
	struct value out = vm_list();
	int ret = 0;

	for (size_t i = 0; i < value_len(items) && ret == 0; i++) {
		struct value key = {0};
		bool known = false;

		ret = key_of(vm, by, value_list_at(items, i), &key);
		if (ret != 0)
			break;
		ret = is_among(vm, seen, key, &known);
		if (ret == 0)
			ret = vm_charge(vm, 32);
		if (ret == 0 && !known) {
			value_list_add(seen, value_ref(key));
			value_list_add(out, value_ref(value_list_at(items, i)));
		}
		value_unref(key);
	}
	value_unref(seen);
	if (ret == 0)
		*ret_value = out;
	else
		value_unref(out);
	return ret;
}

static int
filter_unique(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct by by = {0};
	struct value items = {0};
	bool exact;
	int ret = call_bool(vm, call, 0, false, &exact);

	if (ret == 0)
		ret = seq_of(vm, call->self, &items);
	if (ret != 0)
		return ret;
	by.fold = !exact;
	by.paths = &call->args[1];
	by.count = call_has(call, 1) ? 1 : 0;
	ret = unique_items(vm, items, &by, ret_value);
	value_unref(items);
	return ret;
}

/* The first of the least, or of the greatest: its index. */
static int
find_extreme(struct vm *vm, const struct keyed *keyed, size_t count, int sign,
    size_t *ret_best)
{
	size_t best = 0;
	int ret = 0;

	for (size_t i = 1; i < count && ret == 0; i++) {
		int order = 0;

		ret = ops_order(vm, keyed[i].key, keyed[best].key, &order);
		if (order * sign > 0)
			best = i;
	}
	*ret_best = best;
	return ret;
}

static int
extreme(
    struct vm *vm, const struct call *call, int sign, struct value *ret_value)
{
	struct by by = {0};
	struct value items = {0};
	struct keyed *keyed;
	size_t best;
	bool exact;
	int ret = call_bool(vm, call, 0, false, &exact);

	if (ret == 0)
		ret = seq_of(vm, call->self, &items);
	if (ret != 0)
		return ret;
	by.fold = !exact;
	by.paths = &call->args[1];
	by.count = call_has(call, 1) ? 1 : 0;
	ret = keyed_new(vm, items, &by, &keyed);
	if (ret == 0) {
		ret = find_extreme(vm, keyed, value_len(items), sign, &best);
		if (ret == 0 && value_len(items) > 0)
			*ret_value = value_ref(keyed[best].item);
		keyed_free(keyed, value_len(items));
	}
	value_unref(items);
	return ret;
}

static int
filter_min(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return extreme(vm, call, -1, ret_value);
}

static int
filter_max(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return extreme(vm, call, 1, ret_value);
}

/* The key as the first item of the group spells it. */
static int
add_group(struct vm *vm, struct value out, const struct keyed *first,
    struct by by, struct value members)
{
	struct value key = {0};
	int ret;

	by.fold = false;
	ret = key_of(vm, &by, first->item, &key);
	if (ret == 0)
		value_list_add(out, seq_pair(key, members));
	else
		value_unref(members);
	return ret;
}

static int
group_keyed(struct vm *vm, const struct keyed *keyed, size_t count,
    const struct by *by, struct value out)
{
	size_t at = 0;
	int ret = 0;

	while (at < count && ret == 0) {
		const struct keyed *first = &keyed[at];
		struct value members = vm_list();
		bool same = true;

		while (same && ret == 0) {
			value_list_add(members, value_ref(keyed[at++].item));
			same = at < count;
			if (same)
				ret = ops_equal(
				    vm, first->key, keyed[at].key, &same);
		}
		if (ret == 0)
			ret = add_group(vm, out, first, *by, members);
		else
			value_unref(members);
	}
	return ret;
}

static int
filter_groupby(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct by by = {.paths = &call->args[0], .count = 1};
	struct value items = {0};
	struct value out;
	struct keyed *keyed;
	size_t count;
	bool exact;
	int ret = call_bool(vm, call, 2, false, &exact);

	if (ret == 0)
		ret = seq_of(vm, call->self, &items);
	if (ret != 0)
		return ret;
	by.fold = !exact;
	by.fallback = call_has(call, 1) ? &call->args[1] : NULL;
	count = value_len(items);
	ret = keyed_new(vm, items, &by, &keyed);
	if (ret == 0) {
		out = vm_list();
		ret = keyed_sort(vm, keyed, count, false);
		if (ret == 0)
			ret = group_keyed(vm, keyed, count, &by, out);
		keyed_free(keyed, count);
		if (ret == 0)
			*ret_value = out;
		else
			value_unref(out);
	}
	value_unref(items);
	return ret;
}

static int
filter_dictsort(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value side = value_int(0);
	struct by by = {.paths = &side, .count = 1};
	struct value pairs = {0};
	struct value map = {0};
	const char *what;
	bool exact;
	bool reverse;
	int ret = call_bool(vm, call, 0, false, &exact);

	if (ret == 0)
		ret = call_str(vm, call, 1, "key", &what);
	if (ret == 0)
		ret = call_bool(vm, call, 2, false, &reverse);
	if (ret != 0)
		return ret;
	if (what[0] == 'v')
		side = value_int(1);
	by.fold = !exact;
	ret = seq_map(vm, call->self, &map);
	if (ret != 0)
		return ret;
	ret = seq_items(vm, map, &pairs);
	value_unref(map);
	if (ret == 0) {
		ret = give_sorted(vm, pairs, &by, reverse, ret_value);
		value_unref(pairs);
	}
	return ret;
}

const struct builtin filters_order[] = {
    {"sort", filter_sort, "reverse case_sensitive attribute", 0, 3, 0},
    {"unique", filter_unique, "case_sensitive attribute", 0, 2, 0},
    {"min", filter_min, "case_sensitive attribute", 0, 2, 0},
    {"max", filter_max, "case_sensitive attribute", 0, 2, 0},
    {"groupby", filter_groupby, "attribute default case_sensitive", 1, 3, 0},
    {"dictsort", filter_dictsort, "case_sensitive by reverse", 0, 3, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
