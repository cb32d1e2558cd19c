#include "app/lease_rules.h"

static bool
same(struct in_addr a, struct in_addr b)
{
	return a.s_addr == b.s_addr;
}

/*
 * With option 54 it has chosen among offers (SELECTING); else it has the
 * address from before (INIT-REBOOT), or uses it now (RENEWING, REBINDING).
 */
static enum lease_act
request_act(const struct dhcp_msg *msg, struct in_addr reserved, bool ours)
{
	struct in_addr wanted = msg->ciaddr;

	if (!ours)
		return LEASE_OTHER;
	if (wanted.s_addr == 0)
		wanted = msg->address;
	if (wanted.s_addr == 0)
		return LEASE_SILENT;
	return same(wanted, reserved) ? LEASE_ACK : LEASE_NAK;
}

enum lease_act
lease_rules_act(const struct dhcp_msg *msg, struct in_addr reserved, bool ours)
{
	switch (msg->type) {
	case DHCP_TYPE_DISCOVER:
		return LEASE_OFFER;
	case DHCP_TYPE_REQUEST:
		return request_act(msg, reserved, ours);
	case DHCP_TYPE_DECLINE:
		return ours && same(msg->address, reserved) ? LEASE_DECLINE
							    : LEASE_SILENT;
	case DHCP_TYPE_INFORM:
		return msg->ciaddr.s_addr != 0 ? LEASE_INFORM : LEASE_SILENT;
	default: /* a RELEASE releases nothing */
		return LEASE_SILENT;
	}
}
