#include "wire/pxe.h"

#include <stdio.h>
#include <string.h>

#include "base/rd.h"
#include "base/wr.h"

enum {
	SUB_DISCOVERY_CONTROL = 6,
	SUB_BOOT_ITEM = 71,
	SUB_END = 255,
	BYPASS_DISCOVERY = 8,
	BOOT_ITEM_SIZE = 4,
	IPXE_VERSION = 0xeb,
};

static const struct pxe_loader_info loaders[PXE_LOADER_COUNT] = {
    [PXE_LOADER_UNDIONLY] = {"undionly.kpxe", "ipxe", NULL, NULL},
    [PXE_LOADER_IPXE_PXE] = {"ipxe.pxe", "ipxe", NULL, NULL},
    [PXE_LOADER_IPXE_X64] = {"ipxe.efi", "ipxe", NULL, NULL},
    [PXE_LOADER_SNPONLY_X64] = {"snponly.efi", "ipxe", NULL, NULL},
    [PXE_LOADER_IPXE_IA32] = {"ipxe-ia32.efi", NULL, NULL, NULL},
    [PXE_LOADER_IPXE_ARM32] = {"ipxe-arm32.efi", NULL, NULL, NULL},
    [PXE_LOADER_IPXE_ARM64] = {"ipxe-arm64.efi", "ipxe", "Debian 13", NULL},
    [PXE_LOADER_SNPONLY_ARM64] = {"snponly-arm64.efi", NULL, NULL, NULL},
    [PXE_LOADER_IPXE_RISCV32] = {"ipxe-riscv32.efi", NULL, NULL, NULL},
    [PXE_LOADER_IPXE_RISCV64] = {"ipxe-riscv64.efi", "ipxe", "Debian 13", NULL},
    [PXE_LOADER_IPXE_LOONG64] = {"ipxe-loong64.efi", "ipxe", "Debian 13", NULL},
    [PXE_LOADER_SHIM_X64] = {"shimx64.efi", "shim-signed", NULL,
	"/usr/lib/shim/shimx64.efi.signed"},
    [PXE_LOADER_GRUB_X64] = {"grubnetx64.efi", "grub-efi-amd64-signed", NULL,
	"/usr/lib/grub/x86_64-efi-signed/grubnetx64.efi.signed"},
};

#define UEFI(first, second)                                                    \
	PXE_FORM_BINL, {first, second},                                        \
	{                                                                      \
		first, second                                                  \
	}
#define NO_LOADER PXE_LOADER_NONE

static const struct pxe_arch bios = {"bios", "amd64", PXE_FORM_DIRECT,
    {PXE_LOADER_UNDIONLY, NO_LOADER}, {PXE_LOADER_IPXE_PXE, NO_LOADER}};
static const struct pxe_arch uefi_ia32 = {
    "uefi-ia32", "i386", UEFI(PXE_LOADER_IPXE_IA32, NO_LOADER)};
/*
 * snponly goes by the firmware's own driver for the card that it came by, and
 * hands the machine back when a script exits: Debian 12's ipxe.efi (of 2019)
 * hangs there under EDK2, and the disk is never reached.
 */
static const struct pxe_arch uefi_x64 = {
    "uefi-x64", "amd64", UEFI(PXE_LOADER_SNPONLY_X64, PXE_LOADER_IPXE_X64)};
static const struct pxe_arch uefi_arm32 = {
    "uefi-arm32", "armhf", UEFI(PXE_LOADER_IPXE_ARM32, NO_LOADER)};
static const struct pxe_arch uefi_arm64 = {"uefi-arm64", "arm64",
    UEFI(PXE_LOADER_IPXE_ARM64, PXE_LOADER_SNPONLY_ARM64)};
static const struct pxe_arch uboot_arm32 = {
    "uboot-arm32", "armhf", UEFI(PXE_LOADER_IPXE_ARM32, NO_LOADER)};
static const struct pxe_arch uboot_arm64 = {
    "uboot-arm64", "arm64", UEFI(PXE_LOADER_IPXE_ARM64, NO_LOADER)};
static const struct pxe_arch uefi_riscv32 = {
    "uefi-riscv32", NULL, UEFI(PXE_LOADER_IPXE_RISCV32, NO_LOADER)};
static const struct pxe_arch uefi_riscv64 = {
    "uefi-riscv64", "riscv64", UEFI(PXE_LOADER_IPXE_RISCV64, NO_LOADER)};
static const struct pxe_arch uefi_loong64 = {
    "uefi-loong64", "loong64", UEFI(PXE_LOADER_IPXE_LOONG64, NO_LOADER)};

/*
 * 9 is EBC by the letter of RFC 4578, and x64 by some real firmware. What is
 * not here (Itanium, PowerPC, s390, rpiboot, ...) gets no answer.
 */
static const struct {
	uint16_t code;
	const struct pxe_arch *arch;
} archs[] = {
    {0, &bios}, {6, &uefi_ia32}, {7, &uefi_x64}, {9, &uefi_x64},
    {10, &uefi_arm32}, {11, &uefi_arm64},
    {15, &uefi_ia32}, /* HTTP boot, up to 20 */
    {16, &uefi_x64}, {17, &uefi_x64}, {18, &uefi_arm32}, {19, &uefi_arm64},
    {20, &bios}, {21, &uboot_arm32}, {22, &uboot_arm64},
    {23, &uboot_arm32},			      /* HTTP */
    {24, &uboot_arm64},			      /* HTTP */
    {25, &uefi_riscv32}, {26, &uefi_riscv32}, /* HTTP */
    {27, &uefi_riscv64}, {28, &uefi_riscv64}, /* HTTP */
    {39, &uefi_loong64}, {40, &uefi_loong64}, /* HTTP */
};

static const struct {
	uint8_t code;
	enum pxe_feature feature;
} features[] = {
    {0x13, PXE_FEATURE_HTTP},
    {0x14, PXE_FEATURE_HTTPS},
    {0x15, PXE_FEATURE_TFTP},
    {0x17, PXE_FEATURE_DNS},
    {0x18, PXE_FEATURE_BZIMAGE},
    {0x24, PXE_FEATURE_EFI},
    {0x27, PXE_FEATURE_MENU},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const struct pxe_loader_info *
pxe_loader_info(enum pxe_loader loader)
{
	return (unsigned)loader < PXE_LOADER_COUNT ? &loaders[loader] : NULL;
}

const struct pxe_arch *
pxe_arch_find(uint16_t code)
{
	for (size_t i = 0; i < COUNT(archs); i++) {
		if (archs[i].code == code)
			return archs[i].arch;
	}
	return NULL;
}

const struct pxe_secure *
pxe_arch_secure(const struct pxe_arch *arch)
{
	static const struct pxe_secure x64 = {
	    PXE_LOADER_SHIM_X64, PXE_LOADER_GRUB_X64};

	return arch == &uefi_x64 ? &x64 : NULL;
}

/* The first that we know: RFC 4578 lets a client name several. */
static const struct pxe_arch *
identify_arch(const struct dhcp_msg *msg)
{
	size_t count = dhcp_arch_count(msg);

	for (size_t i = 0; i < count; i++) {
		const struct pxe_arch *arch = pxe_arch_find(dhcp_arch(msg, i));

		if (arch != NULL)
			return arch;
	}
	return NULL;
}

/* Raw bytes as iPXE sends them, or RFC 3004's with a length before. */
static bool
user_class_is(const struct dhcp_msg *msg, const char *name)
{
	size_t len, need = strlen(name);
	const uint8_t *data = dhcp_option(msg, DHCP_SLOT_USER_CLASS, &len);

	if (data == NULL)
		return false;
	if (len == need + 1 && data[0] == need) {
		data++;
		len--;
	}
	return len == need && memcmp(data, name, need) == 0;
}

/* Takes all of option 175 or, when a sub-option runs past it, nothing. */
static void
identify_features(const struct dhcp_msg *msg, struct pxe_client *client)
{
	uint8_t version[sizeof client->version] = {0};
	unsigned found = 0;
	struct dhcp_subs subs;
	struct dhcp_sub sub;

	dhcp_subs_init(&subs, msg, DHCP_SLOT_IPXE);
	while (dhcp_subs_next(&subs, &sub)) {
		if (sub.code == IPXE_VERSION && sub.len == sizeof version)
			memcpy(version, sub.data, sub.len);
		for (size_t i = 0; i < COUNT(features); i++) {
			if (features[i].code == sub.code && sub.len > 0 &&
			    sub.data[0] != 0)
				found |= features[i].feature;
		}
	}
	if (rd_bad(&subs.rd))
		return;
	client->features = found;
	memcpy(client->version, version, sizeof version);
}

static void
identify_program(const struct dhcp_msg *msg, struct pxe_client *client)
{
	size_t len;
	bool etherboot = dhcp_option(msg, DHCP_SLOT_IPXE, &len) != NULL;

	if (user_class_is(msg, "gPXE"))
		client->program = PXE_PROGRAM_GPXE;
	else if (user_class_is(msg, "iPXE") || etherboot)
		client->program = PXE_PROGRAM_IPXE;
	if (client->program != PXE_PROGRAM_FIRMWARE)
		identify_features(msg, client);
}

/*
 * Sub-option 71 of option 43. Without its END, or with a sub-option that
 * runs past it, all of option 43 is as good as absent.
 */
static void
identify_item(const struct dhcp_msg *msg, struct pxe_client *client)
{
	const uint8_t *item = NULL;
	struct dhcp_subs subs;
	struct dhcp_sub sub;
	struct rd rd;

	dhcp_subs_init(&subs, msg, DHCP_SLOT_VENDOR);
	while (dhcp_subs_next(&subs, &sub)) {
		if (sub.code == SUB_BOOT_ITEM && sub.len == BOOT_ITEM_SIZE)
			item = sub.data;
	}
	if (!subs.ended || item == NULL)
		return;
	rd_init(&rd, item, BOOT_ITEM_SIZE);
	client->has_item = true;
	client->item_type = rd_u16be(&rd);
	client->item_layer = rd_u16be(&rd);
}

static void
identify_rest(const struct dhcp_msg *msg, struct pxe_client *client)
{
	client->arch = identify_arch(msg);
	identify_program(msg, client);
	identify_item(msg, client);
}

void
pxe_identify(const struct dhcp_msg *msg, struct pxe_client *ret_client)
{
	struct pxe_client client = {0};

	/* The first bytes alone: iPXE repeats a bare "PXEClient". */
	if (dhcp_option_starts(msg, DHCP_SLOT_CLASS, "PXEClient"))
		client.class = PXE_CLASS_PXE;
	else if (dhcp_option_starts(msg, DHCP_SLOT_CLASS, "HTTPClient"))
		client.class = PXE_CLASS_HTTP;
	if (client.class != PXE_CLASS_NONE)
		identify_rest(msg, &client);
	*ret_client = client;
}

bool
pxe_identify_vendor(const struct dhcp_msg *msg, const char *vendor,
    struct pxe_client *ret_client)
{
	struct pxe_client client = {.class = PXE_CLASS_PXE};

	if (vendor[0] == '\0' || strlen(vendor) > PXE_VENDOR_CLASS_MAX ||
	    !dhcp_option_starts(msg, DHCP_SLOT_CLASS, vendor))
		return false;
	memcpy(client.vendor, vendor, strlen(vendor) + 1);
	identify_rest(msg, &client);
	*ret_client = client;
	return true;
}

bool
pxe_client_runs_scripts(const struct pxe_client *client)
{
	return client->program == PXE_PROGRAM_IPXE &&
	       (client->features & PXE_FEATURE_HTTP) &&
	       (client->features & (PXE_FEATURE_BZIMAGE | PXE_FEATURE_EFI));
}

const char *
pxe_client_class(const struct pxe_client *client)
{
	static const char *const names[] = {
	    [PXE_CLASS_NONE] = "",
	    [PXE_CLASS_PXE] = "PXEClient",
	    [PXE_CLASS_HTTP] = "HTTPClient",
	};

	if (client->vendor[0] != '\0')
		return client->vendor;
	return (unsigned)client->class < COUNT(names) ? names[client->class]
						      : "";
}

const char *
pxe_client_name(const struct pxe_client *client)
{
	if (client->program == PXE_PROGRAM_IPXE)
		return "ipxe";
	if (client->program == PXE_PROGRAM_GPXE)
		return "gpxe";
	return client->class == PXE_CLASS_HTTP ? "http" : "pxe";
}

size_t
pxe_vendor_direct(uint8_t out[PXE_VENDOR_MAX])
{
	struct wr wr;

	wr_init(&wr, out, PXE_VENDOR_MAX);
	wr_u8(&wr, SUB_DISCOVERY_CONTROL);
	wr_u8(&wr, 1);
	wr_u8(&wr, BYPASS_DISCOVERY);
	wr_u8(&wr, SUB_END);
	return wr.len;
}

size_t
pxe_vendor_item(const struct pxe_client *client, uint8_t out[PXE_VENDOR_MAX])
{
	struct wr wr;

	wr_init(&wr, out, PXE_VENDOR_MAX);
	wr_u8(&wr, SUB_BOOT_ITEM);
	wr_u8(&wr, BOOT_ITEM_SIZE);
	wr_u16be(&wr, client->item_type);
	wr_u16be(&wr, client->item_layer);
	wr_u8(&wr, SUB_END);
	return wr.len;
}
