/*
 * A packet socket in the loop: sees UDP datagrams to one port on all
 * interfaces, whoever has that port and before any firewall, or IPv6 router
 * solicitations, and sends packets by an interface to a hardware address. The
 * kernel makes the Ethernet header, so packets begin with that of IPv4 or IPv6
 * (wire/ipudp.h and wire/nd.h read and make them).
 *
 * It is not bound to an interface, so it goes on when one is made anew. A
 * VLAN's or bridge's packets come by the VLAN or bridge, once. What this
 * machine itself sends is not seen, except its own broadcasts.
 */
#ifndef CONVECT_NET_PACKET_H
#define CONVECT_NET_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/hwaddr.h"
#include "net/loop.h"

#define PACKET_RECEIVE_MAX 2048 /* bytes; what is longer is cut and says so */
#define PACKET_TURN_MAX 256	/* packets a turn; then others have theirs */

struct packet;

struct packet_arrival {
	const uint8_t *data; /* from the IP header on */
	size_t len;
	bool truncated;
	bool checksum_open; /* for IPUDP_CHECKSUM_OPEN */
	int ifindex;
	struct hwaddr from; /* of the Ethernet header; all zero: has none */
};

typedef void packet_cb(
    void *arg, struct packet *packet, const struct packet_arrival *arrival);

struct packet_stats {
	uint64_t received;
	uint64_t receive_errors;
	uint64_t overflowed; /* came while the queue was full: lost */
	uint64_t sent;
	uint64_t send_errors;
	int last_errno; /* of the last error, either way; 0 = none yet */
};

extern const struct hwaddr packet_broadcast; /* ff:ff:ff:ff:ff:ff */

/*
 * A socket that passes IPv4 packets with UDP to `port`, whole ones only, to
 * this machine or to all. Takes CAP_NET_RAW; whoever has the descriptor may
 * receive those, never others, and send anything. Close-on-exec. The descriptor
 * or a negative errno.
 */
int packet_open(uint16_t port, struct err *err);
/* The same for router solicitations (ICMPv6 type 133). */
int packet_open_solicit(struct err *err);
/* The same for replies of ARP. */
int packet_open_arp(struct err *err);
/* The interface's own hardware address; 0 or a negative errno. */
int packet_own_mac(
    const struct packet *packet, int ifindex, struct hwaddr *ret_mac);

/* Takes over a socket of one of those, maybe inherited; never NULL. */
struct packet *packet_new(struct loop *loop, int fd, packet_cb *cb, void *arg);
void packet_free(struct packet *packet); /* closes it; not from its callback */

/*
 * Sends an IP packet at once; 0 or a negative errno (-ENXIO, -ENETDOWN: the
 * interface). Never waits: what the kernel does not take is lost and counted.
 */
int packet_send(struct packet *packet, const void *data, size_t len,
    int ifindex, const struct hwaddr *to);
const struct packet_stats *packet_stats(const struct packet *packet);

#endif
