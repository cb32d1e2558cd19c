/*
 * The `events` command, what is in the log and with "follow" what comes, and
 * `logs`, what a node said in its own words.
 */
#ifndef CONVECT_APP_FOLLOW_H
#define CONVECT_APP_FOLLOW_H

#include "core/event.h"
#include "net/ctlsock.h"

struct app;

/* The command's handler; `arg` is the struct app. */
void follow_on_events(void *arg, struct ctl_call *call);
/* `logs`: of one node, what it reported itself, with secrets masked. */
void follow_on_logs(void *arg, struct ctl_call *call);
void follow_publish(struct app *app, const struct event *event);
/* Ends every call that follows. */
void follow_stop(struct app *app);

#endif
