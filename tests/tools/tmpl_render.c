/*
 * Renders many templates for the differential tests: reads lines of JSON
 * {"template": text, "vars": {...}, "files": {name: text}} and writes for each
 * {"out": text} or {"error": text}.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "template/template.h"

static int
load(void *arg, const char *name, struct buf *out, struct err *err)
{
	const struct value *files = arg;
	struct value text = value_map_get(*files, name);

	(void)err;
	if (text.type != VALUE_STRING)
		return -ENOENT;
	buf_add(out, value_str(text), value_str_len(text));
	return 0;
}

static struct value
answer(struct value request)
{
	struct value reply = value_map_new();
	struct value files = value_map_get(request, "files");
	struct value vars = value_map_get(request, "vars");
	struct value none = value_map_new();
	struct tmpl_input input = {
	    .vars = vars.type == VALUE_MAP ? vars : none};
	struct tmpl_options options;
	struct tmpl_env *env;
	struct err err = {0};
	char text[1024];
	struct buf out;

	tmpl_options_init(&options);
	options.load = load;
	options.load_arg = &files;
	env = tmpl_env_new(&options);
	buf_init(&out, TMPL_OUTPUT_MAX);
	if (tmpl_render_text(env, "t",
		value_str(value_map_get(request, "template")), &input, &out,
		&err) == 0)
		value_map_set(
		    reply, "out", value_string_len(out.data, out.len));
	else
		value_map_set(reply, "error",
		    value_string(err_format(&err, text, sizeof text)));
	buf_done(&out);
	tmpl_env_free(env);
	value_unref(none);
	return reply;
}

int
main(void)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) > 0) {
		struct value request = {0};
		struct value reply;
		struct err err = {0};
		struct buf out;

		if (value_parse_json(line, (size_t)len, &request, &err) != 0) {
			fprintf(stderr, "bad request: %s\n", err.text);
			free(line);
			return 1;
		}
		reply = answer(request);
		buf_init(&out, 8 * TMPL_OUTPUT_MAX);
		value_write_json(reply, -1, false, &out);
		puts(out.data);
		buf_done(&out);
		value_unref(reply);
		value_unref(request);
	}
	free(line);
	return 0;
}
