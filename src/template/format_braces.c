/* "{} {name} {0.attr[key]!r:>10}".format(...) */
#include <errno.h>
#include <string.h>

#include "template/format.h"
#include "template/str.h"
#include "template/utf8.h"

struct braces {
	struct vm *vm;
	const struct call *call;
	size_t next;   /* of the fields without a number */
	bool numbered; /* some field has had a number */
};

static int
broken(struct vm *vm)
{
	return vm_fail(vm, "the braces of the format do not match");
}

/* Digits as a number, or -1 when there are none or too many. */
static int
take_digits(struct span *rest)
{
	int number = -1;

	while (rest->len > 0 && rest->at[0] >= '0' && rest->at[0] <= '9') {
		number = (number < 0 ? 0 : number) * 10 + (rest->at[0] - '0');
		if (number > FORMAT_WIDTH_MAX)
			return -1;
		rest->at++;
		rest->len--;
	}
	return number;
}

static int
positional(struct braces *b, size_t index, struct value *ret_value)
{
	if (index >= b->call->more_count)
		return vm_fail(b->vm, "there are too few values to format");
	*ret_value = value_ref(b->call->more[index]);
	return 0;
}

/* What the name of a field begins with; *rest is left behind it. */
static int
field_start(struct braces *b, struct span *rest, struct value *ret_value)
{
	size_t len = 0;
	struct span digits = *rest;
	struct value key;
	struct value named;
	int number = take_digits(&digits);
	int ret = 0;

	while (len < rest->len && rest->at[len] != '.' && rest->at[len] != '[')
		len++;
	if (len == 0 || (number >= 0 && digits.len == rest->len - len)) {
		if (len == 0 ? b->numbered : b->next > 0)
			return vm_fail(
			    b->vm, "numbered and plain fields are mixed");
		b->numbered = len > 0;
		rest->at += len;
		rest->len -= len;
		return positional(
		    b, len > 0 ? (size_t)number : b->next++, ret_value);
	}
	key = value_string_len(rest->at, len);
	named = value_map_find(b->call->kwargs, key);
	if (named.type == VALUE_UNDEFINED)
		ret = vm_fail(
		    b->vm, "there is no value '%s' to format", value_str(key));
	else
		*ret_value = value_ref(named);
	value_unref(key);
	rest->at += len;
	rest->len -= len;
	return ret;
}

/* One ".attr" or "[key]"; *value is replaced. */
static int
field_step(struct braces *b, struct span *rest, struct value *value)
{
	bool attr = rest->at[0] == '.';
	size_t len = 1;
	struct span digits;
	struct value key;
	struct value next = {0};
	int number;
	int ret;

	while (len < rest->len &&
	       (attr ? rest->at[len] != '.' && rest->at[len] != '['
		     : rest->at[len] != ']'))
		len++;
	if (len == 1 || (!attr && len == rest->len))
		return broken(b->vm);
	digits = (struct span){rest->at + 1, len - 1};
	number = attr ? -1 : take_digits(&digits);
	key = number >= 0 && digits.len == 0
		  ? value_int(number)
		  : value_string_len(rest->at + 1, len - 1);
	ret = vm_item(b->vm, *value, key, &next);
	value_unref(key);
	if (ret != 0)
		return ret;
	value_unref(*value);
	*value = next;
	len += attr ? 0 : 1;
	rest->at += len;
	rest->len -= len;
	return next.type == VALUE_UNDEFINED ? vm_undefined(b->vm, next) : 0;
}

static int
field_value(struct braces *b, struct span name, struct value *ret_value)
{
	int ret = field_start(b, &name, ret_value);

	if (ret != 0)
		return ret;
	while (ret == 0 && name.len > 0)
		ret = name.at[0] == '.' || name.at[0] == '['
			  ? field_step(b, &name, ret_value)
			  : broken(b->vm);
	if (ret != 0)
		value_unref(*ret_value);
	return ret;
}

static bool
take_char(struct span *rest, const char *set, char *ret_char)
{
	if (rest->len == 0 || strchr(set, rest->at[0]) == NULL)
		return false;
	*ret_char = rest->at[0];
	rest->at++;
	rest->len--;
	return true;
}

static void
parse_align(struct span *rest, struct format_spec *spec)
{
	size_t len = rest->len > 0 ? utf8_len_at(rest->at, rest->len) : 0;

	if (len > 0 && rest->len > len && len < sizeof spec->fill &&
	    strchr("<>^=", rest->at[len]) != NULL) {
		memcpy(spec->fill, rest->at, len);
		rest->at += len;
		rest->len -= len;
	}
	take_char(rest, "<>^=", &spec->align);
}

static int
parse_spec(struct vm *vm, struct span rest, struct format_spec *spec)
{
	char seen = 0;

	parse_align(&rest, spec);
	take_char(&rest, "+- ", &spec->sign);
	if (spec->sign == '-')
		spec->sign = 0;
	spec->alternate = take_char(&rest, "#", &seen);
	spec->zero = take_char(&rest, "0", &seen);
	spec->width = take_digits(&rest);
	take_char(&rest, ",_", &spec->group);
	if (take_char(&rest, ".", &seen)) {
		spec->precision = take_digits(&rest);
		if (spec->precision < 0)
			return vm_fail(vm, "a precision is missing");
	}
	take_char(&rest, "bcdeEfFgGnosxX%", &spec->type);
	if (rest.len > 0)
		return vm_fail(
		    vm, "'%.*s' is no format", (int)rest.len, rest.at);
	if (spec->zero && spec->fill[0] == '\0')
		memcpy(spec->fill, "0", 2);
	return 0;
}

/* Between the braces: name, conversion, specification. */
static int
field(struct braces *b, struct span inside, struct buf *out)
{
	struct format_spec spec = {.precision = -1};
	struct span name = inside;
	struct span rest = {"", 0};
	struct value value = {0};
	size_t len = 0;
	int ret;

	while (
	    len < inside.len && inside.at[len] != ':' && inside.at[len] != '!')
		len++;
	name.len = len;
	if (len < inside.len && inside.at[len] == '!') {
		if (len + 1 >= inside.len ||
		    (len + 2 < inside.len && inside.at[len + 2] != ':'))
			return broken(b->vm);
		spec.type = inside.at[len + 1];
		len += 2;
	}
	if (len < inside.len)
		rest = (struct span){inside.at + len + 1, inside.len - len - 1};
	if (spec.type != 0 && strchr("rsa", spec.type) == NULL)
		return vm_fail(b->vm, "'!%c' is no conversion", spec.type);
	if (spec.type == 'a')
		spec.type = 'r';
	ret = parse_spec(b->vm, rest, &spec);
	if (ret == 0)
		ret = field_value(b, name, &value);
	if (ret != 0)
		return ret;
	ret = format_write(b->vm, &spec, value, out);
	value_unref(value);
	return ret;
}

/* At "{" or "}": what it stands for; *text is left behind it. */
static int
brace(struct braces *b, struct span *text, struct buf *out)
{
	const char *close;
	int ret;

	if (text->len > 1 && text->at[1] == text->at[0]) {
		buf_addc(out, text->at[0]);
		text->at += 2;
		text->len -= 2;
		return 0;
	}
	close = memchr(text->at, '}', text->len);
	if (text->at[0] == '}' || close == NULL)
		return broken(b->vm);
	ret = vm_work(b->vm, 1);
	if (ret == 0)
		ret = field(b,
		    (struct span){text->at + 1, (size_t)(close - text->at - 1)},
		    out);
	text->len -= (size_t)(close + 1 - text->at);
	text->at = close + 1;
	return ret;
}

int
format_braces(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct braces b = {.vm = vm, .call = call};
	struct span text = str_span(call->self);
	struct buf out;
	int ret = 0;

	vm_buf_init(&out);
	while (ret == 0 && text.len > 0) {
		size_t plain = 0;

		while (plain < text.len && text.at[plain] != '{' &&
		       text.at[plain] != '}')
			plain++;
		buf_add(&out, text.at, plain);
		text.at += plain;
		text.len -= plain;
		if (text.len > 0)
			ret = brace(&b, &text, &out);
	}
	if (ret == 0)
		return vm_buf_take(vm, &out, ret_value);
	buf_done(&out);
	return ret;
}
