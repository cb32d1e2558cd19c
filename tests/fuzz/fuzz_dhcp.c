/*
 * The whole way of a packet: decoded, identified, screened, planned for and
 * answered. Input: a byte that says how it came (bit 0: port 4011; bit 1: the
 * style is direct; bit 2: the sender is on the link), then the UDP payload. A
 * reply must decode and keep to the encoder's promises.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app/proxydhcp_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	ON_4011 = 1,
	DIRECT = 2,
	ON_LINK = 4
};

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static void
check_reply(const struct dhcp_msg *request, const struct proxydhcp_reply *reply)
{
	struct dhcp_msg got;
	const uint8_t *a, *b;
	size_t a_len, b_len;

	check(reply->len >= DHCP_REPLY_MIN && reply->len <= DHCP_REPLY_MAX);
	check(dhcp_decode(reply->packet, reply->len, DHCP_OP_REPLY, &got) ==
	      DHCP_OK);
	check(got.xid == request->xid && got.yiaddr.s_addr == 0);
	check(got.siaddr.s_addr != 0);
	check(got.server_id.s_addr == got.siaddr.s_addr);
	check(memcmp(got.chaddr, request->chaddr, sizeof got.chaddr) == 0);
	check(strcmp(got.file, reply->file) == 0 && got.file[0] != '\0');
	check(dhcp_option(&got, DHCP_SLOT_CLASS, &a_len) != NULL);
	a = dhcp_option(request, DHCP_SLOT_RELAY, &a_len);
	b = dhcp_option(&got, DHCP_SLOT_RELAY, &b_len);
	check(a_len == b_len);
	check(a == NULL || memcmp(a, b, a_len) == 0);
}

static void
answer(const struct dhcp_msg *msg, uint8_t how)
{
	struct proxydhcp_site site = {.http_port = 8080, .files_port = 8081};
	struct in_addr ours = {.s_addr = htonl(0x0a4d0002)};
	struct proxydhcp_arrival arrival = {
	    .port = how & ON_4011 ? DHCP_PORT_PXE : DHCP_PORT_SERVER,
	    .to = ours,
	    .ours = ours,
	    .ifindex = 2,
	    .to_us = true,
	    .on_link = (how & ON_LINK) != 0,
	};
	struct proxydhcp_reply reply;
	struct proxydhcp_plan plan;
	struct pxe_client client;

	memset(site.loader, true, sizeof site.loader);
	arrival.from.sin_family = AF_INET;
	arrival.from.sin_port = htons(DHCP_PORT_CLIENT);
	if (how & ON_4011)
		arrival.from.sin_addr = msg->ciaddr;
	pxe_identify(msg, &client);
	if (proxydhcp_screen(msg, &client, &arrival) != PROXYDHCP_OK)
		return;
	if (proxydhcp_plan(&client, &site,
		how & DIRECT ? PROXYDHCP_STYLE_DIRECT : PROXYDHCP_STYLE_AUTO,
		&plan) != PROXYDHCP_OK)
		return;
	if (proxydhcp_reply(msg, &client, &arrival, &site, &plan, &reply) == 0)
		check_reply(msg, &reply);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct dhcp_msg msg;

	if (len == 0)
		return 0;
	if (dhcp_decode(data + 1, len - 1, DHCP_OP_REPLY, &msg) == DHCP_OK)
		return 0;
	if (dhcp_decode(data + 1, len - 1, DHCP_OP_REQUEST, &msg) == DHCP_OK)
		answer(&msg, data[0]);
	return 0;
}
