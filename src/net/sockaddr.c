#include "net/sockaddr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

static void
format(const struct sockaddr_storage *addr, char out[INET6_ADDRSTRLEN],
    uint16_t *ret_port)
{
	const struct sockaddr_in *in4 = (const void *)addr;
	const struct sockaddr_in6 *in6 = (const void *)addr;
	uint16_t port = 0;

	memcpy(out, "-", 2);
	if (addr->ss_family == AF_INET) {
		inet_ntop(AF_INET, &in4->sin_addr, out, INET6_ADDRSTRLEN);
		port = ntohs(in4->sin_port);
	} else if (addr->ss_family == AF_INET6) {
		const uint8_t *bytes = in6->sin6_addr.s6_addr;

		if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
			inet_ntop(AF_INET, bytes + 12, out, INET6_ADDRSTRLEN);
		else
			inet_ntop(AF_INET6, bytes, out, INET6_ADDRSTRLEN);
		port = ntohs(in6->sin6_port);
	}
	if (ret_port != NULL)
		*ret_port = port;
}

void
sockaddr_of_peer(int fd, char ret_addr[INET6_ADDRSTRLEN], uint16_t *ret_port)
{
	struct sockaddr_storage addr = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof addr;

	if (getpeername(fd, (struct sockaddr *)&addr, &len) < 0)
		addr.ss_family = AF_UNSPEC;
	format(&addr, ret_addr, ret_port);
}

void
sockaddr_of_local(int fd, char ret_addr[INET6_ADDRSTRLEN], uint16_t *ret_port)
{
	struct sockaddr_storage addr = {.ss_family = AF_UNSPEC};
	socklen_t len = sizeof addr;

	if (getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
		addr.ss_family = AF_UNSPEC;
	format(&addr, ret_addr, ret_port);
}

int
sockaddr_check_listener(int fd, struct err *err)
{
	int listening = 0;
	socklen_t len = sizeof listening;
	int flags;

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0 ||
	    !listening) {
		err_set(err, "descriptor %d is not a listening socket", fd);
		return -EINVAL;
	}
	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
		err_set(err, "descriptor %d: %s", fd, strerror(errno));
		return -errno;
	}
	return 0;
}
