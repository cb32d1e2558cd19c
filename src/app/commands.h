/*
 * What the daemon does for convect-pxectl: one table of commands. Their
 * arguments and answers are written down in ctl/client.h.
 */
#ifndef CONVECT_APP_COMMANDS_H
#define CONVECT_APP_COMMANDS_H

#include "base/err.h"
#include "core/event.h"
#include "inventory/value.h"
#include "net/ctlsock.h"

struct app;

int commands_open(struct app *app, struct err *err);
void commands_close(struct app *app);
/* The one host that argument "node" names; NULL: the call is over. */
const struct inv_host *commands_one_host(
    struct app *app, struct ctl_call *call);
/* The same, or a node that no inventory names any more; its name. */
const char *commands_one_node(struct app *app, struct ctl_call *call);
/* Answers with one value, which it releases, and ends the call. */
void commands_answer(struct ctl_call *call, struct value value);
/* To those who follow the events. */
void commands_publish(struct app *app, const struct event *event);

#endif
