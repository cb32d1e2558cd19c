/*
 * Which requests are for us, what each client is told, and that our replies
 * say what the replies say with which real firmware booted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>

#include "app/proxydhcp_reply.h"
#include "base/str.h"
#include "packets.h"

#define US "10.77.0.2"

static struct in_addr
addr(const char *text)
{
	struct in_addr out;

	assert_int_equal(inet_pton(AF_INET, text, &out), 1);
	return out;
}

static const struct proxydhcp_site site = {
    .http_port = 8080,
    .files_port = 8081,
    .loader =
	{
	    [PXE_LOADER_UNDIONLY] = true,
	    [PXE_LOADER_IPXE_PXE] = true,
	    [PXE_LOADER_IPXE_X64] = true,
	},
};

/* As the glue fills it in for a machine on the link. */
static struct proxydhcp_arrival
arrive(uint16_t port, const struct dhcp_msg *msg)
{
	struct proxydhcp_arrival arrival = {
	    .port = port,
	    .ifindex = 3,
	    .ours = addr(US),
	};

	arrival.from.sin_family = AF_INET;
	arrival.from.sin_port = htons(68);
	arrival.from.sin_addr = msg->ciaddr;
	arrival.to = addr("255.255.255.255");
	arrival.on_link = msg->ciaddr.s_addr != 0;
	if (port == DHCP_PORT_PXE) {
		arrival.to = addr(US);
		arrival.to_us = true;
		arrival.from.sin_port = htons(4011);
	}
	return arrival;
}

static void
load(const char *name, struct dhcp_msg *msg, struct pxe_client *client)
{
	const struct packet *p = packets_get(name);

	assert_int_equal(
	    dhcp_decode(p->data, p->len, DHCP_OP_REQUEST, msg), DHCP_OK);
	pxe_identify(msg, client);
}

static void
same_option(
    const struct dhcp_msg *a, const struct dhcp_msg *b, enum dhcp_slot slot)
{
	size_t a_len, b_len;
	const uint8_t *a_data = dhcp_option(a, slot, &a_len);
	const uint8_t *b_data = dhcp_option(b, slot, &b_len);

	assert_int_equal(a_len, b_len);
	if (a_data != NULL)
		assert_memory_equal(a_data, b_data, a_len);
}

/* A request, our style, and the reply with which that client booted. */
static const struct golden {
	const char *request;
	const char *reply;
	uint16_t port;
	enum proxydhcp_style style;
	const char *file; /* ours, where the recorded one is another path */
} goldens[] = {
    {"client/ovmf-x64-pxe-discover", "server/accepted-by-ovmf-binl-offer", 67,
	PROXYDHCP_STYLE_AUTO, NULL},
    {"client/ovmf-x64-pxe-request4011", "server/accepted-by-ovmf-binl-ack4011",
	4011, PROXYDHCP_STYLE_AUTO, NULL},
    {"client/ovmf-x64-direct-discover", "server/accepted-by-ovmf-direct-offer",
	67, PROXYDHCP_STYLE_DIRECT, NULL},
    {"client/ovmf-x64-http-discover", "server/accepted-by-ovmf-http-offer", 67,
	PROXYDHCP_STYLE_AUTO, "http://" US ":8081/loaders/ipxe.efi"},
    {"client/bios-ipxerom-direct-discover",
	"server/accepted-by-ipxerom-direct-offer", 67, PROXYDHCP_STYLE_AUTO,
	"http://" US ":8080/boot/52-54-00-aa-00-01"},
};

static void
check_golden(const struct golden *golden)
{
	const struct packet *p = packets_get(golden->reply);
	struct proxydhcp_arrival arrival;
	struct proxydhcp_reply reply;
	struct proxydhcp_plan plan;
	struct pxe_client client;
	struct dhcp_msg msg, want, got;

	load(golden->request, &msg, &client);
	arrival = arrive(golden->port, &msg);
	assert_int_equal(
	    proxydhcp_screen(&msg, &client, &arrival), PROXYDHCP_OK);
	assert_int_equal(
	    proxydhcp_plan(&client, &site, golden->style, &plan), PROXYDHCP_OK);
	assert_int_equal(
	    proxydhcp_reply(&msg, &client, &arrival, &site, &plan, &reply), 0);
	assert_int_equal(
	    dhcp_decode(p->data, p->len, DHCP_OP_REPLY, &want), DHCP_OK);
	assert_int_equal(
	    dhcp_decode(reply.packet, reply.len, DHCP_OP_REPLY, &got), DHCP_OK);
	assert_int_equal(got.xid, want.xid);
	assert_int_equal(got.type, want.type);
	assert_int_equal(got.ciaddr.s_addr, want.ciaddr.s_addr);
	assert_int_equal(got.yiaddr.s_addr, want.yiaddr.s_addr);
	assert_int_equal(got.siaddr.s_addr, want.siaddr.s_addr);
	assert_int_equal(got.giaddr.s_addr, want.giaddr.s_addr);
	assert_int_equal(got.server_id.s_addr, want.server_id.s_addr);
	assert_memory_equal(got.chaddr, want.chaddr, sizeof got.chaddr);
	assert_string_equal(
	    got.file, golden->file != NULL ? golden->file : want.file);
	assert_string_equal(got.sname, US);
	same_option(&got, &want, DHCP_SLOT_CLASS);
	same_option(&got, &want, DHCP_SLOT_UUID);
	same_option(&got, &want, DHCP_SLOT_VENDOR);
}

static void
test_golden(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof goldens / sizeof goldens[0]; i++)
		check_golden(&goldens[i]);
}

/* What each recorded client is given, and option 43 with it. */
static const struct told {
	const char *request;
	uint16_t port;
	enum proxydhcp_style style;
	enum proxydhcp_drop drop;
	const char *file;
	const char *vendor; /* hex; "" = none */
} told[] = {
    {"client/bios-plain-discover", 67, PROXYDHCP_STYLE_AUTO, PROXYDHCP_OK,
	"undionly.kpxe", "060108ff"},
    {"client/bios-plain-discover", 67, PROXYDHCP_STYLE_BINL, PROXYDHCP_OK,
	"undionly.kpxe", ""},
    {"client/netboot-pxe-discover", 67, PROXYDHCP_STYLE_AUTO, PROXYDHCP_OK,
	"undionly.kpxe", "060108ff"},
    {"client/bios-plain-request4011-opt71", 4011, PROXYDHCP_STYLE_AUTO,
	PROXYDHCP_OK, "undionly.kpxe", "470480000000ff"},
    {"client/undionly-discover", 67, PROXYDHCP_STYLE_AUTO, PROXYDHCP_OK,
	"http://" US ":8080/boot/52-54-00-0b-00-01", "060108ff"},
    {"client/undionly-request4011-opt71", 4011, PROXYDHCP_STYLE_AUTO,
	PROXYDHCP_OK, "http://" US ":8080/boot/52-54-00-0b-00-01",
	"470480050000ff"},
    {"client/ipxe-efi-x64-discover", 67, PROXYDHCP_STYLE_AUTO, PROXYDHCP_OK,
	"http://" US ":8080/boot/52-54-00-aa-00-10", ""},
    {"client/ipxe-efi-x64-discover", 67, PROXYDHCP_STYLE_DIRECT, PROXYDHCP_OK,
	"http://" US ":8080/boot/52-54-00-aa-00-10", ""},
    {"client/ipxe-efi-x64-request4011", 4011, PROXYDHCP_STYLE_AUTO,
	PROXYDHCP_OK, "http://" US ":8080/boot/52-54-00-aa-00-17", ""},
    {"client/ovmf-x64-pxe-discover", 67, PROXYDHCP_STYLE_BINL, PROXYDHCP_OK,
	"ipxe.efi", ""},
    {"client/ovmf-x64-pxe-request4011", 4011, PROXYDHCP_STYLE_DIRECT,
	PROXYDHCP_OK, "ipxe.efi", ""},
    {"client/ovmf-x64-bootserver-request4011-opt71", 4011, PROXYDHCP_STYLE_AUTO,
	PROXYDHCP_OK, "ipxe.efi", "470480000000ff"},
    /* HTTP boot knows no dialects. */
    {"client/ovmf-x64-http-discover", 67, PROXYDHCP_STYLE_DIRECT, PROXYDHCP_OK,
	"http://" US ":8081/loaders/ipxe.efi", ""},
    /* By architecture, and not another's loader in its place. */
    {"client/aavmf-arm64-pxe-discover", 67, PROXYDHCP_STYLE_AUTO,
	PROXYDHCP_DROP_LOADER, "ipxe-arm64.efi", NULL},
    {"client/aavmf-arm64-http-discover", 67, PROXYDHCP_STYLE_AUTO,
	PROXYDHCP_DROP_LOADER, "ipxe-arm64.efi", NULL},
};

static void
check_told(const struct told *want)
{
	struct proxydhcp_arrival arrival;
	struct proxydhcp_reply reply;
	struct proxydhcp_plan plan;
	struct pxe_client client;
	struct dhcp_msg msg, got;
	const uint8_t *vendor;
	char hex[64];
	size_t len;

	load(want->request, &msg, &client);
	arrival = arrive(want->port, &msg);
	assert_int_equal(
	    proxydhcp_screen(&msg, &client, &arrival), PROXYDHCP_OK);
	assert_int_equal(
	    proxydhcp_plan(&client, &site, want->style, &plan), want->drop);
	if (want->drop != PROXYDHCP_OK) {
		assert_string_equal(
		    pxe_loader_info(plan.loader)->file, want->file);
		return;
	}
	assert_int_equal(
	    proxydhcp_reply(&msg, &client, &arrival, &site, &plan, &reply), 0);
	assert_int_equal(
	    dhcp_decode(reply.packet, reply.len, DHCP_OP_REPLY, &got), DHCP_OK);
	assert_string_equal(got.file, want->file);
	vendor = dhcp_option(&got, DHCP_SLOT_VENDOR, &len);
	assert_true(2 * len < sizeof hex);
	str_hex(vendor, len, hex);
	assert_string_equal(hex, want->vendor);
}

/* Where the inventory has such variables, iPXE is asked who it is. */
static void
test_identify(void **state)
{
	struct proxydhcp_arrival arrival;
	struct proxydhcp_reply reply;
	struct proxydhcp_plan plan;
	struct pxe_client client;
	struct dhcp_msg msg;

	(void)state;
	load("client/bios-ipxerom-direct-discover", &msg, &client);
	arrival = arrive(67, &msg);
	assert_int_equal(
	    proxydhcp_plan(&client, &site, PROXYDHCP_STYLE_AUTO, &plan),
	    PROXYDHCP_OK);
	assert_false(plan.identify);
	plan.identify = true;
	assert_int_equal(
	    proxydhcp_reply(&msg, &client, &arrival, &site, &plan, &reply), 0);
	assert_string_equal(reply.file,
	    "http://" US ":8080/boot/52-54-00-aa-00-01"
	    "?uuid=${uuid}&serial=${serial:uristring}");
}

static void
test_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof told / sizeof told[0]; i++)
		check_told(&told[i]);
}

/* Made-up clients: the table of section 5.3 and what is missing. */
static void
test_plan(void **state)
{
	const struct pxe_arch *bios = pxe_arch_find(0);
	const struct pxe_arch *x64 = pxe_arch_find(7);
	struct proxydhcp_site some = {.http_port = 1, .files_port = 2};
	struct pxe_client client = {.class = PXE_CLASS_PXE, .arch = bios};
	struct proxydhcp_plan plan;

	(void)state;
	/* iPXE without HTTP: a fuller one, but never undionly over a ROM. */
	client.program = PXE_PROGRAM_IPXE;
	client.features = PXE_FEATURE_TFTP | PXE_FEATURE_BZIMAGE;
	assert_int_equal(
	    proxydhcp_plan(&client, &site, PROXYDHCP_STYLE_AUTO, &plan),
	    PROXYDHCP_OK);
	assert_int_equal(plan.stage, PROXYDHCP_STAGE_LOADER);
	assert_int_equal(plan.loader, PXE_LOADER_IPXE_PXE);
	/* gPXE says HTTP and means another script language. */
	client.program = PXE_PROGRAM_GPXE;
	client.features |= PXE_FEATURE_HTTP;
	assert_int_equal(
	    proxydhcp_plan(&client, &site, PROXYDHCP_STYLE_AUTO, &plan),
	    PROXYDHCP_OK);
	assert_int_equal(plan.stage, PROXYDHCP_STAGE_LOADER);
	/* A script needs no loader at all. */
	client.program = PXE_PROGRAM_IPXE;
	assert_int_equal(
	    proxydhcp_plan(&client, &some, PROXYDHCP_STYLE_AUTO, &plan),
	    PROXYDHCP_OK);
	assert_int_equal(plan.stage, PROXYDHCP_STAGE_SCRIPT);
	/* Second choice when the first is not there. */
	client = (struct pxe_client){.class = PXE_CLASS_PXE, .arch = x64};
	some.loader[PXE_LOADER_IPXE_X64] = true;
	assert_int_equal(
	    proxydhcp_plan(&client, &some, PROXYDHCP_STYLE_AUTO, &plan),
	    PROXYDHCP_OK);
	assert_int_equal(plan.loader, PXE_LOADER_IPXE_X64);
	some.loader[PXE_LOADER_IPXE_X64] = false;
	assert_int_equal(
	    proxydhcp_plan(&client, &some, PROXYDHCP_STYLE_AUTO, &plan),
	    PROXYDHCP_DROP_LOADER);
	assert_int_equal(plan.loader, PXE_LOADER_SNPONLY_X64);
	client.arch = NULL;
	assert_int_equal(
	    proxydhcp_plan(&client, &site, PROXYDHCP_STYLE_AUTO, &plan),
	    PROXYDHCP_DROP_ARCH);
}

static void
test_ipxe_tftp_url(void **state)
{
	struct proxydhcp_arrival arrival;
	struct proxydhcp_reply reply;
	struct proxydhcp_plan plan;
	struct pxe_client client;
	struct dhcp_msg msg;

	(void)state;
	load("client/bios-ipxerom-discover", &msg, &client);
	client.features = 0;
	arrival = arrive(DHCP_PORT_SERVER, &msg);
	assert_int_equal(
	    proxydhcp_plan(&client, &site, PROXYDHCP_STYLE_AUTO, &plan),
	    PROXYDHCP_OK);
	assert_int_equal(
	    proxydhcp_reply(&msg, &client, &arrival, &site, &plan, &reply), 0);
	assert_string_equal(reply.file, "tftp://" US "/ipxe.pxe");
}

/* Where replies go (7.2, rule 6). */
static void
test_destination(void **state)
{
	struct proxydhcp_arrival arrival;
	struct proxydhcp_reply reply;
	struct proxydhcp_plan plan;
	struct pxe_client client;
	struct dhcp_msg msg, got;

	(void)state;
	load("client/ipxe-efi-x64-discover", &msg, &client);
	arrival = arrive(DHCP_PORT_SERVER, &msg);
	(void)proxydhcp_plan(&client, &site, PROXYDHCP_STYLE_AUTO, &plan);
	assert_int_equal(
	    proxydhcp_reply(&msg, &client, &arrival, &site, &plan, &reply), 0);
	assert_int_equal(reply.to.sin_addr.s_addr, INADDR_BROADCAST);
	assert_int_equal(ntohs(reply.to.sin_port), 68);
	assert_int_equal(reply.ifindex, 3);
	assert_int_equal(reply.from.s_addr, addr(US).s_addr);
	assert_int_equal(
	    dhcp_decode(reply.packet, reply.len, DHCP_OP_REPLY, &got), DHCP_OK);
	assert_int_equal(got.flags, DHCP_FLAG_BROADCAST);

	/* 4011: to the source, from the address asked, flag or no flag. */
	load("client/ipxe-efi-x64-request4011", &msg, &client);
	arrival = arrive(DHCP_PORT_PXE, &msg);
	arrival.from.sin_port = htons(68);
	arrival.to = addr("10.77.0.3");
	assert_int_equal(
	    proxydhcp_reply(&msg, &client, &arrival, &site, &plan, &reply), 0);
	assert_int_equal(reply.to.sin_addr.s_addr, addr("10.77.0.124").s_addr);
	assert_int_equal(ntohs(reply.to.sin_port), 68);
	assert_int_equal(reply.from.s_addr, addr("10.77.0.3").s_addr);
	assert_int_equal(
	    dhcp_decode(reply.packet, reply.len, DHCP_OP_REPLY, &got), DHCP_OK);
	assert_int_equal(got.siaddr.s_addr, addr("10.77.0.3").s_addr);
	assert_int_equal(got.ciaddr.s_addr, msg.ciaddr.s_addr);
}

static void
test_relay_info_last(void **state)
{
	struct proxydhcp_arrival arrival;
	struct proxydhcp_reply reply;
	struct proxydhcp_plan plan;
	struct pxe_client client;
	struct dhcp_msg msg, got;
	size_t len;

	(void)state;
	/* A snooping switch adds option 82 and leaves giaddr alone. */
	load("client/ovmf-x64-direct-discover", &msg, &client);
	msg.slot[DHCP_SLOT_RELAY].present = true;
	msg.slot[DHCP_SLOT_RELAY].start = 1200;
	msg.slot[DHCP_SLOT_RELAY].len = 200;
	memset(msg.store + 1200, 0x52, 200);
	arrival = arrive(DHCP_PORT_SERVER, &msg);
	assert_int_equal(
	    proxydhcp_screen(&msg, &client, &arrival), PROXYDHCP_OK);
	(void)proxydhcp_plan(&client, &site, PROXYDHCP_STYLE_DIRECT, &plan);
	assert_int_equal(
	    proxydhcp_reply(&msg, &client, &arrival, &site, &plan, &reply), 0);
	assert_int_equal(
	    dhcp_decode(reply.packet, reply.len, DHCP_OP_REPLY, &got), DHCP_OK);
	assert_non_null(dhcp_option(&got, DHCP_SLOT_RELAY, &len));
	assert_int_equal(len, 200);
	assert_int_equal(reply.packet[reply.len - 1], 255);
	assert_int_equal(reply.packet[reply.len - 2], 0x52);
	msg.slot[DHCP_SLOT_RELAY].len = 290;
	assert_int_equal(
	    proxydhcp_reply(&msg, &client, &arrival, &site, &plan, &reply),
	    -EMSGSIZE);
}

/* Requests that are not for us, one change each from one that is. */
static void
test_screen_67(void **state)
{
	struct proxydhcp_arrival good, arrival;
	struct pxe_client client;
	struct dhcp_msg msg;

	(void)state;
	load("client/ovmf-x64-pxe-discover", &msg, &client);
	good = arrive(DHCP_PORT_SERVER, &msg);
#define DROPPED(want)                                                          \
	assert_int_equal(proxydhcp_screen(&msg, &client, &arrival), want)
	arrival = good;
	DROPPED(PROXYDHCP_OK);
	arrival.from.sin_port = htons(67);
	DROPPED(PROXYDHCP_DROP_SOURCE_PORT);
	arrival = good;
	arrival.from.sin_addr = addr("192.0.2.1");
	DROPPED(PROXYDHCP_DROP_SOURCE);
	arrival.on_link = true;
	DROPPED(PROXYDHCP_OK);
	arrival.from_us = true;
	DROPPED(PROXYDHCP_DROP_OWN);
	arrival = good;
	arrival.ours.s_addr = 0;
	DROPPED(PROXYDHCP_DROP_INTERFACE);
	arrival = good;
	msg.giaddr = addr("10.77.0.1");
	DROPPED(PROXYDHCP_DROP_RELAY);
	msg.giaddr.s_addr = 0;
	/* A DISCOVER has no address: one that says so is treated alike. */
	msg.ciaddr = addr("10.77.0.9");
	DROPPED(PROXYDHCP_OK);
	for (uint8_t type = 0; type < 20; type++) {
		msg.type = type;
		DROPPED(type == DHCP_TYPE_DISCOVER ? PROXYDHCP_OK
						   : PROXYDHCP_DROP_TYPE);
	}
	/* Boot-server discovery by broadcast. */
	client.has_item = true;
	msg.type = DHCP_TYPE_REQUEST;
	DROPPED(PROXYDHCP_OK);
	msg.type = DHCP_TYPE_INFORM;
	DROPPED(PROXYDHCP_OK);
	msg.type = DHCP_TYPE_RELEASE;
	DROPPED(PROXYDHCP_DROP_TYPE);
	msg.type = DHCP_TYPE_REQUEST;
	client.item_layer = PXE_LAYER_CREDENTIALS;
	DROPPED(PROXYDHCP_DROP_CREDENTIALS);
	client.item_layer = 0;
	client.class = PXE_CLASS_HTTP;
	DROPPED(PROXYDHCP_DROP_TYPE);
	client.class = PXE_CLASS_NONE;
	DROPPED(PROXYDHCP_DROP_CLASS);
}

static void
test_screen_4011(void **state)
{
	struct proxydhcp_arrival good, arrival;
	struct pxe_client client;
	struct dhcp_msg msg;

	(void)state;
	load("client/ovmf-x64-pxe-request4011", &msg, &client);
	good = arrive(DHCP_PORT_PXE, &msg);
	arrival = good;
	DROPPED(PROXYDHCP_OK);
	arrival.from.sin_port = htons(30000);
	DROPPED(PROXYDHCP_OK);
	arrival.from.sin_port = 0;
	DROPPED(PROXYDHCP_DROP_SOURCE_PORT);
	arrival = good;
	arrival.from.sin_addr = addr("10.77.0.99");
	DROPPED(PROXYDHCP_DROP_SOURCE);
	arrival = good;
	arrival.on_link = false;
	DROPPED(PROXYDHCP_DROP_SOURCE);
	arrival = good;
	arrival.to_us = false;
	DROPPED(PROXYDHCP_DROP_DESTINATION);
	arrival = good;
	msg.type = DHCP_TYPE_DISCOVER;
	DROPPED(PROXYDHCP_OK);
	msg.type = DHCP_TYPE_INFORM;
	DROPPED(PROXYDHCP_OK);
	msg.type = DHCP_TYPE_DECLINE;
	DROPPED(PROXYDHCP_DROP_TYPE);
	msg.type = DHCP_TYPE_REQUEST;
	client.class = PXE_CLASS_HTTP;
	DROPPED(PROXYDHCP_OK);
	client.has_item = true;
	client.item_layer = 0x8001;
	DROPPED(PROXYDHCP_DROP_CREDENTIALS);
}

/* The others' packets, as they came. */
static void
test_others(void **state)
{
	static const struct {
		const char *name;
		enum proxydhcp_drop drop;
	} others[] = {
	    {"other/udhcp-discover", PROXYDHCP_DROP_CLASS},
	    {"other/rfc3004-discover", PROXYDHCP_DROP_CLASS},
	    {"other/rfc5859-discover", PROXYDHCP_DROP_CLASS},
	    {"other/rfc4388-relayed-discover", PROXYDHCP_DROP_RELAY},
	    {"other/rfc4388-leasequery", PROXYDHCP_DROP_RELAY},
	    {"client/ovmf-x64-pxe-request67", PROXYDHCP_DROP_TYPE},
	    {"client/ovmf-x64-http-request67", PROXYDHCP_DROP_TYPE},
	    {"client/bios-ipxerom-request67", PROXYDHCP_DROP_TYPE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		struct proxydhcp_arrival arrival;
		struct pxe_client client;
		struct dhcp_msg msg;

		load(others[i].name, &msg, &client);
		arrival = arrive(DHCP_PORT_SERVER, &msg);
		assert_int_equal(
		    proxydhcp_screen(&msg, &client, &arrival), others[i].drop);
	}
}

static void
test_names(void **state)
{
	enum proxydhcp_style style;

	(void)state;
	for (int i = 0; i < PROXYDHCP_DROP_COUNT; i++) {
		const char *name = proxydhcp_drop_name((enum proxydhcp_drop)i);

		assert_true(strlen(name) > 1);
		for (int j = 1; j < DHCP_DROP_COUNT && i > 0; j++)
			assert_string_not_equal(
			    name, dhcp_drop_name((enum dhcp_drop)j));
	}
	for (int i = 0; i <= PROXYDHCP_STYLE_DIRECT; i++) {
		assert_int_equal(
		    proxydhcp_style_parse(
			proxydhcp_style_name((enum proxydhcp_style)i), &style),
		    0);
		assert_int_equal(style, i);
	}
	assert_int_equal(proxydhcp_style_parse("Direct", &style), -EINVAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_golden),
	    cmocka_unit_test(test_identify),
	    cmocka_unit_test(test_told),
	    cmocka_unit_test(test_plan),
	    cmocka_unit_test(test_ipxe_tftp_url),
	    cmocka_unit_test(test_destination),
	    cmocka_unit_test(test_relay_info_last),
	    cmocka_unit_test(test_screen_67),
	    cmocka_unit_test(test_screen_4011),
	    cmocka_unit_test(test_others),
	    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
