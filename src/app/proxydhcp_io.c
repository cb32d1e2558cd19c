/* The sockets of proxyDHCP, and its counters. */
#include <errno.h>

#include "app/addrguard.h"
#include "app/proxydhcp_private.h"

static void
on_send_cb(void *arg, const struct proxydhcp_reply *reply)
{
	struct proxydhcp_socket *sock = arg;
	struct proxydhcp *proxydhcp = sock->proxydhcp;
	struct udp_path path = {
	    .to = reply->to, .from = reply->from, .ifindex = reply->ifindex};

	if (reply->leased.s_addr != 0 &&
	    addrguard_is_taken(proxydhcp->guard, reply->leased)) {
		proxydhcp->count.dropped[PROXYDHCP_DROP_TAKEN]++;
		return;
	}
	udp_send(sock->udp, reply->packet, reply->len, &path);
}

static void
on_datagram_cb(void *arg, struct udp *udp, const struct udp_datagram *datagram)
{
	struct proxydhcp_socket *sock = arg;
	uint64_t overflowed = udp_stats(udp)->overflowed;
	struct proxydhcp_reply reply;

	proxydhcp_add_overflowed(
	    sock->proxydhcp, overflowed - sock->overflowed);
	sock->overflowed = overflowed;
	proxydhcp_tell_send_errors(sock);
	if (proxydhcp_handle(sock->proxydhcp, sock->port, datagram, &reply))
		proxydhcp_post(sock->proxydhcp, &reply, on_send_cb, sock);
}

static void
set_timer(struct proxydhcp *proxydhcp, int64_t now_ms)
{
	int64_t next = proxydhcp_delay_next(proxydhcp->delay, now_ms);

	if (next >= 0 && proxydhcp->delay_timer != NULL)
		loop_timer_set(proxydhcp->delay_timer, next);
}

void
proxydhcp_send_due(struct proxydhcp *proxydhcp)
{
	int64_t now = clock_mono_ms(proxydhcp->clock);

	proxydhcp_delay_run(proxydhcp->delay, now);
	set_timer(proxydhcp, now);
}

static void
on_delay_cb(void *arg)
{
	proxydhcp_send_due(arg);
}

void
proxydhcp_post(struct proxydhcp *proxydhcp, const struct proxydhcp_reply *reply,
    proxydhcp_send_cb *send, void *arg)
{
	int64_t now;

	if (reply->delay_ms == 0) {
		send(arg, reply);
		return;
	}
	now = clock_mono_ms(proxydhcp->clock);
	if (proxydhcp_delay_add(proxydhcp->delay, reply, now, send, arg))
		set_timer(proxydhcp, now);
	else
		proxydhcp->count.dropped[PROXYDHCP_DROP_DELAYED]++;
}

int
proxydhcp_add_socket(struct proxydhcp *proxydhcp, struct loop *loop, int fd,
    uint16_t port, struct err *err)
{
	struct proxydhcp_socket *sock;

	if (proxydhcp->sockets == PROXYDHCP_SOCKETS_MAX) {
		err_set(
		    err, "more than %d DHCP sockets", PROXYDHCP_SOCKETS_MAX);
		return -E2BIG;
	}
	sock = &proxydhcp->socket[proxydhcp->sockets];
	sock->proxydhcp = proxydhcp;
	sock->port = port;
	sock->udp = udp_new(loop, fd, on_datagram_cb, sock, err);
	if (sock->udp == NULL)
		return -EINVAL;
	proxydhcp->sockets++;
	if (proxydhcp->delay_timer == NULL)
		proxydhcp->delay_timer =
		    loop_timer_new(loop, on_delay_cb, proxydhcp);
	return 0;
}

static uint64_t
send_errors(const struct proxydhcp *proxydhcp)
{
	uint64_t errors = 0;

	for (size_t i = 0; i < proxydhcp->sockets; i++)
		errors += udp_stats(proxydhcp->socket[i].udp)->send_errors;
	return errors;
}

void
proxydhcp_counters(const struct proxydhcp *proxydhcp,
    struct proxydhcp_counter ret_counters[PROXYDHCP_COUNTERS])
{
	const struct proxydhcp_counts *count = &proxydhcp->count;
	struct proxydhcp_counter *next = ret_counters;

	*next++ =
	    (struct proxydhcp_counter){"received", false, count->received};
	*next++ =
	    (struct proxydhcp_counter){"overflowed", false, count->overflowed};
	*next++ = (struct proxydhcp_counter){"offers", false, count->offers};
	*next++ = (struct proxydhcp_counter){"acks", false, count->acks};
	*next++ = (struct proxydhcp_counter){
	    "send_errors", false, send_errors(proxydhcp)};
	for (int i = 1; i < DHCP_DROP_COUNT; i++)
		*next++ = (struct proxydhcp_counter){
		    dhcp_drop_name((enum dhcp_drop)i), true,
		    count->malformed[i]};
	for (int i = 1; i < PROXYDHCP_DROP_COUNT; i++)
		*next++ = (struct proxydhcp_counter){
		    proxydhcp_drop_name((enum proxydhcp_drop)i), true,
		    count->dropped[i]};
}
