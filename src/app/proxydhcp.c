#include "app/proxydhcp.h"

#include <stdlib.h>
#include <string.h>

#include "app/proxydhcp_private.h"
#include "base/log.h"
#include "base/mem.h"

enum {
	NODE_RATE = 5,
	NODE_BURST = 10,
	RATE = 10000,
	BURST = 10000,
	PEERS_MAX = 16384,
	SOLICIT_RATE = 2, /* by a machine that boots; iPXE: six in 15 s */
	SOLICIT_BURST = 10,
	STRANGERS_RATE = 50,
	STRANGERS_BURST = 100,
	STRANGERS_MAX = 256,
	UNKNOWN_RATE = 5, /* sightings of unknown machines */
	UNKNOWN_BURST = 20,
};

static void
set_default(unsigned *value, unsigned preset)
{
	if (*value == 0)
		*value = preset;
}

struct proxydhcp *
proxydhcp_new(const struct clock *clock, struct iface *iface,
    const struct proxydhcp_conf *conf, const struct proxydhcp_handler *handler)
{
	struct proxydhcp *proxydhcp = mem_alloc(sizeof *proxydhcp);

	proxydhcp->clock = clock;
	proxydhcp->iface = iface;
	proxydhcp->handler = *handler;
	proxydhcp->conf = *conf;
	set_default(&proxydhcp->conf.node_rate, NODE_RATE);
	set_default(&proxydhcp->conf.node_burst, NODE_BURST);
	set_default(&proxydhcp->conf.rate, RATE);
	set_default(&proxydhcp->conf.burst, BURST);
	set_default(&proxydhcp->conf.peers_max, PEERS_MAX);
	set_default(&proxydhcp->conf.strangers_rate, STRANGERS_RATE);
	set_default(&proxydhcp->conf.strangers_burst, STRANGERS_BURST);
	set_default(&proxydhcp->conf.strangers_max, STRANGERS_MAX);
	proxydhcp->delay = proxydhcp_delay_new();
	proxydhcp->peers = proxydhcp_peers_new(proxydhcp->conf.peers_max);
	proxydhcp->strangers =
	    proxydhcp_peers_new(proxydhcp->conf.strangers_max);
	return proxydhcp;
}

void
proxydhcp_free(struct proxydhcp *proxydhcp)
{
	if (proxydhcp == NULL)
		return;
	for (size_t i = 0; i < proxydhcp->sockets; i++)
		udp_free(proxydhcp->socket[i].udp);
	if (proxydhcp->delay_timer != NULL)
		loop_timer_free(proxydhcp->delay_timer);
	proxydhcp_delay_free(proxydhcp->delay);
	proxydhcp_peers_free(proxydhcp->peers);
	proxydhcp_peers_free(proxydhcp->strangers);
	free(proxydhcp);
}

void
proxydhcp_set_loaders(
    struct proxydhcp *proxydhcp, const bool present[PXE_LOADER_COUNT])
{
	memcpy(proxydhcp->conf.site.loader, present,
	    sizeof proxydhcp->conf.site.loader);
	memset(proxydhcp->told_loader, 0, sizeof proxydhcp->told_loader);
}

void
proxydhcp_set_guard(struct proxydhcp *proxydhcp, struct addrguard *guard)
{
	proxydhcp->guard = guard;
}

void
proxydhcp_expect_probe(
    struct proxydhcp *proxydhcp, const struct hwaddr *mac, int64_t ms)
{
	proxydhcp->probe_mac = *mac;
	proxydhcp->probe_until_ms = clock_mono_ms(proxydhcp->clock) + ms;
}

bool
proxydhcp_is_probe(const struct proxydhcp *proxydhcp, const struct hwaddr *mac)
{
	return hwaddr_eq(mac, &proxydhcp->probe_mac) &&
	       clock_mono_ms(proxydhcp->clock) < proxydhcp->probe_until_ms;
}

static bool
relay_allows(const struct proxydhcp_conf *conf, struct in_addr addr)
{
	for (size_t i = 0; i < conf->relay_count; i++) {
		if (ipv4net_holds(&conf->relay_allow[i], addr))
			return ipv4net_is_host(addr);
	}
	return false;
}

static void
find_arrival(struct proxydhcp_exchange *ex, uint16_t port,
    const struct udp_datagram *datagram)
{
	struct proxydhcp *proxydhcp = ex->proxydhcp;
	struct proxydhcp_arrival *arrival = &ex->arrival;
	struct iface *iface = proxydhcp->iface;
	struct in_addr from = datagram->from.sin_addr;
	struct in_addr relay = ex->msg.giaddr;
	struct iface_addr ours;

	*arrival = (struct proxydhcp_arrival){
	    .port = port,
	    .from = datagram->from,
	    .to = datagram->to,
	    .ifindex = datagram->ifindex,
	};
	if (!iface_find(iface, datagram->ifindex, from, &ours)) {
		proxydhcp_tell_interface(proxydhcp, datagram->ifindex);
		return;
	}
	arrival->ours = ours.addr;
	arrival->to_us = iface_is_ours(iface, datagram->to);
	arrival->from_us = iface_is_ours(iface, from);
	arrival->on_link = iface_on_link(iface, datagram->ifindex, from);
	arrival->from_allowed = relay_allows(&proxydhcp->conf, from);
	arrival->relay_allowed = relay_allows(&proxydhcp->conf, relay) &&
				 !iface_is_ours(iface, relay) &&
				 !iface_is_broadcast(iface, relay);
}

/*
 * A machine that we know takes its address from the site's server, in public:
 * the only way to know the address of one that never asks on 4011.
 */
static void
overhear_request(struct proxydhcp_exchange *ex)
{
	const struct dhcp_msg *msg = &ex->msg;
	struct in_addr addr = msg->ciaddr;

	if (msg->type != DHCP_TYPE_REQUEST || ex->peer == NULL)
		return;
	if (addr.s_addr == 0)
		addr = msg->address;
	if (iface_on_link(ex->proxydhcp->iface, ex->arrival.ifindex, addr) ||
	    relay_allows(&ex->proxydhcp->conf, addr))
		proxydhcp_peers_learn(ex->proxydhcp->peers, addr, &msg->mac);
}

static bool
peer_may_ask(struct proxydhcp_exchange *ex)
{
	const struct proxydhcp_conf *conf = &ex->proxydhcp->conf;

	return proxydhcp_bucket_take(
	    &ex->peer->bucket, conf->node_rate, conf->node_burst, ex->now_ms);
}

/* RFC 4578 section 2.3: a type byte, 0, then the 16 bytes of a GUID. */
static const uint8_t *
machine_uuid(const struct dhcp_msg *msg)
{
	size_t len;
	const uint8_t *data = dhcp_option(msg, DHCP_SLOT_UUID, &len);

	return data != NULL && len == 17 && data[0] == 0 ? data + 1 : NULL;
}

static void
ask_app(struct proxydhcp_exchange *ex)
{
	struct proxydhcp_handler *handler = &ex->proxydhcp->handler;
	struct proxydhcp_query query = {
	    .mac = &ex->msg.mac,
	    .client = &ex->client,
	    .arrival = &ex->arrival,
	    .uuid = machine_uuid(&ex->msg),
	};

	handler->decide(handler->arg, &query, &ex->answer);
	ex->asked = true;
}

static struct proxydhcp_peer *
find_peer(struct proxydhcp *proxydhcp, const struct hwaddr *mac)
{
	struct proxydhcp_peer *peer =
	    proxydhcp_peers_find(proxydhcp->peers, mac);

	return peer != NULL ? peer
			    : proxydhcp_peers_find(proxydhcp->strangers, mac);
}

/*
 * Known machines get an entry, others one in a smaller table, and that only
 * when they are answered: no flood of made-up addresses can push out a machine
 * that is booting, or take the replies that are its due.
 */
static struct proxydhcp_peers *
peers_of(const struct proxydhcp_exchange *ex)
{
	return ex->answer.stranger ? ex->proxydhcp->strangers
				   : ex->proxydhcp->peers;
}

static bool
stranger_may_ask(struct proxydhcp_exchange *ex)
{
	const struct proxydhcp_conf *conf = &ex->proxydhcp->conf;

	return proxydhcp_bucket_take(&ex->proxydhcp->strangers_bucket,
	    conf->strangers_rate, conf->strangers_burst, ex->now_ms);
}

enum proxydhcp_drop
proxydhcp_admit(struct proxydhcp_exchange *ex)
{
	if (ex->peer == NULL)
		ex->peer =
		    proxydhcp_peers_add(ex->proxydhcp->peers, &ex->msg.mac);
	return peer_may_ask(ex) ? PROXYDHCP_OK : PROXYDHCP_DROP_NODE_RATE;
}

enum proxydhcp_drop
proxydhcp_find_node(struct proxydhcp_exchange *ex)
{
	if (ex->peer != NULL && !peer_may_ask(ex))
		return PROXYDHCP_DROP_NODE_RATE;
	ask_app(ex);
	if (ex->answer.node == NULL)
		return PROXYDHCP_DROP_UNKNOWN;
	if (ex->answer.stranger && !stranger_may_ask(ex))
		return PROXYDHCP_DROP_RATE;
	/* Also one that the inventory has come to name meanwhile. */
	ex->peer = proxydhcp_peers_find(peers_of(ex), &ex->msg.mac);
	if (ex->peer == NULL) {
		ex->peer = proxydhcp_peers_add(peers_of(ex), &ex->msg.mac);
		(void)peer_may_ask(ex);
	}
	if (ex->arrival.port == DHCP_PORT_PXE)
		proxydhcp_peers_learn(
		    peers_of(ex), ex->arrival.from.sin_addr, &ex->msg.mac);
	if (!policy_is_offer(ex->answer.decision.action))
		return PROXYDHCP_DROP_LOCAL;
	return PROXYDHCP_OK;
}

static const char *
style_note(enum proxydhcp_style style)
{
	return style == PROXYDHCP_STYLE_DIRECT
		   ? "its firmware did not react to our offers: it gets the "
		     "other form, pxe_style=direct"
		   : "its firmware did not react to the other form of our "
		     "offers either: it gets the usual one, pxe_style=binl";
}

/* Which dialect to speak to firmware that nobody has fixed one for. */
static enum proxydhcp_style
choose_style(struct proxydhcp_exchange *ex)
{
	const struct pxe_client *client = &ex->client;
	enum proxydhcp_style style = ex->answer.style;
	bool switched;

	if (ex->arrival.port == DHCP_PORT_PXE ||
	    client->program != PXE_PROGRAM_FIRMWARE) {
		proxydhcp_peer_progress(ex->peer);
		return style;
	}
	if (style != PROXYDHCP_STYLE_AUTO || client->arch == NULL ||
	    client->arch->form != PXE_FORM_BINL ||
	    client->class != PXE_CLASS_PXE ||
	    ex->msg.type != DHCP_TYPE_DISCOVER)
		return style;
	style = proxydhcp_peer_style(ex->peer, &ex->msg, ex->now_ms, &switched);
	/* AUTO: the usual form was not in doubt so far. */
	if (ex->peer->style != PROXYDHCP_STYLE_AUTO)
		ex->note = style_note(style);
	if (switched)
		log_warn(ex->answer.node, "%s", ex->note);
	return style;
}

static enum proxydhcp_drop
guard_loop(struct proxydhcp_exchange *ex)
{
	bool chains = ex->client.program != PXE_PROGRAM_FIRMWARE &&
		      ex->plan.stage == PROXYDHCP_STAGE_LOADER;
	char text[PROXYDHCP_PROBLEM_SIZE];

	if (!chains) {
		ex->peer->loaders = 0;
		return PROXYDHCP_OK;
	}
	if (proxydhcp_peer_may_load(ex->peer, ex->msg.xid, ex->now_ms))
		return PROXYDHCP_OK;
	if (ex->peer->loader_told)
		return PROXYDHCP_DROP_LOOP;
	ex->peer->loader_told = true;
	log_error(ex->answer.node, "%s",
	    proxydhcp_problem(ex, PROXYDHCP_DROP_LOOP, text));
	return PROXYDHCP_DROP_LOOP;
}

/*
 * Whether firmware gets what is signed for Secure Boot. That it is on can not
 * be seen, only that iPXE was fetched and did not come to run.
 */
static bool
wants_secure(struct proxydhcp_exchange *ex)
{
	const struct proxydhcp_site *site = &ex->proxydhcp->conf.site;
	struct proxydhcp_plan plan;

	if (ex->client.program != PXE_PROGRAM_FIRMWARE) {
		proxydhcp_peer_started(ex->peer, false);
		return false;
	}
	ex->failures = ex->peer->failures;
	if (ex->msg.type == DHCP_TYPE_DISCOVER)
		ex->failures =
		    proxydhcp_peer_failures(ex->peer, ex->msg.xid, ex->now_ms);
	if (ex->answer.loader != PROXYDHCP_LOADER_AUTO)
		return ex->answer.loader == PROXYDHCP_LOADER_SHIM;
	return (ex->peer->by_shim || ex->failures % 2 == 1) &&
	       proxydhcp_plan_secure(&ex->client, site, &plan) == PROXYDHCP_OK;
}

enum proxydhcp_drop
proxydhcp_make_plan(struct proxydhcp_exchange *ex)
{
	const struct proxydhcp_conf *conf = &ex->proxydhcp->conf;
	enum proxydhcp_drop drop;

	if (wants_secure(ex))
		drop =
		    proxydhcp_plan_secure(&ex->client, &conf->site, &ex->plan);
	else
		drop = proxydhcp_plan(
		    &ex->client, &conf->site, choose_style(ex), &ex->plan);
	ex->plan.identify = ex->answer.identify;
	proxydhcp_tell_secure(ex, drop);
	if (drop == PROXYDHCP_DROP_LOADER)
		proxydhcp_tell_loader(ex);
	if (drop == PROXYDHCP_OK)
		drop = guard_loop(ex);
	if (drop == PROXYDHCP_OK &&
	    !proxydhcp_bucket_take(
		&ex->proxydhcp->bucket, conf->rate, conf->burst, ex->now_ms))
		drop = PROXYDHCP_DROP_RATE;
	return drop;
}

/* What proxydhcp_may_solicit() goes by. */
void
proxydhcp_remember_answer(
    struct proxydhcp_exchange *ex, enum proxydhcp_drop drop)
{
	if (ex->peer == NULL)
		return;
	if (drop == PROXYDHCP_OK) {
		ex->peer->answered = true;
		ex->peer->answered_ms = ex->now_ms;
	} else if (drop == PROXYDHCP_DROP_LOCAL) {
		ex->peer->answered = false;
	}
}

void
proxydhcp_tell_sighting(struct proxydhcp_exchange *ex,
    const struct proxydhcp_reply *reply, enum proxydhcp_drop drop)
{
	struct proxydhcp_handler *handler = &ex->proxydhcp->handler;
	const struct pxe_arch *arch = ex->client.arch;
	bool known = ex->answer.node != NULL;
	char problem[PROXYDHCP_PROBLEM_SIZE];
	struct proxydhcp_sighting sighting = {
	    .node = ex->answer.node,
	    .stranger = ex->answer.stranger,
	    .mac = &ex->msg.mac,
	    .ifindex = ex->arrival.ifindex,
	    .port = ex->arrival.port,
	    .arch = arch != NULL ? arch->name : "",
	    .client = pxe_client_name(&ex->client),
	    .replied = reply != NULL,
	    .stage = reply != NULL ? proxydhcp_stage_name(ex->plan.stage) : "",
	    .file = reply != NULL ? reply->file : "",
	    .drop = drop,
	    .problem = proxydhcp_problem(ex, drop, problem),
	    .decision = known ? &ex->answer.decision : NULL,
	};

	if (drop == PROXYDHCP_DROP_NODE_RATE)
		return;
	if (!known && !proxydhcp_bucket_take(&ex->proxydhcp->unknown_bucket,
			  UNKNOWN_RATE, UNKNOWN_BURST, ex->now_ms))
		return;
	if (ex->arrival.port == DHCP_PORT_PXE)
		sighting.addr = ex->arrival.from.sin_addr;
	handler->on_sighting(handler->arg, &sighting);
}

static enum proxydhcp_drop
answer_node(struct proxydhcp_exchange *ex, struct proxydhcp_reply *ret_reply)
{
	enum proxydhcp_drop drop = proxydhcp_find_node(ex);

	if (drop == PROXYDHCP_OK)
		drop = proxydhcp_make_plan(ex);
	if (drop == PROXYDHCP_OK &&
	    proxydhcp_reply(&ex->msg, &ex->client, &ex->arrival,
		&ex->proxydhcp->conf.site, &ex->plan, ret_reply) < 0)
		drop = PROXYDHCP_DROP_REPLY;
	if (drop == PROXYDHCP_OK && ret_reply->type == DHCP_TYPE_OFFER &&
	    ex->arrival.port == DHCP_PORT_SERVER)
		ret_reply->delay_ms = ex->answer.delay_ms;
	proxydhcp_remember_answer(ex, drop);
	proxydhcp_tell_sighting(
	    ex, drop == PROXYDHCP_OK ? ret_reply : NULL, drop);
	return drop;
}

/*
 * Only of who tells its architecture the application is asked: other DHCP
 * clients, which are many, do not.
 */
static void
identify(struct proxydhcp_exchange *ex)
{
	const struct proxydhcp_handler *handler = &ex->proxydhcp->handler;

	pxe_identify(&ex->msg, &ex->client);
	if (ex->client.class == PXE_CLASS_NONE &&
	    handler->vendor_class != NULL && dhcp_arch_count(&ex->msg) > 0)
		(void)pxe_identify_vendor(&ex->msg,
		    handler->vendor_class(handler->arg, &ex->msg.mac),
		    &ex->client);
}

static enum proxydhcp_drop
handle_message(struct proxydhcp_exchange *ex,
    const struct udp_datagram *datagram, uint16_t port,
    struct proxydhcp_reply *ret_reply)
{
	struct proxydhcp *proxydhcp = ex->proxydhcp;
	enum proxydhcp_drop drop;
	bool probe;

	find_arrival(ex, port, datagram);
	probe = proxydhcp_is_probe(proxydhcp, &ex->msg.mac);
	if (probe)
		ex->arrival.from_us = false; /* it comes from this host */
	identify(ex);
	if (port == DHCP_PORT_SERVER && proxydhcp->handler.lease != NULL &&
	    !probe) {
		ex->peer = proxydhcp_peers_find(proxydhcp->peers, &ex->msg.mac);
		return proxydhcp_answer_lease(ex, ret_reply);
	}
	drop = proxydhcp_screen(&ex->msg, &ex->client, &ex->arrival);
	if (ex->msg.giaddr.s_addr != 0 &&
	    (drop == PROXYDHCP_DROP_RELAY ||
		drop == PROXYDHCP_DROP_RELAY_SOURCE ||
		drop == PROXYDHCP_DROP_SOURCE_PORT))
		proxydhcp_tell_relay(ex, drop);
	if (drop != PROXYDHCP_OK && drop != PROXYDHCP_DROP_TYPE &&
	    drop != PROXYDHCP_DROP_CLASS)
		return drop;
	ex->peer = find_peer(proxydhcp, &ex->msg.mac);
	if (drop != PROXYDHCP_OK) {
		overhear_request(ex);
		return drop;
	}
	return answer_node(ex, ret_reply);
}

bool
proxydhcp_handle(struct proxydhcp *proxydhcp, uint16_t port,
    const struct udp_datagram *datagram, struct proxydhcp_reply *ret_reply)
{
	struct proxydhcp_exchange ex = {
	    .proxydhcp = proxydhcp,
	    .now_ms = clock_mono_ms(proxydhcp->clock),
	};
	struct proxydhcp_counts *count = &proxydhcp->count;
	enum proxydhcp_drop drop;
	enum dhcp_drop malformed;

	count->received++;
	if (datagram->truncated) {
		count->dropped[PROXYDHCP_DROP_TRUNCATED]++;
		return false;
	}
	malformed = dhcp_decode(
	    datagram->data, datagram->len, DHCP_OP_REQUEST, &ex.msg);
	if (malformed != DHCP_OK) {
		count->malformed[malformed]++;
		proxydhcp_trace_malformed(
		    proxydhcp, port, datagram, dhcp_drop_name(malformed));
		return false;
	}
	drop = handle_message(&ex, datagram, port, ret_reply);
	proxydhcp_trace_exchange(
	    &ex, datagram, drop == PROXYDHCP_OK ? ret_reply : NULL, drop);
	if (drop != PROXYDHCP_OK) {
		count->dropped[drop]++;
		return false;
	}
	if (ret_reply->type == DHCP_TYPE_OFFER)
		count->offers++;
	else
		count->acks++;
	return true;
}

bool
proxydhcp_mac_of(const struct proxydhcp *proxydhcp, struct in_addr addr,
    struct hwaddr *ret_mac)
{
	return proxydhcp_peers_mac_of(proxydhcp->peers, addr, ret_mac);
}

void
proxydhcp_saw_fetch(
    struct proxydhcp *proxydhcp, const struct hwaddr *mac, bool kernel)
{
	struct proxydhcp_peer *peer =
	    proxydhcp_peers_find(proxydhcp->peers, mac);

	if (peer != NULL && kernel)
		proxydhcp_peer_started(peer, true);
	else if (peer != NULL)
		peer->fetched = true;
}

bool
proxydhcp_may_solicit(struct proxydhcp *proxydhcp, const struct hwaddr *mac)
{
	struct proxydhcp_peer *peer = find_peer(proxydhcp, mac);
	int64_t now = clock_mono_ms(proxydhcp->clock);

	if (peer == NULL)
		peer = proxydhcp_peers_find(proxydhcp->strangers, mac);
	return peer != NULL && peer->answered &&
	       now - peer->answered_ms < PROXYDHCP_BOOTING_MS &&
	       proxydhcp_bucket_take(
		   &peer->solicits, SOLICIT_RATE, SOLICIT_BURST, now);
}
