/* map, select, reject and their kin: a filter or a test on every item. */
#include <errno.h>
#include <string.h>

#include "template/vm.h"

/* The arguments behind the first `skip` positional ones. */
static struct actual
rest_of(const struct call *call, size_t skip)
{
	union { /* only read: arguments are borrowed */
		const struct value *given;
		struct value *items;
	} more = {.given = call->more + skip};

	return (struct actual){.items = more.items,
	    .count = call->more_count - skip,
	    .cap = call->more_count - skip,
	    .kwargs = call->kwargs};
}

static int
find_builtin(struct vm *vm, const struct builtin_table *table,
    struct value name, const struct builtin **ret_builtin)
{
	if (name.type != VALUE_STRING)
		return vm_fail(vm, "the name of a %s is a string", table->kind);
	*ret_builtin = builtin_find(table, value_str(name));
	if (*ret_builtin != NULL)
		return 0;
	vm_fail(vm, "there is no %s '%s'", table->kind, value_str(name));
	builtin_hint(table, value_str(name), vm->err);
	return -EINVAL;
}

/* Runs a builtin that may not be allowed to meet an undefined item. */
static int
run_on(struct vm *vm, const struct builtin *builtin, struct value item,
    const struct actual *actual, struct value *ret_value)
{
	int ret = vm_work(vm, 1);

	if (ret != 0)
		return ret;
	if (item.type == VALUE_UNDEFINED &&
	    (builtin->flags & BUILTIN_UNDEFINED) == 0)
		return vm_undefined(vm, item);
	return vm_run(vm, builtin, item, actual, ret_value);
}

static int
map_attribute(struct vm *vm, const struct call *call, struct value item,
    struct value *ret_value)
{
	struct value path = value_map_get(call->kwargs, "attribute");
	struct value fallback = value_map_get(call->kwargs, "default");
	int ret = vm_path(vm, item, path, ret_value);

	if (ret == 0 && ret_value->type == VALUE_UNDEFINED &&
	    fallback.type != VALUE_UNDEFINED) {
		value_unref(*ret_value);
		*ret_value = value_ref(fallback);
	}
	return ret;
}

static int
map_items(struct vm *vm, const struct call *call, struct value items,
    struct value out)
{
	const struct builtin *builtin = NULL;
	struct actual rest = {0};
	int ret = 0;

	if (call->more_count > 0) {
		ret = find_builtin(vm, &filter_table, call->more[0], &builtin);
		rest = rest_of(call, 1);
	} else if (value_map_get(call->kwargs, "attribute").type ==
		   VALUE_UNDEFINED) {
		return vm_fail(
		    vm, "map needs the name of a filter, or attribute=");
	}
	for (size_t i = 0; i < value_len(items) && ret == 0; i++) {
		struct value item = value_list_at(items, i);
		struct value mapped = {0};

		if (builtin != NULL)
			ret = run_on(vm, builtin, item, &rest, &mapped);
		else
			ret = map_attribute(vm, call, item, &mapped);
		if (ret == 0)
			ret = vm_charge(vm, 16);
		if (ret == 0)
			value_list_add(out, mapped);
		else
			value_unref(mapped);
	}
	return ret;
}

/* What is false is empty here, even where it has no items. */
static int
items_of(struct vm *vm, struct value value, struct value *ret_list)
{
	if (value.type >= VALUE_NULL && value.type <= VALUE_FLOAT &&
	    !value_truth(value)) {
		*ret_list = vm_list();
		return 0;
	}
	return seq_of(vm, value, ret_list);
}

static int
filter_map(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value items = {0};
	struct value out;
	int ret = items_of(vm, call->self, &items);

	if (ret != 0)
		return ret;
	out = vm_list();
	ret = map_items(vm, call, items, out);
	value_unref(items);
	if (ret == 0)
		*ret_value = out;
	else
		value_unref(out);
	return ret;
}

/* How select and its kin decide. */
struct pick {
	const struct builtin *test; /* NULL: by truth */
	const struct value *path;   /* NULL: the item itself */
	struct actual rest;
	bool wanted;
};

static int
is_picked(
    struct vm *vm, const struct pick *pick, struct value item, bool *ret_bool)
{
	struct value subject = value_ref(item);
	struct value answer = {0};
	bool truth = false;
	int ret = 0;

	if (pick->path != NULL) {
		value_unref(subject);
		ret = vm_path(vm, item, *pick->path, &subject);
		if (ret != 0)
			return ret;
	}
	if (pick->test == NULL)
		ret = ops_truth(vm, subject, &truth);
	else
		ret = run_on(vm, pick->test, subject, &pick->rest, &answer);
	if (ret == 0 && pick->test != NULL)
		truth = value_truth(answer);
	value_unref(answer);
	value_unref(subject);
	if (ret == 0)
		*ret_bool = truth == pick->wanted;
	return ret;
}

static int
pick_items(struct vm *vm, const struct call *call, const struct pick *pick,
    struct value *ret_value)
{
	struct value items = {0};
	struct value out;
	int ret = items_of(vm, call->self, &items);

	if (ret != 0)
		return ret;
	out = vm_list();
	for (size_t i = 0; i < value_len(items) && ret == 0; i++) {
		bool picked = false;

		ret = is_picked(vm, pick, value_list_at(items, i), &picked);
		if (ret == 0)
			ret = vm_charge(vm, 16);
		if (ret == 0 && picked)
			value_list_add(out, value_ref(value_list_at(items, i)));
	}
	value_unref(items);
	if (ret == 0)
		*ret_value = out;
	else
		value_unref(out);
	return ret;
}

/* `attribute`: the first argument is a path, and the test comes second. */
static int
pick(struct vm *vm, const struct call *call, bool attribute, bool wanted,
    struct value *ret_value)
{
	struct pick how = {.wanted = wanted};
	size_t skip = attribute ? 1 : 0;
	int ret = 0;

	if (call->more_count < skip)
		return vm_fail(
		    vm, "%s needs an attribute", call->builtin->name);
	if (attribute)
		how.path = &call->more[0];
	if (call->more_count > skip) {
		ret =
		    find_builtin(vm, &test_table, call->more[skip], &how.test);
		how.rest = rest_of(call, skip + 1);
	}
	return ret == 0 ? pick_items(vm, call, &how, ret_value) : ret;
}

static int
filter_select(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return pick(vm, call, false, true, ret_value);
}

static int
filter_reject(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return pick(vm, call, false, false, ret_value);
}

static int
filter_selectattr(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return pick(vm, call, true, true, ret_value);
}

static int
filter_rejectattr(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return pick(vm, call, true, false, ret_value);
}

static int
filter_attr(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return vm_attr(vm, call->self, call->args[0], ret_value);
}

/* key | extract(container, morekeys): the key looked up in a container. */
static int
filter_extract(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value more = call->args[1];
	struct value at = {0};
	bool is_list = more.type == VALUE_LIST;
	size_t count = !call_has(call, 1) ? 0 : is_list ? value_len(more) : 1;
	int ret = vm_item(vm, call->args[0], call->self, &at);

	for (size_t i = 0; i < count && ret == 0; i++) {
		struct value next = {0};

		if (at.type == VALUE_UNDEFINED) {
			ret = vm_undefined(vm, at);
			value_unref(at);
			break;
		}
		ret = vm_item(
		    vm, at, is_list ? value_list_at(more, i) : more, &next);
		value_unref(at);
		at = next;
	}
	if (ret == 0)
		*ret_value = at;
	return ret;
}

#define ANY (BUILTIN_VARARGS | BUILTIN_KWARGS)

const struct builtin filters_pick[] = {
    {"map", filter_map, "", 0, 0, ANY},
    {"select", filter_select, "", 0, 0, ANY},
    {"reject", filter_reject, "", 0, 0, ANY},
    {"selectattr", filter_selectattr, "", 0, 0, ANY},
    {"rejectattr", filter_rejectattr, "", 0, 0, ANY},
    {"attr", filter_attr, "name", 1, 1, 0},
    {"extract", filter_extract, "container morekeys", 1, 2, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
