/* Methods of strings. */
#include <errno.h>
#include <string.h>

#include "template/str.h"
#include "template/utf8.h"

static int
in_case(struct vm *vm, const struct call *call, enum str_case how,
    struct value *ret_value)
{
	return str_to_case(vm, str_span(call->self), how, ret_value);
}

static int
method_upper(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return in_case(vm, call, CASE_UPPER, ret_value);
}

static int
method_lower(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return in_case(vm, call, CASE_LOWER, ret_value);
}

static int
method_title(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return in_case(vm, call, CASE_TITLE, ret_value);
}

static int
method_swapcase(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return in_case(vm, call, CASE_SWAP, ret_value);
}

static int
method_capitalize(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return in_case(vm, call, CASE_CAPITALIZE, ret_value);
}

static int
strip(
    struct vm *vm, const struct call *call, int sides, struct value *ret_value)
{
	const char *chars;
	struct span kept;
	int ret = call_str(vm, call, 0, NULL, &chars);

	if (ret != 0)
		return ret;
	kept = str_strip(str_span(call->self), chars, sides);
	return vm_string(vm, kept.at, kept.len, ret_value);
}

static int
method_strip(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return strip(vm, call, STRIP_BOTH, ret_value);
}

static int
method_lstrip(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return strip(vm, call, STRIP_LEFT, ret_value);
}

static int
method_rstrip(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return strip(vm, call, STRIP_RIGHT, ret_value);
}

static int
split(struct vm *vm, const struct call *call, bool from_right,
    struct value *ret_value)
{
	struct span sep = {"", 0};
	int64_t max;
	int ret = call_int(vm, call, 1, -1, &max);

	if (ret == 0 && call_has(call, 0))
		ret = call_need_str(vm, call, call->args[0], "the separator");
	if (ret != 0)
		return ret;
	if (call_has(call, 0)) {
		sep = str_span(call->args[0]);
		if (sep.len == 0)
			return vm_fail(vm, "the separator is empty");
	}
	return from_right
		   ? str_rsplit(vm, str_span(call->self), sep, max, ret_value)
		   : str_split(vm, str_span(call->self), sep, max, ret_value);
}

static int
method_split(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return split(vm, call, false, ret_value);
}

static int
method_rsplit(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return split(vm, call, true, ret_value);
}

static int
method_splitlines(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	bool keep;
	int ret = call_bool(vm, call, 0, false, &keep);

	if (ret != 0)
		return ret;
	return str_splitlines(vm, str_span(call->self), keep, ret_value);
}

static int
partition(
    struct vm *vm, const struct call *call, bool last, struct value *ret_value)
{
	struct span text = str_span(call->self);
	struct span sep;
	struct value list = {0};
	size_t count;
	int ret = call_need_str(vm, call, call->args[0], "the separator");

	if (ret != 0)
		return ret;
	sep = str_span(call->args[0]);
	if (sep.len == 0)
		return vm_fail(vm, "the separator is empty");
	ret = last ? str_rsplit(vm, text, sep, 1, &list)
		   : str_split(vm, text, sep, 1, &list);
	if (ret != 0)
		return ret;
	count = value_len(list);
	if (count == 2) {
		value_list_insert(list, 1, value_ref(call->args[0]));
	} else { /* not found: the text stays on its side */
		value_list_insert(list, last ? 0 : 1, value_string(""));
		value_list_insert(list, last ? 0 : 1, value_string(""));
	}
	list.flags = VALUE_TUPLE;
	*ret_value = list;
	return 0;
}

static int
method_partition(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return partition(vm, call, false, ret_value);
}

static int
method_rpartition(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return partition(vm, call, true, ret_value);
}

/* The text between the given bounds, in bytes; false when there is none. */
static int
find_window(struct vm *vm, const struct call *call, struct span *ret_text,
    int64_t *ret_start)
{
	struct span text = str_span(call->self);
	int64_t len = (int64_t)utf8_count(text.at, text.len);
	int64_t start;
	int64_t end;
	size_t from;
	int ret = call_int(vm, call, 1, 0, &start);

	if (ret == 0)
		ret = call_int(vm, call, 2, len, &end);
	if (ret == 0)
		ret = vm_work(vm, text.len / 64);
	if (ret != 0)
		return ret;
	start = start < 0 ? (start + len < 0 ? 0 : start + len) : start;
	end = end < 0 ? (end + len < 0 ? 0 : end + len) : end;
	end = end > len ? len : end;
	*ret_start = start;
	if (start > end) {
		*ret_text = (struct span){NULL, 0};
		return 0;
	}
	from = utf8_offset(text.at, text.len, (size_t)start);
	ret_text->at = text.at + from;
	ret_text->len =
	    utf8_offset(ret_text->at, text.len - from, (size_t)(end - start));
	return 0;
}

static bool
has_affix(struct span text, struct span affix, bool at_end)
{
	return text.at != NULL && affix.len <= text.len &&
	       memcmp(at_end ? text.at + text.len - affix.len : text.at,
		   affix.at, affix.len) == 0;
}

/* One affix, or any of a tuple of them, within the given bounds. */
static int
test_affix(struct vm *vm, const struct call *call, bool at_end,
    struct value *ret_value)
{
	struct value affix = call->args[0];
	struct span text;
	int64_t start;
	bool found = false;
	int ret = find_window(vm, call, &text, &start);

	if (ret != 0)
		return ret;
	for (size_t i = 0; i < value_len(affix) && !found; i++) {
		struct value one = value_list_at(affix, i);

		ret = call_need_str(vm, call, one, "an affix");
		if (ret != 0)
			return ret;
		found = has_affix(text, str_span(one), at_end);
	}
	if ((affix.flags & VALUE_TUPLE) == 0) {
		ret = call_need_str(vm, call, affix, "the affix");
		if (ret != 0)
			return ret;
		found = has_affix(text, str_span(affix), at_end);
	}
	*ret_value = value_bool(found);
	return 0;
}

static int
method_startswith(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return test_affix(vm, call, false, ret_value);
}

static int
method_endswith(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return test_affix(vm, call, true, ret_value);
}

static int
remove_affix(struct vm *vm, const struct call *call, bool at_end,
    struct value *ret_value)
{
	struct span text = str_span(call->self);
	struct span affix;
	int ret = call_need_str(vm, call, call->args[0], "the affix");

	if (ret != 0)
		return ret;
	affix = str_span(call->args[0]);
	if (has_affix(text, affix, at_end)) {
		text.len -= affix.len;
		text.at += at_end ? 0 : affix.len;
	}
	return vm_string(vm, text.at, text.len, ret_value);
}

static int
method_removeprefix(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return remove_affix(vm, call, false, ret_value);
}

static int
method_removesuffix(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return remove_affix(vm, call, true, ret_value);
}

static int
method_replace(struct vm *vm, const struct call *call, struct value *ret_value)
{
	int64_t max;
	int ret = call_int(vm, call, 2, -1, &max);

	if (ret == 0)
		ret = call_need_str(vm, call, call->args[0], "the old text");
	if (ret == 0)
		ret = call_need_str(vm, call, call->args[1], "the new text");
	if (ret != 0)
		return ret;
	return str_replace(vm, str_span(call->self), str_span(call->args[0]),
	    str_span(call->args[1]), max, ret_value);
}

static int
method_count(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct span text;
	struct span what;
	const char *hit;
	int64_t start;
	int64_t count = 0;
	int ret = call_need_str(vm, call, call->args[0], "what it counts");

	if (ret == 0)
		ret = find_window(vm, call, &text, &start);
	if (ret != 0)
		return ret;
	what = str_span(call->args[0]);
	if (what.len == 0 && text.at != NULL)
		count = (int64_t)utf8_count(text.at, text.len) + 1;
	while (what.len > 0 && (hit = str_find(text, what)) != NULL) {
		count++;
		text.len -= (size_t)(hit - text.at) + what.len;
		text.at = hit + what.len;
	}
	*ret_value = value_int(count);
	return 0;
}

static int
find(struct vm *vm, const struct call *call, bool last, int64_t *ret_at)
{
	struct span text;
	struct span what;
	const char *hit = NULL;
	int64_t start;
	int ret = call_need_str(vm, call, call->args[0], "what it looks for");

	if (ret == 0)
		ret = find_window(vm, call, &text, &start);
	if (ret != 0)
		return ret;
	what = str_span(call->args[0]);
	if (text.at != NULL && what.len <= text.len) {
		hit = last && what.len == 0 ? text.at + text.len
					    : str_find(text, what);
		for (size_t at = text.len - what.len + 1;
		     last && hit != NULL && at-- > 0;) {
			if (memcmp(text.at + at, what.at, what.len) == 0) {
				hit = text.at + at;
				break;
			}
		}
	}
	*ret_at = -1;
	if (hit != NULL)
		*ret_at = start +
			  (int64_t)utf8_count(text.at, (size_t)(hit - text.at));
	return 0;
}

static int
find_result(struct vm *vm, const struct call *call, bool last, bool needed,
    struct value *ret_value)
{
	int64_t at = 0;
	int ret = find(vm, call, last, &at);

	if (ret != 0)
		return ret;
	if (at < 0 && needed)
		return vm_fail(
		    vm, "'%s' is not in the string", value_str(call->args[0]));
	*ret_value = value_int(at);
	return 0;
}

static int
method_find(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return find_result(vm, call, false, false, ret_value);
}

static int
method_rfind(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return find_result(vm, call, true, false, ret_value);
}

static int
method_index(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return find_result(vm, call, false, true, ret_value);
}

static int
method_rindex(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return find_result(vm, call, true, true, ret_value);
}

static int
method_join(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value items = {0};
	struct buf out;
	int ret = seq_of(vm, call->args[0], &items);

	if (ret != 0)
		return ret;
	vm_buf_init(&out);
	for (size_t i = 0; i < value_len(items) && ret == 0; i++) {
		struct value item = value_list_at(items, i);

		ret = call_need_str(vm, call, item, "every item");
		if (i > 0)
			buf_add(&out, value_str(call->self),
			    value_str_len(call->self));
		buf_add(&out, value_str(item), value_str_len(item));
	}
	value_unref(items);
	if (ret == 0)
		return vm_buf_take(vm, &out, ret_value);
	buf_done(&out);
	return ret;
}

static int
pad(struct vm *vm, const struct call *call, char where, struct value *ret_value)
{
	const char *with;
	int64_t width;
	int ret = call_int(vm, call, 0, 0, &width);

	if (ret == 0)
		ret = call_str(vm, call, 1, " ", &with);
	if (ret != 0)
		return ret;
	return str_pad(vm, str_span(call->self), width, with, where, ret_value);
}

static int
method_ljust(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return pad(vm, call, 'l', ret_value);
}

static int
method_rjust(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return pad(vm, call, 'r', ret_value);
}

static int
method_center(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return pad(vm, call, 'c', ret_value);
}

static int
method_zfill(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct span text = str_span(call->self);
	struct value digits = {0};
	struct buf out;
	int64_t width;
	bool sign = text.len > 0 && (text.at[0] == '-' || text.at[0] == '+');
	int ret = call_int(vm, call, 0, 0, &width);

	if (ret != 0)
		return ret;
	if (!sign)
		return str_pad(vm, text, width, "0", 'r', ret_value);
	ret = str_pad(vm, (struct span){text.at + 1, text.len - 1}, width - 1,
	    "0", 'r', &digits);
	if (ret != 0)
		return ret;
	vm_buf_init(&out);
	buf_addc(&out, text.at[0]);
	buf_add(&out, value_str(digits), value_str_len(digits));
	value_unref(digits);
	return vm_buf_take(vm, &out, ret_value);
}

static int
method_format(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return format_braces(vm, call, ret_value);
}

const struct builtin string_methods[] = {
    {"upper", method_upper, "", 0, 0, 0},
    {"lower", method_lower, "", 0, 0, 0},
    {"casefold", method_lower, "", 0, 0, 0},
    {"title", method_title, "", 0, 0, 0},
    {"swapcase", method_swapcase, "", 0, 0, 0},
    {"capitalize", method_capitalize, "", 0, 0, 0},
    {"strip", method_strip, "chars", 0, 1, 0},
    {"lstrip", method_lstrip, "chars", 0, 1, 0},
    {"rstrip", method_rstrip, "chars", 0, 1, 0},
    {"split", method_split, "sep maxsplit", 0, 2, 0},
    {"rsplit", method_rsplit, "sep maxsplit", 0, 2, 0},
    {"splitlines", method_splitlines, "keepends", 0, 1, 0},
    {"partition", method_partition, "sep", 1, 1, 0},
    {"rpartition", method_rpartition, "sep", 1, 1, 0},
    {"startswith", method_startswith, "prefix start end", 1, 3, 0},
    {"endswith", method_endswith, "suffix start end", 1, 3, 0},
    {"removeprefix", method_removeprefix, "prefix", 1, 1, 0},
    {"removesuffix", method_removesuffix, "suffix", 1, 1, 0},
    {"replace", method_replace, "old new count", 2, 3, 0},
    {"count", method_count, "sub start end", 1, 3, 0},
    {"find", method_find, "sub start end", 1, 3, 0},
    {"rfind", method_rfind, "sub start end", 1, 3, 0},
    {"index", method_index, "sub start end", 1, 3, 0},
    {"rindex", method_rindex, "sub start end", 1, 3, 0},
    {"join", method_join, "iterable", 1, 1, 0},
    {"ljust", method_ljust, "width fillchar", 1, 2, 0},
    {"rjust", method_rjust, "width fillchar", 1, 2, 0},
    {"center", method_center, "width fillchar", 1, 2, 0},
    {"zfill", method_zfill, "width", 1, 1, 0},
    {"format", method_format, "", 0, 0, BUILTIN_VARARGS | BUILTIN_KWARGS},
    {"isdigit", str_test_isdigit, "", 0, 0, 0},
    {"isdecimal", str_test_isdigit, "", 0, 0, 0},
    {"isnumeric", str_test_isdigit, "", 0, 0, 0},
    {"isalpha", str_test_isalpha, "", 0, 0, 0},
    {"isalnum", str_test_isalnum, "", 0, 0, 0},
    {"isspace", str_test_isspace, "", 0, 0, 0},
    {"isupper", str_test_isupper, "", 0, 0, 0},
    {"islower", str_test_islower, "", 0, 0, 0},
    {"istitle", str_test_istitle, "", 0, 0, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
