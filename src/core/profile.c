#include "core/profile.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "core/install_vars.h"
#include "core/lint.h"
#include "inventory/known.h"
#include "inventory/yaml.h"
#include "template/template.h"

enum check {
	CHECK_IPXE,
	CHECK_USER_DATA,
	CHECK_MAP,
	CHECK_YAML,
};

struct kind {
	const char *name;
	const char *template;
	const char *variable; /* of the host that chooses another */
	enum check check;
	enum lint_doc doc;
};

static const struct kind kinds[PROFILE_KINDS] = {
    [PROFILE_BOOT] = {"boot", "boot.ipxe.j2", "boot_template", CHECK_IPXE,
	LINT_NOTHING},
    [PROFILE_USER_DATA] = {"user-data", "user-data.j2", "user_data_template",
	CHECK_USER_DATA, LINT_USER_DATA},
    [PROFILE_META_DATA] = {"meta-data", "meta-data.j2", "meta_data_template",
	CHECK_MAP, LINT_META_DATA},
    [PROFILE_VENDOR_DATA] = {"vendor-data", "vendor-data.j2",
	"vendor_data_template", CHECK_YAML, LINT_VENDOR_DATA},
    [PROFILE_NETWORK_CONFIG] = {"network-config", "network-config.j2",
	"network_config_template", CHECK_YAML, LINT_NETWORK_CONFIG},
};

const char *
profile_kind_name(enum profile_kind kind)
{
	return kinds[kind].name;
}

const char *
profile_kind_template(enum profile_kind kind)
{
	return kinds[kind].template;
}

bool
profile_kind_is_yaml(enum profile_kind kind)
{
	return kinds[kind].check != CHECK_IPXE;
}

int
profile_kind_parse(const char *name, enum profile_kind *ret_kind)
{
	for (unsigned i = 0; i < PROFILE_KINDS; i++) {
		if (strcmp(kinds[i].name, name) == 0) {
			*ret_kind = (enum profile_kind)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* What is checked with, and where the findings go. */
struct checker {
	const struct kind *kind;
	const struct lint *lint; /* NULL: the schemas are left out */
	const char *image_version;
	struct lint_report *report;
};

static int
check_yaml(const struct checker *checker, const char *text, size_t len,
    struct err *err)
{
	const struct kind *kind = checker->kind;
	struct lint_input input = {.doc = kind->doc,
	    .name = kind->name,
	    .text = text,
	    .len = len,
	    .image_version = checker->image_version};
	struct err why = {0};
	int ret;

	ret = yaml_parse_value(text, len, kind->name, &input.value, &why);
	if (ret < 0) {
		err_at(err, kind->name, why.line, why.col,
		    "what %s gives is not YAML: %s", kind->template, why.text);
		err_hint(err, "look at it: convect-pxectl render NODE %s",
		    kind->name);
		return ret;
	}
	if (kind->check != CHECK_YAML && input.value.type != VALUE_MAP) {
		err_at(err, kind->name, 0, 0,
		    "what %s gives is a %s, not a mapping", kind->template,
		    value_type_name(input.value));
		ret = -EINVAL;
	} else {
		lint_check(checker->lint, &input, checker->report);
	}
	value_unref(input.value);
	return ret;
}

/* cloud-init takes user-data for what its first line says, to the byte. */
static int
check_user_data(const struct checker *checker, const char *text, size_t len,
    struct err *err)
{
	const struct kind *kind = checker->kind;

	if (str_starts(text, "## template: jinja\n"))
		return 0;
	if (!str_starts(text, "#cloud-config\n")) {
		err_at(err, kind->name, 1, 1,
		    "what %s gives does not begin with the line "
		    "'#cloud-config'",
		    kind->template);
		err_hint(err, "nothing may stand before it, not even a blank");
		return -EINVAL;
	}
	return check_yaml(checker, text, len, err);
}

static int
check_output(const struct checker *checker, const char *text, size_t len,
    struct err *err)
{
	const struct kind *kind = checker->kind;

	if (strlen(text) != len) {
		err_at(err, kind->name, 0, 0, "what %s gives has a NUL in it",
		    kind->template);
		return -EINVAL;
	}
	switch (kind->check) {
	case CHECK_USER_DATA:
		return check_user_data(checker, text, len, err);
	case CHECK_MAP:
	case CHECK_YAML:
		return check_yaml(checker, text, len, err);
	case CHECK_IPXE:
		break;
	}
	if (str_starts(text, "#!ipxe\n"))
		return 0;
	err_at(err, kind->name, 1, 1,
	    "what %s gives does not begin with the line '#!ipxe'",
	    kind->template);
	return -EINVAL;
}

/* The name of the kind's template: the host's choice or ours. Owned. */
static int
choose_template(const struct kind *kind, const struct tmpl_input *input,
    struct tmpl_env *env, struct value *ret_name, struct err *err)
{
	struct value own = value_map_get(input->vars, kind->variable);
	struct value name;
	int ret;

	if (own.type == VALUE_UNDEFINED || own.type == VALUE_NULL) {
		*ret_name = value_string(kind->template);
		return 0;
	}
	ret = tmpl_eval(env, kind->variable, own, input, &name, err);
	if (ret < 0)
		return ret;
	ret = known_check(known_find(kind->variable), name, err);
	if (ret < 0)
		value_unref(name);
	else
		*ret_name = name;
	return ret;
}

/* Says who named a template that is not there; its loader says where. */
static int
render_template(const struct kind *kind, const struct tmpl_input *input,
    struct tmpl_env *env, struct buf *out, struct err *err)
{
	struct err why = {0};
	int ret = tmpl_render(env, kind->template, input, out, &why);

	if (ret == 0)
		return 0;
	if (ret == -ENOENT && why.line == 0)
		err_set(err, "%s: there is no template '%s'", kind->variable,
		    kind->template);
	else
		err_at(err, why.file, why.line, why.col, "%s", why.text);
	if (why.hint[0] != '\0')
		err_hint(err, "%s", why.hint);
	return ret;
}

static const char *
image_version(const struct tmpl_input *input)
{
	struct value image = value_map_get(input->vars, "image");
	const char *version = value_str(value_map_get(image, "version"));

	return version[0] != '\0' ? version
				  : value_str(value_map_get(image, "release"));
}

/*
 * `err` is for what ends the render, the report for what lint finds. Without a
 * report nothing is checked.
 */
static int
render_kind(struct checker *checker, const struct tmpl_input *input,
    struct tmpl_env *env, struct buf *text, struct err *err)
{
	const struct kind *kind = checker->kind;
	struct kind chosen = *kind;
	struct value name;
	int ret = choose_template(&chosen, input, env, &name, err);

	if (ret < 0)
		return ret;
	chosen.template = value_str(name);
	checker->kind = &chosen;
	checker->image_version = image_version(input);
	ret = render_template(&chosen, input, env, text, err);
	if (ret == 0 && buf_bad(text)) {
		err_at(err, chosen.template, 0, 0,
		    "it gives more than %d bytes", PROFILE_OUTPUT_MAX);
		ret = -E2BIG;
	}
	if (ret == 0 && checker->report != NULL)
		ret = check_output(checker, text->data, text->len, err);
	if (ret == 0 && checker->lint != NULL && chosen.doc == LINT_USER_DATA)
		install_vars_check(input, env, checker->report);
	checker->kind = kind;
	value_unref(name);
	return ret;
}

int
profile_render_unchecked(enum profile_kind kind, const struct tmpl_input *input,
    struct tmpl_env *env, struct buf *out, struct err *err)
{
	struct checker checker = {.kind = &kinds[kind]};

	return render_kind(&checker, input, env, out, err);
}

int
profile_render_input(enum profile_kind kind, const struct tmpl_input *input,
    struct tmpl_env *env, const struct lint *lint, struct buf *out,
    struct err *err)
{
	struct lint_report report = {0};
	struct checker checker = {
	    .kind = &kinds[kind], .lint = lint, .report = &report};
	struct buf text;
	int ret;

	buf_init(&text, PROFILE_OUTPUT_MAX);
	ret = render_kind(&checker, input, env, &text, err);
	if (ret == 0 && report.errors > 0) {
		if (err != NULL && !err_is_set(err))
			*err = *lint_report_first_error(&report);
		ret = -EINVAL;
	}
	if (ret == 0)
		buf_add(out, text.data, text.len);
	buf_done(&text);
	lint_report_done(&report);
	return ret;
}

int
profile_render(enum profile_kind kind, struct value vars, struct tmpl_env *env,
    struct buf *out, struct err *err)
{
	struct tmpl_input input = {.vars = vars};

	return profile_render_input(kind, &input, env, NULL, out, err);
}

void
profile_check(enum profile_kind kind, const struct tmpl_input *input,
    struct tmpl_env *env, const struct lint *lint, struct lint_report *report)
{
	struct checker checker = {
	    .kind = &kinds[kind], .lint = lint, .report = report};
	struct err err = {0};
	struct buf text;

	buf_init(&text, PROFILE_OUTPUT_MAX);
	if (render_kind(&checker, input, env, &text, &err) < 0)
		lint_report_add(report, PROBLEM_ERROR, NULL, &err);
	buf_done(&text);
}
