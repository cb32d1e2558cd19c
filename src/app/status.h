/*
 * The `status` command: rows of nodes, a page at a time, so that 10,000 of
 * them keep nobody else waiting.
 */
#ifndef CONVECT_APP_STATUS_H
#define CONVECT_APP_STATUS_H

#include "net/ctlsock.h"

struct app;

/* The command's handler; `arg` is the struct app. */
void status_on_call(void *arg, struct ctl_call *call);
/* Ends every call that is under way. */
void status_stop(struct app *app);

#endif
