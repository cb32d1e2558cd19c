#include "app/reservation.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/ipv4net.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/addrlist.h"

/* The variables of one host, until the first that is wrong. */
struct reader {
	struct hostvars *hostvars;
	const struct inv_host *host;
	struct err *err;
	int ret;
};

static void
read_list(struct reader *reader, const char *name, struct addrlist *ret_list)
{
	struct value value;

	ret_list->count = 0;
	if (reader->ret < 0)
		return;
	reader->ret = hostvars_value(
	    reader->hostvars, reader->host, name, &value, reader->err);
	if (reader->ret < 0)
		return;
	if (value.type != VALUE_UNDEFINED && value.type != VALUE_NULL)
		reader->ret = addrlist_parse(value, ret_list, reader->err);
	value_unref(value);
}

static void
read_addrs(
    struct reader *reader, const char *name, struct dhcp_addrs *ret_addrs)
{
	struct addrlist list;

	read_list(reader, name, &list);
	if (list.count > DHCP_ADDRS_MAX)
		list.count = DHCP_ADDRS_MAX; /* clients take two or three */
	memcpy(ret_addrs->at, list.at, list.count * sizeof list.at[0]);
	ret_addrs->count = list.count;
}

static int64_t
read_int(struct reader *reader, const char *name)
{
	int64_t number = 0;
	int ret;

	if (reader->ret < 0)
		return 0;
	ret = hostvars_int(
	    reader->hostvars, reader->host, name, &number, reader->err);
	if (ret < 0 && ret != -ENOENT)
		reader->ret = ret;
	return ret < 0 ? 0 : number;
}

static void
read_text(struct reader *reader, const char *name, char *out, size_t size)
{
	struct value value;

	if (reader->ret < 0)
		return;
	reader->ret = hostvars_str(
	    reader->hostvars, reader->host, name, &value, reader->err);
	if (reader->ret < 0)
		return;
	str_copy(out, size, value_str(value));
	value_unref(value);
}

/* An inventory's name is a host name's first label, or none. */
static void
read_host_name(const struct inv_host *host, char out[DHCP_HOST_MAX + 1])
{
	const char *name = inv_host_name(host);
	size_t len = strcspn(name, ".");

	out[0] = '\0';
	if (len == 0 || len > DHCP_HOST_MAX || name[0] == '-')
		return;
	for (size_t i = 0; i < len; i++) {
		if (!isalnum((unsigned char)name[i]) && name[i] != '-')
			return;
	}
	memcpy(out, name, len);
	out[len] = '\0';
}

/* `ip`, or for the first NIC ansible_host when that is an address. */
static bool
read_addr(struct reader *reader, size_t nic, struct in_addr *ret_addr)
{
	char text[INET_ADDRSTRLEN] = "";
	struct addrlist list;

	read_list(reader, "ip", &list);
	if (reader->ret == 0 && list.count == 0 && nic == 0) {
		read_text(reader, "ansible_host", text, sizeof text);
		return reader->ret == 0 &&
		       inet_pton(AF_INET, text, ret_addr) == 1 &&
		       ipv4net_is_host(*ret_addr);
	}
	if (reader->ret < 0 || nic >= list.count)
		return false;
	*ret_addr = list.at[nic];
	return true;
}

int
reservation_find(struct hostvars *hostvars, const struct inv_host *host,
    size_t nic, struct reservation *ret_reservation, struct err *err)
{
	struct reservation found = {.prefix = 0};
	struct dhcp_settings *set = &found.settings;
	struct reader reader = {hostvars, host, err, 0};

	if (!read_addr(&reader, nic, &found.addr))
		return reader.ret < 0 ? -EINVAL : -ENOENT;
	found.prefix = (unsigned)read_int(&reader, "dhcp_prefix");
	set->lease_s = (uint32_t)read_int(&reader, "dhcp_lease");
	set->mtu = (uint16_t)read_int(&reader, "dhcp_mtu");
	read_addrs(&reader, "dhcp_router", &set->router);
	read_addrs(&reader, "dhcp_dns", &set->dns);
	read_addrs(&reader, "dhcp_ntp", &set->ntp);
	read_text(&reader, "dhcp_domain", set->domain, sizeof set->domain);
	read_host_name(host, set->host);
	if (reader.ret < 0)
		return -EINVAL;
	*ret_reservation = found;
	return 0;
}

/* ---- all of them ---- */

struct taken {
	in_addr_t addr;
	const struct inv_host *host;
	UT_hash_handle hh;
};

struct checker {
	struct hostvars *hostvars;
	const struct iface *iface;
	struct problems *problems;
	struct taken *taken;
};

static bool
is_reachable(const struct checker *checker, const struct reservation *res)
{
	const struct iface_addr *list;
	size_t count;

	/* Behind a relay, maybe. */
	if (checker->iface == NULL || res->prefix != 0)
		return true;
	list = iface_list(checker->iface, &count);
	for (size_t i = 0; i < count; i++) {
		if (list[i].served && list[i].addr.s_addr != res->addr.s_addr &&
		    iface_on_link(checker->iface, list[i].ifindex, res->addr))
			return true;
	}
	return false;
}

static void
check_one(struct checker *checker, const struct inv_host *host,
    const struct reservation *res)
{
	const char *file = inv_host_file(host);
	int line = inv_host_line(host);
	char text[INET_ADDRSTRLEN];
	struct taken *taken;

	(void)ipv4_format(res->addr, text);
	HASH_FIND(
	    hh, checker->taken, &res->addr.s_addr, sizeof taken->addr, taken);
	if (taken != NULL) {
		problems_error(checker->problems, file, line, 0,
		    "hosts %s and %s both have the address %s",
		    inv_host_name(taken->host), inv_host_name(host), text);
		return;
	}
	taken = mem_alloc(sizeof *taken);
	taken->addr = res->addr.s_addr;
	taken->host = host;
	HASH_ADD(hh, checker->taken, addr, sizeof taken->addr, taken);
	if (is_reachable(checker, res))
		return;
	problems_warn(checker->problems, file, line, 0,
	    "host %s: its address %s is in no network of an interface that is "
	    "served, or is our own",
	    inv_host_name(host), text);
	problems_hint(checker->problems,
	    "behind a relay, set dhcp_prefix to the bits of its network");
}

static void
check_host(struct checker *checker, const struct inv_host *host)
{
	struct reservation res;
	struct err err = {0};
	size_t nics;
	int ret = 0;

	(void)inv_host_macs(host, &nics);
	for (size_t nic = 0; nic < nics && ret == 0; nic++) {
		ret =
		    reservation_find(checker->hostvars, host, nic, &res, &err);
		if (ret == 0)
			check_one(checker, host, &res);
		else if (ret == -EINVAL)
			problems_warn(checker->problems, inv_host_file(host),
			    inv_host_line(host), 0, "host %s gets no lease: %s",
			    inv_host_name(host), err.text);
		else if (nic == 0)
			problems_warn(checker->problems, inv_host_file(host),
			    inv_host_line(host), 0,
			    "host %s has a MAC and no address, so it gets no "
			    "lease; set ip",
			    inv_host_name(host));
	}
}

void
reservations_check(struct inventory *inv, struct hostvars *hostvars,
    const struct iface *iface, struct problems *problems)
{
	struct checker checker = {hostvars, iface, problems, NULL};
	struct taken *taken;
	struct taken *next;

	for (size_t i = 0; i < inventory_host_count(inv); i++)
		check_host(&checker, inventory_host_at(inv, i));
	HASH_ITER (hh, checker.taken, taken, next) {
		HASH_DEL(checker.taken, taken);
		free(taken);
	}
}
