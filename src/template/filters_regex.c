/* Regular expressions: Ansible's filters. */
#include <errno.h>
#include <string.h>

#include "template/regex.h"
#include "template/utf8.h"

/* The pattern in args[0], and the flags in two further arguments. */
static int
get_regex(struct vm *vm, const struct call *call, unsigned ignorecase,
    unsigned multiline, struct regex **ret_regex)
{
	bool ignore;
	bool many;
	int ret = call_bool(vm, call, ignorecase, false, &ignore);

	if (ret == 0)
		ret = call_bool(vm, call, multiline, false, &many);
	if (ret != 0)
		return ret;
	return regex_get(vm, call->args[0],
	    (ignore ? REGEX_IGNORECASE : 0U) | (many ? REGEX_MULTILINE : 0U),
	    ret_regex);
}

/* "\1", "\g<1>", "\g<name>" at *at: the group, or -1. */
static int
take_reference(const struct regex *regex, struct span *rest)
{
	char name[64] = "";
	size_t len = 0;

	if (rest->at[1] >= '0' && rest->at[1] <= '9') {
		while (len < 2 && 1 + len < rest->len &&
		       rest->at[1 + len] >= '0' && rest->at[1 + len] <= '9') {
			name[len] = rest->at[1 + len];
			len++;
		}
		rest->at += 1 + len;
		rest->len -= 1 + len;
		return regex_group(regex, name);
	}
	if (rest->len < 4 || rest->at[1] != 'g' || rest->at[2] != '<')
		return -1;
	while (3 + len < rest->len && rest->at[3 + len] != '>' &&
	       len < sizeof name - 1) {
		name[len] = rest->at[3 + len];
		len++;
	}
	if (3 + len >= rest->len || rest->at[3 + len] != '>')
		return -1;
	rest->at += 4 + len;
	rest->len -= 4 + len;
	return regex_group(regex, name);
}

/* A backslash in the replacement: a reference or an escaped character. */
static int
expand_escape(struct vm *vm, const struct regex *regex, struct span *rest,
    const struct regex_match *match, struct buf *out)
{
	static const char from[] = "nrtabfv\\";
	static const char to[] = "\n\r\t\a\b\f\v\\";
	const char *known;
	int group;

	if (rest->len < 2)
		return vm_fail(vm, "a backslash ends the replacement");
	known = rest->at[1] == '\0' ? NULL : strchr(from, rest->at[1]);
	if (known != NULL) {
		buf_addc(out, to[known - from]);
		rest->at += 2;
		rest->len -= 2;
		return 0;
	}
	if (rest->at[1] == 'g' || (rest->at[1] >= '0' && rest->at[1] <= '9')) {
		group = take_reference(regex, rest);
		if (group < 0 || (unsigned)group >= match->count)
			return vm_fail(
			    vm, "the replacement names no group of the match");
		buf_add(out, match->groups[group].at, match->groups[group].len);
		return 0;
	}
	if ((rest->at[1] | 0x20) >= 'a' && (rest->at[1] | 0x20) <= 'z')
		return vm_fail(
		    vm, "'\\%c' means nothing in a replacement", rest->at[1]);
	buf_add(out, rest->at, 2);
	rest->at += 2;
	rest->len -= 2;
	return 0;
}

static int
expand(struct vm *vm, const struct regex *regex, struct span with,
    const struct regex_match *match, struct buf *out)
{
	int ret = 0;

	while (ret == 0 && with.len > 0) {
		const char *slash = memchr(with.at, '\\', with.len);
		size_t plain =
		    slash == NULL ? with.len : (size_t)(slash - with.at);

		buf_add(out, with.at, plain);
		with.at += plain;
		with.len -= plain;
		if (with.len > 0)
			ret = expand_escape(vm, regex, &with, match, out);
	}
	return ret;
}

/* Where the search goes on behind a match, or SIZE_MAX at the end. */
static size_t
behind(struct span text, const struct regex_match *match)
{
	size_t end =
	    (size_t)(match->groups[0].at - text.at) + match->groups[0].len;

	if (match->groups[0].len > 0)
		return end;
	if (end >= text.len)
		return SIZE_MAX;
	return end + utf8_len_at(text.at + end, text.len - end);
}

static int
replace_all(struct vm *vm, const struct regex *regex, struct span text,
    struct span with, struct buf *out)
{
	struct regex_match match;
	size_t start = 0; /* where to search on */
	size_t done = 0;  /* up to here the text is in `out` */
	int ret;

	while (start <= text.len &&
	       (ret = regex_match(vm, regex, text, start, &match)) > 0) {
		size_t at = (size_t)(match.groups[0].at - text.at);

		buf_add(out, text.at + done, at - done);
		ret = expand(vm, regex, with, &match, out);
		if (ret != 0)
			return ret;
		done = at + match.groups[0].len;
		start = behind(text, &match);
		if (start == SIZE_MAX || buf_bad(out))
			break;
		ret = 0;
	}
	if (ret < 0)
		return ret;
	buf_add(out, text.at + done, text.len - done);
	return 0;
}

static int
filter_regex_replace(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct regex *regex = NULL;
	struct value text = {0};
	struct buf out;
	int ret = get_regex(vm, call, 2, 3, &regex);

	if (ret != 0)
		return ret;
	vm_buf_init(&out);
	ret = call_need_str(vm, call, call->args[1], "the replacement");
	if (ret == 0)
		ret = text_of(vm, call->self, &text);
	if (ret == 0)
		ret = replace_all(
		    vm, regex, str_span(text), str_span(call->args[1]), &out);
	value_unref(text);
	regex_put(regex);
	if (ret == 0)
		return vm_buf_take(vm, &out, ret_value);
	buf_done(&out);
	return ret;
}

static int
span_value(struct vm *vm, struct span span, struct value *ret_value)
{
	return vm_string(
	    vm, span.at == NULL ? "" : span.at, span.len, ret_value);
}

/* The groups that further arguments name: "\\1" or "\\g<name>". */
static int
named_groups(struct vm *vm, const struct call *call, const struct regex *regex,
    const struct regex_match *match, struct value list)
{
	for (size_t i = 0; i < call->more_count; i++) {
		struct span name = str_span(call->more[i]);
		struct value item = {0};
		int group = -1;
		int ret;

		if (name.len > 1 && name.at[0] == '\\')
			group = take_reference(regex, &name);
		if (group < 0 || (unsigned)group >= match->count)
			return vm_fail(
			    vm, "regex_search: there is no such group");
		if (match->groups[group].at == NULL) {
			value_list_add(list, value_null());
			continue;
		}
		ret = span_value(vm, match->groups[group], &item);
		if (ret != 0)
			return ret;
		value_list_add(list, item);
	}
	return 0;
}

static int
filter_regex_search(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct regex *regex = NULL;
	struct regex_match match;
	struct value text = {0};
	int ret = get_regex(vm, call, 1, 2, &regex);

	if (ret != 0)
		return ret;
	ret = text_of(vm, call->self, &text);
	if (ret != 0) {
		regex_put(regex);
		return ret;
	}
	ret = regex_match(vm, regex, str_span(text), 0, &match);
	if (ret == 0) {
		*ret_value = value_null();
	} else if (ret > 0 && call->more_count == 0) {
		ret = span_value(vm, match.groups[0], ret_value);
	} else if (ret > 0) {
		*ret_value = vm_list();
		ret = named_groups(vm, call, regex, &match, *ret_value);
		if (ret != 0)
			value_unref(*ret_value);
	}
	regex_put(regex);
	value_unref(text);
	return ret;
}

/* One group is given as it is, several as a tuple. */
static int
found_item(
    struct vm *vm, const struct regex_match *match, struct value *ret_value)
{
	struct value tuple;
	int ret = vm_charge(vm, 64);

	if (ret != 0)
		return ret;
	if (match->count <= 2)
		return span_value(
		    vm, match->groups[match->count - 1], ret_value);
	tuple = value_list_new();
	tuple.flags = VALUE_TUPLE;
	for (unsigned i = 1; i < match->count && ret == 0; i++) {
		struct value item = {0};

		ret = span_value(vm, match->groups[i], &item);
		if (ret == 0)
			value_list_add(tuple, item);
	}
	if (ret == 0)
		*ret_value = tuple;
	else
		value_unref(tuple);
	return ret;
}

static int
find_all(struct vm *vm, const struct regex *regex, struct span text,
    struct value list)
{
	struct regex_match match;
	size_t start = 0;
	int ret;

	while ((ret = regex_match(vm, regex, text, start, &match)) > 0) {
		struct value item = {0};

		ret = found_item(vm, &match, &item);
		if (ret != 0)
			return ret;
		value_list_add(list, item);
		start = behind(text, &match);
		if (start == SIZE_MAX)
			break;
	}
	return ret < 0 ? ret : 0;
}

static int
filter_regex_findall(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct regex *regex = NULL;
	struct value text = {0};
	struct value list;
	int ret = get_regex(vm, call, 2, 1, &regex);

	if (ret != 0)
		return ret;
	list = vm_list();
	ret = text_of(vm, call->self, &text);
	if (ret == 0)
		ret = find_all(vm, regex, str_span(text), list);
	regex_put(regex);
	value_unref(text);
	if (ret == 0)
		*ret_value = list;
	else
		value_unref(list);
	return ret;
}

static int
filter_regex_escape(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	static const char python[] = "()[]{}?*+-|^$\\.&~# \t\n\r\v\f";
	static const char basic[] = "[]^.*$\\";
	const char *special = python;
	const char *type;
	struct value text = {0};
	struct buf out;
	int ret = call_str(vm, call, 0, "python", &type);

	if (ret == 0 && strcmp(type, "posix_basic") == 0)
		special = basic;
	else if (ret == 0 && strcmp(type, "python") != 0)
		ret = vm_fail(vm, "regex_escape knows python, posix_basic");
	if (ret == 0)
		ret = text_of(vm, call->self, &text);
	if (ret != 0)
		return ret;
	vm_buf_init(&out);
	for (size_t i = 0; i < value_str_len(text); i++) {
		char c = value_str(text)[i];

		if (c != '\0' && strchr(special, c) != NULL)
			buf_addc(&out, '\\');
		buf_addc(&out, c);
	}
	value_unref(text);
	return vm_buf_take(vm, &out, ret_value);
}

const struct builtin filters_regex[] = {
    {"regex_replace", filter_regex_replace,
	"pattern replacement ignorecase multiline", 2, 4, 0},
    {"regex_search", filter_regex_search, "regex ignorecase multiline", 1, 1,
	BUILTIN_VARARGS},
    {"regex_findall", filter_regex_findall, "regex multiline ignorecase", 1, 3,
	0},
    {"regex_escape", filter_regex_escape, "re_type", 0, 1, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
