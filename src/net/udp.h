/*
 * A datagram socket in the loop: batches in (recvmmsg), batches out
 * (sendmmsg), with the interface that a datagram came by and the address that
 * it was sent to. Protocols are the caller's.
 *
 * Replies are queued while datagrams are handled and go out together; the
 * queue is a batch long and is flushed when it is full, so nothing grows.
 * Broadcasts of one length that follow each other go to the kernel as one
 * (UDP_SEGMENT), which saves most of its work when a whole rack asks. A
 * reply that the kernel does not take at once is lost and counted, as the
 * network would have done it.
 */
#ifndef CONVECT_NET_UDP_H
#define CONVECT_NET_UDP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/loop.h"

#define UDP_RECEIVE_MAX 2048 /* bytes; what is longer is cut and says so */
#define UDP_SEND_MAX 576
#define UDP_BATCH 32
#define UDP_TURN_MAX 256 /* datagrams a turn; then others have theirs */

struct udp;

struct udp_datagram {
	const uint8_t *data;
	size_t len;
	bool truncated;
	struct sockaddr_in from;
	struct in_addr to; /* the header's destination, maybe a broadcast */
	int ifindex;	   /* it arrived here; 0 when not known */
};

struct udp_path {
	struct sockaddr_in to;
	struct in_addr from; /* one of our addresses; 0.0.0.0: any */
	int ifindex;	     /* leaves here; 0: by the routes */
};

struct udp_stats {
	uint64_t received;
	uint64_t truncated;
	uint64_t receive_errors;
	uint64_t overflowed; /* came while the queue was full: lost */
	uint64_t sent;
	uint64_t send_errors;
	int last_errno; /* of the last error, either way; 0 = none yet */
};

typedef void udp_cb(
    void *arg, struct udp *udp, const struct udp_datagram *datagram);

/*
 * Takes over a bound IPv4 socket, sets what it needs (non-blocking, pktinfo,
 * broadcast, count of lost ones) and listens. NULL with the reason in `err`;
 * then the socket is still the caller's.
 */
struct udp *udp_new(
    struct loop *loop, int fd, udp_cb *cb, void *arg, struct err *err);
void udp_free(struct udp *udp); /* closes the socket; not from its callback */

/*
 * Queues a copy. Sent when the running batch is done, or at once outside of
 * the callback. What is longer than UDP_SEND_MAX counts as an error.
 */
void udp_send(
    struct udp *udp, const void *data, size_t len, const struct udp_path *path);
const struct udp_stats *udp_stats(const struct udp *udp);

#endif
