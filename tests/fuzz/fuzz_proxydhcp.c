/*
 * The whole DHCP path: datagrams to proxyDHCP with a real inventory, the
 * policy and its tables, replies out and through the queue of those that wait.
 * Input: records of a byte that says how a datagram came (enum how), two of
 * its length, and its bytes. Every reply has to keep the promises of the wire:
 * only to whom it may go, only for machines of the inventory, and in the form
 * that firmware reads.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "app/proxydhcp.h"
#include "base/log.h"
#include "base/rd.h"
#include "inventory/known.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	IFINDEX = 3,
	RECORDS_MAX = 24
};

enum how {
	HOW_4011 = 1,
	HOW_RELAY = 2,	    /* from port 67 of a relay */
	HOW_OTHER_PORT = 4, /* from a port that is not the usual one */
	HOW_STRANGE = 8,    /* from outside of every network */
	HOW_TO_ALL = 16,    /* on 4011: to a broadcast address */
	HOW_LATER = 32,	    /* a second after the one before */
	HOW_CUT = 64,	    /* MSG_TRUNC */
	HOW_OURS = 128,	    /* from our own address */
};

static const char inventory_text[] =
    "[all]\n"
    "a mac=52:54:00:aa:00:01\n"
    "b mac=52:54:00:aa:00:10,52:54:00:aa:00:11 pxe_style=direct\n"
    "c mac=52:54:00:aa:00:20 reply_delay=2 vendor_class=HW-Client\n"
    "d mac=52:54:00:aa:00:30 auto_install=false\n"
    "e mac=52:54:00:0b:00:01 uuid=4c4c4544-0042-3510-8052-b4c04f4e3732\n"
    "f mac=d0:50:99:4e:05:57 vendor_class=PXEClien\n";

struct world {
	struct clock clock;
	struct iface *iface;
	struct inventory *inv;
	struct proxydhcp *proxydhcp;
	const struct udp_datagram *datagram;
	const struct inv_host *asked; /* by the last decide */
	char vendor_class[64];
	unsigned traces;
};

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static struct in_addr
addr(const char *text)
{
	struct in_addr out = {0};

	check(inet_pton(AF_INET, text, &out) == 1);
	return out;
}

static enum proxydhcp_style
style_of(const struct world *world, const struct inv_host *host)
{
	struct value text = known_host_str(world->inv, host, "pxe_style");
	enum proxydhcp_style style = PROXYDHCP_STYLE_AUTO;

	(void)proxydhcp_style_parse(value_str(text), &style);
	value_unref(text);
	return style;
}

static unsigned
delay_of(const struct world *world, const struct inv_host *host)
{
	struct value text = known_host_str(world->inv, host, "reply_delay");
	int64_t ms = 0;

	(void)known_as_ms(text, &ms);
	value_unref(text);
	return (unsigned)ms;
}

static void
on_decide(void *arg, const struct proxydhcp_query *query,
    struct proxydhcp_answer *ret_answer)
{
	struct world *world = arg;
	const struct inv_host *host =
	    inventory_find_mac(world->inv, query->mac);
	const struct pxe_arch *arch = query->client->arch;
	struct ask ask = {.stage = ASK_DHCP,
	    .known = host != NULL,
	    .client_arch = arch != NULL ? arch->debian : NULL,
	    .now_ms = clock_wall_ms(&world->clock)};

	memset(ret_answer, 0, sizeof *ret_answer);
	world->asked = host;
	if (host != NULL) {
		ask.name = inv_host_name(host);
		(void)known_host_bool(
		    world->inv, host, "auto_install", &ask.auto_install);
	}
	policy_decide(&ask, NULL, &ret_answer->decision);
	if (host == NULL)
		return;
	ret_answer->node = inv_host_name(host);
	ret_answer->style = style_of(world, host);
	ret_answer->delay_ms = delay_of(world, host);
	ret_answer->identify = true;
}

static void
on_sighting(void *arg, const struct proxydhcp_sighting *sighting)
{
	(void)arg;
	check(sighting->replied == (sighting->drop == PROXYDHCP_OK));
	check((sighting->file[0] != '\0') == sighting->replied);
	check(!sighting->replied || sighting->node != NULL);
	check(strlen(sighting->problem) < 256);
}

static const char *
on_vendor_class(void *arg, const struct hwaddr *mac)
{
	struct world *world = arg;
	const struct inv_host *host = inventory_find_mac(world->inv, mac);
	struct value text;

	world->vendor_class[0] = '\0';
	if (host == NULL)
		return world->vendor_class;
	text = known_host_str(world->inv, host, "vendor_class");
	(void)strncpy(world->vendor_class, value_str(text),
	    sizeof world->vendor_class - 1);
	value_unref(text);
	return world->vendor_class;
}

static void
on_trace(void *arg, const struct proxydhcp_trace *trace)
{
	struct world *world = arg;

	world->traces++;
	check((trace->reply == NULL) == (trace->drop != NULL));
}

/* ---- what holds for every reply ---- */

/* 53, 54, 60, then whatever, 82 the last; END, and zeros to the end. */
static void
check_options(const struct proxydhcp_reply *reply, bool has_relay)
{
	static const uint8_t first[] = {53, 54, 60};
	size_t at = 240, count = 0;
	uint8_t last = 0;

	while (at < reply->len && reply->packet[at] != 255) {
		uint8_t code = reply->packet[at];

		check(count >= sizeof first || code == first[count]);
		check(at + 2 + reply->packet[at + 1] <= reply->len);
		check(last != 82 || code == 82);
		at += 2U + reply->packet[at + 1];
		last = code;
		count++;
	}
	check(count >= sizeof first && at < reply->len);
	check((last == 82) == has_relay);
	for (at++; at < reply->len; at++)
		check(reply->packet[at] == 0);
}

static void
check_echo(
    const struct dhcp_msg *a, const struct dhcp_msg *b, enum dhcp_slot slot)
{
	size_t a_len, b_len;
	const uint8_t *a_data = dhcp_option(a, slot, &a_len);
	const uint8_t *b_data = dhcp_option(b, slot, &b_len);

	check(a_len == b_len);
	check(a_data == NULL || memcmp(a_data, b_data, a_len) == 0);
}

static void
check_destination(const struct proxydhcp_reply *reply,
    const struct dhcp_msg *request, const struct udp_datagram *datagram,
    uint16_t port)
{
	uint32_t to = ntohl(reply->to.sin_addr.s_addr);
	uint16_t to_port = ntohs(reply->to.sin_port);

	check(reply->from.s_addr == addr("10.77.0.2").s_addr);
	if (port == DHCP_PORT_PXE) {
		check(reply->to.sin_addr.s_addr ==
			  datagram->from.sin_addr.s_addr &&
		      reply->to.sin_port == datagram->from.sin_port);
		check(request->ciaddr.s_addr == reply->to.sin_addr.s_addr);
		check(to >> 16 == 0x0a50 || to >> 8 == 0x0a4d00);
		return;
	}
	if (request->giaddr.s_addr == 0) {
		check(to == INADDR_BROADCAST && to_port == 68);
		check(reply->ifindex == IFINDEX);
		return;
	}
	check(reply->to.sin_addr.s_addr == request->giaddr.s_addr);
	check(to >> 16 == 0x0a50);
	check(to_port == 67 || reply->to.sin_port == datagram->from.sin_port);
}

static void
check_reply(const struct world *world, const struct proxydhcp_reply *reply,
    const struct udp_datagram *datagram, uint16_t port)
{
	struct dhcp_msg request, got;
	size_t len;
	const uint8_t *class;

	check(dhcp_decode(datagram->data, datagram->len, DHCP_OP_REQUEST,
		  &request) == DHCP_OK);
	check(reply->len >= DHCP_REPLY_MIN && reply->len <= DHCP_REPLY_MAX);
	check(dhcp_decode(reply->packet, reply->len, DHCP_OP_REPLY, &got) ==
	      DHCP_OK);
	check(world->asked != NULL &&
	      world->asked == inventory_find_mac(world->inv, &request.mac));
	check(strcmp(inv_host_name(world->asked), "d") != 0);
	check(got.type == (request.type == DHCP_TYPE_DISCOVER ? DHCP_TYPE_OFFER
							      : DHCP_TYPE_ACK));
	check(got.xid == request.xid && got.hops == 0 && got.secs == 0);
	check(
	    got.yiaddr.s_addr == 0 && got.siaddr.s_addr == reply->from.s_addr);
	check(got.giaddr.s_addr == request.giaddr.s_addr);
	check(memcmp(got.chaddr, request.chaddr, sizeof got.chaddr) == 0);
	check(got.server_id.s_addr == got.siaddr.s_addr ||
	      request.giaddr.s_addr != 0);
	check(got.server_id.s_addr != 0);
	check(memchr(reply->packet + 108, '\0', 128) != NULL);
	check(got.file[0] != '\0' && strcmp(got.file, reply->file) == 0);
	check(
	    got.file[strspn(got.file, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
				      "mnopqrstuvwxyz0123456789-./:?=&${}")] ==
	    '\0');
	class = dhcp_option(&got, DHCP_SLOT_CLASS, &len);
	check(class != NULL && len >= 8 && len <= 10);
	check_echo(&request, &got, DHCP_SLOT_UUID);
	check_echo(&request, &got, DHCP_SLOT_RELAY);
	check_options(reply, dhcp_option(&got, DHCP_SLOT_RELAY, &len) != NULL);
	check_destination(reply, &request, datagram, port);
	check(reply->delay_ms == 0 ||
	      (port == DHCP_PORT_SERVER && got.type == DHCP_TYPE_OFFER));
}

/* ---- in ---- */

static void
on_send(void *arg, const struct proxydhcp_reply *reply)
{
	(void)arg;
	check(reply->len >= DHCP_REPLY_MIN);
}

static void
fill_datagram(struct udp_datagram *datagram, uint8_t how)
{
	struct in_addr ciaddr = {0};

	datagram->ifindex = IFINDEX;
	datagram->truncated = (how & HOW_CUT) != 0;
	datagram->from.sin_family = AF_INET;
	datagram->from.sin_port = htons(DHCP_PORT_CLIENT);
	datagram->to = addr("255.255.255.255");
	if (datagram->len >= 16)
		memcpy(&ciaddr.s_addr, datagram->data + 12, 4);
	if (how & HOW_4011)
		datagram->from.sin_addr = ciaddr;
	if (how & HOW_RELAY) {
		datagram->from.sin_addr = addr("10.80.0.1");
		datagram->from.sin_port = htons(DHCP_PORT_SERVER);
	}
	if (((how & HOW_4011) && !(how & HOW_TO_ALL)) || (how & HOW_RELAY))
		datagram->to = addr("10.77.0.2");
	if (how & HOW_OTHER_PORT)
		datagram->from.sin_port = htons(30000);
	if (how & HOW_STRANGE)
		datagram->from.sin_addr = addr("192.0.2.1");
	if (how & HOW_OURS)
		datagram->from.sin_addr = addr("10.77.0.2");
}

static void
feed(struct world *world, uint8_t how, const uint8_t *data, size_t len)
{
	struct udp_datagram datagram = {.data = data, .len = len};
	uint16_t port = how & HOW_4011 ? DHCP_PORT_PXE : DHCP_PORT_SERVER;
	struct proxydhcp_reply reply;

	fill_datagram(&datagram, how);
	if (how & HOW_LATER)
		world->clock.sim_ms += 1000;
	world->datagram = &datagram;
	if (proxydhcp_handle(world->proxydhcp, port, &datagram, &reply)) {
		check_reply(world, &reply, &datagram, port);
		proxydhcp_post(world->proxydhcp, &reply, on_send, world);
	}
	proxydhcp_send_due(world->proxydhcp);
}

static struct inventory *
load_inventory(void)
{
	struct inv_file file = {
	    "hosts", inventory_text, sizeof inventory_text - 1};
	struct inv_input input = {.files = &file, .count = 1};
	struct inventory *inv = NULL;
	struct problems problems;

	problems_init(&problems);
	check(inventory_load(&input, &problems, &inv) == 0);
	problems_done(&problems);
	return inv;
}

static void
open_world(struct world *world)
{
	struct proxydhcp_conf conf = {
	    .site = {.http_port = 8080, .files_port = 8081},
	    .peers_max = 4,
	    .relay_count = 1,
	};
	struct proxydhcp_handler handler = {.decide = on_decide,
	    .on_sighting = on_sighting,
	    .vendor_class = on_vendor_class,
	    .on_trace = on_trace,
	    .arg = world};
	struct iface_addr ours = {.ifindex = IFINDEX,
	    .served = true,
	    .addr = addr("10.77.0.2"),
	    .mask = addr("255.255.255.0")};

	log_init(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	clock_init_sim(&world->clock, 1000000);
	world->iface = iface_new(NULL, 0);
	iface_set(world->iface, &ours, 1);
	memset(conf.site.loader, true, sizeof conf.site.loader);
	conf.site.loader[PXE_LOADER_IPXE_RISCV64] = false;
	check(ipv4net_parse("10.80.0.0/16", &conf.relay_allow[0], NULL) == 0);
	world->proxydhcp =
	    proxydhcp_new(&world->clock, world->iface, &conf, &handler);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct inventory *inv; /* the same for all inputs */
	struct world world = {0};
	struct rd rd;

	if (inv == NULL)
		inv = load_inventory();
	world.inv = inv;
	open_world(&world);
	rd_init(&rd, data, len);
	for (int i = 0; i < RECORDS_MAX && rd_left(&rd) > 3; i++) {
		uint8_t how = rd_u8(&rd);
		size_t size = rd_u16be(&rd);

		if (size > rd_left(&rd))
			size = rd_left(&rd);
		feed(&world, how, rd_bytes(&rd, size), size);
	}
	proxydhcp_free(world.proxydhcp);
	iface_free(world.iface);
	return 0;
}
