/* What the passwords are made of, for inventory/vault.c. */
#ifndef CONVECT_INVENTORY_INV_SECRETS_IMPL_H
#define CONVECT_INVENTORY_INV_SECRETS_IMPL_H

#include <stdint.h>

#include <uthash.h>

#include "inventory/inv_secrets.h"

#define VAULT_KEY_LEN 80u /* AES key, HMAC key, counter */

struct inv_password {
	char *label; /* "default" when none was given */
	unsigned char *bytes;
	size_t len;
};

/* A key, found by the password's index and the salt, which follow it. */
struct inv_key {
	unsigned char key[VAULT_KEY_LEN];
	UT_hash_handle hh;
	unsigned char name[];
};

struct inv_secrets {
	unsigned refs;
	struct inv_password passwords[INV_SECRETS_MAX];
	size_t count;
	struct inv_key *keys;
};

/*
 * The key of that password and salt, made or remembered; NULL when OpenSSL
 * fails. It lives until the next call.
 */
const unsigned char *inv_secrets_key(struct inv_secrets *secrets, size_t index,
    const unsigned char *salt, size_t len);

#endif
