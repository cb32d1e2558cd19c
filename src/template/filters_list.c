/* Filters on lists as they are: ends, lengths, joining, cutting up. */
#include <errno.h>

#include "template/str.h"
#include "template/utf8.h"
#include "template/vm.h"

static struct value
no_item(const char *text)
{
	struct value name = value_string(text);

	name.type = VALUE_UNDEFINED;
	return name;
}

static int
filter_first(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value items = {0};
	int ret = seq_of(vm, call->self, &items);

	if (ret != 0)
		return ret;
	if (value_len(items) == 0)
		*ret_value = no_item("the first item of an empty sequence");
	else
		*ret_value = value_ref(value_list_at(items, 0));
	value_unref(items);
	return 0;
}

static int
filter_last(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value items = {0};
	int ret = seq_of(vm, call->self, &items);

	if (ret != 0)
		return ret;
	if (value_len(items) == 0)
		*ret_value = no_item("the last item of an empty sequence");
	else
		*ret_value =
		    value_ref(value_list_at(items, value_len(items) - 1));
	value_unref(items);
	return 0;
}

static int
filter_length(struct vm *vm, const struct call *call, struct value *ret_value)
{
	int64_t length;
	int ret = seq_length(vm, call->self, &length);

	if (ret == 0)
		*ret_value = value_int(length);
	return ret;
}

static int
join_item(
    struct vm *vm, const struct call *call, struct value item, struct buf *out)
{
	struct value part = {0};
	int ret;

	if (!call_has(call, 1))
		return text_write(vm, item, out);
	ret = vm_path(vm, item, call->args[1], &part);
	if (ret != 0)
		return ret;
	ret = text_write(vm, part, out);
	value_unref(part);
	return ret;
}

static int
filter_join(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value items = {0};
	struct value sep = {0};
	struct buf out;
	int ret = seq_of(vm, call->self, &items);

	if (ret != 0)
		return ret;
	vm_buf_init(&out);
	if ((call->given & 1) != 0)
		ret = text_of(vm, call->args[0], &sep);
	for (size_t i = 0; i < value_len(items) && ret == 0; i++) {
		if (i > 0)
			buf_add(&out, value_str(sep), value_str_len(sep));
		ret = join_item(vm, call, value_list_at(items, i), &out);
		if (ret == 0)
			ret = vm_work(vm, 1);
	}
	value_unref(items);
	value_unref(sep);
	if (ret == 0)
		return vm_buf_take(vm, &out, ret_value);
	buf_done(&out);
	return ret;
}

/* A new list, even of a list: it may be changed. */
static int
filter_list(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value items = {0};
	int ret = seq_of(vm, call->self, &items);

	if (ret != 0)
		return ret;
	ret = vm_charge(vm, 64 + 16 * value_len(items));
	if (ret == 0) {
		*ret_value = vm_list();
		for (size_t i = 0; i < value_len(items); i++)
			value_list_add(
			    *ret_value, value_ref(value_list_at(items, i)));
	}
	value_unref(items);
	return ret;
}

static int
reverse_string(struct vm *vm, struct value str, struct value *ret_value)
{
	struct span text = str_span(str);
	struct buf out;

	vm_buf_init(&out);
	while (text.len > 0) {
		size_t len = 1;

		while (len < text.len &&
		       ((unsigned char)text.at[text.len - len] & 0xc0) == 0x80)
			len++;
		buf_add(&out, text.at + text.len - len, len);
		text.len -= len;
	}
	return vm_buf_take(vm, &out, ret_value);
}

static int
filter_reverse(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value items = {0};
	int ret;

	if (call->self.type == VALUE_STRING)
		return reverse_string(vm, call->self, ret_value);
	ret = seq_of(vm, call->self, &items);
	if (ret != 0)
		return ret;
	ret = vm_charge(vm, 64 + 16 * value_len(items));
	if (ret == 0) {
		*ret_value = vm_list();
		for (size_t i = value_len(items); i-- > 0;)
			value_list_add(
			    *ret_value, value_ref(value_list_at(items, i)));
	}
	value_unref(items);
	return ret;
}

static int
filter_sum(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value items = {0};
	struct value sum =
	    (call->given & 2) != 0 ? value_ref(call->args[1]) : value_int(0);
	int ret = seq_of(vm, call->self, &items);

	if (ret != 0) {
		value_unref(sum);
		return ret;
	}
	for (size_t i = 0; i < value_len(items) && ret == 0; i++) {
		struct value item = value_ref(value_list_at(items, i));
		struct value next = {0};

		if (call_has(call, 0)) {
			value_unref(item);
			ret = vm_path(
			    vm, value_list_at(items, i), call->args[0], &item);
			if (ret != 0)
				break;
		}
		if (item.type == VALUE_UNDEFINED)
			ret = vm_undefined(vm, item);
		else
			ret = ops_binary(vm, '+', sum, item, &next);
		value_unref(item);
		if (ret == 0) {
			value_unref(sum);
			sum = next;
		}
	}
	value_unref(items);
	if (ret == 0)
		*ret_value = sum;
	else
		value_unref(sum);
	return ret;
}

/* Adds items[start, end) as a new list, filled up with `fill` to `width`. */
static void
add_chunk(struct value out, struct value items, size_t start, size_t end,
    size_t width, const struct value *fill)
{
	struct value chunk = vm_list();

	for (size_t i = start; i < end; i++)
		value_list_add(chunk, value_ref(value_list_at(items, i)));
	while (fill != NULL && value_len(chunk) < width)
		value_list_add(chunk, value_ref(*fill));
	value_list_add(out, chunk);
}

static int
chunk_arguments(struct vm *vm, const struct call *call, struct value *items,
    size_t *ret_count)
{
	int64_t count;
	int ret = call_int(vm, call, 0, 0, &count);

	if (ret == 0 && (count < 1 || count > 100000))
		ret = vm_fail(vm, "%s needs a number from 1 to 100000",
		    call->builtin->name);
	if (ret == 0)
		ret = seq_of(vm, call->self, items);
	if (ret == 0) {
		ret = vm_charge(
		    vm, 80 * (uint64_t)count + 100 * value_len(*items));
		if (ret != 0)
			value_unref(*items);
	}
	if (ret == 0)
		*ret_count = (size_t)count;
	return ret;
}

static int
filter_batch(struct vm *vm, const struct call *call, struct value *ret_value)
{
	const struct value *fill = call_has(call, 1) ? &call->args[1] : NULL;
	struct value items = {0};
	size_t width;
	int ret = chunk_arguments(vm, call, &items, &width);

	if (ret != 0)
		return ret;
	*ret_value = vm_list();
	for (size_t at = 0; at < value_len(items); at += width) {
		size_t left = value_len(items) - at;

		add_chunk(*ret_value, items, at,
		    at + (left < width ? left : width), width, fill);
	}
	value_unref(items);
	return 0;
}

static int
filter_slice(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value items = {0};
	size_t slices;
	size_t at = 0;
	int ret = chunk_arguments(vm, call, &items, &slices);

	if (ret != 0)
		return ret;
	*ret_value = vm_list();
	for (size_t i = 0; i < slices; i++) {
		size_t base = value_len(items) / slices;
		size_t longer = value_len(items) % slices;
		size_t len = base + (i < longer ? 1 : 0);
		bool fills = call_has(call, 1) && i >= longer;

		add_chunk(*ret_value, items, at, at + len, base + 1,
		    fills ? &call->args[1] : NULL);
		at += len;
	}
	value_unref(items);
	return 0;
}

static int
filter_items(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value map = {0};
	int ret;

	if (call->self.type == VALUE_UNDEFINED) {
		*ret_value = vm_list();
		return 0;
	}
	ret = seq_map(vm, call->self, &map);
	if (ret != 0)
		return ret;
	ret = seq_items(vm, map, ret_value);
	value_unref(map);
	return ret;
}

static int
zip_lists(struct vm *vm, const struct call *call, struct value lists,
    struct value *ret_value)
{
	size_t rows = SIZE_MAX;
	bool longest = call->builtin->params[0] != '\0';
	int ret;

	for (size_t i = 0; i < value_len(lists); i++) {
		size_t len = value_len(value_list_at(lists, i));

		if (longest ? rows == SIZE_MAX || len > rows : len < rows)
			rows = len;
	}
	ret = vm_charge(vm, rows * (80 + 16 * value_len(lists)));
	if (ret != 0)
		return ret;
	*ret_value = vm_list();
	for (size_t row = 0; row < rows; row++) {
		struct value tuple = value_list_new();

		for (size_t i = 0; i < value_len(lists); i++) {
			struct value item =
			    value_list_at(value_list_at(lists, i), row);

			if (row >= value_len(value_list_at(lists, i)))
				item = (call->given & 1) != 0 ? call->args[0]
							      : value_null();
			value_list_add(tuple, value_ref(item));
		}
		tuple.flags = VALUE_TUPLE;
		value_list_add(*ret_value, tuple);
	}
	return 0;
}

/* zip, and zip_longest, which has a parameter. */
static int
filter_zip(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value lists = value_list_new();
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
		ret = zip_lists(vm, call, lists, ret_value);
	value_unref(lists);
	return ret;
}

static int flatten_into(struct vm *vm, struct value out, struct value list,
    int64_t levels, bool skip_nulls, int depth);

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
flatten_item(struct vm *vm, struct value out, struct value item, int64_t levels,
    bool skip_nulls, int depth)
{
	if (item.type == VALUE_LIST && levels != 0 && depth < VALUE_DEPTH_MAX)
		return flatten_into(
		    vm, out, item, levels - 1, skip_nulls, depth + 1);
	if (skip_nulls && item.type == VALUE_NULL)
		return 0;
	value_list_add(out, value_ref(item));
	return vm_charge(vm, 16);
}

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
flatten_into(struct vm *vm, struct value out, struct value list, int64_t levels,
    bool skip_nulls, int depth)
{
	int ret = vm_work(vm, 1);

	for (size_t i = 0; i < value_len(list) && ret == 0; i++)
		ret = flatten_item(
		    vm, out, value_list_at(list, i), levels, skip_nulls, depth);
	return ret;
}

static int
filter_flatten(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value out;
	int64_t levels;
	bool skip_nulls;
	int ret = call_int(vm, call, 0, -1, &levels);

	if (ret == 0)
		ret = call_bool(vm, call, 1, true, &skip_nulls);
	if (ret != 0)
		return ret;
	if (call->self.type != VALUE_LIST)
		return vm_fail(vm, "flatten needs a list");
	out = vm_list();
	ret = flatten_into(vm, out, call->self, levels, skip_nulls, 0);
	if (ret == 0)
		*ret_value = out;
	else
		value_unref(out);
	return ret;
}

const struct builtin filters_list[] = {
    {"first", filter_first, "", 0, 0, 0},
    {"last", filter_last, "", 0, 0, 0},
    {"length", filter_length, "", 0, 0, 0},
    {"count", filter_length, "", 0, 0, 0},
    {"join", filter_join, "d attribute", 0, 2, 0},
    {"list", filter_list, "", 0, 0, 0},
    {"reverse", filter_reverse, "", 0, 0, 0},
    {"sum", filter_sum, "attribute start", 0, 2, 0},
    {"batch", filter_batch, "linecount fill_with", 1, 2, 0},
    {"slice", filter_slice, "slices fill_with", 1, 2, 0},
    {"items", filter_items, "", 0, 0, BUILTIN_UNDEFINED},
    {"zip", filter_zip, "", 0, 0, BUILTIN_VARARGS},
    {"zip_longest", filter_zip, "fillvalue", 0, 0, BUILTIN_VARARGS},
    {"flatten", filter_flatten, "levels skip_nulls", 0, 2, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
