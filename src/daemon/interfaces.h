/*
 * Whether there is anything to serve: looks at the machine's network
 * interfaces once, before sockets are opened on them.
 */
#ifndef CONVECT_DAEMON_INTERFACES_H
#define CONVECT_DAEMON_INTERFACES_H

#include "base/err.h"
#include "daemon/config.h"

/*
 * Each named one must exist and have an IPv4 address; when none is named,
 * one that is up and not the loopback must have one. -ENODEV otherwise.
 */
int interfaces_check(const struct config_list *named, struct err *err);

#endif
