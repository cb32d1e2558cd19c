/*
 * Values in a vault, as "!vault" or as JSON has them. Used by inventory/yaml.c
 * and inventory/yaml_build.c.
 */
#ifndef CONVECT_INVENTORY_YAML_VAULT_H
#define CONVECT_INVENTORY_YAML_VAULT_H

#include "inventory/yaml.h"

struct yaml_vault_place {
	int line; /* 0: not known */
	int col;
	bool is_block; /* the text begins on the next line */
};

/* -EINVAL, -ENOTSUP: the text is wrong; err says on which line. */
int yaml_vault_value(const struct yaml_source *source, struct value text,
    const struct yaml_vault_place *place, struct value *ret_value,
    struct err *err);

/*
 * What Ansible makes of a JSON file of variables: {"__ansible_vault": text}
 * is a value in a vault, {"__ansible_unsafe": value} never a template. A new
 * value. -EINVAL, -ENOTSUP: a vault's text that is wrong.
 */
int yaml_json_value(const struct yaml_source *source, struct value json,
    struct value *ret_value, struct err *err);

#endif
