/*
 * POST /inspect/TOKEN: what an inspection has found out about a machine that
 * no inventory names. The token came with the script that booted it. The
 * details are kept beside the log, as one value a machine.
 */
#ifndef CONVECT_APP_INSPECT_H
#define CONVECT_APP_INSPECT_H

#include "core/node.h"
#include "inventory/value.h"
#include "net/httpd.h"

struct app;

/* `arg` is the struct app. */
int inspect_authorize(void *arg, struct http_req *req);
void inspect_on_request(void *arg, struct http_req *req);

/* The machine is forgotten. */
void inspect_forget(struct app *app, const char *name);
/* What it said last, as core/hardware.h has it; -ENOENT: nothing. */
int inspect_details(
    struct app *app, const struct node *node, struct value *ret_details);

#endif
