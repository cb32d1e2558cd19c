#include "net/udp.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

enum {
	CONTROL_SIZE = 64, /* one in_pktinfo with its header */
	RECEIVE_BUFFER = 1 << 20,
};

/* As CMSG_FIRSTHDR() wants it: aligned for a length. */
struct control {
	alignas(size_t) char bytes[CONTROL_SIZE];
};

static_assert(CMSG_SPACE(sizeof(struct in_pktinfo)) <= CONTROL_SIZE,
    "room for the packet's interface");

struct udp {
	struct loop *loop;
	struct loop_watch *watch;
	int fd;
	udp_cb *cb;
	void *arg;
	bool handling; /* replies wait for the end of the batch */
	struct udp_stats stats;

	struct mmsghdr in[UDP_BATCH];
	struct iovec in_iov[UDP_BATCH];
	struct control in_control[UDP_BATCH];
	struct sockaddr_in in_from[UDP_BATCH];
	uint8_t in_data[UDP_BATCH][UDP_RECEIVE_MAX];

	unsigned queued;
	struct mmsghdr out[UDP_BATCH];
	struct iovec out_iov[UDP_BATCH];
	struct control out_control[UDP_BATCH];
	struct sockaddr_in out_to[UDP_BATCH];
	uint8_t out_data[UDP_BATCH][UDP_SEND_MAX];
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
	udp->stats.received++;
	udp->stats.truncated += datagram.truncated;
	udp->cb(udp->arg, udp, &datagram);
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
		int r = sendmmsg(
		    udp->fd, udp->out + done, udp->queued - done, MSG_DONTWAIT);

		if (r > 0) {
			done += (unsigned)r;
			udp->stats.sent += (unsigned)r;
		} else if (errno != EINTR) {
			udp->stats.last_errno = errno;
			udp->stats.send_errors++;
			done++;
		}
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

/* With the interface named, a broadcast needs no route and no luck. */
static void
write_pktinfo(
    struct msghdr *hdr, struct control *control, const struct udp_path *path)
{
	struct in_pktinfo info = {
	    .ipi_ifindex = path->ifindex,
	    .ipi_spec_dst = path->from,
	};
	struct cmsghdr *cmsg;

	memset(control, 0, sizeof *control);
	hdr->msg_control = control->bytes;
	hdr->msg_controllen = CMSG_SPACE(sizeof info);
	cmsg = CMSG_FIRSTHDR(hdr);
	cmsg->cmsg_level = IPPROTO_IP;
	cmsg->cmsg_type = IP_PKTINFO;
	cmsg->cmsg_len = CMSG_LEN(sizeof info);
	memcpy(CMSG_DATA(cmsg), &info, sizeof info);
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
	udp->out_to[i] = path->to;
	udp->out_iov[i].iov_base = udp->out_data[i];
	udp->out_iov[i].iov_len = len;
	udp->out[i].msg_hdr = (struct msghdr){
	    .msg_name = &udp->out_to[i],
	    .msg_namelen = sizeof udp->out_to[i],
	    .msg_iov = &udp->out_iov[i],
	    .msg_iovlen = 1,
	};
	write_pktinfo(&udp->out[i].msg_hdr, &udp->out_control[i], path);
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
	int size = RECEIVE_BUFFER;
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
	/* A whole rack switched on at once; less than that is fine, too. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
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
