/* The interfaces: there, up, with an address, of full MTU, not waiting. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "doctor/doctor_private.h"

#define MTU_ETHERNET 1500
#define FLAG_UP 1

/* A number below /sys/class/net/NAME, or -1. */
static int64_t
sys_number(const char *name, const char *what, int base)
{
	char *path = mem_printf("/sys/class/net/%s/%s", name, what);
	struct buf text;
	int64_t number = -1;

	buf_init(&text, 4096);
	if (file_read(path, &text, NULL) == 0 && text.len > 0)
		number = strtoll(text.data, NULL, base);
	buf_done(&text);
	free(path);
	return number;
}

static bool
sys_has(const char *name, const char *what)
{
	char *path = mem_printf("/sys/class/net/%s/%s", name, what);
	bool has = access(path, F_OK) == 0;

	free(path);
	return has;
}

static void
check_mtu(struct doctor *doctor, const char *name)
{
	int64_t mtu = sys_number(name, "mtu", 10);

	if (mtu < 0 || mtu >= MTU_ETHERNET)
		return;
	findings_add(doctor->findings, FIND_INTERFACE_MTU,
	    "the MTU of %s is %d, not %d", name, (int)mtu, MTU_ETHERNET);
	findings_fix(doctor->findings,
	    "ip link set %s mtu %d; in a tunnel, raise the MTU below it", name,
	    MTU_ETHERNET);
}

static void
check_bridge(struct doctor *doctor, const char *name)
{
	/* In hundredths of a second. */
	int64_t delay = sys_number(name, "bridge/forward_delay", 10);
	int64_t stp = sys_number(name, "bridge/stp_state", 10);

	if (stp <= 0 || delay <= 0)
		return;
	findings_add(doctor->findings, FIND_BRIDGE_DELAY,
	    "the bridge %s runs STP with a forward delay of %d s", name,
	    (int)(delay / 100));
	findings_fix(doctor->findings,
	    "ip link set %s type bridge stp_state 0; on switches: portfast",
	    name);
}

/* The name of the bridge, or "". */
static void
find_bridge(const char *name, char master[IF_NAMESIZE])
{
	char *path = mem_printf("/sys/class/net/%s/brport/bridge", name);
	char target[256];
	ssize_t n = readlink(path, target, sizeof target - 1);
	const char *slash;

	free(path);
	master[0] = '\0';
	if (n <= 0)
		return;
	target[n] = '\0';
	slash = strrchr(target, '/');
	str_copy(master, IF_NAMESIZE, slash == NULL ? target : slash + 1);
}

/* False: nothing can be served there. */
static bool
check_link(struct doctor *doctor, const char *name)
{
	struct findings *findings = doctor->findings;
	char bridge[IF_NAMESIZE];

	if (if_nametoindex(name) == 0) {
		findings_add(findings, FIND_INTERFACE_MISSING,
		    "there is no network interface %s", name);
		return false;
	}
	find_bridge(name, bridge);
	if (bridge[0] != '\0') {
		findings_add(findings, FIND_INTERFACE_BRIDGE_PORT,
		    "%s is a port of the bridge %s", name, bridge);
		findings_fix(
		    findings, "serve %s instead, with the address", bridge);
		return false;
	}
	if ((sys_number(name, "flags", 16) & FLAG_UP) == 0) {
		findings_add(findings, FIND_INTERFACE_DOWN,
		    "the network interface %s is down", name);
		findings_fix(findings, "ip link set %s up", name);
		return false;
	}
	if (sys_number(name, "carrier", 10) == 0)
		findings_add(findings, FIND_INTERFACE_NO_CARRIER,
		    "%s is up and has no link", name);
	check_mtu(doctor, name);
	if (sys_has(name, "bridge"))
		check_bridge(doctor, name);
	return true;
}

static const struct iface_addr *
first_address(const struct iface_addr *addrs, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(addrs[i].name, name) == 0)
			return &addrs[i];
	}
	return NULL;
}

static int
prefix_of(struct in_addr mask)
{
	return __builtin_popcount(mask.s_addr);
}

static void
add_link(struct doctor *doctor, const struct iface_addr *addr)
{
	struct doctor_link *link = &doctor->links[doctor->link_count++];
	char text[INET_ADDRSTRLEN];

	str_copy(link->name, sizeof link->name, addr->name);
	link->ifindex = addr->ifindex;
	link->addr = addr->addr;
	link->mask = addr->mask;
	inet_ntop(AF_INET, &addr->addr, text, sizeof text);
	findings_ok(doctor->findings, AREA_INTERFACES,
	    "%s is up and has the address %s/%d", addr->name, text,
	    prefix_of(addr->mask));
}

static void
take_named(struct doctor *doctor, const struct iface_addr *addrs, size_t count)
{
	const struct config_list *names = &doctor->config.interfaces;

	for (size_t i = 0; i < names->count; i++) {
		const struct iface_addr *addr;

		if (!check_link(doctor, names->item[i]))
			continue;
		addr = first_address(addrs, count, names->item[i]);
		if (addr != NULL) {
			add_link(doctor, addr);
			continue;
		}
		findings_add(doctor->findings, FIND_INTERFACE_NO_ADDRESS,
		    "%s has no IPv4 address", names->item[i]);
		findings_fix(doctor->findings,
		    "ip address add 192.0.2.2/24 dev %s, with an address of "
		    "your network",
		    names->item[i]);
	}
}

static bool
is_known(const struct doctor *doctor, const char *name)
{
	for (size_t i = 0; i < doctor->link_count; i++) {
		if (strcmp(doctor->links[i].name, name) == 0)
			return true;
	}
	return false;
}

static void
take_all(struct doctor *doctor, const struct iface_addr *addrs, size_t count)
{
	for (size_t i = 0; i < count && doctor->link_count < DOCTOR_LINKS_MAX;
	     i++) {
		if (addrs[i].served && !is_known(doctor, addrs[i].name) &&
		    check_link(doctor, addrs[i].name))
			add_link(doctor, &addrs[i]);
	}
	if (doctor->link_count == 0)
		findings_add(doctor->findings, FIND_INTERFACE_NONE,
		    "no network interface is up and has an IPv4 address");
}

void
doctor_check_links(struct doctor *doctor)
{
	struct iface *iface = iface_new(NULL, 0);
	const struct iface_addr *addrs;
	size_t count;

	(void)iface_read(iface);
	addrs = iface_list(iface, &count);
	if (doctor->config.interfaces.count > 0)
		take_named(doctor, addrs, count);
	else
		take_all(doctor, addrs, count);
	iface_free(iface);
}
