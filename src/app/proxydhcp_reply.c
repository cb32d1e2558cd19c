#include "app/proxydhcp_reply.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/ipv4net.h"
#include "base/str.h"

static const char *const drop_names[PROXYDHCP_DROP_COUNT] = {
    [PROXYDHCP_OK] = "none",
    [PROXYDHCP_DROP_TRUNCATED] = "truncated",
    [PROXYDHCP_DROP_INTERFACE] = "interface-not-served",
    [PROXYDHCP_DROP_OWN] = "own-packet",
    [PROXYDHCP_DROP_SOURCE_PORT] = "source-port",
    [PROXYDHCP_DROP_SOURCE] = "source-address",
    [PROXYDHCP_DROP_DESTINATION] = "destination-address",
    [PROXYDHCP_DROP_RELAY] = "relay-not-allowed",
    [PROXYDHCP_DROP_RELAY_SOURCE] = "relay-source",
    [PROXYDHCP_DROP_CLASS] = "no-network-boot",
    [PROXYDHCP_DROP_TYPE] = "for-the-dhcp-server",
    [PROXYDHCP_DROP_CREDENTIALS] = "boot-item-with-credentials",
    [PROXYDHCP_DROP_UNKNOWN] = "unknown-machine",
    [PROXYDHCP_DROP_LOCAL] = "not-to-boot",
    [PROXYDHCP_DROP_ARCH] = "architecture-not-served",
    [PROXYDHCP_DROP_LOADER] = "loader-missing",
    [PROXYDHCP_DROP_SECURE] = "no-secure-boot-this-way",
    [PROXYDHCP_DROP_LOOP] = "loader-loop",
    [PROXYDHCP_DROP_NODE_RATE] = "machine-too-often",
    [PROXYDHCP_DROP_RATE] = "all-too-often",
    [PROXYDHCP_DROP_NO_ADDRESS] = "no-address",
    [PROXYDHCP_DROP_DECLINED] = "address-declined",
    [PROXYDHCP_DROP_TAKEN] = "address-in-use",
    [PROXYDHCP_DROP_REPLY] = "reply-too-long",
    [PROXYDHCP_DROP_DELAYED] = "too-many-delayed",
};

const char *
proxydhcp_drop_name(enum proxydhcp_drop drop)
{
	return (unsigned)drop < PROXYDHCP_DROP_COUNT ? drop_names[drop] : "?";
}

static const char *const style_names[] = {
    [PROXYDHCP_STYLE_AUTO] = "auto",
    [PROXYDHCP_STYLE_BINL] = "binl",
    [PROXYDHCP_STYLE_DIRECT] = "direct",
};

#define STYLE_COUNT (sizeof style_names / sizeof style_names[0])

int
proxydhcp_style_parse(const char *name, enum proxydhcp_style *ret_style)
{
	for (size_t i = 0; i < STYLE_COUNT; i++) {
		if (strcmp(name, style_names[i]) == 0) {
			*ret_style = (enum proxydhcp_style)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *
proxydhcp_style_name(enum proxydhcp_style style)
{
	return (unsigned)style < STYLE_COUNT ? style_names[style] : "?";
}

int
proxydhcp_loader_parse(const char *name, enum proxydhcp_loader *ret_loader)
{
	static const char *const names[] = {
	    [PROXYDHCP_LOADER_AUTO] = "auto",
	    [PROXYDHCP_LOADER_IPXE] = "ipxe",
	    [PROXYDHCP_LOADER_SHIM] = "shim",
	};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (strcmp(name, names[i]) == 0) {
			*ret_loader = (enum proxydhcp_loader)i;
			return 0;
		}
	}
	return -EINVAL;
}

const char *
proxydhcp_stage_name(enum proxydhcp_stage stage)
{
	static const char *const names[] = {
	    [PROXYDHCP_STAGE_LOADER] = "loader",
	    [PROXYDHCP_STAGE_HTTP] = "http",
	    [PROXYDHCP_STAGE_SCRIPT] = "script",
	    [PROXYDHCP_STAGE_SECURE] = "secure-boot",
	};

	return (unsigned)stage < sizeof names / sizeof names[0] ? names[stage]
								: "?";
}

/* A boot item is asked for by everything but a DISCOVER. */
static bool
asks_item(const struct dhcp_msg *msg, const struct pxe_client *client)
{
	return client->has_item && msg->type != DHCP_TYPE_DISCOVER;
}

/*
 * On 67 a REQUEST is the site's DHCP server's, but for boot-server discovery
 * by broadcast (option 43 sub-option 71). On 4011 all is ours.
 */
static bool
is_our_type(
    const struct dhcp_msg *msg, const struct pxe_client *client, uint16_t port)
{
	switch (msg->type) {
	case DHCP_TYPE_DISCOVER:
		return true;
	case DHCP_TYPE_REQUEST:
	case DHCP_TYPE_INFORM:
		return port == DHCP_PORT_PXE ||
		       (client->has_item && client->class == PXE_CLASS_PXE);
	default:
		return false;
	}
}

/*
 * A reply to a relay goes where giaddr says, so anybody could have it sent to
 * somebody else: giaddr and sender must be ones that the operator trusts. The
 * sender may have another address than giaddr, which is the one towards its
 * clients.
 */
static enum proxydhcp_drop
screen_relay(
    const struct dhcp_msg *msg, const struct proxydhcp_arrival *arrival)
{
	struct dhcp_relay relay;

	/* Relays speak to port 67 alone. */
	if (!arrival->relay_allowed || arrival->port != DHCP_PORT_SERVER)
		return PROXYDHCP_DROP_RELAY;
	if (!arrival->from_allowed &&
	    arrival->from.sin_addr.s_addr != msg->giaddr.s_addr)
		return PROXYDHCP_DROP_RELAY_SOURCE;
	dhcp_relay_read(msg, &relay);
	if (relay.source_port && arrival->from.sin_port != 0)
		return PROXYDHCP_OK;
	return ntohs(arrival->from.sin_port) == DHCP_PORT_SERVER
		   ? PROXYDHCP_OK
		   : PROXYDHCP_DROP_SOURCE_PORT;
}

/*
 * 67: from port 68 of a machine on the link, with or without an address yet.
 * 4011: from the address that it says it has, or else we could be made to
 * send replies to somebody who never asked; behind a relay it is not on the
 * link.
 */
enum proxydhcp_drop
proxydhcp_screen_source(
    const struct dhcp_msg *msg, const struct proxydhcp_arrival *arrival)
{
	struct in_addr from = arrival->from.sin_addr;

	if (arrival->from_us)
		return PROXYDHCP_DROP_OWN;
	if (msg->giaddr.s_addr != 0)
		return screen_relay(msg, arrival);
	if (arrival->port == DHCP_PORT_SERVER) {
		if (ntohs(arrival->from.sin_port) != DHCP_PORT_CLIENT)
			return PROXYDHCP_DROP_SOURCE_PORT;
		return from.s_addr == 0 || arrival->on_link
			   ? PROXYDHCP_OK
			   : PROXYDHCP_DROP_SOURCE;
	}
	if (arrival->from.sin_port == 0)
		return PROXYDHCP_DROP_SOURCE_PORT;
	if (!(arrival->on_link || arrival->from_allowed) ||
	    from.s_addr != msg->ciaddr.s_addr)
		return PROXYDHCP_DROP_SOURCE;
	return arrival->to_us ? PROXYDHCP_OK : PROXYDHCP_DROP_DESTINATION;
}

enum proxydhcp_drop
proxydhcp_screen(const struct dhcp_msg *msg, const struct pxe_client *client,
    const struct proxydhcp_arrival *arrival)
{
	enum proxydhcp_drop drop;

	if (arrival->ours.s_addr == 0)
		return PROXYDHCP_DROP_INTERFACE;
	drop = proxydhcp_screen_source(msg, arrival);
	if (drop != PROXYDHCP_OK)
		return drop;
	if (client->class == PXE_CLASS_NONE)
		return PROXYDHCP_DROP_CLASS;
	if (!is_our_type(msg, client, arrival->port))
		return PROXYDHCP_DROP_TYPE;
	if (asks_item(msg, client) &&
	    (client->item_layer & PXE_LAYER_CREDENTIALS))
		return PROXYDHCP_DROP_CREDENTIALS;
	return PROXYDHCP_OK;
}

/* The first that is there; without any, the first of all and false. */
static bool
choose_loader(const uint8_t list[PXE_ARCH_LOADERS],
    const struct proxydhcp_site *site, enum pxe_loader *ret_loader)
{
	for (size_t i = 0; i < PXE_ARCH_LOADERS; i++) {
		enum pxe_loader loader = (enum pxe_loader)list[i];

		if (loader != PXE_LOADER_NONE && site->loader[loader]) {
			*ret_loader = loader;
			return true;
		}
	}
	*ret_loader = (enum pxe_loader)list[0];
	return false;
}

/* The style is for firmware; iPXE takes either, and lab runs had these. */
static enum pxe_form
choose_form(const struct pxe_client *client, enum proxydhcp_style style)
{
	if (client->program != PXE_PROGRAM_FIRMWARE ||
	    style == PROXYDHCP_STYLE_AUTO)
		return client->arch->form;
	return style == PROXYDHCP_STYLE_DIRECT ? PXE_FORM_DIRECT
					       : PXE_FORM_BINL;
}

/*
 * What runs beats what it runs on: an iPXE that can go on by itself never
 * gets a loader, or it would load itself for ever.
 */
enum proxydhcp_drop
proxydhcp_plan(const struct pxe_client *client,
    const struct proxydhcp_site *site, enum proxydhcp_style style,
    struct proxydhcp_plan *ret_plan)
{
	struct proxydhcp_plan plan = {.loader = PXE_LOADER_NONE};
	bool firmware = client->program == PXE_PROGRAM_FIRMWARE;
	bool found = true;

	if (client->arch == NULL)
		return PROXYDHCP_DROP_ARCH;
	plan.form = choose_form(client, style);
	if (pxe_client_runs_scripts(client)) {
		plan.stage = PROXYDHCP_STAGE_SCRIPT;
	} else {
		plan.stage = firmware && client->class == PXE_CLASS_HTTP
				 ? PROXYDHCP_STAGE_HTTP
				 : PROXYDHCP_STAGE_LOADER;
		found = choose_loader(
		    firmware ? client->arch->loader : client->arch->ipxe_loader,
		    site, &plan.loader);
	}
	*ret_plan = plan;
	return found ? PROXYDHCP_OK : PROXYDHCP_DROP_LOADER;
}

enum proxydhcp_drop
proxydhcp_plan_secure(const struct pxe_client *client,
    const struct proxydhcp_site *site, struct proxydhcp_plan *ret_plan)
{
	const struct pxe_secure *secure = pxe_arch_secure(client->arch);
	struct proxydhcp_plan plan = {
	    .stage = PROXYDHCP_STAGE_SECURE, .loader = PXE_LOADER_NONE};

	if (client->arch == NULL)
		return PROXYDHCP_DROP_ARCH;
	plan.form = client->arch->form;
	*ret_plan = plan;
	if (secure == NULL || client->class != PXE_CLASS_HTTP)
		return PROXYDHCP_DROP_SECURE;
	if (!site->loader[secure->first])
		ret_plan->loader = secure->first;
	else if (!site->loader[secure->second])
		ret_plan->loader = secure->second;
	return ret_plan->loader == PXE_LOADER_NONE ? PROXYDHCP_OK
						   : PROXYDHCP_DROP_LOADER;
}

/*
 * Addresses are literal: a name would need the site's DNS. iPXE gets a whole
 * URL even for TFTP, since its own next-server may be the site's.
 */
void
proxydhcp_format_file(const struct dhcp_msg *msg,
    const struct pxe_client *client, struct in_addr server,
    const struct proxydhcp_site *site, const struct proxydhcp_plan *plan,
    char out[DHCP_FILE_MAX + 1])
{
	const struct pxe_loader_info *info = pxe_loader_info(plan->loader);
	const char *name = info != NULL ? info->file : "";
	/* Settings in a file name are iPXE's to fill in. */
	static const char who[] = "?uuid=${uuid}&serial=${serial:uristring}";
	char addr[INET_ADDRSTRLEN];
	char mac[HWADDR_STRLEN];
	const size_t size = DHCP_FILE_MAX + 1;

	(void)ipv4_format(server, addr);
	if (plan->stage == PROXYDHCP_STAGE_SCRIPT)
		(void)snprintf(out, size, "http://%s:%u/boot/%s%s", addr,
		    site->http_port, hwaddr_format_sep(&msg->mac, '-', mac),
		    plan->identify ? who : "");
	else if (plan->stage == PROXYDHCP_STAGE_SECURE)
		(void)snprintf(out, size, "http://%s:%u/boot/%s.img", addr,
		    site->http_port, hwaddr_format_sep(&msg->mac, '-', mac));
	else if (plan->stage == PROXYDHCP_STAGE_HTTP)
		(void)snprintf(out, size, "http://%s:%u/loaders/%s", addr,
		    site->files_port, name);
	else if (client->program != PXE_PROGRAM_FIRMWARE)
		(void)snprintf(out, size, "tftp://%s/%s", addr, name);
	else
		str_copy(out, size, name);
}

/*
 * Option 43: a boot item is repeated, else "take this file" or nothing. UEFI
 * on 4011 was answered without it in every boot that was seen to work.
 */
static size_t
format_vendor(const struct dhcp_msg *msg, const struct pxe_client *client,
    uint16_t port, enum pxe_form form, uint8_t out[PXE_VENDOR_MAX])
{
	if (asks_item(msg, client))
		return pxe_vendor_item(client, out);
	if (client->class == PXE_CLASS_HTTP || form == PXE_FORM_BINL)
		return 0;
	if (port == DHCP_PORT_PXE && client->arch->form == PXE_FORM_BINL)
		return 0;
	return pxe_vendor_direct(out);
}

/*
 * 67: always a broadcast, since a proxy gives no address to send to, and by
 * the interface that the request came by; or to the relay. 4011: back to
 * where it came from (EDK2 asks from 4011, iPXE from 68), from the address
 * that it asked. Who is not on the link is reached by the routes.
 */
void
proxydhcp_address_reply(const struct dhcp_msg *msg,
    const struct proxydhcp_arrival *arrival, const struct dhcp_relay *relay,
    struct proxydhcp_reply *reply)
{
	bool relayed = msg->giaddr.s_addr != 0;

	reply->ifindex = arrival->ifindex;
	reply->from = arrival->to_us ? arrival->to : arrival->ours;
	if (relayed || (arrival->port == DHCP_PORT_PXE && !arrival->on_link))
		reply->ifindex = 0;
	if (arrival->port == DHCP_PORT_PXE) {
		reply->to = arrival->from;
		return;
	}
	reply->to.sin_family = AF_INET;
	reply->to.sin_port =
	    htons(relayed ? DHCP_PORT_SERVER : DHCP_PORT_CLIENT);
	reply->to.sin_addr.s_addr = htonl(INADDR_BROADCAST);
	if (!relayed)
		return;
	reply->to.sin_addr = msg->giaddr;
	if (relay->source_port)
		reply->to.sin_port = arrival->from.sin_port;
}

int
proxydhcp_reply(const struct dhcp_msg *msg, const struct pxe_client *client,
    const struct proxydhcp_arrival *arrival, const struct proxydhcp_site *site,
    const struct proxydhcp_plan *plan, struct proxydhcp_reply *ret_reply)
{
	bool is_pxe_port = arrival->port == DHCP_PORT_PXE;
	struct proxydhcp_reply reply = {0};
	uint8_t vendor[PXE_VENDOR_MAX];
	struct dhcp_reply out = {0};
	struct dhcp_relay relay;
	int r;

	dhcp_relay_read(msg, &relay);
	proxydhcp_address_reply(msg, arrival, &relay, &reply);
	reply.type =
	    msg->type == DHCP_TYPE_DISCOVER ? DHCP_TYPE_OFFER : DHCP_TYPE_ACK;
	proxydhcp_format_file(msg, client, reply.from, site, plan, reply.file);
	out.request = msg;
	out.type = reply.type;
	out.broadcast = !is_pxe_port;
	if (is_pxe_port)
		out.ciaddr = msg->ciaddr;
	out.server = reply.from;
	/* On the link nobody stands between, whatever option 82 says. */
	if (msg->giaddr.s_addr != 0)
		out.server_id = relay.server_id;
	out.file = reply.file;
	out.class = pxe_client_class(client);
	out.vendor = vendor;
	out.vendor_len =
	    format_vendor(msg, client, arrival->port, plan->form, vendor);
	r = dhcp_encode_reply(&out, reply.packet, &reply.len);
	if (r < 0)
		return r;
	*ret_reply = reply;
	return 0;
}
