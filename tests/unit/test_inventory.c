/* Inventories from memory: what is found in them, and what is wrong. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "inventory/inventory.h"
#include "inventory/known.h"

static int
load_files(const struct inv_file *files, size_t count,
    struct problems *problems, struct inventory **ret_inv)
{
	struct inv_input input = {.files = files, .count = count};

	problems_init(problems);
	return inventory_load(&input, problems, ret_inv);
}

static struct inventory *
load_good(const char *text)
{
	struct inv_file file = {"hosts.ini", text, strlen(text)};
	struct problems problems;
	struct inventory *inv = NULL;

	if (load_files(&file, 1, &problems, &inv) < 0)
		fail_msg("%s: %s", text, problems_first_error(&problems)->text);
	problems_done(&problems);
	return inv;
}

static void
expect_var(const struct inventory *inv, const char *host, const char *name,
    const char *json)
{
	struct value value =
	    inventory_host_var(inv, inventory_find_host(inv, host), name);
	struct value vars =
	    inventory_host_vars(inv, inventory_find_host(inv, host));
	struct buf buf;

	buf_init(&buf, 4096);
	value_write_json(value, -1, false, &buf);
	assert_string_equal(buf.data, json);
	assert_true(value_equal(value, value_map_get(vars, name)));
	buf_done(&buf);
	value_unref(value);
	value_unref(vars);
}

static const char onprem[] =
    "worker2 ansible_ssh_port=2201 has_gpu=true mac=52:54:00:00:00:02\n"
    "worker1 my_iface=eth1 mac=52-54-00-00-00-01,5254.0000.0003\n"
    "master\n"
    "[driver]\nmaster\n"
    "[worker]\nworker1\nworker2\n"
    "[nodes:children]\ndriver\nworker\n"
    "[all:vars]\nhas_gpu=false\nconvect_token=t\n"
    "[worker:vars]\nhttp_port=8080\n";

static void
test_lookup(void **state)
{
	struct inventory *inv = load_good(onprem);
	const struct inv_host *host = inventory_find_host(inv, "worker1");
	const struct hwaddr *macs;
	struct hwaddr addr;
	size_t count;

	(void)state;
	assert_int_equal(inventory_host_count(inv), 3);
	assert_string_equal(
	    inv_host_name(inventory_host_at(inv, 0)), "worker2");
	assert_null(inventory_host_at(inv, 3));
	assert_int_equal(inv_host_index(host), 1);
	assert_int_equal(inv_host_line(host), 2);
	assert_string_equal(inv_host_file(host), "hosts.ini");
	macs = inv_host_macs(host, &count);
	assert_int_equal(count, 2);
	assert_true(inventory_find_mac(inv, &macs[1]) == host);
	assert_int_equal(hwaddr_parse("52:54:00:00:00:09", &addr), 0);
	assert_null(inventory_find_mac(inv, &addr));
	assert_int_equal(inv_host_group_count(host), 2);
	assert_string_equal(
	    inv_group_name(inv_host_group_at(host, 0)), "nodes");
	assert_true(inv_host_in_group(host, "all"));
	assert_true(inv_host_in_group(host, "worker"));
	assert_false(inv_host_in_group(host, "driver"));
	assert_null(inventory_find_host(inv, "nobody"));
	assert_non_null(inventory_find_group(inv, "ungrouped"));
	inventory_unref(inv);
}

static void
test_variables(void **state)
{
	struct inventory *inv = load_good(onprem);
	const struct inv_host *host = inventory_find_host(inv, "worker2");
	struct value value;
	int64_t port;
	bool gpu;

	(void)state;
	expect_var(inv, "worker2", "has_gpu", "\"true\"");
	expect_var(inv, "worker1", "has_gpu", "\"false\"");
	expect_var(inv, "worker2", "ansible_ssh_port", "2201");
	expect_var(inv, "worker2", "inventory_hostname", "\"worker2\"");
	expect_var(inv, "worker2", "group_names", "[\"nodes\", \"worker\"]");
	expect_var(inv, "worker2", "inventory_file", "\"hosts.ini\"");
	assert_int_equal(known_host_bool(inv, host, "has_gpu", &gpu), 0);
	assert_true(gpu);
	assert_int_equal(known_host_bool(inv, host, "auto_install", &gpu), 0);
	assert_true(gpu);
	assert_int_equal(known_host_int(inv, host, "http_port", &port), 0);
	assert_int_equal(port, 8080);
	assert_int_equal(
	    known_host_int(inv, host, "install_attempts", &port), 0);
	assert_int_equal(port, 3);
	value = known_host_str(inv, host, "pxe_style");
	assert_string_equal(value_str(value), "auto");
	value_unref(value);
	value = known_host_str(inv, host, "image");
	assert_string_equal(value_str(value), "");
	value_unref(value);
	inventory_unref(inv);
}

static void
test_short_names(void **state)
{
	struct inventory *inv =
	    load_good("a.b.c\n10.1.2.3\n2001:db8::1\nplain\n");

	(void)state;
	expect_var(inv, "a.b.c", "inventory_hostname_short", "\"a\"");
	expect_var(inv, "10.1.2.3", "inventory_hostname_short", "\"10.1.2.3\"");
	expect_var(
	    inv, "2001:db8::1", "inventory_hostname_short", "\"2001:db8::1\"");
	expect_var(inv, "plain", "inventory_hostname_short", "\"plain\"");
	inventory_unref(inv);
}

static void
test_groups_value(void **state)
{
	struct inventory *inv = load_good(onprem);
	struct value groups = inventory_groups(inv);
	struct value again = inventory_groups(inv);

	(void)state;
	assert_true(value_equal(groups, again));
	assert_int_equal(value_len(value_map_get(groups, "all")), 3);
	assert_string_equal(
	    value_str(value_list_at(value_map_get(groups, "nodes"), 0)),
	    "master");
	value_unref(groups);
	value_unref(again);
	inventory_unref(inv);
}

static void
test_vars_files(void **state)
{
	struct inv_file files[] = {
	    {"etc/h.ini", "[g]\nh v=line\n[g:vars]\nv=g\nw=g\n", 0},
	    {"etc/group_vars/all.yml", "v: all\nw: all\nx: all\ny: all\n", 0},
	    {"etc/group_vars/g/b.yml", "y: b\n", 0},
	    {"etc/group_vars/g/a.yml", "y: a\nx: a\n", 0},
	    {"etc/group_vars/g.yml", "y: never\n", 0},
	    {"etc/host_vars/h", "z: host\nmac: 52:54:00:12:34:56\n", 0},
	    {"etc/group_vars/nobody.yml", "not: [read\n", 0},
	};
	const struct inv_host *host;
	struct problems problems;
	struct inventory *inv;
	size_t count, i;

	(void)state;
	for (i = 0; i < sizeof files / sizeof files[0]; i++)
		files[i].len = strlen(files[i].text);
	assert_int_equal(
	    load_files(files, sizeof files / sizeof files[0], &problems, &inv),
	    0);
	assert_int_equal(problems.count, 0);
	host = inventory_find_host(inv, "h");
	expect_var(inv, "h", "v", "\"line\"");
	expect_var(inv, "h", "w", "\"all\"");
	expect_var(inv, "h", "x", "\"a\"");
	expect_var(inv, "h", "y", "\"b\"");
	expect_var(inv, "h", "z", "\"host\"");
	expect_var(inv, "h", "mac", "41135085296"); /* as YAML 1.1 has it */
	assert_int_equal(inv_host_macs(host, &count)[0].b[5], 0x56);
	inventory_unref(inv);
	problems_done(&problems);
}

/* Names that operators use for things of their own. */
static void
test_common_names(void **state)
{
	static const char *const text[] = {"h timezone=\"['a']\"\n",
	    "[g]\nh\n[g:vars]\nserial=2\n", "h network=dhcp packages=jq\n"};

	(void)state;
	for (size_t i = 0; i < sizeof text / sizeof text[0]; i++) {
		struct inv_file file = {"h.ini", text[i], strlen(text[i])};
		struct problems problems;
		struct inventory *inv;

		assert_int_equal(load_files(&file, 1, &problems, &inv), 0);
		assert_int_equal(problems.errors, 0);
		assert_int_equal(problems.warnings, i < 2 ? 1 : 0);
		inventory_unref(inv);
		problems_done(&problems);
	}
}

static const struct {
	const char *text;
	int line;
	int col;
	const char *part; /* of the text */
	const char *hint; /* part of it, or "" */
} bad[] = {
    {"h has_gpu=maybe\n", 1, 11, "host h: has_gpu", "true or false"},
    {"h install_packages=jq\n", 1, 20, "host h: install_packages",
	"packages=['one'"},
    {"h install_packages=\"['a', 3]\"\n", 1, 20, "host h: install_packages",
	"['one'"},
    {"h run_commands=\"[['a'], 3]\"\n", 1, 16, "host h: run_commands",
	"two words"},
    {"h install_network=dhcp\n", 1, 19, "host h: install_network", "mapping"},
    {"h after_install=halt\n", 1, 17, "host h: after_install",
	"reboot|poweroff|stay"},
    {"a\n[g]\nb x=1 http_port=abc\n", 3, 17, "host b: http_port", "1 to 65535"},
    {"[g]\nh\n[g:vars]\nhttps_port = 0\n", 4, 14, "group g: https_port",
	"1 to 65535"},
    {"h mac=52:54:00:12:34\n", 1, 7, "52:54:00:12:34", "six pairs"},
    {"h mac=52:54:00:12:34:56,zz\n", 1, 25, "\"zz\"", "six pairs"},
    {"h mac=\"{{ x }}\"\n", 1, 7, "template", "address"},
    {"[g]\nh\n[g:vars]\nmac=52:54:00:12:34:56\n", 4, 5, "one host", ""},
    {"a mac=52:54:00:12:34:56\nb mac=525400123456\n", 2, 7, "a and b",
	"a has it at hosts.ini:1"},
    {"h uuid=4c4c4544\n", 1, 8, "not a UUID", "dmidecode"},
    {"h uuid=00000000-0000-0000-0000-000000000000\n", 1, 8, "many machines",
	"MAC"},
    {"h serial=\"'To be filled by O.E.M.'\"\n", 1, 10, "many machines", "MAC"},
    {"h uuid=\"{{ x }}\"\n", 1, 8, "template", "as it is"},
    {"a serial=ab1\nb serial=x7,AB1\n", 2, 10,
	"a and b both have the serial number AB1", "a has it at hosts.ini:1"},
    {"h local_boot=never\n", 1, 14, "local_boot", "exit|sanboot|404"},
    {"h install_attempts=101\n", 1, 20, "install_attempts", "1 to 100"},
    {"h convect_token=\"['secret']\"\n", 1, 17, "must be text", ""},
    {"h\n\n[x:what]\n", 3, 1, "[x:what]", "[group:children]"},
    {"h[1:1000000]\n", 1, 1, "more than 100000", ""},
    {"h[1:9999][1:9999]\n", 1, 1, "more than 100000", ""},
    {"ok\n\xff\n", 2, 1, "UTF-8", ""},
    {"h a=[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
     "\n",
	1, 5, "deep", ""},
};

static void
test_errors(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct inv_file file = {
		    "hosts.ini", bad[i].text, strlen(bad[i].text)};
		struct problems problems;
		struct inventory *inv = NULL;
		const struct err *err;

		if (load_files(&file, 1, &problems, &inv) != -EINVAL)
			fail_msg("taken: %s", bad[i].text);
		err = problems_first_error(&problems);
		assert_null(inv);
		assert_string_equal(err->file, "hosts.ini");
		if (err->line != bad[i].line || err->col != bad[i].col ||
		    strstr(err->text, bad[i].part) == NULL ||
		    strstr(err->hint, bad[i].hint) == NULL)
			fail_msg("%s: %d:%d %s (%s)", bad[i].text, err->line,
			    err->col, err->text, err->hint);
		if (strstr(err->text, "secret") != NULL)
			fail_msg("a secret is shown: %s", err->text);
		problems_done(&problems);
	}
}

static const struct {
	const char *text;
	int line;
	int col;
	const char *part;
} bad_yaml[] = {
    {"g:\n  hosts:\n    h: {has_gpu: maybe}\n", 3, 9, "host h: has_gpu"},
    {"g:\n  vars:\n    http_port: abc\n", 3, 5, "group g: http_port"},
    {"g:\n  hosts:\n    a: {mac: 52:54:00:12:34:56}\n"
     "    b: {mac: '525400123456'}\n",
	4, 9, "a and b"},
    {"g:\n  hosts:\n    5:\n", 2, 3, "must be text"},
    {"g: {hosts: [a]}\n", 1, 5, "expected a map"},
    {"g: {vars: {a: !vault x}}\n", 1, 15, "Ansible Vault"},
    {"$ANSIBLE_VAULT;1.1;AES256\n3132\n", 2, 0, "cut off"},
    {"plugin: aws_ec2\n", 1, 1, "plugins are not supported"},
    {"- a\n", 1, 1, "expected groups"},
    {"g:\n\thosts:\n", 2, 1, "token"},
    {"a: {children: {b: {children: {a: }}}}\n", 1, 16, "loop"},
};

static void
test_yaml_errors(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad_yaml / sizeof bad_yaml[0]; i++) {
		struct inv_file file = {
		    "hosts.yml", bad_yaml[i].text, strlen(bad_yaml[i].text)};
		struct problems problems;
		struct inventory *inv = NULL;
		const struct err *err;

		if (load_files(&file, 1, &problems, &inv) != -EINVAL)
			fail_msg("taken: %s", bad_yaml[i].text);
		err = problems_first_error(&problems);
		if (err->line != bad_yaml[i].line ||
		    err->col != bad_yaml[i].col ||
		    strstr(err->text, bad_yaml[i].part) == NULL)
			fail_msg("%s: %d:%d %s", bad_yaml[i].text, err->line,
			    err->col, err->text);
		problems_done(&problems);
	}
}

/* One run shows all mistakes, each in its place. */
static void
test_all_at_once(void **state)
{
	static const char text[] =
	    "a b\n[x:y]\nskipped\n[g]\nh c d=1 e\n[g:vars]\nnope\n[k:vars]\n";
	struct inv_file file = {"hosts.ini", text, sizeof text - 1};
	static const int lines[] = {1, 2, 5, 5, 7, 8};
	struct problems problems;
	struct inventory *inv;
	size_t i;

	(void)state;
	assert_int_equal(load_files(&file, 1, &problems, &inv), -EINVAL);
	assert_int_equal(problems.errors, sizeof lines / sizeof lines[0]);
	for (i = 0; i < problems.count; i++)
		assert_int_equal(problems.list[i].err.line, lines[i]);
	problems_done(&problems);
}

static void
test_nul_and_sizes(void **state)
{
	struct inv_file file = {"hosts.ini", "a\nb\0c\n", 6};
	struct problems problems;
	struct inventory *inv;
	char *line = mem_alloc(INVENTORY_LINE_MAX + 3);

	(void)state;
	assert_int_equal(load_files(&file, 1, &problems, &inv), -EINVAL);
	assert_int_equal(problems.list[0].err.line, 2);
	assert_non_null(strstr(problems.list[0].err.text, "NUL"));
	problems_done(&problems);
	memset(line, 'x', INVENTORY_LINE_MAX + 2);
	file = (struct inv_file){"hosts.ini", line, INVENTORY_LINE_MAX + 2};
	assert_int_equal(load_files(&file, 1, &problems, &inv), -EINVAL);
	assert_non_null(strstr(problems.list[0].err.text, "line of"));
	problems_done(&problems);
	file.len = (size_t)INVENTORY_FILE_MAX + 1; /* refused unread */
	assert_int_equal(load_files(&file, 1, &problems, &inv), -EINVAL);
	problems_done(&problems);
	free(line);
}

/* What a hostile or careless hand may give: a place and a hint for each. */
static const struct {
	const char *file;
	const char *head;
	const char *unit; /* repeated */
	size_t count;
	const char *tail;
	int line;
	const char *part;
} hostile[] = {
    {"i", "h\nv=\xff", "", 0, "\n", 2, "UTF-8"},
    {"i.yml", "a:\n  b: \xc3(", "", 0, "\n", 2, "UTF-8"},
    {"i", "\xef\xbb\xbfh", "", 0, "\n", 1, "byte order mark"},
    {"i", "h\n", "x", INVENTORY_LINE_MAX + 1, "\n", 2, "line of"},
    {"i.ini", "h a=", "[", 5000, "\n", 1, "deep"},
    {"i.ini", "h a=", "{1:", 5000, "\n", 1, "deep"},
    {"i.yml", "a: ", "[", 100000, "", 1, "deep"},
    {"i.yml", "a: ", "{a: ", 100000, "", 1, "deep"},
    {"i.json", "", "[", 100000, "", 1, "deep"},
    {"i", "[a:children]\nb\n[b:children]\n", "", 0, "a\n", 4, "loop"},
    {"i", "[a:children]\n", "", 0, "a\n", 2, "loop"},
    {"i", "h\n[x:what]\n", "", 0, "y\n", 2, "x:what"},
    {"i", "[x\n", "", 0, "", 1, "no \"]\""},
    {"i", "h a=\"b\n", "", 0, "", 1, "never closed"},
    {"i", "h a='b\n", "", 0, "", 1, "never closed"},
    {"i", "h a=b\\\n", "", 0, "", 1, "backslash"},
    {"i", "h", "[1:9]", 12, "\n", 1, "range"},
    {"i", "h[0:99999999999]\n", "", 0, "", 1, "range"},
    {"i", "h[a:9]\n", "", 0, "", 1, "range"},
    {"i", "h has_gpu=maybe\n", "", 0, "", 1, "true or false"},
    {"i.yml", "g:\n\thosts:\n", "", 0, "", 2, "token"},
    {"i.yml", "a: &a [*a]\n", "", 0, "", 1, "no anchor"},
    {"i.yml", "a: b: c\n", "", 0, "", 1, "not allowed"},
    {"i.yml", "all: {vars: {x: !foo y}}\n", "", 0, "", 1, "tag"},
    {"i.yml", "a: \n---\nb:\n", "", 0, "", 2, "second document"},
    {"i.yml", "all: {vars: {<<: 5}}\n", "", 0, "", 1, "<<"},
    {"i.yml",
	"a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
	"c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c]\n"
	"e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e]\n"
	"g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\n",
	"", 0, "", 7, "aliases"},
};

static void
test_hostile(void **state)
{
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
		struct inventory *inv = NULL;
		struct problems problems;
		struct inv_file file = {.path = hostile[i].file};
		const struct err *err;
		struct buf text;

		buf_init(&text, (size_t)INVENTORY_FILE_MAX);
		buf_adds(&text, hostile[i].head);
		for (n = 0; n < hostile[i].count; n++)
			buf_adds(&text, hostile[i].unit);
		buf_adds(&text, hostile[i].tail);
		file.text = text.data;
		file.len = text.len;
		if (load_files(&file, 1, &problems, &inv) != -EINVAL)
			fail_msg("%zu: taken: %.100s", i, text.data);
		err = problems_first_error(&problems);
		assert_string_equal(err->file, hostile[i].file);
		if (err->line != hostile[i].line || err->hint[0] == '\0' ||
		    strstr(err->text, hostile[i].part) == NULL)
			fail_msg("%.60s: line %d: %s (%s)", text.data,
			    err->line, err->text, err->hint);
		problems_done(&problems);
		buf_done(&text);
	}
}

static void
test_identities(void **state)
{
	static const uint8_t wire[16] = {0x44, 0x45, 0x4c, 0x4c, 0x35, 0x00,
	    0x4d, 0x10, 0x80, 0x54, 0xb7, 0xc0, 0x4f, 0x4e, 0x35, 0x32};
	struct inventory *inv = load_good(
	    "a uuid=4C4C4544-0035-104d-8054-b7c04f4e3532 serial=0012345\n"
	    "b uuid={00112233445566778899aabbccddeeff},"
	    "\"11111111-2222-3333-4444-555555555555\"\n"
	    "c serial=\"['ab 1', 'CD2']\" uuid=\n"
	    "d serial=1e5\ne\n");
	const struct inv_host *a = inventory_find_host(inv, "a");
	const struct inv_host *b = inventory_find_host(inv, "b");

	(void)state;
	assert_ptr_equal(inventory_find_uuid_bytes(inv, wire), a);
	assert_ptr_equal(
	    inventory_find_uuid(inv, "4c4c45440035104d8054b7c04f4e3532"), a);
	assert_ptr_equal(inventory_find_serial(inv, " 0012345\n"), a);
	assert_null(inventory_find_serial(inv, "12345"));
	assert_ptr_equal(
	    inventory_find_uuid(inv, "00112233-4455-6677-8899-AABBCCDDEEFF"),
	    b);
	assert_ptr_equal(
	    inventory_find_uuid(inv, "11111111-2222-3333-4444-555555555555"),
	    b);
	assert_ptr_equal(
	    inventory_find_serial(inv, "AB 1"), inventory_find_host(inv, "c"));
	assert_ptr_equal(
	    inventory_find_serial(inv, "cd2"), inventory_find_host(inv, "c"));
	assert_ptr_equal(
	    inventory_find_serial(inv, "1E5"), inventory_find_host(inv, "d"));
	assert_null(inventory_find_serial(inv, "Default string"));
	assert_null(inventory_find_serial(inv, ""));
	assert_null(inventory_find_uuid(inv, "no"));
	inventory_unref(inv);
}

static void
test_warnings(void **state)
{
	static const char text[] = "h auto_instal=no has_cat=1\n"
				   "i auto_instal=no\n"
				   "[my-group]\nlocalhost\n127.0.0.1\n"
				   "[web]\nweb\n";
	struct inv_file file = {"hosts.ini", text, sizeof text - 1};
	struct problems problems;
	struct inventory *inv;

	(void)state;
	assert_int_equal(load_files(&file, 1, &problems, &inv), 0);
	assert_int_equal(problems.warnings, 4);
	assert_int_equal(problems.list[0].err.line, 1);
	assert_non_null(strstr(problems.list[0].err.hint, "auto_install"));
	assert_non_null(strstr(problems.list[1].err.text, "my-group"));
	assert_non_null(strstr(problems.list[2].err.text, "both"));
	assert_non_null(strstr(problems.list[3].err.text, "same machine"));
	inventory_unref(inv);
	problems_done(&problems);
}

static void
test_counted(void **state)
{
	struct inventory *inv = load_good("h\n");
	struct inventory *other = inventory_ref(inv);

	(void)state;
	inventory_unref(inv);
	assert_int_equal(inventory_host_count(other), 1);
	inventory_unref(other);
	inventory_unref(NULL);
}

static void
test_known_table(void **state)
{
	const struct known_var *table;
	struct err err = {0};
	size_t count, i;

	(void)state;
	table = known_table(&count);
	for (i = 0; i < count; i++) {
		assert_ptr_equal(known_find(table[i].name), &table[i]);
		if (i > 0)
			assert_true(
			    strcmp(table[i - 1].name, table[i].name) < 0);
		if (table[i].def != NULL) {
			struct value def = value_string(table[i].def);

			assert_int_equal(known_check(&table[i], def, &err), 0);
			value_unref(def);
		}
	}
	assert_string_equal(known_suggest("macs"), "mac");
	assert_string_equal(known_suggest("instal_docker"), "install_docker");
	assert_null(known_suggest("max"));
	assert_null(known_suggest("ansible_become"));
	assert_null(known_suggest("something_else"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lookup),
	    cmocka_unit_test(test_variables),
	    cmocka_unit_test(test_short_names),
	    cmocka_unit_test(test_groups_value),
	    cmocka_unit_test(test_vars_files),
	    cmocka_unit_test(test_common_names),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_yaml_errors),
	    cmocka_unit_test(test_all_at_once),
	    cmocka_unit_test(test_nul_and_sizes),
	    cmocka_unit_test(test_hostile),
	    cmocka_unit_test(test_identities),
	    cmocka_unit_test(test_warnings),
	    cmocka_unit_test(test_counted),
	    cmocka_unit_test(test_known_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
