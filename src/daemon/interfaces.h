/*
 * Whether there is anything to serve: looks at the machine's network
 * interfaces once, before sockets are opened on them.
 */
#ifndef CONVECT_DAEMON_INTERFACES_H
#define CONVECT_DAEMON_INTERFACES_H

#include "base/err.h"
#include "daemon/config.h"

/*
 * Warns of a named one that is not there, is down or has no IPv4 address; when
 * none is named, if none has one. They may still come.
 */
void interfaces_check(const struct config_list *named);

#endif
