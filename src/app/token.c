#include "app/token.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/str.h"

enum {
	TOKEN_BYTES = 16,
	SHA256_BYTES = 32
};

void
token_new(char ret_token[TOKEN_SIZE])
{
	uint8_t bytes[TOKEN_BYTES];

	/* 16 bytes come whole or not at all (getrandom(2)). */
	if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
		abort();
	str_hex(bytes, sizeof bytes, ret_token);
}

static void
derive(const char *token, const char *label, char ret_token[TOKEN_SIZE])
{
	uint8_t mac[EVP_MAX_MD_SIZE];

	if (HMAC(EVP_sha256(), token, (int)strlen(token),
		(const unsigned char *)label, strlen(label), mac, NULL) == NULL)
		abort();
	str_hex(mac, TOKEN_BYTES, ret_token);
}

void
token_derive_firstboot(const char *boot_token, char ret_token[TOKEN_SIZE])
{
	derive(boot_token, "firstboot", ret_token);
}

void
token_derive_report(const char *firstboot_token, char ret_token[TOKEN_SIZE])
{
	derive(firstboot_token, "report", ret_token);
}

void
token_boot_to_report(const char *boot_token, char ret_token[TOKEN_SIZE])
{
	char firstboot[TOKEN_SIZE];

	token_derive_firstboot(boot_token, firstboot);
	token_derive_report(firstboot, ret_token);
}

void
token_hash(const char *token, char ret_hash[TOKEN_HASH_SIZE])
{
	uint8_t sum[EVP_MAX_MD_SIZE];

	if (EVP_Digest(token, strlen(token), sum, NULL, EVP_sha256(), NULL) !=
	    1)
		abort();
	str_hex(sum, SHA256_BYTES, ret_hash);
}
