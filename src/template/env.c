#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "template/lex.h"
#include "template/parse.h"
#include "template/vm.h"

/* Variables' texts are kept compiled up to this many, then all dropped. */
#define TEXTS_MAX 4096u
#define HEADER "#jinja2:"

void
tmpl_options_init(struct tmpl_options *options)
{
	*options = (struct tmpl_options){
	    .trim_blocks = true,
	    .keep_trailing_newline = true,
	    .salt_seed = "",
	    .limits = {.depth = 32,
		.loops = 1000000,
		.steps = 20000000,
		.memory = 256u << 20,
		.output = TMPL_OUTPUT_MAX},
	};
}

struct tmpl_env *
tmpl_env_new(const struct tmpl_options *options)
{
	struct tmpl_env *env = mem_alloc(sizeof *env);

	env->options = *options;
	env->names = value_map_new();
	env->files = value_map_new();
	env->texts = value_map_new();
	env->regexes = value_map_new();
	env->hashes = value_map_new();
	env->globals = value_map_new();
	env->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	env->loop_name = value_string("loop");
	value_map_put(
	    env->names, value_ref(env->loop_name), value_ref(env->loop_name));
	for (const struct builtin *row = global_functions; row->name != NULL;
	     row++)
		value_map_set(
		    env->globals, row->name, object_function_new(row));
	return env;
}

void
tmpl_env_free(struct tmpl_env *env)
{
	if (env == NULL)
		return;
	value_unref(env->files);
	value_unref(env->texts);
	value_unref(env->regexes);
	value_unref(env->hashes);
	value_unref(env->names);
	value_unref(env->globals);
	value_unref(env->loop_name);
	if (env->locale != (locale_t)0)
		freelocale(env->locale);
	free(env);
}

static void
cache_clear(struct value *cache)
{
	value_unref(*cache);
	*cache = value_map_new();
}

/* A new reference, or NULL. */
static struct tmpl *
cached(struct value cache, struct value key)
{
	struct value found = value_map_find(cache, key);

	if (found.type == VALUE_UNDEFINED)
		return NULL;
	return tmpl_ref((struct tmpl *)found.u.o);
}

static void
cache_add(struct value cache, struct value key, struct tmpl *tmpl)
{
	value_map_put(
	    cache, value_ref(key), value_object_take(&tmpl_ref(tmpl)->obj));
}

void
tmpl_env_invalidate(struct tmpl_env *env, const char *name)
{
	if (name != NULL) {
		value_map_remove(env->files, name);
		return;
	}
	cache_clear(&env->files);
	cache_clear(&env->texts);
}

/* \r\n and \r become \n, as the output has it. */
static void
normalize(const char *text, size_t len, struct buf *out)
{
	const char *end = text + len;

	while (text < end) {
		const char *cr = memchr(text, '\r', (size_t)(end - text));
		size_t plain = (size_t)((cr == NULL ? end : cr) - text);

		buf_add(out, text, plain);
		text += plain;
		if (text == end)
			break;
		buf_addc(out, '\n');
		text += text + 1 < end && text[1] == '\n' ? 2 : 1;
	}
}

static int
header_option(const char *word, size_t len, struct tmpl_options *options)
{
	static const char *const names[] = {
	    "trim_blocks", "lstrip_blocks", "keep_trailing_newline"};
	bool *const targets[] = {&options->trim_blocks, &options->lstrip_blocks,
	    &options->keep_trailing_newline};
	size_t key = strcspn(word, ":");
	const char *value = word + key + 1;
	size_t value_len;

	if (key >= len)
		return -EINVAL;
	value += strspn(value, " \t");
	value_len = strcspn(value, " \t,\n");
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strlen(names[i]) != key || memcmp(names[i], word, key) != 0)
			continue;
		if (value_len == 4 && strncasecmp(value, "true", 4) == 0)
			*targets[i] = true;
		else if (value_len == 5 && strncasecmp(value, "false", 5) == 0)
			*targets[i] = false;
		else
			return -EINVAL;
		return 0;
	}
	return -EINVAL;
}

/*
 * Ansible's first line "#jinja2: trim_blocks: False, lstrip_blocks: True".
 * Gives the bytes it takes, 0 when there is none, or -EINVAL.
 */
static long
read_header(const char *text, struct tmpl_options *options)
{
	const char *at = text + strlen(HEADER);
	const char *eol;

	if (!str_starts(text, HEADER))
		return 0;
	eol = at + strcspn(at, "\n");
	while (at < eol) {
		size_t len;

		at += strspn(at, " \t");
		len = strcspn(at, ",\n");
		if (len > 0 && header_option(at, len, options) != 0)
			return -EINVAL;
		at += len;
		at += *at == ',';
	}
	return eol - text + (*eol == '\n');
}

static int
parse_text(struct tmpl_env *env, struct tmpl *tmpl, const struct buf *source,
    struct err *err)
{
	struct tmpl_options options = env->options;
	struct tokens tokens = {0};
	struct lex_options lex;
	size_t len = source->len;
	long skip = read_header(source->data, &options);
	int ret;

	if (skip < 0) {
		err_at(err, tmpl->name, 1, 1,
		    "'#jinja2:' knows trim_blocks, lstrip_blocks and "
		    "keep_trailing_newline, each True or False");
		return -EINVAL;
	}
	if (!options.keep_trailing_newline && len > (size_t)skip &&
	    source->data[len - 1] == '\n')
		len--;
	lex = (struct lex_options){.trim_blocks = options.trim_blocks,
	    .lstrip_blocks = options.lstrip_blocks,
	    .first_line = skip > 0 ? 2 : 1};
	ret = lex_template(tmpl->name, source->data + skip, len - (size_t)skip,
	    &lex, &tokens, err);
	if (ret == 0)
		ret = parse_template(tmpl, env->names, &tokens, err);
	lex_done(&tokens);
	return ret;
}

static int
compile(struct tmpl_env *env, const char *name, const char *text, size_t len,
    struct tmpl **ret_tmpl, struct err *err)
{
	struct tmpl *tmpl = tmpl_new(name);
	struct buf source;
	int ret;

	buf_init(&source, TMPL_TEXT_MAX);
	normalize(text, len, &source);
	if (buf_bad(&source)) {
		err_at(err, name, 0, 0, "the template is larger than %u MiB",
		    TMPL_TEXT_MAX >> 20);
		ret = -E2BIG;
	} else {
		ret = parse_text(env, tmpl, &source, err);
	}
	buf_done(&source);
	if (ret == 0)
		*ret_tmpl = tmpl;
	else
		tmpl_unref(tmpl);
	return ret;
}

int
env_text(struct tmpl_env *env, const char *name, struct value text,
    struct tmpl **ret_tmpl, struct err *err)
{
	struct tmpl *tmpl = cached(env->texts, text);
	char place[128];
	int ret;

	if (tmpl == NULL) {
		snprintf(place, sizeof place, "variable %s", name);
		ret = compile(env, place, value_str(text), value_str_len(text),
		    &tmpl, err);
		if (ret != 0)
			return ret;
		if (value_len(env->texts) >= TEXTS_MAX)
			cache_clear(&env->texts);
		cache_add(env->texts, text, tmpl);
	}
	*ret_tmpl = tmpl;
	return 0;
}

static int
load(struct tmpl_env *env, const char *name, struct tmpl **ret_tmpl,
    struct err *err)
{
	struct buf text;
	int ret;

	buf_init(&text, TMPL_TEXT_MAX);
	ret = env->options.load(env->options.load_arg, name, &text, err);
	if (ret == 0 && buf_bad(&text)) {
		err_at(err, name, 0, 0, "the template is larger than %u MiB",
		    TMPL_TEXT_MAX >> 20);
		ret = -E2BIG;
	}
	if (ret == 0)
		ret = compile(env, name, text.data, text.len, ret_tmpl, err);
	buf_done(&text);
	return ret;
}

int
env_template(struct tmpl_env *env, const char *name, struct tmpl **ret_tmpl,
    struct err *err)
{
	struct value key = value_string(name);
	struct tmpl *tmpl = cached(env->files, key);
	int ret = 0;

	/* Whatever the loader does with such names. */
	if (tmpl == NULL && !str_is_inner_path(name)) {
		err_set(
		    err, "'%s' leads out of the template directories", name);
		ret = -EXDEV;
	} else if (tmpl == NULL) {
		ret = env->options.load == NULL ? -ENOENT
						: load(env, name, &tmpl, err);
		if (ret == -ENOENT)
			err_set(err, "there is no template '%s'", name);
		if (ret == 0)
			cache_add(env->files, key, tmpl);
	}
	value_unref(key);
	if (ret == 0)
		*ret_tmpl = tmpl;
	return ret;
}

int
tmpl_load_dirs(void *dirs, const char *name, struct buf *out, struct err *err)
{
	const struct tmpl_dirs *all = dirs;

	for (size_t i = 0; i < all->count; i++) {
		int fd = file_open_beneath(all->fds[i], name, O_RDONLY, 0);
		int ret;

		if (fd == -ENOENT)
			continue;
		if (fd < 0) {
			err_at(err, name, 0, 0, "can not be opened: %s",
			    strerror(-fd));
			return fd;
		}
		ret = file_read_fd(fd, name, out, err);
		close(fd);
		return ret;
	}
	return -ENOENT;
}

/* Walks a template into `out`; on failure it is as long as before. */
static int
render(struct tmpl_env *env, struct tmpl *tmpl, const struct tmpl_input *input,
    struct buf *out, struct err *err)
{
	size_t before = out->len;
	size_t max = out->max;
	struct vm vm;
	int32_t outer;
	int ret;

	vm_init(&vm, env, input, err);
	vm.tmpl = tmpl;
	vm.out = out;
	if (out->max - before > env->options.limits.output)
		out->max = before + env->options.limits.output;
	vm_scope_push(&vm, VM_NO_SCOPE, &outer);
	ret = vm_exec(&vm, tmpl->root);
	vm_scope_pop(&vm, outer);
	vm_done(&vm);
	out->max = max;
	if (ret != 0) {
		out->len = before;
		out->data[before] = '\0';
		out->bad = false;
	}
	return ret;
}

int
tmpl_render(struct tmpl_env *env, const char *name,
    const struct tmpl_input *input, struct buf *out, struct err *err)
{
	struct tmpl *tmpl = NULL;
	int ret = env_template(env, name, &tmpl, err);

	if (ret == 0)
		ret = render(env, tmpl, input, out, err);
	tmpl_unref(tmpl);
	return ret;
}

int
tmpl_render_text(struct tmpl_env *env, const char *name, const char *text,
    const struct tmpl_input *input, struct buf *out, struct err *err)
{
	struct tmpl *tmpl = NULL;
	int ret = compile(env, name, text, strlen(text), &tmpl, err);

	if (ret == 0)
		ret = render(env, tmpl, input, out, err);
	tmpl_unref(tmpl);
	return ret;
}

int
tmpl_check(struct tmpl_env *env, const char *name, struct err *err)
{
	struct tmpl *tmpl = NULL;
	int ret = env_template(env, name, &tmpl, err);

	tmpl_unref(tmpl);
	return ret;
}

int
tmpl_eval(struct tmpl_env *env, const char *name, struct value value,
    const struct tmpl_input *input, struct value *ret_value, struct err *err)
{
	struct vm vm;
	int ret;

	if (!value_has_template(value)) {
		*ret_value = value_ref(value);
		return 0;
	}
	vm_init(&vm, env, input, err);
	ret = vm_expand(&vm, name, value, ret_value);
	vm_done(&vm);
	return ret;
}

int
tmpl_eval_expression(struct tmpl_env *env, const char *name, const char *text,
    const struct tmpl_input *input, struct value *ret_value, struct err *err)
{
	struct tmpl *tmpl = tmpl_new(name);
	struct tokens tokens = {0};
	struct vm vm;
	int32_t outer;
	int ret;

	ret = lex_expression(name, text, &tokens, err);
	if (ret == 0)
		ret = parse_bare_expression(tmpl, env->names, &tokens, err);
	lex_done(&tokens);
	if (ret == 0) {
		vm_init(&vm, env, input, err);
		vm.tmpl = tmpl;
		vm_scope_push(&vm, VM_NO_SCOPE, &outer);
		ret = vm_eval(&vm, tmpl->root, ret_value);
		if (ret == 0 && ret_value->type == VALUE_UNDEFINED) {
			ret = vm_undefined(&vm, *ret_value);
			value_unref(*ret_value);
		}
		vm_scope_pop(&vm, outer);
		vm_done(&vm);
	}
	tmpl_unref(tmpl);
	if (ret == 0)
		vm_seal(ret_value);
	return ret;
}
