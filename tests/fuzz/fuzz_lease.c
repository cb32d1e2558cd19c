/*
 * The whole way of a packet through a DHCP server of our own, and as a proxy.
 * Input: a byte that says how (bit 0: it comes from the address that it says
 * it has; bit 1: to us alone; bit 2: by port 4011; bit 3: its node boots
 * nothing; bit 4: behind a relay that is allowed), then the UDP payload. A
 * reply decodes, is the asker's, and gives nobody another's address.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app/proxydhcp.h"
#include "base/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	FROM_ITS = 1,
	TO_US = 2,
	ON_4011 = 4,
	LOCAL = 8,
	RELAYED = 16,
	OURS = 0x0a4f0002,
	RESERVED = 0x0a4f0033,
	HEADER_MIN = 28,
};

static uint8_t how;

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
on_decide_cb(void *arg, const struct proxydhcp_query *query,
    struct proxydhcp_answer *ret_answer)
{
	(void)arg;
	(void)query;
	memset(ret_answer, 0, sizeof *ret_answer);
	ret_answer->node = "gpu1";
	ret_answer->decision.action =
	    how & LOCAL ? POLICY_SILENT : POLICY_INSTALL;
}

static void
on_sighting_cb(void *arg, const struct proxydhcp_sighting *sighting)
{
	(void)arg;
	check(sighting->mac != NULL);
}

static bool
on_lease_cb(
    void *arg, const struct hwaddr *mac, struct proxydhcp_lease *ret_lease)
{
	(void)arg;
	(void)mac;
	ret_lease->node = "gpu1";
	ret_lease->addr.s_addr = htonl(RESERVED);
	ret_lease->prefix = how & RELAYED ? 8 : 0;
	ret_lease->settings.lease_s = 3600;
	ret_lease->settings.dns.count = DHCP_ADDRS_MAX;
	memset(ret_lease->settings.domain, 'd', 100);
	return true;
}

static struct proxydhcp *
make(const struct clock *clock)
{
	struct iface_addr ours = {.ifindex = 2,
	    .served = true,
	    .addr.s_addr = htonl(OURS),
	    .mask.s_addr = htonl(0xffffff00)};
	struct proxydhcp_conf conf = {.site.http_port = 8080, .relay_count = 1};
	const struct proxydhcp_handler handler = {.decide = on_decide_cb,
	    .on_sighting = on_sighting_cb,
	    .lease = on_lease_cb};
	static struct iface *iface;

	if (iface == NULL)
		iface = iface_new(NULL, 0);
	iface_set(iface, &ours, 1);
	conf.relay_allow[0].addr.s_addr = htonl(0x0a000000);
	conf.relay_allow[0].mask.s_addr = htonl(0xff000000);
	memset(conf.site.loader, true, sizeof conf.site.loader);
	return proxydhcp_new(clock, iface, &conf, &handler);
}

static void
check_reply(const uint8_t *request, const struct proxydhcp_reply *reply)
{
	struct dhcp_msg got;

	check(reply->len >= DHCP_REPLY_MIN && reply->len <= DHCP_REPLY_MAX);
	check(dhcp_decode(reply->packet, reply->len, DHCP_OP_REPLY, &got) ==
	      DHCP_OK);
	check(got.server_id.s_addr != 0);
	check(memcmp(got.chaddr, request + HEADER_MIN, sizeof got.chaddr) == 0);
	check(got.yiaddr.s_addr == 0 || got.yiaddr.s_addr == htonl(RESERVED));
	check(got.type != DHCP_TYPE_NAK || got.yiaddr.s_addr == 0);
	check(reply->to.sin_port != 0 && reply->to.sin_addr.s_addr != 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct udp_datagram datagram = {.ifindex = 2};
	struct proxydhcp_reply reply;
	struct proxydhcp *dhcp;
	struct clock clock;

	if (len < 1 + HEADER_MIN)
		return 0;
	log_set_level(LOG_LEVEL_ERROR);
	how = data[0];
	clock_init_sim(&clock, 1000);
	dhcp = make(&clock);
	datagram.data = data + 1;
	datagram.len = len - 1;
	datagram.to.s_addr = htonl(how & TO_US ? OURS : INADDR_BROADCAST);
	datagram.from.sin_family = AF_INET;
	datagram.from.sin_port = htons(how & RELAYED ? 67 : 68);
	if (how & FROM_ITS)
		memcpy(&datagram.from.sin_addr, data + 1 + 12, 4);
	if (how & RELAYED)
		memcpy(&datagram.from.sin_addr, data + 1 + 24, 4);
	if (proxydhcp_handle(dhcp,
		how & ON_4011 ? DHCP_PORT_PXE : DHCP_PORT_SERVER, &datagram,
		&reply))
		check_reply(data + 1, &reply);
	proxydhcp_free(dhcp);
	return 0;
}
