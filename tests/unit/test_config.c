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

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "daemon/config.h"

#define ARGS_MAX 40

/* Loads a command line, its words separated by single spaces. */
static int
load(struct config *config, const char *line, struct err *err)
{
	char *copy = mem_strdup(line);
	char *save = NULL;
	char *argv[ARGS_MAX] = {NULL};
	char name[] = "convect-pxed";
	int argc = 1;
	int ret;

	argv[0] = name;
	for (char *word = strtok_r(copy, " ", &save);
	     word != NULL && argc < ARGS_MAX - 1;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	config_init(config);
	ret = config_load(config, argc, argv, err);
	free(copy);
	return ret;
}

static void
test_defaults(void **state)
{
	struct config config;
	struct err err = {0};

	(void)state;
	assert_int_equal(load(&config, "--inventory macs.ini", &err), 0);
	assert_int_equal(config.inventory.count, 1);
	assert_string_equal(config.inventory.item[0], "macs.ini");
	assert_int_equal(config.interfaces.count, 0);
	assert_int_equal(config.http_port, 8080);
	assert_int_equal(config.files_port, 8081);
	assert_int_equal(config.files_workers, 2);
	assert_string_equal(config.user, "convect-pxed");
	assert_false(config.user_given);
	assert_int_equal(config.log_level, LOG_LEVEL_INFO);
	assert_int_equal(config.log_format, LOG_FORMAT_TEXT);
	assert_false(config.check);
	assert_null(config.templates_dir);
	config_done(&config);
}

static void
test_all_options(void **state)
{
	struct config config;
	struct err err = {0};
	char *cwd = getcwd(NULL, 0);

	(void)state;
	assert_int_equal(
	    load(&config,
		"--inventory a.ini --inventory=b --interface eth0 "
		"--interface br0.100 --http-port 80 --files-port=81 "
		"--files-workers 8 --state-dir state --socket /x/ctl "
		"--user nobody --templates-dir t --log-level debug "
		"--log-format json --check",
		&err),
	    0);
	assert_int_equal(config.inventory.count, 2);
	assert_string_equal(config.inventory.item[1], "b");
	assert_string_equal(config.interfaces.item[1], "br0.100");
	assert_int_equal(config.http_port, 80);
	assert_int_equal(config.files_workers, 8);
	assert_true(str_starts(config.state_dir, cwd));
	assert_true(str_ends(config.state_dir, "/state"));
	assert_string_equal(config.socket, "/x/ctl");
	assert_true(config.user_given);
	assert_string_equal(config.templates_dir, "t");
	assert_int_equal(config.log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(config.log_format, LOG_FORMAT_JSON);
	assert_true(config.check);
	config_done(&config);
	free(cwd);
}

static void
test_bad_arguments(void **state)
{
	static const struct {
		const char *line;
		const char *text;
		const char *hint;
	} rows[] = {
	    {"", "no inventory given", "--inventory macs.ini"},
	    {"macs.ini", "unexpected argument \"macs.ini\"",
		"--inventory macs.ini"},
	    {"-v", "unexpected argument \"-v\"", "--help"},
	    {"--", "unexpected argument \"--\"", "--help"},
	    {"--inventroy x", "unknown option --inventroy",
		"did you mean --inventory?"},
	    {"--http-prot=9", "unknown option --http-prot",
		"did you mean --http-port?"},
	    {"--xyzzyxyzzy", "unknown option --xyzzyxyzzy", "--help"},
	    {"--inventory", "--inventory needs a value: path", ""},
	    {"--inventory=", "inventory: must not be empty", ""},
	    {"--check=yes", "--check takes no value", ""},
	    {"--http-port 0", "http-port: \"0\" is not a number from 1 to", ""},
	    {"--http-port 65536", "from 1 to 65535", ""},
	    {"--http-port 8o", "http-port: \"8o\" is not a number", ""},
	    {"--files-workers 65", "from 1 to 64", ""},
	    {"--log-level loud",
		"log-level: \"loud\" is none of error, warn, "
		"info, debug",
		""},
	    {"--log-format xml", "none of text, json", ""},
	    {"--interface eth0/1", "not the name of a network interface", ""},
	    {"--interface abcdefghijklmnop", "not the name of a network", ""},
	    {"--interface a --interface a", "\"a\" is named twice", ""},
	    {"--inventory a --http-port 5 --files-port 5", "must differ", ""},
	    {"--socket /1234567890123456789012345678901234567890123456789012345"
	     "67890123456789012345678901234567890123456789012345678901234567",
		"socket: longer than the 101 bytes", ""},
	    {"--inventory a --config /nonexistent.yml",
		"No such file or directory", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct config config;
		struct err err = {0};

		if (load(&config, rows[i].line, &err) != -EINVAL &&
		    err.text[0] == '\0')
			fail_msg("accepted: %s", rows[i].line);
		if (strstr(err.text, rows[i].text) == NULL ||
		    strstr(err.hint, rows[i].hint) == NULL)
			fail_msg("%s: \"%s\" (%s)", rows[i].line, err.text,
			    err.hint);
		config_done(&config);
	}
}

/* Writes the text to a file and loads it with these arguments. */
static int
load_file(
    struct config *config, const char *text, const char *args, struct err *err)
{
	char path[] = "/tmp/convect-config.XXXXXX";
	int fd = mkstemp(path);
	char *line = mem_printf("--config %s %s", path, args);
	int ret;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	ret = load(config, line, err);
	unlink(path);
	free(line);
	return ret;
}

static void
test_file(void **state)
{
	struct config config;
	struct err err = {0};

	(void)state;
	assert_int_equal(
	    load_file(&config,
		"# mine\ninventory: [a.ini, b.ini]\nhttp_port: 8090\n"
		"files-port: '8091'\ninterface: eth0\nuser: nobody\n"
		"log-level: warn\n",
		"--log-level debug --inventory c.ini", &err),
	    0);
	assert_int_equal(config.inventory.count, 1); /* not three */
	assert_string_equal(config.inventory.item[0], "c.ini");
	assert_int_equal(config.http_port, 8090);
	assert_int_equal(config.files_port, 8091);
	assert_string_equal(config.interfaces.item[0], "eth0");
	assert_int_equal(config.log_level, LOG_LEVEL_DEBUG);
	assert_true(config.user_given);
	config_done(&config);
	assert_int_equal(load_file(&config, "", "--inventory a", &err), 0);
	config_done(&config);
}

static void
test_bad_file(void **state)
{
	static const struct {
		const char *yaml;
		int line;
		const char *text;
		const char *hint;
	} rows[] = {
	    {"http-port: 99999\n", 1, "http-port: \"99999\" is not a number",
		""},
	    {"# x\n\nhttp-prot: 1\n", 3, "unknown option \"http-prot\"",
		"did you mean http-port?"},
	    {"user: nobody\nhttp-port: [1]\n", 2,
		"http-port: expected a number, found list", ""},
	    {"user: {a: 1}\n", 1, "user: expected a string, found ", ""},
	    {"log-level: yes\n", 1, "log-level: expected a string, found ", ""},
	    {"state-dir:\n", 1, "state-dir: expected a string, found ", ""},
	    {"check: true\n", 1, "check: only on the command line", ""},
	    {"config: other.yml\n", 1, "config: only on the command", ""},
	    {"interface: [a, a]\n", 1, "\"a\" is named twice", ""},
	    {"- a\n", 1, "expected a map of options to values, found list", ""},
	    {"user: a\nuser: b\n", 2, "", ""},
	    {"user: [\n", 0, "", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct config config;
		struct err err = {0};
		int ret =
		    load_file(&config, rows[i].yaml, "--inventory a.ini", &err);

		if (ret >= 0 || err.file[0] == '\0')
			fail_msg("accepted: %s", rows[i].yaml);
		if (strstr(err.text, rows[i].text) == NULL ||
		    strstr(err.hint, rows[i].hint) == NULL ||
		    (rows[i].line != 0 &&
			(err.line != rows[i].line || err.col < 1)))
			fail_msg("%s: %d:%d \"%s\" (%s)", rows[i].yaml,
			    err.line, err.col, err.text, err.hint);
		config_done(&config);
	}
}

static void
test_switch(void **state)
{
	static const struct {
		const char *yaml;
		int64_t on; /* -1: refused */
	} rows[] = {
	    {"ipxe-ra: on\n", 1},
	    {"ipxe_ra: off\n", 0},
	    {"ipxe-ra: true\n", 1},
	    {"ipxe-ra: \"false\"\n", 0},
	    {"ipxe-ra: \"on\"\n", 1},
	    {"ipxe-ra: 1\n", -1},
	    {"ipxe-ra: maybe\n", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct config config;
		struct err err = {0};
		int ret =
		    load_file(&config, rows[i].yaml, "--inventory a.ini", &err);

		assert_int_equal(ret < 0, rows[i].on < 0);
		if (ret == 0)
			assert_int_equal(config.ipxe_ra, rows[i].on);
		config_done(&config);
	}
}

static void
test_value_round_trip(void **state)
{
	struct config config;
	struct config copy;
	struct err err = {0};
	struct value map;
	struct buf text;
	struct value back;

	(void)state;
	assert_int_equal(load(&config,
			     "--inventory a --interface eth0 --http-port 99 "
			     "--log-format json --user nobody",
			     &err),
	    0);
	map = config_to_value(&config);
	buf_init(&text, 65536);
	value_write_json(map, -1, false, &text);
	assert_int_equal(value_parse_json(text.data, text.len, &back, &err), 0);
	config_init(&copy);
	assert_int_equal(config_from_value(&copy, back, &err), 0);
	assert_string_equal(copy.interfaces.item[0], "eth0");
	assert_int_equal(copy.http_port, 99);
	assert_int_equal(copy.log_format, LOG_FORMAT_JSON);
	assert_string_equal(copy.user, "nobody");
	buf_done(&text);
	value_unref(map);
	value_unref(back);
	config_done(&copy);
	config_done(&config);
}

static void
test_reload(void **state)
{
	struct config config;
	struct config fresh;
	struct err err = {0};
	struct buf stale;

	(void)state;
	assert_int_equal(load(&config, "--inventory a", &err), 0);
	assert_int_equal(
	    load(&fresh, "--inventory b --http-port 1 --log-level debug", &err),
	    0);
	buf_init(&stale, 1024);
	config_reload(&config, &fresh, &stale);
	assert_string_equal(stale.data, "inventory, http-port");
	assert_int_equal(config.log_level, LOG_LEVEL_DEBUG);
	assert_int_equal(config.http_port, 8080);
	buf_done(&stale);
	config_done(&config);
	config_done(&fresh);
}

static void
test_help(void **state)
{
	struct config config;
	struct err err = {0};
	struct buf out;

	(void)state;
	assert_int_equal(load(&config, "--help", &err), 0);
	assert_true(config.help);
	config_done(&config);
	buf_init(&out, 65536);
	config_write_help(&out);
	assert_true(strstr(out.data, "  --http-port port\n") != NULL);
	assert_true(strstr(out.data, "Default: 8080.") != NULL);
	for (char *line = strtok(out.data, "\n"); line != NULL;
	     line = strtok(NULL, "\n"))
		assert_true(strlen(line) < 80);
	buf_done(&out);
}

/* The page's list of options is written from the table, or differs here. */
static void
test_man_page(void **state)
{
	const char *srcdir = getenv("srcdir");
	char *path = mem_printf(
	    "%s/src/daemon/convect-pxed.8", srcdir == NULL ? "." : srcdir);
	struct buf page;
	struct buf list;

	(void)state;
	buf_init(&page, 1 << 20);
	buf_init(&list, 1 << 20);
	assert_int_equal(file_read(path, &page, NULL), 0);
	config_write_mdoc(&list);
	if (strstr(page.data, list.data) == NULL)
		fail_msg(
		    "%s: its list of options should be\n%s", path, list.data);
	buf_done(&page);
	buf_done(&list);
	free(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_all_options),
	    cmocka_unit_test(test_bad_arguments),
	    cmocka_unit_test(test_file),
	    cmocka_unit_test(test_bad_file),
	    cmocka_unit_test(test_switch),
	    cmocka_unit_test(test_value_round_trip),
	    cmocka_unit_test(test_reload),
	    cmocka_unit_test(test_help),
	    cmocka_unit_test(test_man_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
