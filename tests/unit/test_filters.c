/* Filters where a comparison with Ansible can not tell: see tests/differential
 * for all that can be compared. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "template/mersenne.h"
#include "template/template.h"

static int
render(const char *salt, const char *host, const char *text, struct buf *out,
    struct err *err)
{
	struct tmpl_input input = {.vars = value_map_new()};
	struct tmpl_options options;
	struct tmpl_env *env;
	int ret;

	tmpl_options_init(&options);
	options.salt_seed = salt;
	env = tmpl_env_new(&options);
	value_map_set(input.vars, "inventory_hostname", value_string(host));
	ret = tmpl_render_text(env, "t", text, &input, out, err);
	value_unref(input.vars);
	tmpl_env_free(env);
	return ret;
}

/* Whether two renders give the same bytes. */
static bool
same(const char *const a[2], const char *const b[2], const char *text)
{
	struct err err = {0};
	struct buf outs[2];
	bool equal;

	for (int i = 0; i < 2; i++) {
		const char *const *who = i == 0 ? a : b;

		buf_init(&outs[i], TMPL_OUTPUT_MAX);
		if (render(who[0], who[1], text, &outs[i], &err) != 0)
			fail_msg("%s", err.text);
	}
	equal = strcmp(outs[0].data, outs[1].data) == 0;
	buf_done(&outs[0]);
	buf_done(&outs[1]);
	return equal;
}

/* random.Random(5489) and random.Random('a') of CPython 3.11. */
static void
test_mersenne(void **state)
{
	struct mersenne rng;
	uint64_t last = 0;

	(void)state;
	mersenne_seed_int(&rng, 5489);
	assert_int_equal(mersenne_below(&rng, UINT64_C(1) << 31), 956215839);
	for (int i = 0; i < 2000; i++)
		last = mersenne_below(&rng, 1000000007);
	assert_int_equal(last, 340545359);
	mersenne_seed_text(&rng, "a", 1);
	assert_int_equal(
	    mersenne_below(&rng, UINT64_MAX), UINT64_C(9337036062589172298));
	assert_int_equal(mersenne_below(&rng, 1), 0);
}

static void
test_chance(void **state)
{
	static const char *const a[] = {"salt", "gpu1"};
	static const char *const b[] = {"salt", "gpu2"};
	static const char *const c[] = {"pepper", "gpu1"};
	static const char *const texts[] = {"{{ 1000000000 | random }}",
	    "{{ range(50) | list | shuffle }}",
	    "{{ range(1000000) | random }}"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		assert_true(same(a, a, texts[i]));
		assert_false(same(a, b, texts[i]));
		assert_false(same(a, c, texts[i]));
	}
	/* Two choices in one file are two. */
	assert_true(same(a, a,
	    "{% set x = 1000000000 | random %}"
	    "{% if x == 1000000000 | random %}{{ nope }}{% endif %}"));
}

static void
test_refused(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *want;
		const char *hint;
	} rows[] = {
	    {"{{ '%F' | strftime }}", -EINVAL, "needs a second", "no clock"},
	    {"{{ 'a' | relpath('/b') }}", -EINVAL, "where it is run", "root"},
	    {"{{ '/a' | relpath('b') }}", -EINVAL, "where it is run", "root"},
	    {"{{ '../a' | relpath('b') }}", -EINVAL, "where it is run", "root"},
	    {"{{ 'a' | relpath('b/../..') }}", -EINVAL, "where it is", "root"},
	    {"{{ 'x' | realpath }}", -EINVAL, "no filter", "nothing of the"},
	    {"{{ 'x' | ansible.builtin.fileglob }}", -EINVAL, "no filter",
		"nothing of the host"},
	    {"{{ 'x' | to_datetime }}", -EINVAL, "no filter", "strftime"},
	    {"{{ ['x'] | map('striptags') | list }}", -EINVAL, "no filter",
		"web pages"},
	    {"{{ 'x' is file }}", -EINVAL, "no test", "nothing of the host"},
	    {"{{ 'x' is changed }}", -EINVAL, "no test", "no tasks"},
	    {"{{ 'x' | randon }}", -EINVAL, "no filter", "'random'"},
	    {"{{ nope | pprint }}", -ENOTUNIQ, "'nope' is undefined", ""},
	    {"{{ 'http://h\xc3\xa9/' | urlsplit }}", -EINVAL, "not ASCII", ""},
	    {"{{ range(99) | permutations | list }}", -E2BIG, "", ""},
	    {"{{ range(99) | combinations(50) | list }}", -E2BIG, "", ""},
	    {"{{ range(5000) | combinations(4999) | list }}", -E2BIG, "", ""},
	    {"{% set ns = namespace(l=[1]) %}{% for i in range(60) %}"
	     "{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l | pprint }}",
		-E2BIG, "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct err err = {0};
		struct buf out;

		buf_init(&out, TMPL_OUTPUT_MAX);
		if (render("", "h", rows[i].text, &out, &err) != rows[i].code ||
		    strstr(err.text, rows[i].want) == NULL ||
		    strstr(err.hint, rows[i].hint) == NULL)
			fail_msg(
			    "%s: %s (%s)", rows[i].text, err.text, err.hint);
		buf_done(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mersenne),
	    cmocka_unit_test(test_chance),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
