/*
 * The engine's HTTP port: one table of routes with the access class of each.
 */
#ifndef CONVECT_APP_WEB_H
#define CONVECT_APP_WEB_H

#include "base/err.h"

struct app;

int web_open(struct app *app, struct err *err);
void web_close(struct app *app);

#endif
