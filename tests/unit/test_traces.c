/*
 * What each kind of client said in the rack (tests/rack/clients.test), said
 * again: our answers must still be, byte for byte, those with which it booted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "app/proxydhcp.h"
#include "base/log.h"
#include "base/str.h"
#include "traces.h"

#define US "10.77.0.2"
#define IFINDEX 7
#define REPLIES_MAX 8

/* As in the rack: the host's pxe_style, and whether it is to be installed. */
static struct replay {
	const char *name;
	enum proxydhcp_style style;
	bool install;
} replays[] = {
    {"bios-virtio", PROXYDHCP_STYLE_AUTO, true},
    {"bios-e1000", PROXYDHCP_STYLE_AUTO, true},
    {"bios-plain", PROXYDHCP_STYLE_AUTO, true},
    {"bios-nohttp", PROXYDHCP_STYLE_AUTO, true},
    {"bios-sanboot", PROXYDHCP_STYLE_AUTO, false},
    {"uefi-binl", PROXYDHCP_STYLE_AUTO, true},
    {"uefi-direct", PROXYDHCP_STYLE_DIRECT, true},
    {"uefi-e1000", PROXYDHCP_STYLE_AUTO, true},
    {"uefi-e1000-dir", PROXYDHCP_STYLE_DIRECT, true},
    {"uefi-http", PROXYDHCP_STYLE_AUTO, true},
    {"uefi-rom", PROXYDHCP_STYLE_AUTO, true},
    {"uefi-sanboot", PROXYDHCP_STYLE_AUTO, false},
    {"uefi-rom-e1000", PROXYDHCP_STYLE_AUTO, true},
    {"uefi-fallback", PROXYDHCP_STYLE_AUTO, true},
    {"uefi-exit", PROXYDHCP_STYLE_AUTO, false},
    {"uefi-404", PROXYDHCP_STYLE_AUTO, false},
    {"arm64", PROXYDHCP_STYLE_AUTO, true},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct world {
	const struct replay *replay;
	struct clock clock;
	struct iface *iface;
	struct proxydhcp *proxydhcp;
	struct proxydhcp_reply reply[REPLIES_MAX]; /* not yet seen in it */
	size_t replies;
	size_t compared;
	size_t asked;		      /* for files */
	char file[DHCP_FILE_MAX + 1]; /* the last that we named */
};

static struct in_addr
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
	const struct world *world = arg;
	const struct pxe_arch *arch = query->client->arch;
	struct ask ask = {
	    .stage = ASK_DHCP,
	    .known = true,
	    .name = world->replay->name,
	    .auto_install = world->replay->install,
	    .install_attempts = 5,
	    .client_arch = arch != NULL ? arch->debian : NULL,
	};

	memset(ret_answer, 0, sizeof *ret_answer);
	policy_decide(&ask, NULL, &ret_answer->decision);
	ret_answer->node = world->replay->name;
	ret_answer->style = world->replay->style;
}

static void
on_sighting(void *arg, const struct proxydhcp_sighting *sighting)
{
	(void)arg;
	(void)sighting;
}

static void
world_open(struct world *world, const struct replay *replay)
{
	struct proxydhcp_conf conf = {
	    .site = {.http_port = 8080, .files_port = 8081}};
	struct proxydhcp_handler handler = {
	    .decide = on_decide, .on_sighting = on_sighting, .arg = world};

	*world = (struct world){.replay = replay};
	clock_init_sim(&world->clock, 0);
	world->iface = iface_new(NULL, 0);
	conf.site.loader[PXE_LOADER_UNDIONLY] = true;
	conf.site.loader[PXE_LOADER_IPXE_PXE] = true;
	conf.site.loader[PXE_LOADER_SNPONLY_X64] = true;
	conf.site.loader[PXE_LOADER_IPXE_ARM64] = true;
	world->proxydhcp =
	    proxydhcp_new(&world->clock, world->iface, &conf, &handler);
}

static void
world_close(struct world *world)
{
	proxydhcp_free(world->proxydhcp);
	iface_free(world->iface);
}

static void
feed(struct world *world, uint16_t port, const struct trace_packet *packet)
{
	struct udp_datagram datagram = {
	    .data = packet->data,
	    .len = packet->len,
	    .from = packet->from,
	    .to = packet->to.sin_addr,
	    .ifindex = IFINDEX,
	};
	struct proxydhcp_reply *reply = &world->reply[world->replies];

	iface_set(world->iface,
	    &(struct iface_addr){.ifindex = IFINDEX,
		.served = true,
		.addr = addr(US),
		.mask = addr("255.255.255.0")},
	    1);
	assert_true(world->replies < REPLIES_MAX);
	if (!proxydhcp_handle(world->proxydhcp, port, &datagram, reply))
		return;
	str_copy(world->file, sizeof world->file, reply->file);
	world->replies++;
}

/* One of ours: the oldest that is still to be seen. */
static void
compare(struct world *world, const struct trace_packet *packet)
{
	const struct proxydhcp_reply *reply = &world->reply[0];

	assert_true(world->replies > 0);
	assert_int_equal(reply->to.sin_addr.s_addr, packet->to.sin_addr.s_addr);
	assert_int_equal(reply->to.sin_port, packet->to.sin_port);
	assert_int_equal(reply->len, packet->len);
	assert_memory_equal(reply->packet, packet->data, packet->len);
	world->replies--;
	memmove(&world->reply[0], &world->reply[1],
	    world->replies * sizeof world->reply[0]);
	world->compared++;
}

/* What it fetches by itself is what we named, the loader by name or URL. */
static void
check_fetch(struct world *world, const struct trace_packet *packet)
{
	char text[DHCP_FILE_MAX + 1] = "";
	char *end;

	if (!world->replay->install)
		return;
	world->asked++;
	if (!packet->tcp) {
		str_copy(text, sizeof text, (const char *)packet->data + 2);
		/* iPXE since 2021 looks for a script of the site's first. */
		if (strcmp(text, "autoexec.ipxe") == 0)
			return;
		assert_true(str_ends(world->file, text));
		return;
	}
	(void)snprintf(text, sizeof text, "%.*s", (int)packet->len,
	    (const char *)packet->data);
	end = strstr(text, " HTTP/");
	assert_non_null(end);
	*end = '\0';
	/* The image's files come from the script. */
	if (strstr(text, " /images/") == NULL)
		assert_true(str_ends(world->file, strchr(text, ' ') + 1));
}

static void
take(struct world *world, const struct trace_packet *packet)
{
	uint16_t port = ntohs(packet->to.sin_port);
	bool ours = packet->from.sin_addr.s_addr == addr(US).s_addr;
	bool to_us = packet->to.sin_addr.s_addr == addr(US).s_addr;

	if (packet->tcp || port == 69)
		check_fetch(world, packet);
	else if (ours)
		compare(world, packet);
	else if (port == DHCP_PORT_SERVER)
		feed(world, port, packet);
	else if (port == DHCP_PORT_PXE && to_us)
		feed(world, port, packet);
}

static void
test_replay(void **state)
{
	const struct replay *replay = *state;
	struct trace_packet packet;
	struct trace trace;
	struct world world;
	int64_t first = -1;

	world_open(&world, replay);
	trace_open(&trace, replay->name);
	while (trace_next(&trace, &packet)) {
		if (first < 0)
			first = packet.ms;
		world.clock.sim_ms = packet.ms - first;
		take(&world, &packet);
	}
	/* Everything that we say now was said then. */
	assert_int_equal(world.replies, 0);
	assert_int_equal(world.compared > 0, replay->install);
	assert_int_equal(world.asked > 0, replay->install);
	trace_close(&trace);
	world_close(&world);
}

int
main(void)
{
	struct CMUnitTest tests[COUNT(replays)] = {0};

	log_init(LOG_LEVEL_ERROR, LOG_FORMAT_TEXT);
	for (size_t i = 0; i < COUNT(replays); i++) {
		tests[i].name = replays[i].name;
		tests[i].test_func = test_replay;
		tests[i].initial_state = &replays[i];
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
