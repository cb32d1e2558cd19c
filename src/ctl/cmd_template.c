/* template: renders any template with the variables of a JSON object. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "ctl/ctl.h"
#include "template/template.h"

enum {
	TEMPLATE_VARS
};

#define VARS_MAX (64u << 20)

static const struct args_flag template_flags[] = {
    [TEMPLATE_VARS] = {"--vars", 0, "FILE.json", "an object: the variables"},
    {0},
};

/* Where includes are found: beside the template, then --templates-dir. */
struct template_dirs {
	int fds[2];
	struct tmpl_dirs dirs;
};

static int
dirs_add(struct template_dirs *dirs, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret = -errno;

	if (fd < 0) {
		err_at(err, path, 0, 0, "%s", strerror(-ret));
		return ret;
	}
	dirs->fds[dirs->dirs.count++] = fd;
	return 0;
}

static int
dirs_open(struct ctl *ctl, const char *file, struct template_dirs *dirs,
    struct err *err)
{
	const char *slash = strrchr(file, '/');
	const char *more = ctl->args->global[ARGS_TEMPLATES_DIR];
	char *own = slash == NULL
			? mem_strdup(".")
			: mem_strndup(file, (size_t)(slash - file) + 1);
	int ret;

	dirs->dirs.fds = dirs->fds;
	ret = dirs_add(dirs, own, err);
	if (ret == 0 && more != NULL)
		ret = dirs_add(dirs, more, err);
	free(own);
	return ret;
}

static void
dirs_close(struct template_dirs *dirs)
{
	for (size_t i = 0; i < dirs->dirs.count; i++)
		close(dirs->fds[i]);
}

static int
read_vars(const char *path, struct value *ret_vars, struct err *err)
{
	struct value vars = {0};
	struct buf text;
	int ret = 0;

	if (path == NULL) {
		*ret_vars = value_map_new();
		return 0;
	}
	buf_init(&text, VARS_MAX);
	ret = file_read(path, &text, err);
	if (ret == 0)
		ret = value_parse_json(text.data, text.len, &vars, err);
	if (ret < 0 && err->file[0] == '\0')
		str_copy(err->file, sizeof err->file, path);
	if (ret == 0 && vars.type != VALUE_MAP) {
		err_at(err, path, 1, 1, "not a JSON object but a %s",
		    value_type_name(vars));
		ret = -EINVAL;
	}
	buf_done(&text);
	if (ret < 0)
		value_unref(vars);
	else
		*ret_vars = vars;
	return ret;
}

static int
render_text(struct ctl *ctl, const char *file, struct value vars,
    struct buf *out, struct err *err)
{
	struct template_dirs dirs = {0};
	struct tmpl_options options;
	const struct tmpl_input input = {.vars = vars};
	struct tmpl_env *env = NULL;
	struct buf text;
	int ret;

	buf_init(&text, TMPL_TEXT_MAX);
	ret = file_read(file, &text, err);
	if (ret == 0)
		ret = dirs_open(ctl, file, &dirs, err);
	if (ret == 0) {
		tmpl_options_init(&options);
		options.load = tmpl_load_dirs;
		options.load_arg = &dirs.dirs;
		options.salt_seed = "";
		env = tmpl_env_new(&options);
		ret = tmpl_render_text(env, file, text.data, &input, out, err);
	}
	tmpl_env_free(env);
	dirs_close(&dirs);
	buf_done(&text);
	return ret;
}

static int
template_run(struct ctl *ctl, const struct args *args)
{
	struct value vars = {0};
	struct value map;
	struct err err = {0};
	struct buf out;
	int ret = read_vars(args->own[TEMPLATE_VARS], &vars, &err);

	buf_init(&out, TMPL_OUTPUT_MAX);
	if (ret == 0)
		ret = render_text(ctl, args->words[0], vars, &out, &err);
	if (ret == 0 && ctl->json) {
		map = value_map_new();
		value_map_set(map, "template", value_string(args->words[0]));
		value_map_set(map, "text", value_string_len(out.data, out.len));
		ctl_put_json(ctl, map);
		value_unref(map);
	} else if (ret == 0) {
		buf_add(&ctl->out, out.data, out.len);
	}
	buf_done(&out);
	value_unref(vars);
	return ret < 0 ? ctl_fail(ctl, ret, &err) : CTL_DONE;
}

const struct command cmd_template = {
    .name = "template",
    .usage = "FILE [--vars FILE.json]",
    .help = "render a template with the variables of a JSON object",
    .need = COMMAND_LOCAL,
    .words_min = 1,
    .words_max = 1,
    .flags = template_flags,
    .run = template_run,
};
