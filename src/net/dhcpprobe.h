/*
 * Asks who gives addresses and boot files on a link: broadcasts a DISCOVER of
 * a machine that does not exist, and collects every offer for a while. It
 * never goes on to a REQUEST, so no server binds an address.
 *
 * Over a packet socket: it works beside a DHCP client or server of this
 * machine and before the firewall. A server that runs on this very machine may
 * not see the DISCOVER (the kernel does not give packets back to their
 * sender), so look for one by its port.
 */
#ifndef CONVECT_NET_DHCPPROBE_H
#define CONVECT_NET_DHCPPROBE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hwaddr.h"
#include "net/loop.h"
#include "wire/dhcp.h"

#define DHCPPROBE_OFFERS_MAX 32 /* further ones are only counted */
#define DHCPPROBE_WAIT_MAX_MS 60000
#define DHCPPROBE_LINKS_MAX 32

struct dhcpprobe;

struct dhcpprobe_offer {
	struct dhcp_msg msg;
	int ifindex;
	struct in_addr from; /* of its IP header */
	uint16_t from_port;
	struct hwaddr from_mac; /* of its Ethernet header */
	int64_t after_ms;	/* since the first DISCOVER */
};

struct dhcpprobe_conf {
	int ifindex[DHCPPROBE_LINKS_MAX]; /* asks on all of them */
	size_t links;			  /* 1 or more */
	const char *class; /* option 60, "PXEClient:Arch:00007:..."; or NULL */
	int arch;	   /* as in struct dhcp_discover */
	struct hwaddr mac; /* nobody's; all zero: one by chance */
	/*
	 * Our address on the interface: the DISCOVER is sent by way of this
	 * host's own network stack, so that servers on this host hear it too.
	 * It is no machine's then, for those who look at the source address.
	 * With one interface only.
	 */
	struct in_addr own;
	/*
	 * The DISCOVER goes to that address alone: over the loopback, where a
	 * packet socket of this host sees it, as it sees what comes by a cable.
	 */
	bool to_own;
	int64_t wait_ms; /* 1 to DHCPPROBE_WAIT_MAX_MS */
	/* DISCOVERs, spread over the first half of the time; 1 or more. */
	unsigned tries;
};

struct dhcpprobe_result {
	const struct dhcpprobe_offer *offers; /* in the order of arrival */
	size_t count;
	size_t dropped; /* offers over DHCPPROBE_OFFERS_MAX */
	int error;	/* an interface where none could be sent; 0: none */
};

/* Comes once, when the time is up; dhcpprobe_free() may be called from it. */
typedef void dhcpprobe_cb(void *arg, const struct dhcpprobe_result *result);

/*
 * Starts at once. `fd` is a socket of packet_open(DHCP_PORT_CLIENT, ...), this
 * probe's own and taken over. -EINVAL: what `conf` says; -EMSGSIZE: a class
 * that is too long; what rawip_open() says, with conf.own; then `fd` is still
 * the caller's.
 */
int dhcpprobe_new(struct loop *loop, int fd, const struct dhcpprobe_conf *conf,
    dhcpprobe_cb *cb, void *arg, struct dhcpprobe **ret_probe);
void dhcpprobe_free(struct dhcpprobe *probe); /* NULL is fine */

#endif
