/*
 * convect-pxectl: its command line, tables, times and progress.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "core/mask.h"
#include "ctl/args.h"
#include "ctl/nodes.h"
#include "ctl/patfile.h"
#include "ctl/progress.h"
#include "ctl/table.h"
#include "ctl/udiff.h"
#include "ctl/when.h"

/* ---- arguments ---------------------------------------------------------- */

enum {
	LOOK_WATCH,
	LOOK_SINCE
};

static const struct args_flag look_flags[] = {
    [LOOK_WATCH] = {"--watch", 'w', NULL, "go on"},
    [LOOK_SINCE] = {"--since", 0, "TIME", "from then on"},
    {0},
};

static const struct command look = {.name = "status",
    .usage = "[PATTERN]",
    .help = "look",
    .need = COMMAND_DAEMON,
    .words_max = 1,
    .flags = look_flags};
static const struct command add = {.name = "image add",
    .usage = "ISO",
    .help = "add",
    .need = COMMAND_DAEMON,
    .words_min = 1,
    .words_max = 1};
static const struct command *const commands[] = {&look, &add, NULL};

#define PARSE(args, err, ...)                                                  \
	parse((const char *const[]){"ctl", __VA_ARGS__, NULL}, (args), (err))

static int
parse(const char *const *argv, struct args *args, struct err *err)
{
	char *copy[16];
	int argc = 0;

	for (; argv[argc] != NULL; argc++)
		copy[argc] = (char *)(uintptr_t)argv[argc];
	copy[argc] = NULL;
	memset(args, 0, sizeof *args);
	err_clear(err);
	return args_parse(commands, argc, copy, args, err);
}

static void
test_args(void **state)
{
	struct args args;
	struct err err;

	(void)state;
	assert_int_equal(
	    PARSE(&args, &err, "-o", "json", "status", "--watch", "gpu*",
		"--since=10m", "-i", "a", "--inventory", "b"),
	    0);
	assert_ptr_equal(args.command, &look);
	assert_string_equal(args.global[ARGS_OUTPUT], "json");
	assert_string_equal(args.own[LOOK_WATCH], "");
	assert_string_equal(args.own[LOOK_SINCE], "10m");
	assert_int_equal(args.word_count, 1);
	assert_string_equal(args.words[0], "gpu*");
	assert_int_equal(args.inventory_count, 2);
	assert_string_equal(args.inventory[1], "b");
	assert_int_equal(PARSE(&args, &err, "status", "-ojson", "-w"), 0);
	assert_string_equal(args.global[ARGS_OUTPUT], "json");
	assert_non_null(args.own[LOOK_WATCH]);
	assert_int_equal(PARSE(&args, &err, "image", "add", "--yes", "x"), 0);
	assert_ptr_equal(args.command, &add);
	assert_int_equal(PARSE(&args, &err, "status", "--", "-x"), 0);
	assert_string_equal(args.words[0], "-x");
	assert_int_equal(PARSE(&args, &err, "image", "add", "--help"), 0);
	assert_int_equal(PARSE(&args, &err, "--version"), 0);
	assert_null(args.command);
}

static void
test_args_refused(void **state)
{
	static const struct {
		const char *words[4];
		const char *text;
		const char *hint;
	} rows[] = {
	    {{"statsu"}, "unknown command: statsu", "\"status\""},
	    {{"stat"}, "unknown command", "\"status\""},
	    {{"frobnicate"}, "unknown command", "--help"},
	    {{"image"}, "second word", "--help"},
	    {{"image", "ad"}, "unknown command: image ad", "--help"},
	    {{"image", "add"}, "missing", "usage:"},
	    {{"status", "a", "b"}, "unexpected argument \"b\"", "usage:"},
	    {{"status", "--wacth"}, "unknown option", "--watch"},
	    {{"status", "-z"}, "unknown option -z", ""},
	    {{"status", "--since"}, "--since needs TIME", ""},
	    {{"status", "--watch=1"}, "takes no value", ""},
	    {{"--watch", "status"}, "unknown option --watch", ""},
	    {{"status", "-o", "xml"}, "table or json", ""},
	    {{"status", "-o"}, "--output needs", ""},
	};
	struct args args;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *argv[6] = {"ctl"};

		memcpy(argv + 1, rows[i].words, sizeof rows[i].words);
		assert_int_equal(parse(argv, &args, &err), -EINVAL);
		assert_non_null(strstr(err.text, rows[i].text));
		assert_non_null(strstr(err.hint, rows[i].hint));
	}
}

static void
test_args_ceilings(void **state)
{
	char *argv[64 + ARGS_WORDS_MAX];
	static char word[] = "--inventory=x";
	static char name[] = "status";
	struct args args = {0};
	struct err err = {0};
	int argc = 0;

	(void)state;
	argv[argc++] = name;
	for (int i = 0; i <= ARGS_INVENTORY_MAX; i++)
		argv[argc++] = word;
	assert_int_equal(
	    args_parse(commands, argc, argv, &args, &err), -EINVAL);
	assert_non_null(strstr(err.text, "--inventory more than"));
	argc = 1;
	for (int i = 0; i <= ARGS_WORDS_MAX + 1; i++)
		argv[argc++] = name;
	err_clear(&err);
	assert_int_equal(
	    args_parse(commands, argc, argv, &args, &err), -EINVAL);
	assert_non_null(strstr(err.text, "arguments"));
}

static void
test_help(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	args_help(commands, NULL, &out);
	assert_non_null(strstr(out.data, "status [PATTERN]"));
	assert_non_null(strstr(out.data, "--socket PATH"));
	buf_reset(&out);
	args_help(commands, &look, &out);
	assert_non_null(strstr(out.data, "-w, --watch"));
	buf_done(&out);
}

/* ---- tables ------------------------------------------------------------- */

static const struct table_column columns[] = {
    {"NAME", false, 4, 0},
    {"N", true, 0, 20},
    {"TEXT", false, 6, 0},
};

static const struct term pipe_term = {.tty = false};

static void
fill(struct table *table)
{
	table_init(table, columns, 3);
	table_cell(table, STYLE_BOLD, "gpu1");
	table_cell(table, STYLE_PLAIN, "7");
	table_cell(table, STYLE_PLAIN, "a long text\033[31m of strangers");
	table_cell(table, STYLE_PLAIN, "r\xc3\xa9seau-2");
	table_cell(table, STYLE_PLAIN, "12");
	table_cell(table, STYLE_PLAIN, NULL);
}

static void
assert_table(const struct term *term, const char *want)
{
	struct table table;
	struct buf out;

	buf_init(&out, 65536);
	fill(&table);
	table_write(&table, term, &out);
	assert_string_equal(out.data, want);
	table_done(&table);
	buf_done(&out);
}

static void
test_table(void **state)
{
	const struct term narrow = {.tty = true, .width = 22};
	const struct term tiny = {.tty = true, .width = 16};
	const struct term color = {.tty = true, .color = true, .width = 200};

	(void)state;
	assert_table(&pipe_term,
	    "NAME       N  TEXT\n"
	    "gpu1       7  a long text\\x1b[31m of strangers\n"
	    "r\xc3\xa9seau-2  12  -\n");
	assert_table(&narrow, "NAME       N  TEXT\n"
			      "gpu1       7  a long \xe2\x80\xa6\n"
			      "r\xc3\xa9seau-2  12  -\n");
	assert_table(&tiny, "NAME     TEXT\n"
			    "gpu1     a long\xe2\x80\xa6\n"
			    "r\xc3\xa9seau\xe2\x80\xa6  -\n");
	assert_table(&color,
	    "\033[1mNAME\033[0m       \033[1mN\033[0m  \033[1mTEXT\033[0m\n"
	    "\033[1mgpu1\033[0m       7  a long text\\x1b[31m of strangers\n"
	    "r\xc3\xa9seau-2  12  -\n");
}

static void
test_table_empty(void **state)
{
	struct table table;
	struct buf out;

	(void)state;
	buf_init(&out, 100);
	table_init(&table, columns, 3);
	table_write(&table, &pipe_term, &out);
	assert_int_equal(out.len, 0);
	table_done(&table);
	buf_done(&out);
}

/* ---- nodes -------------------------------------------------------------- */

static const char nodes_json[] =
    "[{\"name\":\"gpu1\",\"mac\":[\"52:54:00:aa:0b:01\"],"
    "\"phase\":\"installing\",\"percent\":40,\"step\":\"partitioning\","
    "\"want\":1,\"have\":0,"
    "\"attempts\":1,\"stalled\":false,\"image\":\"ubuntu-24.04\","
    "\"address\":\"10.0.0.7\",\"last_seen\":\"2026-11-23T14:00:00.000Z\","
    "\"last_event\":{\"seq\":3,\"time\":\"2026-11-23T14:00:00.000Z\","
    "\"kind\":\"report\",\"text\":\"storage\"}},"
    "{\"name\":\"gpu2\",\"phase\":\"failed\",\"fail_code\":\"no-disk\","
    "\"held\":null,\"want\":1,\"have\":0},"
    "{\"name\":\"gpu3\",\"phase\":\"new\",\"held\":\"by hand\","
    "\"stalled\":true,\"want\":2,\"have\":1},"
    "{\"name\":\"gpu4\",\"phase\":\"ready\",\"drifted\":true},"
    "{\"name\":\"7\",\"phase\":[],\"percent\":\"x\"}]";

static void
test_nodes(void **state)
{
	int64_t now = 0;
	struct value nodes;
	struct buf out;

	(void)state;
	buf_init(&out, 65536);
	assert_int_equal(
	    value_parse_json(nodes_json, sizeof nodes_json - 1, &nodes, NULL),
	    0);
	assert_int_equal(when_parse("2026-11-23T14:02:05Z", &now), 0);
	nodes_write_table(nodes, &pipe_term, now, &out);
	assert_string_equal(out.data,
	    "NODE  PHASE             DONE  STEP          INSTALL  IMAGE"
	    "         ADDRESS   SEEN  LAST EVENT\n"
	    "gpu1  installing         40%  partitioning      0/1"
	    "  ubuntu-24.04  10.0.0.7    2m  storage\n"
	    "gpu2  failed               -  -                 0/1"
	    "  -             -            -  no-disk\n"
	    "gpu3  new held stalled     -  -                 1/2"
	    "  -             -            -  by hand\n"
	    "gpu4  ready drifted        -  -                   /"
	    "  -             -            -  -\n"
	    "7     -                   x%  -                   /"
	    "  -             -            -  -\n");
	buf_reset(&out);
	nodes_write_summary(nodes, &pipe_term, &out);
	assert_string_equal(out.data,
	    "5 nodes, 1 new, 1 installing, 1 ready, 1 failed, 1 held, "
	    "1 stalled, 1 drifted\n");
	value_unref(nodes);
	buf_done(&out);
}

/* A member of a map, or of a map in it: "last_event.text". */
static struct value
member_at(struct value node, const char *path)
{
	const char *dot = strchr(path, '.');
	char head[32];

	if (dot == NULL)
		return value_ref(value_map_get(node, path));
	str_copy(head, sizeof head, path);
	head[dot - path] = '\0';
	return value_ref(value_map_get(value_map_get(node, head), dot + 1));
}

static struct value
as_lists(struct value nodes)
{
	struct value members = nodes_members();
	struct value lists = value_list_new();

	for (size_t i = 0; i < value_len(nodes); i++) {
		struct value list = value_list_new();

		for (size_t m = 0; m < value_len(members); m++)
			value_list_add(
			    list, member_at(value_list_at(nodes, i),
				      value_str(value_list_at(members, m))));
		value_list_add(lists, list);
	}
	value_unref(members);
	return lists;
}

/* Nodes that are lists of what the table shows look as their maps do. */
static void
test_node_lists(void **state)
{
	struct value nodes;
	struct value lists;
	struct buf want;
	struct buf out;

	(void)state;
	buf_init(&want, 65536);
	buf_init(&out, 65536);
	assert_int_equal(
	    value_parse_json(nodes_json, sizeof nodes_json - 1, &nodes, NULL),
	    0);
	lists = as_lists(nodes);
	nodes_write_table(nodes, &pipe_term, 0, &want);
	nodes_write_summary(nodes, &pipe_term, &want);
	nodes_write_table(lists, &pipe_term, 0, &out);
	nodes_write_summary(lists, &pipe_term, &out);
	assert_string_equal(out.data, want.data);
	value_unref(lists);
	value_unref(nodes);
	buf_done(&want);
	buf_done(&out);
}

/* ---- differences --------------------------------------------------------- */

static void
assert_diff(const char *before, const char *after, const char *want)
{
	struct udiff_text old = {"a", before, strlen(before)};
	struct udiff_text new = {"b", after, strlen(after)};
	struct buf out;

	buf_init(&out, 65536);
	udiff_write(&old, &new, &out);
	assert_string_equal(out.data, want);
	buf_done(&out);
}

/* As diff -u prints them. */
static void
test_udiff(void **state)
{
	(void)state;
	assert_diff("", "", "");
	assert_diff("a\nb\n", "a\nb\n", "");
	assert_diff("", "a\n", "--- a\n+++ b\n@@ -0,0 +1 @@\n+a\n");
	assert_diff("a\n", "", "--- a\n+++ b\n@@ -1 +0,0 @@\n-a\n");
	assert_diff("a\nb", "a\nc\n",
	    "--- a\n+++ b\n@@ -1,2 +1,2 @@\n a\n-b\n"
	    "\\ No newline at end of file\n+c\n");
	assert_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n",
	    "1\nx\n3\n4\n5\n6\n7\n8\n9\n10\n11\n",
	    "--- a\n+++ b\n@@ -1,5 +1,5 @@\n 1\n-2\n+x\n 3\n 4\n 5\n"
	    "@@ -9,4 +9,3 @@\n 9\n 10\n 11\n-12\n");
	assert_diff("a\nb\nc\nd\n", "b\nc\ne\nd\n",
	    "--- a\n+++ b\n@@ -1,4 +1,4 @@\n-a\n b\n c\n+e\n d\n");
}

/* ---- times and sizes ---------------------------------------------------- */

static void
test_when(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} ago[] = {{-5, "now"}, {0, "now"}, {1, "1s"}, {59, "59s"}, {60, "1m"},
	    {3599, "59m"}, {3600, "1h"}, {86399, "23h"},
	    {INT64_C(34560000), "400d"}};
	char text[WHEN_STRLEN];
	int64_t ms = 0;

	(void)state;
	for (size_t i = 0; i < sizeof ago / sizeof ago[0]; i++)
		assert_string_equal(
		    when_ago(0, ago[i].seconds * 1000, text), ago[i].text);
	assert_int_equal(when_parse("2026-11-23T14:00:00.123Z", &ms), 0);
	assert_int_equal(ms, INT64_C(1795442400123));
	assert_int_equal(when_since("2026-11-23", 0, &ms), 0);
	assert_int_equal(ms, INT64_C(1795392000000));
	assert_int_equal(when_since("10m", 3600000, &ms), 0);
	assert_int_equal(ms, 3000000);
	assert_int_equal(when_since("xm", 0, &ms), -EINVAL);
	assert_int_equal(when_since("", 0, &ms), -EINVAL);
	assert_int_equal(when_since("yesterday", 0, &ms), -EINVAL);
	assert_int_equal(when_parse("2026-11-23T14:00:00Zx", &ms), -EINVAL);
}

static void
test_size(void **state)
{
	char text[STR_SIZE_LEN];

	(void)state;
	assert_string_equal(str_size(0, text), "0 B");
	assert_string_equal(str_size(1023, text), "1023 B");
	assert_string_equal(str_size(1536, text), "1.5 KiB");
	assert_string_equal(str_size(INT64_C(3) << 30, text), "3.0 GiB");
}

/* ---- secrets ------------------------------------------------------------ */

static void
test_mask(void **state)
{
	static const char text[] =
	    "{\"convect_token\":\"k3s\",\"Admin_Password\":7,"
	    "\"has_gpu\":true,\"ssh\":{\"private_key\":[1,2],\"port\":22},"
	    "\"secret_file\":\"/etc/x\",\"list\":[{\"my_secret\":null}]}";
	struct value vars;
	struct value masked;
	struct buf out;

	(void)state;
	assert_int_equal(
	    value_parse_json(text, sizeof text - 1, &vars, NULL), 0);
	masked = mask_secrets(vars, "X");
	buf_init(&out, 4096);
	value_write_json(masked, -1, false, &out);
	assert_string_equal(out.data,
	    "{\"convect_token\": \"X\", \"Admin_Password\": \"X\", "
	    "\"has_gpu\": true, \"ssh\": {\"private_key\": \"X\", "
	    "\"port\": 22}, \"secret_file\": \"/etc/x\", "
	    "\"list\": [{\"my_secret\": null}]}");
	buf_done(&out);
	value_unref(masked);
	value_unref(vars);
}

static void
test_mask_flagged(void **state)
{
	struct value vars = value_map_new();
	struct value item = value_string("from a vault");
	struct value masked;

	(void)state;
	item.flags |= VALUE_SECRET;
	value_map_set(vars, "plain_name", item);
	masked = mask_secrets(vars, "X");
	assert_string_equal(
	    value_str(value_map_get(masked, "plain_name")), "X");
	value_unref(masked);
	value_unref(vars);
}

static void
expect_expanded(const char *pattern, const char *want)
{
	struct err err = {0};
	struct buf out;

	buf_init(&out, PATFILE_MAX);
	if (patfile_expand(pattern, &out, &err) < 0)
		assert_non_null(strstr(err.text, want));
	else
		assert_string_equal(out.data, want);
	buf_done(&out);
}

static void
test_patfile(void **state)
{
	static const char text[] = "# the new rack\ngpu[01:16]  # all of it\n\n"
				   "a:&b\r\n52:54:00:00:00:01\n  x,y";
	static const char empty[] = "# none\n";
	char path[] = "/tmp/patfile.XXXXXX", pattern[64];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
	(void)snprintf(pattern, sizeof pattern, "@%s", path);
	expect_expanded(pattern, "gpu[01:16],a,&b,52:54:00:00:00:01,x,y");
	(void)snprintf(pattern, sizeof pattern, "worker:!z:@%s", path);
	expect_expanded(
	    pattern, "worker,!z,gpu[01:16],a,&b,52:54:00:00:00:01,x,y");
	expect_expanded("a:b@c", "a,b@c");
	expect_expanded("@/nowhere/at/all", "No such file");
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(
	    pwrite(fd, empty, sizeof empty - 1, 0), sizeof empty - 1);
	(void)snprintf(pattern, sizeof pattern, "@%s", path);
	expect_expanded(pattern, "no pattern");
	close(fd);
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_args),
	    cmocka_unit_test(test_args_refused),
	    cmocka_unit_test(test_args_ceilings),
	    cmocka_unit_test(test_help),
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_table_empty),
	    cmocka_unit_test(test_nodes),
	    cmocka_unit_test(test_node_lists),
	    cmocka_unit_test(test_udiff),
	    cmocka_unit_test(test_when),
	    cmocka_unit_test(test_size),
	    cmocka_unit_test(test_mask),
	    cmocka_unit_test(test_mask_flagged),
	    cmocka_unit_test(test_patfile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
