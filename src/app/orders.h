/*
 * What an operator orders of nodes: reinstall, hold, release, lock, unlock and
 * cancel, one event a node. All that is named is looked at before anything is
 * committed: a node that must not be touched refuses the whole order.
 */
#ifndef CONVECT_APP_ORDERS_H
#define CONVECT_APP_ORDERS_H

#include "net/ctlsock.h"

/*
 * {"nodes":["gpu1",..], "reason":".."} over the control socket, `arg` being
 * the struct app. Answers when the last is committed, with the nodes as in
 * `status`; a member "note" of one says what the order could not do to it.
 */
void orders_on_reinstall(void *arg, struct ctl_call *call);
void orders_on_hold(void *arg, struct ctl_call *call);
void orders_on_release(void *arg, struct ctl_call *call);
void orders_on_lock(void *arg, struct ctl_call *call);
void orders_on_unlock(void *arg, struct ctl_call *call);
void orders_on_cancel(void *arg, struct ctl_call *call);
void orders_on_adopt(void *arg, struct ctl_call *call);

#endif
