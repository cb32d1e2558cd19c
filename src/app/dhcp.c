#include "app/dhcp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/addrguard.h"
#include "app/app.h"
#include "app/decide.h"
#include "app/dhcp_alone.h"
#include "app/dhcp_news.h"
#include "app/dhcp_tap.h"
#include "app/facts.h"
#include "app/ipxera.h"
#include "app/proxydhcp.h"
#include "app/recorder.h"
#include "app/reservation.h"
#include "app/sightings.h"
#include "base/ipv4net.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "net/packet.h"
#include "wire/arp.h"

enum {
	PROBE_MS = 15000,
};

/* For addrguard_each_taken(). */
struct taken_list {
	const struct dhcp *dhcp;
	struct value list;
};

/* Stands for the node of doctor's requests, which leave no trace. */
static const char probe_node[] = "doctor";

struct dhcp {
	struct app *app;
	struct iface *iface;
	struct proxydhcp *proxydhcp;
	struct dhcp_tap *tap;	 /* NULL: port 67 is bound, or left alone */
	struct ipxera *ipxera;	 /* NULL: not wanted */
	struct packet *arp;	 /* NULL: we are no DHCP server */
	struct addrguard *guard; /* the same */
	struct dhcp_news *news;
	char stranger[HWADDR_STRLEN]; /* the last that was answered */
};

/* What a machine that is to be installed gets. */
static void
answer_probe(struct proxydhcp_answer *answer)
{
	answer->node = probe_node;
	/* Not AUTO: that looks whether the machine goes on. */
	answer->style = PROXYDHCP_STYLE_BINL;
	answer->decision.action = POLICY_INSTALL;
	answer->decision.rule = probe_node;
	str_copy(answer->decision.why, sizeof answer->decision.why,
	    "doctor asks whether we answer");
}

static void
answer_stranger(struct dhcp *dhcp, const struct hwaddr *mac, const char *arch,
    struct proxydhcp_answer *answer)
{
	decide_stranger(dhcp->app, mac, ASK_DHCP, arch, &answer->decision);
	answer->stranger = policy_is_offer(answer->decision.action);
	if (answer->stranger)
		answer->node = hwaddr_format(mac, dhcp->stranger);
}

static void
on_decide_cb(void *arg, const struct proxydhcp_query *query,
    struct proxydhcp_answer *ret_answer)
{
	struct dhcp *dhcp = arg;
	const struct inv_host *host =
	    inventory_find_mac(dhcp->app->site->inv, query->mac);
	const struct pxe_arch *arch = query->client->arch;
	const struct facts *facts;
	struct decide_client client = {
	    arch != NULL ? arch->debian : NULL, {.uuid = query->uuid}};

	memset(ret_answer, 0, sizeof *ret_answer);
	if (proxydhcp_is_probe(dhcp->proxydhcp, query->mac)) {
		answer_probe(ret_answer);
		return;
	}
	if (host == NULL) {
		answer_stranger(dhcp, query->mac, client.arch, ret_answer);
		return;
	}
	decide_host(
	    dhcp->app, host, ASK_DHCP, NULL, &client, &ret_answer->decision);
	ret_answer->node = inv_host_name(host);
	facts = facts_of(dhcp->app, host);
	ret_answer->style = facts->style;
	ret_answer->delay_ms = facts->delay_ms;
	ret_answer->loader = facts->loader;
	ret_answer->identify = inventory_has_idents(dhcp->app->site->inv);
}

static const char *
on_vendor_class_cb(void *arg, const struct hwaddr *mac)
{
	struct dhcp *dhcp = arg;
	const struct inv_host *host =
	    inventory_find_mac(dhcp->app->site->inv, mac);

	return host == NULL ? "" : facts_of(dhcp->app, host)->vendor_class;
}

static void
learn_address(struct dhcp *dhcp, const struct proxydhcp_sighting *sighting)
{
	char text[INET_ADDRSTRLEN];

	if (sighting->addr.s_addr == 0)
		return;
	inet_ntop(AF_INET, &sighting->addr, text, sizeof text);
	sightings_learn(dhcp->app->sightings, text, sighting->node);
}

static void
on_sighting_cb(void *arg, const struct proxydhcp_sighting *sighting)
{
	struct dhcp *dhcp = arg;

	if (sighting->node == NULL || sighting->node == probe_node)
		return;
	/* Anybody can make one up: only of those that are on the list. */
	if (sighting->stranger &&
	    nodes_find(dhcp->app->nodes, sighting->node) == NULL)
		return;
	learn_address(dhcp, sighting);
	/* A limit comes and goes with each packet. */
	if (sighting->drop != PROXYDHCP_DROP_RATE)
		dhcp_news_tell(dhcp->news, sighting);
}

static bool
on_lease_cb(
    void *arg, const struct hwaddr *mac, struct proxydhcp_lease *ret_lease)
{
	struct dhcp *dhcp = arg;
	const struct site *site = dhcp->app->site;
	const struct inv_host *host = inventory_find_mac(site->inv, mac);
	struct reservation found;

	ret_lease->node = host == NULL ? NULL : inv_host_name(host);
	if (host == NULL || reservation_find(site->hostvars, host,
				decide_mac_index(host, mac), &found, NULL) < 0)
		return false;
	ret_lease->addr = found.addr;
	ret_lease->prefix = found.prefix;
	ret_lease->settings = found.settings;
	return true;
}

void
dhcp_saw_fetch(struct app *app, const char *node, bool kernel)
{
	const struct inv_host *host = inventory_find_host(app->site->inv, node);
	const struct hwaddr *macs;
	size_t count = 0;

	if (host == NULL)
		return;
	macs = inv_host_macs(host, &count);
	for (size_t i = 0; i < count; i++)
		proxydhcp_saw_fetch(app->dhcp->proxydhcp, &macs[i], kernel);
}

static void
on_trace_cb(void *arg, const struct proxydhcp_trace *trace)
{
	struct dhcp *dhcp = arg;

	recorder_dhcp(dhcp->app->recorder, trace);
}

static void
fill_conf(const struct engine_args *args, struct proxydhcp_conf *conf)
{
	memset(conf, 0, sizeof *conf);
	conf->rate = conf->burst = args->dhcp_rate;
	conf->node_rate = args->dhcp_node_rate;
	conf->node_burst = 2 * args->dhcp_node_rate;
	conf->site.http_port = args->http_port;
	conf->site.files_port = args->files_port;
	/* They were checked as options; one too many can not come. */
	for (size_t i = 0; i < args->relay_count && i < PROXYDHCP_RELAYS_MAX;
	     i++) {
		if (ipv4net_parse(args->relay_allow[i],
			&conf->relay_allow[conf->relay_count], NULL) == 0)
			conf->relay_count++;
	}
	for (int i = 0; i < PXE_LOADER_COUNT; i++)
		conf->site.loader[i] = args->has_loader(args->has_loader_arg,
		    pxe_loader_info((enum pxe_loader)i)->file);
}

size_t
dhcp_interface_names(const struct engine_args *args, const char **names)
{
	size_t n = 0;

	for (size_t i = 0; i < args->dhcp_count; i++) {
		if (args->interface[i] != NULL)
			names[n++] = args->interface[i];
	}
	return n;
}

static int
add_sockets(struct dhcp *dhcp, const struct engine_args *args, struct err *err)
{
	int ret = 0;

	if (args->tap_fd[0] >= 0)
		dhcp->tap = dhcp_tap_new(dhcp->app->loop, dhcp->app->clock,
		    dhcp->iface, dhcp->proxydhcp, args->tap_fd);
	for (size_t i = 0; ret == 0 && i < args->dhcp_count; i++) {
		if (args->dhcp_fd[2 * i] >= 0)
			ret = proxydhcp_add_socket(dhcp->proxydhcp,
			    dhcp->app->loop, args->dhcp_fd[2 * i],
			    DHCP_PORT_SERVER, err);
		if (ret == 0)
			ret = proxydhcp_add_socket(dhcp->proxydhcp,
			    dhcp->app->loop, args->dhcp_fd[2 * i + 1],
			    DHCP_PORT_PXE, err);
	}
	return ret;
}

static bool
on_solicit_cb(void *arg, const struct hwaddr *mac)
{
	struct dhcp *dhcp = arg;

	return proxydhcp_may_solicit(dhcp->proxydhcp, mac);
}

static void
open_ipxera(struct dhcp *dhcp, const struct engine_args *args)
{
	const struct ipxera_handler handler = {on_solicit_cb, dhcp};

	if (args->ipxe_ra_fd < 0)
		return;
	dhcp->ipxera = ipxera_new(dhcp->app->clock, dhcp->iface, &handler);
	ipxera_listen(dhcp->ipxera, dhcp->app->loop, args->ipxe_ra_fd);
}

static bool
on_same_cb(void *arg, const struct hwaddr *machine, const struct hwaddr *other)
{
	struct dhcp *dhcp = arg;
	const struct inventory *inv = dhcp->app->site->inv;
	const struct inv_host *host = inventory_find_mac(inv, other);

	return hwaddr_eq(machine, other) ||
	       (host != NULL && host == inventory_find_mac(inv, machine));
}

static void
on_ask_cb(void *arg, int ifindex, struct in_addr addr)
{
	struct dhcp *dhcp = arg;
	uint8_t probe[ARP_LEN];
	struct hwaddr ours;

	if (packet_own_mac(dhcp->arp, ifindex, &ours) < 0)
		return;
	arp_encode_probe(&ours, addr, probe);
	(void)packet_send(
	    dhcp->arp, probe, sizeof probe, ifindex, &packet_broadcast);
}

static const char *
node_of(const struct dhcp *dhcp, const struct hwaddr *mac)
{
	const struct inv_host *host =
	    inventory_find_mac(dhcp->app->site->inv, mac);

	return host == NULL ? "" : inv_host_name(host);
}

static void
on_taken_cb(void *arg, const struct addrguard_conflict *conflict)
{
	char addr[INET_ADDRSTRLEN];
	char mac[HWADDR_STRLEN];

	log_error(node_of(arg, &conflict->machine),
	    "its address %s is in use by another machine, %s: it gets none "
	    "until that one is gone",
	    ipv4_format(conflict->addr, addr),
	    hwaddr_format(&conflict->other, mac));
}

static void
on_arp_cb(
    void *arg, struct packet *packet, const struct packet_arrival *arrival)
{
	struct dhcp *dhcp = arg;

	(void)packet;
	addrguard_hear(
	    dhcp->guard, arrival->ifindex, arrival->data, arrival->len);
}

static void
open_guard(struct dhcp *dhcp)
{
	const struct addrguard_handler handler = {
	    on_same_cb, on_ask_cb, on_taken_cb, dhcp};
	struct app *app = dhcp->app;

	if (app->args->arp_fd < 0)
		return;
	dhcp->arp = packet_new(app->loop, app->args->arp_fd, on_arp_cb, dhcp);
	dhcp->guard = addrguard_new(app->loop, app->clock, &handler);
	proxydhcp_set_guard(dhcp->proxydhcp, dhcp->guard);
}

static void
on_address_cb(void *arg, const struct iface_addr *addr, bool come)
{
	char text[INET_ADDRSTRLEN];

	(void)arg;
	inet_ntop(AF_INET, &addr->addr, text, sizeof text);
	log_info(NULL, "interface %s: %s %s", addr->name, text,
	    come ? "is served now" : "is gone");
}

int
dhcp_open(struct app *app, struct err *err)
{
	struct dhcp *dhcp = mem_alloc(sizeof *dhcp);
	struct proxydhcp_handler handler = {.decide = on_decide_cb,
	    .on_sighting = on_sighting_cb,
	    .vendor_class = on_vendor_class_cb,
	    .lease = app->args->dhcp_server ? on_lease_cb : NULL,
	    .on_trace = on_trace_cb,
	    .arg = dhcp};
	const char *names[ENGINE_DHCP_MAX / 2];
	struct proxydhcp_conf conf;
	size_t count = dhcp_interface_names(app->args, names);

	app->dhcp = dhcp;
	dhcp->app = app;
	dhcp->news = dhcp_news_new(app);
	dhcp->iface = iface_new(names, count);
	if (iface_watch(dhcp->iface, app->loop, on_address_cb, NULL, err) < 0)
		return -EIO;
	/* Not a packet is answered before it is sure. */
	if (app->args->dhcp_server && dhcp_alone_check(app->loop, dhcp->iface,
					  app->args->probe_fd, err) < 0)
		return -EADDRINUSE;
	fill_conf(app->args, &conf);
	dhcp->proxydhcp =
	    proxydhcp_new(app->clock, dhcp->iface, &conf, &handler);
	open_ipxera(dhcp, app->args);
	open_guard(dhcp);
	return add_sockets(dhcp, app->args, err);
}

void
dhcp_flush(struct app *app)
{
	if (app->dhcp != NULL)
		dhcp_news_flush(app->dhcp->news);
}

void
dhcp_close(struct app *app)
{
	struct dhcp *dhcp = app->dhcp;

	if (dhcp == NULL)
		return;
	dhcp_tap_free(dhcp->tap);
	ipxera_free(dhcp->ipxera);
	packet_free(dhcp->arp);
	proxydhcp_free(dhcp->proxydhcp);
	addrguard_free(dhcp->guard);
	dhcp_news_free(dhcp->news);
	iface_free(dhcp->iface);
	free(dhcp);
}

const char *
dhcp_problem(const struct app *app, const char *node, const char **ret_rule)
{
	return dhcp_news_problem(app->dhcp->news, node, ret_rule);
}

static void
add_taken(void *arg, const struct addrguard_conflict *conflict)
{
	struct taken_list *list = arg;
	struct value map = value_map_new();
	char addr[INET_ADDRSTRLEN];
	char mac[HWADDR_STRLEN];

	value_map_set(
	    map, "node", value_string(node_of(list->dhcp, &conflict->machine)));
	value_map_set(
	    map, "addr", value_string(ipv4_format(conflict->addr, addr)));
	value_map_set(
	    map, "mac", value_string(hwaddr_format(&conflict->other, mac)));
	value_list_add(list->list, map);
}

struct value
dhcp_taken(const struct app *app)
{
	struct taken_list list = {app->dhcp, value_list_new()};

	if (app->dhcp->guard != NULL)
		addrguard_each_taken(app->dhcp->guard, add_taken, &list);
	return list.list;
}

struct value
dhcp_counters(const struct app *app)
{
	struct proxydhcp_counter counters[PROXYDHCP_COUNTERS];
	struct value dropped = value_map_new();
	struct value map = value_map_new();

	proxydhcp_counters(app->dhcp->proxydhcp, counters);
	for (size_t i = 0; i < PROXYDHCP_COUNTERS; i++)
		value_map_set(counters[i].drop ? dropped : map,
		    counters[i].name, value_int((int64_t)counters[i].value));
	value_map_set(map, "dropped", dropped);
	return map;
}

int64_t
dhcp_expect_probe(struct app *app, const struct hwaddr *mac)
{
	proxydhcp_expect_probe(app->dhcp->proxydhcp, mac, PROBE_MS);
	return PROBE_MS;
}

const char *
dhcp_own_address(struct app *app, char out[16])
{
	const struct iface_addr *list;
	size_t count;

	str_copy(out, 16, "127.0.0.1");
	list = iface_list(app->dhcp->iface, &count);
	for (size_t i = 0; i < count; i++) {
		if (list[i].served) {
			inet_ntop(AF_INET, &list[i].addr, out, 16);
			break;
		}
	}
	return out;
}
