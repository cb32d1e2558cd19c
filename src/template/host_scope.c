/* Another host's variables, expanded with that host's own when asked for. */
#include <errno.h>
#include <stdlib.h>

#include "base/mem.h"
#include "template/vm.h"

struct host_scope {
	struct value_obj obj;
	struct tmpl_env *env;
	char *name;
	struct tmpl_input input;
	struct value made; /* map: what has been expanded or looked up */
};

static void
host_scope_free(struct value_obj *obj)
{
	struct host_scope *scope = (struct host_scope *)obj;

	value_unref(scope->input.vars);
	value_unref(scope->made);
	free(scope->name);
	free(scope);
}

/* Makes what is not there as it is; owned. */
static int
host_scope_make(struct host_scope *scope, const char *key, struct value value,
    struct value *ret_value, struct err *err)
{
	char *label;
	int ret;

	if (value.type != VALUE_UNDEFINED) {
		label = mem_printf("%s.%s", scope->name, key);
		ret = tmpl_eval(
		    scope->env, label, value, &scope->input, ret_value, err);
		free(label);
		return ret;
	}
	if (scope->input.lookup == NULL)
		return -ENOENT;
	return scope->input.lookup(
	    scope->input.lookup_arg, key, ret_value, err);
}

static int
host_scope_get(struct value_obj *obj, const char *key, struct value *ret_value,
    struct err *err)
{
	struct host_scope *scope = (struct host_scope *)obj;
	struct value value = value_map_get(scope->input.vars, key);
	struct value made = {0};
	int ret;

	if (value.type != VALUE_UNDEFINED && !value_has_template(value)) {
		*ret_value = value_ref(value);
		return 0;
	}
	made = value_map_get(scope->made, key);
	if (made.type != VALUE_UNDEFINED) {
		*ret_value = value_ref(made);
		return 0;
	}
	ret = host_scope_make(scope, key, value, &made, err);
	if (ret != 0)
		return ret;
	value_map_set(scope->made, key, value_ref(made));
	*ret_value = made;
	return 0;
}

static struct value
host_scope_keys(struct value_obj *obj)
{
	const struct host_scope *scope = (struct host_scope *)obj;
	struct value keys = value_list_new();

	for (size_t i = 0; i < value_len(scope->input.vars); i++)
		value_list_add(
		    keys, value_ref(value_map_name_at(scope->input.vars, i)));
	return keys;
}

static const struct value_obj_ops host_scope_ops = {.name = "host's variables",
    .free = host_scope_free,
    .get = host_scope_get,
    .keys = host_scope_keys};

struct value
tmpl_scope_new(
    struct tmpl_env *env, const char *name, const struct tmpl_input *input)
{
	struct host_scope *scope = mem_alloc(sizeof *scope);

	value_obj_init(&scope->obj, &host_scope_ops);
	scope->env = env;
	scope->name = mem_strdup(name);
	scope->input = *input;
	scope->input.vars = value_ref(input->vars);
	scope->made = value_map_new();
	return value_object_take(&scope->obj);
}
