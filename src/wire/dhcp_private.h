/* What the files of the DHCP codec share: numbers of RFC 2131 and writers. */
#ifndef CONVECT_WIRE_DHCP_PRIVATE_H
#define CONVECT_WIRE_DHCP_PRIVATE_H

#include "base/wr.h"
#include "wire/dhcp.h"

enum {
	HTYPE_ETHERNET = 1,
	HOPS_MAX = 16,
	OPTION_BYTES_MAX = 1024,
	FILE_SIZE = 128,
	SNAME_SIZE = 64,

	OPT_PAD = 0,
	OPT_MASK = 1,
	OPT_ROUTERS = 3,
	OPT_VENDOR = 43,
	OPT_ADDRESS = 50,
	OPT_LEASE = 51,
	OPT_OVERLOAD = 52,
	OPT_TYPE = 53,
	OPT_SERVER_ID = 54,
	OPT_PARAMETERS = 55,
	OPT_MAX_SIZE = 57,
	OPT_CLASS = 60,
	OPT_CLIENT_ID = 61,
	OPT_SERVER_NAME = 66,
	OPT_BOOT_FILE = 67,
	OPT_USER_CLASS = 77,
	OPT_RELAY = 82,
	OPT_ARCH = 93,
	OPT_UNDI = 94,
	OPT_UUID = 97,
	OPT_TFTP_SERVERS = 150,
	OPT_IPXE = 175,
	OPT_NO_PXEDHCP = 176,
	OPT_END = 255,

	OVERLOAD_FILE = 1,
	OVERLOAD_SNAME = 2,
};

#define DHCP_MAGIC_LEN 4
extern const uint8_t dhcp_magic[DHCP_MAGIC_LEN];

void dhcp_write_addr(struct wr *wr, struct in_addr addr);
/* Nothing when `len` is 0; in several instances over 255 bytes (RFC 3396). */
void dhcp_write_option(
    struct wr *wr, uint8_t code, const void *data, size_t len);
/* Cut to size - 1 bytes, filled up with zeros. */
void dhcp_write_text(struct wr *wr, const char *text, size_t size);
/* END, and zeros up to DHCP_REPLY_MIN. -EMSGSIZE: it did not fit. */
int dhcp_write_end(struct wr *wr, size_t *ret_len);

#endif
