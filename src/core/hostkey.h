/*
 * Public host keys, as a machine says that it has them: taken only when they
 * are what OpenSSH writes (RFC 4253 6.6, RFC 5656, RFC 8709), to the last bit.
 * What comes out is a type, a blank and base64: nothing that was sent beside
 * the key gets into a file of ours.
 */
#ifndef CONVECT_CORE_HOSTKEY_H
#define CONVECT_CORE_HOSTKEY_H

#include <stddef.h>

/* With the terminator: RSA of at most 4096 bits, P-521, Ed25519. */
#define HOSTKEY_RSA_SIZE 800
#define HOSTKEY_ECDSA_SIZE 256
#define HOSTKEY_ED25519_SIZE 96

enum hostkey_kind {
	HOSTKEY_RSA, /* of 1024 bits at least: OpenSSH takes no less */
	HOSTKEY_ECDSA,
	HOSTKEY_ED25519,
};

/*
 * "TYPE BASE64 [COMMENT]", blanks around it are fine. 0; -EBADMSG: it is no
 * such key; -EMSGSIZE: it is too long for `size`.
 */
int hostkey_parse(enum hostkey_kind kind, const char *text, size_t len,
    char *ret_key, size_t size);

#endif
