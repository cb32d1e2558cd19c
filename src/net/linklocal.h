/*
 * What little we need of IPv6: the address that an interface of ours has on
 * its own link, and membership in the group of all routers there, without
 * which neither its network card nor a switch that snoops need pass us router
 * solicitations.
 */
#ifndef CONVECT_NET_LINKLOCAL_H
#define CONVECT_NET_LINKLOCAL_H

#include <netinet/in.h>
#include <stdbool.h>

/* False: it has none, as when IPv6 is switched off there. */
bool linklocal_find(int ifindex, struct in6_addr *ret_addr);

/* A socket to hold memberships; -EAFNOSUPPORT: the kernel has no IPv6. */
int linklocal_open(void);
/* Joins all routers (ff02::2); being there already is fine. */
int linklocal_join_routers(int fd, int ifindex);

#endif
