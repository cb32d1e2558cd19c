#include "daemon/interfaces.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"

static bool
has_ipv4(const struct ifaddrs *entry)
{
	return entry->ifa_addr != NULL && entry->ifa_addr->sa_family == AF_INET;
}

/* "there are eth0, br0"; each once, in the system's order. */
static void
hint_names(const struct ifaddrs *list, struct err *err)
{
	struct buf names;

	buf_init(&names, 200);
	for (const struct ifaddrs *e = list; e != NULL; e = e->ifa_next) {
		bool first =
		    e->ifa_addr != NULL && e->ifa_addr->sa_family == AF_PACKET;

		if (first && strcmp(e->ifa_name, "lo") != 0)
			buf_addf(&names, "%s%s", names.len == 0 ? "" : ", ",
			    e->ifa_name);
	}
	if (names.len == 0)
		err_hint(err, "there is none but the loopback");
	else
		err_hint(err, "there are %s", names.data);
	buf_done(&names);
}

static int
check_named(const char *name, const struct ifaddrs *list, struct err *err)
{
	const struct ifaddrs *found = NULL;
	bool address = false;

	for (const struct ifaddrs *e = list; e != NULL; e = e->ifa_next) {
		if (strcmp(e->ifa_name, name) != 0)
			continue;
		found = e;
		address = address || has_ipv4(e);
	}
	if (found == NULL) {
		err_set(err, "there is no network interface %s", name);
		hint_names(list, err);
		return -ENODEV;
	}
	if (!address) {
		err_set(err, "network interface %s has no IPv4 address", name);
		err_hint(err,
		    "ip address add 192.0.2.2/24 dev %s, with an "
		    "address of your network",
		    name);
		return -ENODEV;
	}
	if ((found->ifa_flags & IFF_UP) == 0)
		log_warn(NULL, "network interface %s is down", name);
	return 0;
}

static int
check_any(const struct ifaddrs *list, struct err *err)
{
	for (const struct ifaddrs *e = list; e != NULL; e = e->ifa_next) {
		if (has_ipv4(e) && (e->ifa_flags & IFF_UP) != 0 &&
		    (e->ifa_flags & IFF_LOOPBACK) == 0)
			return 0;
	}
	err_set(err, "no network interface is up and has an IPv4 address");
	hint_names(list, err);
	return -ENODEV;
}

int
interfaces_check(const struct config_list *named, struct err *err)
{
	struct ifaddrs *list = NULL;
	int ret = 0;

	if (getifaddrs(&list) < 0) {
		ret = -errno;
		err_set(err, "network interfaces: %s", strerror(-ret));
		return ret;
	}
	if (named->count == 0)
		ret = check_any(list, err);
	for (size_t i = 0; ret == 0 && i < named->count; i++)
		ret = check_named(named->item[i], list, err);
	freeifaddrs(list);
	return ret;
}
