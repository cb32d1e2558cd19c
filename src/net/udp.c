#include "net/udp.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/udp.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/overflow.h"

enum {
	CONTROL_SIZE = 64, /* one in_pktinfo and a number, with headers */
};

/* As CMSG_FIRSTHDR() wants it: aligned for a length. */
struct control {
	alignas(size_t) char bytes[CONTROL_SIZE];
};

static_assert(
    CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(uint16_t)) <=
	CONTROL_SIZE,
    "room for the packet's interface and the segments' size");
static_assert(
    CMSG_SPACE(sizeof(struct in_pktinfo)) + OVERFLOW_CONTROL <= CONTROL_SIZE,
    "room for the packet's interface and the number of lost ones");

struct udp {
	struct loop *loop;
	struct loop_watch *watch;
	int fd;
	udp_cb *cb;
	void *arg;
	bool handling; /* replies wait for the end of the batch */
	bool segments; /* the kernel takes several datagrams as one */
	struct udp_stats stats;
	struct overflow overflow;

	struct mmsghdr in[UDP_BATCH];
	struct iovec in_iov[UDP_BATCH];
	struct control in_control[UDP_BATCH];
	struct sockaddr_in in_from[UDP_BATCH];
	uint8_t in_data[UDP_BATCH][UDP_RECEIVE_MAX];

	unsigned queued;
	struct iovec out_iov[UDP_BATCH];
	struct udp_path out_path[UDP_BATCH];
	uint8_t out_data[UDP_BATCH][UDP_SEND_MAX];
	/* What goes to the kernel: one or several of the queue each. */
	struct mmsghdr out[UDP_BATCH];
	struct control out_control[UDP_BATCH];
};

/* The kernel writes over lengths and flags, so each batch starts afresh. */
static void
prepare_receive(struct udp *udp)
{
	for (size_t i = 0; i < UDP_BATCH; i++) {
		udp->in_iov[i].iov_base = udp->in_data[i];
		udp->in_iov[i].iov_len = UDP_RECEIVE_MAX;
		udp->in[i].msg_hdr = (struct msghdr){
		    .msg_name = &udp->in_from[i],
		    .msg_namelen = sizeof udp->in_from[i],
		    .msg_iov = &udp->in_iov[i],
		    .msg_iovlen = 1,
		    .msg_control = udp->in_control[i].bytes,
		    .msg_controllen = CONTROL_SIZE,
		};
	}
}

static void
read_pktinfo(struct msghdr *hdr, struct udp_datagram *datagram)
{
	struct in_pktinfo info;
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(hdr); cmsg != NULL;
	     cmsg = CMSG_NXTHDR(hdr, cmsg)) {
		if (cmsg->cmsg_level != IPPROTO_IP ||
		    cmsg->cmsg_type != IP_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(cmsg), sizeof info);
		datagram->ifindex = info.ipi_ifindex;
		datagram->to = info.ipi_addr;
	}
}

static void
handle_one(struct udp *udp, size_t index)
{
	struct msghdr *hdr = &udp->in[index].msg_hdr;
	struct udp_datagram datagram = {
	    .data = udp->in_data[index],
	    .len = udp->in[index].msg_len,
	    .truncated = (hdr->msg_flags & MSG_TRUNC) != 0,
	    .from = udp->in_from[index],
	};

	if (hdr->msg_namelen != sizeof datagram.from)
		return;
	read_pktinfo(hdr, &datagram);
	overflow_read(&udp->overflow, hdr);
	udp->stats.overflowed = udp->overflow.lost;
	udp->stats.received++;
	udp->stats.truncated += datagram.truncated;
	udp->cb(udp->arg, udp, &datagram);
}

/* Control data is laid out by hand: room for both is asserted above. */
static void
write_control(struct control *control, size_t at, int level, int type,
    const void *data, size_t len)
{
	struct cmsghdr head = {
	    .cmsg_len = CMSG_LEN(len), .cmsg_level = level, .cmsg_type = type};

	memcpy(control->bytes + at, &head, sizeof head);
	memcpy(control->bytes + at + CMSG_LEN(0), data, len);
}

/* `count` of the queue, from `first` on, as the message `index`. */
static void
write_message(struct udp *udp, unsigned index, unsigned first, unsigned count)
{
	struct control *control = &udp->out_control[index];
	struct udp_path *path = &udp->out_path[first];
	/* With the interface named, a broadcast needs no route and no luck. */
	struct in_pktinfo info = {
	    .ipi_ifindex = path->ifindex,
	    .ipi_spec_dst = path->from,
	};
	uint16_t size = (uint16_t)udp->out_iov[first].iov_len;
	size_t len = CMSG_SPACE(sizeof info);

	memset(control, 0, sizeof *control);
	write_control(control, 0, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
	if (count > 1) {
		write_control(
		    control, len, SOL_UDP, UDP_SEGMENT, &size, sizeof size);
		len += CMSG_SPACE(sizeof size);
	}
	udp->out[index].msg_hdr = (struct msghdr){
	    .msg_name = &path->to,
	    .msg_namelen = sizeof path->to,
	    .msg_iov = &udp->out_iov[first],
	    .msg_iovlen = count,
	    .msg_control = control->bytes,
	    .msg_controllen = len,
	};
}

/*
 * Broadcasts alone: a relay may read its packets with a raw socket, and in a
 * container at the other end of a virtual cable it would find several in one.
 */
static bool
goes_with(const struct udp *udp, unsigned a, unsigned b)
{
	const struct udp_path *left = &udp->out_path[a];
	const struct udp_path *right = &udp->out_path[b];

	return left->to.sin_addr.s_addr == htonl(INADDR_BROADCAST) &&
	       right->to.sin_addr.s_addr == left->to.sin_addr.s_addr &&
	       right->to.sin_port == left->to.sin_port &&
	       right->from.s_addr == left->from.s_addr &&
	       right->ifindex == left->ifindex &&
	       udp->out_iov[a].iov_len == udp->out_iov[b].iov_len;
}

/* Puts the queue from `first` on into messages; returns how many. */
static unsigned
write_messages(struct udp *udp, unsigned first)
{
	unsigned messages = 0;

	while (first < udp->queued) {
		unsigned next = first + 1;

		while (udp->segments && next < udp->queued &&
		       goes_with(udp, first, next))
			next++;
		write_message(udp, messages++, first, next - first);
		first = next;
	}
	return messages;
}

/* The first message was not taken: returns how many of the queue are lost. */
static unsigned
on_send_error(struct udp *udp)
{
	unsigned lost = (unsigned)udp->out[0].msg_hdr.msg_iovlen;

	/* An interface without checksums or an old kernel: one by one. */
	if (lost > 1 && udp->segments) {
		udp->segments = false;
		return 0;
	}
	udp->stats.last_errno = errno;
	udp->stats.send_errors += lost;
	return lost;
}

/*
 * sendmmsg() stops at the first datagram that fails and names the error only
 * when nothing went before it: skip that one, go on with the rest.
 */
static void
flush(struct udp *udp)
{
	unsigned done = 0;

	while (done < udp->queued) {
		unsigned count = write_messages(udp, done);
		int r = sendmmsg(udp->fd, udp->out, count, MSG_DONTWAIT);

		for (int i = 0; i < r; i++) {
			done += (unsigned)udp->out[i].msg_hdr.msg_iovlen;
			udp->stats.sent += udp->out[i].msg_hdr.msg_iovlen;
		}
		if (r < 0 && errno != EINTR)
			done += on_send_error(udp);
	}
	udp->queued = 0;
}

/* The number of datagrams handled; less than a batch means: that was all. */
static unsigned
receive_batch(struct udp *udp)
{
	int r;

	prepare_receive(udp);
	do {
		r = recvmmsg(udp->fd, udp->in, UDP_BATCH, MSG_DONTWAIT, NULL);
	} while (r < 0 && errno == EINTR);
	if (r < 0) {
		if (errno != EAGAIN) {
			udp->stats.last_errno = errno;
			udp->stats.receive_errors++;
		}
		return 0;
	}
	udp->handling = true;
	for (size_t i = 0; i < (size_t)r; i++)
		handle_one(udp, i);
	udp->handling = false;
	flush(udp);
	return (unsigned)r;
}

static void
on_readable_cb(void *arg, int fd, unsigned events)
{
	struct udp *udp = arg;
	unsigned total = 0, count;

	(void)fd;
	(void)events;
	do {
		count = receive_batch(udp);
		total += count;
	} while (count == UDP_BATCH && total < UDP_TURN_MAX);
}

void
udp_send(
    struct udp *udp, const void *data, size_t len, const struct udp_path *path)
{
	unsigned i = udp->queued;

	if (len > UDP_SEND_MAX) {
		udp->stats.last_errno = EMSGSIZE;
		udp->stats.send_errors++;
		return;
	}
	memcpy(udp->out_data[i], data, len);
	udp->out_path[i] = *path;
	udp->out_iov[i].iov_base = udp->out_data[i];
	udp->out_iov[i].iov_len = len;
	udp->queued++;
	if (!udp->handling || udp->queued == UDP_BATCH)
		flush(udp);
}

static int
set_option(
    int fd, int level, int name, int value, const char *what, struct err *err)
{
	if (setsockopt(fd, level, name, &value, sizeof value) == 0)
		return 0;
	err_set(err, "cannot set %s on a datagram socket: %s", what,
	    strerror(errno));
	return -errno;
}

static int
prepare_socket(int fd, struct err *err)
{
	int flags = fcntl(fd, F_GETFL);
	int r;

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
		err_set(err, "descriptor %d is no usable socket: %s", fd,
		    strerror(errno));
		return -errno;
	}
	r = set_option(fd, IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO", err);
	if (r == 0)
		r = set_option(
		    fd, SOL_SOCKET, SO_BROADCAST, 1, "SO_BROADCAST", err);
	if (r == 0)
		r = set_option(
		    fd, SOL_SOCKET, SO_RXQ_OVFL, 1, "SO_RXQ_OVFL", err);
	return r;
}

struct udp *
udp_new(struct loop *loop, int fd, udp_cb *cb, void *arg, struct err *err)
{
	struct udp *udp;

	if (prepare_socket(fd, err) < 0)
		return NULL;
	udp = mem_alloc(sizeof *udp);
	udp->loop = loop;
	udp->fd = fd;
	udp->cb = cb;
	udp->arg = arg;
	udp->segments = true;
	udp->watch = loop_watch_new(loop, fd, LOOP_READ, on_readable_cb, udp);
	return udp;
}

void
udp_free(struct udp *udp)
{
	if (udp == NULL)
		return;
	loop_watch_free(udp->watch);
	(void)close(udp->fd);
	free(udp);
}

const struct udp_stats *
udp_stats(const struct udp *udp)
{
	return &udp->stats;
}
