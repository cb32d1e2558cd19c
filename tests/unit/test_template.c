#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "template/template.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Files of the loader: name, text, name, text, NULL. */
static int
load_pairs(void *arg, const char *name, struct buf *out, struct err *err)
{
	const char *const *pairs = arg;

	(void)err;
	for (; *pairs != NULL; pairs += 2) {
		if (strcmp(pairs[0], name) == 0) {
			buf_adds(out, pairs[1]);
			return 0;
		}
	}
	return -ENOENT;
}

static struct tmpl_env *
env_new(const char *const *files)
{
	struct tmpl_options options;
	union {
		const char *const *files;
		void *arg;
	} arg = {.files = files};

	tmpl_options_init(&options);
	if (files != NULL) {
		options.load = load_pairs;
		options.load_arg = arg.arg;
	}
	return tmpl_env_new(&options);
}

static struct value
json(const char *text)
{
	struct value value = {0};
	struct err err = {0};

	assert_int_equal(value_parse_json(text, strlen(text), &value, &err), 0);
	return value;
}

static int
render(const char *text, const char *vars, struct buf *out, struct err *err)
{
	struct tmpl_env *env = env_new(NULL);
	struct tmpl_input input = {.vars = json(vars)};
	int ret = tmpl_render_text(env, "t.j2", text, &input, out, err);

	value_unref(input.vars);
	tmpl_env_free(env);
	return ret;
}

static void
assert_renders(const char *text, const char *vars, const char *want)
{
	struct err err = {0};
	char message[1024];
	struct buf out;

	buf_init(&out, TMPL_OUTPUT_MAX);
	if (render(text, vars, &out, &err) != 0)
		fail_msg("%s", err_format(&err, message, sizeof message));
	assert_string_equal(out.data, want);
	buf_done(&out);
}

/* The whole message, hint and place included. */
static void
assert_fails(const char *text, const char *vars, int code, const char *want)
{
	struct err err = {0};
	char message[1024];
	struct buf out;

	buf_init(&out, TMPL_OUTPUT_MAX);
	buf_adds(&out, "before");
	assert_int_equal(render(text, vars, &out, &err), code);
	assert_string_equal(err_format(&err, message, sizeof message), want);
	assert_string_equal(out.data, "before");
	assert_int_equal(out.len, 6);
	buf_done(&out);
}

static void
test_lazy_variables(void **state)
{
	(void)state;
	assert_renders("{{ fqdn }}", /* one through another */
	    "{\"fqdn\": \"{{ host }}.{{ domain }}\", \"host\": \"{{ n }}\","
	    " \"n\": \"gpu1\", \"domain\": \"x\"}",
	    "gpu1.x");
	assert_renders("{{ l[1] }} {{ l is string }} {{ n + 1 }}", /* types */
	    "{\"l\": \"{{ src }}\", \"src\": [1, 2],"
	    " \"n\": \"{{ src | length }}\"}",
	    "2 False 3");
	assert_renders("{{ m.a.b }} {{ m.l[0] }}", /* within containers */
	    "{\"m\": {\"a\": {\"b\": \"<{{ x }}>\"}, \"l\": [\"{{ x }}\"]},"
	    " \"x\": 5}",
	    "<5> 5");
	assert_renders("{{ a is defined }}", /* not expanded when not used */
	    "{\"a\": 1, \"b\": \"{{ nope }}\"}", "True");
	assert_renders("{% set x = 9 %}{{ a }}", /* locals stay outside */
	    "{\"a\": \"{{ x }}\", \"x\": 1}", "1");
	assert_renders("{% if flag %}yes{% else %}no{% endif %}",
	    "{\"flag\": \"{{ a == 2 }}\", \"a\": 1}", "no");
	assert_renders("{{ l[1] }} {{ d.k }} {{ t }}", /* built as text */
	    "{\"l\": \"[{% for i in n %}'{{ i }}',{% endfor %}]\", \"n\": [1, "
	    "2],"
	    " \"d\": \"{'k': '{{ n[0] }}'}\", \"t\": \"[{{ n[0] }}\"}",
	    "2 1 [1");
	assert_renders("{{ a }}|{{ a }}", "{\"a\": \" {{ 1 }} \"}", " 1 | 1 ");
}

static void
test_lazy_errors(void **state)
{
	(void)state;
	assert_fails("x\n{{ a }}",
	    "{\"a\": \"{{ b }}\", \"b\": \"{{ c }}\","
	    " \"c\": \"{{ a }}\"}",
	    -ELOOP,
	    "variable c:1:4: variables name each other in a circle: "
	    "a -> b -> c -> a ('c' is used at variable b:1:4)");
	assert_fails("{{ a }}", "{\"a\": \"{{ a }}\"}", -ELOOP,
	    "variable a:1:4: variables name each other in a circle: a -> a "
	    "('a' is used at t.j2:1:4)");
	assert_fails("x {{ a }}", "{\"a\": \"{{ nope }}\"}", -ENOTUNIQ,
	    "variable a:1:4: 'nope' is undefined ('a' is used at t.j2:1:6)");
	assert_fails("{{ a }}", "{\"a\": \"{{ nope \"}", -EINVAL,
	    "variable a:1:1: this tag is never closed ('a' is used at "
	    "t.j2:1:4)");
}

static void
test_errors_have_places(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *want;
	} rows[] = {
	    {"{{ nmae }}", -ENOTUNIQ,
		"t.j2:1:4: 'nmae' is undefined (did you mean 'name'?)"},
	    {"a\nb {{ disk.sise }}", -ENOTUNIQ,
		"t.j2:2:11: 'disk' has no attribute 'sise' (did you mean "
		"'size'?)"},
	    {"{{ disk.part.x }}", -ENOTUNIQ,
		"t.j2:1:9: 'disk' has no attribute 'part'"},
	    {"\n\n  {{ name | uper }}", -EINVAL,
		"t.j2:3:13: there is no filter 'uper' (did you mean "
		"'upper'?)"},
	    {"{{ name is strin }}", -EINVAL,
		"t.j2:1:12: there is no test 'strin' (did you mean "
		"'string'?)"},
	    {"{% iff x %}", -EINVAL,
		"t.j2:1:4: there is no tag 'iff' (did you mean 'if'?)"},
	    {"{% if name %}\nx", -EINVAL,
		"t.j2:1:12: this tag is never closed: 'endif' is missing"},
	    {"{% for x in disk %}{% endif %}", -EINVAL,
		"t.j2:1:23: 'endif' has nothing to close here (expected "
		"'endfor')"},
	    {"{{ name + 1 }}", -EINVAL,
		"t.j2:1:9: '+' does not work between str and int"},
	    {"{{ 1 / 0 }}", -EINVAL, "t.j2:1:6: division by zero"},
	    {"{% include 'x' %}", -EINVAL,
		"t.j2:1:4: there is no template 'x'"},
	    {"{% include '../x' %}", -EXDEV,
		"'../x' leads out of the template directories"},
	    {"{% include '/etc/passwd' %}", -EXDEV,
		"'/etc/passwd' leads out of the template directories"},
	    {"{{ 'a' | replace('x') }}", -EINVAL,
		"t.j2:1:10: replace needs 2 arguments"},
	    {"{{ 'a' | indent(wide=1) }}", -EINVAL,
		"t.j2:1:10: indent has no parameter 'wide'"},
	    {"{% block x %}{% endblock %}", -EINVAL,
		"t.j2:1:4: 'block' is not supported"},
	    {"{{ name | mandatory }}{{ nope | mandatory('set it') }}", -EINVAL,
		"t.j2:1:33: set it"},
	    {"\xff", -EINVAL, "t.j2:1:1: the template is not UTF-8"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_fails(rows[i].text,
		    "{\"name\": \"gpu1\", \"disk\": {\"size\": 5}}",
		    rows[i].code, rows[i].want);
}

/* Each would run for ever, or take all memory, without its limit. */
static void
test_hostile(void **state)
{
	static const char *const rows[] = {
	    "{{ 'x' * 10 ** 9 }}",
	    "{{ [0] * 10 ** 9 }}",
	    "{{ range(10 ** 9) | list }}",
	    "{% for a in range(999999) %}{% for b in range(999999) %}"
	    "{% endfor %}{% endfor %}",
	    "{% for a in range(900000) %}{{ 'xxxxxxxxxxxxxxxxxxxx' }}"
	    "{% endfor %}",
	    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
	    "{% set ns = namespace(s='x') %}{% for i in range(99) %}"
	    "{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
	    "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}"
	    "{% set ns.l = ns.l + ns.l %}{% endfor %}",
	    "{% set ns = namespace(l=[1]) %}{% for i in range(999) %}"
	    "{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
	    "{% set a = namespace(l=[1]) %}{% set b = namespace(l=[1]) %}"
	    "{% for i in range(60) %}{% set a.l = [a.l, a.l] %}"
	    "{% set b.l = [b.l, b.l] %}{% endfor %}{{ a.l == b.l }}",
	    "{% set l = [] %}{% set _ = l.append(l) %}",
	    "{% set l = [] %}{% set m = {'l': l} %}{% set _ = l.append(m) %}",
	    "{% set ns = namespace() %}{% set ns.self = ns %}",
	    "{% set l = [] %}{% for i in range(900000) %}"
	    "{% set _ = l.append('x' * 300 ~ i) %}{% endfor %}",
	    "{{ ('a' * 60) | regex_replace('(a+)+$(?!x)b', '') }}"
	    "{{ ('a' * 40 ~ 'b') | regex_search('^(a|aa)+$') }}",
	    "{{ '%999999999d' | format(1) }}",
	    "{{ '{:999999999}'.format(1) }}",
	    "{{ 'a'.ljust(10 ** 12) }}",
	    "{{ 'a' | center(10 ** 12) }}",
	    "{{ [1] | batch(10 ** 9) }}",
	    "{{ range(999999) | slice(10 ** 9) | list }}",
	    "{{ range(9999) | product(range(9999)) | list }}",
	    "{% for i in range(999999) %}{{ 'x' | password_hash('sha512', "
	    "'s' ~ i) | length }}{% endfor %}",
	    "{% set s = 'ab' * 2000000 %}{% for i in range(999999) %}"
	    "{% if s.count('c') %}{% endif %}{% endfor %}",
	    "{% set l = range(99999) | list %}{% for i in range(99999) %}"
	    "{% if -1 in l %}{% endif %}{% endfor %}",
	    "{{ 9 ** 99 }}",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct err err = {0};
		struct buf out;
		int ret;

		buf_init(&out, TMPL_OUTPUT_MAX);
		ret = render(rows[i], "{}", &out, &err);
		if (ret != -E2BIG && ret != -EINVAL)
			fail_msg("%d: %s", ret, rows[i]);
		assert_true(err_is_set(&err));
		assert_int_equal(out.len, 0);
		buf_done(&out);
	}
}

static void
test_deep_nesting(void **state)
{
	static const char *const pairs[] = {"(", ")", "[", "]", "{1:", "}", "-",
	    "", "not ", "", "1+(", ")", "x[", "]", "x(", ")"};
	static const char *const tags[] = {"{% if 1 %}", "{% endif %}",
	    "{% for a in [1] %}", "{% endfor %}", "{% with %}",
	    "{% endwith %}"};
	struct buf text;
	struct buf out;

	(void)state;
	buf_init(&text, TMPL_TEXT_MAX);
	buf_init(&out, TMPL_OUTPUT_MAX);
	for (size_t i = 0; i < COUNT(pairs); i += 2) {
		struct err err = {0};

		buf_reset(&text);
		buf_adds(&text, "{{ ");
		for (int n = 0; n < 10000; n++)
			buf_adds(&text, pairs[i]);
		buf_adds(&text, "1");
		for (int n = 0; n < 10000; n++)
			buf_adds(&text, pairs[i + 1]);
		buf_adds(&text, " }}");
		assert_int_equal(render(text.data, "{}", &out, &err), -EINVAL);
	}
	for (size_t i = 0; i < COUNT(tags); i += 2) {
		struct err err = {0};

		buf_reset(&text);
		for (int n = 0; n < 10000; n++)
			buf_adds(&text, tags[i]);
		for (int n = 0; n < 10000; n++)
			buf_adds(&text, tags[i + 1]);
		assert_int_equal(render(text.data, "{}", &out, &err), -EINVAL);
	}
	buf_done(&text);
	buf_done(&out);
}

static void
test_long_chains(void **state)
{
	struct err err = {0};
	struct buf text;
	struct buf out;

	(void)state;
	buf_init(&text, TMPL_TEXT_MAX);
	buf_init(&out, TMPL_OUTPUT_MAX);
	buf_adds(&text, "{{ 1");
	for (int n = 0; n < 100000; n++)
		buf_adds(&text, " | int");
	buf_adds(&text, " }}");
	assert_int_equal(render(text.data, "{}", &out, &err), -EINVAL);
	buf_reset(&text); /* elif does not nest */
	buf_adds(&text, "{% if 0 %}a");
	for (int n = 0; n < 10000; n++)
		buf_adds(&text, "{% elif 0 %}b");
	buf_adds(&text, "{% else %}c{% endif %}");
	err_clear(&err);
	assert_int_equal(render(text.data, "{}", &out, &err), 0);
	assert_string_equal(out.data, "c");
	buf_done(&text);
	buf_done(&out);
}

static void
test_inventory_is_not_changed(void **state)
{
	struct tmpl_env *env = env_new(NULL);
	struct tmpl_input input = {.vars = json("{\"l\": [1], \"m\": {}}")};
	struct err err = {0};
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	assert_int_equal(tmpl_render_text(env, "t", "{% set _ = l.append(2) %}",
			     &input, &out, &err),
	    -EINVAL);
	err_clear(&err);
	assert_int_equal(
	    tmpl_render_text(env, "t", "{% set _ = m.update({'a': 1}) %}",
		&input, &out, &err),
	    -EINVAL);
	err_clear(&err);
	assert_int_equal(
	    tmpl_render_text(env, "t",
		"{% set c = l | list %}{% set _ = c.append(2) %}{{ c }}{{ l }}",
		&input, &out, &err),
	    0);
	assert_string_equal(out.data, "[1, 2][1]");
	assert_int_equal(value_len(value_map_get(input.vars, "l")), 1);
	buf_done(&out);
	value_unref(input.vars);
	tmpl_env_free(env);
}

static void
test_files_and_cache(void **state)
{
	const char *files[] = {"a.j2", "one {% include 'b/c.j2' %}", "b/c.j2",
	    "two", "bad.j2", "\n{{ | }}", NULL};
	struct tmpl_env *env = env_new(files);
	struct tmpl_input input = {.vars = value_map_new()};
	struct err err = {0};
	char message[512];
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	assert_int_equal(tmpl_render(env, "a.j2", &input, &out, &err), 0);
	assert_string_equal(out.data, "one two");
	files[3] = "three";
	buf_reset(&out);
	assert_int_equal(tmpl_render(env, "a.j2", &input, &out, &err), 0);
	assert_string_equal(out.data, "one two");
	tmpl_env_invalidate(env, "b/c.j2");
	buf_reset(&out);
	assert_int_equal(tmpl_render(env, "a.j2", &input, &out, &err), 0);
	assert_string_equal(out.data, "one three");
	tmpl_env_invalidate(env, NULL);
	assert_int_equal(tmpl_check(env, "a.j2", &err), 0);
	assert_int_equal(tmpl_check(env, "nope", &err), -ENOENT);
	err_clear(&err);
	assert_int_equal(tmpl_check(env, "bad.j2", &err), -EINVAL);
	assert_string_equal(err_format(&err, message, sizeof message),
	    "bad.j2:2:4: expected an expression, got '|'");
	buf_done(&out);
	value_unref(input.vars);
	tmpl_env_free(env);
}

static void
test_header(void **state)
{
	(void)state;
	assert_renders("#jinja2: trim_blocks: False, lstrip_blocks: True\n"
		       "  {% if 1 %}\nx\n  {% endif %}\n",
	    "{}", "\nx\n\n");
	assert_fails("#jinja2: nope: 1\n", "{}", -EINVAL,
	    "t.j2:1:1: '#jinja2:' knows trim_blocks, lstrip_blocks and "
	    "keep_trailing_newline, each True or False");
	assert_fails("#jinja2: trim_blocks: False\n{{ x }}", "{}", -ENOTUNIQ,
	    "t.j2:2:4: 'x' is undefined");
}

static int
lookup_hostvars(
    void *arg, const char *name, struct value *ret_value, struct err *err)
{
	int *asked = arg;

	(void)err;
	(*asked)++;
	if (strcmp(name, "hostvars") != 0)
		return -ENOENT;
	*ret_value = json("{\"a\": {\"x\": 1}}");
	return 0;
}

static void
test_lookup(void **state)
{
	struct tmpl_env *env = env_new(NULL);
	int asked = 0;
	struct tmpl_input input = {.vars = json("{\"name\": \"a\"}"),
	    .lookup = lookup_hostvars,
	    .lookup_arg = &asked};
	struct err err = {0};
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	assert_int_equal(
	    tmpl_render_text(env, "t",
		"{{ hostvars[name].x }}{{ hostvars.a.x }}{{ name }}", &input,
		&out, &err),
	    0);
	assert_string_equal(out.data, "11a");
	assert_int_equal(asked, 1);
	buf_done(&out);
	value_unref(input.vars);
	tmpl_env_free(env);
}

static void
test_scope(void **state)
{
	struct tmpl_env *env = env_new(NULL);
	struct tmpl_input other = {
	    .vars = json("{\"url\": \"http://{{ ip }}/\", \"ip\": \"10.0.0.9\","
			 " \"loop\": \"{{ loop }}\"}")};
	struct tmpl_input input = {.vars = value_map_new()};
	struct value hosts = value_map_new();
	struct err err = {0};
	struct buf out;

	(void)state;
	value_map_set(hosts, "db1", tmpl_scope_new(env, "db1", &other));
	value_map_set(input.vars, "hostvars", hosts);
	value_map_set(input.vars, "ip", value_string("10.0.0.1"));
	buf_init(&out, 1000);
	assert_int_equal(
	    tmpl_render_text(env, "t",
		"{{ ip }} {{ hostvars.db1.url }} {{ hostvars['db1']['ip'] }} "
		"{{ hostvars.db1.nope is defined }} {{ 'ip' in hostvars.db1 }} "
		"{{ hostvars.db1.get('x', 'd') }} {{ hostvars | length }} "
		"{{ hostvars.db1 | length }} {{ hostvars.db1 is mapping }}",
		&input, &out, &err),
	    0);
	assert_string_equal(out.data,
	    "10.0.0.1 http://10.0.0.9/ 10.0.0.9 False True d 1 3 True");
	buf_reset(&out);
	assert_int_equal(tmpl_render_text(env, "t", "{{ hostvars.db1.loop }}",
			     &input, &out, &err),
	    -ELOOP);
	buf_done(&out);
	value_unref(input.vars);
	value_unref(other.vars);
	tmpl_env_free(env);
}

static void
test_eval(void **state)
{
	struct tmpl_env *env = env_new(NULL);
	struct tmpl_input input = {.vars = json("{\"n\": 3, \"l\": [1]}")};
	struct value in = json("[\"{{ n + 1 }}\", \"n={{ n }}\", 5]");
	struct value got = {0};
	struct err err = {0};

	(void)state;
	assert_int_equal(tmpl_eval(env, "in", in, &input, &got, &err), 0);
	assert_int_equal(value_list_at(got, 0).type, VALUE_INT);
	assert_int_equal(value_list_at(got, 0).u.i, 4);
	assert_string_equal(value_str(value_list_at(got, 1)), "n=3");
	value_unref(got);
	value_unref(in);
	assert_int_equal(tmpl_eval_expression(
			     env, "when", "n > 2 and l", &input, &got, &err),
	    0);
	assert_int_equal(value_len(got), 1);
	value_unref(got);
	assert_int_equal(
	    tmpl_eval_expression(env, "when", "n >", &input, &got, &err),
	    -EINVAL);
	err_clear(&err);
	assert_int_equal(
	    tmpl_eval_expression(env, "when", "m", &input, &got, &err),
	    -ENOTUNIQ);
	value_unref(input.vars);
	tmpl_env_free(env);
}

static void
test_secrets(void **state)
{
	struct tmpl_env *env = env_new(NULL);
	struct tmpl_input input = {.vars = value_map_new()};
	struct value secret = value_string("hunter2");
	struct value safe = value_string("{{ not }}");
	struct err err = {0};
	struct buf out;
	static const char text[] =
	    "{{ pw }}|{{ pw | upper }}|{{ 'x' ~ pw }}|{{ url }}|{{ [pw] }}|"
	    "{{ {'a': pw} | to_json }}|{% set y %}{{ pw }}{% endset %}{{ y }}|"
	    "{{ raw }}";

	(void)state;
	secret.flags = VALUE_SECRET;
	safe.flags = VALUE_SAFE;
	value_map_set(input.vars, "pw", secret);
	value_map_set(input.vars, "raw", safe);
	value_map_set(input.vars, "url", value_string("u:{{ pw }}@h"));
	buf_init(&out, 1000);
	assert_int_equal(
	    tmpl_render_text(env, "t", text, &input, &out, &err), 0);
	assert_string_equal(out.data,
	    "hunter2|HUNTER2|xhunter2|u:hunter2@h|['hunter2']|"
	    "{\"a\": \"hunter2\"}|hunter2|{{ not }}");
	input.mask_secrets = true;
	buf_reset(&out);
	assert_int_equal(
	    tmpl_render_text(env, "t", text, &input, &out, &err), 0);
	assert_null(strstr(out.data, "hunter2"));
	assert_null(strstr(out.data, "HUNTER2"));
	buf_done(&out);
	value_unref(input.vars);
	tmpl_env_free(env);
}

static void
write_file(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static void
test_directories(void **state)
{
	char path[] = "/tmp/convect-tmpl-XXXXXX";
	struct tmpl_options options;
	struct tmpl_input input = {.vars = value_map_new()};
	struct tmpl_env *env;
	struct tmpl_dirs dirs;
	struct err err = {0};
	struct buf out;
	int fds[2];
	int top;

	(void)state;
	assert_non_null(mkdtemp(path));
	top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mkdirat(top, "own", 0700);
	mkdirat(top, "shipped", 0700);
	fds[0] = openat(top, "own", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	fds[1] = openat(top, "shipped", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	write_file(top, "secret", "SECRET");
	write_file(fds[1], "a", "shipped a {% include 'b' %}");
	write_file(fds[1], "b", "shipped b");
	write_file(fds[0], "b", "own b");
	assert_int_equal(symlinkat("../secret", fds[0], "link"), 0);
	dirs = (struct tmpl_dirs){.fds = fds, .count = 2};
	tmpl_options_init(&options);
	options.load = tmpl_load_dirs;
	options.load_arg = &dirs;
	env = tmpl_env_new(&options);
	buf_init(&out, 1000);
	assert_int_equal(tmpl_render(env, "a", &input, &out, &err), 0);
	assert_string_equal(out.data, "shipped a own b");
	assert_true(tmpl_render(env, "link", &input, &out, &err) < 0);
	assert_null(strstr(out.data, "SECRET"));
	tmpl_env_free(env);
	unlinkat(fds[0], "link", 0);
	unlinkat(fds[0], "b", 0);
	unlinkat(fds[1], "a", 0);
	unlinkat(fds[1], "b", 0);
	unlinkat(top, "secret", 0);
	unlinkat(top, "own", AT_REMOVEDIR);
	unlinkat(top, "shipped", AT_REMOVEDIR);
	rmdir(path);
	close(fds[0]);
	close(fds[1]);
	close(top);
	buf_done(&out);
	value_unref(input.vars);
}

static void
test_repeatable_passwords(void **state)
{
	struct buf a;
	struct buf b;
	struct err err = {0};

	(void)state;
	buf_init(&a, 1000);
	buf_init(&b, 1000);
	assert_int_equal(
	    render("{{ 'pw' | password_hash }}", "{}", &a, &err), 0);
	assert_int_equal(
	    render("{{ 'pw' | password_hash('sha512') }}", "{}", &b, &err), 0);
	assert_string_equal(a.data, b.data);
	assert_int_equal(strncmp(a.data, "$6$", 3), 0);
	buf_reset(&b);
	assert_int_equal(
	    render("{{ 'pX' | password_hash }}", "{}", &b, &err), 0);
	assert_int_not_equal(strcmp(a.data, b.data), 0);
	buf_done(&a);
	buf_done(&b);
}

static void
test_addresses(void **state)
{
	(void)state;
	assert_renders(
	    "{% set a = '192.168.10.77/26' %}{{ a | ipaddr('address') }} "
	    "{{ a | ipaddr('network') }} {{ a | ipaddr('prefix') }} "
	    "{{ a | ipaddr('netmask') }} {{ a | ipaddr('broadcast') }} "
	    "{{ a | ipaddr('subnet') }} {{ a | ipaddr(1) }} "
	    "{{ a | ipaddr(-2) }} {{ '10.0.0.0/255.255.0.0' | ipaddr('prefix') "
	    "}} {{ 'x' | ipaddr }} {{ ['10.0.0.1', 'x', '::1'] | ipv4 }} "
	    "{{ '2001:db8::5/64' | ipaddr('network') }} "
	    "{{ '2001:db8::5' | ipwrap }}",
	    "{}",
	    "192.168.10.77 192.168.10.64 26 255.255.255.192 192.168.10.127 "
	    "192.168.10.64/26 192.168.10.65/26 192.168.10.126/26 16 False "
	    "['10.0.0.1'] 2001:db8:: [2001:db8::5]");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lazy_variables),
	    cmocka_unit_test(test_lazy_errors),
	    cmocka_unit_test(test_errors_have_places),
	    cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_deep_nesting),
	    cmocka_unit_test(test_long_chains),
	    cmocka_unit_test(test_inventory_is_not_changed),
	    cmocka_unit_test(test_files_and_cache),
	    cmocka_unit_test(test_header),
	    cmocka_unit_test(test_lookup),
	    cmocka_unit_test(test_scope),
	    cmocka_unit_test(test_eval),
	    cmocka_unit_test(test_secrets),
	    cmocka_unit_test(test_directories),
	    cmocka_unit_test(test_repeatable_passwords),
	    cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
