/*
 * UDP in IPv4, with or without an Ethernet header, for those who see and send
 * whole packets: the packet tap, the DHCP probe, recordings. Bytes to a view
 * and back; no sockets, and nothing of what the datagram means.
 *
 * Fragments are refused: nobody who boots sends DHCP in pieces, and half a
 * datagram is none (RFC 791, RFC 768).
 */
#ifndef CONVECT_WIRE_IPUDP_H
#define CONVECT_WIRE_IPUDP_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hwaddr.h"

#define IPUDP_ETHERNET_LEN 14
#define IPUDP_HEADERS_LEN 28 /* IPv4 without options, and UDP */
/* Of one packet with its Ethernet header, around `len` bytes of data. */
#define IPUDP_SIZE(len) (IPUDP_ETHERNET_LEN + IPUDP_HEADERS_LEN + (len))

enum ipudp_flags {
	IPUDP_ETHERNET = 1, /* an Ethernet header comes first */
	/*
	 * The sender left the UDP checksum to its network card, as the kernel
	 * tells of packets that never left the machine: it is not looked at.
	 */
	IPUDP_CHECKSUM_OPEN = 2,
};

enum ipudp_drop {
	IPUDP_OK,
	IPUDP_DROP_SHORT,	 /* ends within a header */
	IPUDP_DROP_TYPE,	 /* not IPv4, or not UDP in it */
	IPUDP_DROP_HEADER,	 /* an IPv4 header that can not be */
	IPUDP_DROP_LENGTH,	 /* its lengths go past the end or disagree */
	IPUDP_DROP_FRAGMENT,	 /* a piece of a datagram */
	IPUDP_DROP_IP_CHECKSUM,	 /* of the IPv4 header */
	IPUDP_DROP_UDP_CHECKSUM, /* of the datagram */
	IPUDP_DROP_COUNT
};

/* A short name, fit for a metric: "udp-checksum". */
const char *ipudp_drop_name(enum ipudp_drop drop);

struct ipudp {
	struct hwaddr ether_from; /* with IPUDP_ETHERNET */
	struct hwaddr ether_to;
	struct in_addr from;
	struct in_addr to;
	uint16_t from_port;
	uint16_t to_port;
	const uint8_t *data; /* in the packet that was decoded */
	size_t len;
};

/* What follows the datagram, as Ethernet's padding does, is not looked at. */
enum ipudp_drop ipudp_decode(
    const void *packet, size_t len, unsigned flags, struct ipudp *ret_msg);

/*
 * Both checksums are filled in; DF is not set, TTL 64, TOS as routing
 * protocols have it (CS6). -EMSGSIZE: does not fit into `size`, or no IPv4
 * packet is that long.
 */
int ipudp_encode(const struct ipudp *msg, unsigned flags, void *out,
    size_t size, size_t *ret_len);

#endif
