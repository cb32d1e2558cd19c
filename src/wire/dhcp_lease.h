/*
 * What a DHCP server tells a client: an address and the settings that go with
 * it (RFC 2131 s.4.3.1, RFC 2132), beside what it is to boot.
 */
#ifndef CONVECT_WIRE_DHCP_LEASE_H
#define CONVECT_WIRE_DHCP_LEASE_H

#include "wire/dhcp.h"

#define DHCP_ADDRS_MAX 4
#define DHCP_HOST_MAX 63
#define DHCP_DOMAIN_MAX 253

struct dhcp_addrs {
	struct in_addr at[DHCP_ADDRS_MAX];
	size_t count;
};

struct dhcp_settings {
	struct in_addr mask;
	uint32_t lease_s;
	struct dhcp_addrs router;
	struct dhcp_addrs dns;
	struct dhcp_addrs ntp;
	uint16_t mtu;			  /* 0: not told */
	char host[DHCP_HOST_MAX + 1];	  /* "": not told */
	char domain[DHCP_DOMAIN_MAX + 1]; /* "": not told */
};

struct dhcp_lease {
	const struct dhcp_msg *request;
	uint8_t type;		  /* DHCP_TYPE_OFFER, _ACK or _NAK */
	struct in_addr addr;	  /* yiaddr; 0.0.0.0 answers an INFORM */
	struct in_addr server;	  /* siaddr and sname, when there is a file */
	struct in_addr server_id; /* option 54 */
	const struct dhcp_settings *settings; /* NULL with _NAK */
	const char *file;		      /* "" : boots nothing from here */
	const char *class;		      /* option 60, or NULL */
	const char *message;		      /* option 56, or NULL */
};

/*
 * Options in the order 53, 54, 51, 1, then those that option 55 asks for (all,
 * without it), 60, 61 and 82 as in the request; padded to DHCP_REPLY_MIN.
 * -EINVAL: no server id; -ENAMETOOLONG: file; -EMSGSIZE: would pass
 * DHCP_REPLY_MAX.
 */
int dhcp_encode_lease(const struct dhcp_lease *lease,
    uint8_t out[DHCP_REPLY_MAX], size_t *ret_len);

#endif
