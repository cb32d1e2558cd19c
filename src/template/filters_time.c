/* strftime of a given second: a render does not know what time it is. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "template/str.h"

/* The years 1 to 9999, in seconds from 1970. */
#define SECOND_MIN (-62135596800.0)
#define SECOND_MAX 253402300799.0
#define TIME_TEXT_MAX 4096

static int
get_second(struct vm *vm, const struct call *call, time_t *ret_second)
{
	struct value value = call->args[0];
	double second = 0;
	char *end;

	if (value.type == VALUE_INT)
		second = (double)value.u.i;
	else if (value.type == VALUE_BOOL)
		second = value.u.b;
	else if (value.type == VALUE_FLOAT)
		second = value.u.f;
	else if (value.type == VALUE_UNDEFINED)
		return vm_undefined(vm, value);
	else {
		second = strtod(value_str(value), &end);
		if (end == value_str(value) || *end != '\0')
			second = (double)NAN;
	}
	if (!(second >= SECOND_MIN && second <= SECOND_MAX))
		return vm_fail(vm, "strftime: that is no second since 1970");
	*ret_second = (time_t)floor(second);
	return 0;
}

static int
write_time(struct vm *vm, const char *format, const struct tm *tm,
    struct value *ret_value)
{
	char text[TIME_TEXT_MAX];
	size_t len = 0;

	if (format[0] == '\0')
		return vm_string(vm, "", 0, ret_value);
	if (vm->env->locale != (locale_t)0)
		len =
		    strftime_l(text, sizeof text, format, tm, vm->env->locale);
	if (len == 0)
		return vm_fail(vm,
		    "strftime: the text is empty, or longer than %d bytes",
		    TIME_TEXT_MAX - 1);
	return vm_string(vm, text, len, ret_value);
}

static int
filter_strftime(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct tm tm;
	time_t second;
	bool utc;
	int ret = call_need_str(vm, call, call->self, "the format");

	if (ret == 0 && !call_has(call, 0)) {
		ret = vm_fail(vm, "strftime needs a second since 1970");
		err_hint(vm->err,
		    "a render must give the same again, so it knows no "
		    "clock: {{ '%%F' | strftime(1700000000, utc=true) }}");
	}
	if (ret == 0)
		ret = get_second(vm, call, &second);
	if (ret == 0)
		ret = call_bool(vm, call, 1, false, &utc);
	if (ret != 0)
		return ret;
	if (strlen(value_str(call->self)) != value_str_len(call->self))
		return vm_fail(vm, "strftime: a NUL in the format");
	if ((utc ? gmtime_r(&second, &tm) : localtime_r(&second, &tm)) == NULL)
		return vm_fail(vm, "strftime: that is no second since 1970");
	return write_time(vm, value_str(call->self), &tm, ret_value);
}

const struct builtin filters_time[] = {
    {"strftime", filter_strftime, "second utc", 0, 2, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};
