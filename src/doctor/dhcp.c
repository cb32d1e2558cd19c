/* Asks each network as several kinds of machines, and judges the answers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "core/offers.h"
#include "doctor/doctor_private.h"
#include "net/dhcpprobe.h"
#include "net/packet.h"

enum {
	TRIES = 2,
	OFFERS_MAX = OFFER_PROBES * DHCPPROBE_OFFERS_MAX,
};

static const struct {
	const char *class;
	int arch;
} kinds[OFFER_PROBES] = {
    [OFFER_PLAIN] = {NULL, DHCP_NO_ARCH},
    [OFFER_PXE] = {"PXEClient:Arch:00007:UNDI:003016", 7},
    [OFFER_HTTP] = {"HTTPClient:Arch:00016:UNDI:003016", 16},
    [OFFER_LOCAL] = {"PXEClient:Arch:00007:UNDI:003016", 7},
};

struct probing; /* of all networks */

/* One DISCOVER, and what came of it. */
struct probe {
	struct probing *probing;
	enum offer_probe kind;
	struct dhcpprobe *dhcpprobe; /* NULL: could not be started */
	const struct dhcpprobe_result *result;
};

struct network {
	const struct doctor_link *link;
	struct probe probes[OFFER_PROBES];
	bool expected; /* our daemon was told of the local probe */
};

struct probing {
	struct doctor *doctor;
	struct network networks[DOCTOR_LINKS_MAX];
	size_t waiting;
};

static void
on_probe_cb(void *arg, const struct dhcpprobe_result *result)
{
	struct probe *probe = arg;

	probe->result = result;
	probe->probing->waiting--;
}

/*
 * Nobody's address, but one for all requests and in each run: servers that
 * reserve what they offer do not run out of addresses by us, and those that
 * first try whether an address is free do so once.
 */
static struct hwaddr
made_up_mac(const struct doctor_link *link)
{
	struct hwaddr mac = {{0x02, 'd', 'r', 0, 0, 0}};

	memcpy(mac.b + 3, (const uint8_t *)&link->addr.s_addr + 1, 3);
	return mac;
}

static int
start_probe(struct network *network, struct probe *probe, struct err *err)
{
	struct doctor *doctor = probe->probing->doctor;
	struct dhcpprobe_conf conf = {.ifindex = {network->link->ifindex},
	    .links = 1,
	    .class = kinds[probe->kind].class,
	    .arch = kinds[probe->kind].arch,
	    .mac = made_up_mac(network->link),
	    .wait_ms = doctor->spec->wait_ms,
	    .tries = TRIES};
	int fd = packet_open(DHCP_PORT_CLIENT, err);
	int ret;

	if (fd < 0)
		return fd;
	if (probe->kind == OFFER_LOCAL) {
		conf.own = network->link->addr;
		conf.to_own = doctor->watches_wire && network->expected;
	}
	ret = dhcpprobe_new(
	    doctor->loop, fd, &conf, on_probe_cb, probe, &probe->dhcpprobe);
	if (ret < 0) {
		err_set(err, "%s: %s", network->link->name, strerror(-ret));
		(void)close(fd);
		return ret;
	}
	probe->probing->waiting++;
	return 0;
}

/* One daemon, one MAC: the first network's. */
static void
expect_probe(struct probing *probing)
{
	const struct doctor_spec *spec = probing->doctor->spec;
	struct network *network = &probing->networks[0];
	struct hwaddr mac = made_up_mac(network->link);

	const struct config *config = &probing->doctor->config;

	/* A DHCP server has no address for a machine that is none. */
	if (!probing->doctor->running || config->dhcp != DHCP_ROLE_PROXY)
		return;
	if (config->dhcp_listen == DHCP_LISTEN_4011)
		findings_unchecked(probing->doctor->findings, AREA_DAEMON,
		    "whether it answers a machine: it serves port %d alone, "
		    "where the site's DHCP server sends machines",
		    DHCP_PORT_PXE);
	else
		network->expected = spec->expect_probe(spec->arg, &mac) == 0;
}

static int
start_all(struct probing *probing, struct err *err)
{
	struct doctor *doctor = probing->doctor;
	int ret = 0;

	expect_probe(probing);
	for (size_t n = 0; n < doctor->link_count; n++) {
		struct network *network = &probing->networks[n];

		for (int k = 0; ret == 0 && k < OFFER_PROBES; k++)
			ret = start_probe(network, &network->probes[k], err);
	}
	return ret;
}

static size_t
collect(const struct network *network, struct offer offers[OFFERS_MAX])
{
	size_t count = 0;

	for (int k = 0; k < OFFER_PROBES; k++) {
		const struct dhcpprobe_result *result =
		    network->probes[k].result;

		for (size_t i = 0; result != NULL && i < result->count; i++) {
			const struct dhcpprobe_offer *from = &result->offers[i];

			offers[count++] =
			    (struct offer){.probe = (enum offer_probe)k,
				.msg = &from->msg,
				.from = from->from,
				.mac = from->from_mac,
				.after_ms = from->after_ms};
		}
	}
	return count;
}

/* Whether the daemon heard the request of this host and was heard. */
static void
judge_own(struct doctor *doctor, const struct offers_site *site,
    const struct offer *offers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (offers[i].probe != OFFER_LOCAL ||
		    !offers_is_ours(site, &offers[i]))
			continue;
		findings_ok(doctor->findings, AREA_DAEMON,
		    "it answers a machine on %s in %d ms, with %s%s",
		    site->interface, (int)offers[i].after_ms,
		    offers[i].msg->file,
		    doctor->watches_wire ? " (asked over the loopback: it "
					   "watches the wire)"
					 : "");
		return;
	}
	findings_add(doctor->findings, FIND_DAEMON_SILENT,
	    "the daemon does not answer a request on %s", site->interface);
}

/* Somebody gives addresses on some network of ours. */
static bool
has_lease(const struct probing *probing)
{
	struct offer *offers = mem_array(OFFERS_MAX, sizeof *offers);
	bool has = false;

	for (size_t n = 0; n < probing->doctor->link_count; n++) {
		size_t count = collect(&probing->networks[n], offers);

		for (size_t i = 0; i < count; i++)
			has = has || offers[i].msg->yiaddr.s_addr != 0;
	}
	free(offers);
	return has;
}

static void
judge(struct doctor *doctor, const struct network *network, bool optional)
{
	const struct offers_site site = {.interface = network->link->name,
	    .addr = network->link->addr,
	    .mask = network->link->mask,
	    .is_optional = optional,
	    .is_server = doctor->config.dhcp == DHCP_ROLE_SERVER};
	struct offer *offers = mem_array(OFFERS_MAX, sizeof *offers);
	size_t count = collect(network, offers);

	if (network->expected)
		judge_own(doctor, &site, offers, count);
	offers_judge(&site, offers, count, doctor->findings);
	free(offers);
}

/* Told when nothing at all could be sent. */
static bool
tell_unsent(struct doctor *doctor, const struct network *network)
{
	const struct dhcpprobe_result *result =
	    network->probes[OFFER_PLAIN].result;

	if (result == NULL || result->error == 0)
		return false;
	findings_unchecked(doctor->findings, AREA_DHCP,
	    "%s: who answers DHCP requests: sending one failed: %s",
	    network->link->name, strerror(-result->error));
	return true;
}

static void
init_networks(struct probing *probing)
{
	for (size_t n = 0; n < probing->doctor->link_count; n++) {
		struct network *network = &probing->networks[n];

		network->link = &probing->doctor->links[n];
		for (int k = 0; k < OFFER_PROBES; k++)
			network->probes[k] = (struct probe){
			    .probing = probing, .kind = (enum offer_probe)k};
	}
}

/* What the daemon found when it asked for an address before it gave it. */
static void
tell_taken(struct doctor *doctor)
{
	struct value list =
	    value_map_get(doctor->spec->info, "addresses_taken");

	for (size_t i = 0; i < value_len(list); i++) {
		struct value one = value_list_at(list, i);

		findings_add(doctor->findings, FIND_DHCP_ADDRESS_TAKEN,
		    "the address %s of %s is in use by another machine, %s",
		    value_str(value_map_get(one, "addr")),
		    value_str(value_map_get(one, "node")),
		    value_str(value_map_get(one, "mac")));
	}
}

void
doctor_check_dhcp(struct doctor *doctor)
{
	struct probing *probing;
	struct err err = {0};
	bool optional;
	int ret;

	tell_taken(doctor);
	if (doctor->link_count == 0)
		return;
	probing = mem_alloc(sizeof *probing);
	probing->doctor = doctor;
	init_networks(probing);
	ret = start_all(probing, &err);
	while (ret == 0 && probing->waiting > 0)
		(void)loop_turn(doctor->loop);
	if (ret < 0)
		findings_unchecked(doctor->findings, AREA_DHCP,
		    "who answers DHCP requests: %s", err.text);
	/* Who named no interface did not say that machines are on all. */
	optional = doctor->config.interfaces.count == 0 && has_lease(probing);
	for (size_t n = 0; n < doctor->link_count; n++) {
		struct network *network = &probing->networks[n];

		if (ret == 0 && !tell_unsent(doctor, network))
			judge(doctor, network, optional);
		for (int k = 0; k < OFFER_PROBES; k++)
			dhcpprobe_free(network->probes[k].dhcpprobe);
	}
	free(probing);
}
