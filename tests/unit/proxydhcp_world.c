#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "base/str.h"
#include "proxydhcp_world.h"

struct in_addr
addr(const char *text)
{
	struct in_addr out;

	assert_int_equal(inet_pton(AF_INET, text, &out), 1);
	return out;
}

static void
on_decide(void *arg, const struct proxydhcp_query *query,
    struct proxydhcp_answer *ret_answer)
{
	struct world *world = arg;

	world->asked++;
	*ret_answer = world->answer;
	if (query->mac->b[0] != 0x52)
		ret_answer->node = NULL;
}

static void
on_sighting(void *arg, const struct proxydhcp_sighting *sighting)
{
	struct world *world = arg;

	world->sightings++;
	world->replied = sighting->replied;
	world->drop = sighting->drop;
	(void)snprintf(
	    world->stage, sizeof world->stage, "%s", sighting->stage);
	(void)snprintf(world->arch, sizeof world->arch, "%s", sighting->arch);
	(void)snprintf(
	    world->problem, sizeof world->problem, "%s", sighting->problem);
	(void)snprintf(
	    world->client, sizeof world->client, "%s", sighting->client);
	assert_int_equal(sighting->node == NULL, sighting->decision == NULL);
}

static void
on_trace(void *arg, const struct proxydhcp_trace *trace)
{
	struct world *world = arg;
	const char *drop = trace->drop == NULL ? "" : trace->drop;

	world->traces++;
	world->trace_mac = *trace->mac;
	str_copy(world->trace_drop, sizeof world->trace_drop, drop);
	assert_true((trace->reply == NULL) == (trace->drop != NULL));
	assert_true((trace->msg == NULL) == (trace->client == NULL));
	assert_int_equal(trace->mono_ms, clock_mono_ms(&world->clock));
}

static const char *
on_vendor_class(void *arg, const struct hwaddr *mac)
{
	struct world *world = arg;

	(void)mac;
	return world->vendor_class != NULL ? world->vendor_class : "";
}

void
on_send(void *arg, const struct proxydhcp_reply *reply)
{
	struct world *world = arg;

	(void)reply;
	world->sent++;
}

int
setup(void **state)
{
	static struct world world;
	struct proxydhcp_conf conf = {
	    .site = {.http_port = 8080, .files_port = 8081},
	    .peers_max = 8,
	    .rate = 500,
	    .burst = 1000,
	};
	struct proxydhcp_handler handler = {.decide = on_decide,
	    .on_sighting = on_sighting,
	    .vendor_class = on_vendor_class,
	    .on_trace = on_trace,
	    .arg = &world};
	struct iface_addr ours = {.ifindex = WORLD_IFINDEX, .served = true};

	world = (struct world){0};
	clock_init_sim(&world.clock, 1000000);
	world.iface = iface_new(NULL, 0);
	ours.addr = addr("10.77.0.2");
	ours.mask = addr("255.255.255.0");
	iface_set(world.iface, &ours, 1);
	conf.site.loader[PXE_LOADER_UNDIONLY] = true;
	conf.site.loader[PXE_LOADER_IPXE_PXE] = true;
	conf.site.loader[PXE_LOADER_IPXE_X64] = true;
	world.proxydhcp =
	    proxydhcp_new(&world.clock, world.iface, &conf, &handler);
	world.answer.node = "gpu1";
	world.answer.decision.action = POLICY_INSTALL;
	*state = &world;
	return 0;
}

int
teardown(void **state)
{
	struct world *world = *state;

	proxydhcp_free(world->proxydhcp);
	iface_free(world->iface);
	return 0;
}

bool
feed(struct world *world, uint16_t port, const struct packet *packet)
{
	struct udp_datagram datagram = {
	    .data = packet->data,
	    .len = packet->len,
	    .ifindex = WORLD_IFINDEX,
	};

	/* What time passes here is less than addresses last. */
	iface_set(world->iface,
	    &(struct iface_addr){.ifindex = WORLD_IFINDEX,
		.served = true,
		.addr = addr("10.77.0.2"),
		.mask = addr("255.255.255.0")},
	    1);
	datagram.from.sin_family = AF_INET;
	datagram.from.sin_port = htons(68);
	datagram.from.sin_addr = world->from;
	datagram.to = addr("255.255.255.255");
	if (port == DHCP_PORT_PXE) {
		memcpy(&datagram.from.sin_addr, packet->data + 12, 4);
		datagram.to = addr("10.77.0.2");
	}
	if (!proxydhcp_handle(world->proxydhcp, port, &datagram, &world->reply))
		return false;
	assert_int_equal(dhcp_decode(world->reply.packet, world->reply.len,
			     DHCP_OP_REPLY, &world->got),
	    DHCP_OK);
	return true;
}

bool
feed_name(struct world *world, uint16_t port, const char *name)
{
	return feed(world, port, packets_get(name));
}

uint64_t
counter(const struct world *world, const char *name)
{
	struct proxydhcp_counter counters[PROXYDHCP_COUNTERS];

	proxydhcp_counters(world->proxydhcp, counters);
	for (size_t i = 0; i < PROXYDHCP_COUNTERS; i++) {
		if (strcmp(counters[i].name, name) == 0)
			return counters[i].value;
	}
	fail_msg("no counter %s", name);
	return 0;
}
