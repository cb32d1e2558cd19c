#include "net/packet.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/overflow.h"

enum {
	CONTROL_SIZE = 64, /* one tpacket_auxdata and a number, with headers */
	RECEIVE_BUFFER = 4 << 20,
	FILTER_LEN = 11,
	FILTER_MAX = 16,
	IPV4_VERSION = 4,
	IPV6_VERSION = 6,
};

const struct hwaddr packet_broadcast = {{255, 255, 255, 255, 255, 255}};

/* As CMSG_FIRSTHDR() wants it: aligned for a length. */
struct control {
	alignas(size_t) char bytes[CONTROL_SIZE];
};

static_assert(CMSG_SPACE(sizeof(struct tpacket_auxdata)) + OVERFLOW_CONTROL <=
		  CONTROL_SIZE,
    "room for a packet's state and the number of lost ones");

struct packet {
	struct loop_watch *watch;
	int fd;
	packet_cb *cb;
	void *arg;
	struct packet_stats stats;
	struct overflow overflow;
	uint8_t data[PACKET_RECEIVE_MAX];
};

/*
 * Offsets are from the IPv4 header. Nothing that a switch floods to us though
 * it is for others; UDP; neither "more fragments" nor an offset; the port
 * behind a header of any length.
 */
static void
make_filter(uint16_t port, struct sock_filter filter[FILTER_LEN])
{
	const struct sock_filter rows[FILTER_LEN] = {
	    BPF_STMT(BPF_LD | BPF_B | BPF_ABS,
		(uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OTHERHOST, 8, 0),
	    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 6),
	    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
	    BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x3fff, 4, 0),
	    BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
	    BPF_STMT(BPF_LD | BPF_H | BPF_IND, 2),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, port, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	    BPF_STMT(BPF_RET | BPF_K, 0),
	};

	memcpy(filter, rows, sizeof rows);
}

/* The kind of ICMPv6 message is right behind the IPv6 header. */
static const struct sock_filter solicit_filter[] = {
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OTHERHOST, 5, 0),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_ICMPV6, 0, 3),
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 40),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ND_ROUTER_SOLICIT, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    BPF_STMT(BPF_RET | BPF_K, 0),
};

/* Who answers does so by unicast. */
static const struct sock_filter arp_filter[] = {
    BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OTHERHOST, 3, 0),
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 6),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARPOP_REPLY, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
    BPF_STMT(BPF_RET | BPF_K, 0),
};

/* By how packets begin: IP's version, or ARP's type of hardware. */
static uint16_t
ethertype_of(const uint8_t *data, size_t len)
{
	switch (len > 0 ? data[0] >> 4 : IPV4_VERSION) {
	case 0:
		return ETH_P_ARP;
	case IPV6_VERSION:
		return ETH_P_IPV6;
	default:
		return ETH_P_IP;
	}
}

static int
prepare_socket(int fd, uint16_t ethertype, const struct sock_filter *rows,
    unsigned short count)
{
	struct sock_filter copy[FILTER_MAX];
	const struct sock_fprog program = {.len = count, .filter = copy};
	const struct sockaddr_ll all = {
	    .sll_family = AF_PACKET, .sll_protocol = htons(ethertype)};
	const int on = 1;
	const int size = RECEIVE_BUFFER;

	memcpy(copy, rows, count * sizeof *rows);
	if (overflow_enable(fd) < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
		sizeof program) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, &on, sizeof on) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof on) < 0)
		return -errno;
	/* Above the system's own limit, where that is allowed. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	/* Protocol 0 received nothing so far: the filter was there first. */
	if (bind(fd, (const struct sockaddr *)&all, sizeof all) < 0)
		return -errno;
	return 0;
}

static int
open_socket(uint16_t ethertype, const struct sock_filter *rows,
    unsigned short count, struct err *err)
{
	int fd =
	    socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int ret = fd < 0 ? -errno : prepare_socket(fd, ethertype, rows, count);

	if (ret == 0)
		return fd;
	err_set(err, "packet socket: %s", strerror(-ret));
	if (ret == -EPERM)
		err_hint(err, "it takes root, or the capability CAP_NET_RAW");
	if (fd >= 0)
		close(fd);
	return ret;
}

int
packet_open(uint16_t port, struct err *err)
{
	struct sock_filter rows[FILTER_LEN];

	make_filter(port, rows);
	return open_socket(ETH_P_IP, rows, FILTER_LEN, err);
}

int
packet_open_solicit(struct err *err)
{
	return open_socket(ETH_P_IPV6, solicit_filter,
	    sizeof solicit_filter / sizeof solicit_filter[0], err);
}

int
packet_open_arp(struct err *err)
{
	return open_socket(ETH_P_ARP, arp_filter,
	    sizeof arp_filter / sizeof arp_filter[0], err);
}

int
packet_own_mac(const struct packet *packet, int ifindex, struct hwaddr *ret_mac)
{
	struct ifreq req = {.ifr_ifindex = ifindex};

	if (ioctl(packet->fd, SIOCGIFNAME, &req) < 0 ||
	    ioctl(packet->fd, SIOCGIFHWADDR, &req) < 0)
		return -errno;
	memcpy(ret_mac->b, req.ifr_hwaddr.sa_data, HWADDR_LEN);
	return 0;
}

static bool
checksum_is_open(struct msghdr *hdr)
{
	struct tpacket_auxdata aux;
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(hdr); cmsg != NULL;
	     cmsg = CMSG_NXTHDR(hdr, cmsg)) {
		if (cmsg->cmsg_level != SOL_PACKET ||
		    cmsg->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(cmsg), sizeof aux);
		return (aux.tp_status & TP_STATUS_CSUMNOTREADY) != 0;
	}
	return false;
}

/* False: nothing more, for now. */
static bool
receive_one(struct packet *packet)
{
	struct sockaddr_ll from = {.sll_family = AF_UNSPEC};
	struct iovec iov = {packet->data, sizeof packet->data};
	struct control control;
	struct msghdr hdr = {
	    .msg_name = &from,
	    .msg_namelen = sizeof from,
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof control.bytes,
	};
	struct packet_arrival arrival = {.data = packet->data};
	ssize_t n = recvmsg(packet->fd, &hdr, MSG_DONTWAIT);

	if (n < 0) {
		if (errno == EAGAIN)
			return false;
		/* ENETDOWN: an interface went; the socket goes on. */
		packet->stats.last_errno = errno;
		packet->stats.receive_errors++;
		return errno == EINTR || errno == ENETDOWN;
	}
	arrival.len = (size_t)n;
	arrival.truncated = (hdr.msg_flags & MSG_TRUNC) != 0;
	overflow_read(&packet->overflow, &hdr);
	packet->stats.overflowed = packet->overflow.lost;
	arrival.checksum_open = checksum_is_open(&hdr);
	arrival.ifindex = from.sll_ifindex;
	if (from.sll_halen == HWADDR_LEN)
		memcpy(arrival.from.b, from.sll_addr, HWADDR_LEN);
	packet->stats.received++;
	packet->cb(packet->arg, packet, &arrival);
	return true;
}

static void
on_readable_cb(void *arg, int fd, unsigned events)
{
	struct packet *packet = arg;
	unsigned total = 0;

	(void)fd;
	(void)events;
	while (total < PACKET_TURN_MAX && receive_one(packet))
		total++;
}

struct packet *
packet_new(struct loop *loop, int fd, packet_cb *cb, void *arg)
{
	struct packet *packet = mem_alloc(sizeof *packet);

	packet->fd = fd;
	packet->cb = cb;
	packet->arg = arg;
	packet->watch =
	    loop_watch_new(loop, fd, LOOP_READ, on_readable_cb, packet);
	return packet;
}

void
packet_free(struct packet *packet)
{
	if (packet == NULL)
		return;
	loop_watch_free(packet->watch);
	(void)close(packet->fd);
	free(packet);
}

int
packet_send(struct packet *packet, const void *data, size_t len, int ifindex,
    const struct hwaddr *to)
{
	struct sockaddr_ll addr = {
	    .sll_family = AF_PACKET,
	    .sll_protocol = htons(ethertype_of(data, len)),
	    .sll_ifindex = ifindex,
	    .sll_halen = HWADDR_LEN,
	};
	ssize_t n;

	memcpy(addr.sll_addr, to->b, HWADDR_LEN);
	do {
		n = sendto(packet->fd, data, len, MSG_DONTWAIT,
		    (const struct sockaddr *)&addr, sizeof addr);
	} while (n < 0 && errno == EINTR);
	if (n >= 0) {
		packet->stats.sent++;
		return 0;
	}
	packet->stats.last_errno = errno;
	packet->stats.send_errors++;
	return -errno;
}

const struct packet_stats *
packet_stats(const struct packet *packet)
{
	return &packet->stats;
}
