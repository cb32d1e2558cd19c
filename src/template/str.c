#include "template/str.h"

#include <errno.h>
#include <string.h>

#include "template/utf8.h"

struct span
str_span(struct value str)
{
	return (struct span){value_str(str), value_str_len(str)};
}

bool
str_in_chars(const char *chars, const char *at, size_t len)
{
	size_t left = strlen(chars);

	while (left > 0) {
		size_t step = utf8_len_at(chars, left);

		if (step == len && memcmp(chars, at, len) == 0)
			return true;
		chars += step;
		left -= step;
	}
	return false;
}

static bool
strips(const char *chars, const char *at, size_t len)
{
	size_t used;

	if (chars != NULL)
		return str_in_chars(chars, at, len);
	return utf8_is_space(utf8_decode(at, len, &used));
}

struct span
str_strip(struct span text, const char *chars, int sides)
{
	while ((sides & STRIP_LEFT) != 0 && text.len > 0) {
		size_t len = utf8_len_at(text.at, text.len);

		if (!strips(chars, text.at, len))
			break;
		text.at += len;
		text.len -= len;
	}
	while ((sides & STRIP_RIGHT) != 0 && text.len > 0) {
		size_t len = 1;

		while (len < text.len && len < 4 &&
		       ((unsigned char)text.at[text.len - len] & 0xc0) == 0x80)
			len++;
		if (!strips(chars, text.at + text.len - len, len))
			break;
		text.len -= len;
	}
	return text;
}

static uint32_t
in_case(struct vm *vm, uint32_t code, enum str_case how, bool first)
{
	locale_t locale = vm->env->locale;

	switch (how) {
	case CASE_UPPER:
		return utf8_upper(locale, code);
	case CASE_LOWER:
		return utf8_lower(locale, code);
	case CASE_SWAP:
		return utf8_is(locale, code, UTF8_UPPER)
			   ? utf8_lower(locale, code)
			   : utf8_upper(locale, code);
	case CASE_CAPITALIZE:
	case CASE_TITLE:
	default:
		return first ? utf8_upper(locale, code)
			     : utf8_lower(locale, code);
	}
}

void
str_write_case(
    struct vm *vm, struct span text, enum str_case how, struct buf *out)
{
	bool first = true;

	while (text.len > 0) {
		size_t len;
		uint32_t code = utf8_decode(text.at, text.len, &len);

		if (code == 0xdf && (how == CASE_UPPER || how == CASE_SWAP))
			buf_adds(out, "SS"); /* the sharp s has no other */
		else if (code == 0xdf && first && how != CASE_LOWER)
			buf_adds(out, "Ss");
		else
			utf8_add(out, in_case(vm, code, how, first));
		first = how == CASE_TITLE &&
			!utf8_is(vm->env->locale, code, UTF8_ALPHA);
		text.at += len;
		text.len -= len;
	}
}

int
str_to_case(
    struct vm *vm, struct span text, enum str_case how, struct value *ret_value)
{
	struct buf out;

	vm_buf_init(&out);
	str_write_case(vm, text, how, &out);
	return vm_buf_take(vm, &out, ret_value);
}

/* Bytes of the line end at `at`, 0 when there is none. */
static size_t
line_end(const char *at, size_t left)
{
	size_t len;
	uint32_t code;

	if (at[0] == '\r')
		return left > 1 && at[1] == '\n' ? 2 : 1;
	code = utf8_decode(at, left, &len);
	if ((code >= 0x0a && code <= 0x0c) || (code >= 0x1c && code <= 0x1e) ||
	    code == 0x85 || code == 0x2028 || code == 0x2029)
		return len;
	return 0;
}

bool
str_next_line(struct span *rest, bool keep_end, struct span *ret_line)
{
	size_t len = 0;
	size_t end = 0;

	if (rest->len == 0)
		return false;
	while (len < rest->len) {
		end = line_end(rest->at + len, rest->len - len);
		if (end > 0)
			break;
		len += utf8_len_at(rest->at + len, rest->len - len);
	}
	*ret_line = (struct span){rest->at, keep_end ? len + end : len};
	rest->at += len + end;
	rest->len -= len + end;
	return true;
}

static int
add_part(struct vm *vm, struct value list, const char *at, size_t len)
{
	struct value part = {0};
	int ret = vm_charge(vm, 16);

	if (ret == 0)
		ret = vm_string(vm, at, len, &part);
	if (ret == 0)
		value_list_add(list, part);
	return ret;
}

static int
give_list(struct value list, int ret, struct value *ret_list)
{
	if (ret == 0)
		*ret_list = list;
	else
		value_unref(list);
	return ret;
}

int
str_splitlines(
    struct vm *vm, struct span text, bool keep_ends, struct value *ret_list)
{
	struct value list = vm_list();
	struct span line;
	int ret = 0;

	while (ret == 0 && str_next_line(&text, keep_ends, &line))
		ret = add_part(vm, list, line.at, line.len);
	return give_list(list, ret, ret_list);
}

const char *
str_find(struct span text, struct span what)
{
	return memmem(text.at, text.len, what.at, what.len);
}

/* Python puts `to` before every character, and at the end. */
static void
replace_empty(struct span text, struct span to, int64_t max, struct buf *out)
{
	while (max != 0) {
		size_t len;

		buf_add(out, to.at, to.len);
		max--;
		if (text.len == 0)
			return;
		len = utf8_len_at(text.at, text.len);
		buf_add(out, text.at, len);
		text.at += len;
		text.len -= len;
		if (buf_bad(out))
			return;
	}
	buf_add(out, text.at, text.len);
}

int
str_replace(struct vm *vm, struct span text, struct span from, struct span to,
    int64_t max, struct value *ret_value)
{
	const char *hit;
	struct buf out;
	int ret = vm_work(vm, text.len / 64);

	if (ret != 0)
		return ret;
	vm_buf_init(&out);
	if (from.len == 0) {
		replace_empty(text, to, max, &out);
		return vm_buf_take(vm, &out, ret_value);
	}
	while (max != 0 && (hit = str_find(text, from)) != NULL) {
		size_t before = (size_t)(hit - text.at);

		buf_add(&out, text.at, before);
		buf_add(&out, to.at, to.len);
		text.at += before + from.len;
		text.len -= before + from.len;
		max--;
	}
	buf_add(&out, text.at, text.len);
	return vm_buf_take(vm, &out, ret_value);
}

static int
split_blanks(struct vm *vm, struct span text, int64_t max, struct value list)
{
	int ret = 0;

	for (;;) {
		size_t len = 0;

		text = str_strip(text, NULL, STRIP_LEFT);
		if (text.len == 0 || ret != 0)
			return ret;
		if (max-- == 0)
			return add_part(vm, list, text.at, text.len);
		while (len < text.len) {
			size_t step;
			uint32_t code =
			    utf8_decode(text.at + len, text.len - len, &step);

			if (utf8_is_space(code))
				break;
			len += step;
		}
		ret = add_part(vm, list, text.at, len);
		text.at += len;
		text.len -= len;
	}
}

int
str_split(struct vm *vm, struct span text, struct span sep, int64_t max,
    struct value *ret_list)
{
	struct value list = vm_list();
	const char *hit;
	int ret = vm_work(vm, text.len / 64);

	if (ret == 0 && sep.len == 0)
		return give_list(
		    list, split_blanks(vm, text, max, list), ret_list);
	while (ret == 0 && max != 0 && (hit = str_find(text, sep)) != NULL) {
		size_t before = (size_t)(hit - text.at);

		ret = add_part(vm, list, text.at, before);
		text.at += before + sep.len;
		text.len -= before + sep.len;
		max--;
	}
	if (ret == 0)
		ret = add_part(vm, list, text.at, text.len);
	return give_list(list, ret, ret_list);
}

/* The start of the last `sep` in the text, or NULL. */
static const char *
find_last(struct span text, struct span sep)
{
	if (sep.len > text.len)
		return NULL;
	for (size_t at = text.len - sep.len + 1; at-- > 0;)
		if (memcmp(text.at + at, sep.at, sep.len) == 0)
			return text.at + at;
	return NULL;
}

static int
insert_part(struct vm *vm, struct value list, const char *at, size_t len)
{
	struct value part = {0};
	int ret = vm_charge(vm, 16);

	if (ret == 0)
		ret = vm_work(vm, value_len(list) / 16);
	if (ret == 0)
		ret = vm_string(vm, at, len, &part);
	if (ret == 0)
		value_list_insert(list, 0, part);
	return ret;
}

static int
rsplit_blanks(struct vm *vm, struct span text, int64_t max, struct value list)
{
	int ret = 0;

	for (;;) {
		size_t len;

		text = str_strip(text, NULL, STRIP_RIGHT);
		if (text.len == 0 || ret != 0)
			return ret;
		if (max-- == 0)
			return insert_part(vm, list, text.at, text.len);
		len = text.len;
		while (
		    len > 0 && !utf8_is_space((unsigned char)text.at[len - 1]))
			len--;
		ret = insert_part(vm, list, text.at + len, text.len - len);
		text.len = len;
	}
}

int
str_rsplit(struct vm *vm, struct span text, struct span sep, int64_t max,
    struct value *ret_list)
{
	struct value list = vm_list();
	const char *hit;
	int ret = vm_work(vm, text.len / 64);

	if (ret == 0 && sep.len == 0)
		return give_list(
		    list, rsplit_blanks(vm, text, max, list), ret_list);
	while (ret == 0 && max != 0 && (hit = find_last(text, sep)) != NULL) {
		size_t at = (size_t)(hit - text.at);

		ret = insert_part(
		    vm, list, hit + sep.len, text.len - at - sep.len);
		text.len = at;
		max--;
	}
	if (ret == 0)
		ret = insert_part(vm, list, text.at, text.len);
	return give_list(list, ret, ret_list);
}

static void
fill(struct buf *out, const char *with, size_t len, int64_t times)
{
	while (times-- > 0 && !buf_bad(out))
		buf_add(out, with, len);
}

int
str_pad(struct vm *vm, struct span text, int64_t width, const char *with,
    char where, struct value *ret_value)
{
	int64_t missing = width - (int64_t)utf8_count(text.at, text.len);
	int64_t left = 0;
	size_t len = strlen(with);
	struct buf out;

	if (len == 0 || utf8_len_at(with, len) != len)
		return vm_fail(vm, "one character is needed to fill up with");
	if (missing < 0)
		missing = 0;
	if (where == 'r')
		left = missing;
	else if (where == 'c') /* Python's odd one goes where it goes */
		left = missing / 2 + (missing & width & 1);
	vm_buf_init(&out);
	fill(&out, with, len, left);
	buf_add(&out, text.at, text.len);
	fill(&out, with, len, missing - left);
	return vm_buf_take(vm, &out, ret_value);
}
