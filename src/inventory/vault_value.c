/* A value in a vault: closed until somebody asks for it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "inventory/vault.h"

struct vault_obj {
	struct value_obj obj;
	struct inv_secrets *secrets;
	struct value text;
	struct value plain; /* once it has been asked for */
	char *file;
	int line;
};

static void
on_free_cb(struct value_obj *obj)
{
	struct vault_obj *vault = (struct vault_obj *)obj;

	inv_secrets_unref(vault->secrets);
	value_unref(vault->text);
	value_unref(vault->plain);
	free(vault->file);
	free(vault);
}

/* Ansible takes what comes out of a vault as it is: never for a template. */
static int
on_open_cb(struct value_obj *obj, struct value *ret_value, struct err *err)
{
	struct vault_obj *vault = (struct vault_obj *)obj;
	struct err inner = {0};
	char *text;
	size_t len;
	int ret;

	if (vault->plain.type != VALUE_UNDEFINED) {
		*ret_value = value_ref(vault->plain);
		return 0;
	}
	ret = vault_open(vault->secrets, value_str(vault->text),
	    value_str_len(vault->text), &text, &len, &inner);
	if (ret < 0) {
		err_at(err, vault->file, vault->line, 0, "%s", inner.text);
		err_hint(err, "%s", inner.hint);
		return ret;
	}
	if (str_utf8_valid_len(text, len) == len &&
	    memchr(text, '\0', len) == NULL) {
		vault->plain = value_string_len(text, len);
		vault->plain.flags = VALUE_SECRET | VALUE_SAFE;
		*ret_value = value_ref(vault->plain);
	} else {
		err_at(err, vault->file, vault->line, 0,
		    "what the vault encrypts is not UTF-8 text");
		ret = -EINVAL;
	}
	vault_wipe(text, len);
	return ret;
}

static const struct value_obj_ops vault_ops = {
    .name = "encrypted string",
    .free = on_free_cb,
    .open = on_open_cb,
};

struct value
vault_value(
    struct inv_secrets *secrets, struct value text, const char *file, int line)
{
	struct vault_obj *vault = mem_alloc(sizeof *vault);
	struct value value;

	value_obj_init(&vault->obj, &vault_ops);
	vault->secrets = inv_secrets_ref(secrets);
	vault->text = value_ref(text);
	vault->file = mem_strdup(file);
	vault->line = line;
	value = value_object_take(&vault->obj);
	value.flags = VALUE_SECRET;
	return value;
}

struct value
vault_value_text(struct value value)
{
	if (value.type != VALUE_OBJECT || value.u.o->ops != &vault_ops)
		return (struct value){.type = VALUE_UNDEFINED};
	return ((struct vault_obj *)value.u.o)->text;
}
