#include "inventory/known.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "inventory/addrlist.h"
#include "inventory/identlist.h"
#include "inventory/maclist.h"

/* pxe_client has room for that much: src/wire/pxe.h. */
#define PXE_VENDOR_CLASS 32
#define PORT .type = KNOWN_INT, .min = 1, .max = 65535

/* By name, for bsearch(). */
static const struct known_var table[] = {
    {"admin_password_hash", .type = KNOWN_STRING, .flags = KNOWN_SECRET,
	.meaning = "password of the installed system's account, as crypt(5) "
		   "writes it; without it only keys log in"},
    {"admin_user", .type = KNOWN_STRING, .def = "ops",
	.meaning = "account of the installed system; may use sudo"},
    {"after_install", .type = KNOWN_ENUM, .choices = "reboot|poweroff|stay",
	.def = "reboot",
	.meaning = "what the machine does when it is installed; stay is for "
		   "live images"},
    {"ansible_host", .type = KNOWN_STRING,
	.meaning = "name or address for ssh, when it is not the host's name"},
    {"ansible_password", .type = KNOWN_STRING, .flags = KNOWN_SECRET,
	.meaning = "password for ssh"},
    {"ansible_port", PORT, .def = "22", .meaning = "port for ssh"},
    {"ansible_ssh_host", .type = KNOWN_STRING,
	.meaning = "older name of ansible_host"},
    {"ansible_ssh_pass", .type = KNOWN_STRING, .flags = KNOWN_SECRET,
	.meaning = "older name of ansible_password"},
    {"ansible_ssh_port", PORT, .meaning = "older name of ansible_port"},
    {"ansible_ssh_private_key_file", .type = KNOWN_PATH,
	.meaning = "private key for ssh"},
    {"ansible_ssh_user", .type = KNOWN_STRING,
	.meaning = "older name of ansible_user"},
    {"ansible_user", .type = KNOWN_STRING, .meaning = "account for ssh"},
    {"apt_mirror", .type = KNOWN_STRING,
	.meaning = "URL of the Ubuntu archive to install from, for security "
		   "updates too; Ubuntu's own, when unset"},
    {"auto_install", .type = KNOWN_BOOL, .def = "true",
	.meaning = "install the machine when it is first seen"},
    {"boot_template", .type = KNOWN_TEMPLATE, .def = "boot.ipxe.j2",
	.meaning = "template of the boot script of an install"},
    {"convect_token", .type = KNOWN_STRING, .flags = KNOWN_SECRET,
	.meaning = "the k3s token of the cluster"},
    {"convect_workdir", .type = KNOWN_PATH,
	.meaning = "working directory on the nodes"},
    {"dhcp_dns", .type = KNOWN_ADDRS,
	.meaning = "name servers that a lease names"},
    {"dhcp_domain", .type = KNOWN_STRING,
	.meaning = "domain that a lease names"},
    {"dhcp_lease", .type = KNOWN_INT, .min = 120, .max = 31536000,
	.def = "86400", .meaning = "seconds that a lease lasts"},
    {"dhcp_mtu", .type = KNOWN_INT, .min = 576, .max = 9216,
	.meaning = "MTU that a lease names"},
    {"dhcp_ntp", .type = KNOWN_ADDRS,
	.meaning = "time servers that a lease names"},
    {"dhcp_prefix", .type = KNOWN_INT, .min = 8, .max = 30,
	.meaning = "bits of the network that a lease names; those of the "
		   "interface's network, when unset; needed behind a relay"},
    {"dhcp_router", .type = KNOWN_ADDRS,
	.meaning = "routers that a lease names"},
    {"docker_repo", .type = KNOWN_STRING,
	.def = "https://download.docker.com/linux/ubuntu",
	.meaning = "base URL of Docker's apt repository or of a mirror"},
    {"has_gpu", .type = KNOWN_BOOL, .def = "false",
	.meaning = "the machine has a GPU"},
    {"http_port", PORT, .def = "80",
	.meaning = "where ConvectHub listens on the master"},
    {"https_port", PORT, .def = "443",
	.meaning = "where ConvectHub listens on the master, for https"},
    {"image", .type = KNOWN_STRING,
	.meaning = "name of the image to install; the only one, when unset"},
    {"install_attempts", .type = KNOWN_INT, .min = 1, .max = 100, .def = "5",
	.meaning = "installs that may fail before the machine is held"},
    {"install_docker", .type = KNOWN_BOOL, .def = "true",
	.meaning = "false: Docker is already there"},
    {"install_network", .type = KNOWN_MAP,
	.meaning = "network of the installed system, as netplan version 2; "
		   "DHCP on the NIC of mac, when unset"},
    {"install_nvidia_driver", .type = KNOWN_BOOL, .def = "true",
	.meaning = "false: the GPU's driver is already there"},
    {"install_packages", .type = KNOWN_LIST,
	.meaning = "packages that the installer adds; one that fails ends the "
		   "install"},
    {"install_source", .type = KNOWN_STRING, .def = "ubuntu-server",
	.meaning = "which of the ISO's systems is installed"},
    {"ip", .type = KNOWN_ADDRS, .flags = KNOWN_HOST_ONLY | KNOWN_COMMON,
	.meaning = "IPv4 addresses that --dhcp server leases to the NICs, in "
		   "the order of mac; ansible_host, when unset and an address"},
    {"jhub_config_path", .type = KNOWN_PATH,
	.meaning = "JupyterHub values file, relative to the inventory"},
    {"kernel_args", .type = KNOWN_STRING,
	.meaning = "more arguments for the installer's kernel"},
    {"keyboard_layout", .type = KNOWN_STRING, .def = "us",
	.meaning = "layout of the console's keyboard"},
    {"loader", .type = KNOWN_ENUM, .choices = "auto|ipxe|shim", .def = "auto",
	.meaning = "what firmware is given to load: iPXE, or shim and GRUB for "
		   "Secure Boot"},
    {"local_boot", .type = KNOWN_ENUM, .choices = "exit|sanboot|404",
	.def = "exit",
	.meaning =
	    "how iPXE hands a machine back to its own disk; sanboot is for "
	    "BIOS, and UEFI machines exit all the same"},
    {"locale", .type = KNOWN_STRING, .flags = KNOWN_COMMON,
	.def = "en_US.UTF-8", .meaning = "locale of the installed system"},
    {"mac", .type = KNOWN_MACS, .flags = KNOWN_HOST_ONLY,
	.meaning = "MAC addresses of the NICs that may network-boot"},
    {"meta_data_template", .type = KNOWN_TEMPLATE, .def = "meta-data.j2",
	.meaning = "template of meta-data"},
    {"my_iface", .type = KNOWN_STRING,
	.meaning = "the NIC on the private network"},
    {"network_config", .type = KNOWN_MAP, .flags = KNOWN_COMMON,
	.meaning = "network of the live session, as cloud-init takes it"},
    {"network_config_template", .type = KNOWN_TEMPLATE,
	.def = "network-config.j2", .meaning = "template of network-config"},
    {"os_disk", .type = KNOWN_STRING,
	.meaning = "serial number of the disk to install on, may end in *; the "
		   "smallest disk, when unset"},
    {"pxe_style", .type = KNOWN_ENUM, .choices = "auto|binl|direct",
	.def = "auto", .meaning = "how UEFI firmware is given its loader"},
    {"reply_delay", .type = KNOWN_SECONDS, .min = 0, .max = 10, .def = "0",
	.meaning = "how long an offer to the machine's DHCP request waits; for "
		   "firmware that takes the first offer it gets"},
    {"run_commands", .type = KNOWN_COMMANDS,
	.meaning = "commands of the first boot, for the shell or as lists of "
		   "words"},
    {"serial", .type = KNOWN_SERIALS, .flags = KNOWN_HOST_ONLY | KNOWN_COMMON,
	.meaning = "serial numbers of the machine, as its firmware has them"},
    {"ssh_authorized_keys", .type = KNOWN_LIST, .flags = KNOWN_COMMON,
	.meaning = "public keys that may log in"},
    {"timezone", .type = KNOWN_STRING, .flags = KNOWN_COMMON, .def = "Etc/UTC",
	.meaning = "time zone of the installed system"},
    {"user_data_template", .type = KNOWN_TEMPLATE, .def = "user-data.j2",
	.meaning = "template of user-data"},
    {"uuid", .type = KNOWN_UUIDS, .flags = KNOWN_HOST_ONLY | KNOWN_COMMON,
	.meaning = "UUIDs of the machine, as its firmware has them"},
    {"vendor_class", .type = KNOWN_STRING, .max = PXE_VENDOR_CLASS,
	.meaning = "how option 60 of the machine's DHCP requests begins, when "
		   "its firmware does not say PXEClient; sent back to it"},
    {"vendor_data_template", .type = KNOWN_TEMPLATE, .def = "vendor-data.j2",
	.meaning = "template of vendor-data"},
    {"wipe", .type = KNOWN_BOOL, .def = "false",
	.meaning = "overwrite a disk that holds something"},
};

#define TABLE_COUNT (sizeof table / sizeof table[0])

static int
cmp_name(const void *key, const void *row)
{
	return strcmp(key, ((const struct known_var *)row)->name);
}

const struct known_var *
known_find(const char *name)
{
	return bsearch(name, table, TABLE_COUNT, sizeof table[0], cmp_name);
}

const struct known_var *
known_table(size_t *ret_count)
{
	*ret_count = TABLE_COUNT;
	return table;
}

/* How far off a misspelling may be: short names are often other words. */
static bool
is_near(const char *name, const char *known)
{
	size_t len = strlen(known);
	size_t distance = str_distance(name, known);

	if (len < 6)
		return distance == 1 &&
		       (str_starts(name, known) || str_starts(known, name));
	return distance <= (len < 9 ? 1 : 2);
}

const char *
known_suggest(const char *name)
{
	size_t i;

	if (str_starts(name, "ansible_") || strlen(name) < 3)
		return NULL;
	for (i = 0; i < TABLE_COUNT; i++)
		if (is_near(name, table[i].name))
			return table[i].name;
	return NULL;
}

static int
misfit(const struct known_var *var, struct value value, struct err *err,
    const char *want)
{
	struct value_json_style style = {.indent = -1, .utf8 = true};
	struct buf shown;

	if ((var->flags & KNOWN_SECRET) != 0 ||
	    (value.flags & VALUE_SECRET) != 0) {
		err_set(err, "%s must be %s", var->name, want);
		return -EINVAL;
	}
	buf_init(&shown, 100);
	value_write_json_as(value, &style, &shown);
	err_set(err, "%s must be %s, not %s", var->name, want,
	    buf_bad(&shown) ? value_type_name(value) : shown.data);
	buf_done(&shown);
	return -EINVAL;
}

static int
check_bool(const struct known_var *var, struct value value, struct err *err)
{
	bool b;

	if (value_as_bool(value, &b) == 0)
		return 0;
	err_hint(err, "write true or false");
	return misfit(var, value, err, "true or false");
}

static int
check_int(const struct known_var *var, struct value value, struct err *err)
{
	int64_t i;

	if (value_as_int(value, &i) == 0 && i >= var->min && i <= var->max)
		return 0;
	err_hint(err, "a whole number from %" PRId64 " to %" PRId64, var->min,
	    var->max);
	return misfit(var, value, err, "a number");
}

/* Milliseconds are as fine as it gets; further digits do not count. */
static int
parse_ms(const char *text, int64_t *ret_ms)
{
	int64_t ms = 0;
	int64_t unit = 1000;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	for (; *text >= '0' && *text <= '9' && ms < INT32_MAX; text++)
		ms = ms * 10 + (*text - '0') * unit;
	if (*text == '.') {
		for (text++; *text >= '0' && *text <= '9'; text++) {
			unit /= 10;
			ms += (*text - '0') * unit;
		}
	}
	if (*text != '\0')
		return -EINVAL;
	*ret_ms = ms;
	return 0;
}

int
known_as_ms(struct value value, int64_t *ret_ms)
{
	struct value text = known_as_string(value);
	int ret = text.type == VALUE_STRING && value.type != VALUE_BOOL
		      ? parse_ms(value_str(text), ret_ms)
		      : -EINVAL;

	value_unref(text);
	return ret;
}

static int
check_seconds(const struct known_var *var, struct value value, struct err *err)
{
	int64_t ms;

	if (known_as_ms(value, &ms) == 0 && ms >= var->min * 1000 &&
	    ms <= var->max * 1000)
		return 0;
	err_hint(err, "from %" PRId64 " to %" PRId64 ", as in 0.5", var->min,
	    var->max);
	return misfit(var, value, err, "a number of seconds");
}

struct value
known_as_string(struct value value)
{
	struct buf buf;
	struct value text;

	if (value.type == VALUE_STRING)
		return value_ref(value);
	if (value.type < VALUE_BOOL || value.type > VALUE_FLOAT)
		return (struct value){.type = VALUE_UNDEFINED};
	buf_init(&buf, 64);
	value_write_json(value, -1, false, &buf);
	text = value_string_len(buf.data, buf.len);
	buf_done(&buf);
	return text;
}

static bool
is_choice(const char *choices, const char *word)
{
	size_t len = strlen(word);
	const char *at = choices;

	for (;;) {
		size_t n = strcspn(at, "|");

		if (n == len && memcmp(at, word, n) == 0)
			return true;
		if (at[n] == '\0')
			return false;
		at += n + 1;
	}
}

static int
check_string(const struct known_var *var, struct value value, struct err *err)
{
	struct value text = known_as_string(value);
	bool fits = text.type == VALUE_STRING &&
		    (var->type != KNOWN_ENUM ||
			is_choice(var->choices, value_str(text)));

	if (fits && var->type == KNOWN_STRING && var->max > 0 &&
	    strlen(value_str(text)) > (size_t)var->max) {
		value_unref(text);
		err_hint(err, "at most %" PRId64 " bytes", var->max);
		return misfit(var, value, err, "shorter");
	}
	value_unref(text);
	if (fits)
		return 0;
	if (var->type != KNOWN_ENUM)
		return misfit(var, value, err, "text");
	err_hint(err, "one of %s", var->choices);
	return misfit(var, value, err, "one of a few words");
}

static bool
is_template_name(const char *name)
{
	if (name[0] == '\0' || name[0] == '/')
		return false;
	while (*name != '\0') {
		size_t len = strcspn(name, "/");

		if (len == 2 && name[0] == '.' && name[1] == '.')
			return false;
		name += len;
		name += *name == '/';
	}
	return true;
}

static int
check_template(const struct known_var *var, struct value value, struct err *err)
{
	if (value.type == VALUE_STRING && is_template_name(value_str(value)))
		return 0;
	err_hint(err, "a name within the template directories, as in "
		      "\"gpu/user-data.j2\"");
	return misfit(var, value, err, "the name of a template");
}

static int
check_addrs(const struct known_var *var, struct value value, struct err *err)
{
	struct addrlist list;

	(void)var;
	return addrlist_parse(value, &list, err);
}

static int
check_macs(const struct known_var *var, struct value value, struct err *err)
{
	struct maclist list;
	size_t offset;

	(void)var;
	return maclist_parse(value, NULL, &list, &offset, err);
}

static int
check_uuids(const struct known_var *var, struct value value, struct err *err)
{
	struct identlist list;

	(void)var;
	return identlist_parse(IDENT_UUID, value, NULL, &list, err);
}

static int
check_serials(const struct known_var *var, struct value value, struct err *err)
{
	struct identlist list;

	(void)var;
	return identlist_parse(IDENT_SERIAL, value, NULL, &list, err);
}

static bool
is_text_list(struct value value)
{
	if (value.type != VALUE_LIST)
		return false;
	for (size_t i = 0; i < value_len(value); i++)
		if (value_list_at(value, i).type != VALUE_STRING)
			return false;
	return true;
}

static int
check_list(const struct known_var *var, struct value value, struct err *err)
{
	if (is_text_list(value))
		return 0;
	err_hint(err, "as in %s=['one', 'two']", var->name);
	return misfit(var, value, err, "a list of strings");
}

static int
check_commands(const struct known_var *var, struct value value, struct err *err)
{
	bool fits = value.type == VALUE_LIST;

	for (size_t i = 0; fits && i < value_len(value); i++)
		fits = value_list_at(value, i).type == VALUE_STRING ||
		       is_text_list(value_list_at(value, i));
	if (fits)
		return 0;
	err_hint(
	    err, "as in %s=['echo one', ['echo', 'two words']]", var->name);
	return misfit(var, value, err, "a list of commands");
}

static int
check_map(const struct known_var *var, struct value value, struct err *err)
{
	if (value.type == VALUE_MAP)
		return 0;
	err_hint(err, "a mapping in group_vars/ or host_vars/");
	return misfit(var, value, err, "a mapping");
}

static int (*const checks[])(
    const struct known_var *var, struct value value, struct err *err) = {
    [KNOWN_BOOL] = check_bool,
    [KNOWN_INT] = check_int,
    [KNOWN_SECONDS] = check_seconds,
    [KNOWN_STRING] = check_string,
    [KNOWN_ENUM] = check_string,
    [KNOWN_PATH] = check_string,
    [KNOWN_TEMPLATE] = check_template,
    [KNOWN_MACS] = check_macs,
    [KNOWN_ADDRS] = check_addrs,
    [KNOWN_UUIDS] = check_uuids,
    [KNOWN_SERIALS] = check_serials,
    [KNOWN_LIST] = check_list,
    [KNOWN_COMMANDS] = check_commands,
    [KNOWN_MAP] = check_map,
};

int
known_check(const struct known_var *var, struct value value, struct err *err)
{
	if (value.type == VALUE_NULL || value_has_template(value))
		return 0;
	return checks[var->type](var, value, err);
}

struct value
known_default(const char *name)
{
	const struct known_var *var = known_find(name);

	if (var == NULL || var->def == NULL)
		return (struct value){.type = VALUE_UNDEFINED};
	return value_string(var->def);
}

/* The host's own value, or the default as text, or undefined. */
static struct value
host_value(
    const struct inventory *inv, const struct inv_host *host, const char *name)
{
	struct value value = inventory_host_var(inv, host, name);

	if (value.type != VALUE_UNDEFINED && value.type != VALUE_NULL)
		return value;
	value_unref(value);
	return known_default(name);
}

int
known_host_bool(const struct inventory *inv, const struct inv_host *host,
    const char *name, bool *ret_bool)
{
	struct value value = host_value(inv, host, name);
	int ret = value_as_bool(value, ret_bool);

	value_unref(value);
	return ret;
}

int
known_host_int(const struct inventory *inv, const struct inv_host *host,
    const char *name, int64_t *ret_int)
{
	struct value value = host_value(inv, host, name);
	int ret = value_as_int(value, ret_int);

	value_unref(value);
	return ret;
}

struct value
known_host_str(
    const struct inventory *inv, const struct inv_host *host, const char *name)
{
	struct value value = host_value(inv, host, name);
	struct value text = known_as_string(value);

	value_unref(value);
	return text.type == VALUE_STRING ? text : value_string("");
}
