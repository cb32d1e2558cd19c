#include "core/hostvars.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hwaddr.h"
#include "base/mem.h"
#include "inventory/known.h"
#include "template/template.h"

struct hostvars {
	struct value_obj obj; /* what templates see; freed with the rest */
	struct inventory *inv;
	struct tmpl_env *env;
	struct value (*filter)(struct value vars);
	/* By inv_host_index(): tmpl_scope_new(), made when asked for. */
	struct value *scopes;
};

static struct value
group_names(const struct inv_host *host)
{
	struct value names = value_list_new();

	for (size_t i = 0; i < inv_host_group_count(host); i++)
		value_list_add(names,
		    value_string(inv_group_name(inv_host_group_at(host, i))));
	return names;
}

static void
set_macs(struct value vars, const struct inv_host *host)
{
	struct value list = value_list_new();
	char text[HWADDR_STRLEN];
	size_t count;
	const struct hwaddr *macs = inv_host_macs(host, &count);

	for (size_t i = 0; i < count; i++)
		value_list_add(
		    list, value_string(hwaddr_format(&macs[i], text)));
	if (count > 0)
		value_map_set(
		    vars, "mac", value_string(hwaddr_format(&macs[0], text)));
	value_map_set(vars, "macs", list);
}

struct value
hostvars_map(struct hostvars *hostvars, const struct inv_host *host)
{
	struct value vars = inventory_host_vars(hostvars->inv, host);
	const char *name = inv_host_name(host);

	if (hostvars->filter != NULL) {
		struct value own = vars;

		vars = hostvars->filter(own);
		value_unref(own);
	}
	value_map_set(vars, "inventory_hostname", value_string(name));
	value_map_set(vars, "inventory_hostname_short",
	    value_string_len(name, strcspn(name, ".")));
	value_map_set(vars, "group_names", group_names(host));
	value_map_set(vars, "groups", inventory_groups(hostvars->inv));
	set_macs(vars, host);
	return vars;
}

/* Borrowed. One for each host, so that a circle is seen as one. */
static struct value
scope_of(struct hostvars *hostvars, const struct inv_host *host)
{
	struct value *scope = &hostvars->scopes[inv_host_index(host)];
	struct tmpl_input input = {
	    .lookup = hostvars_lookup, .lookup_arg = hostvars};

	if (scope->type != VALUE_UNDEFINED)
		return *scope;
	input.vars = hostvars_map(hostvars, host);
	*scope = tmpl_scope_new(hostvars->env, inv_host_name(host), &input);
	value_unref(input.vars);
	return *scope;
}

/* ---- the object `hostvars` ---- */

/* Its memory is hostvars_free()'s. */
static void
on_obj_free_cb(struct value_obj *obj)
{
	(void)obj;
}

static int
on_obj_get_cb(struct value_obj *obj, const char *key, struct value *ret_value,
    struct err *err)
{
	struct hostvars *hostvars = (struct hostvars *)obj;
	const struct inv_host *host = inventory_find_host(hostvars->inv, key);

	(void)err;
	if (host == NULL)
		return -ENOENT;
	*ret_value = value_ref(scope_of(hostvars, host));
	return 0;
}

static struct value
on_obj_keys_cb(struct value_obj *obj)
{
	const struct hostvars *hostvars = (const struct hostvars *)obj;
	struct value keys = value_list_new();

	for (size_t i = 0; i < inventory_host_count(hostvars->inv); i++)
		value_list_add(keys, value_string(inv_host_name(
					 inventory_host_at(hostvars->inv, i))));
	return keys;
}

static const struct value_obj_ops obj_ops = {.name = "hostvars",
    .free = on_obj_free_cb,
    .get = on_obj_get_cb,
    .keys = on_obj_keys_cb};

struct hostvars *
hostvars_new(struct inventory *inv, struct tmpl_env *env,
    struct value (*filter)(struct value vars))
{
	struct hostvars *hostvars = mem_alloc(sizeof *hostvars);

	value_obj_init(&hostvars->obj, &obj_ops);
	hostvars->inv = inventory_ref(inv);
	hostvars->env = env;
	hostvars->filter = filter;
	hostvars->scopes =
	    mem_array(inventory_host_count(inv), sizeof *hostvars->scopes);
	return hostvars;
}

void
hostvars_free(struct hostvars *hostvars)
{
	if (hostvars == NULL)
		return;
	for (size_t i = 0; i < inventory_host_count(hostvars->inv); i++)
		value_unref(hostvars->scopes[i]);
	free(hostvars->scopes);
	inventory_unref(hostvars->inv);
	free(hostvars);
}

int
hostvars_lookup(
    void *arg, const char *name, struct value *ret_value, struct err *err)
{
	struct hostvars *hostvars = arg;
	struct value obj = {.type = VALUE_OBJECT, .u.o = &hostvars->obj};

	(void)err;
	if (strcmp(name, "hostvars") != 0)
		return -ENOENT;
	*ret_value = value_ref(obj);
	return 0;
}

/* ---- known variables ---- */

static int
expand(struct hostvars *hostvars, const struct inv_host *host, const char *name,
    struct value *ret_value, struct err *err)
{
	const struct known_var *var = known_find(name);
	struct value_obj *scope = scope_of(hostvars, host).u.o;
	struct value value;
	int ret = scope->ops->get(scope, name, &value, err);

	if (ret < 0)
		return ret;
	if (var != NULL)
		ret = known_check(var, value, err);
	if (ret < 0) {
		value_unref(value);
		return ret;
	}
	*ret_value = value;
	return 0;
}

/* The caller's; VALUE_UNDEFINED when it is not set and has no default. */
int
hostvars_value(struct hostvars *hostvars, const struct inv_host *host,
    const char *name, struct value *ret_value, struct err *err)
{
	struct value value = inventory_host_var(hostvars->inv, host, name);
	int ret;

	if (value_has_template(value)) {
		value_unref(value);
		ret = expand(hostvars, host, name, &value, err);
		if (ret < 0)
			return ret;
	}
	if (value.type == VALUE_UNDEFINED || value.type == VALUE_NULL) {
		value_unref(value);
		value = known_default(name);
	}
	*ret_value = value;
	return 0;
}

int
hostvars_bool(struct hostvars *hostvars, const struct inv_host *host,
    const char *name, bool *ret_bool, struct err *err)
{
	struct value value;
	int ret = hostvars_value(hostvars, host, name, &value, err);

	if (ret < 0)
		return ret;
	ret = value_as_bool(value, ret_bool);
	value_unref(value);
	return ret;
}

int
hostvars_int(struct hostvars *hostvars, const struct inv_host *host,
    const char *name, int64_t *ret_int, struct err *err)
{
	struct value value;
	int ret = hostvars_value(hostvars, host, name, &value, err);

	if (ret < 0)
		return ret;
	ret = value_as_int(value, ret_int);
	value_unref(value);
	return ret;
}

int
hostvars_ms(struct hostvars *hostvars, const struct inv_host *host,
    const char *name, int64_t *ret_ms, struct err *err)
{
	struct value value;
	int ret = hostvars_value(hostvars, host, name, &value, err);

	if (ret < 0)
		return ret;
	ret = known_as_ms(value, ret_ms);
	value_unref(value);
	return ret;
}

int
hostvars_str(struct hostvars *hostvars, const struct inv_host *host,
    const char *name, struct value *ret_value, struct err *err)
{
	struct value value;
	int ret = hostvars_value(hostvars, host, name, &value, err);

	if (ret < 0)
		return ret;
	*ret_value = known_as_string(value);
	value_unref(value);
	if (ret_value->type == VALUE_UNDEFINED)
		*ret_value = value_string("");
	return 0;
}

int
hostvars_check(
    struct hostvars *hostvars, const struct inv_host *host, struct err *err)
{
	size_t count;
	const struct known_var *table = known_table(&count);

	for (size_t i = 0; i < count; i++) {
		struct value value;
		int ret =
		    hostvars_value(hostvars, host, table[i].name, &value, err);

		if (ret < 0)
			return ret;
		value_unref(value);
	}
	return 0;
}
