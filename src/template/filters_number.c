/* Numbers: conversions and rounding. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "template/str.h"
#include "template/vm.h"

static bool
as_real(struct value value, double *ret_real)
{
	switch (value.type) {
	case VALUE_BOOL:
		*ret_real = value.u.b;
		return true;
	case VALUE_INT:
		*ret_real = (double)value.u.i;
		return true;
	case VALUE_FLOAT:
		*ret_real = value.u.f;
		return true;
	default:
		return false;
	}
}

static int
filter_abs(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct value self = call->self;

	if (self.type == VALUE_FLOAT)
		*ret_value = value_float(fabs(self.u.f));
	else if (self.type == VALUE_BOOL)
		*ret_value = value_int(self.u.b);
	else if (self.type == VALUE_INT && self.u.i > INT64_MIN)
		*ret_value = value_int(self.u.i < 0 ? -self.u.i : self.u.i);
	else
		return vm_fail(
		    vm, "abs needs a number, not a %s", value_type_name(self));
	return 0;
}

/* Digits with single "_" between them are copied without. */
static bool
clean_number(struct span text, char *out, size_t size)
{
	size_t len = 0;

	text = str_strip(text, NULL, STRIP_BOTH);
	if (text.len == 0 || text.len >= size)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] != '_')
			out[len++] = text.at[i];
		else if (i == 0 || i + 1 == text.len || text.at[i - 1] == '_')
			return false;
	}
	out[len] = '\0';
	return true;
}

/* Python's float(): decimal, inf and nan; no hexadecimal. */
static bool
parse_real(struct span text, double *ret_real)
{
	char clean[128];
	char *end;

	if (!clean_number(text, clean, sizeof clean) ||
	    strpbrk(clean, "xX(") != NULL)
		return false;
	*ret_real = strtod(clean, &end);
	return *end == '\0';
}

static const char *
skip_prefix(const char *text, int base)
{
	static const struct {
		int base;
		char letter;
	} rows[] = {{16, 'x'}, {8, 'o'}, {2, 'b'}};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].base == base && text[0] == '0' &&
		    (text[1] | 0x20) == rows[i].letter)
			return text + 2;
	return text;
}

static bool
parse_whole(struct span text, int base, int64_t *ret_int)
{
	char clean[128];
	const char *digits = clean;
	bool negative;
	long long value;
	char *end;

	if (!clean_number(text, clean, sizeof clean))
		return false;
	negative = *digits == '-';
	digits += *digits == '-' || *digits == '+';
	digits = skip_prefix(digits, base);
	if (*digits == '\0' || strpbrk(digits, "+-") != NULL)
		return false;
	errno = 0;
	value = strtoll(digits, &end, base);
	if (errno != 0 || *end != '\0')
		return false;
	*ret_int = negative ? -value : value;
	return true;
}

static bool
real_to_int(double real, int64_t *ret_int)
{
	if (!(real > -9.2e18 && real < 9.2e18))
		return false;
	*ret_int = (int64_t)real;
	return true;
}

static bool
to_int(struct value value, int base, int64_t *ret_int)
{
	double real;

	if (value.type == VALUE_STRING)
		return parse_whole(str_span(value), base, ret_int) ||
		       (parse_real(str_span(value), &real) &&
			   real_to_int(real, ret_int));
	if (value.type == VALUE_INT) {
		*ret_int = value.u.i;
		return true;
	}
	return as_real(value, &real) && real_to_int(real, ret_int);
}

static int
filter_int(struct vm *vm, const struct call *call, struct value *ret_value)
{
	int64_t base;
	int64_t number = 0;
	int ret = call_int(vm, call, 1, 10, &base);

	if (ret != 0)
		return ret;
	if (base != 0 && (base < 2 || base > 36))
		return vm_fail(vm, "int: the base is from 2 to 36, or 0");
	if (call->self.type == VALUE_FLOAT && isfinite(call->self.u.f) &&
	    fabs(call->self.u.f) >= 9.2e18)
		return vm_fail(vm, "int: the number does not fit 64 bits");
	if (to_int(call->self, (int)base, &number))
		*ret_value = value_int(number);
	else if ((call->given & 1) != 0)
		*ret_value = value_ref(call->args[0]);
	else
		*ret_value = value_int(0);
	return 0;
}

static int
filter_float(struct vm *vm, const struct call *call, struct value *ret_value)
{
	double real;

	(void)vm;
	if (as_real(call->self, &real) ||
	    (call->self.type == VALUE_STRING &&
		parse_real(str_span(call->self), &real)))
		*ret_value = value_float(real);
	else if ((call->given & 1) != 0)
		*ret_value = value_ref(call->args[0]);
	else
		*ret_value = value_float(0);
	return 0;
}

/* Python rounds the decimal expansion, half to even. */
static double
round_common(double real, int64_t precision)
{
	char text[400];

	if (!isfinite(real) || precision > 300)
		return real;
	if (precision < 0) {
		double scale = pow(10, (double)-precision);

		return nearbyint(real / scale) * scale;
	}
	snprintf(text, sizeof text, "%.*f", (int)precision, real);
	return strtod(text, NULL);
}

static int
filter_round(struct vm *vm, const struct call *call, struct value *ret_value)
{
	const char *method;
	int64_t precision;
	double real;
	double scale;
	int ret = call_int(vm, call, 0, 0, &precision);

	if (ret == 0)
		ret = call_str(vm, call, 1, "common", &method);
	if (ret != 0)
		return ret;
	if (!as_real(call->self, &real) || precision < -300)
		return vm_fail(vm, "round needs a number, not a %s",
		    value_type_name(call->self));
	scale = pow(10, (double)precision);
	if (strcmp(method, "common") == 0)
		real = round_common(real, precision);
	else if (strcmp(method, "ceil") == 0)
		real = ceil(real * scale) / scale;
	else if (strcmp(method, "floor") == 0)
		real = floor(real * scale) / scale;
	else
		return vm_fail(
		    vm, "round knows the methods common, ceil and floor");
	/* Python's round() of an integer stays one. */
	if (call->self.type != VALUE_FLOAT && strcmp(method, "common") == 0 &&
	    real > -9e15 && real < 9e15)
		*ret_value = value_int((int64_t)real);
	else
		*ret_value = value_float(real);
	return 0;
}

static int
filter_filesizeformat(
    struct vm *vm, const struct call *call, struct value *ret_value)
{
	static const char *const units[] = {
	    "", "k", "M", "G", "T", "P", "E", "Z", "Y"};
	bool binary;
	double size;
	double base;
	size_t unit = 0;
	struct buf out;
	int ret = call_bool(vm, call, 0, false, &binary);

	if (ret != 0)
		return ret;
	if (!as_real(call->self, &size) &&
	    !(call->self.type == VALUE_STRING &&
		parse_real(str_span(call->self), &size)))
		return vm_fail(vm, "filesizeformat needs a number");
	base = binary ? 1024 : 1000;
	vm_buf_init(&out);
	if (size < base && size <= 1 && size >= 1) {
		buf_adds(&out, "1 Byte");
		return vm_buf_take(vm, &out, ret_value);
	}
	if (size < base) {
		buf_addf(&out, "%lld Bytes", (long long)size);
		return vm_buf_take(vm, &out, ret_value);
	}
	while (size >= base && unit < 8) {
		size /= base;
		unit++;
	}
	buf_addf(&out, "%.1f %c%sB", size,
	    binary && unit == 1 ? 'K' : units[unit][0], binary ? "i" : "");
	return vm_buf_take(vm, &out, ret_value);
}

static int
filter_log(struct vm *vm, const struct call *call, struct value *ret_value)
{
	double real;
	double base = M_E;

	if (!as_real(call->self, &real) || real <= 0 ||
	    (call_has(call, 0) &&
		(!as_real(call->args[0], &base) || base <= 0)))
		return vm_fail(vm, "log needs positive numbers");
	*ret_value =
	    value_float(!call_has(call, 0)	   ? log(real)
			: base >= 10 && base <= 10 ? log10(real)
						   : log(real) / log(base));
	return 0;
}

static int
filter_pow(struct vm *vm, const struct call *call, struct value *ret_value)
{
	double real;
	double exponent;

	if (!as_real(call->self, &real) || !as_real(call->args[0], &exponent))
		return vm_fail(vm, "pow needs numbers");
	*ret_value = value_float(pow(real, exponent));
	return 0;
}

static int
filter_root(struct vm *vm, const struct call *call, struct value *ret_value)
{
	double real;
	double base = 2;

	if (!as_real(call->self, &real) ||
	    (call_has(call, 0) && !as_real(call->args[0], &base)))
		return vm_fail(vm, "root needs numbers");
	*ret_value = value_float(
	    base >= 2 && base <= 2 ? sqrt(real) : pow(real, 1.0 / base));
	return 0;
}

const struct builtin filters_number[] = {
    {"abs", filter_abs, "", 0, 0, 0},
    {"int", filter_int, "default base", 0, 2, 0},
    {"float", filter_float, "default", 0, 1, 0},
    {"round", filter_round, "precision method", 0, 2, 0},
    {"filesizeformat", filter_filesizeformat, "binary", 0, 1, 0},
    {"log", filter_log, "base", 0, 1, 0},
    {"pow", filter_pow, "y", 1, 1, 0},
    {"root", filter_root, "base", 0, 1, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
