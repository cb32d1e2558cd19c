#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "core/hostvars.h"
#include "template/template.h"

struct fixture {
	struct inventory *inv;
	struct tmpl_env *env;
	struct hostvars *hostvars;
};

static const char inventory_text[] =
    "gpu1.lan mac=52:54:00:00:00:01,52:54:00:00:00:02 rack=7 "
    "image=\"img-{{ rack }}\"\n"
    "gpu2 mac=52:54:00:00:00:03 ip=\"10.0.{{ rack }}.2\" rack=9 "
    "auto_install=\"{{ rack < 5 }}\"\n"
    "loop image=\"{{ b }}\" b=\"{{ image }}\"\n"
    "far x=\"{{ hostvars['far2'].y }}\" image=\"{{ x }}\"\n"
    "far2 y=\"{{ hostvars.far.x }}\"\n"
    "odd auto_install=\"{{ 'may' ~ 'be' }}\" convect_token=\"{{ 1 / 0 }}\"\n"
    "[all:vars]\n"
    "peer=\"{{ hostvars['gpu2'].ip }}\"\n"
    "install_attempts=\"{{ 1 + 2 }}\"\n";

static int
setup(void **state)
{
	struct fixture *fixture = mem_alloc(sizeof *fixture);
	struct inv_file file = {
	    "hosts", inventory_text, sizeof inventory_text - 1};
	struct inv_input input = {.files = &file, .count = 1};
	struct tmpl_options options;
	struct problems problems;

	problems_init(&problems);
	if (inventory_load(&input, &problems, &fixture->inv) < 0)
		fail_msg("%s", problems.list[0].err.text);
	problems_done(&problems);
	tmpl_options_init(&options);
	options.salt_seed = "";
	fixture->env = tmpl_env_new(&options);
	fixture->hostvars = hostvars_new(fixture->inv, fixture->env, NULL);
	*state = fixture;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	hostvars_free(fixture->hostvars);
	tmpl_env_free(fixture->env);
	inventory_unref(fixture->inv);
	free(fixture);
	return 0;
}

static const struct inv_host *
host(const struct fixture *fixture, const char *name)
{
	return inventory_find_host(fixture->inv, name);
}

/* What the text gives for a host, which is compared with `want`. */
static void
expect_text(struct fixture *fixture, const char *name, const char *text,
    const char *want)
{
	struct tmpl_input input = {
	    .vars = hostvars_map(fixture->hostvars, host(fixture, name)),
	    .lookup = hostvars_lookup,
	    .lookup_arg = fixture->hostvars};
	struct err err = {0};
	struct buf out;

	buf_init(&out, 4096);
	if (tmpl_render_text(fixture->env, "t", text, &input, &out, &err) < 0)
		fail_msg("%s: %s", text, err.text);
	assert_string_equal(out.data, want);
	buf_done(&out);
	value_unref(input.vars);
}

static void
test_hostvars_are_each_hosts_own(void **state)
{
	struct fixture *fixture = *state;

	expect_text(fixture, "gpu1.lan", "{{ hostvars.gpu2.ip }} {{ peer }}",
	    "10.0.9.2 10.0.9.2");
	expect_text(fixture, "gpu2", "{{ hostvars['gpu1.lan'].mac }}",
	    "52:54:00:00:00:01");
	expect_text(
	    fixture, "gpu2", "{{ hostvars['gpu1.lan'].macs | length }}", "2");
	expect_text(fixture, "gpu2",
	    "{{ hostvars['gpu1.lan'].inventory_hostname_short }}", "gpu1");
	expect_text(fixture, "gpu2", "{{ 'none' in hostvars }}", "False");
	expect_text(fixture, "gpu2", "{{ hostvars.none is defined }}", "False");
	expect_text(fixture, "gpu2", "{{ groups.all | length }}", "6");
	expect_text(fixture, "gpu2",
	    "{% for h in hostvars %}{{ h[0] }}{% endfor %}", "gglffo");
}

static void
test_known_variables_are_expanded(void **state)
{
	struct fixture *fixture = *state;
	struct err err = {0};
	struct value text;
	bool on = true;
	int64_t n = 0;

	assert_int_equal(hostvars_str(fixture->hostvars,
			     host(fixture, "gpu1.lan"), "image", &text, &err),
	    0);
	assert_string_equal(value_str(text), "img-7");
	value_unref(text);
	assert_int_equal(hostvars_bool(fixture->hostvars, host(fixture, "gpu2"),
			     "auto_install", &on, &err),
	    0);
	assert_false(on);
	assert_int_equal(hostvars_int(fixture->hostvars, host(fixture, "gpu2"),
			     "install_attempts", &n, &err),
	    0);
	assert_int_equal(n, 3);
	/* Defaults, and none. */
	assert_int_equal(hostvars_str(fixture->hostvars, host(fixture, "gpu2"),
			     "pxe_style", &text, &err),
	    0);
	assert_string_equal(value_str(text), "auto");
	value_unref(text);
	assert_int_equal(hostvars_str(fixture->hostvars, host(fixture, "gpu2"),
			     "image", &text, &err),
	    0);
	assert_string_equal(value_str(text), "");
	value_unref(text);
}

static void
expect_error(
    struct fixture *fixture, const char *name, int code, const char *part)
{
	struct err err = {0};

	assert_int_equal(
	    hostvars_check(fixture->hostvars, host(fixture, name), &err), code);
	if (code < 0 && strstr(err.text, part) == NULL)
		fail_msg("%s: %s", name, err.text);
}

static void
test_mistakes_are_told(void **state)
{
	struct fixture *fixture = *state;

	expect_error(fixture, "gpu1.lan", 0, NULL);
	expect_error(fixture, "loop", -ELOOP, "circle");
	expect_error(fixture, "far", -ELOOP, "circle");
	expect_error(fixture, "far2", 0, NULL);
	expect_error(fixture, "odd", -EINVAL, "auto_install must be true or");
}

static struct value
hide(struct value vars)
{
	struct value copy = value_copy(vars);

	value_map_set(copy, "rack", value_string("X"));
	return copy;
}

static void
test_filter_is_put_over_all(void **state)
{
	struct fixture *fixture = *state;

	hostvars_free(fixture->hostvars);
	fixture->hostvars = hostvars_new(fixture->inv, fixture->env, hide);
	expect_text(fixture, "gpu1.lan", "{{ rack }} {{ hostvars.gpu2.ip }}",
	    "X 10.0.X.2");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		test_hostvars_are_each_hosts_own, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_known_variables_are_expanded, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_mistakes_are_told, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_filter_is_put_over_all, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
