/*
 * GET /boot/MAC: the boot script. A node whose install is armed gets it with a
 * fresh token, after the event that says so is committed; any other gets what
 * its `local_boot` says. One that no inventory names: app/enroll_boot.h.
 */
#ifndef CONVECT_APP_BOOT_H
#define CONVECT_APP_BOOT_H

#include "net/httpd.h"

/* How long a boot token opens the seed: an ISO may take long to load. */
#define BOOT_TOKEN_LIFE_MS ((int64_t)4 * 60 * 60 * 1000)

/* `arg` is the struct app. */
void boot_on_request(void *arg, struct http_req *req);

#endif
