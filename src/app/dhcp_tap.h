/*
 * proxyDHCP where another program of this host has port 67: reads requests
 * from a packet socket and sends replies by a raw one, from port 67 all the
 * same, as iPXE wants offers. That program gets everything that it would get
 * without us; a second socket on the port would take its clients' renewals from
 * it.
 */
#ifndef CONVECT_APP_DHCP_TAP_H
#define CONVECT_APP_DHCP_TAP_H

#include "app/proxydhcp.h"
#include "base/clock.h"
#include "net/iface.h"
#include "net/loop.h"

struct dhcp_tap;

/*
 * Takes over the descriptors, of packet_open() and of rawip_open_sender(); the
 * others are borrowed.
 */
struct dhcp_tap *dhcp_tap_new(struct loop *loop, const struct clock *clock,
    struct iface *iface, struct proxydhcp *proxydhcp, const int fds[2]);
void dhcp_tap_free(struct dhcp_tap *tap); /* NULL is fine */

#endif
