#include "net/linkwatch.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int
linkwatch_open(struct err *err)
{
	const struct sockaddr_nl addr = {.nl_family = AF_NETLINK,
	    .nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR};
	int fd = socket(
	    AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	int ret;

	if (fd >= 0 &&
	    bind(fd, (const struct sockaddr *)&addr, sizeof addr) == 0)
		return fd;
	ret = -errno;
	err_set(
	    err, "netlink: changes of network interfaces: %s", strerror(-ret));
	if (fd >= 0)
		close(fd);
	return ret;
}

bool
linkwatch_drain(int fd)
{
	bool changed = false;
	uint8_t byte;

	for (;;) {
		ssize_t n =
		    recv(fd, &byte, sizeof byte, MSG_DONTWAIT | MSG_TRUNC);

		if (n < 0 && errno == EAGAIN)
			return changed;
		/* ENOBUFS: some were lost, which is a change as well. */
		if (n < 0 && errno != ENOBUFS && errno != EINTR)
			return changed;
		changed = true;
	}
}
