#include "net/iface.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

struct iface {
	const struct clock *clock;
	char **names;
	size_t name_count;
	int64_t read_ms; /* when the list was read */
	bool read;
	struct iface_addr *addrs;
	size_t count;
};

struct iface *
iface_new(const struct clock *clock, const char *const *names, size_t count)
{
	struct iface *iface = mem_alloc(sizeof *iface);

	iface->clock = clock;
	iface->names = mem_array(count > 0 ? count : 1, sizeof *iface->names);
	iface->name_count = count;
	for (size_t i = 0; i < count; i++)
		iface->names[i] = mem_strdup(names[i]);
	return iface;
}

void
iface_free(struct iface *iface)
{
	if (iface == NULL)
		return;
	for (size_t i = 0; i < iface->name_count; i++)
		free(iface->names[i]);
	free(iface->names);
	free(iface->addrs);
	free(iface);
}

static bool
is_named(const struct iface *iface, const char *name)
{
	for (size_t i = 0; i < iface->name_count; i++) {
		if (strcmp(iface->names[i], name) == 0)
			return true;
	}
	return false;
}

void
iface_set(struct iface *iface, const struct iface_addr *addrs, size_t count)
{
	if (count > IFACE_ADDRS_MAX)
		count = IFACE_ADDRS_MAX;
	free(iface->addrs);
	iface->addrs = mem_array(count > 0 ? count : 1, sizeof *addrs);
	for (size_t i = 0; i < count; i++) {
		iface->addrs[i] = addrs[i];
		if (iface->name_count > 0)
			iface->addrs[i].served = is_named(iface, addrs[i].name);
	}
	iface->count = count;
	iface->read = true;
	iface->read_ms = clock_mono_ms(iface->clock);
}

static struct in_addr
addr_of(const struct sockaddr *sa)
{
	struct sockaddr_in sin = {0};

	if (sa != NULL && sa->sa_family == AF_INET)
		memcpy(&sin, sa, sizeof sin);
	return sin.sin_addr;
}

static bool
take_addr(const struct ifaddrs *entry, struct iface_addr *ret_addr)
{
	struct iface_addr addr = {0};
	const unsigned wanted = IFF_UP | IFF_BROADCAST;

	if (entry->ifa_addr == NULL || entry->ifa_addr->sa_family != AF_INET ||
	    !(entry->ifa_flags & IFF_UP))
		return false;
	str_copy(addr.name, sizeof addr.name, entry->ifa_name);
	/* A labelled address ("eth0:1") belongs to its interface. */
	addr.name[strcspn(addr.name, ":")] = '\0';
	addr.ifindex = (int)if_nametoindex(addr.name);
	addr.addr = addr_of(entry->ifa_addr);
	addr.mask = addr_of(entry->ifa_netmask);
	addr.served = (entry->ifa_flags & (wanted | IFF_LOOPBACK)) == wanted;
	if (addr.ifindex == 0 || addr.addr.s_addr == 0)
		return false;
	*ret_addr = addr;
	return true;
}

int
iface_refresh(struct iface *iface)
{
	int64_t now = clock_mono_ms(iface->clock);
	struct iface_addr *addrs;
	struct ifaddrs *list;
	size_t count = 0;

	if (iface->read && now - iface->read_ms < IFACE_REFRESH_MS)
		return 0;
	if (getifaddrs(&list) < 0)
		return -errno;
	addrs = mem_array(IFACE_ADDRS_MAX, sizeof *addrs);
	for (const struct ifaddrs *entry = list;
	     entry != NULL && count < IFACE_ADDRS_MAX;
	     entry = entry->ifa_next) {
		if (take_addr(entry, &addrs[count]))
			count++;
	}
	freeifaddrs(list);
	iface_set(iface, addrs, count);
	free(addrs);
	return 0;
}

static bool
in_network(const struct iface_addr *net, struct in_addr addr)
{
	uint32_t mask = net->mask.s_addr;

	return mask != 0 && (addr.s_addr & mask) == (net->addr.s_addr & mask);
}

bool
iface_find(struct iface *iface, int ifindex, struct in_addr peer,
    struct iface_addr *ret_addr)
{
	const struct iface_addr *first = NULL;

	/* A list that can not be read anew is as good as it was. */
	(void)iface_refresh(iface);
	for (size_t i = 0; i < iface->count; i++) {
		const struct iface_addr *addr = &iface->addrs[i];

		if (addr->ifindex != ifindex || !addr->served)
			continue;
		if (in_network(addr, peer)) {
			*ret_addr = *addr;
			return true;
		}
		if (first == NULL)
			first = addr;
	}
	if (first != NULL)
		*ret_addr = *first;
	return first != NULL;
}

/* Two addresses, as on a point-to-point link, are both hosts. */
static bool
is_host_of(const struct iface_addr *net, struct in_addr addr)
{
	uint32_t host = addr.s_addr & ~net->mask.s_addr;

	if (!in_network(net, addr))
		return false;
	return ntohl(~net->mask.s_addr) <= 1 ||
	       (host != 0 && host != ~net->mask.s_addr);
}

bool
iface_on_link(struct iface *iface, int ifindex, struct in_addr addr)
{
	(void)iface_refresh(iface);
	for (size_t i = 0; i < iface->count; i++) {
		const struct iface_addr *net = &iface->addrs[i];

		if (net->ifindex == ifindex && in_network(net, addr))
			return is_host_of(net, addr);
	}
	return false;
}

bool
iface_is_broadcast(struct iface *iface, struct in_addr addr)
{
	(void)iface_refresh(iface);
	for (size_t i = 0; i < iface->count; i++) {
		const struct iface_addr *net = &iface->addrs[i];

		if (in_network(net, addr) && !is_host_of(net, addr))
			return true;
	}
	return false;
}

bool
iface_takes(struct iface *iface, int ifindex, struct in_addr to)
{
	if (to.s_addr == htonl(INADDR_BROADCAST) || iface_is_ours(iface, to))
		return true;
	for (size_t i = 0; i < iface->count; i++) {
		const struct iface_addr *net = &iface->addrs[i];

		if (net->ifindex == ifindex && in_network(net, to) &&
		    ntohl(~net->mask.s_addr) > 1 &&
		    (to.s_addr | net->mask.s_addr) == htonl(INADDR_BROADCAST))
			return true;
	}
	return false;
}

bool
iface_is_ours(struct iface *iface, struct in_addr addr)
{
	(void)iface_refresh(iface);
	for (size_t i = 0; i < iface->count; i++) {
		if (iface->addrs[i].addr.s_addr == addr.s_addr)
			return true;
	}
	return false;
}

const struct iface_addr *
iface_list(struct iface *iface, size_t *ret_count)
{
	(void)iface_refresh(iface);
	*ret_count = iface->count;
	return iface->addrs;
}
