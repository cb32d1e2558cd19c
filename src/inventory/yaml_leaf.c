#include "inventory/yaml_leaf.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "inventory/yaml_scalar.h"
#include "inventory/yaml_vault.h"

#define YAML_PREFIX "tag:yaml.org,2002:"

static bool
is_vault_tag(const char *tag)
{
	return tag != NULL && (strcmp(tag, "!vault") == 0 ||
				  strcmp(tag, "!vault-encrypted") == 0);
}

bool
yaml_tag_is_unsafe(const char *tag)
{
	return tag != NULL && strcmp(tag, "!unsafe") == 0;
}

bool
yaml_tag_fits(const char *tag, const char *own)
{
	if (tag == NULL || strcmp(tag, "!") == 0 || yaml_tag_is_unsafe(tag))
		return true;
	return str_starts(tag, YAML_PREFIX) &&
	       strcmp(tag + strlen(YAML_PREFIX), own) == 0;
}

const char *
yaml_tag_problem(const char *tag)
{
	if (is_vault_tag(tag))
		return "encrypted by Ansible Vault, which is not read here";
	return "a tag that has no meaning in variables";
}

/* Whether the rules for plain scalars hold: no tag, or "!" without quotes. */
static bool
is_plain(const yaml_event_t *event)
{
	const char *tag = (const char *)event->data.scalar.tag;

	return event->data.scalar.plain_implicit ||
	       (tag != NULL && strcmp(tag, "!") == 0 &&
		   event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE);
}

/* Fills the leaf in; returns NULL or what is wrong. */
static const char *
read_scalar(
    const yaml_event_t *event, bool is_key, bool unsafe, struct yaml_leaf *leaf)
{
	const char *tag = (const char *)event->data.scalar.tag;
	const char *text = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	bool plain = is_plain(event);

	if (unsafe || (event->data.scalar.quoted_implicit && !plain)) {
		leaf->value = value_string_len(text, len);
		return NULL;
	}
	if (plain && strcmp(text, "=") == 0 && !is_key)
		return "put it in quotes"; /* YAML 1.1's value tag */
	if (plain) {
		leaf->raw = text;
		leaf->merge = strcmp(text, "<<") == 0;
		return yaml_scalar_plain(text, len, &leaf->value);
	}
	if (tag != NULL && str_starts(tag, YAML_PREFIX))
		return yaml_scalar_tagged(
		    tag + strlen(YAML_PREFIX), text, len, &leaf->value);
	return yaml_tag_problem(tag);
}

static int
read_vault(const struct yaml_source *source, const yaml_event_t *event,
    const struct yaml_leaf_place *place, struct value *ret_value,
    struct err *err)
{
	struct yaml_vault_place vault = {.line = place->line,
	    .col = place->col,
	    .is_block = event->data.scalar.style == YAML_LITERAL_SCALAR_STYLE};
	struct value text = value_string_len(
	    (const char *)event->data.scalar.value, event->data.scalar.length);
	int ret = yaml_vault_value(source, text, &vault, ret_value, err);

	value_unref(text);
	return ret;
}

int
yaml_leaf_read(const struct yaml_source *source, const yaml_event_t *event,
    const struct yaml_leaf_place *place, struct yaml_leaf *ret_leaf,
    struct err *err)
{
	const char *tag = (const char *)event->data.scalar.tag;
	bool unsafe = yaml_tag_is_unsafe(tag);
	struct yaml_leaf leaf = {0};
	const char *wrong;

	if (source->secrets != NULL && is_vault_tag(tag))
		return read_vault(source, event, place, &ret_leaf->value, err);
	wrong = read_scalar(event, place->is_key, unsafe, &leaf);
	if (wrong != NULL) {
		err_at(err, source->name, place->line, place->col,
		    "\"%.40s\": %s", (const char *)event->data.scalar.value,
		    wrong);
		err_hint(err, "text with special characters needs quotes");
		return -EINVAL;
	}
	if (unsafe || place->unsafe)
		leaf.value.flags |= VALUE_SAFE;
	if (source->secret && leaf.value.type >= VALUE_INT)
		leaf.value.flags |= VALUE_SECRET;
	*ret_leaf = leaf;
	return 0;
}
