/*
 * Ends iPXE's wait for an IPv6 router. iPXE that was built with IPv6, as
 * Debian's and Ubuntu's is, asks for routers at each start and waits some 15
 * seconds for one to answer before it boots on. The machines that we are
 * booting are told that we are no router; nobody else is told anything. The
 * answer goes to that machine alone, its addresses in both headers, and leaves
 * it as it was: no route, no prefix, no DNS, no DHCPv6.
 */
#ifndef CONVECT_APP_IPXERA_H
#define CONVECT_APP_IPXERA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/hwaddr.h"
#include "net/iface.h"
#include "net/loop.h"
#include "net/packet.h"
#include "wire/nd.h"

struct ipxera;

struct ipxera_handler {
	/* It is booting from us, and may have an answer now. */
	bool (*may_solicit)(void *arg, const struct hwaddr *mac);
	void *arg;
};

/* `iface` is borrowed: what it serves is served here. */
struct ipxera *ipxera_new(const struct clock *clock, struct iface *iface,
    const struct ipxera_handler *handler);
void ipxera_free(struct ipxera *ipxera);
/* Takes over a socket of packet_open_solicit(). */
void ipxera_listen(struct ipxera *ipxera, struct loop *loop, int fd);

/*
 * Interfaces and their addresses as they are now; one without an IPv6 address
 * is named in the log, once. Goes on every few seconds after ipxera_listen().
 */
void ipxera_refresh(struct ipxera *ipxera);
/* For tests: takes this as our address there in place of the kernel's. */
void ipxera_set_address(
    struct ipxera *ipxera, int ifindex, const struct in6_addr *addr);

/* One packet: true when *ret_advert is to go back to its sender. */
bool ipxera_handle(struct ipxera *ipxera, const struct packet_arrival *arrival,
    uint8_t ret_advert[ND_ADVERT_LEN]);

#endif
