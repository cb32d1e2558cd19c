/*
 * A host's entry in a YAML inventory (JSON too). libyaml says where things
 * are; the text itself is only cut, never written anew.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/escape.h"
#include "inventory/inv_edit_impl.h"
#include "inventory/pyliteral.h"

#define STEP 2	     /* columns, where the file shows no other habit */
#define DEPTH_MAX 32 /* of groups within groups */

struct yaml_edit {
	struct inv_edit_cut *cut;
	const struct inv_edit *edit;
	yaml_document_t doc;
};

/* A group's entry: its name's node, and what describes it. */
struct yaml_group {
	const yaml_node_t *key;
	yaml_node_t *value;
};

static yaml_node_t *
node_at(struct yaml_edit *y, int id)
{
	return yaml_document_get_node(&y->doc, id);
}

static bool
is_scalar(const yaml_node_t *node, const char *text)
{
	return node != NULL && node->type == YAML_SCALAR_NODE &&
	       strcmp((const char *)node->data.scalar.value, text) == 0;
}

/* "key:" with nothing behind it, or a plain null. */
static bool
is_null(const yaml_node_t *node)
{
	return is_scalar(node, "") || is_scalar(node, "~") ||
	       is_scalar(node, "null");
}

static bool
is_map(const yaml_node_t *node)
{
	return node != NULL && node->type == YAML_MAPPING_NODE;
}

static bool
is_flow(const yaml_node_t *node)
{
	return node->data.mapping.style == YAML_FLOW_MAPPING_STYLE;
}

static size_t
pair_count(const yaml_node_t *map)
{
	return (size_t)(map->data.mapping.pairs.top -
			map->data.mapping.pairs.start);
}

static struct yaml_group
pair_at(struct yaml_edit *y, const yaml_node_t *map, size_t i)
{
	const yaml_node_pair_t *pair = map->data.mapping.pairs.start + i;

	return (struct yaml_group){
	    node_at(y, pair->key), node_at(y, pair->value)};
}

static bool
find_pair(struct yaml_edit *y, const yaml_node_t *map, const char *key,
    struct yaml_group *ret_pair)
{
	for (size_t i = 0; is_map(map) && i < pair_count(map); i++) {
		*ret_pair = pair_at(y, map, i);
		if (is_scalar(ret_pair->key, key))
			return true;
	}
	return false;
}

/* Marks count characters; the text is cut at bytes. */
static size_t
offset_of(const struct inv_file *file, const yaml_mark_t *mark)
{
	size_t at = 0;

	for (size_t i = 0; i < mark->index && at < file->len; i++) {
		at++;
		while (at < file->len &&
		       ((unsigned char)file->text[at] & 0xc0) == 0x80)
			at++;
	}
	return at;
}

/* ---- where a node's last line is ------------------------------------ */

/* NOLINTBEGIN(misc-no-recursion): libyaml bounds the depth */

/* Behind the last byte that belongs to the node, in bytes. */
static size_t
end_of(struct yaml_edit *y, const yaml_node_t *node)
{
	const struct inv_file *file = y->cut->file;
	size_t at;

	if (is_map(node) && !is_flow(node) && pair_count(node) > 0)
		return end_of(y, pair_at(y, node, pair_count(node) - 1).value);
	if (node->type == YAML_SEQUENCE_NODE &&
	    node->data.sequence.style != YAML_FLOW_SEQUENCE_STYLE &&
	    node->data.sequence.items.top > node->data.sequence.items.start)
		return end_of(y, node_at(y, node->data.sequence.items.top[-1]));
	at = offset_of(file, &node->end_mark);
	/* A block scalar ends where the next thing begins. */
	while (at > 0 && at <= file->len &&
	       strchr(" \t\r\n", file->text[at - 1]) != NULL)
		at--;
	return at;
}

/* NOLINTEND(misc-no-recursion) */

/* ---- the new lines -------------------------------------------------- */

static void
add_indent(struct buf *out, size_t columns)
{
	for (size_t i = 0; i < columns; i++)
		buf_addc(out, ' ');
}

/* JSON's values are YAML's, and a quoted string is never anything else. */
static void
add_value(struct buf *out, const char *text)
{
	struct value value;
	const char *wrong;

	if (pyliteral_parse(text, strlen(text), &value, &wrong) < 0)
		value = value_string(text);
	value_write_json(value, -1, false, out);
	value_unref(value);
}

/* Plain, unless YAML would make something else of it. */
static void
add_key(struct buf *out, const char *name, bool quoted)
{
	static const char *const words[] = {
	    "y", "n", "yes", "no", "true", "false", "on", "off", "null"};
	bool plain = !quoted && strchr("0123456789", name[0]) == NULL;

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		plain = plain && strcasecmp(name, words[i]) != 0;
	if (plain)
		buf_adds(out, name);
	else
		escape_json(out, name, strlen(name));
}

static void
add_flow_vars(struct buf *out, const struct inv_edit *edit, bool quoted)
{
	buf_addc(out, '{');
	for (size_t i = 0; i < edit->var_count; i++) {
		buf_adds(out, i == 0 ? "" : ", ");
		add_key(out, edit->vars[i].name, quoted);
		buf_adds(out, ": ");
		add_value(out, edit->vars[i].text);
	}
	buf_addc(out, '}');
}

static void
add_block_host(struct yaml_edit *y, size_t indent, size_t step, bool flow)
{
	struct buf *out = &y->cut->text;

	add_indent(out, indent);
	add_key(out, y->edit->host, false);
	buf_addc(out, ':');
	if (flow) {
		buf_addc(out, ' ');
		add_flow_vars(out, y->edit, false);
		buf_addc(out, '\n');
		return;
	}
	buf_addc(out, '\n');
	for (size_t i = 0; i < y->edit->var_count; i++) {
		add_indent(out, indent + step);
		add_key(out, y->edit->vars[i].name, false);
		buf_adds(out, ": ");
		add_value(out, y->edit->vars[i].text);
		buf_addc(out, '\n');
	}
}

static void
add_key_line(struct yaml_edit *y, size_t indent, const char *name)
{
	add_indent(&y->cut->text, indent);
	add_key(&y->cut->text, name, false);
	buf_adds(&y->cut->text, ":\n");
}

/* ---- cuts ----------------------------------------------------------- */

/* Of its first key: an anchor or a tag stands before the map. */
static size_t
column_of(struct yaml_edit *y, const yaml_node_t *map)
{
	return pair_count(map) == 0 ? map->start_mark.column
				    : pair_at(y, map, 0).key->start_mark.column;
}

/* Of the last entry that has one: how far its own keys are indented. */
static size_t
step_of(struct yaml_edit *y, const yaml_node_t *map, size_t preset)
{
	for (size_t i = pair_count(map); i > 0; i--) {
		struct yaml_group pair = pair_at(y, map, i - 1);

		if (is_map(pair.value) && !is_flow(pair.value) &&
		    pair_count(pair.value) > 0)
			return column_of(y, pair.value) -
			       pair.key->start_mark.column;
	}
	return preset;
}

static void
cut_behind(struct yaml_edit *y, const yaml_node_t *node)
{
	y->cut->at = inv_edit_line_end(y->cut->file, end_of(y, node));
}

static int
add_to_block(struct yaml_edit *y, const yaml_node_t *hosts)
{
	struct yaml_group last = pair_at(y, hosts, pair_count(hosts) - 1);

	cut_behind(y, hosts);
	add_block_host(y, column_of(y, hosts), step_of(y, hosts, STEP),
	    is_map(last.value) && is_flow(last.value));
	return 0;
}

/* Behind the last entry, on a line of its own when that one has one. */
static int
add_to_flow(struct yaml_edit *y, const yaml_node_t *hosts)
{
	const struct inv_file *file = y->cut->file;
	struct buf *out = &y->cut->text;
	size_t count = pair_count(hosts);
	struct yaml_group last;
	bool quoted;

	if (count == 0) {
		y->cut->at = offset_of(file, &hosts->start_mark) + 1;
		escape_json(out, y->edit->host, strlen(y->edit->host));
		buf_adds(out, ": ");
		add_flow_vars(out, y->edit, true);
		return 0;
	}
	last = pair_at(y, hosts, count - 1);
	quoted = last.key->type == YAML_SCALAR_NODE &&
		 last.key->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	y->cut->at = end_of(y, last.value);
	buf_addc(out, ',');
	if (last.key->start_mark.line != hosts->start_mark.line) {
		buf_addc(out, '\n');
		add_indent(out, last.key->start_mark.column);
	} else {
		buf_addc(out, ' ');
	}
	add_key(out, y->edit->host, quoted);
	buf_adds(out, ": ");
	add_flow_vars(out, y->edit, quoted);
	return 0;
}

static int
by_hand(struct yaml_edit *y, const yaml_node_t *node, const char *what,
    struct err *err)
{
	err_at(err, y->cut->file->path, (int)node->start_mark.line + 1,
	    (int)node->start_mark.column + 1, "%s", what);
	err_hint(err, "add the host by hand");
	return -EINVAL;
}

/* The map of hosts, or what stands in its place. */
static int
add_to_hosts(
    struct yaml_edit *y, const struct yaml_group *hosts, struct err *err)
{
	size_t column = hosts->key->start_mark.column;

	if (is_map(hosts->value) && is_flow(hosts->value))
		return add_to_flow(y, hosts->value);
	if (is_map(hosts->value))
		return add_to_block(y, hosts->value);
	if (!is_null(hosts->value))
		return by_hand(
		    y, hosts->value, "hosts that are not a map", err);
	cut_behind(y, hosts->value);
	add_block_host(y, column + STEP, STEP, false);
	return 0;
}

/* A group without hosts gets them, behind what it has. */
static int
add_hosts(struct yaml_edit *y, const struct yaml_group *group, struct err *err)
{
	size_t column = group->key->start_mark.column + STEP;

	if (is_map(group->value) && is_flow(group->value))
		return by_hand(y, group->value,
		    "a group in braces that has no hosts yet", err);
	if (is_map(group->value))
		column = column_of(y, group->value);
	else if (!is_null(group->value))
		return by_hand(
		    y, group->value, "no description of a group", err);
	cut_behind(y, group->value);
	add_key_line(y, column, "hosts");
	add_block_host(y, column + STEP, STEP, false);
	return 0;
}

static int
add_to_group(
    struct yaml_edit *y, const struct yaml_group *group, struct err *err)
{
	struct yaml_group hosts;

	if (find_pair(y, group->value, "hosts", &hosts))
		return add_to_hosts(y, &hosts, err);
	return add_hosts(y, group, err);
}

/* ---- finding the group ---------------------------------------------- */

struct search {
	const char *name;
	bool found;
	struct yaml_group group;
};

/* One that has hosts is better than one that is only named. */
static void
offer(struct yaml_edit *y, struct search *search, const struct yaml_group *pair)
{
	struct yaml_group hosts;

	if (!is_scalar(pair->key, search->name))
		return;
	if (search->found && !find_pair(y, pair->value, "hosts", &hosts))
		return;
	if (search->found && find_pair(y, search->group.value, "hosts", &hosts))
		return;
	search->group = *pair;
	search->found = true;
}

/* NOLINTBEGIN(misc-no-recursion): DEPTH_MAX */

static void
search_groups(struct yaml_edit *y, const yaml_node_t *map,
    struct search *search, unsigned depth)
{
	struct yaml_group children;

	if (!is_map(map) || depth == DEPTH_MAX)
		return;
	for (size_t i = 0; i < pair_count(map); i++) {
		struct yaml_group pair = pair_at(y, map, i);

		offer(y, search, &pair);
		if (find_pair(y, pair.value, "children", &children))
			search_groups(y, children.value, search, depth + 1);
	}
}

/* NOLINTEND(misc-no-recursion) */

static bool
find_group(struct yaml_edit *y, const char *name, struct yaml_group *ret_group)
{
	struct search search = {.name = name};

	search_groups(y, yaml_document_get_root_node(&y->doc), &search, 0);
	*ret_group = search.group;
	return search.found;
}

/* ---- a group that is not there -------------------------------------- */

static void
add_block_group(struct yaml_edit *y, size_t column, const char *name)
{
	add_key_line(y, column, name);
	add_key_line(y, column + STEP, "hosts");
	add_block_host(y, column + 2 * STEP, STEP, false);
}

/* Among the children of "all" if it has any, else beside the others. */
static int
add_group(struct yaml_edit *y, const char *name, struct err *err)
{
	yaml_node_t *root = yaml_document_get_root_node(&y->doc);
	struct yaml_group children = {0};
	struct yaml_group all = {0};
	yaml_node_t *map = root;

	if (find_pair(y, root, "all", &all) &&
	    find_pair(y, all.value, "children", &children) &&
	    is_map(children.value))
		map = children.value;
	if (is_map(map) && (is_flow(map) || pair_count(map) == 0))
		return by_hand(y, map, "groups in braces", err);
	if (is_map(map)) {
		cut_behind(y, map);
		add_block_group(y, column_of(y, map), name);
	} else {
		/* An empty file, or one of comments. */
		y->cut->at = y->cut->file->len;
		add_block_group(y, 0, name);
	}
	return 0;
}

static int
add_host(struct yaml_edit *y, enum inv_edit_where *ret_where, struct err *err)
{
	const char *name = y->edit->group;
	struct yaml_group group;

	*ret_where = INV_EDIT_IN_GROUP;
	if (name != NULL) {
		if (find_group(y, name, &group))
			return add_to_group(y, &group, err);
		*ret_where = INV_EDIT_NEW_GROUP;
		return add_group(y, name, err);
	}
	if (find_group(y, "ungrouped", &group) || find_group(y, "all", &group))
		return add_to_group(y, &group, err);
	return add_group(y, "ungrouped", err);
}

int
inv_edit_yaml(struct inv_edit_cut *cut, const struct inv_edit *edit,
    enum inv_edit_where *ret_where, struct err *err)
{
	struct yaml_edit y = {.cut = cut, .edit = edit};
	yaml_parser_t parser;
	int ret = -EINVAL;

	if (yaml_parser_initialize(&parser) == 0)
		abort();
	yaml_parser_set_input_string(
	    &parser, (const unsigned char *)cut->file->text, cut->file->len);
	if (yaml_parser_load(&parser, &y.doc) == 0) {
		err_at(err, cut->file->path, (int)parser.problem_mark.line + 1,
		    0, "%s",
		    parser.problem == NULL ? "not YAML" : parser.problem);
	} else {
		ret = add_host(&y, ret_where, err);
		yaml_document_delete(&y.doc);
	}
	yaml_parser_delete(&parser);
	return ret;
}
