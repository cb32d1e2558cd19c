#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/profile.h"
#include "template/template.h"

/* The text of every template, by name; the others are not there. */
struct texts {
	const char *name;
	const char *text;
};

static int
load(void *arg, const char *name, struct buf *out, struct err *err)
{
	const struct texts *text = arg;

	(void)err;
	for (; text->name != NULL; text++) {
		if (strcmp(text->name, name) == 0) {
			buf_adds(out, text->text);
			return 0;
		}
	}
	return -ENOENT;
}

static struct tmpl_env *
env_new(const struct texts *texts)
{
	struct tmpl_options options;
	union {
		const void *in;
		void *arg;
	} borrowed = {.in = texts};

	tmpl_options_init(&options);
	options.load = load;
	options.load_arg = borrowed.arg;
	return tmpl_env_new(&options);
}

static const struct texts no_texts[] = {{NULL, NULL}};
static const struct profile_site site = {
    .address = "10.0.0.2", .http_port = 8080, .files_port = 8081};
static const struct hwaddr macs[] = {
    {{0x52, 0x54, 0, 0xaa, 0x0b, 1}}, {{0x52, 0x54, 0, 0xaa, 0x0b, 2}}};
static const struct image noble = {
    .name = "ubuntu-24.04",
    .kind = IMAGE_AUTOINSTALL,
    .release = "noble",
    .arch = "amd64",
    .kernel = {.file = "vmlinuz"},
    .initrd = {.file = "initrd"},
    .iso = {.file = "ubuntu-24.04.2-live-server-amd64.iso"},
};

struct fixture {
	struct profile_input input;
	struct tmpl_env *env;
};

static void
fixture_init(struct fixture *fixture, const struct texts *texts)
{
	memset(fixture, 0, sizeof *fixture);
	fixture->env = env_new(texts);
	fixture->input = (struct profile_input){
	    .name = "gpu1.rack.lan",
	    .vars = value_map_new(),
	    .group_names = value_list_new(),
	    .groups = value_map_new(),
	    .macs = macs,
	    .nmacs = 2,
	    .mac_index = 1,
	    .site = &site,
	    .image = &noble,
	    .generation = 3,
	    .overwrite = true,
	    .boot_token = "b00t",
	    .report_token = "4ep0",
	};
	value_list_add(fixture->input.group_names, value_string("worker"));
}

static void
fixture_done(struct fixture *fixture)
{
	value_unref(fixture->input.vars);
	value_unref(fixture->input.group_names);
	value_unref(fixture->input.groups);
	tmpl_env_free(fixture->env);
}

static struct value
vars_of(struct fixture *fixture)
{
	struct err err = {0};
	struct value vars;

	if (profile_vars(&fixture->input, fixture->env, &vars, &err) < 0)
		fail_msg("%s", err.text);
	return vars;
}

/* "node.seed_url" */
static struct value
lookup(struct value vars, const char *path)
{
	const char *dot = strchr(path, '.');
	char key[64];

	if (dot == NULL)
		return value_map_get(vars, path);
	str_copy(key, sizeof key, path);
	key[dot - path] = '\0';
	return value_map_get(value_map_get(vars, key), dot + 1);
}

static void
test_vars(void **state)
{
	static const struct {
		const char *path;
		const char *text;
	} cases[] = {
	    {"inventory_hostname", "gpu1.rack.lan"},
	    {"inventory_hostname_short", "gpu1"},
	    {"mac", "52:54:00:aa:0b:01"},
	    {"provisioner.address", "10.0.0.2"},
	    {"provisioner.url", "http://10.0.0.2:8080"},
	    {"provisioner.files_url", "http://10.0.0.2:8081"},
	    {"node.name", "gpu1.rack.lan"},
	    {"node.image", "ubuntu-24.04"},
	    {"node.arch", "amd64"},
	    {"node.mac", "52:54:00:aa:0b:02"},
	    {"node.mac_dashes", "52-54-00-aa-0b-02"},
	    {"node.seed_url", "http://10.0.0.2:8080/seed/b00t/"},
	    {"node.report_url", "http://10.0.0.2:8080/report/4ep0"},
	    {"node.logs_url", "http://10.0.0.2:8080/logs/4ep0"},
	    {"node.boot_url", "http://10.0.0.2:8080/boot/52:54:00:aa:0b:02"},
	    {"image.kind", "autoinstall"},
	    {"image.kernel_url",
		"http://10.0.0.2:8081/images/ubuntu-24.04/vmlinuz"},
	    {"image.iso_url", "http://10.0.0.2:8081/images/ubuntu-24.04/"
			      "ubuntu-24.04.2-live-server-amd64.iso"},
	    {"own", "kept"},
	};
	struct fixture fixture;
	struct value vars;
	int64_t generation = 0;

	(void)state;
	fixture_init(&fixture, no_texts);
	value_map_set(fixture.input.vars, "own", value_string("kept"));
	value_map_set(fixture.input.vars, "node", value_string("not this"));
	vars = vars_of(&fixture);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(
		    value_str(lookup(vars, cases[i].path)), cases[i].text);
	assert_int_equal(
	    value_as_int(lookup(vars, "node.generation"), &generation), 0);
	assert_int_equal(generation, 3);
	assert_true(value_truth(lookup(vars, "node.overwrite")));
	assert_int_equal(value_len(lookup(vars, "macs")), 2);
	assert_int_equal(value_len(lookup(vars, "group_names")), 1);
	/* The host's own map is somebody else's and stays as it was. */
	assert_int_equal(value_len(fixture.input.vars), 2);
	value_unref(vars);
	fixture_done(&fixture);
}

#define LINE                                                                   \
	"ip=dhcp "                                                             \
	"url=http://10.0.0.2:8081/images/ubuntu-24.04/"                        \
	"ubuntu-24.04.2-live-server-amd64.iso "                                \
	"cloud-config-url=/dev/null autoinstall "                              \
	"ds=nocloud;s=http://10.0.0.2:8080/seed/b00t/ "                        \
	"BOOTIF=01-52-54-00-aa-0b-02 console=tty0 console=ttyS0,115200n8"

static void
check_kernel_args(const char *own, const char *want)
{
	struct fixture fixture;
	struct value vars;

	fixture_init(&fixture, no_texts);
	if (own != NULL)
		value_map_set(
		    fixture.input.vars, "kernel_args", value_string(own));
	value_map_set(fixture.input.vars, "speed", value_int(9600));
	vars = vars_of(&fixture);
	assert_string_equal(value_str(lookup(vars, "kernel_args")), want);
	assert_string_equal(value_str(lookup(vars, "image.kernel_args")), want);
	value_unref(vars);
	fixture_done(&fixture);
}

static void
test_kernel_args(void **state)
{
	(void)state;
	check_kernel_args(NULL, LINE " ---");
	check_kernel_args("", LINE " ---");
	check_kernel_args("  nomodeset\n", LINE " nomodeset ---");
	check_kernel_args(
	    "console=ttyS1,{{ speed }}", LINE " console=ttyS1,9600 ---");
	check_kernel_args("a=1 --- quiet", LINE " a=1 --- quiet");
}

static void
refuse_kernel_args(struct value own, const char *words)
{
	struct err err = {0};
	struct fixture fixture;
	struct value vars;

	fixture_init(&fixture, no_texts);
	value_map_set(fixture.input.vars, "kernel_args", own);
	if (profile_vars(&fixture.input, fixture.env, &vars, &err) >= 0)
		fail_msg("accepted instead of '%s'", words);
	if (strstr(err.text, words) == NULL)
		fail_msg("'%s' lacks '%s'", err.text, words);
	fixture_done(&fixture);
}

static void
test_kernel_args_refused(void **state)
{
	char longer[3000];

	(void)state;
	memset(longer, 'x', sizeof longer);
	longer[sizeof longer - 1] = '\0';
	refuse_kernel_args(value_int(7), "not a string");
	refuse_kernel_args(value_string("a\nboot"), "line break");
	refuse_kernel_args(value_string("a || shell"), "ends the command");
	refuse_kernel_args(value_string("a=${net0/mac}"), "would expand");
	refuse_kernel_args(value_string("{{ nowhere }}"), "nowhere");
	refuse_kernel_args(value_string(longer), "longer");
}

static void
check_render(enum profile_kind kind, const char *text, const char *refusal)
{
	const struct texts texts[] = {
	    {profile_kind_template(kind), text}, {NULL, NULL}};
	struct err err = {0};
	struct fixture fixture;
	struct value vars;
	struct buf out;
	int ret;

	fixture_init(&fixture, texts);
	vars = vars_of(&fixture);
	buf_init(&out, PROFILE_OUTPUT_MAX);
	buf_adds(&out, "before;");
	ret = profile_render(kind, vars, fixture.env, &out, &err);
	if (refusal == NULL) {
		if (ret < 0)
			fail_msg("%s", err.text);
		assert_true(str_starts(out.data, "before;"));
	} else {
		if (ret >= 0)
			fail_msg("accepted: %s", text);
		assert_string_equal(out.data, "before;");
		if (strstr(err.text, refusal) == NULL)
			fail_msg("'%s' lacks '%s'", err.text, refusal);
	}
	buf_done(&out);
	value_unref(vars);
	fixture_done(&fixture);
}

static void
test_render(void **state)
{
	(void)state;
	check_render(PROFILE_USER_DATA,
	    "#cloud-config\n{# c #}\na: {{ mac | "
	    "to_json }}\n",
	    NULL);
	check_render(
	    PROFILE_USER_DATA, "## template: jinja\n#cloud-config\n", NULL);
	check_render(PROFILE_META_DATA, "instance-id: {{ node.name }}", NULL);
	check_render(PROFILE_VENDOR_DATA, "", NULL);
	check_render(PROFILE_NETWORK_CONFIG, "{# none #}", NULL);
	check_render(PROFILE_BOOT, "#!ipxe\nkernel {{ kernel_args }}\n", NULL);
}

static void
test_render_refused(void **state)
{
	(void)state;
	check_render(
	    PROFILE_USER_DATA, "\n#cloud-config\na: 1\n", "#cloud-config");
	check_render(
	    PROFILE_USER_DATA, "#cloud-config \na: 1\n", "#cloud-config");
	check_render(PROFILE_USER_DATA, "#cloud-config\n- a\n", "mapping");
	check_render(PROFILE_USER_DATA, "#cloud-config\na: [1\n", "not YAML");
	check_render(PROFILE_META_DATA, "", "mapping");
	check_render(PROFILE_NETWORK_CONFIG, "a: b: c\n", "not YAML");
	check_render(PROFILE_BOOT, "kernel x\n", "#!ipxe");
	check_render(PROFILE_META_DATA, "a: {{ nowhere }}\n", "nowhere");
}

static void
test_missing_template(void **state)
{
	struct err err = {0};
	struct fixture fixture;
	struct value vars;
	struct buf out;

	(void)state;
	fixture_init(&fixture, no_texts);
	vars = vars_of(&fixture);
	buf_init(&out, PROFILE_OUTPUT_MAX);
	assert_true(profile_render(
			PROFILE_USER_DATA, vars, fixture.env, &out, &err) < 0);
	assert_true(err_is_set(&err));
	buf_done(&out);
	value_unref(vars);
	fixture_done(&fixture);
}

/* What the host's user_data_template gives, or a part of the error. */
static void
check_choice(struct value choice, int code, const char *want)
{
	const struct texts texts[] = {
	    {"gpu/ud.j2", "#cloud-config\nrack: {{ rack }}\n"},
	    {"user-data.j2", "#cloud-config\na: 1\n"}, {NULL, NULL}};
	struct err err = {0};
	struct fixture fixture;
	struct value vars;
	struct buf out;

	fixture_init(&fixture, texts);
	value_map_set(fixture.input.vars, "rack", value_int(7));
	value_map_set(fixture.input.vars, "user_data_template", choice);
	vars = vars_of(&fixture);
	buf_init(&out, PROFILE_OUTPUT_MAX);
	assert_int_equal(
	    profile_render(PROFILE_USER_DATA, vars, fixture.env, &out, &err),
	    code);
	if (strstr(code == 0 ? out.data : err.text, want) == NULL)
		fail_msg("'%s' '%s' lacks '%s'", out.data, err.text, want);
	buf_done(&out);
	value_unref(vars);
	fixture_done(&fixture);
}

static void
test_another_template(void **state)
{
	(void)state;
	check_choice(value_string("gpu/ud.j2"), 0, "rack: 7");
	check_choice(
	    value_string("{{ 'gpu' if rack > 5 }}/ud.j2"), 0, "rack: 7");
	check_choice(value_null(), 0, "#cloud-config");
	check_choice(value_string("none.j2"), -ENOENT,
	    "user_data_template: there is no template 'none.j2'");
	check_choice(value_string("../ud.j2"), -EINVAL, "name of a template");
	check_choice(value_string("a/../ud.j2"), -EINVAL, "name of a template");
	check_choice(value_string("/etc/passwd"), -EINVAL, "name of a templ");
	check_choice(value_string(""), -EINVAL, "name of a template");
	check_choice(value_int(3), -EINVAL, "name of a template");
	check_choice(value_string("{{ nowhere }}"), -ENOTUNIQ, "nowhere");
}

static void
test_without(void **state)
{
	struct fixture fixture;
	struct value vars;

	(void)state;
	/* A preview has no tokens; a mirror takes the bytes. */
	struct profile_site mirrored = site;

	mirrored.files_url = "https://cdn.example/x";
	fixture_init(&fixture, no_texts);
	fixture.input.boot_token = NULL;
	fixture.input.report_token = NULL;
	fixture.input.site = &mirrored;
	vars = vars_of(&fixture);
	assert_string_equal(value_str(lookup(vars, "node.seed_url")),
	    "http://10.0.0.2:8080/seed/TOKEN/");
	assert_string_equal(value_str(lookup(vars, "image.initrd_url")),
	    "https://cdn.example/x/images/ubuntu-24.04/initrd");
	value_unref(vars);
	/* No image and no MAC: what depends on them is not there. */
	fixture.input.image = NULL;
	fixture.input.nmacs = 0;
	vars = vars_of(&fixture);
	assert_int_equal(lookup(vars, "image").type, VALUE_UNDEFINED);
	assert_int_equal(lookup(vars, "mac").type, VALUE_UNDEFINED);
	assert_int_equal(lookup(vars, "node.boot_url").type, VALUE_UNDEFINED);
	assert_int_equal(value_len(lookup(vars, "macs")), 0);
	value_unref(vars);
	fixture_done(&fixture);
}

static void
test_kinds(void **state)
{
	enum profile_kind kind;

	(void)state;
	for (unsigned i = 0; i < PROFILE_KINDS; i++) {
		assert_int_equal(
		    profile_kind_parse(
			profile_kind_name((enum profile_kind)i), &kind),
		    0);
		assert_int_equal(kind, i);
	}
	assert_int_equal(profile_kind_parse("userdata", &kind), -EINVAL);
	assert_true(profile_kind_is_yaml(PROFILE_USER_DATA));
	assert_false(profile_kind_is_yaml(PROFILE_BOOT));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_vars),
	    cmocka_unit_test(test_kernel_args),
	    cmocka_unit_test(test_kernel_args_refused),
	    cmocka_unit_test(test_render),
	    cmocka_unit_test(test_render_refused),
	    cmocka_unit_test(test_missing_template),
	    cmocka_unit_test(test_another_template),
	    cmocka_unit_test(test_without),
	    cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
