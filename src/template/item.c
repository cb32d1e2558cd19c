/* Items, attributes, paths and slices. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "template/utf8.h"
#include "template/vm.h"

static struct value
undefined_as(struct value name)
{
	if (name.type != VALUE_STRING)
		return (struct value){0};
	name = value_ref(name);
	name.type = VALUE_UNDEFINED;
	name.flags = VALUE_NO_ITEM;
	return name;
}

static int
object_item(struct vm *vm, struct value subject, struct value key,
    struct value *ret_value)
{
	const struct value_obj_ops *ops = subject.u.o->ops;
	int ret = -ENOENT;

	if (key.type == VALUE_STRING && ops->tmpl != NULL &&
	    ops->tmpl->attr != NULL)
		ret = ops->tmpl->attr(vm, subject, value_str(key), ret_value);
	else if (key.type == VALUE_STRING && ops->get != NULL)
		ret = ops->get(subject.u.o, value_str(key), ret_value, vm->err);
	if (ret == -ENOENT) {
		*ret_value = undefined_as(key);
		ret = 0;
	}
	return ret;
}

int
vm_attr(struct vm *vm, struct value subject, struct value name,
    struct value *ret_value)
{
	struct value item;

	if (subject.type == VALUE_OBJECT)
		return object_item(vm, subject, name, ret_value);
	if ((subject.flags & VALUE_TUPLE) != 0 && value_len(subject) == 2) {
		/* what groupby gives has names for its two parts */
		bool grouper = strcmp(value_str(name), "grouper") == 0;

		if (grouper || strcmp(value_str(name), "list") == 0) {
			*ret_value =
			    value_ref(value_list_at(subject, grouper ? 0 : 1));
			return 0;
		}
	}
	item = value_map_find(subject, name);
	*ret_value =
	    item.type == VALUE_UNDEFINED ? undefined_as(name) : value_ref(item);
	return 0;
}

static bool
as_index(struct value key, int64_t *ret_index)
{
	if (key.type == VALUE_BOOL)
		*ret_index = key.u.b;
	else if (key.type == VALUE_INT)
		*ret_index = key.u.i;
	else
		return false;
	return true;
}

static struct value
missing_element(const char *what)
{
	struct value name = value_string(what);

	name.type = VALUE_UNDEFINED;
	name.flags = VALUE_NO_ITEM;
	return name;
}

static int
indexed_item(
    struct vm *vm, struct value subject, int64_t index, struct value *ret_value)
{
	const char *str = value_str(subject);
	size_t bytes = value_str_len(subject);
	int64_t len = subject.type == VALUE_LIST
			  ? (int64_t)value_len(subject)
			  : (int64_t)utf8_count(str, bytes);
	int64_t at = index < 0 ? index + len : index;
	char text[48];
	size_t start;

	if (at < 0 || at >= len) {
		snprintf(text, sizeof text, "element %lld", (long long)index);
		*ret_value = missing_element(text);
		return 0;
	}
	if (subject.type == VALUE_LIST) {
		*ret_value = value_ref(value_list_at(subject, (size_t)at));
		return 0;
	}
	start = utf8_offset(str, bytes, (size_t)at);
	return vm_string(vm, str + start,
	    utf8_len_at(str + start, bytes - start), ret_value);
}

int
vm_item(struct vm *vm, struct value subject, struct value key,
    struct value *ret_value)
{
	struct value item;
	int64_t index;

	switch (subject.type) {
	case VALUE_OBJECT:
		return object_item(vm, subject, key, ret_value);
	case VALUE_MAP:
		item = value_map_find(subject, key);
		*ret_value = item.type == VALUE_UNDEFINED ? undefined_as(key)
							  : value_ref(item);
		return 0;
	case VALUE_LIST:
	case VALUE_STRING:
		if (as_index(key, &index))
			return indexed_item(vm, subject, index, ret_value);
		break;
	default:
		break;
	}
	*ret_value = undefined_as(key);
	return 0;
}

static struct value
path_part(const char *part, size_t len)
{
	int64_t index = 0;

	for (size_t i = 0; i < len; i++) {
		if (part[i] < '0' || part[i] > '9' || i > 9)
			return value_string_len(part, len);
		index = index * 10 + (part[i] - '0');
	}
	return len == 0 ? value_string_len(part, len) : value_int(index);
}

int
vm_path(struct vm *vm, struct value subject, struct value path,
    struct value *ret_value)
{
	struct value at = value_ref(subject);
	const char *part = value_str(path);
	int ret = 0;

	if (path.type != VALUE_STRING) {
		ret = vm_item(vm, at, path, ret_value);
		value_unref(at);
		return ret;
	}
	for (;;) {
		const char *dot = strchr(part, '.');
		size_t len = dot == NULL ? strlen(part) : (size_t)(dot - part);
		struct value key = path_part(part, len);
		struct value next = {0};

		if (at.type == VALUE_UNDEFINED)
			ret = vm_undefined(vm, at);
		else
			ret = vm_item(vm, at, key, &next);
		value_unref(key);
		value_unref(at);
		if (ret != 0)
			return ret;
		at = next;
		if (dot == NULL)
			break;
		part = dot + 1;
	}
	*ret_value = at;
	return 0;
}

/* Python's slice.indices(): bounds clamped for a sequence of `len`. */
static int
slice_bounds(
    struct vm *vm, const struct value *parts, int64_t len, int64_t bounds[3])
{
	int64_t step = 1;
	int64_t low;
	int64_t high;

	if (parts[2].type != VALUE_NULL && !as_index(parts[2], &step))
		return vm_fail(vm, "a slice's step must be an integer");
	if (step == 0)
		return vm_fail(vm, "a slice's step can not be 0");
	low = step < 0 ? -1 : 0;
	high = step < 0 ? len - 1 : len;
	bounds[0] = step < 0 ? high : low;
	bounds[1] = step < 0 ? low : high;
	bounds[2] = step;
	for (int i = 0; i < 2; i++) {
		int64_t at;

		if (parts[i].type == VALUE_NULL)
			continue;
		if (!as_index(parts[i], &at))
			return vm_fail(vm, "a slice's bounds must be integers");
		if (at < 0)
			at = at + len < low ? low : at + len;
		bounds[i] = at > high ? high : at;
	}
	return 0;
}

static size_t
slice_count(const int64_t bounds[3])
{
	int64_t distance =
	    bounds[2] > 0 ? bounds[1] - bounds[0] : bounds[0] - bounds[1];
	uint64_t step =
	    bounds[2] > 0 ? (uint64_t)bounds[2] : 0 - (uint64_t)bounds[2];

	return distance <= 0 ? 0
			     : (size_t)(((uint64_t)distance - 1) / step + 1);
}

static int
slice_list(struct vm *vm, struct value list, const int64_t bounds[3],
    struct value *ret_value)
{
	size_t count = slice_count(bounds);
	struct value out;
	int ret = vm_charge(vm, 64 + 16 * count);

	if (ret != 0)
		return ret;
	out = vm_list();
	if ((list.flags & VALUE_TUPLE) != 0)
		out.flags = VALUE_TUPLE;
	for (size_t i = 0; i < count; i++)
		value_list_add(
		    out, value_ref(value_list_at(list,
			     (size_t)(bounds[0] + (int64_t)i * bounds[2]))));
	*ret_value = out;
	return 0;
}

static int
slice_string(struct vm *vm, struct value str, const int64_t bounds[3],
    struct value *ret_value)
{
	const char *s = value_str(str);
	size_t len = value_str_len(str);
	size_t count = slice_count(bounds);
	size_t start;
	struct buf out;
	int ret;

	if (bounds[2] == 1) {
		start = utf8_offset(s, len, (size_t)bounds[0]);
		len = utf8_offset(s + start, len - start, count);
		return vm_string(vm, s + start, len, ret_value);
	}
	ret = vm_work(vm, count * (len / 64 + 1));
	if (ret != 0)
		return ret;
	vm_buf_init(&out);
	for (size_t i = 0; i < count; i++) {
		start = utf8_offset(
		    s, len, (size_t)(bounds[0] + (int64_t)i * bounds[2]));
		buf_add(&out, s + start, utf8_len_at(s + start, len - start));
	}
	return vm_buf_take(vm, &out, ret_value);
}

int
vm_slice(struct vm *vm, struct value subject, const struct value *parts,
    struct value *ret_value)
{
	int64_t bounds[3] = {0};
	int64_t len;
	int ret;

	if (subject.type != VALUE_LIST && subject.type != VALUE_STRING) {
		*ret_value = missing_element("slice");
		return 0;
	}
	ret = seq_length(vm, subject, &len);
	if (ret == 0)
		ret = slice_bounds(vm, parts, len, bounds);
	if (ret != 0)
		return ret;
	return subject.type == VALUE_LIST
		   ? slice_list(vm, subject, bounds, ret_value)
		   : slice_string(vm, subject, bounds, ret_value);
}
