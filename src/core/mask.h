/*
 * Secrets out of what is shown: values that a vault decrypted, known secret
 * variables, and any variable whose name speaks of a password, secret, token
 * or private key. Whole values are replaced, so nothing can be guessed from
 * their length. And tokens out of paths.
 */
#ifndef CONVECT_CORE_MASK_H
#define CONVECT_CORE_MASK_H

#include <stdbool.h>
#include <stddef.h>

#include "inventory/value.h"

#define MASK_SHOWN "********"
/* Within a rendered file: a plain word in YAML, JSON and shell alike. */
#define MASK_RENDERED "MASKED"

bool mask_is_secret_name(const char *name);
/*
 * A copy, the caller's, with `mask` where secrets are. VALUE_UNDEFINED stays
 * that.
 */
struct value mask_secrets(struct value value, const char *mask);
/*
 * A copy, the caller's, with what vaults keep in the place of it; what can not
 * be opened stays closed.
 */
struct value mask_open(struct value value);

/*
 * A path as it may be kept and shown: of a token that is in it, and of every
 * other long run of hexadecimal digits, the first four characters and "…".
 * Cut to `size`.
 */
void mask_path(const char *path, char *ret_path, size_t size);

#endif
