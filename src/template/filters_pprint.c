/* pprint: Python's pprint.pformat() with 80 columns and sorted keys. */
#include <errno.h>
#include <string.h>

#include "template/str.h"
#include "template/utf8.h"

#define WIDTH 80

struct printer {
	struct vm *vm;
	struct buf *out;
};

/* Keys as Python's pprint sorts them: by type where they have no order. */
static int
key_order(struct vm *vm, struct value a, struct value b)
{
	bool number_a = a.type >= VALUE_BOOL && a.type <= VALUE_FLOAT;
	bool number_b = b.type >= VALUE_BOOL && b.type <= VALUE_FLOAT;
	int order = 0;

	if ((number_a && number_b) || a.type == b.type) {
		if (a.type != VALUE_NULL)
			(void)ops_order(vm, a, b, &order);
		return order;
	}
	return strcmp(text_type(a), text_type(b));
}

static struct value sorted(struct vm *vm, struct value value, int depth);

static struct value
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
sorted_list(struct vm *vm, struct value list, int depth)
{
	struct value out = value_list_new();

	out.flags = list.flags & VALUE_TUPLE;
	for (size_t i = 0; i < value_len(list); i++)
		value_list_add(
		    out, sorted(vm, value_list_at(list, i), depth + 1));
	return out;
}

static struct value
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
sorted_map(struct vm *vm, struct value map, int depth)
{
	struct value keys = value_list_new();
	struct value out = value_map_new();

	for (size_t i = 0; i < value_len(map); i++) {
		struct value key = value_map_name_at(map, i);
		size_t low = 0;
		size_t high = i;

		while (low < high) {
			size_t mid = (low + high) / 2;

			if (key_order(vm, key, value_list_at(keys, mid)) < 0)
				high = mid;
			else
				low = mid + 1;
		}
		value_list_insert(keys, low, value_ref(key));
	}
	for (size_t i = 0; i < value_len(keys); i++) {
		struct value key = value_list_at(keys, i);

		value_map_put(out, value_ref(key),
		    sorted(vm, value_map_find(map, key), depth + 1));
	}
	value_unref(keys);
	return out;
}

/* The same value with every map's keys in order; what is too deep stays. */
static struct value
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
sorted(struct vm *vm, struct value value, int depth)
{
	if (depth > VALUE_DEPTH_MAX)
		return value_ref(value);
	if (value.type == VALUE_LIST)
		return sorted_list(vm, value, depth);
	if (value.type == VALUE_MAP)
		return sorted_map(vm, value, depth);
	return value_ref(value);
}

/* ---- writing ---- */

static void
new_line(struct printer *p, size_t indent)
{
	buf_addc(p->out, '\n');
	while (indent-- > 0 && !buf_bad(p->out))
		buf_addc(p->out, ' ');
}

static int
repr_of(struct printer *p, struct value value, struct value *ret_text)
{
	struct buf out;
	int ret;

	vm_buf_init(&out);
	ret = text_repr(p->vm, value, &out);
	if (ret == 0)
		return vm_buf_take(p->vm, &out, ret_text);
	buf_done(&out);
	return ret;
}

static size_t
width_of(struct value text)
{
	return utf8_count(value_str(text), value_str_len(text));
}

/* Takes what is gathered in `current` as a piece of its own. */
static int
end_piece(struct printer *p, struct value pieces, struct span current)
{
	struct value part = value_string_len(current.at, current.len);
	struct value text = {0};
	int ret = current.len > 0 ? repr_of(p, part, &text) : 0;

	value_unref(part);
	if (ret == 0 && current.len > 0)
		value_list_add(pieces, text);
	return ret;
}

/* The next word of a line with the blanks behind it. */
static size_t
word_len(struct span line)
{
	size_t len = 0;
	size_t step = 0;
	bool blank = false;

	for (; len < line.len; len += step) {
		uint32_t code =
		    utf8_decode(line.at + len, line.len - len, &step);

		if (utf8_is_space(code))
			blank = true;
		else if (blank)
			break;
	}
	return len;
}

/* Breaks a line that is too wide between its words. */
static int
break_line(struct printer *p, struct span line, long width, long last_width,
    struct value pieces)
{
	struct span current = {line.at, 0};
	int ret = 0;

	while (line.len > 0 && ret == 0) {
		size_t len = word_len(line);
		struct value text = {0};
		struct value both =
		    value_string_len(current.at, current.len + len);

		ret = repr_of(p, both, &text);
		value_unref(both);
		if (ret != 0)
			break;
		if (len == line.len)
			width = last_width;
		if ((long)width_of(text) > width) {
			ret = end_piece(p, pieces, current);
			current = (struct span){line.at, 0};
		}
		value_unref(text);
		current.len += len;
		line.at += len;
		line.len -= len;
	}
	return ret == 0 ? end_piece(p, pieces, current) : ret;
}

/* A line that fits is one piece; another is broken. */
static int
add_line(struct printer *p, struct span line, long width, long last_width,
    struct value pieces)
{
	struct value part = value_string_len(line.at, line.len);
	struct value text = {0};
	int ret = repr_of(p, part, &text);

	value_unref(part);
	if (ret != 0)
		return ret;
	if ((long)width_of(text) <= last_width) {
		value_list_add(pieces, text);
		return 0;
	}
	value_unref(text);
	return break_line(p, line, width, last_width, pieces);
}

/* A long string is written as several, which Python would join again. */
static int
print_string(struct printer *p, struct value value, size_t indent,
    size_t allowance, bool top)
{
	struct value pieces = value_list_new();
	struct span rest = str_span(value);
	struct span line;
	int ret = 0;

	indent += top;
	allowance += top;
	while (ret == 0 && str_next_line(&rest, true, &line)) {
		long width = WIDTH - (long)indent;

		ret = add_line(p, line, width,
		    rest.len == 0 ? width - (long)allowance : width, pieces);
	}
	top = top && value_len(pieces) > 1;
	if (top)
		buf_addc(p->out, '(');
	for (size_t i = 0; i < value_len(pieces) && ret == 0; i++) {
		if (i > 0)
			new_line(p, indent);
		ret = text_write(p->vm, value_list_at(pieces, i), p->out);
	}
	if (top)
		buf_addc(p->out, ')');
	value_unref(pieces);
	return ret;
}

static int print_value(struct printer *p, struct value value, size_t indent,
    size_t allowance, bool top);

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
print_list(
    struct printer *p, struct value list, size_t indent, size_t allowance)
{
	bool tuple = (list.flags & VALUE_TUPLE) != 0;
	size_t count = value_len(list);
	const char *end = !tuple ? "]" : count == 1 ? ",)" : ")";
	int ret = 0;

	buf_addc(p->out, tuple ? '(' : '[');
	for (size_t i = 0; i < count && ret == 0; i++) {
		if (i > 0) {
			buf_addc(p->out, ',');
			new_line(p, indent + 1);
		}
		ret = print_value(p, value_list_at(list, i), indent + 1,
		    i + 1 == count ? allowance + strlen(end) : 1, false);
	}
	buf_adds(p->out, end);
	return ret;
}

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
print_map(struct printer *p, struct value map, size_t indent, size_t allowance)
{
	size_t count = value_len(map);
	int ret = 0;

	buf_addc(p->out, '{');
	for (size_t i = 0; i < count && ret == 0; i++) {
		struct value key = {0};

		if (i > 0) {
			buf_addc(p->out, ',');
			new_line(p, indent + 1);
		}
		ret = repr_of(p, value_map_name_at(map, i), &key);
		if (ret != 0)
			break;
		buf_add(p->out, value_str(key), value_str_len(key));
		buf_adds(p->out, ": ");
		ret = print_value(p, value_map_at(map, i),
		    indent + 1 + width_of(key) + 2,
		    i + 1 == count ? allowance + 1 : 1, false);
		value_unref(key);
	}
	buf_addc(p->out, '}');
	return ret;
}

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
print_value(struct printer *p, struct value value, size_t indent,
    size_t allowance, bool top)
{
	struct value text = {0};
	int ret = repr_of(p, value, &text);

	if (ret != 0)
		return ret;
	if (indent + allowance + width_of(text) <= WIDTH ||
	    (value.type != VALUE_LIST && value.type != VALUE_MAP &&
		value.type != VALUE_STRING) ||
	    (p->vm->input->mask_secrets && (value.flags & VALUE_SECRET) != 0))
		buf_add(p->out, value_str(text), value_str_len(text));
	else if (value.type == VALUE_STRING)
		ret = print_string(p, value, indent, allowance, top);
	else if (value.type == VALUE_LIST)
		ret = print_list(p, value, indent, allowance);
	else
		ret = print_map(p, value, indent, allowance);
	value_unref(text);
	return ret;
}

static int
filter_pprint(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct printer p = {.vm = vm};
	struct value value = {0};
	struct buf out;
	int ret;

	if (call->self.type == VALUE_UNDEFINED)
		return vm_undefined(vm, call->self);
	/* Refuses first what is too large to be copied. */
	ret = repr_of(&p, call->self, &value);
	if (ret == 0)
		ret = vm_charge(vm, 32 * value_str_len(value));
	value_unref(value);
	if (ret != 0)
		return ret;
	vm_buf_init(&out);
	p.out = &out;
	value = sorted(vm, call->self, 0);
	ret = print_value(&p, value, 0, 0, true);
	value_unref(value);
	if (ret == 0)
		return vm_buf_take(vm, &out, ret_value);
	buf_done(&out);
	return ret;
}

const struct builtin filters_pprint[] = {
    {"pprint", filter_pprint, "", 0, 0, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
