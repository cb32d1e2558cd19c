/*
 * The address that the inventory gives to a NIC, and what a lease of it says:
 * the variables ip, ansible_host and dhcp_*.
 */
#ifndef CONVECT_APP_RESERVATION_H
#define CONVECT_APP_RESERVATION_H

#include "core/hostvars.h"
#include "inventory/inventory.h"
#include "inventory/problems.h"
#include "net/iface.h"
#include "wire/dhcp_lease.h"

struct reservation {
	struct in_addr addr;
	unsigned prefix;	       /* 0: the interface's network's */
	struct dhcp_settings settings; /* all but the mask */
};

/*
 * Of the host's NIC with that index among its MACs. -ENOENT: it has none;
 * -EINVAL: what is set is wrong, err says what.
 */
int reservation_find(struct hostvars *hostvars, const struct inv_host *host,
    size_t nic, struct reservation *ret_reservation, struct err *err);

/*
 * Looks at those of all hosts with a MAC: two with one address are an error,
 * a host without one or with a wrong one is a warning, and, with `iface`, one
 * that lies in no network of a served interface.
 */
void reservations_check(struct inventory *inv, struct hostvars *hostvars,
    const struct iface *iface, struct problems *problems);

#endif
