/*
 * What convect-pxectl asks and orders of the cluster; arguments and answers are
 * in ctl/client.h.
 */
#ifndef CONVECT_APP_CLUSTER_CTL_H
#define CONVECT_APP_CLUSTER_CTL_H

#include "net/ctlsock.h"

/* `arg` is the struct app. */
void cluster_ctl_on_status(void *arg, struct ctl_call *call);
void cluster_ctl_on_new(void *arg, struct ctl_call *call);
void cluster_ctl_on_forget(void *arg, struct ctl_call *call);
void cluster_ctl_on_backup(void *arg, struct ctl_call *call);
void cluster_ctl_on_restore(void *arg, struct ctl_call *call);
void cluster_ctl_on_kubeconfig(void *arg, struct ctl_call *call);

#endif
