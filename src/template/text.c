/* Values as text: Python's str() and repr(). */
#include <errno.h>
#include <string.h>

#include "template/utf8.h"
#include "template/vm.h"

const char *
text_type(struct value value)
{
	static const char *const names[] = {[VALUE_UNDEFINED] = "undefined",
	    [VALUE_NULL] = "NoneType",
	    [VALUE_BOOL] = "bool",
	    [VALUE_INT] = "int",
	    [VALUE_FLOAT] = "float",
	    [VALUE_STRING] = "str",
	    [VALUE_LIST] = "list",
	    [VALUE_MAP] = "dict"};

	if (value.type == VALUE_OBJECT)
		return value_type_name(value);
	return (value.flags & VALUE_TUPLE) != 0 ? "tuple" : names[value.type];
}

static bool
repr_plain(unsigned char c, char quote)
{
	return c >= 0x20 && c < 0x7f && c != '\\' && c != (unsigned char)quote;
}

static void
repr_char(struct vm *vm, uint32_t code, char quote, struct buf *out)
{
	static const char from[] = "\n\r\t";
	static const char to[] = "nrt";
	const char *at;

	if (code == '\\' || code == (unsigned char)quote) {
		buf_addc(out, '\\');
		buf_addc(out, (char)code);
		return;
	}
	at = code == 0 || code > 0x7f ? NULL : strchr(from, (int)code);
	if (at != NULL) {
		buf_addc(out, '\\');
		buf_addc(out, to[at - from]);
	} else if (utf8_is(vm->env->locale, code, UTF8_PRINT)) {
		utf8_add(out, code);
	} else if (code < 0x100) {
		buf_addf(out, "\\x%02x", code);
	} else if (code < 0x10000) {
		buf_addf(out, "\\u%04x", code);
	} else {
		buf_addf(out, "\\U%08x", code);
	}
}

static void
repr_string(struct vm *vm, struct value str, struct buf *out)
{
	const char *at = value_str(str);
	size_t left = value_str_len(str);
	char quote = '\'';

	if (memchr(at, '\'', left) != NULL && memchr(at, '"', left) == NULL)
		quote = '"';
	buf_addc(out, quote);
	while (left > 0) {
		size_t len = 0;

		while (len < left && repr_plain((unsigned char)at[len], quote))
			len++;
		buf_add(out, at, len);
		if (len == 0)
			repr_char(vm, utf8_decode(at, left, &len), quote, out);
		at += len;
		left -= len;
	}
	buf_addc(out, quote);
}

static void
write_int(int64_t number, struct buf *out)
{
	uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
	char digits[21];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (number < 0)
		digits[--at] = '-';
	buf_add(out, digits + at, sizeof digits - at);
}

static int repr_deep(
    struct vm *vm, struct value value, int depth, struct buf *out);

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
repr_list(struct vm *vm, struct value list, int depth, struct buf *out)
{
	bool tuple = (list.flags & VALUE_TUPLE) != 0;
	size_t len = value_len(list);
	int ret = 0;

	buf_addc(out, tuple ? '(' : '[');
	for (size_t i = 0; i < len && ret == 0; i++) {
		if (i > 0)
			buf_adds(out, ", ");
		ret = repr_deep(vm, value_list_at(list, i), depth + 1, out);
	}
	if (tuple && len == 1)
		buf_addc(out, ',');
	buf_addc(out, tuple ? ')' : ']');
	return ret;
}

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
repr_map(struct vm *vm, struct value map, int depth, struct buf *out)
{
	int ret = 0;

	buf_addc(out, '{');
	for (size_t i = 0; i < value_len(map) && ret == 0; i++) {
		if (i > 0)
			buf_adds(out, ", ");
		ret = repr_deep(vm, value_map_name_at(map, i), depth + 1, out);
		buf_adds(out, ": ");
		if (ret == 0)
			ret =
			    repr_deep(vm, value_map_at(map, i), depth + 1, out);
	}
	buf_addc(out, '}');
	return ret;
}

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
repr_object(struct vm *vm, struct value value, int depth, struct buf *out)
{
	struct value map = {0};
	int ret = seq_map(vm, value, &map);

	if (ret != 0)
		return ret;
	ret = repr_map(vm, map, depth, out);
	value_unref(map);
	return ret;
}

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
repr_deep(struct vm *vm, struct value value, int depth, struct buf *out)
{
	char number[VALUE_FLOAT_STRLEN];

	if (depth > VALUE_DEPTH_MAX)
		return vm_limit(
		    vm, "values are nested deeper than %d", VALUE_DEPTH_MAX);
	if (buf_bad(out))
		return 0; /* noticed by whoever takes the buffer */
	if (vm->input->mask_secrets && (value.flags & VALUE_SECRET) != 0) {
		buf_adds(out, "********");
		return 0;
	}
	switch (value.type) {
	case VALUE_NULL:
		buf_adds(out, "None");
		return 0;
	case VALUE_BOOL:
		buf_adds(out, value.u.b ? "True" : "False");
		return 0;
	case VALUE_INT:
		write_int(value.u.i, out);
		return 0;
	case VALUE_FLOAT:
		buf_adds(out, value_format_float(value.u.f, number));
		return 0;
	case VALUE_STRING:
		repr_string(vm, value, out);
		return 0;
	case VALUE_LIST:
		return repr_list(vm, value, depth, out);
	case VALUE_MAP:
		return repr_map(vm, value, depth, out);
	case VALUE_OBJECT:
		return repr_object(vm, value, depth, out);
	default:
		if ((value.flags & VALUE_LENIENT) != 0)
			return 0;
		return vm_undefined(vm, value);
	}
}

int
text_repr(struct vm *vm, struct value value, struct buf *out)
{
	return repr_deep(vm, value, 0, out);
}

int
text_write(struct vm *vm, struct value value, struct buf *out)
{
	if (value.type != VALUE_STRING)
		return repr_deep(vm, value, 0, out);
	buf_add(out, value_str(value), value_str_len(value));
	return 0;
}

int
text_of(struct vm *vm, struct value value, struct value *ret_value)
{
	struct buf out;
	int ret;

	if (value.type == VALUE_STRING) {
		*ret_value = value_ref(value);
		return 0;
	}
	vm_buf_init(&out);
	ret = text_write(vm, value, &out);
	if (ret == 0)
		return vm_buf_take(vm, &out, ret_value);
	buf_done(&out);
	return ret;
}
