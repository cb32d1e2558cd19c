#include <errno.h>

#include "template/vm.h"

bool
call_has(const struct call *call, unsigned index)
{
	return (call->given & 1U << index) != 0 &&
	       call->args[index].type != VALUE_NULL;
}

int
call_int(struct vm *vm, const struct call *call, unsigned index,
    int64_t fallback, int64_t *ret_int)
{
	struct value value = call->args[index];

	if (!call_has(call, index))
		*ret_int = fallback;
	else if (value.type == VALUE_INT)
		*ret_int = value.u.i;
	else if (value.type == VALUE_BOOL)
		*ret_int = value.u.b;
	else if (value.type == VALUE_UNDEFINED)
		return vm_undefined(vm, value);
	else
		return vm_fail(vm, "%s needs an integer, not a %s",
		    call->builtin->name, value_type_name(value));
	return 0;
}

int
call_bool(struct vm *vm, const struct call *call, unsigned index, bool fallback,
    bool *ret_bool)
{
	if ((call->given & 1U << index) != 0)
		return ops_truth(vm, call->args[index], ret_bool);
	*ret_bool = fallback;
	return 0;
}

int
call_need_str(struct vm *vm, const struct call *call, struct value value,
    const char *what)
{
	if (value.type == VALUE_STRING)
		return 0;
	if (value.type == VALUE_UNDEFINED)
		return vm_undefined(vm, value);
	return vm_fail(vm, "%s needs a string as %s, not a %s",
	    call->builtin->name, what, value_type_name(value));
}

int
call_str(struct vm *vm, const struct call *call, unsigned index,
    const char *fallback, const char **ret_str)
{
	int ret;

	if (!call_has(call, index)) {
		*ret_str = fallback;
		return 0;
	}
	ret = call_need_str(vm, call, call->args[index], "an argument");
	if (ret == 0)
		*ret_str = value_str(call->args[index]);
	return ret;
}
