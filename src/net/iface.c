#include "net/iface.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "net/linkwatch.h"

struct iface {
	char **names;
	size_t name_count;
	struct iface_addr *addrs;
	size_t count;
	int fd; /* tells of changes; -1: not watched */
	struct loop_watch *watch;
	iface_cb *cb;
	void *arg;
};

struct iface *
iface_new(const char *const *names, size_t count)
{
	struct iface *iface = mem_alloc(sizeof *iface);

	iface->fd = -1;
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
	loop_watch_free(iface->watch);
	if (iface->fd >= 0)
		(void)close(iface->fd);
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

static bool
has_addr(
    const struct iface_addr *list, size_t count, const struct iface_addr *addr)
{
	for (size_t i = 0; i < count; i++) {
		if (list[i].served && list[i].ifindex == addr->ifindex &&
		    list[i].addr.s_addr == addr->addr.s_addr &&
		    list[i].mask.s_addr == addr->mask.s_addr)
			return true;
	}
	return false;
}

/* What is served in the one list and not in the other. */
static void
tell_missing(
    struct iface *iface, const struct iface_addr *list, size_t count, bool come)
{
	const struct iface_addr *in = come ? iface->addrs : list;
	const struct iface_addr *not_in = come ? list : iface->addrs;
	size_t in_count = come ? iface->count : count;
	size_t not_in_count = come ? count : iface->count;

	for (size_t i = 0; i < in_count; i++) {
		if (in[i].served && !has_addr(not_in, not_in_count, &in[i]))
			iface->cb(iface->arg, &in[i], come);
	}
}

/* The machine's; the caller's to free. */
static int
read_addrs(struct iface_addr **ret_addrs, size_t *ret_count)
{
	struct iface_addr *addrs;
	struct ifaddrs *list;
	size_t count = 0;

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
	*ret_addrs = addrs;
	*ret_count = count;
	return 0;
}

int
iface_read(struct iface *iface)
{
	struct iface_addr *addrs = NULL;
	size_t count = 0;
	int ret = read_addrs(&addrs, &count);

	if (ret < 0)
		return ret;
	iface_set(iface, addrs, count);
	free(addrs);
	return 0;
}

/* Whatever was told is in the list that is read after it. */
static bool
take_changes(struct iface *iface)
{
	struct iface_addr *before = iface->addrs;
	size_t before_count = iface->count;
	struct iface_addr *addrs = NULL;
	size_t count = 0;

	/* A list that can not be read anew is as good as it was. */
	if (iface->fd < 0 || !linkwatch_drain(iface->fd) ||
	    read_addrs(&addrs, &count) < 0)
		return false;
	iface->addrs = NULL;
	iface_set(iface, addrs, count);
	if (iface->cb != NULL) {
		tell_missing(iface, before, before_count, false);
		tell_missing(iface, before, before_count, true);
	}
	free(before);
	free(addrs);
	return true;
}

static void
on_change_cb(void *arg, int fd, unsigned events)
{
	(void)fd;
	(void)events;
	(void)take_changes(arg);
}

int
iface_watch(struct iface *iface, struct loop *loop, iface_cb *cb, void *arg,
    struct err *err)
{
	int ret = linkwatch_open(err);

	if (ret < 0)
		return ret;
	iface->fd = ret;
	iface->watch =
	    loop_watch_new(loop, iface->fd, LOOP_READ, on_change_cb, iface);
	ret = iface_read(iface);
	if (ret < 0)
		err_set(err, "network interfaces: %s", strerror(-ret));
	iface->cb = cb;
	iface->arg = arg;
	return ret;
}

static bool
in_network(const struct iface_addr *net, struct in_addr addr)
{
	uint32_t mask = net->mask.s_addr;

	return mask != 0 && (addr.s_addr & mask) == (net->addr.s_addr & mask);
}

static bool
find(const struct iface *iface, int ifindex, struct in_addr peer,
    struct iface_addr *ret_addr)
{
	const struct iface_addr *first = NULL;

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

bool
iface_find(struct iface *iface, int ifindex, struct in_addr peer,
    struct iface_addr *ret_addr)
{
	if (find(iface, ifindex, peer, ret_addr))
		return true;
	/* The news of it may be behind the packet that came by it. */
	return take_changes(iface) && find(iface, ifindex, peer, ret_addr);
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
iface_on_link(const struct iface *iface, int ifindex, struct in_addr addr)
{
	for (size_t i = 0; i < iface->count; i++) {
		const struct iface_addr *net = &iface->addrs[i];

		if (net->ifindex == ifindex && in_network(net, addr))
			return is_host_of(net, addr);
	}
	return false;
}

bool
iface_is_broadcast(const struct iface *iface, struct in_addr addr)
{
	for (size_t i = 0; i < iface->count; i++) {
		const struct iface_addr *net = &iface->addrs[i];

		if (in_network(net, addr) && !is_host_of(net, addr))
			return true;
	}
	return false;
}

bool
iface_takes(const struct iface *iface, int ifindex, struct in_addr to)
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
iface_is_ours(const struct iface *iface, struct in_addr addr)
{
	for (size_t i = 0; i < iface->count; i++) {
		if (iface->addrs[i].addr.s_addr == addr.s_addr)
			return true;
	}
	return false;
}

const struct iface_addr *
iface_list(const struct iface *iface, size_t *ret_count)
{
	*ret_count = iface->count;
	return iface->addrs;
}
