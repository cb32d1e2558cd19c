/*
 * What the shipped templates make of a host's variables for Ubuntu's installer:
 * release by release, and whatever text is in them.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "core/lint.h"
#include "core/profile.h"
#include "core/release.h"
#include "inventory/yaml.h"
#include "template/template.h"

static int templates_fd;
static struct tmpl_dirs dirs = {&templates_fd, 1};
static struct tmpl_env *env;
static struct lint *lint;

static const struct profile_site site = {
    .address = "10.0.0.2", .http_port = 8080, .files_port = 8081};
static const struct hwaddr macs[] = {
    {{0x52, 0x54, 0, 0xaa, 0x0b, 1}}, {{0x52, 0x54, 0, 0xaa, 0x0b, 2}}};

static int
setup(void **state)
{
	const char *srcdir = getenv("srcdir");
	char *path = mem_printf("%s/templates", srcdir == NULL ? "." : srcdir);
	struct tmpl_options options;

	(void)state;
	templates_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(path);
	tmpl_options_init(&options);
	options.load = tmpl_load_dirs;
	options.load_arg = &dirs;
	env = tmpl_env_new(&options);
	lint = lint_new();
	return templates_fd < 0 ? -1 : 0;
}

static int
teardown(void **state)
{
	(void)state;
	lint_free(lint);
	tmpl_env_free(env);
	(void)close(templates_fd);
	return 0;
}

static struct value
parse(const char *text)
{
	struct value value;
	struct err err = {0};

	if (yaml_parse_value(text, strlen(text), "text", &value, &err) < 0)
		fail_msg("%d:%d: %s in\n%s", err.line, err.col, err.text, text);
	return value;
}

/* The variables of a host that boots Ubuntu `version`; the caller's. */
static struct value
vars_of(const char *version, struct value own)
{
	struct image image = {.name = "ubuntu",
	    .kind = IMAGE_AUTOINSTALL,
	    .arch = "amd64",
	    .kernel = {.file = "vmlinuz"},
	    .initrd = {.file = "initrd"},
	    .iso = {.file = "ubuntu.iso"}};
	struct profile_input input = {.name = "gpu1.rack.lan",
	    .vars = own,
	    .group_names = value_list_new(),
	    .groups = value_map_new(),
	    .macs = macs,
	    .nmacs = 2,
	    .site = &site,
	    .image = &image,
	    .generation = 3};
	struct value vars;
	struct err err = {0};

	str_copy(image.version, sizeof image.version, version);
	if (profile_vars(&input, env, &vars, &err) < 0)
		fail_msg("%s", err.text);
	value_unref(input.group_names);
	value_unref(input.groups);
	return vars;
}

/* user-data, as its reader sees it; the caller's. */
static struct value
document_of(const char *version, struct value own)
{
	struct value vars = vars_of(version, own);
	struct tmpl_input input = {.vars = vars};
	struct err err = {0};
	struct value document;
	struct buf text;

	buf_init(&text, PROFILE_OUTPUT_MAX);
	if (profile_render_unchecked(
		PROFILE_USER_DATA, &input, env, &text, &err) < 0)
		fail_msg("%s:%d: %s", err.file, err.line, err.text);
	document = parse(text.data);
	buf_done(&text);
	value_unref(vars);
	return document;
}

/* "a.b.0.c"; borrowed. */
static struct value
get(struct value value, const char *path)
{
	char step[64];

	while (*path != '\0') {
		size_t len = strcspn(path, ".");

		(void)snprintf(step, sizeof step, "%.*s", (int)len, path);
		value = value.type == VALUE_LIST
			    ? value_list_at(value, (size_t)atoi(step))
			    : value_map_get(value, step);
		path += len + (path[len] == '.');
	}
	return value;
}

static void
expect_equal(struct value got, struct value want, const char *what)
{
	struct buf text;

	if (value_equal(got, want))
		return;
	buf_init(&text, 1 << 20);
	value_write_json(got, 1, true, &text);
	buf_adds(&text, "\ninstead of\n");
	value_write_json(want, 1, true, &text);
	fail_msg("%s: %s", what, text.data);
}

/* What `variables` give below autoinstall.PATH, both YAML. */
static void
expect(const char *version, const char *variables, const char *path,
    const char *yaml)
{
	struct value own = parse(variables);
	struct value document = document_of(version, own);
	struct value want = parse(yaml);

	expect_equal(
	    get(value_map_get(document, "autoinstall"), path), want, variables);
	value_unref(want);
	value_unref(document);
	value_unref(own);
}

/* ---- releases ----------------------------------------------------------- */

#define FIRST                                                                  \
	"version reporting locale keyboard refresh-installer apt network "     \
	"storage identity ssh early-commands late-commands error-commands "    \
	"user-data"

/* Of the sections of all releases, by hand: not from the table. */
static void
test_keys(void **state)
{
	static const struct {
		const char *version;
		const char *more; /* keys beside those of the first */
	} cases[] = {
	    {"20.04.1", ""},
	    {"20.04.6", "timezone updates shutdown source drivers"},
	    {"22.04.1", "timezone updates shutdown drivers"},
	    {"22.04.5", "timezone updates shutdown source drivers oem codecs"},
	    {"24.04.2", "timezone updates shutdown source drivers oem codecs"},
	    {"24.10", "timezone updates shutdown source drivers oem codecs "
		      "kernel-crash-dumps"},
	    {"26.04", "timezone updates shutdown source drivers oem codecs "
		      "kernel-crash-dumps"},
	};
	struct value own = value_map_new();

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct value document = document_of(cases[i].version, own);
		struct value section = value_map_get(document, "autoinstall");
		char *want = mem_printf(" %s %s ", FIRST, cases[i].more);
		size_t count = 0;

		for (const char *at = want; *at != '\0'; at++)
			count += *at == ' ' && at[1] != ' ' && at[1] != '\0';
		assert_int_equal(value_len(section), count);
		for (size_t k = 0; k < value_len(section); k++) {
			char *key =
			    mem_printf(" %s ", value_map_key_at(section, k));

			if (strstr(want, key) == NULL)
				fail_msg("%s has%s", cases[i].version, key);
			free(key);
		}
		free(want);
		value_unref(document);
	}
	value_unref(own);
}

static void
test_forms(void **state)
{
	(void)state;
	expect("20.04", "{apt_mirror: 'http://m'}", "apt",
	    "{preserve_sources_list: false, geoip: false, "
	    "primary: [{uri: 'http://m', arches: [default]}], "
	    "security: [{uri: 'http://m', arches: [default]}]}");
	expect("24.04",
	    "{apt_mirror: 'http://m', apt_security_mirror: 'http://s'}", "apt",
	    "{preserve_sources_list: false, geoip: false, "
	    "mirror-selection: {primary: [{uri: 'http://m', arches: [amd64]}]},"
	    " fallback: abort, "
	    "security: [{uri: 'http://s', arches: [default]}]}");
	expect("24.04", "{}", "apt",
	    "{preserve_sources_list: false, geoip: false}");
	expect("20.04", "{}", "network.network.version", "2");
	expect("20.04.6", "{}", "network.version", "2");
	expect("20.04", "{timezone: Asia/Tokyo}", "user-data.timezone",
	    "Asia/Tokyo");
	expect("22.04", "{timezone: Asia/Tokyo}", "timezone", "Asia/Tokyo");
	expect("24.10", "{kdump: true}", "kernel-crash-dumps.enabled", "true");
	expect("24.04", "{kernel_flavor: hwe}", "kernel", "{flavor: hwe}");
	expect("24.04", "{proxy: 'http://p:3128'}", "proxy", "http://p:3128");
	expect("24.04", "{keyboard_layout: de, keyboard_variant: neo}",
	    "keyboard", "{layout: de, variant: neo}");
	expect("24.04", "{after_install: poweroff}", "shutdown", "poweroff");
	expect("24.04", "{ntp_servers: [a, b]}", "user-data.ntp",
	    "{enabled: true, servers: [a, b]}");
}

/* ---- network ------------------------------------------------------------ */

#define NIC "match: {macaddress: '52:54:00:aa:0b:01'}, wakeonlan: true"
#define NIC2 "match: {macaddress: '52:54:00:aa:0b:02'}, wakeonlan: true"
#define DHCP "dhcp4: true, dhcp-identifier: mac"
#define BELOW "dhcp4: false"

static void
test_network(void **state)
{
	static const struct {
		const char *variables;
		const char *netplan; /* beside the version */
	} cases[] = {
	    {"{}", "ethernets: {provision: {" NIC ", " DHCP "}}"},
	    {"{my_iface: lan0}",
		"ethernets: {provision: {" NIC ", " DHCP ", set-name: lan0}}"},
	    {"{net_mtu: 9000, net_dns: '10.0.0.9, 10.0.0.8', net_search: [a]}",
		"ethernets: {provision: {" NIC ", " DHCP ", mtu: 9000, "
		"nameservers: {addresses: [10.0.0.9, 10.0.0.8], search: "
		"[a]}}}"},
	    {"{net_address: 10.0.0.5/24, net_gateway: 10.0.0.1}",
		"ethernets: {provision: {" NIC ", dhcp4: false, "
		"addresses: [10.0.0.5/24], "
		"routes: [{to: 0.0.0.0/0, via: 10.0.0.1}]}}"},
	    {"{net_address: [10.0.0.5/24, '2001:db8::5/64'], "
	     "net_gateway: ['2001:db8::1'], net_routes: [{to: 10.9.0.0/16, "
	     "via: 10.0.0.2, metric: 5}, {to: default, via: 10.0.0.3}]}",
		"ethernets: {provision: {" NIC ", dhcp4: false, "
		"addresses: [10.0.0.5/24, '2001:db8::5/64'], "
		"routes: [{to: '::/0', via: '2001:db8::1'}, {to: 10.9.0.0/16, "
		"via: 10.0.0.2, metric: 5}, {to: 0.0.0.0/0, via: 10.0.0.3}]}}"},
	    {"{net_bond: 802.3ad, net_bond_parameters: {lacp-rate: fast}, "
	     "my_iface: lan0, net_mtu: 9000}",
		"ethernets: {provision0: {" NIC ", " BELOW ", mtu: 9000}, "
		"provision1: {" NIC2 ", " BELOW ", mtu: 9000}}, "
		"bonds: {lan0: {interfaces: [provision0, provision1], "
		"parameters: {mode: 802.3ad, mii-monitor-interval: '100', "
		"lacp-rate: fast}, " DHCP ", mtu: 9000}}"},
	    {"{net_bond: active-backup, net_bond_macs: "
	     "'02:00:00:00:00:0A,02:00:00:00:00:0b'}",
		"ethernets: {provision0: {match: {macaddress: "
		"'02:00:00:00:00:0a'}, wakeonlan: true, " BELOW "}, provision1:"
		" {match: {macaddress: '02:00:00:00:00:0b'}, wakeonlan: "
		"true, " BELOW
		"}}, bonds: {bond0: {interfaces: [provision0, provision1]"
		", parameters: {mode: active-backup, mii-monitor-interval: "
		"'100'}, " DHCP "}}"},
	    {"{net_vlan: 7, my_iface: lan0}",
		"ethernets: {provision: {" NIC ", " BELOW "}}, "
		"vlans: {lan0: {id: 7, link: provision, " DHCP "}}"},
	    {"{net_bridge: true}",
		"ethernets: {provision: {" NIC ", " BELOW "}}, bridges: {br0: "
		"{interfaces: [provision], parameters: {stp: false, "
		"forward-delay: 0}, " DHCP "}}"},
	    {"{net_bond: balance-xor, net_vlan: 7, net_bridge: 'yes', "
	     "my_iface: lan0}",
		"ethernets: {provision0: {" NIC ", " BELOW "}, "
		"provision1: {" NIC2 ", " BELOW "}}, bonds: {bond0: "
		"{interfaces: [provision0, provision1], parameters: {mode: "
		"balance-xor, mii-monitor-interval: '100'}, " BELOW "}}, "
		"vlans: {vlan7: {id: 7, link: bond0, " BELOW "}}, bridges: "
		"{lan0: {interfaces: [vlan7], parameters: {stp: false, "
		"forward-delay: 0}, " DHCP "}}"},
	    {"{install_network: {version: 2, ethernets: {a: {dhcp4: true}}}}",
		"ethernets: {a: {dhcp4: true}}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		char *want = mem_printf("{version: 2, %s}", cases[i].netplan);

		expect("24.04", cases[i].variables, "network", want);
		free(want);
	}
}

/* ---- storage and account ------------------------------------------------ */

#define BESIDE "swap: {size: 0}, grub: {reorder_uefi: true}"

static void
test_layouts(void **state)
{
	(void)state;
	expect("24.04", "{}", "storage",
	    "{layout: {name: direct, match: {size: smallest}}, " BESIDE "}");
	expect("24.04", "{os_disk: null, swap_size: null}", "storage",
	    "{layout: {name: direct, match: {size: smallest}}, " BESIDE "}");
	expect("24.04", "{os_disk: 123, swap_size: '4G', reorder_uefi: false}",
	    "storage",
	    "{layout: {name: direct, match: {serial: '123'}}, "
	    "swap: {size: 4G}, grub: {reorder_uefi: false}}");
	expect("24.10", "{os_disk: ['A*', {model: M, ssd: true}]}",
	    "storage.layout.match", "[{serial: 'A*'}, {model: M, ssd: true}]");
	expect("24.04", "{os_disk: [A], storage_layout: lvm}", "storage.layout",
	    "{name: lvm, sizing-policy: all, match: {serial: A}}");
	/* Neither the policy nor anything beside a layout was known. */
	expect("22.04", "{os_disk: A, storage_layout: lvm}", "storage",
	    "{layout: {name: lvm, match: {serial: A}}}");
	expect("22.04", "{admin_sudo: password, storage_layout: lvm}",
	    "late-commands.0",
	    "lvextend --resizefs --extents +100%FREE /dev/ubuntu-vg/ubuntu-lv "
	    "|| true");
	expect("22.04", "{admin_sudo: password}", "late-commands.1",
	    "rm -f /target/swap.img");
}

#define HALF(n, match)                                                         \
	"{type: disk, id: disk" n ", match: " match                            \
	", ptable: gpt, wipe: superblock-recursive, grub_device: true}, "      \
	"{type: partition, id: bios" n ", device: disk" n                      \
	", number: 1, size: 1M, flag: bios_grub}, "                            \
	"{type: partition, id: esp" n ", device: disk" n                       \
	", number: 2, size: 1G, flag: boot, wipe: superblock, "                \
	"grub_device: true}, "                                                 \
	"{type: format, id: espfs" n ", volume: esp" n ", fstype: fat32}, "    \
	"{type: partition, id: half" n ", device: disk" n                      \
	", number: 3, size: -1, wipe: superblock}, "

static void
test_mirror(void **state)
{
	static const char variables[] =
	    "{os_disk: [A, {model: M}], storage_layout: raid1}";

	(void)state;
	expect("22.04", variables, "storage",
	    "{config: [" HALF("0", "{serial: A}") HALF(
		"1", "{model: M}") "{type: raid, id: mirror, name: md0, "
				   "raidlevel: raid1, "
				   "devices: [half0, half1]}, "
				   "{type: format, id: rootfs, volume: mirror, "
				   "fstype: ext4}, "
				   "{type: mount, id: root, device: rootfs, "
				   "path: /}, "
				   "{type: mount, id: esp, device: espfs0, "
				   "path: /boot/efi}], " BESIDE "}");
	expect("22.04", variables, "early-commands",
	    "[[/run/convect/disk-guard], [/run/convect/raid-boot]]");
}

static void
test_account(void **state)
{
	static const char users[] = "{extra_user_data: {users: [{name: a}]}, "
				    "ssh_authorized_keys: [k]}";

	(void)state;
	expect("24.04",
	    "{admin_user: fleet, admin_password_hash: $6$a$b, "
	    "ssh_authorized_keys: [k]}",
	    "identity",
	    "{hostname: gpu1, realname: fleet, username: fleet, "
	    "password: $6$a$b}");
	expect("24.04", "{ssh_authorized_keys: [k]}", "ssh",
	    "{install-server: true, allow-pw: false, authorized-keys: [k]}");
	expect(
	    "24.04", users, "ssh", "{install-server: true, allow-pw: false}");
	expect("24.04", users, "user-data.hostname", "gpu1");
	expect("24.04", users, "user-data.users", "[{name: a}]");
	expect("24.04",
	    "{extra_autoinstall: {user-data: {users: [{name: a}]}}}",
	    "user-data.hostname", "gpu1");
}

static void
test_merge(void **state)
{
	(void)state;
	expect("24.04",
	    "{extra_user_data: {phone_home: {tries: 9}, bootcmd: [a]}}",
	    "user-data.phone_home",
	    "{url: 'http://10.0.0.2:8080/report/TOKEN', post: all, tries: 9}");
	expect("24.04",
	    "{extra_user_data: {a: [1], b: {c: 1, d: 1}}, extra_autoinstall: "
	    "{user-data: {a: [2], b: {c: 2}}}}",
	    "user-data.b", "{c: 2, d: 1}");
	expect("24.04",
	    "{extra_user_data: {a: [1, 3]}, extra_autoinstall: "
	    "{user-data: {a: [2]}}}",
	    "user-data.a", "[2]");
	expect("24.04", "{extra_autoinstall: {ssh: {allow-pw: true}}}", "ssh",
	    "{install-server: true, allow-pw: true}");
	expect("24.04", "{early_commands: [a, [b, c]]}", "early-commands",
	    "[[/run/convect/disk-guard], a, [b, c]]");
	expect("24.04", "{late_commands: [a], admin_sudo: password}",
	    "late-commands.0", "a");
	expect("24.04", "{late_commands: [a]}", "late-commands.4",
	    "/run/convect/upload-logs brief || true");
	expect("24.04", "{late_commands: [a]}", "late-commands.5.1",
	    "state=progress");
	expect("24.04", "{error_commands: [a]}", "error-commands.2", "a");
}

/* ---- what can not be ---------------------------------------------------- */

/* Whether the check says the words of these variables; NULL: nothing. */
static void
expect_finding(const char *version, const char *variables, const char *words)
{
	struct value own = parse(variables);
	struct value vars = vars_of(version, own);
	struct tmpl_input input = {.vars = vars};
	struct lint_report report = {0};
	bool found = words == NULL;

	profile_check(PROFILE_USER_DATA, &input, env, lint, &report);
	for (size_t i = 0; i < report.count; i++) {
		const char *text = report.list[i].err.text;

		if (words == NULL)
			fail_msg("%s %s: %s", version, variables, text);
		found = found || strstr(text, words) != NULL;
	}
	if (!found)
		fail_msg("%s %s: not '%s'", version, variables, words);
	lint_report_done(&report);
	value_unref(vars);
	value_unref(own);
}

#define KEY "{ssh_authorized_keys: [k], os_disk: A, "

static void
test_findings(void **state)
{
	static const struct {
		const char *version;
		const char *variables;
		const char *words;
	} cases[] = {
	    {"22.04.5", KEY "kdump: true}",
		"kdump=true can not be asked of the installer of 22.04.5: "
		"that came with 24.10"},
	    {"24.10", KEY "kdump: true}", NULL},
	    {"22.04.5", KEY "kdump: '{{ 1 == 2 }}'}", NULL},
	    {"22.04.5", KEY "kdump: '{{ 1 == 1 }}'}", "kdump=true"},
	    {"20.04", KEY "kernel_flavor: hwe}", "kernel_flavor"},
	    {"20.04", KEY "install_source: x}", "install_source"},
	    {"20.04", KEY "after_install: poweroff}", "after_install=poweroff"},
	    {"22.04", KEY "storage_layout: zfs}", "storage_layout=zfs"},
	    {"24.04", KEY "storage_layout: zfs}", NULL},
	    {"22.04", KEY "swap_size: 4G}", "swap_size"},
	    {"22.04", KEY "swap_size: 0}", NULL},
	    {"22.04", KEY "reorder_uefi: false}", "reorder_uefi=false"},
	    {"22.04",
		"{ssh_authorized_keys: [k], swap_size: 4G, "
		"reorder_uefi: false, storage_layout: raid1, "
		"os_disk: [A, B]}",
		NULL},
	    /* The guard chooses the disk, and the installer gets its path. */
	    {"24.04", "{ssh_authorized_keys: [k], os_disk: [A, B]}", NULL},
	    {"22.04", "{ssh_authorized_keys: [k], os_disk: {id_path: x}}",
		NULL},
	    {"20.04", "{ssh_authorized_keys: [k], os_disk: {size: smallest}}",
		NULL},
	    {"20.04", "{ssh_authorized_keys: [k]}", NULL},
	    {"20.04", KEY "locale: C}", NULL},
	    {"26.04", KEY "storage_layout: raid1}", "a list of two disks"},
	    {"26.04", KEY "extra_autoinstall: {early-commands: [a]}}",
		"would replace commands"},
	    {"26.04", KEY "extra_user_data: {runcmd: [a]}}",
		"replaces the commands that report"},
	    {"24.04",
		KEY "extra_autoinstall: {kernel-crash-dumps: "
		    "{enabled: true}}}",
		"not known to the installer before 24.10"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		expect_finding(
		    cases[i].version, cases[i].variables, cases[i].words);
}

/* ---- whatever is in a value --------------------------------------------- */

/* Where each variable's text has to come out again, for 26.04. */
static const struct {
	const char *variable;
	const char *path; /* in the document */
	bool listed;	  /* the variable is a list of one text */
} carried[] = {
    {"admin_password_hash", "autoinstall.identity.password", false},
    {"admin_user", "autoinstall.identity.username", false},
    {"apt_mirror", "autoinstall.apt.mirror-selection.primary.0.uri", false},
    {"apt_security_mirror", "autoinstall.apt.security.0.uri", false},
    {"early_commands", "autoinstall.early-commands.1", true},
    {"error_commands", "autoinstall.error-commands.2", true},
    {"install_packages", "autoinstall.packages.0", true},
    {"install_source", "autoinstall.source.id", false},
    {"kernel_flavor", "autoinstall.kernel.flavor", false},
    {"keyboard_layout", "autoinstall.keyboard.layout", false},
    {"keyboard_variant", "autoinstall.keyboard.variant", false},
    {"late_commands", "autoinstall.late-commands.2", true},
    {"locale", "autoinstall.locale", false},
    {"my_iface", "autoinstall.network.ethernets.provision.set-name", false},
    {"net_search",
	"autoinstall.network.ethernets.provision.nameservers.search.0", true},
    {"ntp_servers", "autoinstall.user-data.ntp.servers.0", true},
    {"os_disk", "autoinstall.storage.layout.match.serial", false},
    {"proxy", "autoinstall.proxy", false},
    {"run_commands", "autoinstall.user-data.runcmd.1", true},
    {"ssh_authorized_keys", "autoinstall.ssh.authorized-keys.0", true},
    {"timezone", "autoinstall.timezone", false},
};

#define CARRIED (sizeof carried / sizeof carried[0])

/* What YAML, JSON, Jinja and shells make something of. */
static const char *const pieces[] = {"a", " ", "'", "\"", ":", ": ", "#", " #",
    "\n", "\n\n", "\r", "\t", "\\", "\\n", "\\u0041", "$", "${x}", "$(id)",
    "`id`", "{", "}", "[", "]", ",", "- ", "? ", "|", ">", "&", "*", "!", "%",
    "@", "~", "yes", "null", "0x1f", "1_000", "12:30:45", "1e3", ".inf", "=",
    "<<", "---", "...", "\xc3\xa9", "\xf0\x9f\x98\x80", "\xe2\x80\xa8",
    "\xc2\x85", "\xef\xbb\xbf", "\xef\xbf\xbf", "\xc2\xa0", "\x01", "\x1b[0m",
    "\x7f", "%}", "#}", "}}", "!!python/object:x", "END\n", "\nEND"};

/* Numerical Recipes' generator: the same texts in each run. */
static uint32_t
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 8;
}

static bool
is_template(const char *text)
{
	return strstr(text, "{{") != NULL || strstr(text, "{%") != NULL ||
	       strstr(text, "{#") != NULL;
}

static struct value
random_text(uint32_t *seed)
{
	size_t count = next_random(seed) % 6;
	struct buf text;
	struct value value;

	buf_init(&text, 4096);
	for (size_t i = 0; i < count; i++)
		buf_adds(&text, pieces[next_random(seed) %
				       (sizeof pieces / sizeof pieces[0])]);
	/* Of a template, Jinja takes each line break for the same. */
	if (is_template(text.data) && strchr(text.data, '\r') != NULL)
		buf_reset(&text);
	value = value_string_len(text.data, text.len);
	buf_done(&text);
	return value;
}

/* As an inventory has it: what would be a template is kept from being one. */
static struct value
as_variable(struct value text)
{
	const char *at = value_str(text);
	struct value value;
	struct buf raw;

	if (!is_template(at))
		return value_ref(text);
	buf_init(&raw, 4096);
	buf_addf(&raw, "{%% raw %%}%s{%% endraw %%}", at);
	value = value_string_len(raw.data, raw.len);
	buf_done(&raw);
	return value;
}

static void
check_carried(uint32_t *seed)
{
	struct value own = value_map_new();
	struct value texts[CARRIED];
	struct value document;

	for (size_t i = 0; i < CARRIED; i++) {
		struct value value;

		texts[i] = random_text(seed);
		value = as_variable(texts[i]);
		if (carried[i].listed) {
			struct value list = value_list_new();

			value_list_add(list, value);
			value = list;
		}
		value_map_set(own, carried[i].variable, value);
	}
	document = document_of("26.04", own);
	for (size_t i = 0; i < CARRIED; i++) {
		expect_equal(get(document, carried[i].path), texts[i],
		    carried[i].variable);
		value_unref(texts[i]);
	}
	value_unref(document);
	value_unref(own);
}

static void
test_carried(void **state)
{
	uint32_t seed = 5;

	(void)state;
	for (int i = 0; i < 300; i++)
		check_carried(&seed);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_keys),
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_network),
	    cmocka_unit_test(test_layouts),
	    cmocka_unit_test(test_mirror),
	    cmocka_unit_test(test_account),
	    cmocka_unit_test(test_merge),
	    cmocka_unit_test(test_findings),
	    cmocka_unit_test(test_carried),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
