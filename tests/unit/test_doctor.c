/* doctor's judgement, without a host to look at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "core/finding.h"
#include "core/loaderfile.h"
#include "core/nftrules.h"
#include "core/offers.h"

/* ---- the table ---------------------------------------------------------- */

static void
test_kinds(void **state)
{
	(void)state;
	for (int i = 0; i < FINDING_KINDS; i++) {
		const struct finding_kind *kind =
		    finding_kind((enum finding_id)i);

		if (kind->id == NULL)
			fail_msg("row %d is empty", i);
		assert_true(kind->severity > FINDING_OK);
		if (!str_ends(kind->why, "."))
			fail_msg("%s: the reason is no sentence", kind->id);
		if (kind->fix[0] == '\0' || str_ends(kind->fix, "."))
			fail_msg("%s: what to do?", kind->id);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(
			    kind->id, finding_kind((enum finding_id)k)->id);
	}
}

static void
test_findings(void **state)
{
	struct findings findings;
	struct buf summary;
	struct value map;

	(void)state;
	findings_init(&findings);
	findings_fix(&findings, "nothing to fix yet");
	findings_ok(&findings, AREA_DISK, "12 GiB are free");
	findings_unchecked(&findings, AREA_FIREWALL, "needs root");
	findings_add(&findings, FIND_DHCP_NONE, "nobody answers on %s", "eth0");
	findings_fix(&findings, "plug it in");
	buf_init(&summary, 256);
	findings_summary(&findings, &summary);
	assert_string_equal(
	    summary.data, "1 blocker, no warnings, 1 note; 1 check is fine");
	buf_done(&summary);
	assert_string_equal(finding_id_of(&findings.list[0]), "ok");
	assert_string_equal(finding_id_of(&findings.list[1]), "not-checked");
	assert_string_equal(finding_id_of(&findings.list[2]), "dhcp-none");
	assert_string_equal(findings.list[2].what, "nobody answers on eth0");
	assert_string_equal(finding_fix(&findings.list[2]), "plug it in");
	map = findings_json(&findings);
	assert_false(value_map_get(map, "ok").u.b);
	assert_int_equal(value_len(value_map_get(map, "findings")), 3);
	value_unref(map);
	for (int i = 0; i < 2 * FINDINGS_MAX; i++)
		findings_ok(&findings, AREA_DISK, "more");
	assert_int_equal(findings.count, FINDINGS_MAX);
	assert_int_equal(findings.severities[FINDING_OK], 2 * FINDINGS_MAX + 1);
	findings_done(&findings);
}

/* ---- loaders ------------------------------------------------------------ */

enum {
	LOADER_SIZE = 65536,
	PE_AT = 0x80
};

static void
put_pe(char *data, unsigned machine)
{
	memset(data, 0, LOADER_SIZE);
	data[0] = 'M';
	data[1] = 'Z';
	data[0x3c] = (char)PE_AT;
	data[PE_AT] = 'P';
	data[PE_AT + 1] = 'E';
	data[PE_AT + 4] = (char)(machine & 0xff);
	data[PE_AT + 5] = (char)(machine >> 8);
}

static void
refuse(const char *name, const char *data, size_t len, const char *why)
{
	struct err err = {0};

	assert_true(loaderfile_check(name, data, len, &err) < 0);
	if (strstr(err.text, why) == NULL)
		fail_msg("%s: %s", name, err.text);
}

static void
test_loaderfile(void **state)
{
	char *data = mem_alloc(1 << 20);

	(void)state;
	put_pe(data, 0x8664);
	assert_int_equal(
	    loaderfile_check("ipxe.efi", data, LOADER_SIZE, NULL), 0);
	refuse("ipxe-arm64.efi", data, LOADER_SIZE, "another processor");
	refuse("ipxe.efi", data, 100, "cut off");
	put_pe(data, 0xaa64);
	assert_int_equal(
	    loaderfile_check("snponly-arm64.efi", data, LOADER_SIZE, NULL), 0);
	refuse("snponly.efi", data, LOADER_SIZE, "another processor");
	data[PE_AT] = 'X';
	refuse("ipxe-arm64.efi", data, LOADER_SIZE, "no PE header");
	memset(data + 0x3c, 0xff, 4);
	refuse("ipxe-arm64.efi", data, LOADER_SIZE, "no PE header");
	data[0] = '#';
	refuse("ipxe.efi", data, LOADER_SIZE, "begin with MZ");
	assert_int_equal(
	    loaderfile_check("undionly.kpxe", data, LOADER_SIZE, NULL), 0);
	refuse("undionly.kpxe", data, 1 << 20, "base memory");
	free(data);
}

/* ---- offers ------------------------------------------------------------- */

#define OFFERS_MAX 8

/* Offers are made of bytes, as they come from the wire. */
struct wire {
	struct dhcp_msg msgs[OFFERS_MAX];
	struct offer offers[OFFERS_MAX];
	size_t count;
	struct findings findings;
};

struct spec {
	enum offer_probe probe;
	const char *server;
	const char *address; /* NULL: none, a proxy's */
	const char *next;
	const char *file;
	const char *options; /* bytes, after 53 and 54 */
	size_t options_len;
	int64_t after_ms;
	const char *relay;
};

#define OPTIONS(bytes) .options = (bytes), .options_len = sizeof(bytes) - 1

static const struct offers_site site = {.interface = "eth0"};

static void
put_addr(uint8_t *at, const char *text)
{
	if (text != NULL)
		assert_int_equal(inet_pton(AF_INET, text, at), 1);
}

static void
add_offer(struct wire *wire, const struct spec *spec)
{
	static const uint8_t start[] = {
	    0x63, 0x82, 0x53, 0x63, 53, 1, 2, 54, 4};
	struct offer *offer = &wire->offers[wire->count];
	struct dhcp_msg *msg = &wire->msgs[wire->count++];
	uint8_t data[512] = {2, 1, 6, 0};
	size_t at = 236;

	put_addr(data + 16, spec->address);
	put_addr(data + 20, spec->next);
	put_addr(data + 24, spec->relay);
	data[28] = 0x02;
	if (spec->file != NULL)
		str_copy((char *)data + 108, 128, spec->file);
	memcpy(data + at, start, sizeof start);
	at += sizeof start;
	put_addr(data + at, spec->server);
	at += 4;
	if (spec->options_len > 0)
		memcpy(data + at, spec->options, spec->options_len);
	at += spec->options_len;
	data[at++] = 255;
	assert_int_equal(dhcp_decode(data, at, DHCP_OP_REPLY, msg), DHCP_OK);
	*offer = (struct offer){.probe = spec->probe,
	    .msg = msg,
	    .from = msg->server_id,
	    .after_ms = spec->after_ms};
}

static bool
has(const struct wire *wire, const char *id)
{
	for (size_t i = 0; i < wire->findings.count; i++) {
		if (strcmp(finding_id_of(&wire->findings.list[i]), id) == 0)
			return true;
	}
	return false;
}

static size_t
bad_count(const struct wire *wire)
{
	return wire->findings.severities[FINDING_BLOCKER] +
	       wire->findings.severities[FINDING_WARNING] +
	       wire->findings.severities[FINDING_NOTE];
}

static void
judge(struct wire *wire)
{
	struct offers_site here = site;

	put_addr((uint8_t *)&here.addr, "10.0.0.2");
	put_addr((uint8_t *)&here.mask, "255.255.255.0");
	findings_init(&wire->findings);
	offers_judge(&here, wire->offers, wire->count, &wire->findings);
}

/* One more offer beside a clean server's: that finding, and no other. */
static void
expect_one(const struct spec *spec, const char *id)
{
	static const struct spec clean = {OFFER_PXE, "10.0.0.1", "10.0.0.50",
	    OPTIONS("\x01\x04\xff\xff\xff\x00")};
	struct wire *wire = mem_alloc(sizeof *wire);

	if (strcmp(spec->server, clean.server) != 0)
		add_offer(wire, &clean);
	add_offer(wire, spec);
	judge(wire);
	if (!has(wire, id) || bad_count(wire) != 1) {
		for (size_t i = 0; i < wire->findings.count; i++)
			print_message("%s: %s\n",
			    finding_id_of(&wire->findings.list[i]),
			    wire->findings.list[i].what);
		fail_msg("wanted %s alone", id);
	}
	findings_done(&wire->findings);
	free(wire);
}

#define MASK "\x01\x04\xff\xff\xff\x00"
#define CLASS_PXE "\x3c\x09PXEClient"
#define CLASS_HTTP "\x3c\x0aHTTPClient"

static void
test_offers_of_servers(void **state)
{
	(void)state;
	expect_one(&(struct spec){OFFER_PXE, "10.0.0.1", "10.0.0.50",
		       OPTIONS(MASK CLASS_PXE)},
	    "dhcp-binl");
	/* Option 43 with something else in it is no discovery. */
	expect_one(&(struct spec){OFFER_PXE, "10.0.0.1", "10.0.0.50",
		       OPTIONS(MASK CLASS_PXE "\x2b\x03\x80\x01\x00")},
	    "dhcp-binl");
	/* Nor is one that is cut off. */
	expect_one(&(struct spec){OFFER_PXE, "10.0.0.1", "10.0.0.50",
		       OPTIONS(MASK CLASS_PXE "\x2b\x02\x06\x05")},
	    "dhcp-binl");
	expect_one(&(struct spec){OFFER_PXE, "10.0.0.1", "10.0.0.50",
		       OPTIONS(MASK CLASS_PXE "\x2b\x04\x06\x01\x08\xff")},
	    "dhcp-discovery");
	expect_one(
	    &(struct spec){OFFER_HTTP, "10.0.0.1", "10.0.0.50",
		.file = "http://10.0.0.9/x.efi", OPTIONS(MASK CLASS_HTTP)},
	    "dhcp-http-uri");
	expect_one(&(struct spec){OFFER_PXE, "10.0.0.1", "10.0.0.50",
		       .next = "10.0.0.9", .file = "pxelinux.0", OPTIONS(MASK)},
	    "dhcp-boot-file");
	expect_one(&(struct spec){OFFER_PXE, "10.0.0.1", "10.0.0.50",
		       OPTIONS(MASK "\x42\x04"
				    "wds1")},
	    "dhcp-boot-file");
	expect_one(&(struct spec){OFFER_PXE, "10.0.0.1", "10.0.0.50",
		       .next = "10.0.0.9", OPTIONS(MASK)},
	    "dhcp-next-server");
	expect_one(&(struct spec){OFFER_PXE, "10.0.0.1", "10.0.0.50",
		       .next = "10.0.0.1", OPTIONS(MASK)},
	    "dhcp-siaddr");
	expect_one(&(struct spec){OFFER_PXE, "10.0.0.1", "10.0.0.50",
		       OPTIONS(MASK "\xaf\x03\xb0\x01\x01")},
	    "dhcp-no-proxy");
	expect_one(&(struct spec){OFFER_PXE, "10.0.0.1", "10.0.0.50",
		       OPTIONS(MASK "\xb0\x01\x01")},
	    "dhcp-option-176");
	expect_one(&(struct spec){OFFER_PXE, "10.0.0.1", "10.9.0.50",
		       OPTIONS(MASK "\x03\x04\x0a\x09\x00\x01")},
	    "dhcp-other-network");
	expect_one(
	    &(struct spec){OFFER_PXE, "10.0.0.1", "10.9.0.50", OPTIONS(MASK)},
	    "dhcp-no-route");
	expect_one(&(struct spec){OFFER_PXE, "10.0.0.1", "10.0.0.50",
		       OPTIONS(MASK), .after_ms = 2100},
	    "dhcp-late-ipxe");
	expect_one(&(struct spec){OFFER_PXE, "10.0.0.1", "10.0.0.50",
		       OPTIONS(MASK), .after_ms = 4500},
	    "dhcp-late-uefi");
	expect_one(&(struct spec){OFFER_PXE, "10.0.0.1", "10.0.0.50",
		       OPTIONS(MASK), .relay = "10.0.0.254"},
	    "dhcp-relayed");
	expect_one(
	    &(struct spec){OFFER_PLAIN, "10.0.0.1", "10.0.0.50", OPTIONS(MASK)},
	    "dhcp-not-for-pxe");
	expect_one(
	    &(struct spec){OFFER_PXE, "10.0.0.3", "10.0.0.60", OPTIONS(MASK)},
	    "dhcp-several");
}

static void
test_offers_of_proxies(void **state)
{
	(void)state;
	expect_one(&(struct spec){OFFER_PXE, "10.0.0.9", .file = "x.efi",
		       OPTIONS(CLASS_PXE "\x2b\x04\x06\x01\x08\xff")},
	    "proxy-discovery");
	expect_one(&(struct spec){OFFER_PXE, "10.0.0.9", .file = "x.efi",
		       OPTIONS(CLASS_PXE)},
	    "proxy-other");
	expect_one(&(struct spec){OFFER_HTTP, "10.0.0.9",
		       .file = "http://10.0.0.9/x.efi", OPTIONS(CLASS_HTTP)},
	    "proxy-other");
	expect_one(&(struct spec){OFFER_PXE, "10.0.0.9", .file = "x.efi"},
	    "proxy-no-class");
}

/* A clean server, in all its answers, and ourselves: nothing to say. */
static void
test_offers_good(void **state)
{
	struct wire *wire = mem_alloc(sizeof *wire);

	(void)state;
	for (int probe = 0; probe < OFFER_PROBES; probe++)
		add_offer(
		    wire, &(struct spec){(enum offer_probe)probe, "10.0.0.1",
			      "10.0.0.50", OPTIONS(MASK), .after_ms = 30});
	/* The answer to a repeated DISCOVER is not a late one. */
	add_offer(wire, &(struct spec){OFFER_PXE, "10.0.0.1", "10.0.0.50",
			    OPTIONS(MASK), .after_ms = 3100});
	add_offer(
	    wire, &(struct spec){OFFER_LOCAL, "10.0.0.2", .next = "10.0.0.2",
		      .file = "ipxe.efi", OPTIONS(CLASS_PXE)});
	judge(wire);
	assert_int_equal(bad_count(wire), 0);
	assert_int_equal(wire->findings.severities[FINDING_OK], 1);
	findings_done(&wire->findings);

	/* Without them: no server. A name that is none stays one line. */
	wire->count = 0;
	judge(wire);
	assert_true(has(wire, "dhcp-none"));
	findings_done(&wire->findings);
	add_offer(wire, &(struct spec){OFFER_PXE, "10.0.0.1", "10.0.0.50",
			    .file = "a\x1b[31m\nb", OPTIONS(MASK)});
	judge(wire);
	assert_true(has(wire, "dhcp-boot-file"));
	for (size_t i = 0; i < wire->findings.count; i++) {
		assert_null(strchr(wire->findings.list[i].what, '\n'));
		assert_null(strchr(wire->findings.list[i].what, '\x1b'));
	}
	findings_done(&wire->findings);
	free(wire);
}

/*
 * Where we are the DHCP server, ours are good and others' are not; where
 * another network has one, none is no fault.
 */
static void
test_offers_beside_server(void **state)
{
	struct wire *wire = mem_alloc(sizeof *wire);
	struct offers_site here = {.interface = "eth0", .is_server = true};

	(void)state;
	put_addr((uint8_t *)&here.addr, "10.0.0.2");
	put_addr((uint8_t *)&here.mask, "255.255.255.0");
	findings_init(&wire->findings);
	add_offer(wire, &(struct spec){OFFER_PXE, "10.0.0.2", "10.0.0.50",
			    .file = "ipxe.efi", OPTIONS(MASK)});
	offers_judge(&here, wire->offers, 1, &wire->findings);
	assert_int_equal(bad_count(wire), 0);
	add_offer(wire,
	    &(struct spec){OFFER_PXE, "10.0.0.1", "10.0.0.60", OPTIONS(MASK)});
	offers_judge(&here, wire->offers, 2, &wire->findings);
	assert_true(has(wire, "dhcp-rival"));
	findings_done(&wire->findings);
	findings_init(&wire->findings);
	here.is_server = false;
	here.is_optional = true;
	offers_judge(&here, wire->offers, 0, &wire->findings);
	assert_true(has(wire, "dhcp-none-here"));
	assert_int_equal(bad_count(wire), 1);
	findings_done(&wire->findings);
	free(wire);
}

/* ---- nftables ----------------------------------------------------------- */

#define CHAIN(policy)                                                          \
	"{\"nftables\":[{\"chain\":{\"family\":\"inet\",\"table\":\"f\","      \
	"\"name\":\"in\",\"type\":\"filter\",\"hook\":\"input\",\"policy\":"   \
	"\"" policy "\"}},"
#define RULE(chain, expr)                                                      \
	"{\"rule\":{\"family\":\"inet\",\"table\":\"f\",\"chain\":\"" chain    \
	"\",\"expr\":[" expr "]}}"
#define MATCH(left, op, right)                                                 \
	"{\"match\":{\"op\":\"" op "\",\"left\":" left ",\"right\":" right "}" \
	"}"
#define UDP_PORT "{\"payload\":{\"protocol\":\"udp\",\"field\":\"dport\"}}"
#define SADDR "{\"payload\":{\"protocol\":\"ip\",\"field\":\"saddr\"}}"
#define IIF "{\"meta\":{\"key\":\"iifname\"}}"
#define STATE "{\"ct\":{\"key\":\"state\"}}"
#define ACCEPT "{\"accept\":null}"
#define DROP "{\"drop\":null}"
#define END "]}"

static const struct {
	const char *rules;
	enum nft_verdict want; /* for new packets to UDP 69 by eth0 */
} rulesets[] = {
    {"{}", NFT_ACCEPT},
    {"{\"nftables\":3}", NFT_ACCEPT},
    {CHAIN("accept") RULE("other", DROP) END, NFT_ACCEPT},
    {CHAIN("accept") RULE("in", DROP) END, NFT_DROP},
    {CHAIN("drop") RULE("in", "{\"counter\":{}}") END, NFT_DROP},
    {CHAIN("drop") RULE("in", MATCH(UDP_PORT, "==", "69") "," ACCEPT) END,
	NFT_ACCEPT},
    {CHAIN("drop") RULE("in",
	 MATCH(UDP_PORT, "==", "{\"set\":[67,{\"range\":[60,70]}]}") "," ACCEPT)
	    END,
	NFT_ACCEPT},
    {CHAIN("drop") RULE("in", MATCH(UDP_PORT, "==", "\"@ports\"") "," ACCEPT)
	    END,
	NFT_UNSURE},
    {CHAIN("accept") RULE("in", MATCH(UDP_PORT, "!=", "69") "," DROP) END,
	NFT_ACCEPT},
    {CHAIN("accept") RULE("in", MATCH(UDP_PORT, "<", "100") "," DROP) END,
	NFT_UNSURE},
    {CHAIN("accept") RULE("in", MATCH(IIF, "==", "\"eth*\"") "," DROP) END,
	NFT_DROP},
    {CHAIN("accept") RULE("in", MATCH(IIF, "==", "\"br0\"") "," DROP) END,
	NFT_ACCEPT},
    /* Lists of bad addresses are not about us; one for our port may be. */
    {CHAIN("accept") RULE("in", MATCH(SADDR, "==", "\"@bad\"") "," DROP) END,
	NFT_ACCEPT},
    {CHAIN("accept") RULE("in", MATCH(UDP_PORT, "==", "69") "," MATCH(
				    SADDR, "==", "\"10.0.0.1\"") "," DROP) END,
	NFT_UNSURE},
    {CHAIN("drop") RULE("in",
	 MATCH(STATE, "in", "[\"established\",\"related\"]") "," ACCEPT) END,
	NFT_DROP},
    {CHAIN("drop") RULE("in", "{\"jump\":{\"target\":\"sub\"}}") "," RULE(
	 "sub", MATCH(UDP_PORT, "==", "69") "," ACCEPT) END,
	NFT_ACCEPT},
    {CHAIN("accept") RULE("in", "{\"jump\":{\"target\":\"in\"}}") END,
	NFT_ACCEPT},
    {CHAIN("drop") RULE("in", "{\"vmap\":{\"key\":" STATE
			      ",\"data\":{\"set\":[[\"new\"," ACCEPT "]]}}}")
	    END,
	NFT_ACCEPT},
    {CHAIN("drop") RULE("in", "{\"xt\":{\"type\":\"match\"}}," ACCEPT) END,
	NFT_UNSURE},
};

static void
test_nftrules(void **state)
{
	const struct nft_packet packet = {.interface = "eth0", .port = 69};

	(void)state;
	for (size_t i = 0; i < sizeof rulesets / sizeof rulesets[0]; i++) {
		const char *text = rulesets[i].rules;
		char where[NFT_WHERE_SIZE];
		struct err err = {0};
		struct value ruleset;
		enum nft_verdict got;

		if (value_parse_json(text, strlen(text), &ruleset, &err) < 0)
			fail_msg("%s: %s", err.text, text);
		got = nftrules_judge(ruleset, &packet, where);
		if (got != rulesets[i].want)
			fail_msg("%d, not %d: %s", (int)got,
			    (int)rulesets[i].want, text);
		if (got != NFT_ACCEPT)
			assert_string_equal(where, "inet f in");
		value_unref(ruleset);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_findings),
	    cmocka_unit_test(test_loaderfile),
	    cmocka_unit_test(test_offers_of_servers),
	    cmocka_unit_test(test_offers_of_proxies),
	    cmocka_unit_test(test_offers_good),
	    cmocka_unit_test(test_offers_beside_server),
	    cmocka_unit_test(test_nftrules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
