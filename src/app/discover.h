/*
 * The daemon's side of `discover`: which machines wait, what is known of one,
 * and which are to be left alone. Accepting one is a line in the inventory and
 * so the operator's own to write.
 */
#ifndef CONVECT_APP_DISCOVER_H
#define CONVECT_APP_DISCOVER_H

#include "net/ctlsock.h"

/* Commands of ctl/client.h; `arg` is the struct app. */
void discover_on_list(void *arg, struct ctl_call *call);
void discover_on_show(void *arg, struct ctl_call *call);
void discover_on_ignore(void *arg, struct ctl_call *call);

#endif
