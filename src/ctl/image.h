/*
 * What the image commands share.
 */
#ifndef CONVECT_CTL_IMAGE_H
#define CONVECT_CTL_IMAGE_H

#include "base/err.h"
#include "ctl/client.h"
#include "ctl/ctl.h"
#include "inventory/value.h"

/* A request that takes long: progress goes to stderr, its one answer to the
 * caller, who owns it. */
int image_ask_long(struct ctl *ctl, const struct client_request *req,
    struct value *ret_data, struct err *err);

#endif
