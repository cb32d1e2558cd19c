/* Maps: combine, dict2items, items2dict, rekey_on_member, subelements. */
#include <errno.h>
#include <string.h>

#include "template/vm.h"

struct merging {
	struct vm *vm;
	bool recursive;
	const char *lists; /* "replace", "keep", "append"... */
};

static int merge(struct merging *m, struct value low, struct value high,
    int depth, struct value *ret_map);

static struct value
copy_of(struct value map)
{
	struct value copy = vm_map();

	for (size_t i = 0; i < value_len(map); i++)
		value_map_put(copy, value_ref(value_map_name_at(map, i)),
		    value_ref(value_map_at(map, i)));
	return copy;
}

/* Adds the items of `from` that are not in `but`. */
static int
add_except(struct vm *vm, struct value out, struct value from, struct value but)
{
	int ret = 0;

	for (size_t i = 0; i < value_len(from) && ret == 0; i++) {
		struct value item = value_list_at(from, i);
		bool there = false;

		if (but.type == VALUE_LIST)
			ret = ops_contains(vm, item, but, &there);
		if (ret == 0)
			ret = vm_charge(vm, 16);
		if (ret == 0 && !there)
			value_list_add(out, value_ref(item));
	}
	return ret;
}

/* Two lists under one key, by list_merge. */
static int
merge_lists(struct merging *m, struct value low, struct value high,
    struct value *ret_value)
{
	bool append = strncmp(m->lists, "append", 6) == 0;
	bool unlike = strstr(m->lists, "_rp") != NULL;
	struct value none = {0};
	struct value out;
	int ret = 0;

	if (strcmp(m->lists, "replace") == 0 || strcmp(m->lists, "keep") == 0) {
		*ret_value = value_ref(m->lists[0] == 'r' ? high : low);
		return 0;
	}
	out = vm_list();
	if (!append)
		ret = add_except(m->vm, out, high, none);
	if (ret == 0)
		ret = add_except(m->vm, out, low, unlike ? high : none);
	if (ret == 0 && append)
		ret = add_except(m->vm, out, high, none);
	if (ret == 0)
		*ret_value = out;
	else
		value_unref(out);
	return ret;
}

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
merge_item(struct merging *m, struct value low, struct value high, int depth,
    struct value *ret_value)
{
	if (low.type == VALUE_MAP && high.type == VALUE_MAP && m->recursive)
		return merge(m, low, high, depth + 1, ret_value);
	if (low.type == VALUE_LIST && high.type == VALUE_LIST)
		return merge_lists(m, low, high, ret_value);
	*ret_value = value_ref(high);
	return 0;
}

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
merge(struct merging *m, struct value low, struct value high, int depth,
    struct value *ret_map)
{
	struct value map;
	bool same = false;
	int ret =
	    vm_charge(m->vm, 64 + 64 * (value_len(low) + value_len(high)));

	if (ret == 0 && depth > VALUE_DEPTH_MAX)
		ret = vm_limit(
		    m->vm, "values are nested deeper than %d", VALUE_DEPTH_MAX);
	if (ret == 0)
		ret = ops_equal(m->vm, low, high, &same);
	if (ret != 0)
		return ret;
	if (same || value_len(low) == 0) {
		*ret_map = copy_of(high);
		return 0;
	}
	map = copy_of(low);
	for (size_t i = 0; i < value_len(high) && ret == 0; i++) {
		struct value key = value_map_name_at(high, i);
		struct value item = value_ref(value_map_at(high, i));
		struct value known = value_map_find(map, key);

		if (known.type != VALUE_UNDEFINED) {
			value_unref(item);
			ret = merge_item(
			    m, known, value_map_at(high, i), depth, &item);
		}
		if (ret == 0)
			value_map_put(map, value_ref(key), item);
	}
	if (ret == 0)
		*ret_map = map;
	else
		value_unref(map);
	return ret;
}

/* Every term is a map, or a list of maps. */
static int
collect_maps(struct vm *vm, struct value term, struct value out)
{
	struct value map = {0};
	int ret = 0;

	if (term.type != VALUE_LIST) {
		ret = seq_map(vm, term, &map);
		if (ret == 0)
			value_list_add(out, map);
		return ret;
	}
	for (size_t i = 0; i < value_len(term) && ret == 0; i++) {
		ret = seq_map(vm, value_list_at(term, i), &map);
		if (ret == 0)
			value_list_add(out, map);
	}
	return ret;
}

/* From the last to the first: the later one wins. */
static int
merge_all(struct merging *m, struct value maps, struct value *ret_map)
{
	size_t at = value_len(maps);
	struct value result;
	int ret = 0;

	if (at == 0) {
		*ret_map = vm_map();
		return 0;
	}
	result = value_ref(value_list_at(maps, --at));
	while (at > 0 && ret == 0) {
		struct value merged = {0};

		ret = merge(m, value_list_at(maps, --at), result, 0, &merged);
		if (ret != 0)
			break;
		value_unref(result);
		result = merged;
	}
	if (ret == 0)
		*ret_map = result;
	else
		value_unref(result);
	return ret;
}

static int
filter_combine(struct vm *vm, const struct call *call, struct value *ret_value)
{
	static const char *const kinds[] = {
	    "replace", "keep", "append", "prepend", "append_rp", "prepend_rp"};
	struct merging m = {.vm = vm};
	struct value maps;
	bool known = false;
	int ret = call_bool(vm, call, 0, false, &m.recursive);

	if (ret == 0)
		ret = call_str(vm, call, 1, "replace", &m.lists);
	if (ret != 0)
		return ret;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		known = known || strcmp(m.lists, kinds[i]) == 0;
	if (!known)
		return vm_fail(vm, "combine: list_merge is replace, keep, "
				   "append, prepend, append_rp or prepend_rp");
	maps = value_list_new();
	ret = collect_maps(vm, call->self, maps);
	for (size_t i = 0; i < call->more_count && ret == 0; i++)
		ret = collect_maps(vm, call->more[i], maps);
	if (ret == 0)
		ret = merge_all(&m, maps, ret_value);
	value_unref(maps);
	return ret;
}

static int
key_names(struct vm *vm, const struct call *call, const char **ret_key,
    const char **ret_value)
{
	int ret = call_str(vm, call, 0, "key", ret_key);

	return ret == 0 ? call_str(vm, call, 1, "value", ret_value) : ret;
}

static int
filter_dict2items(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	const char *key_name;
	const char *value_name;
	struct value map = {0};
	int ret = key_names(vm, call, &key_name, &value_name);

	if (ret == 0)
		ret = seq_map(vm, call->self, &map);
	if (ret != 0)
		return ret;
	ret = vm_charge(vm, 64 + 300 * value_len(map));
	if (ret == 0)
		*ret_value = vm_list();
	for (size_t i = 0; i < value_len(map) && ret == 0; i++) {
		struct value item = vm_map();

		value_map_set(
		    item, key_name, value_ref(value_map_name_at(map, i)));
		value_map_set(
		    item, value_name, value_ref(value_map_at(map, i)));
		value_list_add(*ret_value, item);
	}
	value_unref(map);
	return ret;
}

static int
filter_items2dict(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	const char *key_name;
	const char *value_name;
	struct value map = vm_map();
	int ret = key_names(vm, call, &key_name, &value_name);

	if (ret == 0 && call->self.type != VALUE_LIST)
		ret = vm_fail(vm, "items2dict needs a list");
	for (size_t i = 0; i < value_len(call->self) && ret == 0; i++) {
		struct value item = value_list_at(call->self, i);
		struct value key = value_map_get(item, key_name);
		struct value value = value_map_get(item, value_name);

		ret = vm_charge(vm, 64);
		if (ret == 0 &&
		    (value.type == VALUE_UNDEFINED || !value_can_key(key)))
			ret = vm_fail(vm,
			    "items2dict: every item needs '%s' and '%s'",
			    key_name, value_name);
		if (ret == 0)
			value_map_put(map, value_ref(key), value_ref(value));
	}
	if (ret == 0)
		*ret_value = map;
	else
		value_unref(map);
	return ret;
}

static int
rekey(struct vm *vm, struct value items, const char *member, bool overwrite,
    struct value map)
{
	int ret = 0;

	for (size_t i = 0; i < value_len(items) && ret == 0; i++) {
		struct value item = items.type == VALUE_LIST
					? value_list_at(items, i)
					: value_map_at(items, i);
		struct value key = value_map_get(item, member);

		ret = vm_charge(vm, 64);
		if (ret == 0 && !value_can_key(key))
			ret = vm_fail(
			    vm, "rekey_on_member: no '%s' in an item", member);
		else if (ret == 0 && !overwrite &&
			 value_map_find(map, key).type != VALUE_UNDEFINED)
			ret = vm_fail(
			    vm, "rekey_on_member: '%s' is not unique", member);
		if (ret == 0)
			value_map_put(map, value_ref(key), value_ref(item));
	}
	return ret;
}

static int
filter_rekey_on_member(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	const char *member;
	const char *duplicates;
	struct value map;
	int ret = call_str(vm, call, 0, "", &member);

	if (ret == 0)
		ret = call_str(vm, call, 1, "error", &duplicates);
	if (ret == 0 && call->self.type != VALUE_LIST &&
	    call->self.type != VALUE_MAP)
		ret = vm_fail(vm, "rekey_on_member needs a list or a map");
	if (ret != 0)
		return ret;
	map = vm_map();
	ret = rekey(
	    vm, call->self, member, strcmp(duplicates, "overwrite") == 0, map);
	if (ret == 0)
		*ret_value = map;
	else
		value_unref(map);
	return ret;
}

static int
add_subelements(struct vm *vm, struct value item, struct value path,
    bool skip_missing, struct value out)
{
	struct value sub = {0};
	int ret = vm_path(vm, item, path, &sub);

	if (ret != 0)
		return ret;
	if (sub.type == VALUE_UNDEFINED && !skip_missing)
		ret = vm_undefined(vm, sub);
	else if (sub.type != VALUE_LIST && sub.type != VALUE_UNDEFINED)
		ret = vm_fail(
		    vm, "subelements: '%s' is no list", value_str(path));
	for (size_t i = 0; i < value_len(sub) && ret == 0; i++) {
		ret = vm_charge(vm, 128);
		if (ret == 0)
			value_list_add(
			    out, seq_pair(value_ref(item),
				     value_ref(value_list_at(sub, i))));
	}
	value_unref(sub);
	return ret;
}

static int
filter_subelements(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value out = vm_list();
	bool is_map = call->self.type == VALUE_MAP;
	bool skip_missing;
	int ret = call_bool(vm, call, 1, false, &skip_missing);

	if (ret == 0)
		ret = call_need_str(vm, call, call->args[0], "the path");
	for (size_t i = 0; i < value_len(call->self) && ret == 0; i++)
		ret = add_subelements(vm,
		    is_map ? value_map_at(call->self, i)
			   : value_list_at(call->self, i),
		    call->args[0], skip_missing, out);
	if (ret == 0)
		*ret_value = out;
	else
		value_unref(out);
	return ret;
}

const struct builtin filters_map[] = {
    {"combine", filter_combine, "recursive list_merge", 0, 0, BUILTIN_VARARGS},
    {"dict2items", filter_dict2items, "key_name value_name", 0, 2, 0},
    {"items2dict", filter_items2dict, "key_name value_name", 0, 2, 0},
    {"rekey_on_member", filter_rekey_on_member, "key duplicates", 1, 2, 0},
    {"subelements", filter_subelements, "subelements skip_missing", 1, 2, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
