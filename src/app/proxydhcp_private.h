/*
 * Inside of app/proxydhcp.h: requests are answered in proxydhcp.c, sockets and
 * counters are in proxydhcp_io.c, what the log is told once in
 * proxydhcp_tell.c, the flight recorder in proxydhcp_trace.c.
 */
#ifndef CONVECT_APP_PROXYDHCP_PRIVATE_H
#define CONVECT_APP_PROXYDHCP_PRIVATE_H

#include "app/proxydhcp.h"
#include "app/proxydhcp_peers.h"

/* Interfaces, and relays, that the log was told of. */
#define PROXYDHCP_TOLD_MAX 32

struct proxydhcp_counts {
	uint64_t received;
	uint64_t overflowed;
	uint64_t offers;
	uint64_t acks;
	uint64_t malformed[DHCP_DROP_COUNT];
	uint64_t dropped[PROXYDHCP_DROP_COUNT];
};

struct proxydhcp_socket {
	struct proxydhcp *proxydhcp;
	struct udp *udp;
	uint16_t port;
	uint64_t overflowed; /* that are counted */
	uint64_t errors;     /* of sending, that the log has */
	int64_t errors_ms;
};

struct proxydhcp {
	const struct clock *clock;
	struct iface *iface;
	struct proxydhcp_conf conf;
	struct proxydhcp_handler handler;
	struct addrguard *guard; /* NULL: not asked */
	struct proxydhcp_peers *peers;
	struct proxydhcp_bucket bucket;
	struct proxydhcp_bucket unknown_bucket;
	struct proxydhcp_peers *strangers;
	struct proxydhcp_bucket strangers_bucket;
	struct proxydhcp_counts count;
	bool told_loader[PXE_LOADER_COUNT];
	in_addr_t told_relay[PROXYDHCP_TOLD_MAX];
	size_t told_relays;
	int told_ifindex[PROXYDHCP_TOLD_MAX];
	size_t told_ifaces;
	bool told_overflow;
	int64_t told_overflow_ms;
	int64_t told_lease_ms; /* of what keeps a lease back; 0: never */
	struct hwaddr probe_mac;
	int64_t probe_until_ms;
	struct proxydhcp_delay *delay;
	struct loop_timer *delay_timer; /* NULL without any socket */
	struct proxydhcp_socket socket[PROXYDHCP_SOCKETS_MAX];
	size_t sockets;
};

/* One request on its way from bytes to reply. */
struct proxydhcp_exchange {
	struct proxydhcp *proxydhcp;
	int64_t now_ms; /* of its arrival */
	struct dhcp_msg msg;
	struct pxe_client client;
	struct proxydhcp_arrival arrival;
	struct proxydhcp_peer *peer; /* NULL until the node is known */
	bool asked;		     /* `answer` is set */
	struct proxydhcp_answer answer;
	struct proxydhcp_plan plan;
	unsigned failures;	 /* boots that ended with its loader */
	const char *note;	 /* for the sighting */
	struct in_addr reserved; /* address that `taken_by` uses, if any */
	struct hwaddr taken_by;
};

#define PROXYDHCP_PROBLEM_SIZE 256
/*
 * What an operator can do about a request that was dropped, or "". Returns
 * `out`.
 */
const char *proxydhcp_problem(const struct proxydhcp_exchange *ex,
    enum proxydhcp_drop drop, char out[PROXYDHCP_PROBLEM_SIZE]);
/* ---- the steps of an answer ---- */

/* Gives it an entry among the peers, if it may ask now. */
enum proxydhcp_drop proxydhcp_admit(struct proxydhcp_exchange *ex);
/* The same, and asks the app for its node and what that is to boot. */
enum proxydhcp_drop proxydhcp_find_node(struct proxydhcp_exchange *ex);
enum proxydhcp_drop proxydhcp_make_plan(struct proxydhcp_exchange *ex);
void proxydhcp_remember_answer(
    struct proxydhcp_exchange *ex, enum proxydhcp_drop drop);
/* `reply` is NULL when there was none, for the reason `drop`. */
void proxydhcp_tell_sighting(struct proxydhcp_exchange *ex,
    const struct proxydhcp_reply *reply, enum proxydhcp_drop drop);
/* proxydhcp_lease.c: as the site's DHCP server. */
enum proxydhcp_drop proxydhcp_answer_lease(
    struct proxydhcp_exchange *ex, struct proxydhcp_reply *ret_reply);

/* Requests come by an interface that is not served. */
void proxydhcp_tell_interface(struct proxydhcp *proxydhcp, int ifindex);
/* A relay's request was dropped. */
void proxydhcp_tell_relay(
    struct proxydhcp_exchange *ex, enum proxydhcp_drop drop);
/* The loader that this machine needs is not there. */
void proxydhcp_tell_loader(struct proxydhcp_exchange *ex);
/* What is wrong with how it boots, into ex->note; and once into the log. */
void proxydhcp_tell_secure(
    struct proxydhcp_exchange *ex, enum proxydhcp_drop drop);
/* Sending fails. */
void proxydhcp_tell_send_errors(struct proxydhcp_socket *sock);

/* What was not taken as a message, and why. */
void proxydhcp_trace_malformed(struct proxydhcp *proxydhcp, uint16_t port,
    const struct udp_datagram *datagram, const char *why);
/* What was; `reply` is NULL when there was none, for the reason `drop`. */
void proxydhcp_trace_exchange(struct proxydhcp_exchange *ex,
    const struct udp_datagram *datagram, const struct proxydhcp_reply *reply,
    enum proxydhcp_drop drop);

#endif
