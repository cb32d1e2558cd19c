/*
 * The dashboard: its page, the JSON behind it and its live events, for those
 * who have a token. Tokens are made by `convect-pxectl dashboard`, arrive once
 * in the URL and live on in a cookie; the store keeps their SHA-256 sums.
 */
#ifndef CONVECT_APP_DASHBOARD_H
#define CONVECT_APP_DASHBOARD_H

#include "app/token.h"
#include "base/err.h"
#include "core/event.h"
#include "inventory/value.h"
#include "net/httpd.h"

struct app;

/* Live tokens; making one more takes the oldest away. */
#define DASHBOARD_TOKENS_MAX 8

int dashboard_open(struct app *app, struct err *err);
void dashboard_close(struct app *app);

/* `cb` runs when the new token's sum is on disk; error is 0 then. */
typedef void dashboard_token_cb(void *arg, int error, const char *token);
int dashboard_new_token(struct app *app, dashboard_token_cb *cb, void *arg);

/* To all who watch. */
void dashboard_publish(struct app *app, const struct event *event);
/* {"name","transfer"} of a node, which it releases. */
void dashboard_publish_transfer(struct app *app, struct value map);

/* Access check and handlers; `arg` is the struct app. */
int dashboard_authorize(void *arg, struct http_req *req);
void dashboard_on_page(void *arg, struct http_req *req);
void dashboard_on_nodes(void *arg, struct http_req *req);
void dashboard_on_dhcp(void *arg, struct http_req *req);
void dashboard_on_timeline(void *arg, struct http_req *req);
void dashboard_on_events(void *arg, struct http_req *req);

#endif
