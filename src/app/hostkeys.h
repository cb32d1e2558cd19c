/*
 * The command `host-keys`: how the installed nodes are reached by SSH, and
 * the host keys that they told.
 */
#ifndef CONVECT_APP_HOSTKEYS_H
#define CONVECT_APP_HOSTKEYS_H

#include "net/ctlsock.h"

/* The command's handler; `arg` is the struct app. */
void hostkeys_on_call(void *arg, struct ctl_call *call);

#endif
