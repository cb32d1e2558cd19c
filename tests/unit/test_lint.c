/* What lint finds in documents, and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/lint.h"
#include "inventory/yaml.h"
#include "inventory/yaml_place.h"

static struct lint *lint;

static int
setup(void **state)
{
	(void)state;
	lint = lint_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	lint_free(lint);
	return 0;
}

static void
run(enum lint_doc doc, const char *version, const char *text,
    struct lint_report *report)
{
	struct lint_input input = {.doc = doc,
	    .name = "doc",
	    .text = text,
	    .len = strlen(text),
	    .image_version = version};
	struct err err = {0};

	assert_int_equal(
	    yaml_parse_value(text, input.len, "doc", &input.value, &err), 0);
	lint_check(lint, &input, report);
	value_unref(input.value);
}

/* Each line of `want` is one finding, "error doc:1:2: text (hint)". */
static void
expect(
    enum lint_doc doc, const char *version, const char *text, const char *want)
{
	struct lint_report report = {0};
	char line[1200];
	struct buf got;

	run(doc, version, text, &report);
	buf_init(&got, 65536);
	for (size_t i = 0; i < report.count; i++)
		buf_addf(&got, "%s %s\n",
		    report.list[i].severity == PROBLEM_ERROR ? "error"
							     : "warning",
		    err_format(&report.list[i].err, line, sizeof line));
	assert_string_equal(got.data, want);
	buf_done(&got);
	lint_report_done(&report);
}

static void
test_places(void **state)
{
	static const char text[] = "# c\na: 1\nb:\n  - x\n  - {c: [1, 2],\n"
				   "     d: 5}\n80: {e: f}\n";
	static const struct {
		struct yaml_step path[3];
		size_t depth;
		int line;
		int col;
	} rows[] = {
	    {{{NULL, 0}}, 0, 2, 1},
	    {{{"a", 0}}, 1, 2, 1},
	    {{{"b", 0}, {NULL, 0}}, 2, 4, 5},
	    {{{"b", 0}, {NULL, 1}, {"d", 0}}, 3, 6, 6},
	    {{{"b", 0}, {NULL, 1}, {"none", 0}}, 3, 5, 5},
	    {{{"b", 0}, {NULL, 7}}, 2, 3, 1},
	    {{{"80", 0}, {"e", 0}}, 2, 7, 6},
	    {{{"none", 0}}, 1, 2, 1},
	};
	int line;
	int col;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		yaml_find_place(text, strlen(text), rows[i].path, rows[i].depth,
		    &line, &col);
		assert_int_equal(line, rows[i].line);
		assert_int_equal(col, rows[i].col);
	}
	yaml_find_place("a: [", 4, rows[1].path, 1, &line, &col);
	assert_int_equal(line, 1);
}

/* Told as of the cloud-init that the image has, or of the newest. */
static void
test_deprecated(void **state)
{
	static const char text[] = "#cloud-config\napt_update: true\n"
				   "users: [{name: a, hashed-passwd: b,\n"
				   "  uid: '5'}]\n";
	static const char apt[] =
	    "warning doc:2:1: apt_update is deprecated since cloud-init 22.2 "
	    "(use 'package_update' instead)\n";
	static const char passwd[] =
	    "warning doc:3:19: users[0].hashed-passwd is deprecated since "
	    "cloud-init 24.2 (use 'hashed_passwd' instead)\n";
	static const char uid[] =
	    "warning doc:4:3: users[0].uid has a form that is deprecated since "
	    "cloud-init 22.3 (use a whole number instead)\n";
	char want[1024];

	(void)state;
	expect(LINT_USER_DATA, "22.04.5", text, "");
	(void)snprintf(want, sizeof want, "%s%s", apt, uid);
	expect(LINT_USER_DATA, "24.04.2", text, want);
	(void)snprintf(want, sizeof want, "%s%s%s", apt, passwd, uid);
	expect(LINT_USER_DATA, "24.10", text, want);
	expect(LINT_USER_DATA, "", text, want);
}

static void
test_cloud_config(void **state)
{
	(void)state;
	expect(LINT_USER_DATA, "",
	    "#cloud-config\npackages: [a, [b, '1']]\nruncmd: [ls, [a, b]]\n"
	    "hostname: x\nwrite_files: [{path: /a, content: b}]\n",
	    "");
	expect(LINT_USER_DATA, "", "#cloud-config\npackages: jq\n",
	    "error doc:2:1: packages must be a list, not a string\n");
	expect(LINT_USER_DATA, "", "#cloud-config\nruncmd:\n - [a, 3]\n - 7\n",
	    "error doc:3:8: runcmd[0][1] must be a string, not a whole number\n"
	    "error doc:4:4: runcmd[1] must be a string, a list or null, not a "
	    "whole number\n");
	expect(LINT_USER_DATA, "", "#cloud-config\nwrite_files: [{pth: /a}]\n",
	    "error doc:2:15: write_files[0] lacks the key 'path'\n"
	    "error doc:2:16: write_files[0].pth is not a known key "
	    "(did you mean 'path'?)\n");
	expect(LINT_USER_DATA, "", "#cloud-config\npackges: [a]\n",
	    "warning doc:2:1: packges is not a known key "
	    "(did you mean 'packages'?)\n");
	expect(LINT_USER_DATA, "", "#cloud-config\npower_state: {mode: stay}\n",
	    "error doc:2:15: power_state.mode must be one of 'poweroff', "
	    "'reboot', 'halt', not 'stay'\n");
	expect(LINT_USER_DATA, "", "#cloud-config\nswap: {size: 5Q}\n",
	    "error doc:2:8: swap.size must look like "
	    "^([0-9]+)?\\.?[0-9]+[BKMGT]$\n");
}

#define MINIMAL                                                                \
	"#cloud-config\nautoinstall:\n  version: 1\n"                          \
	"  identity: {hostname: a, username: ops, password: $6$x$y}\n"

static void
test_autoinstall(void **state)
{
	(void)state;
	expect(LINT_USER_DATA, "24.04", MINIMAL, "");
	expect(LINT_USER_DATA, "24.04", MINIMAL "  late_commands: [a]\n",
	    "warning doc:5:3: autoinstall.late_commands is not a known key "
	    "(did you mean 'late-commands'?)\n");
	expect(LINT_USER_DATA, "24.04", MINIMAL "  shutdown: halt\n",
	    "error doc:5:3: autoinstall.shutdown must be one of 'reboot', "
	    "'poweroff', not 'halt'\n");
	expect(LINT_USER_DATA, "24.04",
	    MINIMAL "  reporting: {a: {type: webhook, retries: 3}}\n",
	    "error doc:5:34: autoinstall.reporting.a.retries must be a list, "
	    "not a whole number\n");
	expect(LINT_USER_DATA, "24.04",
	    MINIMAL "  user-data: {users: 5, x: y}\n",
	    "error doc:5:15: autoinstall.user-data.users must be a string, "
	    "a list or a mapping, not a whole number\n"
	    "error doc:5:25: autoinstall.user-data.x is not a known key\n");
	expect(LINT_USER_DATA, "24.04", "#cloud-config\nautoinstall: [a]\n",
	    "error doc:2:1: autoinstall must be a mapping, not a list\n");
}

static void
test_releases(void **state)
{
	static const char misplaced[] = MINIMAL "late-commands: [a]\n";

	(void)state;
	expect(LINT_USER_DATA, "24.04.1", misplaced,
	    "error doc:5:1: late-commands is not a known key "
	    "(it belongs below 'autoinstall:')\n");
	expect(LINT_USER_DATA, "22.04.5", misplaced,
	    "warning doc:5:1: late-commands is not a known key "
	    "(it belongs below 'autoinstall:')\n");
	expect(LINT_USER_DATA, "26.04",
	    MINIMAL "  kernel-crash-dumps: {enabled: false}\n", "");
	expect(LINT_USER_DATA, "22.04",
	    MINIMAL "  kernel-crash-dumps: {enabled: false}\n",
	    "warning doc:5:3: autoinstall.kernel-crash-dumps is not known to "
	    "the installer before 24.10 (it is ignored there)\n");
	expect(LINT_USER_DATA, "24.04",
	    MINIMAL "  storage: {layout: {name: lvm, match: [{ssd: true}]}}\n",
	    "warning doc:5:13: autoinstall.storage.layout has a list as "
	    "'match', which the installer takes from 24.08.1 on "
	    "(give one mapping)\n");
	expect(LINT_USER_DATA, "24.04.1",
	    MINIMAL "  storage: {layout: {name: lvm, match: [{ssd: true}]}}\n"
		    "  early-commands: [[/run/convect/disk-guard]]\n",
	    "");
}

static void
test_rules(void **state)
{
	(void)state;
	expect(LINT_USER_DATA, "", "#cloud-config\nautoinstall: {version: 1}\n",
	    "error doc:2:1: autoinstall has neither 'identity' nor "
	    "'user-data' (the installer creates no account and stops)\n"
	    "warning doc:2:1: autoinstall gives nobody a way to log in: no "
	    "key, no password (set ssh_authorized_keys or "
	    "admin_password_hash)\n");
	expect(LINT_USER_DATA, "",
	    MINIMAL "  apt: {primary: [], mirror-selection: {primary: []}}\n",
	    "error doc:5:9: autoinstall.apt.primary can not be there together "
	    "with 'mirror-selection' (leave one of them out)\n");
	expect(LINT_USER_DATA, "",
	    MINIMAL "  interactive-sections: [network]\n",
	    "warning doc:5:3: autoinstall.interactive-sections makes the "
	    "installer wait for somebody at the console (and it sends no "
	    "reports; leave it out)\n");
}

static void
test_network(void **state)
{
	(void)state;
	expect(LINT_NETWORK_CONFIG, "", "", "");
	expect(LINT_NETWORK_CONFIG, "", "network: {config: disabled}\n", "");
	expect(LINT_NETWORK_CONFIG, "",
	    "version: 2\nethernets: {a: {dhcp4: true}}\n", "");
	expect(LINT_NETWORK_CONFIG, "",
	    "{\"network\": {\"version\": 2, \"ethernets\": {\"a\": "
	    "{\"dhcp4\": \"x\"}}}}",
	    "error doc:1:48: network.ethernets.a.dhcp4 must be one of 'yes', "
	    "'no', true, false, not 'x'\n");
	expect(LINT_NETWORK_CONFIG, "",
	    "version: 2\nethernet: {a: {dhcp4: true}}\n",
	    "warning doc:2:1: ethernet is not a known key "
	    "(did you mean 'ethernets'?)\n");
	expect(LINT_NETWORK_CONFIG, "",
	    "version: 1\nconfig: [{type: physical}]\n",
	    "error doc:2:10: config[0] lacks the key 'name'\n");
	expect(LINT_NETWORK_CONFIG, "", "version: 3\n",
	    "error doc:1:1: the document has no 'version' that is 1 or 2 "
	    "('version: 2' is netplan's form)\n");
}

static void
test_others(void **state)
{
	(void)state;
	expect(LINT_META_DATA, "", "instance-id: a\nlocal-hostname: b\n", "");
	expect(LINT_META_DATA, "", "instance-id: [a]\n",
	    "error doc:1:1: instance-id must be a string or a whole number, "
	    "not a list\n");
	expect(LINT_META_DATA, "", "local-hostname: b\n",
	    "warning doc:1:1: the document lacks the key 'instance-id' "
	    "(cloud-init then takes every install for the same one)\n");
	expect(LINT_VENDOR_DATA, "", "packages: 5\n", "");
	expect(LINT_VENDOR_DATA, "", "#cloud-config\npackages: 5\n",
	    "error doc:2:1: packages must be a list, not a whole number\n");
}

/* A hostile document costs bounded time and memory. */
static void
test_limits(void **state)
{
	struct lint_report report = {0};
	struct buf text;

	(void)state;
	buf_init(&text, 1 << 20);
	buf_adds(&text, "#cloud-config\nruncmd:\n");
	for (int i = 0; i < 60000; i++)
		buf_adds(&text, " - 1\n");
	run(LINT_USER_DATA, "", text.data, &report);
	assert_int_equal(report.count, 50);
	lint_report_reset(&report);
	buf_reset(&text);
	buf_adds(&text, "#cloud-config\nchef: {initial_attributes: ");
	for (int i = 0; i < 55; i++)
		buf_adds(&text, "{a: ");
	for (int i = 0; i < 56; i++)
		buf_adds(&text, "}");
	run(LINT_USER_DATA, "", text.data, &report);
	lint_report_done(&report);
	buf_done(&text);
}

static void
test_without_schemas(void **state)
{
	struct lint_input input = {.doc = LINT_USER_DATA};
	struct lint_report report = {0};

	(void)state;
	lint_check(NULL, &input, &report);
	assert_int_equal(report.count, 0);
	assert_null(lint_report_first_error(&report));
	lint_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_places),
	    cmocka_unit_test(test_cloud_config),
	    cmocka_unit_test(test_deprecated),
	    cmocka_unit_test(test_autoinstall),
	    cmocka_unit_test(test_releases),
	    cmocka_unit_test(test_rules),
	    cmocka_unit_test(test_network),
	    cmocka_unit_test(test_others),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_without_schemas),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
