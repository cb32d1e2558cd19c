/*
 * Ansible Vault, formats 1.1 and 1.2 (as ansible-core's parsing/vault has
 * them): a header line, then hex of three lines of hex: salt, HMAC-SHA256 of
 * the ciphertext, ciphertext (AES-256-CTR, PKCS#7 padding). PBKDF2-HMAC-SHA256
 * makes both keys and the counter's start of password and salt.
 *
 * Only reads; nothing is ever encrypted here.
 */
#ifndef CONVECT_INVENTORY_VAULT_H
#define CONVECT_INVENTORY_VAULT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "inventory/inv_secrets.h"
#include "inventory/value.h"

/* What to do when there is no password, for messages. */
#define VAULT_HINT                                                             \
	"give --vault-password-file FILE or set CONVECT_VAULT_PASSWORD_FILE"

/* Whether the text says that it is encrypted. */
bool vault_is_encrypted(const char *text, size_t len);
/*
 * The form alone; no password needed. -EINVAL: a line that is not as it must
 * be, err->line counts from the header; -ENOTSUP: an unknown version or
 * cipher.
 */
int vault_check(const char *text, size_t len, struct err *err);
/*
 * -ENOKEY: no password at all; -EKEYREJECTED: none of them opens it, or it was
 * changed; or what vault_check() says. *ret_text has *ret_len bytes and a NUL
 * behind them; wipe and free it with vault_wipe().
 */
int vault_open(struct inv_secrets *secrets, const char *text, size_t len,
    char **ret_text, size_t *ret_len, struct err *err);
void vault_wipe(char *text, size_t len); /* NULL is fine */
/* "default" when the text names none; cut at INV_LABEL_MAX. */
void vault_label(const char *text, size_t len, char out[INV_LABEL_MAX + 1]);

/*
 * A value that stands for the decrypted text, which is made when a template
 * asks for it. `text` has passed vault_check(); the place is for errors.
 */
struct value vault_value(
    struct inv_secrets *secrets, struct value text, const char *file, int line);
/* Its text as it was given; VALUE_UNDEFINED: not such a value. Borrowed. */
struct value vault_value_text(struct value value);

#endif
