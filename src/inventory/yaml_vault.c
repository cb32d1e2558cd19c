#include "inventory/yaml_vault.h"

#include <string.h>

#include "inventory/vault.h"

static const char vault_key[] = "__ansible_vault";
static const char unsafe_key[] = "__ansible_unsafe";
static const struct yaml_vault_place nowhere;

struct reader {
	const struct yaml_source *source;
	struct err *err;
};

static int read_value(const struct reader *r, struct value json, bool unsafe,
    struct value *ret_value);

int
yaml_vault_value(const struct yaml_source *source, struct value text,
    const struct yaml_vault_place *place, struct value *ret_value,
    struct err *err)
{
	struct err inner = {0};
	int ret;

	ret = vault_check(value_str(text), value_str_len(text), &inner);
	if (ret < 0) {
		err_at(err, source->name,
		    place->line + (place->is_block ? inner.line : 0),
		    place->is_block ? 0 : place->col, "%s", inner.text);
		err_hint(err, "%s", inner.hint);
		return ret;
	}
	*ret_value =
	    vault_value(source->secrets, text, source->name, place->line);
	return 0;
}

/* NOLINTBEGIN(misc-no-recursion): JSON is VALUE_DEPTH_MAX deep at most */

static int
read_list(const struct reader *r, struct value json, bool unsafe,
    struct value *ret_value)
{
	struct value list = value_list_new(), item;
	size_t i;

	for (i = 0; i < value_len(json); i++) {
		int ret = read_value(r, value_list_at(json, i), unsafe, &item);

		if (ret < 0) {
			value_unref(list);
			return ret;
		}
		value_list_add(list, item);
	}
	*ret_value = list;
	return 0;
}

/* The first of the two special keys decides, whatever is beside it. */
static int
read_map(const struct reader *r, struct value json, bool unsafe,
    struct value *ret_value)
{
	struct value map, item;
	size_t i;

	for (i = 0; i < value_len(json); i++) {
		const char *key = value_map_key_at(json, i);

		if (strcmp(key, vault_key) == 0)
			return yaml_vault_value(r->source,
			    value_map_at(json, i), &nowhere, ret_value, r->err);
		if (strcmp(key, unsafe_key) == 0)
			return read_value(
			    r, value_map_at(json, i), true, ret_value);
	}
	map = value_map_new();
	for (i = 0; i < value_len(json); i++) {
		int ret = read_value(r, value_map_at(json, i), unsafe, &item);

		if (ret < 0) {
			value_unref(map);
			return ret;
		}
		value_map_put(map, value_ref(value_map_name_at(json, i)), item);
	}
	*ret_value = map;
	return 0;
}

static int
read_value(const struct reader *r, struct value json, bool unsafe,
    struct value *ret_value)
{
	if (json.type == VALUE_LIST)
		return read_list(r, json, unsafe, ret_value);
	if (json.type == VALUE_MAP)
		return read_map(r, json, unsafe, ret_value);
	*ret_value = value_ref(json);
	if (unsafe && json.type == VALUE_STRING)
		ret_value->flags |= VALUE_SAFE;
	if (r->source->secret && json.type >= VALUE_INT)
		ret_value->flags |= VALUE_SECRET;
	return 0;
}

/* NOLINTEND(misc-no-recursion) */

int
yaml_json_value(const struct yaml_source *source, struct value json,
    struct value *ret_value, struct err *err)
{
	struct reader r = {source, err};

	return read_value(&r, json, false, ret_value);
}
