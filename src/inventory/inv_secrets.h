/*
 * The passwords of an operator's Ansible vaults, and the keys made of them:
 * a key costs 10,000 rounds of PBKDF2, so each is made once for every salt.
 * Keep one object over reloads. Passwords and keys are wiped when it goes.
 *
 * No I/O: whoever may open the password file hands in its text
 * (inv_secrets_read() of inventory/inv_read.h does both).
 */
#ifndef CONVECT_INVENTORY_INV_SECRETS_H
#define CONVECT_INVENTORY_INV_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define INV_SECRETS_MAX 16		/* passwords */
#define INV_PASSWORD_MAX ((size_t)4096) /* bytes of a password's file */
#define INV_LABEL_MAX 64		/* bytes of a label */

struct inv_secrets;

struct inv_secrets *inv_secrets_new(void); /* empty, one reference */
struct inv_secrets *inv_secrets_ref(struct inv_secrets *secrets);
void inv_secrets_unref(struct inv_secrets *secrets); /* NULL is fine */

/*
 * "FILE" or, as Ansible's --vault-id has it, "LABEL@FILE". Returns the file's
 * path within `spec`; *ret_len is the label's length, 0: none.
 */
const char *inv_secrets_path(const char *spec, size_t *ret_len);
/*
 * Adds the password in the text of the file that `spec` names. As in Ansible
 * blanks and ends of lines around it are not part of it. -EINVAL: there is
 * none, or it is itself encrypted; -E2BIG: too many, too long.
 */
int inv_secrets_add(struct inv_secrets *secrets, const char *spec,
    const char *text, size_t len, struct err *err);
bool inv_secrets_is_empty(const struct inv_secrets *secrets);
/* Whether a password was given for that label; "default" is one without. */
bool inv_secrets_has_label(
    const struct inv_secrets *secrets, const char *label);

#endif
