#include "inventory/yaml_place.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "inventory/yaml_words.h"

struct finder {
	struct yaml_words words;
	yaml_parser_t parser;
	yaml_event_t event; /* the one that was read last */
	int line;
	int col;
};

static bool
next_event(struct finder *finder)
{
	yaml_event_delete(&finder->event);
	memset(&finder->event, 0, sizeof finder->event);
	return yaml_words_parse(
		   &finder->words, &finder->parser, &finder->event) &&
	       finder->event.type != YAML_STREAM_END_EVENT;
}

static void
take_place(struct finder *finder)
{
	const yaml_mark_t *mark = &finder->event.start_mark;

	if (mark->line >= INT_MAX || mark->column >= INT_MAX)
		return;
	finder->line = (int)mark->line + 1;
	finder->col = (int)mark->column + 1;
}

/* Reads to the end of the node whose first event is the current one. */
static bool
skip_node(struct finder *finder)
{
	size_t open = 0;

	for (;;) {
		yaml_event_type_t type = finder->event.type;

		if (type == YAML_MAPPING_START_EVENT ||
		    type == YAML_SEQUENCE_START_EVENT)
			open++;
		else if (type == YAML_MAPPING_END_EVENT ||
			 type == YAML_SEQUENCE_END_EVENT)
			open--;
		if (open == 0)
			return true;
		if (!next_event(finder))
			return false;
	}
}

/* The key's place is taken; the current event begins its value. */
static bool
enter_key(struct finder *finder, const char *key)
{
	size_t len = strlen(key);

	while (next_event(finder) &&
	       finder->event.type != YAML_MAPPING_END_EVENT) {
		const yaml_event_t *event = &finder->event;

		if (event->type == YAML_SCALAR_EVENT &&
		    event->data.scalar.length == len &&
		    memcmp(event->data.scalar.value, key, len) == 0) {
			take_place(finder);
			return next_event(finder);
		}
		if (!skip_node(finder) || !next_event(finder) ||
		    !skip_node(finder))
			return false;
	}
	return false;
}

static bool
enter_item(struct finder *finder, size_t index)
{
	while (next_event(finder) &&
	       finder->event.type != YAML_SEQUENCE_END_EVENT) {
		if (index-- == 0) {
			take_place(finder);
			return true;
		}
		if (!skip_node(finder))
			return false;
	}
	return false;
}

static bool
enter(struct finder *finder, const struct yaml_step *step)
{
	if (step->key != NULL)
		return finder->event.type == YAML_MAPPING_START_EVENT &&
		       enter_key(finder, step->key);
	return finder->event.type == YAML_SEQUENCE_START_EVENT &&
	       enter_item(finder, step->index);
}

/* To the first event of the document's root. */
static bool
find_root(struct finder *finder)
{
	while (next_event(finder)) {
		if (finder->event.type == YAML_STREAM_START_EVENT ||
		    finder->event.type == YAML_DOCUMENT_START_EVENT)
			continue;
		take_place(finder);
		return true;
	}
	return false;
}

void
yaml_find_place(const char *text, size_t len, const struct yaml_step *path,
    size_t depth, int *ret_line, int *ret_col)
{
	struct finder finder = {.line = 1, .col = 1};

	if (yaml_words_open(&finder.words, &finder.parser, text, len)) {
		if (find_root(&finder)) {
			for (size_t i = 0; i < depth; i++)
				if (!enter(&finder, &path[i]))
					break;
		}
		yaml_event_delete(&finder.event);
		yaml_words_close(&finder.words, &finder.parser);
	}
	*ret_line = finder.line;
	*ret_col = finder.col;
}
