/* isdigit() and its kin: what every character of a string is. */
#include "template/str.h"
#include "template/utf8.h"

enum str_kind {
	KIND_DIGIT,
	KIND_ALPHA,
	KIND_ALNUM,
	KIND_SPACE
};

static bool
is_kind(struct vm *vm, uint32_t code, enum str_kind kind)
{
	switch (kind) {
	case KIND_DIGIT:
		return code >= '0' && code <= '9';
	case KIND_ALPHA:
		return utf8_is(vm->env->locale, code, UTF8_ALPHA);
	case KIND_ALNUM:
		return utf8_is(vm->env->locale, code, UTF8_ALNUM);
	case KIND_SPACE:
	default:
		return utf8_is_space(code);
	}
}

/* All of at least one character. */
static int
test_all(struct vm *vm, const struct call *call, enum str_kind kind,
    struct value *ret_value)
{
	struct span rest = str_span(call->self);
	bool all = rest.len > 0;

	while (all && rest.len > 0) {
		size_t len;

		all = is_kind(vm, utf8_decode(rest.at, rest.len, &len), kind);
		rest.at += len;
		rest.len -= len;
	}
	*ret_value = value_bool(all);
	return vm_work(vm, value_str_len(call->self) / 64);
}

int
str_test_isdigit(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return test_all(vm, call, KIND_DIGIT, ret_value);
}

int
str_test_isalpha(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return test_all(vm, call, KIND_ALPHA, ret_value);
}

int
str_test_isalnum(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return test_all(vm, call, KIND_ALNUM, ret_value);
}

int
str_test_isspace(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return test_all(vm, call, KIND_SPACE, ret_value);
}

/* Some letter is in this case and none is in the other. */
static int
test_case(struct vm *vm, const struct call *call, enum utf8_class wanted,
    struct value *ret_value)
{
	enum utf8_class other = wanted == UTF8_UPPER ? UTF8_LOWER : UTF8_UPPER;
	struct span rest = str_span(call->self);
	bool some = false;
	bool wrong = false;

	while (!wrong && rest.len > 0) {
		size_t len;
		uint32_t code = utf8_decode(rest.at, rest.len, &len);

		some = some || utf8_is(vm->env->locale, code, wanted);
		wrong = utf8_is(vm->env->locale, code, other);
		rest.at += len;
		rest.len -= len;
	}
	*ret_value = value_bool(some && !wrong);
	return vm_work(vm, value_str_len(call->self) / 64);
}

int
str_test_isupper(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return test_case(vm, call, UTF8_UPPER, ret_value);
}

int
str_test_islower(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	return test_case(vm, call, UTF8_LOWER, ret_value);
}

int
str_test_istitle(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct span rest = str_span(call->self);
	bool some = false;
	bool right = true;
	bool inside = false; /* the character before has a case */

	while (right && rest.len > 0) {
		size_t len;
		uint32_t code = utf8_decode(rest.at, rest.len, &len);
		bool upper = utf8_is(vm->env->locale, code, UTF8_UPPER);
		bool lower = utf8_is(vm->env->locale, code, UTF8_LOWER);

		right = !(upper && inside) && !(lower && !inside);
		some = some || upper;
		inside = upper || lower;
		rest.at += len;
		rest.len -= len;
	}
	*ret_value = value_bool(some && right);
	return vm_work(vm, value_str_len(call->self) / 64);
}
