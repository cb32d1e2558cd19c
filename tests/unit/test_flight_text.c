/* What entries of the flight recorder say to people. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/flight_text.h"
#include "core/policy.h"
#include "packets.h"

static const struct flight_limits limits[FLIGHT_POOLS] = {
    [FLIGHT_KNOWN] = {10, 1 << 20, 0},
    [FLIGHT_UNKNOWN] = {10, 1 << 20, 0},
};

static struct flight_entry
entry_of(enum flight_kind kind)
{
	struct flight_entry entry = {.kind = kind,
	    .ms = 1000,
	    .last_ms = 1000,
	    .count = 1,
	    .verb = "",
	    .name = "",
	    .peer = "",
	    .note = ""};

	return entry;
}

static void
expect(const struct flight_entry *entry, const char *who, const char *text)
{
	struct buf out;

	buf_init(&out, 4096);
	flight_describe(entry, &out);
	assert_string_equal(out.data, text);
	assert_string_equal(flight_who(entry), who);
	buf_done(&out);
}

static void
expect_packet(const char *name, uint16_t port, const char *drop,
    const char *who, const char *text)
{
	const struct packet *packet = packets_get(name);
	struct flight_entry entry = entry_of(FLIGHT_DHCP);
	struct flight *flight = flight_new(limits);

	entry.data = packet->data;
	entry.data_len = packet->len;
	entry.to.sin_port = htons(port);
	entry.from.sin_port = htons(port == 4011 ? 68 : port);
	entry.note = drop;
	entry.sent = strncmp(name, "server/", 7) == 0;
	entry.name = entry.sent ? "ipxe.efi" : "";
	expect(flight_add(flight, flight_track(flight, FLIGHT_KNOWN, "gpu1", 0),
		   &entry),
	    who, text);
	flight_free(flight);
}

static void
test_packets(void **state)
{
	(void)state;
	expect_packet("client/bios-plain-discover", 67, "unknown-machine",
	    "dhcp",
	    "DISCOVER, pxe bios, PXEClient, xid 2c544e7c, secs 4: no answer, "
	    "unknown-machine");
	expect_packet("client/ovmf-x64-pxe-request67", 67,
	    "for-the-dhcp-server", "dhcp",
	    "REQUEST, pxe uefi-x64, PXEClient, xid 3ce19546, secs 4, wants "
	    "10.77.0.117 of 10.77.0.1: no answer, for-the-dhcp-server");
	expect_packet("client/ovmf-x64-pxe-request4011", 4011, "", "pxe",
	    "REQUEST, pxe uefi-x64, PXEClient, xid 605fb5ca, has "
	    "10.77.0.117");
	expect_packet("server/accepted-by-ovmf-binl-offer", 67, "", "dhcp",
	    "OFFER ipxe.efi, server 10.77.0.2, xid 3ce19546");
	expect_packet("other/udhcp-discover", 67, "no-network-boot", "dhcp",
	    "DISCOVER, no network boot, xid 7cdc0935: no answer, "
	    "no-network-boot");
}

static void
test_malformed(void **state)
{
	struct flight_entry entry = entry_of(FLIGHT_DHCP);
	uint8_t data[20] = {1};

	(void)state;
	entry.data = data;
	entry.data_len = sizeof data;
	entry.len = sizeof data;
	entry.note = "short";
	expect(&entry, "dhcp", "20 bytes that are no DHCP message: short");
}

static void
test_requests(void **state)
{
	struct flight_entry entry = entry_of(FLIGHT_FILE);

	(void)state;
	entry.verb = "GET";
	entry.name = "/images/x/vmlinuz";
	expect(&entry, "files",
	    "GET /images/x/vmlinuz: dropped without an answer");
	entry.status = 200;
	entry.complete = true;
	entry.bytes = 2 << 20;
	entry.length = 4 << 20;
	entry.took_ms = 500;
	expect(&entry, "files",
	    "GET /images/x/vmlinuz: 200, 2.0 MiB in 500 ms, 4.0 MiB/s");
	entry.complete = false;
	entry.status = 206;
	entry.offset = 7;
	entry.took_ms = 3;
	expect(&entry, "files",
	    "GET /images/x/vmlinuz: 206 from byte 7, cut off after 2.0 MiB of "
	    "4.0 MiB in 3 ms");
	entry = entry_of(FLIGHT_TFTP);
	entry.verb = "ERROR";
	entry.note = "1, File not found";
	expect(&entry, "tftp", "ERROR 1, File not found");
	entry.verb = "RRQ";
	entry.name = "ipxe.efi";
	entry.complete = true;
	expect(&entry, "tftp", "RRQ ipxe.efi");
}

static void
test_repeats(void **state)
{
	struct flight_entry entry = entry_of(FLIGHT_DECISION);

	(void)state;
	entry.peer = "dhcp";
	entry.name = "installed";
	entry.note = "it boots its disk";
	entry.action = POLICY_SILENT;
	expect(&entry, "policy", "dhcp: silent, installed: it boots its disk");
	entry.count = 3;
	entry.last_ms = 2500;
	entry.earlier = 40;
	expect(&entry, "policy",
	    "dhcp: silent, installed: it boots its disk (3 times in 1.5 s) "
	    "(and 40 times before)");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_packets),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_requests),
	    cmocka_unit_test(test_repeats),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
