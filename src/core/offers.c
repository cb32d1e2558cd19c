#include "core/offers.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "wire/pxe.h"

enum {
	TAG_FIRST = 6, /* of PXE's discovery, in option 43 */
	TAG_LAST = 10,
	IPXE_NO_PXEDHCP = 176, /* in option 175 */
	LATE_IPXE_MS = 2000,
	LATE_UEFI_MS = 4000,
	TEXT_MAX = 160,
};

/* Everything that one server offered. */
struct server {
	struct in_addr id;
	const struct offer *first;
	const struct offer *lease;	      /* the first with an address */
	const struct offer *by[OFFER_PROBES]; /* the first of each probe */
	int64_t slowest_ms;		      /* of those with an address */
};

struct judge {
	const struct offers_site *site;
	struct findings *findings;
	struct server servers[OFFERS_SERVERS_MAX];
	size_t count;
};

/* ---- what an offer says ------------------------------------------------- */

static bool
gives_address(const struct offer *offer)
{
	return offer->msg->yiaddr.s_addr != 0;
}

static struct in_addr
server_of(const struct offer *offer)
{
	return offer->msg->server_id.s_addr != 0 ? offer->msg->server_id
						 : offer->from;
}

static bool
is_pxe(const struct offer *offer)
{
	return dhcp_option_starts(offer->msg, DHCP_SLOT_CLASS, "PXEClient");
}

static bool
is_http(const struct offer *offer)
{
	return dhcp_option_starts(offer->msg, DHCP_SLOT_CLASS, "HTTPClient");
}

/*
 * Whether encapsulated options have a code from `first` to `last`; its first
 * byte, or 0 when it is empty. Broken ones have nothing.
 */
static bool
find_sub(const struct dhcp_msg *msg, enum dhcp_slot slot, uint8_t first,
    uint8_t last, uint8_t *ret_value)
{
	struct dhcp_subs subs;
	struct dhcp_sub sub;

	dhcp_subs_init(&subs, msg, slot);
	while (dhcp_subs_next(&subs, &sub)) {
		if (sub.code >= first && sub.code <= last) {
			*ret_value = sub.len > 0 ? sub.data[0] : 0;
			return true;
		}
	}
	return false;
}

static bool
has_tags(const struct offer *offer)
{
	uint8_t value;

	return find_sub(
	    offer->msg, DHCP_SLOT_VENDOR, TAG_FIRST, TAG_LAST, &value);
}

static bool
has_option(const struct offer *offer, enum dhcp_slot slot)
{
	size_t len;

	return dhcp_option(offer->msg, slot, &len) != NULL;
}

static bool
has_file(const struct offer *offer)
{
	return offer->msg->file[0] != '\0' ||
	       has_option(offer, DHCP_SLOT_BOOT_FILE);
}

static bool
is_in_network(struct in_addr a, struct in_addr b, struct in_addr mask)
{
	return (a.s_addr & mask.s_addr) == (b.s_addr & mask.s_addr);
}

/* False when it does not say. */
static bool
mask_of(const struct offer *offer, struct in_addr *ret_mask)
{
	size_t len;
	const uint8_t *data = dhcp_option(offer->msg, DHCP_SLOT_MASK, &len);

	if (data == NULL)
		return false;
	memcpy(&ret_mask->s_addr, data, sizeof ret_mask->s_addr);
	return true;
}

/* ---- the rules ---------------------------------------------------------- */

static bool
is_binl(const struct judge *judge, const struct offer *offer)
{
	(void)judge;
	return gives_address(offer) && is_pxe(offer) && !has_tags(offer);
}

static bool
is_discovery(const struct judge *judge, const struct offer *offer)
{
	(void)judge;
	return gives_address(offer) && is_pxe(offer) && has_tags(offer);
}

static bool
is_http_uri(const struct judge *judge, const struct offer *offer)
{
	(void)judge;
	return gives_address(offer) && is_http(offer) && has_file(offer);
}

static bool
is_boot_file(const struct judge *judge, const struct offer *offer)
{
	(void)judge;
	return gives_address(offer) && !is_pxe(offer) && !is_http(offer) &&
	       (has_file(offer) || has_option(offer, DHCP_SLOT_SERVER_NAME) ||
		   has_option(offer, DHCP_SLOT_TFTP_SERVERS));
}

static bool
has_siaddr(const struct judge *judge, const struct offer *offer)
{
	return gives_address(offer) && offer->msg->siaddr.s_addr != 0 &&
	       offer->msg->siaddr.s_addr != judge->site->addr.s_addr &&
	       !is_boot_file(judge, offer);
}

static bool
is_own_siaddr(const struct judge *judge, const struct offer *offer)
{
	return has_siaddr(judge, offer) &&
	       offer->msg->siaddr.s_addr == server_of(offer).s_addr;
}

static bool
is_next_server(const struct judge *judge, const struct offer *offer)
{
	return has_siaddr(judge, offer) && !is_own_siaddr(judge, offer);
}

static bool
is_no_proxy(const struct judge *judge, const struct offer *offer)
{
	uint8_t value = 0;

	(void)judge;
	return find_sub(offer->msg, DHCP_SLOT_IPXE, IPXE_NO_PXEDHCP,
		   IPXE_NO_PXEDHCP, &value) &&
	       value != 0;
}

static bool
is_loose_no_proxy(const struct judge *judge, const struct offer *offer)
{
	(void)judge;
	return has_option(offer, DHCP_SLOT_NO_PXEDHCP);
}

static bool
is_elsewhere(const struct judge *judge, const struct offer *offer)
{
	struct in_addr mask;

	return gives_address(offer) && mask_of(offer, &mask) &&
	       !is_in_network(offer->msg->yiaddr, judge->site->addr, mask);
}

static bool
is_other_network(const struct judge *judge, const struct offer *offer)
{
	return is_elsewhere(judge, offer) &&
	       has_option(offer, DHCP_SLOT_ROUTERS);
}

static bool
is_no_route(const struct judge *judge, const struct offer *offer)
{
	return is_elsewhere(judge, offer) &&
	       !has_option(offer, DHCP_SLOT_ROUTERS);
}

static bool
is_relayed(const struct judge *judge, const struct offer *offer)
{
	(void)judge;
	return offer->msg->giaddr.s_addr != 0;
}

static bool
is_proxy_discovery(const struct judge *judge, const struct offer *offer)
{
	(void)judge;
	return !gives_address(offer) && is_pxe(offer) && has_tags(offer);
}

static bool
is_proxy_other(const struct judge *judge, const struct offer *offer)
{
	(void)judge;
	return !gives_address(offer) &&
	       ((is_pxe(offer) && !has_tags(offer)) || is_http(offer));
}

static bool
is_proxy_no_class(const struct judge *judge, const struct offer *offer)
{
	(void)judge;
	return !gives_address(offer) && !is_pxe(offer) && !is_http(offer);
}

/* ---- telling ------------------------------------------------------------ */

static void
format_addr(struct in_addr addr, char out[INET_ADDRSTRLEN])
{
	inet_ntop(AF_INET, &addr, out, INET_ADDRSTRLEN);
}

/* "10.0.0.1 (52:54:00:aa:0b:01)" */
static void
format_server(const struct offer *offer, char out[TEXT_MAX])
{
	char addr[INET_ADDRSTRLEN];
	char mac[HWADDR_STRLEN];

	format_addr(server_of(offer), addr);
	if (hwaddr_is_nic(&offer->mac))
		(void)snprintf(out, TEXT_MAX, "%s (%s)", addr,
		    hwaddr_format(&offer->mac, mac));
	else
		(void)snprintf(out, TEXT_MAX, "%s", addr);
}

/* The name may hold anything. */
static void
format_file(const struct offer *offer, char out[TEXT_MAX])
{
	const char *file = offer->msg->file;
	size_t len = strlen(file);
	struct buf safe;

	if (len == 0)
		file = (const char *)dhcp_option(
		    offer->msg, DHCP_SLOT_BOOT_FILE, &len);
	buf_init(&safe, 4096);
	if (file != NULL)
		escape_log(&safe, file, strnlen(file, len));
	(void)snprintf(out, TEXT_MAX, "%s", safe.data);
	buf_done(&safe);
}

enum detail {
	DETAIL_NONE,
	DETAIL_FILE,
	DETAIL_SIADDR,
	DETAIL_YIADDR,
	DETAIL_GIADDR,
};

static void
format_detail(const struct offer *offer, enum detail detail, char out[TEXT_MAX])
{
	const struct in_addr addrs[] = {
	    [DETAIL_SIADDR] = offer->msg->siaddr,
	    [DETAIL_YIADDR] = offer->msg->yiaddr,
	    [DETAIL_GIADDR] = offer->msg->giaddr,
	};

	out[0] = '\0';
	if (detail == DETAIL_FILE)
		format_file(offer, out);
	else if (detail != DETAIL_NONE)
		format_addr(addrs[detail], out);
}

/* A server is told of once by each rule that one of its offers fits. */
static const struct rule {
	enum finding_id id;
	bool (*fits)(const struct judge *judge, const struct offer *offer);
	enum detail detail;
	const char *before; /* "SERVER before DETAIL after" */
	const char *after;
} rules[] = {
    {FIND_DHCP_BINL, is_binl, DETAIL_NONE,
	"sends option 60 \"PXEClient\" without option 43", ""},
    {FIND_DHCP_DISCOVERY, is_discovery, DETAIL_NONE,
	"sends PXE boot options (60 and 43) with its addresses", ""},
    {FIND_DHCP_HTTP_URI, is_http_uri, DETAIL_FILE,
	"sends a URL for UEFI HTTP boot with its addresses: \"", "\""},
    {FIND_DHCP_BOOT_FILE, is_boot_file, DETAIL_FILE,
	"sends a boot file or boot server of its own: \"", "\""},
    {FIND_DHCP_NEXT_SERVER, is_next_server, DETAIL_SIADDR,
	"names another machine as next-server:", ""},
    {FIND_DHCP_SIADDR, is_own_siaddr, DETAIL_NONE,
	"names itself as next-server", ""},
    {FIND_DHCP_NO_PROXY, is_no_proxy, DETAIL_NONE,
	"sends iPXE's option no-pxedhcp (175.176)", ""},
    {FIND_DHCP_OPTION_176, is_loose_no_proxy, DETAIL_NONE, "sends option 176",
	""},
    {FIND_DHCP_OTHER_NETWORK, is_other_network, DETAIL_YIADDR, "offers",
	", which is in another network than our address"},
    {FIND_DHCP_NO_ROUTE, is_no_route, DETAIL_YIADDR, "offers",
	", which is in another network than our address, and no router"},
    {FIND_DHCP_RELAYED, is_relayed, DETAIL_GIADDR,
	"answers by way of the relay", ""},
    {FIND_PROXY_DISCOVERY, is_proxy_discovery, DETAIL_NONE,
	"answers as a boot server beside the DHCP server, with option 43", ""},
    {FIND_PROXY_OTHER, is_proxy_other, DETAIL_FILE,
	"answers as a boot server beside the DHCP server, with the file \"",
	"\""},
    {FIND_PROXY_NO_CLASS, is_proxy_no_class, DETAIL_NONE,
	"sends offers without an address and without option 60", ""},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
tell(struct judge *judge, const struct rule *rule, const struct offer *offer)
{
	char server[TEXT_MAX];
	char detail[TEXT_MAX];
	size_t len = strlen(rule->before);
	bool quoted = len > 0 && rule->before[len - 1] == '"';

	format_server(offer, server);
	format_detail(offer, rule->detail, detail);
	findings_add(judge->findings, rule->id, "%s: %s %s%s%s%s",
	    judge->site->interface, server, rule->before,
	    quoted || detail[0] == '\0' ? "" : " ", detail, rule->after);
}

static void
apply_rule(struct judge *judge, const struct rule *rule,
    const struct offer *offers, size_t count)
{
	for (size_t s = 0; s < judge->count; s++) {
		for (size_t i = 0; i < count; i++) {
			if (server_of(&offers[i]).s_addr !=
				judge->servers[s].id.s_addr ||
			    offers_is_ours(judge->site, &offers[i]) ||
			    !rule->fits(judge, &offers[i]))
				continue;
			tell(judge, rule, &offers[i]);
			break;
		}
	}
}

/* ---- servers ------------------------------------------------------------ */

static struct server *
find_server(struct judge *judge, const struct offer *offer)
{
	struct in_addr id = server_of(offer);
	struct server *server;

	for (size_t i = 0; i < judge->count; i++) {
		if (judge->servers[i].id.s_addr == id.s_addr)
			return &judge->servers[i];
	}
	if (judge->count == OFFERS_SERVERS_MAX)
		return NULL;
	server = &judge->servers[judge->count++];
	*server = (struct server){.id = id, .first = offer};
	return server;
}

/* Of repeated offers to one DISCOVER only the first tells how long it took. */
static void
take_offer(struct judge *judge, const struct offer *offer)
{
	struct server *server;
	bool repeated;

	if (offers_is_ours(judge->site, offer))
		return;
	server = find_server(judge, offer);
	if (server == NULL || !gives_address(offer))
		return;
	if (server->lease == NULL)
		server->lease = offer;
	repeated = server->by[offer->probe] != NULL;
	if (!repeated)
		server->by[offer->probe] = offer;
	if (!repeated && offer->after_ms > server->slowest_ms)
		server->slowest_ms = offer->after_ms;
}

static void
judge_delay(struct judge *judge, const struct server *server)
{
	char text[TEXT_MAX];

	if (server->slowest_ms <= LATE_IPXE_MS)
		return;
	format_server(server->lease, text);
	findings_add(judge->findings,
	    server->slowest_ms > LATE_UEFI_MS ? FIND_DHCP_LATE_UEFI
					      : FIND_DHCP_LATE_IPXE,
	    "%s: %s took %" PRId64 ".%" PRId64 " s to answer",
	    judge->site->interface, text, server->slowest_ms / 1000,
	    server->slowest_ms % 1000 / 100);
}

/* Some are told not to answer network boots at all. */
static void
judge_classes(struct judge *judge, const struct server *server)
{
	char text[TEXT_MAX];

	/* One that is slow may yet answer. */
	if (server->slowest_ms > LATE_IPXE_MS ||
	    server->by[OFFER_PLAIN] == NULL || server->by[OFFER_PXE] != NULL ||
	    server->by[OFFER_LOCAL] != NULL)
		return;
	format_server(server->lease, text);
	findings_add(judge->findings, FIND_DHCP_NOT_FOR_PXE,
	    "%s: %s offers an address to other machines, but not to "
	    "PXE firmware",
	    judge->site->interface, text);
}

static void
tell_good(struct judge *judge, const struct server *server)
{
	char text[TEXT_MAX];
	char addr[INET_ADDRSTRLEN];

	format_server(server->lease, text);
	format_addr(server->lease->msg->yiaddr, addr);
	findings_ok(judge->findings, AREA_DHCP,
	    "%s: %s gives addresses (%s) in %" PRId64 " ms",
	    judge->site->interface, text, addr, server->slowest_ms);
}

static void
judge_servers(struct judge *judge)
{
	size_t leases = 0;
	char names[OFFERS_SERVERS_MAX * (INET_ADDRSTRLEN + 2)] = "";

	for (size_t i = 0; i < judge->count; i++) {
		const struct server *server = &judge->servers[i];
		size_t used = strlen(names);
		char addr[INET_ADDRSTRLEN];

		if (server->lease == NULL)
			continue;
		format_addr(server->id, addr);
		(void)snprintf(names + used, sizeof names - used, "%s%s",
		    leases == 0 ? "" : ", ", addr);
		leases++;
		tell_good(judge, server);
		judge_delay(judge, server);
		judge_classes(judge, server);
	}
	if (judge->site->is_server && leases > 0)
		findings_add(judge->findings, FIND_DHCP_RIVAL,
		    "%s: another DHCP server offers addresses: %s",
		    judge->site->interface, names);
	if (judge->site->is_server)
		return;
	if (leases == 0)
		findings_add(judge->findings,
		    judge->site->is_optional ? FIND_DHCP_NONE_HERE
					     : FIND_DHCP_NONE,
		    "%s: no DHCP server offers an address",
		    judge->site->interface);
	if (leases > 1)
		findings_add(judge->findings, FIND_DHCP_SEVERAL,
		    "%s: %zu DHCP servers offer addresses: %s",
		    judge->site->interface, leases, names);
}

bool
offers_is_ours(const struct offers_site *site, const struct offer *offer)
{
	return (site->is_server || !gives_address(offer)) &&
	       server_of(offer).s_addr == site->addr.s_addr;
}

void
offers_judge(const struct offers_site *site, const struct offer *offers,
    size_t count, struct findings *findings)
{
	struct judge judge = {.site = site, .findings = findings};

	for (size_t i = 0; i < count; i++)
		take_offer(&judge, &offers[i]);
	judge_servers(&judge);
	for (size_t i = 0; i < COUNT(rules); i++)
		apply_rule(&judge, &rules[i], offers, count);
}
