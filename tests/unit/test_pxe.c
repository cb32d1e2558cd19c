#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "packets.h"
#include "wire/pxe.h"

/* Who is behind each recorded packet. */
static const struct {
	const char *packet;
	enum pxe_class class;
	const char *client;
	const char *arch; /* NULL: none */
	bool scripts;
	bool item;
} recorded[] = {
    {"client/bios-ipxerom-discover", PXE_CLASS_PXE, "ipxe", "bios", true,
	false},
    {"client/bios-ipxerom-request4011-opt71", PXE_CLASS_PXE, "ipxe", "bios",
	true, true},
    {"client/bios-plain-discover", PXE_CLASS_PXE, "pxe", "bios", false, false},
    {"client/bios-plain-request4011-opt71", PXE_CLASS_PXE, "pxe", "bios", false,
	true},
    /* Its class is a bare "PXEClient": option 93 alone tells. */
    {"client/undionly-discover", PXE_CLASS_PXE, "ipxe", "bios", true, false},
    {"client/undionly-request4011-opt71", PXE_CLASS_PXE, "ipxe", "bios", true,
	true},
    {"client/netboot-pxe-discover", PXE_CLASS_PXE, "pxe", "bios", false, false},
    {"client/ovmf-x64-pxe-discover", PXE_CLASS_PXE, "pxe", "uefi-x64", false,
	false},
    {"client/ovmf-x64-pxe-request4011", PXE_CLASS_PXE, "pxe", "uefi-x64", false,
	false},
    {"client/ovmf-x64-bootserver-request4011-opt71", PXE_CLASS_PXE, "pxe",
	"uefi-x64", false, true},
    {"client/ovmf-x64-http-discover", PXE_CLASS_HTTP, "http", "uefi-x64", false,
	false},
    {"client/aavmf-arm64-pxe-discover", PXE_CLASS_PXE, "pxe", "uefi-arm64",
	false, false},
    {"client/aavmf-arm64-http-discover", PXE_CLASS_HTTP, "http", "uefi-arm64",
	false, false},
    {"client/ipxe-efi-x64-discover", PXE_CLASS_PXE, "ipxe", "uefi-x64", true,
	false},
    {"client/ipxe-efirom-e1000-discover", PXE_CLASS_PXE, "ipxe", "uefi-x64",
	true, false},
    {"client/ipxe-efi-under-http-discover", PXE_CLASS_PXE, "ipxe", "uefi-x64",
	true, false},
    /* It asks for its own script first, then as UEFI's PXE does. */
    {"client/uboot-arm64-discover", PXE_CLASS_NONE, "pxe", NULL, false, false},
    {"client/uboot-arm64-pxe-discover", PXE_CLASS_PXE, "pxe", "uefi-arm64",
	false, false},
    {"other/udhcp-discover", PXE_CLASS_NONE, "pxe", NULL, false, false},
    {"other/rfc3004-discover", PXE_CLASS_NONE, "pxe", NULL, false, false},
};

static void
test_recorded(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
		const struct packet *p = packets_get(recorded[i].packet);
		struct pxe_client client;
		struct dhcp_msg msg;

		assert_int_equal(
		    dhcp_decode(p->data, p->len, DHCP_OP_REQUEST, &msg),
		    DHCP_OK);
		pxe_identify(&msg, &client);
		assert_int_equal(client.class, recorded[i].class);
		assert_string_equal(
		    pxe_client_name(&client), recorded[i].client);
		if (recorded[i].arch == NULL)
			assert_null(client.arch);
		else
			assert_string_equal(
			    client.arch->name, recorded[i].arch);
		assert_int_equal(
		    pxe_client_runs_scripts(&client), recorded[i].scripts);
		assert_int_equal(client.has_item, recorded[i].item);
	}
}

static void
test_recorded_details(void **state)
{
	const struct packet *p = packets_get("client/bios-ipxerom-discover");
	struct pxe_client client;
	struct dhcp_msg msg;

	(void)state;
	assert_int_equal(
	    dhcp_decode(p->data, p->len, DHCP_OP_REQUEST, &msg), DHCP_OK);
	pxe_identify(&msg, &client);
	assert_memory_equal(client.version, ((uint8_t[]){1, 0, 0}), 3);
	assert_int_equal(client.features,
	    PXE_FEATURE_HTTP | PXE_FEATURE_TFTP | PXE_FEATURE_DNS |
		PXE_FEATURE_BZIMAGE | PXE_FEATURE_MENU);
	p = packets_get("client/ovmf-x64-bootserver-request4011-opt71");
	assert_int_equal(
	    dhcp_decode(p->data, p->len, DHCP_OP_REQUEST, &msg), DHCP_OK);
	pxe_identify(&msg, &client);
	assert_int_equal(client.item_type, 0x8000);
	assert_int_equal(client.item_layer, 0);
}

static void
set_option(struct dhcp_msg *msg, enum dhcp_slot slot, const char *hex)
{
	size_t len = strlen(hex) / 2;
	size_t start = (size_t)slot * 64;

	assert_true(len <= 64);
	assert_int_equal(str_unhex(hex, msg->store + start, len), 0);
	msg->slot[slot].present = len > 0;
	msg->slot[slot].start = (uint16_t)start;
	msg->slot[slot].len = (uint16_t)len;
}

#define PXECLIENT "505845436c69656e74"
#define HTTPCLIENT "48545450436c69656e74"

static void
identify(const char *class, enum dhcp_slot slot, const char *hex,
    struct pxe_client *ret_client)
{
	struct dhcp_msg msg = {0};

	set_option(&msg, DHCP_SLOT_CLASS, class);
	set_option(&msg, slot, hex);
	pxe_identify(&msg, ret_client);
}

static void
test_class(void **state)
{
	struct pxe_client client;

	(void)state;
	/* The first bytes alone count; no NUL, one inside, more behind. */
	identify(PXECLIENT "00", DHCP_SLOT_ARCH, "0007", &client);
	assert_int_equal(client.class, PXE_CLASS_PXE);
	identify(HTTPCLIENT "3a00", DHCP_SLOT_ARCH, "0010", &client);
	assert_int_equal(client.class, PXE_CLASS_HTTP);
	identify("78" PXECLIENT, DHCP_SLOT_ARCH, "0007", &client);
	assert_int_equal(client.class, PXE_CLASS_NONE);
	identify("505845436c69656e", DHCP_SLOT_ARCH, "0007", &client);
	assert_int_equal(client.class, PXE_CLASS_NONE);
	identify("505845436c006e74", DHCP_SLOT_ARCH, "0007", &client);
	assert_int_equal(client.class, PXE_CLASS_NONE);
}

static void
test_arch_list(void **state)
{
	struct pxe_client client;

	(void)state;
	identify(PXECLIENT, DHCP_SLOT_ARCH, "000200090007", &client);
	assert_string_equal(client.arch->name, "uefi-x64");
	identify(PXECLIENT, DHCP_SLOT_ARCH, "0002ffff", &client);
	assert_null(client.arch);
	identify(PXECLIENT, DHCP_SLOT_ARCH, "", &client);
	assert_null(client.arch);
}

static const struct {
	const char *hex;
	enum pxe_program program;
} user_classes[] = {
    {"69505845", PXE_PROGRAM_IPXE},
    {"0469505845", PXE_PROGRAM_IPXE}, /* RFC 3004's form */
    {"67505845", PXE_PROGRAM_GPXE},
    {"0467505845", PXE_PROGRAM_GPXE},
    {"69505800", PXE_PROGRAM_FIRMWARE},
    {"6950584500", PXE_PROGRAM_FIRMWARE},
    {"0569505845", PXE_PROGRAM_FIRMWARE},
    {"0000000000", PXE_PROGRAM_FIRMWARE},
    {"ff", PXE_PROGRAM_FIRMWARE},
    {"", PXE_PROGRAM_FIRMWARE},
};

static void
test_user_class(void **state)
{
	struct pxe_client client;

	(void)state;
	for (size_t i = 0; i < sizeof user_classes / sizeof user_classes[0];
	     i++) {
		identify(PXECLIENT, DHCP_SLOT_USER_CLASS, user_classes[i].hex,
		    &client);
		assert_int_equal(client.program, user_classes[i].program);
		assert_false(pxe_client_runs_scripts(&client));
	}
}

static const struct {
	const char *hex; /* option 175 */
	bool scripts;
} feature_cases[] = {
    {"130101180101", true},
    {"130101240101", true},
    {"00130101240101ff", true},
    {"130101", false},
    {"180101", false},
    {"150101180101240101", false},
    {"130100180101", false}, /* version 0: not there */
    {"130101180101ff15", true},
    {"1301011801012405", false}, /* past the end: none of it */
    {"13010118010124", false},
    {"eb0201001301012401ff", true},
};

static void
test_features(void **state)
{
	struct pxe_client client;

	(void)state;
	for (size_t i = 0; i < sizeof feature_cases / sizeof feature_cases[0];
	     i++) {
		identify(
		    PXECLIENT, DHCP_SLOT_IPXE, feature_cases[i].hex, &client);
		assert_int_equal(client.program, PXE_PROGRAM_IPXE);
		assert_int_equal(
		    pxe_client_runs_scripts(&client), feature_cases[i].scripts);
		assert_int_equal(client.version[0], 0);
	}
}

static const struct {
	const char *hex; /* option 43 */
	bool item;
} item_cases[] = {
    {"470480000000ff", true},
    {"0000470480000000ff", true},
    {"060108470480000000ff", true},
    {"470480000000", false}, /* no END */
    {"4703800000ff", false},
    {"47058000000000ff", false},
    {"4704800000", false},
    {"470480000000ff4704", true},
    {"47048000000006", false},
    {"4704800000000602ff", false},
    {"ff", false},
    {"", false},
};

static void
test_items(void **state)
{
	struct pxe_client client;

	(void)state;
	for (size_t i = 0; i < sizeof item_cases / sizeof item_cases[0]; i++) {
		identify(
		    PXECLIENT, DHCP_SLOT_VENDOR, item_cases[i].hex, &client);
		assert_int_equal(client.has_item, item_cases[i].item);
	}
}

/* Rows that must not change by accident, and what every row needs. */
static void
test_arch_table(void **state)
{
	static const struct {
		uint16_t code;
		const char *file; /* the first choice; NULL: no answer */
	} rows[] = {{0, "undionly.kpxe"}, {1, NULL}, {2, NULL}, {3, NULL},
	    {4, NULL}, {5, NULL}, {6, "ipxe-ia32.efi"}, {7, "snponly.efi"},
	    {8, NULL}, {9, "snponly.efi"}, {10, "ipxe-arm32.efi"},
	    {11, "ipxe-arm64.efi"}, {12, NULL}, {15, "ipxe-ia32.efi"},
	    {16, "snponly.efi"}, {17, "snponly.efi"}, {19, "ipxe-arm64.efi"},
	    {20, "undionly.kpxe"}, {22, "ipxe-arm64.efi"}, {31, NULL},
	    {41, NULL}, {0xffff, NULL}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct pxe_arch *arch = pxe_arch_find(rows[i].code);

		if (rows[i].file == NULL) {
			assert_null(arch);
			continue;
		}
		assert_non_null(arch);
		assert_string_equal(
		    pxe_loader_info((enum pxe_loader)arch->loader[0])->file,
		    rows[i].file);
	}
	for (unsigned code = 0; code <= UINT16_MAX; code++) {
		const struct pxe_arch *arch = pxe_arch_find((uint16_t)code);

		if (arch == NULL)
			continue;
		assert_true(strlen(arch->name) < 24);
		assert_true(arch->loader[0] < PXE_LOADER_COUNT);
		assert_true(arch->ipxe_loader[0] < PXE_LOADER_COUNT);
	}
	for (int i = 0; i < PXE_LOADER_COUNT; i++)
		assert_non_null(pxe_loader_info((enum pxe_loader)i)->file);
	assert_null(pxe_loader_info(PXE_LOADER_NONE));
}

static void
test_vendor(void **state)
{
	struct pxe_client client = {
	    .has_item = true, .item_type = 0x8001, .item_layer = 2};
	uint8_t out[PXE_VENDOR_MAX];

	(void)state;
	assert_int_equal(pxe_vendor_direct(out), 4);
	assert_memory_equal(out, "\x06\x01\x08\xff", 4);
	assert_int_equal(pxe_vendor_item(&client, out), 7);
	assert_memory_equal(out, "\x47\x04\x80\x01\x00\x02\xff", 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_recorded),
	    cmocka_unit_test(test_recorded_details),
	    cmocka_unit_test(test_class),
	    cmocka_unit_test(test_arch_list),
	    cmocka_unit_test(test_user_class),
	    cmocka_unit_test(test_features),
	    cmocka_unit_test(test_items),
	    cmocka_unit_test(test_arch_table),
	    cmocka_unit_test(test_vendor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
