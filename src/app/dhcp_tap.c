#include "app/dhcp_tap.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/packet.h"
#include "net/rawip.h"
#include "wire/ipudp.h"

enum {
	TELL_SEND_MS = 60 * 1000,
};

struct dhcp_tap {
	const struct clock *clock;
	struct iface *iface;
	struct proxydhcp *proxydhcp;
	struct packet *packet;
	int raw;	     /* sends */
	uint64_t overflowed; /* that are counted */
	uint64_t lost;
	int64_t told_ms;
	bool told;
};

static void
tell_send_error(struct dhcp_tap *tap, int error)
{
	int64_t now = clock_mono_ms(tap->clock);

	tap->lost++;
	if (tap->told && now - tap->told_ms < TELL_SEND_MS)
		return;
	log_warn(NULL,
	    "cannot send replies beside port 67's holder: %s (%llu lost so "
	    "far); is the interface down?",
	    strerror(-error), (unsigned long long)tap->lost);
	tap->told = true;
	tap->told_ms = now;
}

/*
 * By way of this host's own network stack: it knows the ways to relays, and
 * lets doctor hear what we say.
 */
static void
on_send_cb(void *arg, const struct proxydhcp_reply *reply)
{
	struct dhcp_tap *tap = arg;
	uint8_t packet[IPUDP_SIZE(DHCP_REPLY_MAX)];
	struct ipudp msg = {
	    .from = reply->from,
	    .to = reply->to.sin_addr,
	    .from_port = DHCP_PORT_SERVER,
	    .to_port = ntohs(reply->to.sin_port),
	    .data = reply->packet,
	    .len = reply->len,
	};
	size_t len;
	int ret = ipudp_encode(&msg, 0, packet, sizeof packet, &len);

	if (ret == 0)
		ret = rawip_send(
		    tap->raw, packet, len, reply->to.sin_addr, reply->ifindex);
	if (ret < 0)
		tell_send_error(tap, ret);
}

/*
 * Doctor's request comes over the loopback: it counts as one by the interface
 * whose address it is for. Of this host's own packets those alone are answered
 * that doctor has announced. 0: not for us; a router sees packets on their way
 * to others, too.
 */
static int
find_interface(const struct dhcp_tap *tap, int ifindex, const struct ipudp *ip)
{
	const struct iface_addr *list;
	size_t count;

	if (!iface_takes(tap->iface, ifindex, ip->to))
		return 0;
	list = iface_list(tap->iface, &count);
	for (size_t i = 0; iface_is_ours(tap->iface, ip->from) && i < count;
	     i++) {
		if (list[i].served && list[i].addr.s_addr == ip->to.s_addr)
			return list[i].ifindex;
	}
	return ifindex;
}

static void
on_packet_cb(
    void *arg, struct packet *packet, const struct packet_arrival *arrival)
{
	struct dhcp_tap *tap = arg;
	struct udp_datagram datagram = {.truncated = arrival->truncated};
	unsigned flags = arrival->checksum_open ? IPUDP_CHECKSUM_OPEN : 0;
	struct proxydhcp_reply reply;
	struct ipudp ip;

	proxydhcp_add_overflowed(
	    tap->proxydhcp, packet_stats(packet)->overflowed - tap->overflowed);
	tap->overflowed = packet_stats(packet)->overflowed;
	if (ipudp_decode(arrival->data, arrival->len, flags, &ip) != IPUDP_OK)
		return;
	datagram.ifindex = find_interface(tap, arrival->ifindex, &ip);
	if (datagram.ifindex == 0)
		return;
	datagram.data = ip.data;
	datagram.len = ip.len;
	datagram.to = ip.to;
	datagram.from.sin_family = AF_INET;
	datagram.from.sin_addr = ip.from;
	datagram.from.sin_port = htons(ip.from_port);
	if (!proxydhcp_handle(
		tap->proxydhcp, DHCP_PORT_SERVER, &datagram, &reply))
		return;
	proxydhcp_post(tap->proxydhcp, &reply, on_send_cb, tap);
}

struct dhcp_tap *
dhcp_tap_new(struct loop *loop, const struct clock *clock, struct iface *iface,
    struct proxydhcp *proxydhcp, const int fds[2])
{
	struct dhcp_tap *tap = mem_alloc(sizeof *tap);

	tap->clock = clock;
	tap->iface = iface;
	tap->proxydhcp = proxydhcp;
	tap->raw = fds[1];
	tap->packet = packet_new(loop, fds[0], on_packet_cb, tap);
	return tap;
}

void
dhcp_tap_free(struct dhcp_tap *tap)
{
	if (tap == NULL)
		return;
	packet_free(tap->packet);
	(void)close(tap->raw);
	free(tap);
}
