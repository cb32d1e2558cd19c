#include "inventory/known.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* pxe_client has room for that much: src/wire/pxe.h. */
#define PXE_VENDOR_CLASS 32
#define PORT .type = KNOWN_INT, .min = 1, .max = 65535

/* By name, for bsearch(). */
static const struct known_var table[] = {
    {"admin_password_hash", .type = KNOWN_STRING, .flags = KNOWN_SECRET,
	.meaning = "password of the installed system's account, as crypt(5) "
		   "writes it; without it only keys log in"},
    {"admin_sudo", .type = KNOWN_ENUM, .choices = "nopasswd|password",
	.def = "nopasswd",
	.meaning = "whether that account's sudo asks for its password"},
    {"admin_user", .type = KNOWN_STRING, .def = "ops",
	.meaning = "account of the installed system; may use sudo; none is "
		   "made when extra_user_data has users"},
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
	.meaning = "URL of the Ubuntu archive to install from, also for "
		   "security updates unless apt_security_mirror is set; "
		   "Ubuntu's own, when unset; an install ends when it can not "
		   "be reached"},
    {"apt_security_mirror", .type = KNOWN_STRING,
	.meaning = "the same for security updates; apt_mirror, when unset"},
    {"auto_install", .type = KNOWN_BOOL, .def = "true",
	.meaning = "install the machine when it is first seen"},
    {"boot_template", .type = KNOWN_TEMPLATE, .def = "boot.ipxe.j2",
	.meaning = "template of the boot script of an install"},
    {"convect_token", .type = KNOWN_STRING, .flags = KNOWN_SECRET,
	.meaning = "the k3s token of the cluster"},
    {"convect_workdir", .type = KNOWN_PATH,
	.meaning = "working directory on the nodes"},
    {"deadline_factor", .type = KNOWN_INT, .min = 1, .max = 100, .def = "1",
	.meaning = "how many times longer than usual the machine may be silent "
		   "before it is called stalled; for slow machines and links"},
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
    {"docker_mirrors", .type = KNOWN_LIST,
	.meaning = "URLs of registries that Docker asks before its own"},
    {"docker_repo", .type = KNOWN_STRING,
	.def = "https://download.docker.com/linux/ubuntu",
	.meaning = "base URL of Docker's apt repository or of a mirror; "
		   "distribution: docker.io of the system's own archive"},
    {"docker_repo_key", .type = KNOWN_STRING,
	.meaning = "the key that signs it, in ASCII armour; fetched from "
		   "gpg below docker_repo, when unset"},
    {"docker_version", .type = KNOWN_STRING,
	.meaning = "version of the packages docker-ce and docker-ce-cli; the "
		   "newest, when unset"},
    {"early_commands", .type = KNOWN_COMMANDS,
	.meaning = "commands of the installer's system before it looks at "
		   "disks, after the look for data on them; one that fails "
		   "ends the install; the installer reports them word by word, "
		   "so they are no place for secrets"},
    {"error_commands", .type = KNOWN_COMMANDS,
	.meaning = "commands of the installer's system when the install has "
		   "failed, after the report of it"},
    {"extra_autoinstall", .type = KNOWN_MAP,
	.meaning = "keys of the autoinstall section, merged over what is "
		   "rendered, last: mappings key by key, lists as a whole"},
    {"extra_user_data", .type = KNOWN_MAP,
	.meaning = "cloud-config of the installed system, merged over what is "
		   "rendered: mappings key by key, lists as a whole"},
    {"gpu_count", .type = KNOWN_INT, .min = 1, .max = 64,
	.meaning = "how many GPUs the first boot has to find; any, when unset"},
    {"gpu_model", .type = KNOWN_STRING,
	.meaning = "what their name has to hold, as in A100; any, when unset"},
    {"has_gpu", .type = KNOWN_BOOL, .def = "false",
	.meaning = "the machine has an NVIDIA GPU: the first boot installs its "
		   "driver and the container toolkit"},
    {"http_port", PORT, .def = "80",
	.meaning = "where ConvectHub listens on the master"},
    {"https_port", PORT, .def = "443",
	.meaning = "where ConvectHub listens on the master, for https"},
    {"image", .type = KNOWN_STRING,
	.meaning = "name of the image to install; the only one, when unset"},
    {"install_attempts", .type = KNOWN_INT, .min = 1, .max = 100, .def = "3",
	.meaning = "installs that may begin without coming to an end before "
		   "the machine is held"},
    {"install_attempts_window", .type = KNOWN_SECONDS, .min = 60, .max = 604800,
	.def = "86400",
	.meaning = "time in which install_attempts are counted; older ones are "
		   "forgotten"},
    {"install_docker", .type = KNOWN_BOOL,
	.meaning = "true: the first boot installs Docker, and the node is "
		   "ready when a container ran; false: Docker is already "
		   "there, which the first boot checks; when unset, true "
		   "for nodes of a cluster and neither for others"},
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
    {"jhub_config", .type = KNOWN_MAP,
	.meaning = "values of the hub's chart; the hub is put on the first "
		   "driver when it is set"},
    {"jhub_config_path", .type = KNOWN_PATH,
	.meaning = "JupyterHub values file, relative to the inventory"},
    {"k3s_labels", .type = KNOWN_LIST,
	.meaning = "more labels of the node, as in disk=fast; they act when "
		   "it joins the cluster and not later"},
    {"k3s_role", .type = KNOWN_ENUM, .choices = "server|agent",
	.meaning = "what the node is in the cluster; by the groups driver and "
		   "worker, when unset"},
    {"k3s_taints", .type = KNOWN_LIST,
	.meaning = "taints of the node, as in dedicated=gpu:NoSchedule; the "
		   "same holds for them"},
    {"k3s_version", .type = KNOWN_STRING,
	.meaning = "version that the artifacts of k3s must have; any, when "
		   "unset"},
    {"kdump", .type = KNOWN_BOOL, .def = "false",
	.meaning = "keep memory for crash dumps; from 24.10"},
    {"kernel_args", .type = KNOWN_STRING,
	.meaning = "more arguments for the installer's kernel"},
    {"kernel_flavor", .type = KNOWN_STRING,
	.meaning = "kernel of the installed system, as in generic or hwe; from "
		   "22.04; the image's usual one, when unset"},
    {"keyboard_layout", .type = KNOWN_STRING, .def = "us",
	.meaning = "layout of the console's keyboard"},
    {"keyboard_variant", .type = KNOWN_STRING,
	.meaning = "variant of that layout"},
    {"late_commands", .type = KNOWN_COMMANDS,
	.meaning = "commands of the installer's system when the new one is in "
		   "/target; one that fails ends the install; they are "
		   "reported word by word, too"},
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
	.meaning = "the NIC on the private network; the installed system's "
		   "interface is given that name, or its bond, VLAN or bridge"},
    {"net_address", .type = KNOWN_NETS,
	.meaning = "addresses of the installed system with their prefixes; "
		   "DHCP, when unset"},
    {"net_bond", .type = KNOWN_ENUM,
	.choices = "802.3ad|active-backup|balance-alb|balance-rr|balance-tlb|"
		   "balance-xor|broadcast",
	.meaning = "bond the NICs of net_bond_macs in that mode"},
    {"net_bond_macs", .type = KNOWN_MACS, .flags = KNOWN_HOST_ONLY,
	.meaning = "MAC addresses of the NICs in the bond; those of mac, when "
		   "unset"},
    {"net_bond_parameters", .type = KNOWN_MAP,
	.meaning = "more of netplan's bond parameters, as in lacp-rate"},
    {"net_bridge", .type = KNOWN_BOOL, .def = "false",
	.meaning = "put a bridge over the NIC, its bond or VLAN, which has the "
		   "addresses then"},
    {"net_dns", .type = KNOWN_IPS, .meaning = "name servers"},
    {"net_gateway", .type = KNOWN_IPS,
	.meaning = "default routers, one for each of IPv4 and IPv6"},
    {"net_mtu", .type = KNOWN_INT, .min = 576, .max = 65535,
	.meaning = "MTU of the interface and of all below it"},
    {"net_routes", .type = KNOWN_ROUTES,
	.meaning = "more routes, each with to, via and perhaps metric"},
    {"net_search", .type = KNOWN_LIST,
	.meaning = "domains that short names are looked up in"},
    {"net_vlan", .type = KNOWN_INT, .min = 1, .max = 4094,
	.meaning =
	    "number of the VLAN, over the NIC or its bond, that has the "
	    "addresses; the provisioner must be reached through it, too"},
    {"network_config", .type = KNOWN_MAP, .flags = KNOWN_COMMON,
	.meaning = "network of the live session, as cloud-init takes it"},
    {"network_config_template", .type = KNOWN_TEMPLATE,
	.def = "network-config.j2", .meaning = "template of network-config"},
    {"ntp_servers", .type = KNOWN_LIST,
	.meaning = "time servers of the installed system"},
    {"nvidia_branch", .type = KNOWN_STRING,
	.meaning = "branch of the driver, as in 570; the newest that the "
		   "archive has, when unset"},
    {"nvidia_open", .type = KNOWN_ENUM, .choices = "auto|true|false",
	.def = "auto",
	.meaning = "open kernel modules; auto: where every GPU takes them"},
    {"nvidia_toolkit_key", .type = KNOWN_STRING,
	.meaning = "the key that signs nvidia_toolkit_repo, in ASCII armour; "
		   "fetched from gpgkey below it, when unset"},
    {"nvidia_toolkit_repo", .type = KNOWN_STRING,
	.def = "https://nvidia.github.io/libnvidia-container",
	.meaning = "where the container toolkit is, or a mirror of it; "
		   "distribution: the system's own archive"},
    {"os_disk", .type = KNOWN_DISKS,
	.meaning = "the disk to install on: its serial number, in which * "
		   "stands for anything, or a mapping with some of serial, "
		   "model, vendor, path, id_path, size and ssd; of a list the "
		   "first that is there (from 24.10), or with raid1 two disks; "
		   "the smallest disk, when unset"},
    {"proxy", .type = KNOWN_STRING, .flags = KNOWN_COMMON,
	.meaning = "URL of the proxy for apt and snaps, of the installer and "
		   "of the installed system"},
    {"pxe_style", .type = KNOWN_ENUM, .choices = "auto|binl|direct",
	.def = "auto", .meaning = "how UEFI firmware is given its loader"},
    {"reinstall", .type = KNOWN_ENUM, .choices = "asked|always", .def = "asked",
	.meaning = "always: a machine whose installed system was seen running "
		   "is installed anew whenever it boots from the network; what "
		   "is on its disk is lost each time"},
    {"reorder_uefi", .type = KNOWN_BOOL, .def = "true",
	.meaning = "leave the network first in UEFI's boot order, so that a "
		   "reboot can install again; false puts the disk first"},
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
    {"storage_layout", .type = KNOWN_ENUM, .choices = "direct|lvm|zfs|raid1",
	.def = "direct",
	.meaning = "what is put on os_disk: one partition, a volume group that "
		   "fills the disk, ZFS (from 24.04) or a mirror of two disks"},
    {"swap_size", .type = KNOWN_SIZE, .def = "0",
	.meaning = "size of the swap file; 0: none, as Kubernetes wants it"},
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
	.meaning = "the first install may overwrite what is on os_disk, but no "
		   "install of ours"},
    {"wipe_any_disk", .type = KNOWN_BOOL, .def = "false",
	.meaning = "where reinstall or wipe may overwrite, take any disk, also "
		   "one that os_disk does not name alone"},
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
