/*
 * The command that shows the package cache: it is another process, asked over
 * HTTP as anybody may.
 */
#ifndef CONVECT_APP_CACHE_STATUS_H
#define CONVECT_APP_CACHE_STATUS_H

#include "net/ctlsock.h"

struct app;

void cache_status_on_call(void *arg, struct ctl_call *call);
void cache_status_stop(struct app *app);

#endif
