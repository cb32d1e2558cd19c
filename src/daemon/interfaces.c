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

/* "eth0, br0"; each once, in the system's order. */
static void
list_names(const struct ifaddrs *list, struct buf *out)
{
	for (const struct ifaddrs *e = list; e != NULL; e = e->ifa_next) {
		bool first =
		    e->ifa_addr != NULL && e->ifa_addr->sa_family == AF_PACKET;

		if (first && strcmp(e->ifa_name, "lo") != 0)
			buf_addf(out, "%s%s", out->len == 0 ? "" : ", ",
			    e->ifa_name);
	}
	if (out->len == 0)
		buf_adds(out, "none but the loopback");
}

static void
check_named(const char *name, const struct ifaddrs *list, const char *names)
{
	const struct ifaddrs *found = NULL;
	bool address = false;

	for (const struct ifaddrs *e = list; e != NULL; e = e->ifa_next) {
		if (strcmp(e->ifa_name, name) != 0)
			continue;
		found = e;
		address = address || has_ipv4(e);
	}
	if (found == NULL)
		log_warn(NULL,
		    "there is no network interface %s (there are %s); it is "
		    "served when it comes",
		    name, names);
	else if (!address)
		log_warn(NULL,
		    "network interface %s has no IPv4 address (ip address add "
		    "192.0.2.2/24 dev %s, with an address of your network); "
		    "it is served when it has one",
		    name, name);
	else if ((found->ifa_flags & IFF_UP) == 0)
		log_warn(NULL, "network interface %s is down", name);
}

static void
check_any(const struct ifaddrs *list, const char *names)
{
	for (const struct ifaddrs *e = list; e != NULL; e = e->ifa_next) {
		if (has_ipv4(e) && (e->ifa_flags & IFF_UP) != 0 &&
		    (e->ifa_flags & IFF_LOOPBACK) == 0)
			return;
	}
	log_warn(NULL,
	    "no network interface is up and has an IPv4 address (there are "
	    "%s); waiting for one",
	    names);
}

void
interfaces_check(const struct config_list *named)
{
	struct ifaddrs *list = NULL;
	struct buf names;

	if (getifaddrs(&list) < 0) {
		log_warn(NULL, "network interfaces: %s", strerror(errno));
		return;
	}
	buf_init(&names, 200);
	list_names(list, &names);
	if (named->count == 0)
		check_any(list, names.data);
	for (size_t i = 0; i < named->count; i++)
		check_named(named->item[i], list, names.data);
	buf_done(&names);
	freeifaddrs(list);
}
