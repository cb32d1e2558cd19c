#include "inventory/inv_secrets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/mem.h"
#include "inventory/inv_secrets_impl.h"

#define VAULT_ROUNDS 10000
#define KEYS_MAX 65536u /* then all are forgotten */
#define BLANKS " \t\n\r\v\f"

struct inv_secrets *
inv_secrets_new(void)
{
	struct inv_secrets *secrets = mem_alloc(sizeof *secrets);

	secrets->refs = 1;
	return secrets;
}

struct inv_secrets *
inv_secrets_ref(struct inv_secrets *secrets)
{
	secrets->refs++;
	return secrets;
}

static void
forget_keys(struct inv_secrets *secrets)
{
	struct inv_key *key, *next;

	HASH_ITER (hh, secrets->keys, key, next) {
		HASH_DEL(secrets->keys, key);
		OPENSSL_cleanse(key->key, sizeof key->key);
		free(key);
	}
}

void
inv_secrets_unref(struct inv_secrets *secrets)
{
	size_t i;

	if (secrets == NULL || --secrets->refs > 0)
		return;
	forget_keys(secrets);
	for (i = 0; i < secrets->count; i++) {
		struct inv_password *password = &secrets->passwords[i];

		OPENSSL_cleanse(password->bytes, password->len);
		free(password->bytes);
		free(password->label);
	}
	free(secrets);
}

const char *
inv_secrets_path(const char *spec, size_t *ret_len)
{
	size_t len = strcspn(spec, "@/");

	if (spec[len] != '@') { /* a label has no "/" */
		*ret_len = 0;
		return spec;
	}
	*ret_len = len;
	return spec + len + 1;
}

static bool
is_blank(char c)
{
	return c != '\0' && strchr(BLANKS, c) != NULL;
}

static int
check_password(const struct inv_secrets *secrets, const char *text, size_t len,
    const char *path, struct err *err)
{
	static const char vault[] = "$ANSIBLE_VAULT";

	if (len == 0) {
		err_at(err, path, 0, 0, "no vault password in it");
		err_hint(err, "write the password on one line");
		return -EINVAL;
	}
	if (len >= strlen(vault) && memcmp(text, vault, strlen(vault)) == 0) {
		err_at(err, path, 0, 0,
		    "a vault's password that is itself encrypted");
		err_hint(err, "`ansible-vault decrypt` it");
		return -EINVAL;
	}
	if (len > INV_PASSWORD_MAX) {
		err_at(err, path, 0, 0,
		    "a vault password of %zu bytes; %zu is the most", len,
		    INV_PASSWORD_MAX);
		return -E2BIG;
	}
	if (secrets->count == INV_SECRETS_MAX) {
		err_at(err, path, 0, 0, "more than %d vault passwords",
		    INV_SECRETS_MAX);
		return -E2BIG;
	}
	return 0;
}

int
inv_secrets_add(struct inv_secrets *secrets, const char *spec, const char *text,
    size_t len, struct err *err)
{
	struct inv_password *password;
	size_t label_len;
	const char *path = inv_secrets_path(spec, &label_len);
	int ret;

	while (len > 0 && is_blank(text[0])) {
		text++;
		len--;
	}
	while (len > 0 && is_blank(text[len - 1]))
		len--;
	ret = check_password(secrets, text, len, path, err);
	if (ret < 0)
		return ret;
	if (label_len > INV_LABEL_MAX) {
		err_at(err, path, 0, 0,
		    "a vault label of %zu bytes; %d is "
		    "the most",
		    label_len, INV_LABEL_MAX);
		return -E2BIG;
	}
	password = &secrets->passwords[secrets->count++];
	password->label = label_len == 0 ? mem_strdup("default")
					 : mem_strndup(spec, label_len);
	password->bytes = mem_alloc(len);
	memcpy(password->bytes, text, len);
	password->len = len;
	return 0;
}

bool
inv_secrets_is_empty(const struct inv_secrets *secrets)
{
	return secrets->count == 0;
}

bool
inv_secrets_has_label(const struct inv_secrets *secrets, const char *label)
{
	size_t i;

	for (i = 0; i < secrets->count; i++)
		if (strcmp(secrets->passwords[i].label, label) == 0)
			return true;
	return false;
}

const unsigned char *
inv_secrets_key(struct inv_secrets *secrets, size_t index,
    const unsigned char *salt, size_t len)
{
	const struct inv_password *password = &secrets->passwords[index];
	size_t name_len = sizeof index + len;
	struct inv_key *key = mem_alloc(sizeof *key + name_len), *found;

	memcpy(key->name, &index, sizeof index);
	memcpy(key->name + sizeof index, salt, len);
	HASH_FIND(hh, secrets->keys, key->name, name_len, found);
	if (found != NULL) {
		free(key);
		return found->key;
	}
	if (PKCS5_PBKDF2_HMAC((const char *)password->bytes, (int)password->len,
		salt, (int)len, VAULT_ROUNDS, EVP_sha256(), VAULT_KEY_LEN,
		key->key) != 1) {
		free(key);
		return NULL;
	}
	if (HASH_COUNT(secrets->keys) >= KEYS_MAX)
		forget_keys(secrets);
	HASH_ADD_KEYPTR(hh, secrets->keys, key->name, name_len, key);
	return key->key;
}
