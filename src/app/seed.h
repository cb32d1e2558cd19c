/*
 * GET /seed/TOKEN/FILE: the four NoCloud files, each with 200 and its length,
 * for a live boot token whose install is still due. Also without the slash
 * behind the token, as cloud-init before 23.1 joins them.
 */
#ifndef CONVECT_APP_SEED_H
#define CONVECT_APP_SEED_H

#include "net/httpd.h"

/* Access check and handler; `arg` is the struct app. */
int seed_authorize(void *arg, struct http_req *req);
void seed_on_request(void *arg, struct http_req *req);

#endif
