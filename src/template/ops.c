/* Operators, with Python's meaning. Integers are 64 bits wide. */
#include <errno.h>
#include <math.h>
#include <string.h>

#include "template/lex.h"
#include "template/vm.h"

static bool
is_whole(struct value value)
{
	return value.type == VALUE_INT || value.type == VALUE_BOOL;
}

static bool
is_number(struct value value)
{
	return is_whole(value) || value.type == VALUE_FLOAT;
}

static int64_t
whole(struct value value)
{
	return value.type == VALUE_BOOL ? value.u.b : value.u.i;
}

static double
real(struct value value)
{
	return value.type == VALUE_FLOAT ? value.u.f : (double)whole(value);
}

static const char *
op_text(int op, char out[3])
{
	static const struct {
		int op;
		char text[3];
	} rows[] = {
	    {OP_POW, "**"}, {OP_FLOORDIV, "//"}, {OP_LE, "<="}, {OP_GE, ">="}};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].op == op)
			return memcpy(out, rows[i].text, 3);
	out[0] = (char)op;
	out[1] = '\0';
	return out;
}

static int
bad_types(struct vm *vm, int op, struct value a, struct value b)
{
	char text[3];

	return vm_fail(vm, "'%s' does not work between %s and %s",
	    op_text(op, text), text_type(a), text_type(b));
}

static int
overflow(struct vm *vm)
{
	return vm_fail(vm, "the result does not fit an integer of 64 bits");
}

static int
by_zero(struct vm *vm)
{
	return vm_fail(vm, "division by zero");
}

static int
power_whole(
    struct vm *vm, int64_t base, int64_t exponent, struct value *ret_value)
{
	int64_t result = 1;

	if (exponent < 0) {
		if (base == 0)
			return by_zero(vm);
		*ret_value = value_float(pow((double)base, (double)exponent));
		return 0;
	}
	while (exponent > 0) {
		if ((exponent & 1) != 0 &&
		    __builtin_mul_overflow(result, base, &result))
			return overflow(vm);
		exponent >>= 1;
		if (exponent > 0 && __builtin_mul_overflow(base, base, &base))
			return overflow(vm);
	}
	*ret_value = value_int(result);
	return 0;
}

/* Rounds towards minus infinity, as Python does. */
static int
divide_whole(
    struct vm *vm, int op, int64_t a, int64_t b, struct value *ret_value)
{
	int64_t quotient;
	int64_t rest;

	if (b == 0)
		return by_zero(vm);
	if (op == '/') {
		/* wider, as Python rounds the exact quotient once */
		*ret_value =
		    value_float((double)((long double)a / (long double)b));
		return 0;
	}
	if (b == -1) {
		if (op == OP_FLOORDIV && a == INT64_MIN)
			return overflow(vm);
		*ret_value = value_int(op == '%' ? 0 : -a);
		return 0;
	}
	quotient = a / b;
	rest = a % b;
	if (rest != 0 && (rest < 0) != (b < 0)) {
		rest += b;
		quotient--;
	}
	*ret_value = value_int(op == '%' ? rest : quotient);
	return 0;
}

static int
binary_whole(
    struct vm *vm, int op, int64_t a, int64_t b, struct value *ret_value)
{
	int64_t result = 0;
	bool over;

	switch (op) {
	case '+':
		over = __builtin_add_overflow(a, b, &result);
		break;
	case '-':
		over = __builtin_sub_overflow(a, b, &result);
		break;
	case '*':
		over = __builtin_mul_overflow(a, b, &result);
		break;
	case OP_POW:
		return power_whole(vm, a, b, ret_value);
	default:
		return divide_whole(vm, op, a, b, ret_value);
	}
	if (over)
		return overflow(vm);
	*ret_value = value_int(result);
	return 0;
}

/* Python's divmod() of floats. */
static double
divide_real(int op, double a, double b)
{
	double rest = fmod(a, b);
	double quotient = (a - rest) / b;
	double down;

	if (fabs(rest) > 0) {
		if ((b < 0) != (rest < 0)) {
			rest += b;
			quotient -= 1;
		}
	} else {
		rest = copysign(0, b);
	}
	if (op == '%')
		return rest;
	if (!(fabs(quotient) > 0))
		return copysign(0, a / b);
	down = floor(quotient);
	return quotient - down > 0.5 ? down + 1 : down;
}

static int
binary_real(struct vm *vm, int op, double a, double b, struct value *ret_value)
{
	double result;

	if (strchr("/%", op) != NULL || op == OP_FLOORDIV)
		if (!(fabs(b) > 0) && !isnan(b))
			return by_zero(vm);
	switch (op) {
	case '+':
		result = a + b;
		break;
	case '-':
		result = a - b;
		break;
	case '*':
		result = a * b;
		break;
	case '/':
		result = a / b;
		break;
	case OP_POW:
		if (!(fabs(a) > 0) && b < 0)
			return by_zero(vm);
		if (a < 0 && floor(b) < b)
			return vm_fail(vm, "the result is no real number");
		result = pow(a, b);
		if (isinf(result) && !isinf(a) && !isinf(b))
			return vm_fail(vm, "the result is too big");
		break;
	default:
		result = divide_real(op, a, b);
		break;
	}
	*ret_value = value_float(result);
	return 0;
}

static int
repeat_string(
    struct vm *vm, struct value str, int64_t times, struct value *ret_value)
{
	size_t len = value_str_len(str);
	struct buf out;
	int ret;

	if (times <= 0 || len == 0)
		return vm_string(vm, "", 0, ret_value);
	if ((uint64_t)times > TMPL_OUTPUT_MAX / len)
		return vm_limit(vm, "a string would be longer than %u MiB",
		    TMPL_OUTPUT_MAX >> 20);
	ret = vm_work(vm, (uint64_t)times);
	if (ret != 0)
		return ret;
	vm_buf_init(&out);
	for (int64_t i = 0; i < times; i++)
		buf_add(&out, value_str(str), len);
	return vm_buf_take(vm, &out, ret_value);
}

static int
add_items(struct vm *vm, struct value out, struct value list)
{
	int ret = vm_charge(vm, 64 + 16 * value_len(list));

	for (size_t i = 0; i < value_len(list) && ret == 0; i++)
		value_list_add(out, value_ref(value_list_at(list, i)));
	return ret;
}

static int
repeat_list(
    struct vm *vm, struct value list, int64_t times, struct value *ret_value)
{
	struct value out = vm_list();
	int ret = 0;

	out.flags |= list.flags & VALUE_TUPLE;
	if (value_len(list) == 0)
		times = 0;
	for (int64_t i = 0; i < times && ret == 0; i++)
		ret = add_items(vm, out, list);
	if (ret == 0)
		*ret_value = out;
	else
		value_unref(out);
	return ret;
}

static int
join_lists(
    struct vm *vm, struct value a, struct value b, struct value *ret_value)
{
	struct value out = vm_list();
	int ret = add_items(vm, out, a);

	out.flags |= a.flags & VALUE_TUPLE;
	if (ret == 0)
		ret = add_items(vm, out, b);
	if (ret == 0)
		*ret_value = out;
	else
		value_unref(out);
	return ret;
}

static int
join_strings(
    struct vm *vm, struct value a, struct value b, struct value *ret_value)
{
	struct buf out;

	vm_buf_init(&out);
	buf_add(&out, value_str(a), value_str_len(a));
	buf_add(&out, value_str(b), value_str_len(b));
	return vm_buf_take(vm, &out, ret_value);
}

static int
binary_sequences(struct vm *vm, int op, struct value a, struct value b,
    struct value *ret_value)
{
	if (op == '%' && a.type == VALUE_STRING)
		return format_percent(vm, a, b, ret_value);
	if (op == '*') {
		struct value times = is_whole(a) ? a : b;
		struct value what = is_whole(a) ? b : a;

		if (is_whole(times) && what.type == VALUE_STRING)
			return repeat_string(vm, what, whole(times), ret_value);
		if (is_whole(times) && what.type == VALUE_LIST)
			return repeat_list(vm, what, whole(times), ret_value);
	}
	if (op == '+' && a.type == VALUE_STRING && b.type == VALUE_STRING)
		return join_strings(vm, a, b, ret_value);
	if (op == '+' && a.type == VALUE_LIST && b.type == VALUE_LIST &&
	    ((a.flags ^ b.flags) & VALUE_TUPLE) == 0)
		return join_lists(vm, a, b, ret_value);
	return bad_types(vm, op, a, b);
}

int
ops_binary(struct vm *vm, int op, struct value a, struct value b,
    struct value *ret_value)
{
	if (is_whole(a) && is_whole(b))
		return binary_whole(vm, op, whole(a), whole(b), ret_value);
	if (is_number(a) && is_number(b))
		return binary_real(vm, op, real(a), real(b), ret_value);
	return binary_sequences(vm, op, a, b, ret_value);
}

/* Python's ==; what it costs is counted. */
int
ops_equal(struct vm *vm, struct value a, struct value b, bool *ret_bool)
{
	uint64_t budget = vm->env->options.limits.steps - vm->usage.steps;
	uint64_t left = budget;

	*ret_bool = value_equal_within(a, b, &left);
	return vm_work(vm, budget - left + (left == 0 ? 1 : 0));
}

static int
order_strings(struct vm *vm, struct value a, struct value b, int *ret_order)
{
	size_t len_a = value_str_len(a);
	size_t len_b = value_str_len(b);
	size_t len = len_a < len_b ? len_a : len_b;
	int order = memcmp(value_str(a), value_str(b), len);

	if (order == 0)
		order = (len_a > len_b) - (len_a < len_b);
	*ret_order = order;
	return vm_work(vm, len / 256);
}

static int
/* NOLINTNEXTLINE(misc-no-recursion): ends at VALUE_DEPTH_MAX */
order_deep(
    struct vm *vm, struct value a, struct value b, int depth, int *ret_order)
{
	size_t len_a = value_len(a);
	size_t len_b = value_len(b);
	int ret = vm_work(vm, 1);

	if (ret != 0)
		return ret;
	if (is_whole(a) && is_whole(b)) {
		*ret_order = (whole(a) > whole(b)) - (whole(a) < whole(b));
		return 0;
	}
	if (is_number(a) && is_number(b)) {
		*ret_order = (real(a) > real(b)) - (real(a) < real(b));
		return 0;
	}
	if (a.type == VALUE_STRING && b.type == VALUE_STRING)
		return order_strings(vm, a, b, ret_order);
	if (a.type != VALUE_LIST || b.type != VALUE_LIST ||
	    ((a.flags ^ b.flags) & VALUE_TUPLE) != 0)
		return bad_types(vm, '<', a, b);
	if (depth > VALUE_DEPTH_MAX)
		return vm_limit(
		    vm, "values are nested deeper than %d", VALUE_DEPTH_MAX);
	for (size_t i = 0; i < len_a && i < len_b; i++) {
		struct value x = value_list_at(a, i);
		struct value y = value_list_at(b, i);
		bool equal;

		ret = ops_equal(vm, x, y, &equal);
		if (ret != 0)
			return ret;
		if (!equal)
			return order_deep(vm, x, y, depth + 1, ret_order);
	}
	*ret_order = (len_a > len_b) - (len_a < len_b);
	return 0;
}

int
ops_order(struct vm *vm, struct value a, struct value b, int *ret_order)
{
	return order_deep(vm, a, b, 0, ret_order);
}

static int
compare_order(
    struct vm *vm, int op, struct value a, struct value b, bool *ret_bool)
{
	bool nan = (a.type == VALUE_FLOAT && isnan(a.u.f)) ||
		   (b.type == VALUE_FLOAT && isnan(b.u.f));
	int order = 0;
	int ret = ops_order(vm, a, b, &order);

	if (ret != 0)
		return ret;
	switch (op) {
	case '<':
		*ret_bool = order < 0 && !nan;
		break;
	case OP_LE:
		*ret_bool = order <= 0 && !nan;
		break;
	case '>':
		*ret_bool = order > 0 && !nan;
		break;
	default:
		*ret_bool = order >= 0 && !nan;
		break;
	}
	return 0;
}

int
ops_compare(
    struct vm *vm, int op, struct value a, struct value b, bool *ret_bool)
{
	bool truth = false;
	int ret;

	switch (op) {
	case OP_EQ:
	case OP_NE:
		ret = ops_equal(vm, a, b, &truth);
		break;
	case OP_IN:
	case OP_NOT_IN:
		ret = ops_contains(vm, a, b, &truth);
		break;
	default:
		return compare_order(vm, op, a, b, ret_bool);
	}
	if (ret == 0)
		*ret_bool = truth == (op == OP_EQ || op == OP_IN);
	return ret;
}

static int
list_contains(
    struct vm *vm, struct value item, struct value list, bool *ret_bool)
{
	bool found = false;
	int ret = vm_work(vm, value_len(list) / 2);

	for (size_t i = 0; i < value_len(list) && ret == 0 && !found; i++)
		ret = ops_equal(vm, item, value_list_at(list, i), &found);
	if (ret == 0)
		*ret_bool = found;
	return ret;
}

static int
object_contains(
    struct vm *vm, struct value item, struct value in, bool *ret_bool)
{
	struct value found = {0};
	int ret = vm_item(vm, in, item, &found);

	if (ret == 0)
		*ret_bool = found.type != VALUE_UNDEFINED;
	value_unref(found);
	return ret;
}

int
ops_contains(struct vm *vm, struct value item, struct value in, bool *ret_bool)
{
	int ret;

	switch (in.type) {
	case VALUE_STRING:
		if (item.type != VALUE_STRING)
			return vm_fail(vm,
			    "only a string can be in a string, not a %s",
			    value_type_name(item));
		ret = vm_work(vm, value_str_len(in) / 64);
		if (ret == 0)
			*ret_bool =
			    memmem(value_str(in), value_str_len(in),
				value_str(item), value_str_len(item)) != NULL;
		return ret;
	case VALUE_LIST:
		return list_contains(vm, item, in, ret_bool);
	case VALUE_MAP:
		if (!value_can_key(item))
			return vm_fail(
			    vm, "a %s can not be a key", value_type_name(item));
		*ret_bool = value_map_find(in, item).type != VALUE_UNDEFINED;
		return 0;
	case VALUE_OBJECT:
		if (!object_is_ours(in))
			return object_contains(vm, item, in, ret_bool);
		break;
	default:
		break;
	}
	return vm_fail(vm, "nothing can be in a %s", value_type_name(in));
}

int
ops_truth(struct vm *vm, struct value value, bool *ret_bool)
{
	if (value.type == VALUE_UNDEFINED && (value.flags & VALUE_LENIENT) == 0)
		return vm_undefined(vm, value);
	*ret_bool = value_truth(value);
	return 0;
}
