#include "inventory/vault.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/mem.h"
#include "inventory/inv_secrets_impl.h"

#define VAULT_MAGIC "$ANSIBLE_VAULT"
#define VAULT_SALT_MAX 1024u
#define VAULT_BLOCK 16u
#define VAULT_HMAC_LEN 32u
#define VAULT_AES_KEY_LEN 32u

/* A part of a text. */
struct piece {
	const char *at;
	size_t len;
};

/* The header's fields. */
struct header {
	struct piece version;
	struct piece cipher;
	struct piece label; /* at is NULL: none */
	size_t size;	    /* of the line, with its end */
};

/* What the body holds, each within `bytes`. */
struct body {
	unsigned char *bytes; /* free() it; nothing in it is secret */
	const unsigned char *salt;
	size_t salt_len;
	const unsigned char *hmac; /* VAULT_HMAC_LEN */
	unsigned char *data;
	size_t data_len;
};

bool
vault_is_encrypted(const char *text, size_t len)
{
	return len >= strlen(VAULT_MAGIC) &&
	       memcmp(text, VAULT_MAGIC, strlen(VAULT_MAGIC)) == 0;
}

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct piece
strip(struct piece piece)
{
	while (piece.len > 0 && is_blank(piece.at[0])) {
		piece.at++;
		piece.len--;
	}
	while (piece.len > 0 && is_blank(piece.at[piece.len - 1]))
		piece.len--;
	return piece;
}

/* The next field of the header; at is NULL past the last one. */
static struct piece
next_field(struct piece *line)
{
	const char *end;
	struct piece field = *line;

	if (line->at == NULL)
		return field;
	end = memchr(line->at, ';', line->len);
	if (end == NULL) {
		line->at = NULL;
		return strip(field);
	}
	field.len = (size_t)(end - line->at);
	line->at = end + 1;
	line->len -= field.len + 1;
	return strip(field);
}

static bool
is_word(struct piece piece, const char *word)
{
	return piece.at != NULL && piece.len == strlen(word) &&
	       memcmp(piece.at, word, piece.len) == 0;
}

static void
read_header(const char *text, size_t len, struct header *ret_header)
{
	struct header header = {.size = len};
	struct piece line = {text, len};
	size_t i;

	for (i = 0; i < len && text[i] != '\n' && text[i] != '\r'; i++)
		;
	line.len = i;
	if (i < len)
		header.size = i + 1;
	(void)next_field(&line);
	header.version = next_field(&line);
	header.cipher = next_field(&line);
	header.label = next_field(&line);
	*ret_header = header;
}

static int
check_header(
    const char *text, size_t len, struct header *ret_header, struct err *err)
{
	struct header header;

	if (!vault_is_encrypted(text, len)) {
		err_at(err, NULL, 1, 0,
		    "not encrypted by Ansible Vault: no \"" VAULT_MAGIC
		    ";1.1;AES256\" in its first line");
		err_hint(err, "`ansible-vault encrypt_string` makes one");
		return -EINVAL;
	}
	read_header(text, len, &header);
	if (header.cipher.at == NULL) {
		err_at(err, NULL, 1, 0,
		    "the vault's first line is not as in \"" VAULT_MAGIC
		    ";1.1;AES256\"");
		err_hint(err, "copy all that ansible-vault printed");
		return -EINVAL;
	}
	if (!is_word(header.version, "1.1") &&
	    !is_word(header.version, "1.2")) {
		err_at(err, NULL, 1, 0,
		    "version \"%.*s\" of the vault's format is not supported",
		    (int)(header.version.len < 32 ? header.version.len : 32),
		    header.version.at);
		err_hint(err, "`ansible-vault rekey` makes a 1.1");
		return -ENOTSUP;
	}
	if (!is_word(header.cipher, "AES256")) {
		err_at(err, NULL, 1, 0,
		    "the vault's cipher \"%.*s\" is not supported",
		    (int)(header.cipher.len < 32 ? header.cipher.len : 32),
		    header.cipher.at);
		err_hint(err, "AES256 is; `ansible-vault rekey` uses it");
		return -ENOTSUP;
	}
	*ret_header = header;
	return 0;
}

void
vault_label(const char *text, size_t len, char out[INV_LABEL_MAX + 1])
{
	struct header header;
	size_t n;

	read_header(text, len, &header);
	n = header.label.len < INV_LABEL_MAX ? header.label.len : INV_LABEL_MAX;
	if (header.label.at == NULL || n == 0) {
		memcpy(out, "default", sizeof "default");
		return;
	}
	memcpy(out, header.label.at, n);
	out[n] = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int
bad_hex(struct err *err, int line, int col)
{
	err_at(err, NULL, line, col,
	    "the vault's text has something else than hex digits");
	err_hint(err, "it is only good as ansible-vault wrote it");
	return -EINVAL;
}

static int
bad_body(struct err *err, const char *what)
{
	err_at(err, NULL, 2, 0, "the vault's text is %s", what);
	err_hint(err, "it is only good as ansible-vault wrote it, to its end");
	return -EINVAL;
}

/* Hex with ends of lines between; `out` has room for len / 2 bytes. */
static int
read_lines(const char *text, size_t len, unsigned char *out, size_t *ret_len,
    struct err *err)
{
	size_t i, digits = 0;
	int line = 2, col = 1;

	for (i = 0; i < len; i++, col++) {
		int digit = hex_digit(text[i]);

		if (text[i] == '\n' || text[i] == '\r') {
			line += text[i] == '\n';
			col = 0;
			continue;
		}
		if (digit < 0)
			return bad_hex(err, line, col);
		if (digits % 2 == 0)
			out[digits / 2] = (unsigned char)(digit << 4);
		else
			out[digits / 2] |= (unsigned char)digit;
		digits++;
	}
	if (digits % 2 != 0)
		return bad_body(err, "cut off");
	*ret_len = digits / 2;
	return 0;
}

/* One inner line of hex, in place; -1: it is none. */
static ssize_t
unhex(unsigned char *at, size_t len)
{
	size_t i;

	if (len % 2 != 0)
		return -1;
	for (i = 0; i < len; i += 2) {
		int high = hex_digit((char)at[i]);
		int low = hex_digit((char)at[i + 1]);

		if (high < 0 || low < 0)
			return -1;
		at[i / 2] = (unsigned char)(high << 4 | low);
	}
	return (ssize_t)(len / 2);
}

/* Cuts the decoded body into its three lines. */
static int
read_parts(struct body *body, size_t len, struct err *err)
{
	unsigned char *hmac, *data, *end = body->bytes + len;
	ssize_t salt_len, hmac_len, data_len;

	hmac = memchr(body->bytes, '\n', len);
	if (hmac == NULL)
		return bad_body(err, "cut off");
	hmac++;
	data = memchr(hmac, '\n', (size_t)(end - hmac));
	if (data == NULL)
		return bad_body(err, "cut off");
	data++;
	salt_len = unhex(body->bytes, (size_t)(hmac - body->bytes) - 1);
	hmac_len = unhex(hmac, (size_t)(data - hmac) - 1);
	data_len = unhex(data, (size_t)(end - data));
	if (salt_len < 0 || hmac_len != VAULT_HMAC_LEN || data_len < 0 ||
	    (size_t)salt_len > VAULT_SALT_MAX)
		return bad_body(err, "damaged");
	if (data_len == 0 || data_len % VAULT_BLOCK != 0)
		return bad_body(err, "cut off");
	body->salt = body->bytes;
	body->salt_len = (size_t)salt_len;
	body->hmac = hmac;
	body->data = data;
	body->data_len = (size_t)data_len;
	return 0;
}

static int
read_vault(const char *text, size_t len, struct body *ret_body, struct err *err)
{
	struct body body = {0};
	struct header header;
	size_t body_len;
	int ret;

	ret = check_header(text, len, &header, err);
	if (ret < 0)
		return ret;
	body.bytes = mem_alloc((len - header.size) / 2 + 1);
	ret = read_lines(
	    text + header.size, len - header.size, body.bytes, &body_len, err);
	if (ret == 0)
		ret = read_parts(&body, body_len, err);
	if (ret < 0) {
		free(body.bytes);
		return ret;
	}
	*ret_body = body;
	return 0;
}

int
vault_check(const char *text, size_t len, struct err *err)
{
	struct body body;
	int ret = read_vault(text, len, &body, err);

	if (ret == 0)
		free(body.bytes);
	return ret;
}

static bool
is_authentic(const struct body *body, const unsigned char *key)
{
	unsigned char hmac[EVP_MAX_MD_SIZE];
	unsigned int len = 0;

	return HMAC(EVP_sha256(), key + VAULT_AES_KEY_LEN, VAULT_HMAC_LEN,
		   body->data, body->data_len, hmac, &len) != NULL &&
	       len == VAULT_HMAC_LEN &&
	       CRYPTO_memcmp(hmac, body->hmac, VAULT_HMAC_LEN) == 0;
}

/* CTR in steps, since OpenSSL counts in int. */
static bool
decrypt(const struct body *body, const unsigned char *key, unsigned char *out)
{
	const unsigned char *counter = key + VAULT_AES_KEY_LEN + VAULT_HMAC_LEN;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t at = 0;
	bool good = ctx != NULL && EVP_DecryptInit_ex(ctx, EVP_aes_256_ctr(),
				       NULL, key, counter) == 1;

	while (good && at < body->data_len) {
		size_t left = body->data_len - at;
		int step = left > 1 << 20 ? 1 << 20 : (int)left, got = 0;

		good = EVP_DecryptUpdate(
			   ctx, out + at, &got, body->data + at, step) == 1;
		at += (size_t)step;
	}
	EVP_CIPHER_CTX_free(ctx);
	return good;
}

/* The length without PKCS#7 padding; SIZE_MAX: there is none. */
static size_t
unpadded_len(const unsigned char *text, size_t len)
{
	size_t pad = text[len - 1], i;

	if (pad == 0 || pad > VAULT_BLOCK)
		return SIZE_MAX;
	for (i = 1; i <= pad; i++)
		if (text[len - i] != pad)
			return SIZE_MAX;
	return len - pad;
}

/* With a key that the HMAC has proven. */
static int
open_body(const struct body *body, const unsigned char *key, char **ret_text,
    size_t *ret_len, struct err *err)
{
	unsigned char *text = mem_alloc(body->data_len + 1);
	size_t len = SIZE_MAX;

	if (decrypt(body, key, text))
		len = unpadded_len(text, body->data_len);
	if (len == SIZE_MAX) {
		vault_wipe((char *)text, body->data_len);
		return bad_body(err, "damaged");
	}
	text[len] = '\0';
	*ret_text = (char *)text;
	*ret_len = len;
	return 0;
}

/* The password of that label first, as it is the likely one. */
static const unsigned char *
find_key(
    struct inv_secrets *secrets, const struct body *body, const char *label)
{
	size_t i;
	int named;

	for (named = 1; named >= 0; named--)
		for (i = 0; i < secrets->count; i++) {
			const unsigned char *key;

			if ((strcmp(secrets->passwords[i].label, label) == 0) !=
			    named)
				continue;
			key = inv_secrets_key(
			    secrets, i, body->salt, body->salt_len);
			if (key != NULL && is_authentic(body, key))
				return key;
		}
	return NULL;
}

int
vault_open(struct inv_secrets *secrets, const char *text, size_t len,
    char **ret_text, size_t *ret_len, struct err *err)
{
	char label[INV_LABEL_MAX + 1];
	const unsigned char *key;
	struct body body;
	int ret;

	ret = read_vault(text, len, &body, err);
	if (ret < 0)
		return ret;
	if (inv_secrets_is_empty(secrets)) {
		free(body.bytes);
		err_set(err, "encrypted by Ansible Vault, and no password is "
			     "given");
		err_hint(err, VAULT_HINT);
		return -ENOKEY;
	}
	vault_label(text, len, label);
	key = find_key(secrets, &body, label);
	if (key != NULL) {
		ret = open_body(&body, key, ret_text, ret_len, err);
	} else {
		err_set(err, "encrypted by Ansible Vault with another password "
			     "than the given one, or changed since");
		err_hint(err, "its label is \"%s\"; try `ansible-vault view`",
		    label);
		ret = -EKEYREJECTED;
	}
	free(body.bytes);
	return ret;
}

void
vault_wipe(char *text, size_t len)
{
	if (text == NULL)
		return;
	OPENSSL_cleanse(text, len);
	free(text);
}
