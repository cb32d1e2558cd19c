/*
 * What the nodes fetch at the moment, by what the files workers tell each
 * second: shown in NODEs while they load, told to the dashboards, and gone
 * with the engine.
 */
#ifndef CONVECT_APP_TRANSFERS_H
#define CONVECT_APP_TRANSFERS_H

#include <stdbool.h>

#include "core/event.h"
#include "core/node.h"
#include "inventory/value.h"
#include "net/filesrv_report.h"

struct app;
struct transfers;

struct transfers *transfers_new(struct app *app);
void transfers_free(struct transfers *transfers);
/* News of a node's download, or its end. */
void transfers_report(struct transfers *transfers, const char *node,
    const struct filesrv_report *report);
/* An install that begins anew fetches everything anew. */
void transfers_event(struct transfers *transfers, const struct event *event);
/* Something arrives there, or did seconds ago. */
bool transfers_is_running(
    const struct transfers *transfers, const struct node *node);
/* "transfer" of a NODE; undefined: it fetches nothing. */
struct value transfers_of(
    const struct transfers *transfers, const struct node *node);

#endif
