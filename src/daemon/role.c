#include "daemon/role.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "inventory/value.h"

/* ---- to and from JSON ---- */

static struct value
loaders_to_value(const struct loader_set *set)
{
	struct value list = value_list_new();

	for (int i = 0; i < PXE_LOADER_COUNT; i++) {
		const struct pxe_loader_info *info =
		    pxe_loader_info((enum pxe_loader)i);

		if (set->present[i])
			value_list_add(list, value_string(info->file));
	}
	return list;
}

static void
loaders_from_value(struct value list, struct loader_set *set)
{
	for (size_t n = 0; n < value_len(list); n++) {
		const char *name = value_str(value_list_at(list, n));

		for (int i = 0; i < PXE_LOADER_COUNT; i++) {
			const struct pxe_loader_info *info =
			    pxe_loader_info((enum pxe_loader)i);

			if (strcmp(info->file, name) == 0)
				set->present[i] = true;
		}
	}
}

void
role_write_json(const struct role *role, struct buf *out)
{
	struct value map = value_map_new();

	value_map_set(map, "config", config_to_value(&role->config));
	value_map_set(map, "loaders", loaders_to_value(&role->loaders));
	value_map_set(map, "uid", value_int((int64_t)role->uid));
	value_map_set(map, "gid", value_int((int64_t)role->gid));
	value_map_set(map, "shared", value_bool(role->shared));
	value_map_set(map, "listens", value_bool(role->listens));
	value_map_set(map, "taps", value_bool(role->taps));
	value_map_set(map, "solicited", value_bool(role->solicited));
	value_map_set(map, "parent", value_int((int64_t)role->parent));
	value_map_set(map, "user", value_string(role->user));
	value_map_set(map, "data_dir", value_string(role->data_dir));
	value_write_json(map, -1, false, out);
	value_unref(map);
}

static int
read_int(struct value map, const char *name, int64_t *ret_int, struct err *err)
{
	int ret = value_as_int(value_map_get(map, name), ret_int);

	if (ret < 0)
		err_set(err, "role description: no %s", name);
	return ret;
}

static int
fill_role(struct role *role, struct value map, struct err *err)
{
	int64_t uid;
	int64_t gid;
	int64_t parent;

	if (read_int(map, "uid", &uid, err) < 0 ||
	    read_int(map, "gid", &gid, err) < 0 ||
	    read_int(map, "parent", &parent, err) < 0)
		return -EINVAL;
	role->uid = (uid_t)uid;
	role->gid = (gid_t)gid;
	role->parent = (pid_t)parent;
	(void)value_as_bool(value_map_get(map, "shared"), &role->shared);
	(void)value_as_bool(value_map_get(map, "listens"), &role->listens);
	(void)value_as_bool(value_map_get(map, "taps"), &role->taps);
	(void)value_as_bool(value_map_get(map, "solicited"), &role->solicited);
	role->user = mem_strdup(value_str(value_map_get(map, "user")));
	role->data_dir = mem_strdup(value_str(value_map_get(map, "data_dir")));
	loaders_from_value(value_map_get(map, "loaders"), &role->loaders);
	return config_from_value(
	    &role->config, value_map_get(map, "config"), err);
}

int
role_read_json(struct role *role, const char *text, size_t len, struct err *err)
{
	struct role fresh = {.parent = 0};
	struct value map;
	int ret = value_parse_json(text, len, &map, err);

	if (ret < 0)
		return ret;
	config_init(&fresh.config);
	ret = fill_role(&fresh, map, err);
	value_unref(map);
	if (ret < 0)
		role_done(&fresh);
	else
		*role = fresh;
	return ret;
}

void
role_done(struct role *role)
{
	config_done(&role->config);
	free(role->user);
	free(role->data_dir);
	role->user = NULL;
	role->data_dir = NULL;
}
