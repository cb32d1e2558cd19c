#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/inv_edit.h"

#define MAC "52:54:00:dd:00:01"

static struct inventory *
load(const char *path, const char *text, size_t len)
{
	struct inv_file file = {path, text, len};
	struct inv_input input = {.files = &file, .count = 1};
	struct inventory *inv = NULL;
	struct problems problems;
	char why[1024];

	problems_init(&problems);
	if (inventory_load(&input, &problems, &inv) < 0)
		print_error(
		    "%s\n", err_format(&problems.list[0].err, why, sizeof why));
	problems_done(&problems);
	return inv;
}

static struct inv_edit
edit_of(const char *host, const char *group)
{
	return (struct inv_edit){.host = host,
	    .group = group,
	    .vars = {{"mac", MAC}},
	    .var_count = 1};
}

/* Everything but one piece in the middle is as it was. */
static void
expect_one_hunk(const char *old, size_t old_len, const struct buf *out)
{
	size_t head = 0;
	size_t tail = 0;

	while (
	    head < old_len && head < out->len && old[head] == out->data[head])
		head++;
	while (tail < old_len - head && tail < out->len - head &&
	       old[old_len - 1 - tail] == out->data[out->len - 1 - tail])
		tail++;
	assert_int_equal(head + tail, old_len);
}

/* 0 when it was added and means what it should. */
static int
try_edit(const char *path, const char *text, const struct inv_edit *edit,
    struct buf *out, enum inv_edit_where *ret_where)
{
	struct inv_file file = {path, text, strlen(text)};
	struct inventory *before = load(path, text, strlen(text));
	struct inventory *after = NULL;
	struct err err = {0};
	int ret;

	assert_non_null(before);
	assert_int_equal(inv_edit_check(edit, &err), 0);
	ret = inv_edit_add(&file, edit, out, ret_where, &err);
	if (ret == 0) {
		expect_one_hunk(text, strlen(text), out);
		after = load(path, out->data, out->len);
		if (after == NULL)
			print_error("%s\n", out->data);
		assert_non_null(after);
		ret = inv_edit_verify(before, after, edit, &err);
		if (ret < 0)
			print_message("%s: %s\n", err.text, out->data);
	} else {
		assert_true(err_is_set(&err));
	}
	inventory_unref(before);
	inventory_unref(after);
	return ret;
}

static void
expect(
    const char *path, const char *group, const char *text, const char *wanted)
{
	struct inv_edit edit = edit_of("new1", group);
	enum inv_edit_where where;
	struct buf out;

	buf_init(&out, 65536);
	assert_int_equal(try_edit(path, text, &edit, &out, &where), 0);
	assert_string_equal(out.data, wanted);
	buf_done(&out);
}

static void
test_ini(void **state)
{
	(void)state;
	expect("a", "worker",
	    "# ours\n\n[worker]\ngpu1   mac=52:54:00:aa:0b:01  # left\n"
	    "gpu10  rack=4\n\n; next\n[worker:vars]\na=b\n",
	    "# ours\n\n[worker]\ngpu1   mac=52:54:00:aa:0b:01  # left\n"
	    "gpu10  rack=4\nnew1   mac=" MAC "\n\n; next\n[worker:vars]\n"
	    "a=b\n");
	expect("a", "worker", "[worker]\n\tgpu1\track=1\n[x]\n",
	    "[worker]\n\tgpu1\track=1\n\tnew1\tmac=" MAC "\n[x]\n");
	expect("a", "worker", "[worker]\r\ngpu1\r\n[x]\r\n",
	    "[worker]\r\ngpu1\r\nnew1 mac=" MAC "\r\n[x]\r\n");
	expect("a", "worker", "[worker]\ngpu1",
	    "[worker]\ngpu1\nnew1 mac=" MAC "\n");
	expect("a", "worker", "[worker]\n[x:children]\nworker\n",
	    "[worker]\nnew1 mac=" MAC "\n[x:children]\nworker\n");
	expect("a", "fresh", "[worker]\ngpu1\n",
	    "[worker]\ngpu1\n\n[fresh]\nnew1 mac=" MAC "\n");
	expect("a", NULL, "alone\n\n[worker]\ngpu1\n",
	    "alone\nnew1 mac=" MAC "\n\n[worker]\ngpu1\n");
	expect("a", NULL, "# top\n\n# the workers\n[worker]\ngpu1\n",
	    "# top\n\nnew1 mac=" MAC "\n\n# the workers\n[worker]\ngpu1\n");
	expect("a", NULL, "[worker]\ngpu1\n",
	    "new1 mac=" MAC "\n\n[worker]\ngpu1\n");
	expect(
	    "a", NULL, "# nothing yet\n", "# nothing yet\nnew1 mac=" MAC "\n");
}

static void
test_yaml(void **state)
{
	(void)state;
	expect("a.yml", "worker",
	    "all:\n  children:\n    worker:\n      hosts:\n"
	    "        gpu1:  # left\n          rack: 1\n          note: |\n"
	    "            two\n            lines\n\n"
	    "      # of all\n      vars:\n        a: b\n    other:\n",
	    "all:\n  children:\n    worker:\n      hosts:\n"
	    "        gpu1:  # left\n          rack: 1\n          note: |\n"
	    "            two\n            lines\n"
	    "        new1:\n          mac: \"" MAC "\"\n\n"
	    "      # of all\n      vars:\n        a: b\n    other:\n");
	expect("a.yml", "worker", "worker:\n    hosts:\n        gpu1:\n",
	    "worker:\n    hosts:\n        gpu1:\n"
	    "        new1:\n          mac: \"" MAC "\"\n");
	expect("a.yml", "worker", "worker:\n  hosts: {gpu1: {rack: 1}}\n",
	    "worker:\n  hosts: {gpu1: {rack: 1}, new1: {mac: \"" MAC "\"}}\n");
	expect("a.yml", "worker", "worker:\n  hosts: {}\nb:\n",
	    "worker:\n  hosts: {\"new1\": {\"mac\": \"" MAC "\"}}\nb:\n");
	expect("a.yml", "worker", "worker:\n  hosts:\n    gpu1: {rack: 1}",
	    "worker:\n  hosts:\n    gpu1: {rack: 1}\n    new1: {mac: \"" MAC
	    "\"}\n");
	expect("a.yml", "worker", "worker:\n  vars:\n    a: b\nx:\n",
	    "worker:\n  vars:\n    a: b\n  hosts:\n    new1:\n      mac: \"" MAC
	    "\"\nx:\n");
	expect("a.yml", "worker", "worker:\r\n  hosts:\r\nx:\r\n",
	    "worker:\r\n  hosts:\r\n    new1:\r\n      mac: \"" MAC
	    "\"\r\nx:\r\n");
	expect("a.yml", "fresh",
	    "all:\n  children:\n    worker:\n      hosts:\n        g:\n",
	    "all:\n  children:\n    worker:\n      hosts:\n        g:\n"
	    "    fresh:\n      hosts:\n        new1:\n          mac: \"" MAC
	    "\"\n");
	expect("a.yml", NULL, "all:\n  hosts:\n    \xc3\xa9t\xc3\xa9:\n",
	    "all:\n  hosts:\n    \xc3\xa9t\xc3\xa9:\n    new1:\n      mac: "
	    "\"" MAC "\"\n");
	expect("a.yml", "worker", "worker:\n  hosts: &h\n    x:\n",
	    "worker:\n  hosts: &h\n    x:\n    new1:\n      mac: \"" MAC
	    "\"\n");
	expect("a.yml", NULL, "# none\n",
	    "# none\nungrouped:\n  hosts:\n    new1:\n      mac: \"" MAC
	    "\"\n");
	expect("a.json", "w",
	    "{\"w\": {\"hosts\": {\n  \"a\": {\"x\": 1},\n  \"b\": null\n"
	    "}}}\n",
	    "{\"w\": {\"hosts\": {\n  \"a\": {\"x\": 1},\n  \"b\": null,\n"
	    "  \"new1\": {\"mac\": \"" MAC "\"}\n}}}\n");
}

/* What only a person can change without changing more. */
static void
test_refused(void **state)
{
	static const struct {
		const char *path;
		const char *text;
	} cases[] = {
	    {"a.yml", "a:\n  hosts: &h\n    x:\nworker:\n  hosts: *h\n"},
	    {"a.yml", "worker: {vars: {a: b}}\n"},
	    {"a.yml", "worker:\n  hosts: one\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct inv_edit edit = edit_of("new1", "worker");
		enum inv_edit_where where;
		struct buf out;

		buf_init(&out, 65536);
		assert_true(try_edit(cases[i].path, cases[i].text, &edit, &out,
				&where) < 0);
		buf_done(&out);
	}
}

static void
test_names(void **state)
{
	static const char *const bad[] = {"", "-a", "a b", "a[1:3]", "a:22",
	    "a/b", "a\n", "525400aa0b01", "\xc3\xa9", "a#b", "{{ a }}"};
	struct inv_edit edit = edit_of("gpu-1.site_a", "worker");
	struct err err = {0};

	(void)state;
	assert_int_equal(inv_edit_check(&edit, &err), 0);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		edit = edit_of(bad[i], NULL);
		assert_true(inv_edit_check(&edit, &err) < 0);
		edit = edit_of("new1", bad[i]);
		/* Only hosts must not look like a MAC. */
		if (i != 7)
			assert_true(inv_edit_check(&edit, &err) < 0);
	}
	edit = edit_of("new1", "all");
	assert_true(inv_edit_check(&edit, &err) < 0);
	edit = edit_of("new1", NULL);
	edit.vars[0] = (struct inv_edit_var){"no-name", "1"};
	assert_true(inv_edit_check(&edit, &err) < 0);
	edit.vars[0] = (struct inv_edit_var){"name", "a\nb"};
	assert_true(inv_edit_check(&edit, &err) < 0);
}

/* ---- many files, made up -------------------------------------------- */

static uint32_t
next_random(uint32_t *seed, uint32_t below)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % below;
}

static const char *
pick(uint32_t *seed, const char *const *words, size_t count)
{
	return words[next_random(seed, (uint32_t)count)];
}

#define PICK(seed, words) pick(seed, words, sizeof words / sizeof words[0])

static void
make_ini(uint32_t *seed, struct buf *out)
{
	static const char *const groups[] = {"[a]", "[b]", "[a]  # again",
	    "[c:hosts]", "[b:vars]", "[top:children]", "[ungrouped]"};
	static const char *const hosts[] = {"h%u", "  h%u x=1", "h%u\tx='a b'",
	    "h%u   y=\"['l', 2]\"  # note", "h%u:2222", "h%u.example.org"};
	static const char *const rest[] = {"", "# note", "; note", "  ", "\t"};
	bool vars = false;
	bool children = false;

	buf_adds(out, "[a]\n[b]\n");
	for (unsigned i = 0; i < 12; i++) {
		uint32_t what = next_random(seed, 8);

		if (what == 0) {
			const char *head = PICK(seed, groups);

			vars = strstr(head, ":vars") != NULL;
			children = strstr(head, ":children") != NULL;
			buf_adds(out, head);
		} else if (what < 3) {
			buf_adds(out, PICK(seed, rest));
		} else if (vars) {
			buf_addf(out, "v%u = 1", i);
		} else if (children) {
			buf_adds(out, "b");
		} else {
			char *line = mem_strdup(PICK(seed, hosts));
			char *number = strstr(line, "%u");

			buf_addf(out, "%.*s%u%s", (int)(number - line), line, i,
			    number + 2);
			free(line);
		}
		buf_adds(out, i == 11 && next_random(seed, 2) ? "" : "\n");
	}
}

static void
make_yaml_group(uint32_t *seed, const char *name, int indent, struct buf *out)
{
	static const char *const hosts[] = {
	    "%s:\n", "%s: {x: 1}\n", "%s: # note\n", "\"%s\": null\n"};
	unsigned count = next_random(seed, 3);

	buf_addf(out, "%*s%s:\n", indent, "", name);
	if (next_random(seed, 3) == 0)
		buf_addf(out, "%*svars:\n%*sv: [1,\n%*s2]\n", indent + 2, "",
		    indent + 4, "", indent + 6, "");
	if (next_random(seed, 4) == 0)
		return;
	buf_addf(out, "%*shosts:%s\n", indent + 2, "",
	    count == 0 && next_random(seed, 2) ? " {}" : "");
	for (unsigned i = 0; i < count; i++) {
		const char *form = PICK(seed, hosts);
		const char *at = strstr(form, "%s");

		buf_addf(out, "%*s%.*s%sh%u%s", indent + 5, "",
		    (int)(at - form), form, name, i, at + 2);
		if (next_random(seed, 3) == 0)
			buf_addf(out, "%*s# note\n\n", indent + 5, "");
		if (strcmp(form, "%s:\n") == 0 && next_random(seed, 2) == 0)
			buf_addf(out, "%*stext: |\n%*sa\n\n%*sb\n", indent + 8,
			    "", indent + 10, "", indent + 10, "");
	}
}

static void
make_yaml(uint32_t *seed, struct buf *out)
{
	static const char *const names[] = {"a", "b", "c", "ungrouped"};
	bool nested = next_random(seed, 2) == 0;

	if (next_random(seed, 2) == 0)
		buf_adds(out, "---\n# ours\n");
	if (nested)
		buf_adds(out, "all:\n  children:\n");
	for (size_t i = 0; i < 3; i++)
		make_yaml_group(seed, names[i], nested ? 4 : 0, out);
	if (next_random(seed, 3) == 0)
		buf_adds(out, nested ? "    # end\n" : "# end\n");
}

/* Cuts line ends to CRLF, or the last one off. */
static void
vary(uint32_t *seed, struct buf *text)
{
	struct buf out;

	buf_init(&out, 65536);
	if (next_random(seed, 4) == 0) {
		for (size_t i = 0; i < text->len; i++) {
			if (text->data[i] == '\n')
				buf_addc(&out, '\r');
			buf_addc(&out, text->data[i]);
		}
		buf_reset(text);
		buf_add(text, out.data, out.len);
	}
	buf_done(&out);
}

static void
test_many(void **state)
{
	static const char *const groups[] = {"a", "b", "c", "fresh", NULL};
	static const char *const values[] = {"1", "a b", "True", "'q'", "it's",
	    "[1, 'x']", "#no", "yes", "", "a=b", "\\n", "\"", "{{ x }}", "0x10",
	    "1:30", "{'k': [1.5, None]}", "$HOME", "~"};
	uint32_t seed = 20261123;

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		struct inv_edit edit =
		    edit_of(i % 7 == 0 ? "0x1f" : "new1", PICK(&seed, groups));
		bool yaml = i % 2 == 0;
		enum inv_edit_where where;
		struct buf text;
		struct buf out;

		edit.vars[1] =
		    (struct inv_edit_var){"extra", PICK(&seed, values)};
		edit.var_count = 2;
		buf_init(&text, 65536);
		buf_init(&out, 65536);
		if (yaml)
			make_yaml(&seed, &text);
		else
			make_ini(&seed, &text);
		vary(&seed, &text);
		if (try_edit(yaml ? "a.yml" : "a", text.data, &edit, &out,
			&where) != 0)
			fail_msg("group %s in\n%s\ngives\n%s",
			    edit.group == NULL ? "-" : edit.group, text.data,
			    out.data);
		buf_done(&out);
		buf_done(&text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ini),
	    cmocka_unit_test(test_yaml),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
