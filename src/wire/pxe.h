/*
 * What PXE puts into DHCP: who the client is (firmware, iPXE, gPXE; PXE or
 * UEFI HTTP boot), its processor architecture, and which first-stage loaders
 * fit it. Tables and pure functions; which node it is and whether it may boot
 * is decided elsewhere.
 */
#ifndef CONVECT_WIRE_PXE_H
#define CONVECT_WIRE_PXE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/dhcp.h"

enum pxe_class {
	PXE_CLASS_NONE,
	PXE_CLASS_PXE,
	PXE_CLASS_HTTP
};

enum pxe_program {
	PXE_PROGRAM_FIRMWARE,
	PXE_PROGRAM_IPXE,
	PXE_PROGRAM_GPXE
};

/* Bits of pxe_client.features (iPXE's option 175 sub-options). */
enum pxe_feature {
	PXE_FEATURE_HTTP = 1 << 0,    /* 0x13 */
	PXE_FEATURE_HTTPS = 1 << 1,   /* 0x14 */
	PXE_FEATURE_TFTP = 1 << 2,    /* 0x15 */
	PXE_FEATURE_DNS = 1 << 3,     /* 0x17 */
	PXE_FEATURE_BZIMAGE = 1 << 4, /* 0x18 */
	PXE_FEATURE_EFI = 1 << 5,     /* 0x24 */
	PXE_FEATURE_MENU = 1 << 6,    /* 0x27 */
};

/* How a firmware of this architecture is best talked to, when not told. */
enum pxe_form {
	PXE_FORM_DIRECT, /* option 43 = 06 01 08 FF: take the file and go */
	PXE_FORM_BINL,	 /* no option 43: the client asks again on 4011 */
};

/* First-stage loaders that we know by name. */
enum pxe_loader {
	PXE_LOADER_UNDIONLY,
	PXE_LOADER_IPXE_PXE,
	PXE_LOADER_IPXE_X64,
	PXE_LOADER_SNPONLY_X64,
	PXE_LOADER_IPXE_IA32,
	PXE_LOADER_IPXE_ARM32,
	PXE_LOADER_IPXE_ARM64,
	PXE_LOADER_SNPONLY_ARM64,
	PXE_LOADER_IPXE_RISCV32,
	PXE_LOADER_IPXE_RISCV64,
	PXE_LOADER_IPXE_LOONG64,
	PXE_LOADER_SHIM_X64,
	PXE_LOADER_GRUB_X64,
	PXE_LOADER_COUNT,
	PXE_LOADER_NONE = PXE_LOADER_COUNT
};

struct pxe_loader_info {
	const char *file;    /* its name in the loader tree */
	const char *package; /* Debian's; NULL = none has it */
	const char *since;   /* not before this release; NULL = ever */
	/* Where the signed ones are; NULL: it is not of those, see loaders.h */
	const char *signed_source;
};

#define PXE_ARCH_LOADERS 2

/*
 * What boots there. Several numbers of option 93 may mean the same: a
 * firmware's PXE and HTTP boot have one each. Loaders are in order of
 * preference, PXE_LOADER_NONE behind the last.
 */
struct pxe_arch {
	const char *name;   /* "bios", "uefi-x64", ... */
	const char *debian; /* the architecture's name there, or NULL */
	enum pxe_form form;
	uint8_t loader[PXE_ARCH_LOADERS];
	/* For an iPXE that needs a fuller one: not over its own UNDI. */
	uint8_t ipxe_loader[PXE_ARCH_LOADERS];
};

const struct pxe_loader_info *pxe_loader_info(enum pxe_loader loader);
/*
 * By option 93 (IANA's registry; RFC 4578 with its erratum). NULL: nothing
 * can boot it from here.
 */
const struct pxe_arch *pxe_arch_find(uint16_t code);

#define PXE_VENDOR_CLASS_MAX 32
/*
 * What is signed for Secure Boot: the loader that firmware trusts, and the one
 * that it trusts in turn. They work from a disk that the firmware fetches over
 * HTTP. By TFTP they do not beside the site's DHCP server: GRUB 2.06 asks the
 * server of the DHCP ACK for its files, whoever sent it the loader.
 */
struct pxe_secure {
	enum pxe_loader first;
	enum pxe_loader second;
};

/* NULL: there is none for that architecture. */
const struct pxe_secure *pxe_arch_secure(const struct pxe_arch *arch);

struct pxe_client {
	enum pxe_class class;
	char vendor[PXE_VENDOR_CLASS_MAX + 1]; /* in place of its name */
	enum pxe_program program;
	unsigned features;	     /* enum pxe_feature; iPXE and gPXE only */
	uint8_t version[3];	     /* iPXE's, zeros when not told */
	const struct pxe_arch *arch; /* NULL: none that we know */
	bool has_item;		     /* option 43 sub-option 71 */
	uint16_t item_type;
	uint16_t item_layer; /* bit 15: wants credentials, which we refuse */
};

#define PXE_LAYER_CREDENTIALS 0x8000

void pxe_identify(const struct dhcp_msg *msg, struct pxe_client *ret_client);
/*
 * Some vendors' firmware has a name of its own in option 60 instead of
 * PXEClient, and wants it back. True when it begins like that; else
 * *ret_client stays as it is. `vendor`: up to PXE_VENDOR_CLASS_MAX bytes.
 */
bool pxe_identify_vendor(const struct dhcp_msg *msg, const char *vendor,
    struct pxe_client *ret_client);

/* It can fetch a script over HTTP and start a kernel by it. */
bool pxe_client_runs_scripts(const struct pxe_client *client);
/* For option 60 of the reply: "PXEClient", ..., or the vendor's. */
const char *pxe_client_class(const struct pxe_client *client);
/* Who asks, in a word: "pxe", "http", "ipxe", "gpxe". */
const char *pxe_client_name(const struct pxe_client *client);

/* Sub-option 6 with bit 3: skip discovery, load the file of this offer. */
#define PXE_VENDOR_MAX 8
size_t pxe_vendor_direct(uint8_t out[PXE_VENDOR_MAX]);
/* Sub-option 71 as it was asked for. */
size_t pxe_vendor_item(
    const struct pxe_client *client, uint8_t out[PXE_VENDOR_MAX]);

#endif
