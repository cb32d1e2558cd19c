/*
 * Port 67 as a DHCP server of our own: each machine gets the address that the
 * inventory reserves for it, and beside it what it is to boot, if anything.
 * There is nothing to remember: an address is one machine's for ever.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "app/addrguard.h"
#include "app/lease_rules.h"
#include "app/proxydhcp_private.h"
#include "base/ipv4net.h"
#include "base/log.h"

enum {
	DECLINED_MS = 10 * 60 * 1000,
	TELL_MS = 60 * 1000,
};

/* 0 when the inventory does not say: shifting by 32 is nothing C defines. */
static struct in_addr
mask_of(unsigned prefix)
{
	uint32_t mask = prefix == 0 ? 0 : UINT32_MAX << (32 - prefix);

	return (struct in_addr){.s_addr = htonl(mask)};
}

static bool
same_net(struct in_addr a, struct in_addr b, struct in_addr mask)
{
	return ((a.s_addr ^ b.s_addr) & mask.s_addr) == 0;
}

/*
 * The address must belong to where the machine is: to a network of the
 * interface, or of the relay, whose mask only the inventory knows.
 */
static bool
find_link(struct proxydhcp_exchange *ex, struct proxydhcp_lease *lease)
{
	struct in_addr relay = ex->msg.giaddr;
	struct iface_addr ours;

	if (relay.s_addr != 0) {
		lease->settings.mask = mask_of(lease->prefix);
		return lease->prefix != 0 &&
		       same_net(relay, lease->addr, lease->settings.mask);
	}
	if (!iface_find(ex->proxydhcp->iface, ex->arrival.ifindex, lease->addr,
		&ours) ||
	    !same_net(ours.addr, lease->addr, ours.mask) ||
	    iface_is_ours(ex->proxydhcp->iface, lease->addr))
		return false;
	ex->arrival.ours = ours.addr;
	lease->settings.mask =
	    lease->prefix != 0 ? mask_of(lease->prefix) : ours.mask;
	return true;
}

static bool
is_for_us(const struct proxydhcp_exchange *ex, const struct dhcp_relay *relay)
{
	struct in_addr chosen = ex->msg.server_id;

	return chosen.s_addr == 0 ||
	       iface_is_ours(ex->proxydhcp->iface, chosen) ||
	       (ex->msg.giaddr.s_addr != 0 &&
		   chosen.s_addr == relay->server_id.s_addr);
}

/* Who says that it has an address must speak from it, or behind a relay. */
static enum proxydhcp_drop
screen(const struct proxydhcp_exchange *ex)
{
	const struct dhcp_msg *msg = &ex->msg;
	enum proxydhcp_drop drop;

	if (ex->arrival.ours.s_addr == 0)
		return PROXYDHCP_DROP_INTERFACE;
	drop = proxydhcp_screen_source(msg, &ex->arrival);
	if (drop == PROXYDHCP_OK && msg->giaddr.s_addr == 0 &&
	    msg->type != DHCP_TYPE_DISCOVER && msg->ciaddr.s_addr != 0 &&
	    msg->ciaddr.s_addr != ex->arrival.from.sin_addr.s_addr)
		drop = PROXYDHCP_DROP_SOURCE;
	return drop;
}

/* Whoever asks does so again and again. */
static bool
may_tell(struct proxydhcp_exchange *ex)
{
	int64_t *told_ms = &ex->proxydhcp->told_lease_ms;

	if (*told_ms != 0 && ex->now_ms - *told_ms < TELL_MS)
		return false;
	*told_ms = ex->now_ms;
	return true;
}

/* `addr` is 0.0.0.0 when the inventory has none. */
static enum proxydhcp_drop
tell_no_address(
    struct proxydhcp_exchange *ex, const char *node, struct in_addr addr)
{
	char text[INET_ADDRSTRLEN];

	if (node == NULL)
		return PROXYDHCP_DROP_UNKNOWN;
	if (!may_tell(ex))
		return PROXYDHCP_DROP_NO_ADDRESS;
	if (addr.s_addr == 0)
		log_warn(node, "asks for an address, and the inventory has "
			       "none for this MAC: set ip");
	else
		log_warn(node,
		    "asks for an address where its own, %s, does not belong",
		    ipv4_format(addr, text));
	return PROXYDHCP_DROP_NO_ADDRESS;
}

static void
tell_other(struct proxydhcp_exchange *ex)
{
	char text[INET_ADDRSTRLEN];

	if (!may_tell(ex))
		return;
	log_error(ex->answer.node,
	    "has taken an address from another DHCP server, %s: there may be "
	    "one only where --dhcp server serves",
	    ipv4_format(ex->msg.server_id, text));
}

static void
take_decline(struct proxydhcp_exchange *ex, struct in_addr addr)
{
	char text[INET_ADDRSTRLEN];

	ex->peer->declined_ms = ex->now_ms;
	ex->peer->declined = true;
	log_error(ex->answer.node,
	    "declines its address %s: another machine uses it; not offered "
	    "for %d minutes",
	    ipv4_format(addr, text), DECLINED_MS / 60000);
}

/*
 * Before it uses the address: whoever renews it does already. Behind a relay
 * ARP does not reach.
 */
static enum addrguard_state
guard_address(struct proxydhcp_exchange *ex,
    const struct proxydhcp_lease *lease, enum lease_act act)
{
	struct addrguard *guard = ex->proxydhcp->guard;

	if (guard == NULL || ex->msg.giaddr.s_addr != 0 ||
	    ex->msg.ciaddr.s_addr != 0 ||
	    (act != LEASE_OFFER && act != LEASE_ACK))
		return ADDRGUARD_FREE;
	ex->reserved = lease->addr;
	return addrguard_look(guard, lease->addr, ex->arrival.ifindex,
	    &ex->msg.mac, &ex->taken_by);
}

/*
 * What firmware boots goes with the address. Whoever boots nothing from here
 * gets the address alone: its firmware sees at once that there is no file.
 */
static enum proxydhcp_drop
choose_boot(struct proxydhcp_exchange *ex, enum lease_act act, bool taken,
    bool *ret_boots)
{
	bool boots = ex->client.class != PXE_CLASS_NONE &&
		     (act == LEASE_OFFER || act == LEASE_ACK);
	enum proxydhcp_drop drop;

	*ret_boots = false;
	if (!boots)
		return proxydhcp_admit(ex);
	drop = proxydhcp_find_node(ex);
	if (drop == PROXYDHCP_OK && taken)
		drop = PROXYDHCP_DROP_TAKEN;
	if (drop == PROXYDHCP_OK)
		drop = proxydhcp_make_plan(ex);
	*ret_boots = drop == PROXYDHCP_OK;
	return drop;
}

static bool
ends_here(enum proxydhcp_drop drop)
{
	return drop == PROXYDHCP_DROP_NODE_RATE || drop == PROXYDHCP_DROP_RATE;
}

static int
write_reply(struct proxydhcp_exchange *ex, const struct proxydhcp_lease *lease,
    enum lease_act act, bool boots, struct proxydhcp_reply *reply)
{
	struct dhcp_lease out = {.request = &ex->msg};
	bool relayed = ex->msg.giaddr.s_addr != 0;
	struct dhcp_relay relay;

	dhcp_relay_read(&ex->msg, &relay);
	*reply = (struct proxydhcp_reply){.type = DHCP_TYPE_ACK};
	if (act == LEASE_OFFER)
		reply->type = DHCP_TYPE_OFFER;
	else if (act == LEASE_NAK)
		reply->type = DHCP_TYPE_NAK;
	proxydhcp_address_reply(&ex->msg, &ex->arrival, &relay, reply);
	if (!relayed && reply->type == DHCP_TYPE_ACK &&
	    ex->msg.ciaddr.s_addr != 0)
		reply->to.sin_addr = ex->msg.ciaddr;
	if (boots)
		proxydhcp_format_file(&ex->msg, &ex->client, reply->from,
		    &ex->proxydhcp->conf.site, &ex->plan, reply->file);
	out.type = reply->type;
	out.server = out.server_id = reply->from;
	if (relayed && relay.server_id.s_addr != 0)
		out.server_id = relay.server_id;
	out.file = reply->file;
	if (act == LEASE_NAK) {
		out.message = "this address is not yours";
	} else {
		out.settings = &lease->settings;
		out.addr = lease->addr;
	}
	if (act == LEASE_INFORM)
		out.addr.s_addr = 0;
	/* "PXEClient" would make firmware ask on port 4011 as well. */
	if (boots && (ex->client.class == PXE_CLASS_HTTP ||
			 ex->client.vendor[0] != '\0'))
		out.class = pxe_client_class(&ex->client);
	return dhcp_encode_lease(&out, reply->packet, &reply->len);
}

static void
tell_lease(struct proxydhcp_exchange *ex, const struct proxydhcp_lease *lease,
    enum lease_act act)
{
	char text[INET_ADDRSTRLEN];

	(void)ipv4_format(lease->addr, text);
	if (act == LEASE_NAK)
		log_info(lease->node,
		    "asks for an address that is not its own, and is told so");
	else if (act == LEASE_ACK && ex->msg.ciaddr.s_addr == 0)
		log_info(lease->node, "has the address %s", text);
	if (act == LEASE_ACK)
		proxydhcp_peers_learn(
		    ex->proxydhcp->peers, lease->addr, &ex->msg.mac);
}

/* That a machine may be answered is known. */
static enum proxydhcp_drop
make_answer(struct proxydhcp_exchange *ex, const struct proxydhcp_lease *lease,
    enum lease_act act, bool boots, struct proxydhcp_reply *ret_reply)
{
	if (act == LEASE_DECLINE) {
		take_decline(ex, lease->addr);
		return PROXYDHCP_DROP_TYPE;
	}
	if (act == LEASE_OFFER && ex->peer->declined &&
	    ex->now_ms - ex->peer->declined_ms < DECLINED_MS)
		return PROXYDHCP_DROP_DECLINED;
	return write_reply(ex, lease, act, boots, ret_reply) < 0
		   ? PROXYDHCP_DROP_REPLY
		   : PROXYDHCP_OK;
}

static enum proxydhcp_drop
answer(struct proxydhcp_exchange *ex, const struct proxydhcp_lease *lease,
    enum lease_act act, struct proxydhcp_reply *ret_reply)
{
	enum addrguard_state state = guard_address(ex, lease, act);
	bool taken = state == ADDRGUARD_TAKEN;
	bool boots;
	enum proxydhcp_drop drop = choose_boot(ex, act, taken, &boots);
	enum proxydhcp_drop why = drop;

	if (!ends_here(drop) && taken)
		why = drop = PROXYDHCP_DROP_TAKEN;
	else if (!ends_here(drop))
		drop = make_answer(ex, lease, act, boots, ret_reply);
	if (drop == PROXYDHCP_OK && state == ADDRGUARD_ASKED) {
		ret_reply->delay_ms = ADDRGUARD_WAIT_MS;
		ret_reply->leased = lease->addr;
	} else if (drop == PROXYDHCP_OK) {
		tell_lease(ex, lease, act);
	}
	if (ex->asked) {
		proxydhcp_remember_answer(ex, why);
		proxydhcp_tell_sighting(
		    ex, drop == PROXYDHCP_OK && boots ? ret_reply : NULL, why);
	}
	return drop;
}

enum proxydhcp_drop
proxydhcp_answer_lease(
    struct proxydhcp_exchange *ex, struct proxydhcp_reply *ret_reply)
{
	const struct proxydhcp_handler *handler = &ex->proxydhcp->handler;
	struct proxydhcp_lease lease = {.node = NULL};
	enum proxydhcp_drop drop = screen(ex);
	struct dhcp_relay relay;
	enum lease_act act;

	if (drop != PROXYDHCP_OK)
		return drop;
	if (!handler->lease(handler->arg, &ex->msg.mac, &lease))
		return tell_no_address(ex, lease.node, lease.addr);
	ex->answer.node = lease.node;
	if (!find_link(ex, &lease))
		return tell_no_address(ex, lease.node, lease.addr);
	dhcp_relay_read(&ex->msg, &relay);
	act = lease_rules_act(&ex->msg, lease.addr, is_for_us(ex, &relay));
	if (act == LEASE_OTHER) {
		tell_other(ex);
		return PROXYDHCP_DROP_TYPE;
	}
	if (act == LEASE_SILENT)
		return PROXYDHCP_DROP_TYPE;
	return answer(ex, &lease, act, ret_reply);
}
