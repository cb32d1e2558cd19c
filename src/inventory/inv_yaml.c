/* YAML inventories: groups of hosts, vars and children, nested. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "inventory/inv_load.h"
#include "inventory/yaml.h"

struct yaml_inv {
	struct inv_load *load;
	const char *file; /* the inventory's own copy of the path */
	struct yaml_doc doc;
};

/* A group with the entry that describes it. */
struct entry {
	struct value key;
	struct value data;
	struct inv_place place;
};

/* Entry `index` of a map; `around` is the place when it has none itself. */
static struct entry
entry_at(const struct yaml_inv *y, struct value map, size_t index,
    const struct inv_place *around)
{
	struct entry entry = {.key = value_map_name_at(map, index),
	    .data = value_map_at(map, index),
	    .place = *around};
	const struct yaml_place *place = yaml_doc_place(&y->doc, entry.key);

	if (place != NULL) {
		entry.place.line = place->line;
		entry.place.col = place->col;
	}
	return entry;
}

static void
report(const struct yaml_inv *y, const struct entry *entry, const char *text,
    const char *hint)
{
	problems_error(y->load->problems, entry->place.file, entry->place.line,
	    entry->place.col, "\"%s\": %s", value_str(entry->key), text);
	problems_hint(y->load->problems, "%s", hint);
}

static void
warn_skipped(
    const struct yaml_inv *y, const struct entry *entry, const char *text)
{
	problems_warn(y->load->problems, entry->place.file, entry->place.line,
	    entry->place.col, "\"%s\" is left out: %s", value_str(entry->key),
	    text);
}

static struct inv_setting
setting_of(const struct yaml_inv *y, const struct entry *var)
{
	struct inv_setting setting = {.place = var->place, .value = var->data};
	const struct yaml_place *place = yaml_doc_place(&y->doc, var->key);
	struct buf name;

	buf_init(&name, INVENTORY_LINE_MAX);
	if (var->key.type == VALUE_STRING)
		buf_adds(&name, value_str(var->key));
	else
		value_write_json(var->key, -1, false, &name);
	setting.name = inv_load_name(y->load, name.data, &var->place);
	setting.raw = place == NULL ? NULL : place->raw;
	buf_done(&name);
	return setting;
}

static void
group_vars(const struct yaml_inv *y, struct inv_group *group,
    const struct entry *section)
{
	size_t i;

	for (i = 0; i < value_len(section->data); i++) {
		struct entry var =
		    entry_at(y, section->data, i, &section->place);
		struct inv_setting setting = setting_of(y, &var);

		setting.owner = group->name;
		inv_check_setting(y->load, &setting);
		if (inv_set_group_var(
			group, setting.name->key, value_ref(setting.value)) < 0)
			report(y, &var, "must be an integer",
			    "the priority of a group");
	}
}

static void
host_entry(
    const struct yaml_inv *y, struct inv_group *group, const struct entry *host)
{
	struct inv_named named = {0};
	size_t i;

	if (value_str_len(host->key) == 0) {
		report(y, host, "the name of a host must be text",
		    "put a number in quotes");
		return;
	}
	if (host->data.type != VALUE_MAP && value_truth(host->data)) {
		report(y, host, "a host takes a map of variables",
		    "name: value, or nothing at all");
		return;
	}
	if (inv_add_named(
		y->load, group, value_str(host->key), &host->place, &named) < 0)
		return;
	for (i = 0; i < value_len(host->data); i++) {
		struct entry var = entry_at(y, host->data, i, &host->place);
		struct inv_setting setting = setting_of(y, &var);

		inv_set_named(y->load, &named, &setting);
	}
	free(named.at);
}

static void
group_hosts(const struct yaml_inv *y, struct inv_group *group,
    const struct entry *section)
{
	size_t i;

	for (i = 0; i < value_len(section->data); i++) {
		struct entry host =
		    entry_at(y, section->data, i, &section->place);

		host_entry(y, group, &host);
	}
}

static struct inv_group *read_group(
    const struct yaml_inv *y, const struct entry *entry);

/* NOLINTBEGIN(misc-no-recursion): the YAML reader bounds the depth */

static void
group_children(const struct yaml_inv *y, struct inv_group *group,
    const struct entry *section)
{
	size_t i;

	for (i = 0; i < value_len(section->data); i++) {
		struct entry entry =
		    entry_at(y, section->data, i, &section->place);
		struct inv_group *child = read_group(y, &entry);

		if (child == NULL)
			report(y, &entry, "there is no such group", "");
		else if (inv_group_add_child(y->load->inv, group, child) < 0)
			report(y, &entry, "as a child here it makes a loop",
			    "a group can not be above itself");
	}
}

static const struct {
	const char *name;
	void (*read)(const struct yaml_inv *y, struct inv_group *group,
	    const struct entry *section);
} sections[] = {
    {"vars", group_vars},
    {"children", group_children},
    {"hosts", group_hosts},
};

/* "hosts: one" is short for "hosts: {one: }". */
static void
read_section(
    const struct yaml_inv *y, struct inv_group *group, struct entry *section)
{
	struct value one = {.type = VALUE_UNDEFINED};
	size_t i;

	for (i = 0; i < sizeof sections / sizeof sections[0]; i++)
		if (strcmp(sections[i].name, value_str(section->key)) == 0)
			break;
	if (i == sizeof sections / sizeof sections[0]) {
		if (section->data.type != VALUE_NULL)
			warn_skipped(y, section,
			    "a group has only vars, children and hosts");
		return;
	}
	if (section->data.type == VALUE_STRING) {
		one = value_map_new();
		value_map_put(one, value_ref(section->data), value_null());
		section->data = one;
	}
	if (section->data.type == VALUE_MAP)
		sections[i].read(y, group, section);
	else if (section->data.type != VALUE_NULL)
		report(y, section, "expected a map", "name: value");
	value_unref(one);
}

static struct inv_group *
read_group(const struct yaml_inv *y, const struct entry *entry)
{
	const char *name = value_str(entry->key);
	struct inv_group *group = inv_get_group(y->load->inv, name);
	size_t i;

	if (value_str_len(entry->key) == 0) {
		report(y, entry, "the name of a group must be text",
		    "put a number in quotes");
		return NULL;
	}
	if (entry->data.type != VALUE_MAP && entry->data.type != VALUE_NULL) {
		warn_skipped(y, entry, "it does not describe a group");
		return group;
	}
	if (group == NULL)
		inv_check_group_name(y->load, name, &entry->place);
	group = inv_add_group(y->load->inv, name, &entry->place);
	for (i = 0; i < value_len(entry->data); i++) {
		struct entry section =
		    entry_at(y, entry->data, i, &entry->place);

		read_section(y, group, &section);
	}
	return group;
}

/* NOLINTEND(misc-no-recursion) */

static void
read_groups(const struct yaml_inv *y)
{
	struct inv_place top = {y->file, 1, 1};
	size_t i;

	if (value_truth(value_map_get(y->doc.value, "plugin"))) {
		problems_error(y->load->problems, y->file, 1, 1,
		    "inventory plugins are not supported");
		problems_hint(y->load->problems,
		    "save what ansible-inventory --list --export prints");
		return;
	}
	for (i = 0; i < value_len(y->doc.value); i++) {
		struct entry entry = entry_at(y, y->doc.value, i, &top);

		(void)read_group(y, &entry);
	}
}

enum yaml_form {
	FORM_NOT,   /* by its suffix it is something else */
	FORM_MAYBE, /* no suffix: Ansible tries YAML, then INI */
	FORM_YAML,
};

static enum yaml_form
form_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	const char *dot = strrchr(name, '.');

	if (dot == NULL || dot == name)
		return FORM_MAYBE;
	if (strcmp(dot, ".yml") == 0 || strcmp(dot, ".yaml") == 0 ||
	    strcmp(dot, ".json") == 0)
		return FORM_YAML;
	return FORM_NOT;
}

/* Whether a file that is no YAML was meant to be: by its first line. */
static bool
is_meant(const struct inv_file *file)
{
	const char *at = file->text;
	const char *end = at + file->len;

	while (at < end) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((stop == NULL ? end : stop) - at);

		while (len > 0 && strchr(" \t\r", at[len - 1]) != NULL)
			len--;
		if (len > 0 && *at != '#')
			return at[len - 1] == ':' ||
			       (len == 3 && memcmp(at, "---", 3) == 0);
		at = stop == NULL ? end : stop + 1;
	}
	return false;
}

/* True: y->doc is a map. Else the error, if it is one, has been reported. */
static bool
parse(struct yaml_inv *y, const struct inv_text *text, bool *ret_is_yaml)
{
	const struct inv_file *file = &text->file;
	struct problems twice;
	struct yaml_source source = {.text = file->text,
	    .len = file->len,
	    .name = file->path,
	    .problems = &twice,
	    .secrets = y->load->secrets,
	    .secret = text->plain != NULL};
	struct err err = {0};
	bool sure = form_of(file->path) == FORM_YAML || is_meant(file);
	size_t i;
	int ret;

	problems_init(&twice);
	ret = yaml_parse_source(&source, &y->doc, &err);
	*ret_is_yaml = sure || (ret == 0 && y->doc.value.type == VALUE_MAP);
	if (ret == 0 && y->doc.value.type == VALUE_NULL)
		*ret_is_yaml = false; /* nothing but comments: fine as INI */
	if (ret < 0 && sure) {
		problems_add(y->load->problems, PROBLEM_ERROR, &err);
	} else if (ret == 0 && y->doc.value.type != VALUE_MAP && *ret_is_yaml) {
		problems_error(y->load->problems, file->path, 1, 1,
		    "expected groups, not %s", value_type_name(y->doc.value));
		problems_hint(y->load->problems, "all: {hosts: {NAME: }}");
	}
	for (i = 0; i < twice.count && *ret_is_yaml; i++)
		problems_add(
		    y->load->problems, PROBLEM_WARNING, &twice.list[i].err);
	problems_done(&twice);
	return ret == 0 && y->doc.value.type == VALUE_MAP;
}

bool
inv_yaml_load(struct inv_load *load, const struct inv_text *text)
{
	struct yaml_inv y = {.load = load};
	bool is_yaml;

	if (form_of(text->file.path) == FORM_NOT)
		return false;
	if (parse(&y, text, &is_yaml)) {
		y.file = inv_add_path(load->inv, text->file.path);
		read_groups(&y);
	}
	yaml_doc_done(&y.doc);
	return is_yaml;
}

bool
inv_yaml_is(const struct inv_file *file)
{
	struct value value;
	bool is_yaml;

	if (form_of(file->path) != FORM_MAYBE)
		return form_of(file->path) == FORM_YAML;
	if (yaml_parse_value(file->text, file->len, file->path, &value, NULL) <
	    0)
		return is_meant(file);
	is_yaml = value.type == VALUE_MAP;
	value_unref(value);
	return is_yaml;
}
