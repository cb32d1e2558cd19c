/* Filters on text. A subject that is no string becomes its str(). */
#include <errno.h>
#include <string.h>

#include "base/escape.h"
#include "template/str.h"
#include "template/utf8.h"

/* The subject as text, owned. */
static int
self_text(struct vm *vm, const struct call *call, struct value *ret_value)
{
	int ret = text_of(vm, call->self, ret_value);

	if (ret == 0)
		ret = vm_work(vm, value_str_len(*ret_value) / 64);
	return ret;
}

static int
change_case(struct vm *vm, const struct call *call, enum str_case how,
    struct value *ret_value)
{
	struct value text = {0};
	int ret = self_text(vm, call, &text);

	if (ret != 0)
		return ret;
	ret = str_to_case(vm, str_span(text), how, ret_value);
	value_unref(text);
	return ret;
}

static int
filter_upper(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return change_case(vm, call, CASE_UPPER, ret_value);
}

static int
filter_lower(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return change_case(vm, call, CASE_LOWER, ret_value);
}

static int
filter_capitalize(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return change_case(vm, call, CASE_CAPITALIZE, ret_value);
}

/* Words begin after blanks, hyphens and opening brackets only. */
static int
filter_title(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value text = {0};
	struct span rest;
	struct buf out;
	int ret = self_text(vm, call, &text);

	if (ret != 0)
		return ret;
	rest = str_span(text);
	vm_buf_init(&out);
	while (rest.len > 0) {
		size_t len = 0;
		size_t step;

		while (len < rest.len) {
			uint32_t code =
			    utf8_decode(rest.at + len, rest.len - len, &step);

			len += step;
			if (utf8_is_space(code) ||
			    (code > 0 && code < 0x80 &&
				strchr("-({[<", (int)code) != NULL))
				break;
		}
		str_write_case(
		    vm, (struct span){rest.at, len}, CASE_CAPITALIZE, &out);
		rest.at += len;
		rest.len -= len;
	}
	value_unref(text);
	return vm_buf_take(vm, &out, ret_value);
}

static int
filter_trim(struct vm *vm, const struct call *call, struct value *ret_value)
{
	const char *chars;
	struct value text = {0};
	struct span kept;
	int ret = call_str(vm, call, 0, NULL, &chars);

	if (ret == 0)
		ret = self_text(vm, call, &text);
	if (ret != 0)
		return ret;
	kept = str_strip(str_span(text), chars, STRIP_BOTH);
	if (kept.len == value_str_len(text)) {
		*ret_value = text;
		return 0;
	}
	ret = vm_string(vm, kept.at, kept.len, ret_value);
	value_unref(text);
	return ret;
}

static int
filter_string(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return text_of(vm, call->self, ret_value);
}

static int
filter_safe(struct vm *vm, const struct call *call, struct value *ret_value)
{
	(void)vm;
	*ret_value = value_ref(call->self);
	return 0;
}

static int
filter_replace(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value text = {0};
	struct value from = {0};
	struct value to = {0};
	int64_t max;
	int ret = call_int(vm, call, 2, -1, &max);

	if (ret == 0)
		ret = self_text(vm, call, &text);
	if (ret == 0)
		ret = text_of(vm, call->args[0], &from);
	if (ret == 0)
		ret = text_of(vm, call->args[1], &to);
	if (ret == 0)
		ret = str_replace(vm, str_span(text), str_span(from),
		    str_span(to), max, ret_value);
	value_unref(text);
	value_unref(from);
	value_unref(to);
	return ret;
}

static int
filter_center(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value text = {0};
	int64_t width;
	int ret = call_int(vm, call, 0, 80, &width);

	if (ret == 0)
		ret = self_text(vm, call, &text);
	if (ret != 0)
		return ret;
	ret = str_pad(vm, str_span(text), width, " ", 'c', ret_value);
	value_unref(text);
	return ret;
}

enum indent_flags {
	INDENT_FIRST = 1,
	INDENT_BLANK = 2
};

static void
write_indented(
    struct span text, struct span margin, unsigned flags, struct buf *out)
{
	struct span line;

	for (bool first = true; str_next_line(&text, false, &line);
	     first = false) {
		bool indent = first
				  ? (flags & INDENT_FIRST) != 0
				  : line.len > 0 || (flags & INDENT_BLANK) != 0;

		if (!first)
			buf_addc(out, '\n');
		if (indent)
			buf_add(out, margin.at, margin.len);
		buf_add(out, line.at, line.len);
	}
}

static int
indent_margin(struct vm *vm, const struct call *call, struct value *ret_value)
{
	int64_t width;
	int ret;

	if (call->args[0].type == VALUE_STRING) {
		*ret_value = value_ref(call->args[0]);
		return 0;
	}
	ret = call_int(vm, call, 0, 4, &width);
	if (ret != 0)
		return ret;
	return str_pad(vm, (struct span){"", 0}, width, " ", 'l', ret_value);
}

static int
filter_indent(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value text = {0};
	struct value margin = {0};
	bool first;
	bool blank;
	struct buf out;
	int ret = call_need_str(vm, call, call->self, "its text");

	if (ret == 0)
		ret = call_bool(vm, call, 1, false, &first);
	if (ret == 0)
		ret = call_bool(vm, call, 2, false, &blank);
	if (ret == 0)
		ret = self_text(vm, call, &text);
	if (ret == 0)
		ret = indent_margin(vm, call, &margin);
	if (ret == 0) {
		vm_buf_init(&out);
		buf_add(&out, value_str(text), value_str_len(text));
		buf_addc(&out, '\n'); /* a last empty line counts */
		value_unref(text);
		ret = vm_buf_take(vm, &out, &text);
	}
	if (ret == 0) {
		vm_buf_init(&out);
		write_indented(str_span(text), str_span(margin),
		    (first ? INDENT_FIRST : 0U) | (blank ? INDENT_BLANK : 0U),
		    &out);
		ret = vm_buf_take(vm, &out, ret_value);
	}
	value_unref(text);
	value_unref(margin);
	return ret;
}

static int
filter_wordcount(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value text = {0};
	struct span rest;
	int64_t count = 0;
	bool inside = false;
	int ret = self_text(vm, call, &text);

	if (ret != 0)
		return ret;
	rest = str_span(text);
	while (rest.len > 0) {
		size_t len;
		uint32_t code = utf8_decode(rest.at, rest.len, &len);
		bool word =
		    code == '_' || utf8_is(vm->env->locale, code, UTF8_ALNUM);

		count += word && !inside;
		inside = word;
		rest.at += len;
		rest.len -= len;
	}
	value_unref(text);
	*ret_value = value_int(count);
	return 0;
}

static void
write_escaped(struct span text, struct buf *out)
{
	for (; text.len > 0; text.at++, text.len--) {
		if (*text.at == '"') /* as markupsafe spells it */
			buf_adds(out, "&#34;");
		else
			escape_html(out, text.at, 1);
	}
}

static int
filter_escape(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value text = {0};
	struct buf out;
	int ret = self_text(vm, call, &text);

	if (ret != 0)
		return ret;
	vm_buf_init(&out);
	write_escaped(str_span(text), &out);
	value_unref(text);
	return vm_buf_take(vm, &out, ret_value);
}

static int
write_attribute(
    struct vm *vm, struct value name, struct value item, struct buf *out)
{
	struct span key = str_span(name);
	struct value text = {0};
	int ret;

	if (item.type == VALUE_NULL || item.type == VALUE_UNDEFINED)
		return 0;
	for (size_t i = 0; i < key.len; i++)
		if (key.at[i] != '\0' &&
		    strchr(" \t\n\r\f\v/>=", key.at[i]) != NULL)
			name = value_null();
	if (name.type != VALUE_STRING)
		return vm_fail(vm, "xmlattr: an attribute's name is a string "
				   "without blanks, '/', '>' and '='");
	ret = text_of(vm, item, &text);
	if (ret != 0)
		return ret;
	buf_addc(out, ' ');
	write_escaped(key, out);
	buf_adds(out, "=\"");
	write_escaped(str_span(text), out);
	buf_addc(out, '"');
	value_unref(text);
	return vm_work(vm, 1);
}

static int
filter_xmlattr(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value map = {0};
	struct buf out;
	bool space;
	int ret = call_bool(vm, call, 0, true, &space);

	if (ret == 0)
		ret = seq_map(vm, call->self, &map);
	if (ret != 0)
		return ret;
	vm_buf_init(&out);
	for (size_t i = 0; i < value_len(map) && ret == 0; i++)
		ret = write_attribute(
		    vm, value_map_name_at(map, i), value_map_at(map, i), &out);
	value_unref(map);
	if (ret == 0 && !space && out.len > 0 && !buf_bad(&out))
		ret = vm_string(vm, out.data + 1, out.len - 1, ret_value);
	else if (ret == 0)
		return vm_buf_take(vm, &out, ret_value);
	buf_done(&out);
	return ret;
}

/* Bytes that stay: unreserved ones, and "/" in a path. */
static void
write_quoted(struct span text, bool query, struct buf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] == '/' && !query)
			buf_addc(out, '/');
		else if (text.at[i] == ' ' && query)
			buf_addc(out, '+');
		else
			escape_url(out, text.at + i, 1);
	}
}

static int
write_query_part(struct vm *vm, struct value value, struct buf *out)
{
	struct value text = {0};
	int ret = text_of(vm, value, &text);

	if (ret != 0)
		return ret;
	write_quoted(str_span(text), true, out);
	value_unref(text);
	return 0;
}

static int
write_query(struct vm *vm, struct value pairs, struct buf *out)
{
	bool is_map = pairs.type == VALUE_MAP;
	int ret = 0;

	for (size_t i = 0; i < value_len(pairs) && ret == 0; i++) {
		struct value pair = value_list_at(pairs, i);

		if (!is_map && value_len(pair) != 2)
			return vm_fail(vm, "urlencode needs pairs");
		if (i > 0)
			buf_addc(out, '&');
		ret = write_query_part(vm,
		    is_map ? value_map_name_at(pairs, i)
			   : value_list_at(pair, 0),
		    out);
		buf_addc(out, '=');
		if (ret == 0)
			ret = write_query_part(vm,
			    is_map ? value_map_at(pairs, i)
				   : value_list_at(pair, 1),
			    out);
	}
	return ret;
}

static int
filter_urlencode(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value text = {0};
	struct buf out;
	int ret;

	vm_buf_init(&out);
	if (call->self.type == VALUE_MAP || call->self.type == VALUE_LIST) {
		ret = write_query(vm, call->self, &out);
	} else {
		ret = self_text(vm, call, &text);
		if (ret == 0) {
			write_quoted(str_span(text), false, &out);
			value_unref(text);
		}
	}
	if (ret == 0)
		return vm_buf_take(vm, &out, ret_value);
	buf_done(&out);
	return ret;
}

static int
filter_format(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value args;
	struct value text = {0};
	int ret;

	if (value_len(call->kwargs) > 0 && call->more_count > 0)
		return vm_fail(
		    vm, "format takes values by position or by name, not both");
	ret = self_text(vm, call, &text);
	if (ret != 0)
		return ret;
	if (value_len(call->kwargs) > 0) {
		args = value_ref(call->kwargs);
	} else {
		args = value_list_new();
		args.flags = VALUE_TUPLE;
		for (size_t i = 0; i < call->more_count; i++)
			value_list_add(args, value_ref(call->more[i]));
	}
	ret = format_percent(vm, text, args, ret_value);
	value_unref(args);
	value_unref(text);
	return ret;
}

static int
filter_split(struct vm *vm, const struct call *call, struct value *ret_value)
{
	const struct builtin *method =
	    builtin_find_row(string_methods, "split");

	if (call->self.type != VALUE_STRING)
		return call_need_str(vm, call, call->self, "what it splits");
	return method->run(vm, call, ret_value);
}

static int
filter_quote(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value text = {0};
	struct buf out;
	int ret = self_text(vm, call, &text);

	if (ret != 0)
		return ret;
	vm_buf_init(&out);
	if (call->self.type == VALUE_NULL)
		escape_shell(&out, "", 0);
	else
		escape_shell(&out, value_str(text), value_str_len(text));
	value_unref(text);
	return vm_buf_take(vm, &out, ret_value);
}

const struct builtin filters_text[] = {
    {"upper", filter_upper, "", 0, 0, 0},
    {"lower", filter_lower, "", 0, 0, 0},
    {"capitalize", filter_capitalize, "", 0, 0, 0},
    {"title", filter_title, "", 0, 0, 0},
    {"trim", filter_trim, "chars", 0, 1, 0},
    {"string", filter_string, "", 0, 0, 0},
    {"safe", filter_safe, "", 0, 0, 0},
    {"replace", filter_replace, "old new count", 2, 3, 0},
    {"center", filter_center, "width", 0, 1, 0},
    {"indent", filter_indent, "width first blank", 0, 3, 0},
    {"wordcount", filter_wordcount, "", 0, 0, 0},
    {"escape", filter_escape, "", 0, 0, 0},
    {"e", filter_escape, "", 0, 0, 0},
    {"forceescape", filter_escape, "", 0, 0, 0},
    {"xmlattr", filter_xmlattr, "autospace", 0, 1, 0},
    {"urlencode", filter_urlencode, "", 0, 0, 0},
    {"format", filter_format, "", 0, 0, BUILTIN_VARARGS | BUILTIN_KWARGS},
    {"split", filter_split, "sep maxsplit", 0, 2, 0},
    {"quote", filter_quote, "", 0, 0, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
