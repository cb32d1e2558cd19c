/*
 * POST /report/TOKEN and POST /firstboot: what the installer, cloud-init and
 * our own scripts have to say, answered when it is on disk. The first boot has
 * a token of its own, which it shows in a header.
 */
#ifndef CONVECT_APP_CALLBACK_H
#define CONVECT_APP_CALLBACK_H

#include "core/node.h"
#include "net/httpd.h"

struct app;

#define CALLBACK_HEADER "X-Convect-Token"

/* Whose token the request shows, and the token; NULL: nobody's. */
const struct node *callback_find(const struct app *app,
    const struct http_req *req, const struct node_token **ret_token);
/* Access check and handler; `arg` is the struct app. */
int callback_authorize(void *arg, struct http_req *req);
void callback_on_request(void *arg, struct http_req *req);

#endif
