/*
 * proxyDHCP: sockets in, policy asked, replies out. The site's DHCP server
 * gives addresses; we add what to boot, on port 67 beside its offers and on
 * 4011 to those who ask again. Who must boot nothing gets no answer, and so
 * its firmware goes on to its disk.
 *
 * Which node a machine is, and what the policy says, comes from the callback
 * `decide`; what is worth an event is told by `on_sighting`.
 */
#ifndef CONVECT_APP_PROXYDHCP_H
#define CONVECT_APP_PROXYDHCP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/proxydhcp_delay.h"
#include "app/proxydhcp_reply.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/hwaddr.h"
#include "base/ipv4net.h"
#include "core/policy.h"
#include "net/iface.h"
#include "net/loop.h"
#include "net/udp.h"
#include "wire/dhcp_lease.h"

struct proxydhcp;

#define PROXYDHCP_RELAYS_MAX 16

struct proxydhcp_conf {
	struct proxydhcp_site site;
	/* Where relays, and machines behind them, may be; none: no relays. */
	struct ipv4net relay_allow[PROXYDHCP_RELAYS_MAX];
	size_t relay_count;
	/* Requests of one machine, replies to all; a second. 0: default. */
	unsigned node_rate;  /* 5 */
	unsigned node_burst; /* 10 */
	unsigned rate;	     /* 10000: two thousand machines, thrice */
	unsigned burst;	     /* 10000 */
	unsigned peers_max;  /* machines remembered: 16384 */
	/* The same for those that the inventory does not name. */
	unsigned strangers_rate;  /* 50 */
	unsigned strangers_burst; /* 100 */
	unsigned strangers_max;	  /* 256 */
};

/* Who asks. */
struct proxydhcp_query {
	const struct hwaddr *mac;
	const struct pxe_client *client;
	const struct proxydhcp_arrival *arrival;
	const uint8_t *uuid; /* 16 bytes of option 97, or NULL */
};

/* What the app knows of it; pointers live until the callback's next call. */
struct proxydhcp_answer {
	const char *node; /* NULL: the inventory does not name it */
	bool stranger;	  /* nor this one, but it is answered all the same */
	enum proxydhcp_style style;
	unsigned delay_ms; /* of an offer on port 67 */
	bool identify;	   /* iPXE is to tell its UUID and serial number */
	enum proxydhcp_loader loader;
	/* Of policy_decide() at stage ASK_DHCP; see policy_is_offer(). */
	struct decision decision;
};

/*
 * A machine asked to network-boot. Comes for every request of a known node
 * that its token bucket lets through, so retransmissions too; for unknown
 * machines at most some a second in all.
 */
struct proxydhcp_sighting {
	const char *node; /* NULL: unknown, and not answered */
	bool stranger;	  /* the inventory does not name it */
	const struct hwaddr *mac;
	struct in_addr addr; /* 0.0.0.0 on port 67, where it has none */
	int ifindex;
	uint16_t port;	    /* 67 or 4011 */
	const char *arch;   /* "uefi-x64", ...; "" when not known */
	const char *client; /* "pxe", "http", "ipxe", "gpxe" */
	bool replied;
	const char *stage; /* of proxydhcp_stage_name(); "" if no reply */
	const char *file;  /* what it was told to load; "" if no reply */
	enum proxydhcp_drop drop; /* why not */
	const char *problem;	  /* what can be done about that, or "" */
	const struct decision *decision; /* NULL: unknown */
};

/*
 * A datagram and what became of it, for the flight recorder: every one that
 * names a machine, also those that are no sighting.
 */
struct proxydhcp_trace {
	int64_t mono_ms; /* of its arrival, clock_mono_ms() */
	uint16_t port;
	const struct udp_datagram *datagram;
	const struct hwaddr *mac;
	const struct dhcp_msg *msg;	 /* NULL: malformed */
	const struct pxe_client *client; /* NULL: malformed */
	const char *drop;		 /* NULL: there is a reply */
	const struct decision *decision; /* NULL: `decide` was not asked */
	const struct proxydhcp_reply *reply;
};

/* What a DHCP server's inventory reserves for a machine. */
struct proxydhcp_lease {
	const char *node; /* NULL: the inventory does not name it */
	struct in_addr addr;
	unsigned prefix;	       /* 0: as the interface's network */
	struct dhcp_settings settings; /* but for the mask */
};

struct addrguard; /* app/addrguard.h */

struct proxydhcp_handler {
	void (*decide)(void *arg, const struct proxydhcp_query *query,
	    struct proxydhcp_answer *ret_answer);
	void (*on_sighting)(
	    void *arg, const struct proxydhcp_sighting *sighting);
	/*
	 * How option 60 begins when this machine's firmware does not say
	 * PXEClient; "": it does. May be NULL.
	 */
	const char *(*vendor_class)(void *arg, const struct hwaddr *mac);
	/*
	 * NULL: the site has a DHCP server. Else we are it; false: the machine
	 * has no address.
	 */
	bool (*lease)(void *arg, const struct hwaddr *mac,
	    struct proxydhcp_lease *ret_lease);
	/* May be NULL. */
	void (*on_trace)(void *arg, const struct proxydhcp_trace *trace);
	void *arg;
};

/* `iface` is borrowed. */
struct proxydhcp *proxydhcp_new(const struct clock *clock, struct iface *iface,
    const struct proxydhcp_conf *conf, const struct proxydhcp_handler *handler);
void proxydhcp_free(struct proxydhcp *proxydhcp);

/*
 * For `ms`, packets of this MAC are a machine's although they come from this
 * host: doctor's, who looks whether requests arrive and answers leave.
 * `decide` is asked as ever. The newest one counts.
 */
void proxydhcp_expect_probe(
    struct proxydhcp *proxydhcp, const struct hwaddr *mac, int64_t ms);
bool proxydhcp_is_probe(
    const struct proxydhcp *proxydhcp, const struct hwaddr *mac);

/* As a DHCP server, ask there before an address is given; borrowed. */
void proxydhcp_set_guard(struct proxydhcp *proxydhcp, struct addrguard *guard);

#define PROXYDHCP_SOCKETS_MAX 64
/*
 * Takes over a bound socket, of port 67 or 4011 as told; as many as there are
 * interfaces. On error the socket stays the caller's.
 */
int proxydhcp_add_socket(struct proxydhcp *proxydhcp, struct loop *loop, int fd,
    uint16_t port, struct err *err);

/*
 * One datagram; what the sockets call, and tests. True: *ret_reply is to be
 * sent.
 */
bool proxydhcp_handle(struct proxydhcp *proxydhcp, uint16_t port,
    const struct udp_datagram *datagram, struct proxydhcp_reply *ret_reply);

/*
 * Sends a reply, at once or when it has waited: `send` is called with `arg`,
 * which has to last as long as proxyDHCP does.
 */
void proxydhcp_post(struct proxydhcp *proxydhcp,
    const struct proxydhcp_reply *reply, proxydhcp_send_cb *send, void *arg);
/* Sends what has waited long enough; what the timer calls, and tests. */
void proxydhcp_send_due(struct proxydhcp *proxydhcp);

/* The loader tree has changed. */
void proxydhcp_set_loaders(
    struct proxydhcp *proxydhcp, const bool present[PXE_LOADER_COUNT]);

/*
 * The node that was seen with this address, in a request on 4011 or in one to
 * the site's DHCP server. A hint for time lines, not a proof of anything.
 */
bool proxydhcp_mac_of(const struct proxydhcp *proxydhcp, struct in_addr addr,
    struct hwaddr *ret_mac);

/*
 * The machine has fetched its loader, or by one of them (GRUB) its kernel.
 * Firmware that does the one again and again has Secure Boot on.
 */
void proxydhcp_saw_fetch(
    struct proxydhcp *proxydhcp, const struct hwaddr *mac, bool kernel);

/* An iPXE starts within it after the reply that leads to it. */
#define PROXYDHCP_BOOTING_MS 120000
/*
 * A machine asks for IPv6 routers: true when we are booting it, having sent it
 * a reply in the last PROXYDHCP_BOOTING_MS, and when it does not ask too often.
 */
bool proxydhcp_may_solicit(
    struct proxydhcp *proxydhcp, const struct hwaddr *mac);

/*
 * So many requests more were lost before they could be read: they came faster
 * than that.
 */
void proxydhcp_add_overflowed(struct proxydhcp *proxydhcp, uint64_t count);

struct proxydhcp_counter {
	const char *name; /* "received", "offers", or why it was dropped */
	bool drop;
	uint64_t value;
};

/* All of them, always the same in the same order. */
#define PROXYDHCP_COUNTERS                                                     \
	(5 + (DHCP_DROP_COUNT - 1) + (PROXYDHCP_DROP_COUNT - 1))
void proxydhcp_counters(const struct proxydhcp *proxydhcp,
    struct proxydhcp_counter ret_counters[PROXYDHCP_COUNTERS]);

#endif
