#include "core/mask.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "inventory/known.h"

#define MASK_DEPTH_MAX 64 /* what the parsers allow */

enum {
	TOKEN_LEN = 32,	  /* hexadecimal digits of every token of ours */
	TOKEN_SHOWN = 4,  /* enough to tell one from another */
	HEX_RUN_MAX = 15, /* a longer one may be a token; a MAC has 12 */
};

static const char *const secret_words[] = {
    "password", "passwd", "secret", "token", "private_key", "passphrase"};

/* Names of files are not what is in them. */
static const char *const plain_ends[] = {"_file", "_path", "_url"};

static bool
ends_plainly(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof plain_ends / sizeof plain_ends[0]; i++) {
		size_t end = strlen(plain_ends[i]);

		if (len > end &&
		    strcasecmp(name + len - end, plain_ends[i]) == 0)
			return true;
	}
	return false;
}

bool
mask_is_secret_name(const char *name)
{
	const struct known_var *known = known_find(name);

	if (known != NULL)
		return (known->flags & KNOWN_SECRET) != 0;
	if (ends_plainly(name))
		return false;
	for (size_t i = 0; i < sizeof secret_words / sizeof secret_words[0];
	     i++)
		if (strcasestr(name, secret_words[i]) != NULL)
			return true;
	return false;
}

static bool
is_plain(struct value value)
{
	return value.type == VALUE_UNDEFINED || value.type == VALUE_NULL ||
	       value.type == VALUE_BOOL;
}

/* MASK_DEPTH_MAX deep. */
static struct value
/* NOLINTNEXTLINE(misc-no-recursion) */
mask_deep(struct value value, bool secret, const char *mask, int depth)
{
	struct value copy;

	/* An object stands for what a vault has kept. */
	secret = secret || (value.flags & VALUE_SECRET) != 0 ||
		 value.type == VALUE_OBJECT;
	if (depth > MASK_DEPTH_MAX || (secret && !is_plain(value)))
		return value_string(mask);
	if (value.type == VALUE_LIST) {
		copy = value_list_new();
		for (size_t i = 0; i < value_len(value); i++)
			value_list_add(copy, mask_deep(value_list_at(value, i),
						 false, mask, depth + 1));
		return copy;
	}
	if (value.type == VALUE_MAP) {
		copy = value_map_new();
		for (size_t i = 0; i < value_len(value); i++) {
			const char *key = value_map_key_at(value, i);

			value_map_set(copy, key,
			    mask_deep(value_map_at(value, i),
				mask_is_secret_name(key), mask, depth + 1));
		}
		return copy;
	}
	return value_ref(value);
}

struct value
mask_secrets(struct value value, const char *mask)
{
	return mask_deep(value, false, mask, 0);
}

static struct value
open_one(struct value value)
{
	struct value plain;

	if (value.type == VALUE_OBJECT && value.u.o->ops->open != NULL &&
	    value.u.o->ops->open(value.u.o, &plain, NULL) == 0)
		return plain;
	return value_ref(value);
}

/* MASK_DEPTH_MAX deep. */
static struct value
/* NOLINTNEXTLINE(misc-no-recursion) */
open_deep(struct value value, int depth)
{
	struct value copy;

	if (depth > MASK_DEPTH_MAX ||
	    (value.type != VALUE_LIST && value.type != VALUE_MAP))
		return open_one(value);
	if (value.type == VALUE_LIST) {
		copy = value_list_new();
		for (size_t i = 0; i < value_len(value); i++)
			value_list_add(copy,
			    open_deep(value_list_at(value, i), depth + 1));
		return copy;
	}
	copy = value_map_new();
	for (size_t i = 0; i < value_len(value); i++)
		value_map_put(copy, value_ref(value_map_name_at(value, i)),
		    open_deep(value_map_at(value, i), depth + 1));
	return copy;
}

struct value
mask_open(struct value value)
{
	return open_deep(value, 0);
}

/* What follows one of these is a token, whatever it looks like. */
static const char *const token_paths[] = {"/seed/", "/report/", "/logs/"};

static size_t
token_start(const char *path)
{
	for (size_t i = 0; i < sizeof token_paths / sizeof token_paths[0];
	     i++) {
		if (str_starts(path, token_paths[i]))
			return strlen(token_paths[i]);
	}
	return SIZE_MAX;
}

static size_t
hex_run(const char *text)
{
	size_t len = 0;

	while (isxdigit((unsigned char)text[len]))
		len++;
	return len;
}

/* Bytes of a secret that begins here; 0: none does. */
static size_t
secret_len(const char *text, bool is_token)
{
	size_t run = hex_run(text);
	size_t len = strcspn(text, "/");

	if (run > HEX_RUN_MAX)
		return run;
	if (!is_token)
		return 0;
	return len < TOKEN_LEN ? len : TOKEN_LEN;
}

void
mask_path(const char *path, char *ret_path, size_t size)
{
	static const char dots[] = "\xe2\x80\xa6";
	size_t token = token_start(path);
	size_t at = 0;
	size_t len = 0;

	while (path[at] != '\0' && len + TOKEN_SHOWN + sizeof dots < size) {
		size_t secret = secret_len(path + at, at == token);

		if (secret > TOKEN_SHOWN) {
			memcpy(ret_path + len, path + at, TOKEN_SHOWN);
			memcpy(ret_path + len + TOKEN_SHOWN, dots,
			    sizeof dots - 1);
			len += TOKEN_SHOWN + sizeof dots - 1;
			at += secret;
		} else {
			ret_path[len++] = path[at++];
		}
	}
	ret_path[len] = '\0';
}
