/* Host patterns, over one inventory. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "inventory/pattern.h"

static const char text[] = "lone mac=52:54:00:00:00:01\n"
			   "[gpu]\ngpu[01:04] \n"
			   "[web]\nweb1\nweb2\nweb3\n"
			   "[old]\nweb2\ngpu03\n"
			   "[empty]\n"
			   "[two.words]\nx.example.com\n"
			   "[nodes:children]\nweb\nold\n";

static const struct {
	const char *pattern;
	const char *hosts; /* names with blanks; NULL: refused */
	int code;
	const char *part; /* of the text or the hint */
} rows[] = {
    {"lone", "lone", 0, NULL},
    {"all", "lone gpu01 gpu02 gpu03 gpu04 x.example.com web1 web2 web3", 0,
	NULL},
    {"web", "web1 web2 web3", 0, NULL},
    {"nodes", "web1 web2 web3 gpu03", 0, NULL},
    {"web:old", "web1 web2 web3 gpu03", 0, NULL},
    {"web,old", "web1 web2 web3 gpu03", 0, NULL},
    {" web , lone ", "web1 web2 web3 lone", 0, NULL},
    {"web:&old", "web2", 0, NULL},
    {"&old:web", "web2", 0, NULL},
    {"web:!old", "web1 web3", 0, NULL},
    {"!web:!gpu", "lone x.example.com", 0, NULL},
    {"gpu*", "gpu01 gpu02 gpu03 gpu04", 0, NULL},
    {"*2", "gpu02 web2", 0, NULL},
    {"gpu0?", "gpu01 gpu02 gpu03 gpu04", 0, NULL},
    {"web[12]", NULL, -ENOENT, "only 3"},
    {"gpu[0-1]", "gpu01 gpu02", 0, NULL},
    {"*.example.com", "x.example.com", 0, NULL},
    {"x.example.com", "x.example.com", 0, NULL},
    {"two.words", "x.example.com", 0, NULL},
    {"~gpu0[13]$", "gpu01 gpu03", 0, NULL},
    {"~(web|gpu)\\d?2", "gpu02 web2", 0, NULL},
    {"~(?:lo)+?ne,lone", "lone", 0, NULL},
    {"~one", NULL, -ENOENT, "matches no host"},
    {"gpu[01:03]", "gpu01 gpu02 gpu03", 0, NULL},
    {"gpu[0]", "gpu01", 0, NULL},
    {"gpu[-1]", "gpu04", 0, NULL},
    {"gpu[1:2]", "gpu02 gpu03", 0, NULL},
    {"gpu[2:]", "gpu03 gpu04", 0, NULL},
    {"gpu[0:0]", "gpu01", 0, NULL},
    {"gpu[2:99]", "gpu03 gpu04", 0, NULL},
    {"gpu[7:]", NULL, -ENOENT, "leaves no host"},
    {"gpu[4]", NULL, -ENOENT, "only 4"},
    {"web[0:1]", "web1 web2", 0, NULL},
    {"web[1:2]", NULL, -EINVAL, "may mean"},
    {"web[1:3]:!web2", NULL, -EINVAL, "may mean"},
    {"52:54:00:00:00:01", "lone", 0, NULL},
    {"web1,52-54-00-00-00-01", "web1 lone", 0, NULL},
    {"525400000001", "lone", 0, NULL},
    {"52:54:00:00:00:02", NULL, -ENOENT, "matches no host"},
    {"webb", NULL, -ENOENT, "\"web\""},
    {"web:typo", NULL, -ENOENT, "typo"},
    {"all:!typo", NULL, -ENOENT, "typo"},
    {"empty", NULL, -ENOENT, "leaves no host"},
    {"all:!empty:!gpu:!nodes", "lone x.example.com", 0, NULL},
    {"web:!web", NULL, -ENOENT, "leaves no host"},
    {"", NULL, -EINVAL, "not a pattern"},
    {" , ", NULL, -EINVAL, "not a pattern"},
    {"~(", NULL, -EINVAL, "regular expression"},
    {"~(?=x)", NULL, -EINVAL, "not supported"},
    {"~a{9}{9}{9}", NULL, -EINVAL, "repeats"},
    {"~\\", NULL, -EINVAL, "backslash"},
};

static struct inventory *
load(void)
{
	struct inv_file file = {"hosts.ini", text, sizeof text - 1};
	struct inv_input input = {.files = &file, .count = 1};
	struct problems problems;
	struct inventory *inv = NULL;

	problems_init(&problems);
	if (inventory_load(&input, &problems, &inv) < 0)
		fail_msg("%s", problems_first_error(&problems)->text);
	problems_done(&problems);
	return inv;
}

static void
expect_hosts(
    const char *pattern, const struct inv_hosts *hosts, const char *names)
{
	struct buf buf;
	size_t i;

	buf_init(&buf, 4096);
	for (i = 0; i < hosts->count; i++)
		buf_addf(&buf, "%s%s", i > 0 ? " " : "",
		    inv_host_name(hosts->at[i]));
	if (strcmp(buf.data, names) != 0)
		fail_msg("%s: %s", pattern, buf.data);
	buf_done(&buf);
}

static void
test_rows(void **state)
{
	struct inventory *inv = load();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct inv_hosts hosts = {0};
		struct err err = {0};
		int ret = pattern_resolve(inv, rows[i].pattern, &hosts, &err);

		if (ret != rows[i].code)
			fail_msg("%s: %d %s", rows[i].pattern, ret, err.text);
		if (ret == 0)
			expect_hosts(rows[i].pattern, &hosts, rows[i].hosts);
		else if (strstr(err.text, rows[i].part) == NULL &&
			 strstr(err.hint, rows[i].part) == NULL)
			fail_msg(
			    "%s: %s (%s)", rows[i].pattern, err.text, err.hint);
		inv_hosts_done(&hosts);
	}
	inventory_unref(inv);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
