/*
 * What machines that no inventory names are served: GET /boot/MAC ends here
 * for them, with a script that asks who they are, the inspection, or the
 * screen on which they wait; GET /enroll/MAC tells an inspection that is done
 * whether to go on waiting.
 */
#ifndef CONVECT_APP_ENROLL_BOOT_H
#define CONVECT_APP_ENROLL_BOOT_H

#include "base/hwaddr.h"
#include "net/httpd.h"

struct app;

/* Ends the request. */
void enroll_boot(
    struct app *app, struct http_req *req, const struct hwaddr *mac);
/* "wait" or "boot"; `arg` is the struct app. */
void enroll_on_poll(void *arg, struct http_req *req);

#endif
