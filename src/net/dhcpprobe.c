#include "net/dhcpprobe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/mem.h"
#include "net/packet.h"
#include "net/rawip.h"
#include "wire/ipudp.h"

struct dhcpprobe {
	struct loop *loop;
	struct packet *packet;
	int raw; /* with conf.own; else -1 */
	struct loop_watch *raw_watch;
	struct loop_timer *again;
	struct loop_timer *end;
	struct dhcpprobe_conf conf;
	char *class;
	struct dhcp_discover discover;
	int64_t start_ms;
	unsigned sent;
	bool went[DHCPPROBE_LINKS_MAX];
	int failed; /* the last error of sending */
	dhcpprobe_cb *cb;
	void *arg;
	struct dhcpprobe_result result;
	struct dhcpprobe_offer offers[DHCPPROBE_OFFERS_MAX];
};

/* A number that nobody else uses, and an address that no maker gave away. */
static int
choose_identity(const struct hwaddr *mac, struct dhcp_discover *discover)
{
	struct {
		uint32_t xid;
		uint8_t mac[HWADDR_LEN];
	} random;

	if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
		return -EIO;
	discover->xid = random.xid;
	discover->mac = *mac;
	if (!hwaddr_eq(mac, &(struct hwaddr){{0}}))
		return 0;
	memcpy(discover->mac.b, random.mac, HWADDR_LEN);
	discover->mac.b[0] &= (uint8_t)~1u; /* not a group's */
	discover->mac.b[0] |= 2u;	    /* locally administered */
	return 0;
}

/* What went out once counts, whatever became of the rest. */
static void
send_on(struct dhcpprobe *probe, size_t link, const void *packet, size_t len)
{
	int ret;

	if (probe->conf.to_own)
		ret = rawip_send(probe->raw, packet, len, probe->conf.own,
		    probe->conf.ifindex[link]);
	else if (probe->raw >= 0)
		ret = rawip_broadcast(probe->raw, packet, len);
	else
		ret = packet_send(probe->packet, packet, len,
		    probe->conf.ifindex[link], &packet_broadcast);
	if (ret == 0)
		probe->went[link] = true;
	else if (!probe->went[link])
		probe->failed = ret;
}

static int
send_discover(struct dhcpprobe *probe)
{
	uint8_t packet[IPUDP_SIZE(DHCP_REPLY_MAX)];
	uint8_t payload[DHCP_REPLY_MAX];
	struct ipudp msg = {
	    .from = probe->conf.own,
	    .to.s_addr = probe->conf.to_own ? probe->conf.own.s_addr
					    : htonl(INADDR_BROADCAST),
	    .from_port = DHCP_PORT_CLIENT,
	    .to_port = DHCP_PORT_SERVER,
	    .data = payload,
	};
	size_t len;
	int ret;

	probe->discover.secs =
	    (uint16_t)((loop_now_ms(probe->loop) - probe->start_ms) / 1000);
	ret = dhcp_encode_discover(&probe->discover, payload, &msg.len);
	if (ret == 0)
		ret = ipudp_encode(&msg, 0, packet, sizeof packet, &len);
	for (size_t i = 0; ret == 0 && i < probe->conf.links; i++)
		send_on(probe, i, packet, len);
	probe->sent++;
	return ret;
}

static void
on_again_cb(void *arg)
{
	struct dhcpprobe *probe = arg;
	int ret = send_discover(probe);

	if (ret < 0)
		probe->failed = ret;
	if (probe->sent < probe->conf.tries)
		loop_timer_set(
		    probe->again, probe->conf.wait_ms / 2 / probe->conf.tries);
}

static void
on_end_cb(void *arg)
{
	struct dhcpprobe *probe = arg;

	loop_timer_stop(probe->again);
	for (size_t i = 0; i < probe->conf.links; i++) {
		if (!probe->went[i])
			probe->result.error = probe->failed;
	}
	probe->cb(probe->arg, &probe->result);
}

static bool
is_asked(const struct dhcpprobe *probe, int ifindex)
{
	for (size_t i = 0; i < probe->conf.links; i++) {
		if (probe->conf.ifindex[i] == ifindex)
			return true;
	}
	return false;
}

static void
take_offer(struct dhcpprobe *probe, const struct ipudp *ip, int ifindex,
    const struct hwaddr *from_mac)
{
	struct dhcpprobe_offer *offer;
	struct dhcp_msg msg;

	if (dhcp_decode(ip->data, ip->len, DHCP_OP_REPLY, &msg) != DHCP_OK ||
	    msg.type != DHCP_TYPE_OFFER || msg.xid != probe->discover.xid ||
	    !hwaddr_eq(&msg.mac, &probe->discover.mac))
		return;
	if (probe->result.count == DHCPPROBE_OFFERS_MAX) {
		probe->result.dropped++;
		return;
	}
	offer = &probe->offers[probe->result.count++];
	offer->msg = msg;
	offer->ifindex = ifindex;
	offer->from = ip->from;
	offer->from_port = ip->from_port;
	offer->from_mac = *from_mac;
	offer->after_ms = loop_now_ms(probe->loop) - probe->start_ms;
}

static void
on_packet_cb(
    void *arg, struct packet *packet, const struct packet_arrival *arrival)
{
	struct dhcpprobe *probe = arg;
	unsigned flags = arrival->checksum_open ? IPUDP_CHECKSUM_OPEN : 0;
	struct ipudp ip;

	(void)packet;
	/* With conf.own the raw socket sees the same, and more. */
	if (probe->raw < 0 && is_asked(probe, arrival->ifindex) &&
	    !arrival->truncated &&
	    ipudp_decode(arrival->data, arrival->len, flags, &ip) == IPUDP_OK)
		take_offer(probe, &ip, arrival->ifindex, &arrival->from);
}

/* What this host itself sent has no checksum yet. */
static void
on_raw_cb(void *arg, int fd, unsigned events)
{
	static const struct hwaddr unknown = {{0}};
	struct dhcpprobe *probe = arg;
	uint8_t data[PACKET_RECEIVE_MAX];
	struct ipudp ip;
	ssize_t n;

	(void)events;
	while ((n = rawip_receive(fd, data, sizeof data)) > 0) {
		if (ipudp_decode(data, (size_t)n, IPUDP_CHECKSUM_OPEN, &ip) ==
		    IPUDP_OK)
			take_offer(
			    probe, &ip, probe->conf.ifindex[0], &unknown);
	}
}

static void
close_raw(struct dhcpprobe *probe)
{
	if (probe->raw >= 0)
		(void)close(probe->raw);
}

static bool
conf_is_good(const struct dhcpprobe_conf *conf)
{
	return conf->links > 0 && conf->links <= DHCPPROBE_LINKS_MAX &&
	       (conf->own.s_addr == 0 || conf->links == 1) && conf->tries > 0 &&
	       conf->wait_ms > 0 && conf->wait_ms <= DHCPPROBE_WAIT_MAX_MS &&
	       (conf->arch == DHCP_NO_ARCH ||
		   (conf->arch >= 0 && conf->arch <= UINT16_MAX));
}

static void
start(struct dhcpprobe *probe, struct loop *loop, int fd)
{
	probe->loop = loop;
	probe->packet = packet_new(loop, fd, on_packet_cb, probe);
	probe->again = loop_timer_new(loop, on_again_cb, probe);
	probe->end = loop_timer_new(loop, on_end_cb, probe);
	if (probe->raw >= 0)
		probe->raw_watch = loop_watch_new(
		    loop, probe->raw, LOOP_READ, on_raw_cb, probe);
	probe->result.offers = probe->offers;
	probe->start_ms = loop_now_ms(loop);
	loop_timer_set(probe->again, 0);
	loop_timer_set(probe->end, probe->conf.wait_ms);
}

int
dhcpprobe_new(struct loop *loop, int fd, const struct dhcpprobe_conf *conf,
    dhcpprobe_cb *cb, void *arg, struct dhcpprobe **ret_probe)
{
	struct dhcpprobe *probe;
	uint8_t trial[DHCP_REPLY_MAX];
	size_t len;
	int raw = -1;
	int ret;

	if (!conf_is_good(conf))
		return -EINVAL;
	if (conf->own.s_addr != 0 &&
	    (raw = rawip_open(conf->ifindex[0], DHCP_PORT_CLIENT)) < 0)
		return raw;
	probe = mem_alloc(sizeof *probe);
	probe->raw = raw;
	probe->conf = *conf;
	probe->class = conf->class != NULL ? mem_strdup(conf->class) : NULL;
	probe->discover = (struct dhcp_discover){
	    .broadcast = true, .class = probe->class, .arch = conf->arch};
	probe->cb = cb;
	probe->arg = arg;
	ret = choose_identity(&conf->mac, &probe->discover);
	if (ret == 0)
		ret = dhcp_encode_discover(&probe->discover, trial, &len);
	if (ret < 0) {
		close_raw(probe);
		free(probe->class);
		free(probe);
		return ret;
	}
	start(probe, loop, fd);
	*ret_probe = probe;
	return 0;
}

void
dhcpprobe_free(struct dhcpprobe *probe)
{
	if (probe == NULL)
		return;
	loop_timer_free(probe->again);
	loop_timer_free(probe->end);
	packet_free(probe->packet);
	loop_watch_free(probe->raw_watch);
	close_raw(probe);
	free(probe->class);
	free(probe);
}
