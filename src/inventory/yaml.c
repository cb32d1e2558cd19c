#include "inventory/yaml.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "inventory/yaml_build.h"
#include "inventory/yaml_vault.h"
#include "inventory/yaml_words.h"

static int
place_number(size_t number)
{
	return number < INT_MAX ? (int)number + 1 : 0;
}

/* Whether a line is indented with a tab, the usual culprit. */
static bool
has_tab_indent(const char *text, size_t len, size_t line)
{
	size_t i = 0;

	while (line > 0 && i < len)
		line -= text[i++] == '\n';
	while (i < len && text[i] == ' ')
		i++;
	return i < len && text[i] == '\t';
}

/* libyaml's complaint about that text, with our place. */
static int
parser_error(const yaml_parser_t *parser, const char *text, size_t len,
    const char *name, struct err *err)
{
	const yaml_mark_t *mark = &parser->problem_mark;
	const char *problem =
	    parser->problem == NULL ? "not YAML" : parser->problem;
	size_t i;
	int line = 1;

	if (parser->error == YAML_READER_ERROR) {
		for (i = 0; i < parser->problem_offset && i < len; i++)
			line += text[i] == '\n';
		err_at(err, name, line, 0, "%s", problem);
		return -EINVAL;
	}
	if (parser->context != NULL)
		err_at(err, name, place_number(mark->line),
		    place_number(mark->column), "%s (%s)", problem,
		    parser->context);
	else
		err_at(err, name, place_number(mark->line),
		    place_number(mark->column), "%s", problem);
	if (has_tab_indent(text, len, mark->line))
		err_hint(err, "YAML is indented with spaces, never tabs");
	else
		err_hint(err,
		    "text with \": \", \"#\" or brackets needs quotes; "
		    "see also the line before");
	return -EINVAL;
}

static int
parse_events(const struct yaml_words *words, yaml_parser_t *parser,
    struct yaml_builder *builder)
{
	yaml_event_t event;
	bool done = false;
	int ret = 0;

	while (ret == 0 && !done) {
		if (!yaml_words_parse(words, parser, &event))
			return -EBADMSG;
		done = event.type == YAML_STREAM_END_EVENT;
		ret = yaml_builder_event(builder, &event);
		yaml_event_delete(&event);
	}
	return ret;
}

static int
check_utf8(const char *text, size_t len, const char *name, struct err *err)
{
	size_t valid = str_utf8_valid_len(text, len), i, start = 0;
	int line = 1;

	if (valid == len)
		return 0;
	for (i = 0; i < valid; i++) {
		if (text[i] != '\n')
			continue;
		line++;
		start = i + 1;
	}
	err_at(err, name, line, (int)(valid - start) + 1, "not UTF-8 text");
	err_hint(err, "`iconv -f LATIN1 -t UTF-8` converts older files");
	return -EINVAL;
}

/* Ansible tries JSON first; only a map or a list can differ from YAML. */
static bool
try_json(const char *text, size_t len, struct value *ret_value)
{
	size_t i;

	for (i = 0; i < len && strchr(" \t\r\n", text[i]) != NULL; i++)
		;
	return i < len && (text[i] == '{' || text[i] == '[') &&
	       value_parse_json(text, len, ret_value, NULL) == 0;
}

static int
finish_json(const struct yaml_source *source, struct value json,
    struct yaml_doc *ret_doc, struct err *err)
{
	struct yaml_doc doc = {.value = json};
	int ret;

	if (source->secrets != NULL) {
		ret = yaml_json_value(source, json, &doc.value, err);
		value_unref(json);
		if (ret < 0)
			return ret;
	}
	*ret_doc = doc;
	return 0;
}

int
yaml_parse_source(
    const struct yaml_source *source, struct yaml_doc *ret_doc, struct err *err)
{
	struct yaml_builder *builder;
	struct value json;
	struct yaml_words words;
	yaml_parser_t parser;
	int ret;

	ret = check_utf8(source->text, source->len, source->name, err);
	if (ret < 0)
		return ret;
	if (!source->only_yaml && try_json(source->text, source->len, &json))
		return finish_json(source, json, ret_doc, err);
	if (!yaml_words_open(&words, &parser, source->text, source->len))
		return -ENOMEM;
	builder = yaml_builder_new(source, err);
	ret = parse_events(&words, &parser, builder);
	if (ret == -EBADMSG)
		ret = parser_error(
		    &parser, words.text, words.len, source->name, err);
	if (ret == 0)
		yaml_builder_take(builder, ret_doc);
	yaml_builder_free(builder);
	yaml_words_close(&words, &parser);
	return ret;
}

int
yaml_parse_doc(const char *text, size_t len, const char *name,
    struct problems *problems, struct yaml_doc *ret_doc, struct err *err)
{
	struct yaml_source source = {
	    .text = text, .len = len, .name = name, .problems = problems};

	return yaml_parse_source(&source, ret_doc, err);
}

const struct yaml_place *
yaml_doc_place(const struct yaml_doc *doc, struct value key)
{
	struct yaml_noted *noted = NULL;

	if (key.type == VALUE_STRING)
		HASH_FIND_PTR(doc->places, &key.u.s, noted);
	return noted == NULL ? NULL : &noted->place;
}

void
yaml_doc_done(struct yaml_doc *doc)
{
	struct yaml_noted *noted, *next;

	HASH_ITER (hh, doc->places, noted, next) {
		HASH_DEL(doc->places, noted);
		free(noted->raw);
		free(noted);
	}
	value_unref(doc->value);
	memset(doc, 0, sizeof *doc);
}

int
yaml_parse_text(const char *text, size_t len, const char *name, bool many,
    struct value *ret_value, struct err *err)
{
	struct yaml_source source = {.text = text,
	    .len = len,
	    .name = name,
	    .many = many,
	    .only_yaml = true};
	struct yaml_doc doc = {0};
	int ret = yaml_parse_source(&source, &doc, err);

	if (ret < 0)
		return ret;
	*ret_value = value_ref(doc.value);
	yaml_doc_done(&doc);
	return 0;
}

int
yaml_parse_value(const char *text, size_t len, const char *name,
    struct value *ret_value, struct err *err)
{
	struct yaml_doc doc = {0};
	int ret;

	ret = yaml_parse_doc(text, len, name, NULL, &doc, err);
	if (ret < 0)
		return ret;
	*ret_value = value_ref(doc.value);
	yaml_doc_done(&doc);
	return 0;
}
