/* Tests: "x is defined". Each gives a boolean. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/str.h"
#include "template/lex.h"
#include "template/str.h"
#include "template/vm.h"

static int
test_defined(struct vm *vm, const struct call *call, struct value *ret_value)
{
	(void)vm;
	*ret_value = value_bool(call->self.type != VALUE_UNDEFINED);
	return 0;
}

static int
test_undefined(struct vm *vm, const struct call *call, struct value *ret_value)
{
	(void)vm;
	*ret_value = value_bool(call->self.type == VALUE_UNDEFINED);
	return 0;
}

static int
test_none(struct vm *vm, const struct call *call, struct value *ret_value)
{
	(void)vm;
	*ret_value = value_bool(call->self.type == VALUE_NULL);
	return 0;
}

static int
test_boolean(struct vm *vm, const struct call *call, struct value *ret_value)
{
	(void)vm;
	*ret_value = value_bool(call->self.type == VALUE_BOOL);
	return 0;
}

static int
test_true(struct vm *vm, const struct call *call, struct value *ret_value)
{
	(void)vm;
	*ret_value =
	    value_bool(call->self.type == VALUE_BOOL && call->self.u.b);
	return 0;
}

static int
test_false(struct vm *vm, const struct call *call, struct value *ret_value)
{
	(void)vm;
	*ret_value =
	    value_bool(call->self.type == VALUE_BOOL && !call->self.u.b);
	return 0;
}

static int
test_integer(struct vm *vm, const struct call *call, struct value *ret_value)
{
	(void)vm;
	*ret_value = value_bool(call->self.type == VALUE_INT);
	return 0;
}

static int
test_float(struct vm *vm, const struct call *call, struct value *ret_value)
{
	(void)vm;
	*ret_value = value_bool(call->self.type == VALUE_FLOAT);
	return 0;
}

static int
test_number(struct vm *vm, const struct call *call, struct value *ret_value)
{
	(void)vm;
	*ret_value = value_bool(call->self.type == VALUE_INT ||
				call->self.type == VALUE_FLOAT ||
				call->self.type == VALUE_BOOL);
	return 0;
}

static int
test_string(struct vm *vm, const struct call *call, struct value *ret_value)
{
	(void)vm;
	*ret_value = value_bool(call->self.type == VALUE_STRING);
	return 0;
}

static int
test_mapping(struct vm *vm, const struct call *call, struct value *ret_value)
{
	(void)vm;
	*ret_value = value_bool(
	    call->self.type == VALUE_MAP ||
	    (call->self.type == VALUE_OBJECT && !object_is_ours(call->self)));
	return 0;
}

static int
test_sequence(struct vm *vm, const struct call *call, struct value *ret_value)
{
	(void)vm;
	*ret_value = value_bool(
	    call->self.type >= VALUE_STRING && !object_is_ours(call->self));
	return 0;
}

static int
test_callable(struct vm *vm, const struct call *call, struct value *ret_value)
{
	(void)vm;
	*ret_value = value_bool(object_is_ours(call->self) &&
				call->self.u.o->ops->tmpl->call != NULL);
	return 0;
}

static int
test_escaped(struct vm *vm, const struct call *call, struct value *ret_value)
{
	(void)vm;
	(void)call;
	*ret_value = value_bool(false);
	return 0;
}

/* number % by == rest */
static int
leaves(struct vm *vm, struct value number, int64_t by, int64_t rest,
    struct value *ret_value)
{
	struct value got = {0};
	int ret;

	if (number.type == VALUE_STRING)
		return vm_fail(vm, "a number is needed here, not a string");
	ret = ops_binary(vm, '%', number, value_int(by), &got);
	if (ret == 0)
		*ret_value = value_bool(value_equal(got, value_int(rest)));
	return ret;
}

static int
test_odd(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return leaves(vm, call->self, 2, 1, ret_value);
}

static int
test_even(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return leaves(vm, call->self, 2, 0, ret_value);
}

static int
test_divisibleby(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	int64_t by;
	int ret = call_int(vm, call, 0, 1, &by);

	return ret == 0 ? leaves(vm, call->self, by, 0, ret_value) : ret;
}

/* str(x).islower() */
static int
text_case(struct vm *vm, const struct call *call,
    int (*test)(struct vm *, const struct call *, struct value *),
    struct value *ret_value)
{
	struct call as_text = *call;
	int ret = text_of(vm, call->self, &as_text.self);

	if (ret != 0)
		return ret;
	ret = test(vm, &as_text, ret_value);
	value_unref(as_text.self);
	return ret;
}

static int
test_lower(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return text_case(vm, call, str_test_islower, ret_value);
}

static int
test_upper(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return text_case(vm, call, str_test_isupper, ret_value);
}

static int
compare(struct vm *vm, const struct call *call, int op, struct value *ret_value)
{
	bool truth = false;
	int ret;

	if (call->args[0].type == VALUE_UNDEFINED)
		return vm_undefined(vm, call->args[0]);
	ret = ops_compare(vm, op, call->self, call->args[0], &truth);
	*ret_value = value_bool(truth);
	return ret;
}

static int
test_eq(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return compare(vm, call, OP_EQ, ret_value);
}

static int
test_ne(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return compare(vm, call, OP_NE, ret_value);
}

static int
test_lt(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return compare(vm, call, '<', ret_value);
}

static int
test_le(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return compare(vm, call, OP_LE, ret_value);
}

static int
test_gt(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return compare(vm, call, '>', ret_value);
}

static int
test_ge(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return compare(vm, call, OP_GE, ret_value);
}

static int
test_in(struct vm *vm, const struct call *call, struct value *ret_value)
{
	return compare(vm, call, OP_IN, ret_value);
}

/* The same object; for what has no identity, the same type and value. */
static int
test_sameas(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value other = call->args[0];

	(void)vm;
	if (call->self.type != other.type)
		*ret_value = value_bool(false);
	else if (call->self.type >= VALUE_LIST)
		*ret_value = value_bool(call->self.u.head == other.u.head);
	else
		*ret_value = value_bool(value_equal(call->self, other));
	return 0;
}

static int
test_filter(struct vm *vm, const struct call *call, struct value *ret_value)
{
	(void)vm;
	*ret_value = value_bool(
	    builtin_find(&filter_table, value_str(call->self)) != NULL);
	return 0;
}

static int
test_test(struct vm *vm, const struct call *call, struct value *ret_value)
{
	(void)vm;
	*ret_value = value_bool(
	    builtin_find(&test_table, value_str(call->self)) != NULL);
	return 0;
}

static const struct builtin tests_jinja[] = {
    {"defined", test_defined, "", 0, 0, BUILTIN_UNDEFINED},
    {"undefined", test_undefined, "", 0, 0, BUILTIN_UNDEFINED},
    {"none", test_none, "", 0, 0, BUILTIN_UNDEFINED},
    {"boolean", test_boolean, "", 0, 0, BUILTIN_UNDEFINED},
    {"true", test_true, "", 0, 0, BUILTIN_UNDEFINED},
    {"false", test_false, "", 0, 0, BUILTIN_UNDEFINED},
    {"integer", test_integer, "", 0, 0, BUILTIN_UNDEFINED},
    {"float", test_float, "", 0, 0, BUILTIN_UNDEFINED},
    {"number", test_number, "", 0, 0, BUILTIN_UNDEFINED},
    {"string", test_string, "", 0, 0, BUILTIN_UNDEFINED},
    {"mapping", test_mapping, "", 0, 0, BUILTIN_UNDEFINED},
    {"sequence", test_sequence, "", 0, 0, BUILTIN_UNDEFINED},
    {"iterable", test_sequence, "", 0, 0, 0},
    {"callable", test_callable, "", 0, 0, BUILTIN_UNDEFINED},
    {"escaped", test_escaped, "", 0, 0, BUILTIN_UNDEFINED},
    {"odd", test_odd, "", 0, 0, 0},
    {"even", test_even, "", 0, 0, 0},
    {"divisibleby", test_divisibleby, "num", 1, 1, 0},
    {"lower", test_lower, "", 0, 0, 0},
    {"upper", test_upper, "", 0, 0, 0},
    {"==", test_eq, "b", 1, 1, 0},
    {"eq", test_eq, "b", 1, 1, 0},
    {"equalto", test_eq, "b", 1, 1, 0},
    {"!=", test_ne, "b", 1, 1, 0},
    {"ne", test_ne, "b", 1, 1, 0},
    {"<", test_lt, "b", 1, 1, 0},
    {"lt", test_lt, "b", 1, 1, 0},
    {"lessthan", test_lt, "b", 1, 1, 0},
    {"<=", test_le, "b", 1, 1, 0},
    {"le", test_le, "b", 1, 1, 0},
    {">", test_gt, "b", 1, 1, 0},
    {"gt", test_gt, "b", 1, 1, 0},
    {"greaterthan", test_gt, "b", 1, 1, 0},
    {">=", test_ge, "b", 1, 1, 0},
    {"ge", test_ge, "b", 1, 1, 0},
    {"in", test_in, "seq", 1, 1, 0},
    {"sameas", test_sameas, "other", 1, 1, BUILTIN_UNDEFINED},
    {"filter", test_filter, "", 0, 0, 0},
    {"test", test_test, "", 0, 0, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};

static const struct builtin *const parts[] = {
    tests_jinja, tests_ansible, tests_url, NULL};

#define NO_HOST "a render reads nothing of the host that it runs on"
#define NO_TASK "there are no tasks here whose result it could ask for"

static const struct builtin_absent absent[] = {
    {"exists", NO_HOST},
    {"file", NO_HOST},
    {"directory", NO_HOST},
    {"link", NO_HOST},
    {"changed", NO_TASK},
    {"failed", NO_TASK},
    {"skipped", NO_TASK},
    {"succeeded", NO_TASK},
    {"success", NO_TASK},
    {"reachable", NO_TASK},
    {"unreachable", NO_TASK},
    {"vault_encrypted", "a `!vault` value is decrypted where it is used"},
    {NULL, NULL},
};

const struct builtin_table test_table = {
    .parts = parts, .absent = absent, .kind = "test"};
