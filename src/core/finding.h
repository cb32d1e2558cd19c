/*
 * What `doctor` finds, and the table of all that it can find: each kind with
 * its severity, why it matters and what to do about it, for the terminal, for
 * -o json and for the manual. Pure; who looks is src/doctor.
 */
#ifndef CONVECT_CORE_FINDING_H
#define CONVECT_CORE_FINDING_H

#include <stddef.h>

#include "base/buf.h"
#include "inventory/value.h"

enum finding_severity {
	FINDING_OK,
	FINDING_NOTE,
	FINDING_WARNING,
	FINDING_BLOCKER, /* some or all machines can not boot */
	FINDING_SEVERITIES
};

/* In the order in which they are shown. */
enum finding_area {
	AREA_DAEMON,
	AREA_INTERFACES,
	AREA_PORTS,
	AREA_FIREWALL,
	AREA_DHCP,
	AREA_LOADERS,
	AREA_SECURE_BOOT,
	AREA_TFTP,
	AREA_HTTP,
	AREA_DISK,
	AREA_CLOCK,
	AREA_HOST,
	AREA_INVENTORY,
	FINDING_AREAS
};

enum finding_id {
	FIND_DAEMON_DOWN,
	FIND_DAEMON_UNIT_FAILED,
	FIND_DAEMON_VERSION,
	FIND_DAEMON_CONFIG,
	FIND_DAEMON_SILENT,
	FIND_INTERFACE_NONE,
	FIND_INTERFACE_MISSING,
	FIND_INTERFACE_DOWN,
	FIND_INTERFACE_NO_CARRIER,
	FIND_INTERFACE_NO_ADDRESS,
	FIND_INTERFACE_BRIDGE_PORT,
	FIND_INTERFACE_MTU,
	FIND_BRIDGE_DELAY,
	FIND_PORT_TAKEN,
	FIND_PORT_SHARED,
	FIND_PORT_CLOSED,
	FIND_FIREWALL_DROPS,
	FIND_FIREWALL_UNSURE,
	FIND_FIREWALL_TFTP_DATA,
	FIND_DHCP_ADDRESS_TAKEN,
	FIND_DHCP_NONE,
	FIND_DHCP_NONE_HERE,
	FIND_DHCP_RIVAL,
	FIND_DHCP_SEVERAL,
	FIND_DHCP_BINL,
	FIND_DHCP_DISCOVERY,
	FIND_DHCP_HTTP_URI,
	FIND_DHCP_BOOT_FILE,
	FIND_DHCP_NEXT_SERVER,
	FIND_DHCP_SIADDR,
	FIND_DHCP_NO_PROXY,
	FIND_DHCP_OPTION_176,
	FIND_DHCP_NOT_FOR_PXE,
	FIND_DHCP_LATE_IPXE,
	FIND_DHCP_LATE_UEFI,
	FIND_DHCP_OTHER_NETWORK,
	FIND_DHCP_NO_ROUTE,
	FIND_DHCP_RELAYED,
	FIND_PROXY_DISCOVERY,
	FIND_PROXY_OTHER,
	FIND_PROXY_NO_CLASS,
	FIND_LOADER_MISSING,
	FIND_LOADER_NO_PACKAGE,
	FIND_LOADER_UNREADABLE,
	FIND_LOADER_DAMAGED,
	FIND_LOADER_STALE,
	FIND_SECURE_BOOT_NONE,
	FIND_TFTPD_MISSING,
	FIND_TFTPD_WRONG,
	FIND_TFTP_NO_ANSWER,
	FIND_TFTP_REFUSED,
	FIND_TFTP_DIFFERS,
	FIND_HTTP_NO_ANSWER,
	FIND_HTTP_WRONG,
	FIND_HTTP_DIFFERS,
	FIND_HTTP_RANGE,
	FIND_DISK_NO_STATE,
	FIND_DISK_READ_ONLY,
	FIND_DISK_FULL,
	FIND_DISK_LOW,
	FIND_DISK_INODES,
	FIND_CLOCK_WRONG,
	FIND_CLOCK_BEHIND,
	FIND_CLOCK_NOT_SYNCED,
	FIND_HOST_USER,
	FIND_HOST_SERVICE,
	FIND_INVENTORY_NONE,
	FIND_INVENTORY_ERRORS,
	FIND_INVENTORY_WARNINGS,
	FIND_IMAGE_NONE,
	FINDING_KINDS
};

struct finding_kind {
	const char *id; /* "dhcp-none" */
	enum finding_area area;
	enum finding_severity severity;
	const char *why; /* sentences */
	const char *fix;
};

const struct finding_kind *finding_kind(enum finding_id id);
const char *finding_area_name(enum finding_area area); /* "secure boot" */
const char *finding_severity_name(enum finding_severity severity);

struct finding {
	const struct finding_kind *kind; /* NULL: all is well, or a remark */
	enum finding_area area;
	enum finding_severity severity;
	char what[512]; /* no final full stop */
	char fix[512];	/* in the place of the kind's; "": the kind's */
};

/* Past this many they are only counted. */
#define FINDINGS_MAX 400

struct findings {
	struct finding *list; /* in the order found */
	size_t count;
	size_t size;
	size_t severities[FINDING_SEVERITIES]; /* all, also those not kept */
};

void findings_init(struct findings *findings);
void findings_done(struct findings *findings);

void findings_add(struct findings *findings, enum finding_id id,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* What to do about the newest one, better than its kind can say. */
void findings_fix(struct findings *findings, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Looked at and found good. */
void findings_ok(struct findings *findings, enum finding_area area,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Could not be looked at, and why not: "...: needs root". */
void findings_unchecked(struct findings *findings, enum finding_area area,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

const char *finding_id_of(const struct finding *finding); /* "ok", ... */
const char *finding_why(const struct finding *finding);	  /* "" if none */
const char *finding_fix(const struct finding *finding);	  /* "" if none */

/* "1 blocker, no warnings, 2 notes; 14 checks are fine" */
void findings_summary(const struct findings *findings, struct buf *out);
/* For -o json; the caller's. */
struct value findings_json(const struct findings *findings);
/* All kinds as an mdoc(7) list, for convect-pxectl(8). */
void finding_write_mdoc(struct buf *out);

#endif
