/*
 * ARP for IPv4 on Ethernet (RFC 826), as far as it takes to ask whether
 * somebody uses an address (RFC 5227). Packets begin with ARP's header. No
 * sockets.
 */
#ifndef CONVECT_WIRE_ARP_H
#define CONVECT_WIRE_ARP_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hwaddr.h"

#define ARP_LEN 28

/* Who says that it has an address. */
struct arp_reply {
	struct hwaddr mac;
	struct in_addr addr;
};

/* -EBADMSG: no reply, or one of an address that no machine can have. */
int arp_decode_reply(
    const void *packet, size_t len, struct arp_reply *ret_reply);

/*
 * "Who has `addr`?", by someone without an address: it changes nobody's table
 * (RFC 5227 section 2.1.1).
 */
void arp_encode_probe(
    const struct hwaddr *from, struct in_addr addr, uint8_t out[ARP_LEN]);

#endif
