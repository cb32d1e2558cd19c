/* Loops, namespaces, functions, cyclers and joiners. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "template/vm.h"

struct function {
	struct value_obj obj;
	const struct builtin *builtin;
};

struct loop {
	struct value_obj obj;
	struct value items;
	size_t index;	      /* from 0 */
	struct value changed; /* the last arguments of changed() */
};

/* A namespace's map, a cycler's items or a joiner's separator. */
struct holder {
	struct value_obj obj;
	struct value value;
	size_t used;
};

bool
object_is_ours(struct value value)
{
	return value.type == VALUE_OBJECT && value.u.o->ops->tmpl != NULL;
}

/* ---- functions ---- */

static void
function_free(struct value_obj *obj)
{
	free(obj);
}

static int
function_call(struct vm *vm, struct value self, const struct actual *actual,
    struct value *ret_value)
{
	const struct function *function = (struct function *)self.u.o;

	return vm_run(
	    vm, function->builtin, (struct value){0}, actual, ret_value);
}

static const struct tmpl_object_ops function_tmpl = {.call = function_call};
static const struct value_obj_ops function_ops = {
    .name = "function", .free = function_free, .tmpl = &function_tmpl};

struct value
object_function_new(const struct builtin *builtin)
{
	struct function *function = mem_alloc(sizeof *function);

	value_obj_init(&function->obj, &function_ops);
	function->builtin = builtin;
	return value_object_take(&function->obj);
}

/* ---- loops ---- */

static void
loop_free(struct value_obj *obj)
{
	struct loop *loop = (struct loop *)obj;

	value_unref(loop->items);
	value_unref(loop->changed);
	free(loop);
}

static struct value
loop_number(const struct loop *loop, const char *name)
{
	int64_t count = (int64_t)value_len(loop->items);
	int64_t index = (int64_t)loop->index;
	const struct {
		const char *name;
		int64_t number;
	} rows[] = {
	    {"index", index + 1},
	    {"index0", index},
	    {"length", count},
	    {"revindex", count - index},
	    {"revindex0", count - index - 1},
	    {"depth", 1}, /* only recursive loops go deeper */
	    {"depth0", 0},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(rows[i].name, name) == 0)
			return value_int(rows[i].number);
	return (struct value){0};
}

static struct value
loop_neighbour(const struct loop *loop, size_t index, const char *text)
{
	struct value item = value_list_at(loop->items, index);

	if (item.type != VALUE_UNDEFINED)
		return value_ref(item);
	item = value_string(text);
	item.type = VALUE_UNDEFINED;
	return item;
}

static int
loop_attr(
    struct vm *vm, struct value self, const char *name, struct value *ret_value)
{
	const struct loop *loop = (struct loop *)self.u.o;
	size_t count = value_len(loop->items);

	(void)vm;
	if (strcmp(name, "first") == 0)
		*ret_value = value_bool(loop->index == 0);
	else if (strcmp(name, "last") == 0)
		*ret_value = value_bool(loop->index + 1 == count);
	else if (strcmp(name, "previtem") == 0)
		*ret_value = loop_neighbour(
		    loop, loop->index - 1, "there is no previous item");
	else if (strcmp(name, "nextitem") == 0)
		*ret_value = loop_neighbour(
		    loop, loop->index + 1, "there is no next item");
	else
		*ret_value = loop_number(loop, name);
	return ret_value->type == VALUE_UNDEFINED && ret_value->u.head == NULL
		   ? -ENOENT
		   : 0;
}

static int
loop_cycle(struct vm *vm, const struct call *call, struct value *ret_value)
{
	const struct loop *loop = (struct loop *)call->self.u.o;

	if (call->more_count == 0)
		return vm_fail(vm, "there is nothing to cycle through");
	*ret_value = value_ref(call->more[loop->index % call->more_count]);
	return 0;
}

static int
loop_changed(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct loop *loop = (struct loop *)call->self.u.o;
	struct value now = value_list_new();
	int ret = 0;

	for (size_t i = 0; i < call->more_count && ret == 0; i++) {
		ret = vm_guard_item(vm, now, call->more[i], 0);
		value_list_add(now, value_ref(call->more[i]));
	}
	if (ret != 0) {
		value_unref(now);
		return ret;
	}
	*ret_value = value_bool(loop->changed.type == VALUE_UNDEFINED ||
				!value_equal(loop->changed, now));
	value_unref(loop->changed);
	loop->changed = now;
	return 0;
}

static const struct builtin loop_methods[] = {
    {"cycle", loop_cycle, "", 0, 0, BUILTIN_VARARGS},
    {"changed", loop_changed, "", 0, 0, BUILTIN_VARARGS},
    {NULL, NULL, NULL, 0, 0, 0},
};

static const struct tmpl_object_ops loop_tmpl = {
    .attr = loop_attr, .methods = loop_methods};
static const struct value_obj_ops loop_ops = {
    .name = "loop", .free = loop_free, .tmpl = &loop_tmpl};

struct value
object_loop_new(struct value items)
{
	struct loop *loop = mem_alloc(sizeof *loop);

	value_obj_init(&loop->obj, &loop_ops);
	loop->items = value_ref(items);
	return value_object_take(&loop->obj);
}

void
object_loop_step(struct value loop, size_t index)
{
	((struct loop *)loop.u.o)->index = index;
}

/* ---- namespaces, cyclers, joiners ---- */

static void
holder_free(struct value_obj *obj)
{
	struct holder *holder = (struct holder *)obj;

	value_unref(holder->value);
	free(holder);
}

static struct value
holder_new(const struct value_obj_ops *ops, struct value value)
{
	struct holder *holder = mem_alloc(sizeof *holder);

	value_obj_init(&holder->obj, ops);
	holder->value = value;
	return value_object_take(&holder->obj);
}

static int
namespace_attr(
    struct vm *vm, struct value self, const char *name, struct value *ret_value)
{
	const struct holder *holder = (struct holder *)self.u.o;
	struct value item = value_map_get(holder->value, name);

	(void)vm;
	if (item.type == VALUE_UNDEFINED)
		return -ENOENT;
	*ret_value = value_ref(item);
	return 0;
}

static const struct tmpl_object_ops namespace_tmpl = {.attr = namespace_attr};
static const struct value_obj_ops namespace_ops = {
    .name = "namespace", .free = holder_free, .tmpl = &namespace_tmpl};

struct value
object_namespace_new(struct value map)
{
	return holder_new(&namespace_ops, map);
}

bool
object_is_namespace(struct value value)
{
	return value.type == VALUE_OBJECT && value.u.o->ops == &namespace_ops;
}

int
object_namespace_set(
    struct vm *vm, struct value ns, struct value name, struct value value)
{
	struct holder *holder = (struct holder *)ns.u.o;
	int ret = vm_guard_item(vm, holder->value, value, 0);

	if (ret == 0)
		value_map_put(holder->value, value_ref(name), value_ref(value));
	return ret;
}

static int
cycler_next(struct vm *vm, const struct call *call, struct value *ret_value)
{
	struct holder *holder = (struct holder *)call->self.u.o;

	(void)vm;
	*ret_value = value_ref(value_list_at(
	    holder->value, holder->used++ % value_len(holder->value)));
	return 0;
}

static int
cycler_reset(struct vm *vm, const struct call *call, struct value *ret_value)
{
	(void)vm;
	((struct holder *)call->self.u.o)->used = 0;
	*ret_value = value_null();
	return 0;
}

static int
cycler_attr(
    struct vm *vm, struct value self, const char *name, struct value *ret_value)
{
	const struct holder *holder = (struct holder *)self.u.o;

	(void)vm;
	if (strcmp(name, "current") != 0)
		return -ENOENT;
	*ret_value = value_ref(value_list_at(
	    holder->value, holder->used % value_len(holder->value)));
	return 0;
}

static const struct builtin cycler_methods[] = {
    {"next", cycler_next, "", 0, 0, 0},
    {"reset", cycler_reset, "", 0, 0, 0},
    {NULL, NULL, NULL, 0, 0, 0},
};

static const struct tmpl_object_ops cycler_tmpl = {
    .attr = cycler_attr, .methods = cycler_methods};
static const struct value_obj_ops cycler_ops = {
    .name = "cycler", .free = holder_free, .tmpl = &cycler_tmpl};

struct value
object_cycler_new(struct value items)
{
	return holder_new(&cycler_ops, items);
}

static int
joiner_call(struct vm *vm, struct value self, const struct actual *actual,
    struct value *ret_value)
{
	struct holder *holder = (struct holder *)self.u.o;

	(void)actual;
	if (holder->used++ > 0)
		*ret_value = value_ref(holder->value);
	else
		return vm_string(vm, "", 0, ret_value);
	return 0;
}

static const struct tmpl_object_ops joiner_tmpl = {.call = joiner_call};
static const struct value_obj_ops joiner_ops = {
    .name = "joiner", .free = holder_free, .tmpl = &joiner_tmpl};

struct value
object_joiner_new(struct value sep)
{
	return holder_new(&joiner_ops, sep);
}
