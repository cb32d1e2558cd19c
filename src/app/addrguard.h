/*
 * Whether somebody else uses an address that the inventory reserves: asked by
 * ARP before a machine is offered it, and remembered. The DHCP server's
 * (--dhcp server); machines behind a relay are out of ARP's reach.
 */
#ifndef CONVECT_APP_ADDRGUARD_H
#define CONVECT_APP_ADDRGUARD_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/hwaddr.h"
#include "net/loop.h"

/* An answer takes no longer: two questions, and time for the second. */
#define ADDRGUARD_WAIT_MS 400

enum addrguard_state {
	ADDRGUARD_FREE,	 /* nobody answered in the last hour */
	ADDRGUARD_ASKED, /* in ADDRGUARD_WAIT_MS, it will be known */
	ADDRGUARD_TAKEN,
};

/* An address that is in use by a machine that it is not reserved for. */
struct addrguard_conflict {
	struct in_addr addr;
	struct hwaddr machine; /* to whom it belongs */
	struct hwaddr other;   /* who answers for it */
	int ifindex;
};

struct addrguard_handler {
	/* Both are NICs of one machine: it has its own address already. */
	bool (*is_same)(void *arg, const struct hwaddr *machine,
	    const struct hwaddr *other);
	/* Asks for the address, on the wire. */
	void (*send)(void *arg, int ifindex, struct in_addr addr);
	/* It is taken, which was not known. */
	void (*on_taken)(void *arg, const struct addrguard_conflict *conflict);
	void *arg;
};

struct addrguard;

/* `clock` and `loop` are borrowed; without a loop nothing is asked twice. */
struct addrguard *addrguard_new(struct loop *loop, const struct clock *clock,
    const struct addrguard_handler *handler);
void addrguard_free(struct addrguard *guard);

/*
 * The machine is to get this address: asks for it when nothing is known. One
 * that is taken is asked for again each time, so it is free soon after the
 * other is gone. *ret_other is set when it is taken.
 */
enum addrguard_state addrguard_look(struct addrguard *guard,
    struct in_addr addr, int ifindex, const struct hwaddr *machine,
    struct hwaddr *ret_other);
bool addrguard_is_taken(const struct addrguard *guard, struct in_addr addr);

/* A packet of ARP came by that interface. */
void addrguard_hear(
    struct addrguard *guard, int ifindex, const void *packet, size_t len);

typedef void addrguard_cb(void *arg, const struct addrguard_conflict *conflict);
void addrguard_each_taken(
    const struct addrguard *guard, addrguard_cb *cb, void *arg);

#endif
