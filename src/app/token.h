/*
 * The tokens of an install. A boot token is 16 random bytes in hex; the first
 * boot's is derived from it, and from that one the report token, so that
 * whoever shows one can be given those behind it, none of those before it, and
 * none is kept. Only SHA-256 sums are stored, of the first and the last.
 */
#ifndef CONVECT_APP_TOKEN_H
#define CONVECT_APP_TOKEN_H

#define TOKEN_SIZE 33	   /* 32 hex digits and the terminator */
#define TOKEN_HASH_SIZE 65 /* SHA-256 in hex */

void token_new(char ret_token[TOKEN_SIZE]);
/* HMAC-SHA256 under the boot token, first half, in hex. */
void token_derive_firstboot(const char *boot_token, char ret_token[TOKEN_SIZE]);
/* The same under the first boot's token. */
void token_derive_report(
    const char *firstboot_token, char ret_token[TOKEN_SIZE]);
/* Both steps at once. */
void token_boot_to_report(const char *boot_token, char ret_token[TOKEN_SIZE]);
void token_hash(const char *token, char ret_hash[TOKEN_HASH_SIZE]);

#endif
