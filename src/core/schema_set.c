#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/schema_private.h"

struct value
schema_set_root(const struct schema_set *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->names[i], name) == 0)
			return set->roots[i];
	return (struct value){.type = VALUE_UNDEFINED};
}

bool
schema_has_key(const struct schema_set *set, const char *name, const char *key)
{
	struct value properties =
	    value_map_get(schema_set_root(set, name), "properties");

	return value_map_get(properties, key).type != VALUE_UNDEFINED;
}

static const struct schema_pattern *
find_pattern(const struct schema_set *set, const char *text)
{
	for (size_t i = 0; i < set->pattern_count; i++)
		if (strcmp(set->patterns[i].text, text) == 0)
			return &set->patterns[i];
	return NULL;
}

bool
schema_set_matches(
    const struct schema_set *set, const char *pattern, const char *text)
{
	const struct schema_pattern *known = find_pattern(set, pattern);

	return known != NULL && regexec(&known->regex, text, 0, NULL, 0) == 0;
}

static int
add_pattern(struct schema_set *set, const char *text, struct err *err)
{
	struct schema_pattern *pattern = &set->patterns[set->pattern_count];

	if (find_pattern(set, text) != NULL)
		return 0;
	if (set->pattern_count == SCHEMA_PATTERNS_MAX ||
	    regcomp(&pattern->regex, text, REG_EXTENDED | REG_NOSUB) != 0) {
		err_set(err, "the pattern '%s' can not be compiled", text);
		return -EINVAL;
	}
	pattern->text = text;
	set->pattern_count++;
	return 0;
}

/* A property may be called "pattern": only a text is a keyword's. */
static int
/* NOLINTNEXTLINE(misc-no-recursion): the JSON reader limits the depth */
add_patterns(struct schema_set *set, struct value schema, struct err *err)
{
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < value_len(schema); i++) {
		struct value item = schema.type == VALUE_MAP
					? value_map_at(schema, i)
					: value_list_at(schema, i);

		if (schema.type == VALUE_MAP && item.type == VALUE_STRING &&
		    strcmp(value_map_key_at(schema, i), "pattern") == 0)
			ret = add_pattern(set, value_str(item), err);
		if (schema.type == VALUE_MAP && item.type == VALUE_MAP &&
		    strcmp(value_map_key_at(schema, i), "patternProperties") ==
			0)
			for (size_t k = 0; ret == 0 && k < value_len(item); k++)
				ret = add_pattern(
				    set, value_map_key_at(item, k), err);
		if (ret == 0)
			ret = add_patterns(set, item, err);
	}
	return ret;
}

static int
add_schema(
    struct schema_set *set, const struct schema_source *source, struct err *err)
{
	struct value root;
	int ret;

	ret = value_parse_json(
	    (const char *)source->text, source->len, &root, err);
	if (ret < 0)
		return ret;
	set->names[set->count] = source->name;
	set->roots[set->count++] = root;
	return add_patterns(set, root, err);
}

int
schema_set_new(const struct schema_source *sources, size_t count,
    struct schema_set **ret_set, struct err *err)
{
	struct schema_set *set = mem_alloc(sizeof *set);
	int ret = count > SCHEMA_SET_MAX ? -E2BIG : 0;

	for (size_t i = 0; ret == 0 && i < count; i++) {
		ret = add_schema(set, &sources[i], err);
		if (ret < 0)
			err_place(err, sources[i].name, 0, 0);
	}
	if (ret < 0) {
		schema_set_free(set);
		return ret;
	}
	*ret_set = set;
	return 0;
}

void
schema_set_free(struct schema_set *set)
{
	if (set == NULL)
		return;
	for (size_t i = 0; i < set->pattern_count; i++)
		regfree(&set->patterns[i].regex);
	for (size_t i = 0; i < set->count; i++)
		value_unref(set->roots[i]);
	free(set);
}
