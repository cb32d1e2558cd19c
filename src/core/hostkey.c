#include "core/hostkey.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/rd.h"

enum {
	BLOB_MAX = 600, /* bytes: RSA of 4096 bits has 535 */
	RSA_BITS_MIN = 1024
};

struct type {
	const char *name;
	enum hostkey_kind kind;
	const char *curve; /* of ECDSA */
	size_t point_len;  /* bytes of the point, or of the key */
};

static const struct type types[] = {
    {"ssh-rsa", HOSTKEY_RSA, NULL, 0},
    {"ecdsa-sha2-nistp256", HOSTKEY_ECDSA, "nistp256", 65},
    {"ecdsa-sha2-nistp384", HOSTKEY_ECDSA, "nistp384", 97},
    {"ecdsa-sha2-nistp521", HOSTKEY_ECDSA, "nistp521", 133},
    {"ssh-ed25519", HOSTKEY_ED25519, NULL, 32},
};

static const struct type *
find_type(enum hostkey_kind kind, const char *text, size_t len)
{
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
		if (types[i].kind == kind && strlen(types[i].name) == len &&
		    memcmp(types[i].name, text, len) == 0)
			return &types[i];
	}
	return NULL;
}

static int
base64_digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)(at - digits);
}

/* Only what an encoder writes: padded, and with no bits beside the bytes. */
static int
base64_decode(const char *text, size_t len, uint8_t *ret_data, size_t *ret_len)
{
	uint32_t bits = 0;
	size_t pad = 0;
	size_t n = 0;

	if (len == 0 || len % 4 != 0 || len / 4 * 3 > BLOB_MAX)
		return -EBADMSG;
	while (pad < 2 && text[len - 1 - pad] == '=')
		pad++;
	for (size_t i = 0; i < len; i++) {
		int digit = i < len - pad ? base64_digit(text[i]) : 0;

		if (digit < 0)
			return -EBADMSG;
		bits = bits << 6 | (uint32_t)digit;
		if (i % 4 != 3)
			continue;
		ret_data[n++] = (uint8_t)(bits >> 16);
		ret_data[n++] = (uint8_t)(bits >> 8);
		ret_data[n++] = (uint8_t)bits;
	}
	if (n < 3)
		return -EBADMSG;
	for (size_t i = 0; i < pad; i++) {
		if (ret_data[--n] != 0)
			return -EBADMSG;
	}
	*ret_len = n;
	return 0;
}

/* RFC 4251 5: a string, and a multiple-precision integer in one. */
static const uint8_t *
read_string(struct rd *rd, size_t *ret_len)
{
	*ret_len = rd_u32be(rd);
	return rd_bytes(rd, *ret_len);
}

static bool
is_text(const uint8_t *data, size_t len, const char *text)
{
	return data != NULL && len == strlen(text) &&
	       memcmp(data, text, len) == 0;
}

/* Positive, and without a byte more than it takes; returns its bits. */
static size_t
read_number(struct rd *rd)
{
	size_t len;
	const uint8_t *data = read_string(rd, &len);
	size_t bits;

	if (data == NULL || len == 0 || (data[0] & 0x80) != 0)
		return 0;
	if (data[0] == 0) {
		if (len == 1 || (data[1] & 0x80) == 0)
			return 0;
		data++;
		len--;
	}
	bits = len * 8;
	for (unsigned top = 0x80; (data[0] & top) == 0; top >>= 1)
		bits--;
	return bits;
}

static bool
is_rsa(struct rd *rd)
{
	return read_number(rd) >= 2 && read_number(rd) >= RSA_BITS_MIN;
}

static bool
is_ecdsa(struct rd *rd, const struct type *type)
{
	size_t len;
	const uint8_t *data = read_string(rd, &len);

	if (!is_text(data, len, type->curve))
		return false;
	data = read_string(rd, &len);
	/* SEC 1 2.3.3: a point that is not compressed. */
	return data != NULL && len == type->point_len && data[0] == 0x04;
}

static bool
is_key(const struct type *type, const uint8_t *blob, size_t blob_len)
{
	struct rd rd;
	size_t len;
	const uint8_t *name;
	bool good;

	rd_init(&rd, blob, blob_len);
	name = read_string(&rd, &len);
	if (!is_text(name, len, type->name))
		return false;
	if (type->kind == HOSTKEY_RSA)
		good = is_rsa(&rd);
	else if (type->kind == HOSTKEY_ECDSA)
		good = is_ecdsa(&rd, type);
	else
		good = read_string(&rd, &len) != NULL && len == type->point_len;
	return good && !rd_bad(&rd) && rd_left(&rd) == 0;
}

static size_t
word_len(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] != '\0' && strchr(" \t\r\n", text[n]) == NULL)
		n++;
	return n;
}

static size_t
blank_len(const char *text, size_t len)
{
	size_t n = 0;

	while (n < len && text[n] != '\0' && strchr(" \t\r\n", text[n]) != NULL)
		n++;
	return n;
}

int
hostkey_parse(enum hostkey_kind kind, const char *text, size_t len,
    char *ret_key, size_t size)
{
	size_t at = blank_len(text, len);
	size_t type_len = word_len(text + at, len - at);
	const struct type *type = find_type(kind, text + at, type_len);
	uint8_t blob[BLOB_MAX];
	size_t blob_len;
	size_t key_len;

	at += type_len;
	at += blank_len(text + at, len - at);
	key_len = word_len(text + at, len - at);
	if (type == NULL ||
	    base64_decode(text + at, key_len, blob, &blob_len) < 0 ||
	    !is_key(type, blob, blob_len))
		return -EBADMSG;
	if (type_len + 1 + key_len >= size)
		return -EMSGSIZE;
	memset(ret_key, 0, size);
	memcpy(ret_key, type->name, type_len);
	ret_key[type_len] = ' ';
	memcpy(ret_key + type_len + 1, text + at, key_len);
	return 0;
}
