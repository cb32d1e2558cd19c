#include "net/linklocal.h"

#include <errno.h>
#include <ifaddrs.h>
#include <string.h>
#include <sys/socket.h>

static bool
is_link_local(const struct ifaddrs *entry, int ifindex, struct in6_addr *addr)
{
	struct sockaddr_in6 sin6;

	if (entry->ifa_addr == NULL || entry->ifa_addr->sa_family != AF_INET6)
		return false;
	memcpy(&sin6, entry->ifa_addr, sizeof sin6);
	*addr = sin6.sin6_addr;
	return (int)sin6.sin6_scope_id == ifindex &&
	       IN6_IS_ADDR_LINKLOCAL(addr);
}

bool
linklocal_find(int ifindex, struct in6_addr *ret_addr)
{
	struct ifaddrs *list = NULL;
	struct in6_addr addr;
	bool found = false;

	if (getifaddrs(&list) < 0)
		return false;
	for (const struct ifaddrs *entry = list; entry != NULL && !found;
	     entry = entry->ifa_next) {
		found = is_link_local(entry, ifindex, &addr);
		if (found)
			*ret_addr = addr;
	}
	freeifaddrs(list);
	return found;
}

int
linklocal_open(void)
{
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? -errno : fd;
}

int
linklocal_join_routers(int fd, int ifindex)
{
	struct ipv6_mreq group = {.ipv6mr_interface = (unsigned)ifindex};

	/* ff02::2 */
	group.ipv6mr_multiaddr.s6_addr[0] = 0xff;
	group.ipv6mr_multiaddr.s6_addr[1] = 0x02;
	group.ipv6mr_multiaddr.s6_addr[15] = 0x02;
	if (setsockopt(
		fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &group, sizeof group) < 0 &&
	    errno != EADDRINUSE)
		return -errno;
	return 0;
}
