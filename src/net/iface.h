/*
 * The machine's interfaces and their IPv4 addresses: which of them we serve,
 * what our address is towards somebody, who is on the link. Interfaces and
 * addresses come and go while we run; iface_watch() keeps up with them.
 */
#ifndef CONVECT_NET_IFACE_H
#define CONVECT_NET_IFACE_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/loop.h"

#define IFACE_ADDRS_MAX 1024 /* further ones are not served */

struct iface_addr {
	int ifindex;
	char name[IF_NAMESIZE];
	struct in_addr addr;
	struct in_addr mask;
	bool served;
};

struct iface;

/*
 * `names` are the interfaces to serve; with none, every one that is up, can
 * broadcast and is not the loopback. They need not exist yet.
 */
struct iface *iface_new(const char *const *names, size_t count);
void iface_free(struct iface *iface);

/* Reads the machine's addresses, once; 0 or a negative errno. */
int iface_read(struct iface *iface);

/* An address that is served has come, or it has gone. */
typedef void iface_cb(void *arg, const struct iface_addr *addr, bool come);

/*
 * Reads them, and again whenever the kernel tells of a change. The callback
 * comes for later changes, and may be NULL.
 */
int iface_watch(struct iface *iface, struct loop *loop, iface_cb *cb, void *arg,
    struct err *err);
/* Takes these in place of the machine's; `served` is set from the names. */
void iface_set(
    struct iface *iface, const struct iface_addr *addrs, size_t count);

/*
 * Our address on an interface that we serve, for talking to `peer`: the one
 * whose network holds it, else the first. False when there is none.
 */
bool iface_find(struct iface *iface, int ifindex, struct in_addr peer,
    struct iface_addr *ret_addr);
/* The address is in a network of that interface, and not a broadcast of it. */
bool iface_on_link(const struct iface *iface, int ifindex, struct in_addr addr);
/* The broadcast address, or the network's own, of a network that we are in. */
bool iface_is_broadcast(const struct iface *iface, struct in_addr addr);
/*
 * A datagram to this address is for us when it comes by that interface: it is
 * one of ours, the limited broadcast, or the broadcast of one of its networks.
 */
bool iface_takes(const struct iface *iface, int ifindex, struct in_addr to);
/* The address is ours, on whichever interface. */
bool iface_is_ours(const struct iface *iface, struct in_addr addr);
/* For messages and doctor: all of them. */
const struct iface_addr *iface_list(
    const struct iface *iface, size_t *ret_count);

#endif
