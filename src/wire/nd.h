/*
 * Two messages of IPv6 neighbour discovery (RFC 4861): the solicitation by
 * which a machine asks for routers, and the advertisement that tells it that
 * there is none. iPXE waits for one of the latter at each start. Packets
 * begin with the IPv6 header. No sockets; who gets an answer is decided
 * elsewhere.
 */
#ifndef CONVECT_WIRE_ND_H
#define CONVECT_WIRE_ND_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hwaddr.h"

enum nd_drop {
	ND_OK,
	ND_DROP_SHORT,	   /* ends within a header */
	ND_DROP_TYPE,	   /* not a solicitation right behind IPv6's header */
	ND_DROP_LENGTH,	   /* its length goes past the end */
	ND_DROP_HOP_LIMIT, /* not 255: it has come through a router */
	ND_DROP_SOURCE,	   /* an address that no machine can have */
	ND_DROP_CHECKSUM,  /* of ICMPv6 */
	ND_DROP_OPTION,	   /* an option of no length, or past the end */
	ND_DROP_COUNT
};

/* A short name, fit for a metric: "hop-limit". */
const char *nd_drop_name(enum nd_drop drop);

struct nd_solicit {
	struct in6_addr from; /* "::" while the machine has no address */
	bool has_link;	      /* it says its hardware address: option 1 */
	struct hwaddr link;
};

/* By RFC 4861 section 6.1.1. What follows the message is not looked at. */
enum nd_drop nd_decode_solicit(
    const void *packet, size_t len, struct nd_solicit *ret_solicit);

#define ND_ADVERT_LEN 56

/*
 * "I am no router": lifetime 0, no prefix, neither managed (M) nor other (O)
 * configuration, everything else left open. RFC 4861 section 4.2.
 */
void nd_encode_advert(const struct in6_addr *from, const struct in6_addr *to,
    uint8_t out[ND_ADVERT_LEN]);

#endif
