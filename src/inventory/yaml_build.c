#include "inventory/yaml_build.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <uthash.h>

#include "base/mem.h"
#include "inventory/yaml_anchor.h"
#include "inventory/yaml_leaf.h"

#define YAML_DEPTH_MAX 64
#define YAML_NODES_MAX 1000000u

/* Something complete: a scalar, an alias or a collection that has ended. */
struct item {
	struct value value;
	size_t nodes;	 /* with everything below, aliases written out */
	unsigned height; /* levels of collections in it */
	const char *raw; /* a plain scalar's spelling, or NULL */
	bool merge;	 /* the plain scalar "<<" */
	int line;
	int col;
};

/* A collection that has not ended. */
struct frame {
	struct value value;
	struct value merged; /* what "<<" brings, or undefined */
	char *anchor;
	bool has_key;
	struct value key; /* of the entry whose value comes next */
	bool merge;
	bool unsafe; /* strings below are never templates */
	size_t nodes;
	unsigned height;
	int line;
	int col;
	int key_line;
	int key_col;
};

struct yaml_builder {
	const struct yaml_source *source;
	struct err *err;
	struct frame frames[YAML_DEPTH_MAX];
	unsigned depth;
	struct yaml_anchor *anchors;
	size_t nodes;
	size_t documents;
	struct yaml_doc doc;
};

static int
fail(struct yaml_builder *b, int line, int col, const char *text)
{
	err_at(b->err, b->source->name, line, col, "%s", text);
	err_hint(b->err, "text with special characters needs quotes");
	return -EINVAL;
}

static int
mark_line(const yaml_mark_t *mark)
{
	return mark->line < INT32_MAX ? (int)mark->line + 1 : 0;
}

static int
mark_col(const yaml_mark_t *mark)
{
	return mark->column < INT32_MAX ? (int)mark->column + 1 : 0;
}

static struct item
item_at(const yaml_event_t *event)
{
	struct item item = {.nodes = 1,
	    .line = mark_line(&event->start_mark),
	    .col = mark_col(&event->start_mark)};

	return item;
}

static const char *
event_text(const yaml_char_t *text)
{
	return (const char *)text;
}

/* The key that the map holds: of two equal ones, the first. */
static struct value
held_key(struct value map, struct value key)
{
	size_t i = value_len(map);

	while (i-- > 0)
		if (value_equal(value_map_name_at(map, i), key))
			return value_map_name_at(map, i);
	return key;
}

/* Remembers where an entry is, for whoever checks its value. */
static void
note_place(struct yaml_builder *b, const struct frame *frame, struct value key,
    const struct item *item)
{
	struct yaml_noted *noted;
	bool text = item->value.type == VALUE_STRING;

	if (b->source->problems == NULL || key.type != VALUE_STRING)
		return;
	HASH_FIND_PTR(b->doc.places, &key.u.s, noted);
	if (noted == NULL) {
		noted = mem_alloc(sizeof *noted);
		noted->key = key.u.s;
		HASH_ADD_PTR(b->doc.places, key, noted);
	}
	free(noted->raw);
	noted->raw = item->raw == NULL || text ? NULL : mem_strdup(item->raw);
	noted->place =
	    (struct yaml_place){frame->key_line, frame->key_col, noted->raw};
}

/* Later merges win over earlier ones; a map's own entries over both. */
static void
merge_map(struct frame *frame, const struct value map)
{
	size_t i;

	if (frame->merged.type == VALUE_UNDEFINED)
		frame->merged = value_map_new();
	for (i = 0; i < value_len(map); i++) {
		struct value key = value_map_name_at(map, i);

		value_map_put(frame->merged, value_ref(key),
		    value_ref(value_map_at(map, i)));
	}
}

static int
add_merge(struct yaml_builder *b, struct frame *frame, const struct item *item)
{
	static const char want[] =
	    "\"<<\" takes a map or a list of maps, nothing else";
	size_t i;

	if (item->value.type == VALUE_MAP) {
		merge_map(frame, item->value);
		return 0;
	}
	if (item->value.type != VALUE_LIST)
		return fail(b, item->line, item->col, want);
	for (i = 0; i < value_len(item->value); i++)
		if (value_list_at(item->value, i).type != VALUE_MAP)
			return fail(b, item->line, item->col, want);
	while (i-- > 0) /* the first of a list wins */
		merge_map(frame, value_list_at(item->value, i));
	return 0;
}

static int
add_key(struct yaml_builder *b, struct frame *frame, const struct item *item)
{
	if (!value_can_key(item->value))
		return fail(b, item->line, item->col,
		    "a map's key must be a word or a number");
	frame->key_line = item->line;
	frame->key_col = item->col;
	frame->merge = item->merge;
	frame->key = value_ref(item->value);
	frame->has_key = true;
	return 0;
}

static void
warn_twice(struct yaml_builder *b, const struct frame *frame)
{
	struct buf shown;

	if (b->source->problems == NULL)
		return;
	buf_init(&shown, 128);
	value_write_json(frame->key, -1, false, &shown);
	problems_warn(b->source->problems, b->source->name, frame->key_line,
	    frame->key_col, "the key %s is here twice", shown.data);
	problems_hint(b->source->problems, "only the last one counts");
	buf_done(&shown);
}

/* The frame's key with its value, which it takes over. */
static int
add_entry(struct yaml_builder *b, struct frame *frame, struct item *item)
{
	struct value key = frame->key;
	int ret;

	frame->has_key = false;
	if (frame->merge) {
		ret = add_merge(b, frame, item);
		value_unref(item->value);
		value_unref(key);
		return ret;
	}
	if (value_map_find(frame->value, key).type != VALUE_UNDEFINED) {
		warn_twice(b, frame);
		note_place(b, frame, held_key(frame->value, key), item);
	} else {
		note_place(b, frame, key, item);
	}
	value_map_put(frame->value, key, item->value);
	return 0;
}

/* Puts an item where the document is at; takes over its value. */
static int
add_item(struct yaml_builder *b, struct item *item)
{
	struct frame *frame;
	int ret;

	if (b->depth == 0 && b->source->many) {
		value_list_add(b->doc.value, item->value);
		return 0;
	}
	if (b->depth == 0) {
		b->doc.value = item->value;
		return 0;
	}
	frame = &b->frames[b->depth - 1];
	frame->nodes += item->nodes;
	if (item->height + 1 > frame->height)
		frame->height = item->height + 1;
	if (item->merge &&
	    (frame->value.type == VALUE_LIST || frame->has_key)) {
		value_unref(item->value);
		return fail(b, item->line, item->col,
		    "\"<<\" can only be the key of an entry");
	}
	if (frame->value.type == VALUE_LIST) {
		value_list_add(frame->value, item->value);
		return 0;
	}
	if (frame->has_key)
		return add_entry(b, frame, item);
	ret = add_key(b, frame, item);
	value_unref(item->value);
	return ret;
}

static int
count_nodes(struct yaml_builder *b, const struct item *item)
{
	if (item->nodes > YAML_NODES_MAX - b->nodes) {
		err_at(b->err, b->source->name, item->line, item->col,
		    "more than %u values after aliases are written out",
		    YAML_NODES_MAX);
		err_hint(b->err, "aliases of aliases multiply");
		return -E2BIG;
	}
	b->nodes += item->nodes;
	return 0;
}

static int
check_anchor(struct yaml_builder *b, const char *name, const struct item *item)
{
	bool taken;
	unsigned i;

	if (name == NULL)
		return 0;
	taken = yaml_anchor_find(b->anchors, name) != NULL;
	for (i = 0; i < b->depth; i++)
		if (b->frames[i].anchor != NULL &&
		    strcmp(b->frames[i].anchor, name) == 0)
			taken = true;
	if (!taken)
		return 0;
	err_at(b->err, b->source->name, item->line, item->col,
	    "the anchor \"&%s\" is here twice", name);
	return -EINVAL;
}

static void
keep_anchor(struct yaml_builder *b, const char *name, const struct item *item)
{
	struct yaml_anchor *anchor;

	if (name == NULL)
		return;
	anchor = yaml_anchor_add(&b->anchors, name);
	anchor->value = value_ref(item->value);
	anchor->nodes = item->nodes;
	anchor->height = item->height;
}

static int
on_alias(struct yaml_builder *b, const yaml_event_t *event)
{
	const char *name = event_text(event->data.alias.anchor);
	const struct yaml_anchor *anchor = yaml_anchor_find(b->anchors, name);
	struct item item = item_at(event);
	int ret;

	if (anchor == NULL) {
		err_at(b->err, b->source->name, item.line, item.col,
		    "the alias \"*%s\" has no anchor before it", name);
		err_hint(b->err, "a value can not contain itself either");
		return -EINVAL;
	}
	item.nodes = anchor->nodes;
	item.height = anchor->height;
	ret = count_nodes(b, &item);
	if (ret < 0)
		return ret;
	if (b->depth + item.height > YAML_DEPTH_MAX) {
		err_hint(b->err, "%d levels are the most", YAML_DEPTH_MAX);
		return fail(b, item.line, item.col, "nested too deeply");
	}
	item.value = value_ref(anchor->value);
	return add_item(b, &item);
}

static bool
at_key(const struct yaml_builder *b)
{
	const struct frame *frame;

	if (b->depth == 0)
		return false;
	frame = &b->frames[b->depth - 1];
	return frame->value.type == VALUE_MAP && !frame->has_key;
}

static int
read_leaf(struct yaml_builder *b, const yaml_event_t *event, struct item *item)
{
	struct yaml_leaf_place place = {.line = item->line,
	    .col = item->col,
	    .is_key = at_key(b),
	    .unsafe = b->depth > 0 && b->frames[b->depth - 1].unsafe};
	struct yaml_leaf leaf = {0};
	int ret = yaml_leaf_read(b->source, event, &place, &leaf, b->err);

	item->value = leaf.value;
	item->raw = leaf.raw;
	item->merge = leaf.merge;
	return ret;
}

static int
on_scalar(struct yaml_builder *b, const yaml_event_t *event)
{
	const char *anchor = event_text(event->data.scalar.anchor);
	struct item item = item_at(event);
	int ret;

	ret = check_anchor(b, anchor, &item);
	if (ret == 0)
		ret = count_nodes(b, &item);
	if (ret < 0)
		return ret;
	ret = read_leaf(b, event, &item);
	if (ret < 0)
		return ret;
	keep_anchor(b, anchor, &item);
	return add_item(b, &item);
}

static int
on_start(struct yaml_builder *b, const yaml_event_t *event, bool is_map)
{
	const char *tag = event_text(is_map ? event->data.mapping_start.tag
					    : event->data.sequence_start.tag);
	const char *anchor =
	    event_text(is_map ? event->data.mapping_start.anchor
			      : event->data.sequence_start.anchor);
	struct item item = item_at(event);
	struct frame *frame;
	int ret;

	ret = check_anchor(b, anchor, &item);
	if (ret == 0)
		ret = count_nodes(b, &item);
	if (ret < 0)
		return ret;
	if (b->depth == YAML_DEPTH_MAX) {
		err_hint(b->err, "%d levels are the most", YAML_DEPTH_MAX);
		return fail(b, item.line, item.col, "nested too deeply");
	}
	if (!yaml_tag_fits(tag, is_map ? "map" : "seq"))
		return fail(b, item.line, item.col, yaml_tag_problem(tag));
	frame = &b->frames[b->depth++];
	memset(frame, 0, sizeof *frame);
	frame->value = is_map ? value_map_new() : value_list_new();
	frame->anchor = anchor == NULL ? NULL : mem_strdup(anchor);
	frame->unsafe = yaml_tag_is_unsafe(tag) ||
			(b->depth > 1 && b->frames[b->depth - 2].unsafe);
	frame->nodes = 1;
	frame->height = 1;
	frame->line = item.line;
	frame->col = item.col;
	return 0;
}

static int
on_end(struct yaml_builder *b)
{
	struct frame frame = b->frames[--b->depth];
	struct item item = {.value = frame.value,
	    .nodes = frame.nodes,
	    .height = frame.height,
	    .line = frame.line,
	    .col = frame.col};
	size_t i;

	if (frame.merged.type == VALUE_MAP) {
		for (i = 0; i < value_len(frame.value); i++)
			value_map_put(frame.merged,
			    value_ref(value_map_name_at(frame.value, i)),
			    value_ref(value_map_at(frame.value, i)));
		value_unref(frame.value);
		item.value = frame.merged;
	}
	keep_anchor(b, frame.anchor, &item);
	free(frame.anchor);
	return add_item(b, &item);
}

static int
on_document(struct yaml_builder *b, const yaml_event_t *event)
{
	yaml_anchors_clear(&b->anchors);
	if (b->documents++ == 0 || b->source->many)
		return 0;
	return fail(b, mark_line(&event->start_mark),
	    mark_col(&event->start_mark),
	    "a second document, behind \"---\": only one is expected");
}

int
yaml_builder_event(struct yaml_builder *b, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		return on_document(b, event);
	case YAML_ALIAS_EVENT:
		return on_alias(b, event);
	case YAML_SCALAR_EVENT:
		return on_scalar(b, event);
	case YAML_SEQUENCE_START_EVENT:
		return on_start(b, event, false);
	case YAML_MAPPING_START_EVENT:
		return on_start(b, event, true);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_end(b);
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return 0;
	}
	return 0;
}

struct yaml_builder *
yaml_builder_new(const struct yaml_source *source, struct err *err)
{
	struct yaml_builder *b = mem_alloc(sizeof *b);

	b->source = source;
	b->err = err;
	b->doc.value = source->many ? value_list_new() : value_null();
	return b;
}

void
yaml_builder_take(struct yaml_builder *b, struct yaml_doc *ret_doc)
{
	*ret_doc = b->doc;
	memset(&b->doc, 0, sizeof b->doc);
}

void
yaml_builder_free(struct yaml_builder *b)
{
	if (b == NULL)
		return;
	while (b->depth > 0) {
		struct frame *frame = &b->frames[--b->depth];

		value_unref(frame->value);
		value_unref(frame->merged);
		free(frame->anchor);
		if (frame->has_key)
			value_unref(frame->key);
	}
	yaml_anchors_clear(&b->anchors);
	yaml_doc_done(&b->doc);
	free(b);
}
