/*
 * What a DHCP server with nothing but reservations says to a client that it
 * knows (RFC 2131 s.4.3). Pure: no state, since an address is a machine's for
 * ever.
 */
#ifndef CONVECT_APP_LEASE_RULES_H
#define CONVECT_APP_LEASE_RULES_H

#include <netinet/in.h>
#include <stdbool.h>

#include "wire/dhcp.h"

enum lease_act {
	LEASE_SILENT,
	LEASE_OTHER, /* silent: the client has chosen another server */
	LEASE_OFFER,
	LEASE_ACK,
	LEASE_NAK,
	LEASE_INFORM,  /* an ACK without an address */
	LEASE_DECLINE, /* somebody else has the client's address */
};

/* `reserved` is the client's; `ours`: option 54 names us, or it is absent. */
enum lease_act lease_rules_act(
    const struct dhcp_msg *msg, struct in_addr reserved, bool ours);

#endif
