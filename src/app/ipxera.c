#include "app/ipxera.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/proxydhcp_peers.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "net/linklocal.h"

enum {
	LINKS_MAX = 64, /* further interfaces get no answers */
	REFRESH_MS = 5000,
	RATE = 100, /* answers to all; a second */
	BURST = 500,
};

struct link {
	int ifindex;
	char name[IF_NAMESIZE];
	struct in6_addr ours; /* "::": none */
	bool present;	      /* at the last look */
	bool told;	      /* the log has it that it has no address */
};

struct ipxera {
	const struct clock *clock;
	struct iface *iface;
	struct ipxera_handler handler;
	struct proxydhcp_bucket bucket;
	struct packet *packet;
	struct loop_timer *timer;
	int group; /* holds the memberships, or -1 */
	struct link link[LINKS_MAX];
	size_t links;
};

struct ipxera *
ipxera_new(const struct clock *clock, struct iface *iface,
    const struct ipxera_handler *handler)
{
	struct ipxera *ipxera = mem_alloc(sizeof *ipxera);

	ipxera->clock = clock;
	ipxera->iface = iface;
	ipxera->handler = *handler;
	ipxera->group = -1;
	return ipxera;
}

void
ipxera_free(struct ipxera *ipxera)
{
	if (ipxera == NULL)
		return;
	loop_timer_free(ipxera->timer);
	packet_free(ipxera->packet);
	if (ipxera->group >= 0)
		(void)close(ipxera->group);
	free(ipxera);
}

static struct link *
find_link(struct ipxera *ipxera, int ifindex)
{
	for (size_t i = 0; i < ipxera->links; i++) {
		if (ipxera->link[i].ifindex == ifindex)
			return &ipxera->link[i];
	}
	return NULL;
}

static struct link *
get_link(struct ipxera *ipxera, int ifindex, const char *name)
{
	struct link *link = find_link(ipxera, ifindex);

	if (link != NULL || ipxera->links == LINKS_MAX)
		return link;
	link = &ipxera->link[ipxera->links++];
	*link = (struct link){.ifindex = ifindex};
	str_copy(link->name, sizeof link->name, name);
	return link;
}

/* An address may come late, when its duplicate check is done. */
static void
look_at(struct ipxera *ipxera, const struct iface_addr *addr)
{
	struct link *link = get_link(ipxera, addr->ifindex, addr->name);

	if (link == NULL || link->present)
		return;
	link->present = true;
	if (linklocal_find(link->ifindex, &link->ours)) {
		(void)linklocal_join_routers(ipxera->group, link->ifindex);
		return;
	}
	link->ours = in6addr_any;
	if (link->told)
		return;
	link->told = true;
	log_info(NULL,
	    "interface %s has no IPv6 address: iPXE of the distributions will "
	    "wait there some 15 s at each start for an IPv6 router",
	    link->name);
}

static void
drop_absent(struct ipxera *ipxera)
{
	size_t kept = 0;

	for (size_t i = 0; i < ipxera->links; i++) {
		if (ipxera->link[i].present)
			ipxera->link[kept++] = ipxera->link[i];
	}
	ipxera->links = kept;
}

void
ipxera_refresh(struct ipxera *ipxera)
{
	const struct iface_addr *list;
	size_t count;

	for (size_t i = 0; i < ipxera->links; i++)
		ipxera->link[i].present = false;
	list = iface_list(ipxera->iface, &count);
	for (size_t i = 0; i < count; i++) {
		if (list[i].served)
			look_at(ipxera, &list[i]);
	}
	drop_absent(ipxera);
}

void
ipxera_set_address(
    struct ipxera *ipxera, int ifindex, const struct in6_addr *addr)
{
	struct link *link = get_link(ipxera, ifindex, "test");

	if (link != NULL)
		link->ours = *addr;
}

/* What it says of itself has to fit; then it is known by its MAC. */
static bool
is_honest(
    const struct nd_solicit *solicit, const struct packet_arrival *arrival)
{
	return IN6_IS_ADDR_LINKLOCAL(&solicit->from) &&
	       hwaddr_is_nic(&arrival->from) &&
	       (!solicit->has_link ||
		   hwaddr_eq(&solicit->link, &arrival->from));
}

bool
ipxera_handle(struct ipxera *ipxera, const struct packet_arrival *arrival,
    uint8_t ret_advert[ND_ADVERT_LEN])
{
	const struct ipxera_handler *handler = &ipxera->handler;
	const struct link *link = find_link(ipxera, arrival->ifindex);
	struct nd_solicit solicit;

	if (link == NULL || IN6_IS_ADDR_UNSPECIFIED(&link->ours) ||
	    arrival->truncated ||
	    nd_decode_solicit(arrival->data, arrival->len, &solicit) != ND_OK ||
	    !is_honest(&solicit, arrival) ||
	    !handler->may_solicit(handler->arg, &arrival->from) ||
	    !proxydhcp_bucket_take(
		&ipxera->bucket, RATE, BURST, clock_mono_ms(ipxera->clock)))
		return false;
	nd_encode_advert(&link->ours, &solicit.from, ret_advert);
	return true;
}

static void
on_packet_cb(
    void *arg, struct packet *packet, const struct packet_arrival *arrival)
{
	uint8_t advert[ND_ADVERT_LEN];
	char mac[HWADDR_STRLEN];

	if (!ipxera_handle(arg, arrival, advert))
		return;
	(void)packet_send(
	    packet, advert, sizeof advert, arrival->ifindex, &arrival->from);
	log_debug(NULL, "%s asks for IPv6 routers: told that there is none",
	    hwaddr_format(&arrival->from, mac));
}

static void
on_refresh_cb(void *arg)
{
	ipxera_refresh(arg);
}

void
ipxera_listen(struct ipxera *ipxera, struct loop *loop, int fd)
{
	ipxera->packet = packet_new(loop, fd, on_packet_cb, ipxera);
	ipxera->group = linklocal_open();
	ipxera->timer = loop_timer_new(loop, on_refresh_cb, ipxera);
	loop_timer_every(ipxera->timer, REFRESH_MS);
	ipxera_refresh(ipxera);
}
