/*
 * The site's salt: a secret of 32 random bytes beside the database, which
 * makes the salts of password_hash nobody else's, and the same ones at each
 * render.
 */
#ifndef CONVECT_BASE_SALT_H
#define CONVECT_BASE_SALT_H

#include "base/err.h"

#define SALT_SIZE 65 /* hex, with the terminator */

/* Of the state directory. -ENOENT when there is none yet. */
int salt_read(const char *state_dir, char ret_salt[SALT_SIZE], struct err *err);
/* The same; makes it, mode 0600, when there is none. */
int salt_open(const char *state_dir, char ret_salt[SALT_SIZE], struct err *err);

#endif
