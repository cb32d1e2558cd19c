/*
 * PUT /logs/TOKEN/NAME: what an installer uploads of its logs, and the
 * commands that show it. Kept by app/logstore.h; shown with secrets masked.
 */
#ifndef CONVECT_APP_LOGS_H
#define CONVECT_APP_LOGS_H

#include "base/err.h"
#include "inventory/value.h"
#include "net/ctlsock.h"
#include "net/httpd.h"

struct app;
struct masktext;

int logs_open(struct app *app, struct err *err);
void logs_close(struct app *app);
/* The route's handler; `arg` is the struct app, of the next two as well. */
void logs_on_upload(void *arg, struct http_req *req);
/* The commands `log-files` and `log-read`. */
void logs_on_files(void *arg, struct ctl_call *call);
void logs_on_read(void *arg, struct ctl_call *call);
/* {"files","bytes","time"} of a node, or undefined: there are none. */
struct value logs_summary(const struct app *app, const char *node);

/* What hides the node's secrets in a text; the caller's. */
struct masktext *logs_mask(const struct app *app, const char *node);

#endif
