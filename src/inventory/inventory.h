/*
 * The inventory: an immutable, counted snapshot of hosts, groups and
 * variables, read by Ansible's rules (ansible-core 2.14) from files that the
 * caller has already in memory. It is swapped whole on reload.
 *
 * No I/O here (inventory/inv_read.h does it) and no templates: a variable that
 * holds "{{ }}" is a string.
 *
 * Pointers to hosts and groups live as long as the inventory they came from.
 */
#ifndef CONVECT_INVENTORY_INVENTORY_H
#define CONVECT_INVENTORY_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hwaddr.h"
#include "inventory/problems.h"
#include "inventory/value.h"

struct inventory;
struct inv_host;
struct inv_group;

/*
 * One file. A path with a component "group_vars" or "host_vars" is a file of
 * variables for the group or host that the next component names (less .yml,
 * .yaml or .json); any other is an inventory. Order counts: later files win.
 */
struct inv_file {
	const char *path;
	const char *text; /* need not be terminated */
	size_t len;
};

struct inv_secrets; /* inventory/inv_secrets.h */

struct inv_input {
	const struct inv_file *files;
	size_t count;
	/* For what a vault encrypts; the inventory keeps a reference. Or NULL
	 */
	struct inv_secrets *secrets;
};

#define INVENTORY_FILE_MAX (100u << 20) /* bytes of one file */
#define INVENTORY_LINE_MAX (1u << 20)	/* bytes of one line of INI */
#define INVENTORY_RANGE_MAX 100000u	/* hosts of one pattern */
#define INVENTORY_HOSTS_MAX 1000000u	/* hosts of one inventory */

/*
 * Reads everything and reports every problem. With a single error nothing is
 * returned: -EINVAL. Warnings alone are 0. The caller owns *ret_inv.
 */
int inventory_load(const struct inv_input *input, struct problems *problems,
    struct inventory **ret_inv);
struct inventory *inventory_ref(struct inventory *inv);
void inventory_unref(struct inventory *inv); /* NULL is fine */

/* Hosts in the order in which they are first named. */
size_t inventory_host_count(const struct inventory *inv);
const struct inv_host *inventory_host_at(
    const struct inventory *inv, size_t index);
const struct inv_host *inventory_find_host(
    const struct inventory *inv, const char *name);
const struct inv_host *inventory_find_mac(
    const struct inventory *inv, const struct hwaddr *mac);
/*
 * By the variables `uuid` and `serial`, which no two hosts share. Any spelling,
 * and either order of a UUID's bytes; NULL also for what vendors leave in all
 * machines. The bytes are those of DHCP option 97 behind its type.
 */
const struct inv_host *inventory_find_uuid(
    const struct inventory *inv, const char *uuid);
const struct inv_host *inventory_find_uuid_bytes(
    const struct inventory *inv, const uint8_t uuid[16]);
const struct inv_host *inventory_find_serial(
    const struct inventory *inv, const char *serial);
bool inventory_has_idents(const struct inventory *inv);

/* Groups in the order in which they are first named; "all" and "ungrouped"
 * are always there. */
size_t inventory_group_count(const struct inventory *inv);
const struct inv_group *inventory_group_at(
    const struct inventory *inv, size_t index);
const struct inv_group *inventory_find_group(
    const struct inventory *inv, const char *name);

const char *inv_host_name(const struct inv_host *host);
size_t inv_host_index(const struct inv_host *host);
/* In the order written; the first is the one to show. May be none. */
const struct hwaddr *inv_host_macs(
    const struct inv_host *host, size_t *ret_count);
/* Where the host is first named. */
const char *inv_host_file(const struct inv_host *host);
int inv_host_line(const struct inv_host *host);
/* All its groups with their parents, "all" excepted, by name. */
size_t inv_host_group_count(const struct inv_host *host);
const struct inv_group *inv_host_group_at(
    const struct inv_host *host, size_t index);
bool inv_host_in_group(const struct inv_host *host, const char *name);

const char *inv_group_name(const struct inv_group *group);
/* A list of hosts that are borrowed from the inventory. */
struct inv_hosts {
	const struct inv_host **at;
	size_t count;
};
void inv_hosts_done(struct inv_hosts *hosts);
/* The group's own hosts and its descendants', each once, parents first. */
void inv_group_hosts(
    const struct inv_group *group, struct inv_hosts *ret_hosts);

/*
 * Variables of a host after Ansible's precedence: a map that the caller owns
 * and may change at its top level. With it come inventory_hostname,
 * inventory_hostname_short, inventory_file, inventory_dir and group_names.
 */
struct value inventory_host_vars(
    const struct inventory *inv, const struct inv_host *host);
/* One of them without building the map; VALUE_UNDEFINED or owned. */
struct value inventory_host_var(
    const struct inventory *inv, const struct inv_host *host, const char *name);
/* Ansible's `groups`: a map of name to list of host names; owned. Made once. */
struct value inventory_groups(struct inventory *inv);

/*
 * What `ansible-inventory --list` and `--host` print, byte for byte, without
 * their final newline. A "!vault" value is printed encrypted, as there. With
 * `show_secrets` a value from an encrypted file is printed, as there; else it
 * is masked.
 */
void inventory_write_list(
    const struct inventory *inv, bool show_secrets, struct buf *out);
void inventory_write_host(const struct inventory *inv,
    const struct inv_host *host, bool show_secrets, struct buf *out);

#endif
