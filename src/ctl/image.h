/*
 * What the image and artifact commands share.
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

bool image_is_url(const char *text);
/* Behind the last slash. */
const char *image_base_name(const char *path);
/* Opens a regular file, which goes with the request under `name`; `names` is
 * the list of them. 0 or a negative errno. */
int image_send_file(struct client_request *req, struct value names,
    const char *name, const char *path, struct err *err);
/* "sha256" of the one word, a file: `given`, or from the SHA256SUMS in its
 * directory; without one that is told. */
int image_add_sum(struct ctl *ctl, const struct args *args, const char *given,
    struct value map, struct err *err);

/* The whole of `verify [NAME]`: the exit code. */
int image_verify(struct ctl *ctl, const struct args *args, const char *command);
/* The whole of `WHAT remove NAME`; takes the request's map. */
int image_remove(struct ctl *ctl, const struct args *args, const char *what,
    struct value request);

#endif
