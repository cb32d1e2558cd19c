/*
 * An envelope of Ansible Vault, and files of variables with such values. The
 * password of the corpus is known, so that its files open; what a mutation
 * changes behind the salt must not.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "inventory/inv_secrets.h"
#include "inventory/inventory.h"
#include "inventory/vault.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
try_envelope(struct inv_secrets *secrets, const char *text, size_t len)
{
	struct err err = {0};
	size_t plain_len;
	char *plain;
	int form = vault_check(text, len, NULL);
	int ret = vault_open(secrets, text, len, &plain, &plain_len, &err);

	if (ret == 0) {
		if (form != 0 || plain[plain_len] != '\0')
			abort();
		vault_wipe(plain, plain_len);
	} else if (!err_is_set(&err)) {
		abort();
	}
	if (form < 0 && ret != form)
		abort();
}

static void
try_file(struct inv_secrets *secrets, const char *text, size_t len)
{
	struct inv_file files[] = {
	    {"hosts", "h\n", 2}, {"group_vars/all", text, len}};
	struct inv_input input = {
	    .files = files, .count = 2, .secrets = secrets};
	struct inventory *inv = NULL;
	struct problems problems;
	struct buf out;

	problems_init(&problems);
	if (inventory_load(&input, &problems, &inv) == 0) {
		buf_init(&out, 1u << 20);
		inventory_write_list(inv, false, &out);
		buf_done(&out);
	} else if (problems.errors == 0) {
		abort();
	}
	inventory_unref(inv);
	problems_done(&problems);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct inv_secrets *secrets = inv_secrets_new();
	char *text = mem_alloc(len + 1);

	memcpy(text, data, len);
	if (inv_secrets_add(secrets, "pw", "hunter 2", 8, NULL) < 0)
		abort();
	try_envelope(secrets, text, len);
	try_file(secrets, text, len);
	free(text);
	inv_secrets_unref(secrets);
	return 0;
}
