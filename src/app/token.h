/*
 * The tokens of an install. A boot token is 16 random bytes in hex; the report
 * token is derived from it, so that whoever shows the boot token can be given
 * the other without either being kept. Only SHA-256 sums are stored.
 */
#ifndef CONVECT_APP_TOKEN_H
#define CONVECT_APP_TOKEN_H

#define TOKEN_SIZE 33	   /* 32 hex digits and the terminator */
#define TOKEN_HASH_SIZE 65 /* SHA-256 in hex */

void token_new(char ret_token[TOKEN_SIZE]);
/* HMAC-SHA256 under the boot token, first half, in hex. */
void token_derive_report(const char *boot_token, char ret_token[TOKEN_SIZE]);
void token_hash(const char *token, char ret_hash[TOKEN_HASH_SIZE]);

#endif
