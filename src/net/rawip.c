#include "net/rawip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdalign.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The port of a whole datagram, behind a header of any length. */
static int
set_filter(int fd, uint16_t port)
{
	struct sock_filter rows[] = {
	    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
	    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x3fff, 4, 0),
	    BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
	    BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	    BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = {
	    .len = sizeof rows / sizeof rows[0], .filter = rows};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
		   sizeof program) < 0
		   ? -errno
		   : 0;
}

static int
prepare_socket(int fd, const char *interface, uint16_t port)
{
	const int on = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
		(socklen_t)strlen(interface) + 1) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) < 0 ||
	    setsockopt(fd, IPPROTO_IP, IP_HDRINCL, &on, sizeof on) < 0)
		return -errno;
	return set_filter(fd, port);
}

int
rawip_open(int ifindex, uint16_t port)
{
	char name[IF_NAMESIZE] = "";
	int fd;
	int ret;

	if (if_indextoname((unsigned)ifindex, name) == NULL)
		return -ENODEV;
	fd = socket(
	    AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
	if (fd < 0)
		return -errno;
	ret = prepare_socket(fd, name, port);
	if (ret == 0)
		return fd;
	close(fd);
	return ret;
}

int
rawip_open_sender(void)
{
	const int on = 1;
	int fd = socket(
	    AF_INET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_RAW);
	int ret;

	if (fd >= 0 &&
	    setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on) == 0)
		return fd;
	ret = -errno;
	if (fd >= 0)
		close(fd);
	return ret;
}

int
rawip_send(
    int fd, const void *packet, size_t len, struct in_addr to, int ifindex)
{
	struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr = to};
	struct in_pktinfo info = {.ipi_ifindex = ifindex};
	struct iovec iov = {(void *)(uintptr_t)packet, len};
	struct {
		alignas(size_t) char bytes[CMSG_SPACE(sizeof info)];
	} control = {{0}};
	struct msghdr hdr = {
	    .msg_name = &addr,
	    .msg_namelen = sizeof addr,
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof control.bytes,
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&hdr);
	ssize_t n;

	cmsg->cmsg_level = IPPROTO_IP;
	cmsg->cmsg_type = IP_PKTINFO;
	cmsg->cmsg_len = CMSG_LEN(sizeof info);
	memcpy(CMSG_DATA(cmsg), &info, sizeof info);
	do {
		n = sendmsg(fd, &hdr, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int
rawip_broadcast(int fd, const void *packet, size_t len)
{
	const struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_BROADCAST)};
	ssize_t n;

	do {
		n = sendto(fd, packet, len, MSG_DONTWAIT,
		    (const struct sockaddr *)&to, sizeof to);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

ssize_t
rawip_receive(int fd, void *packet, size_t size)
{
	ssize_t n;

	do {
		n = recv(fd, packet, size, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}
