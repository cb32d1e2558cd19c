/* Macros, and the bodies of call blocks, which are macros too. */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "template/vm.h"

struct macro {
	struct value_obj obj;
	const struct node *node;
	struct tmpl *tmpl;
	int32_t scope;	 /* where it is defined; */
	uint32_t serial; /* gone when that scope has another serial */
	bool no_context;
};

static void
macro_free(struct value_obj *obj)
{
	struct macro *macro = (struct macro *)obj;

	tmpl_unref(macro->tmpl);
	free(macro);
}

/* A parameter that is not given and has no default. */
static struct value
absent(struct value name)
{
	name = value_ref(name);
	name.type = VALUE_UNDEFINED;
	return name;
}

static int
bind_param(struct vm *vm, const struct arg *param, const struct actual *actual,
    size_t index, struct value named)
{
	struct value value = value_map_find(named, param->name);
	int ret = 0;

	if (index < actual->count && value.type != VALUE_UNDEFINED)
		return vm_fail(
		    vm, "'%s' is given twice", value_str(param->name));
	if (index < actual->count)
		value = value_ref(actual->items[index]);
	else if (value.type != VALUE_UNDEFINED)
		value = value_ref(value);
	else if (param->node != NULL)
		ret = vm_eval(vm, param->node, &value);
	else
		value = absent(param->name);
	if (ret == 0)
		vm_local_set(vm, param->name, value);
	return ret;
}

static void
set_special(struct vm *vm, const char *name, struct value value)
{
	struct value key = value_string(name);
	struct value known = value_map_find(vm->env->names, key);

	/* A name that the body uses has been interned with it. */
	if (known.type != VALUE_UNDEFINED)
		vm_local_set(vm, known, value);
	else
		value_unref(value);
	value_unref(key);
}

static struct value
rest_of(const struct node *node, const struct actual *actual)
{
	struct value rest = value_list_new();

	rest.flags = VALUE_TUPLE;
	for (size_t i = node->arg_count; i < actual->count; i++)
		value_list_add(rest, value_ref(actual->items[i]));
	return rest;
}

/* `named` is left with what no parameter has taken. */
static int
check_rest(struct vm *vm, const struct node *node, const struct actual *actual,
    struct value named)
{
	const char *name = value_str(node->value);

	if (actual->count > node->arg_count &&
	    (node->flags & NODE_USES_VARARGS) == 0)
		return vm_fail(vm, "macro '%s' takes at most %u argument%s",
		    name, node->arg_count, node->arg_count == 1 ? "" : "s");
	if (value_len(named) > 0 && (node->flags & NODE_USES_KWARGS) == 0)
		return vm_fail(vm, "macro '%s' has no parameter '%s'", name,
		    value_map_key_at(named, 0));
	return 0;
}

static int
bind_params(struct vm *vm, const struct node *node, const struct actual *actual)
{
	struct value named = value_map_new();
	struct value caller;
	int ret = 0;

	for (size_t i = 0; i < value_len(actual->kwargs); i++)
		value_map_put(named,
		    value_ref(value_map_name_at(actual->kwargs, i)),
		    value_ref(value_map_at(actual->kwargs, i)));
	caller = value_map_get(named, "caller");

	if ((node->flags & NODE_USES_CALLER) != 0 &&
	    caller.type != VALUE_UNDEFINED) {
		set_special(vm, "caller", value_ref(caller));
		value_map_remove(named, "caller");
	}
	for (uint32_t i = 0; i < node->arg_count && ret == 0; i++)
		ret = bind_param(vm, &node->u.args[i], actual, i, named);
	for (uint32_t i = 0; i < node->arg_count; i++)
		value_map_delete(named, node->u.args[i].name);
	if (ret == 0)
		ret = check_rest(vm, node, actual, named);
	if (ret == 0 && (node->flags & NODE_USES_VARARGS) != 0)
		set_special(vm, "varargs", rest_of(node, actual));
	if (ret == 0 && (node->flags & NODE_USES_KWARGS) != 0)
		set_special(vm, "kwargs", value_ref(named));
	value_unref(named);
	return ret;
}

static int32_t
home_scope(const struct vm *vm, const struct macro *macro)
{
	if ((size_t)macro->scope < vm->scope_count &&
	    vm->scopes[macro->scope].serial == macro->serial)
		return macro->scope;
	return VM_NO_SCOPE;
}

static int
macro_call(struct vm *vm, struct value self, const struct actual *actual,
    struct value *ret_value)
{
	const struct macro *macro = (struct macro *)self.u.o;
	struct tmpl *outer_tmpl = vm->tmpl;
	const struct node *at = vm->at;
	bool outer_context = vm->no_context;
	int32_t outer;
	int ret = vm_enter(vm);

	if (ret != 0)
		return ret;
	vm_scope_push(vm, home_scope(vm, macro), &outer);
	vm->tmpl = macro->tmpl;
	vm->no_context = macro->no_context;
	ret = bind_params(vm, macro->node, actual);
	if (ret == 0)
		ret = vm_capture(vm, macro->node->kids[0], ret_value);
	vm->tmpl = outer_tmpl;
	vm->no_context = outer_context;
	vm_scope_pop(vm, outer);
	vm_leave(vm);
	vm->at = at;
	return ret;
}

static const struct tmpl_object_ops macro_tmpl = {.call = macro_call};
static const struct value_obj_ops macro_ops = {
    .name = "macro", .free = macro_free, .tmpl = &macro_tmpl};

struct value
object_macro_new(struct vm *vm, const struct node *node)
{
	struct macro *macro = mem_alloc(sizeof *macro);

	value_obj_init(&macro->obj, &macro_ops);
	macro->node = node;
	macro->tmpl = tmpl_ref(vm->tmpl);
	macro->scope = vm->scope;
	macro->serial = vm->scopes[vm->scope].serial;
	macro->no_context = vm->no_context;
	return value_object_take(&macro->obj);
}
