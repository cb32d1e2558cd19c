/*
 * A template, rendered with a few variables of every type and a loader that
 * knows one file. Limits are low, so that no input takes long.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "template/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int
load(void *arg, const char *name, struct buf *out, struct err *err)
{
	(void)err;
	if (strcmp(name, "inc") != 0)
		return -ENOENT;
	buf_adds(out, arg);
	return 0;
}

static struct value
some_vars(void)
{
	static const char json[] =
	    "{\"name\": \"gpu1\", \"n\": 7, \"f\": 2.5, \"yes\": true,"
	    " \"none\": null, \"l\": [3, 1, 2], \"words\": [\"b\", \"A\"],"
	    " \"d\": {\"a\": {\"b\": [1]}, \"list\": [{\"x\": 1}]},"
	    " \"lazy\": \"{{ name }}-{{ n }}\", \"circle\": \"{{ circle }}\","
	    " \"users\": [{\"name\": \"a\", \"age\": 3}]}";
	struct value vars = {0};

	if (value_parse_json(json, sizeof json - 1, &vars, NULL) != 0)
		abort();
	return vars;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = mem_strndup((const char *)data, len);
	struct tmpl_input input = {.vars = some_vars()};
	struct tmpl_options options;
	struct tmpl_env *env;
	struct err err = {0};
	struct buf out;
	int ret;

	tmpl_options_init(&options);
	options.load = load;
	options.load_arg = text; /* it may include itself */
	options.limits.loops = 2000;
	options.limits.steps = 20000;
	options.limits.memory = 4 << 20;
	options.limits.output = 1 << 20;
	env = tmpl_env_new(&options);
	buf_init(&out, 1 << 20);
	ret = tmpl_render_text(env, "t", text, &input, &out, &err);
	if (ret == 0 ? buf_bad(&out) : !err_is_set(&err) || out.len > 0)
		abort();
	buf_done(&out);
	tmpl_env_free(env);
	value_unref(input.vars);
	free(text);
	return 0;
}
