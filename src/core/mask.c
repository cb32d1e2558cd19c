#include "core/mask.h"

#include <string.h>
#include <strings.h>

#include "inventory/known.h"

#define MASK_DEPTH_MAX 64 /* what the parsers allow */

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
