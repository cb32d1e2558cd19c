/*
 * Tells that the machine's interfaces or their IPv4 addresses have changed, by
 * netlink; what has changed is for the caller to look at. Needs no rights.
 */
#ifndef CONVECT_NET_LINKWATCH_H
#define CONVECT_NET_LINKWATCH_H

#include <stdbool.h>

#include "base/err.h"

/* A descriptor that is readable after a change, or a negative errno. */
int linkwatch_open(struct err *err);
/* Takes what it tells; true: there was a change, or more than it could say. */
bool linkwatch_drain(int fd);

#endif
