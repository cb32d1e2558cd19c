/*
 * Whether another DHCP server answers where we want to be the DHCP server: a
 * second one would hand out addresses of its own.
 */
#ifndef CONVECT_APP_DHCP_ALONE_H
#define CONVECT_APP_DHCP_ALONE_H

#include "base/err.h"
#include "net/iface.h"
#include "net/loop.h"

/*
 * Asks on every interface that is served, and turns the loop until the answers
 * are in, some seconds. `fd` is of packet_open(DHCP_PORT_CLIENT), taken over.
 * -EADDRINUSE: err says who answered, from where and what to do.
 */
int dhcp_alone_check(
    struct loop *loop, const struct iface *iface, int fd, struct err *err);

#endif
