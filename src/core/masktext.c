#include "core/masktext.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/mask.h"

enum {
	WORDS_MAX = 256,
	DEPTH_MAX = 64, /* what the parsers allow */
	TOKEN_LEN = 32
};

struct word {
	char *text;
	size_t len;
};

struct masktext {
	struct word word[WORDS_MAX];
	size_t count;
	bool first[256]; /* bytes that a secret or a token's path begins with */
};

/* Before a token, in every URL that has one. */
static const char *const token_paths[] = {
    "/seed/", "/report/", "/logs/", "/inspect/"};

static void
add_line(struct masktext *mask, const char *text, size_t len)
{
	if (len > MASKTEXT_WORD_MAX)
		len = MASKTEXT_WORD_MAX;
	if (len < MASKTEXT_WORD_MIN || mask->count == WORDS_MAX)
		return;
	mask->word[mask->count++] = (struct word){mem_strndup(text, len), len};
	mask->first[(unsigned char)text[0]] = true;
}

/* A key is many lines, and a log shows them one by one. */
static void
add_secret(struct masktext *mask, const char *text)
{
	while (*text != '\0') {
		size_t len = strcspn(text, "\r\n");

		add_line(mask, text, len);
		text += len;
		text += strspn(text, "\r\n");
	}
}

/* DEPTH_MAX deep; `value` has nothing closed in it. */
static void
/* NOLINTNEXTLINE(misc-no-recursion) */
add_value(struct masktext *mask, struct value value, bool secret, int depth)
{
	secret = secret || (value.flags & VALUE_SECRET) != 0;
	if (depth > DEPTH_MAX)
		return;
	if (value.type == VALUE_STRING && secret)
		add_secret(mask, value_str(value));
	for (size_t i = 0; value.type == VALUE_LIST && i < value_len(value);
	     i++)
		add_value(mask, value_list_at(value, i), secret, depth + 1);
	for (size_t i = 0; value.type == VALUE_MAP && i < value_len(value); i++)
		add_value(mask, value_map_at(value, i),
		    secret || mask_is_secret_name(value_map_key_at(value, i)),
		    depth + 1);
}

/* What is closed is a secret whatever it is called. */
static void
/* NOLINTNEXTLINE(misc-no-recursion) */
add_closed(struct masktext *mask, struct value value, int depth)
{
	struct value plain;

	if (depth > DEPTH_MAX)
		return;
	if (value.type == VALUE_OBJECT) {
		plain = mask_open(value);
		add_value(mask, plain, true, depth);
		value_unref(plain);
	}
	for (size_t i = 0; value.type == VALUE_LIST && i < value_len(value);
	     i++)
		add_closed(mask, value_list_at(value, i), depth + 1);
	for (size_t i = 0; value.type == VALUE_MAP && i < value_len(value); i++)
		add_closed(mask, value_map_at(value, i), depth + 1);
}

/* Longest first, so that no rest of one is left beside a shorter. */
static int
by_length(const void *a, const void *b)
{
	const struct word *x = a;
	const struct word *y = b;

	if (x->len != y->len)
		return x->len > y->len ? -1 : 1;
	return strcmp(x->text, y->text);
}

struct masktext *
masktext_new(struct value vars)
{
	struct masktext *mask = mem_alloc(sizeof *mask);

	add_value(mask, vars, false, 0);
	add_closed(mask, vars, 0);
	qsort(mask->word, mask->count, sizeof mask->word[0], by_length);
	mask->first['/'] = true;
	return mask;
}

void
masktext_free(struct masktext *mask)
{
	if (mask == NULL)
		return;
	for (size_t i = 0; i < mask->count; i++)
		free(mask->word[i].text);
	free(mask);
}

/* Bytes of a token's path that begin here; 0: none does. */
static size_t
path_len(const char *text, size_t left)
{
	for (size_t i = 0; i < sizeof token_paths / sizeof token_paths[0];
	     i++) {
		size_t len = strlen(token_paths[i]);
		size_t digits = 0;

		if (left < len + TOKEN_LEN ||
		    memcmp(text, token_paths[i], len) != 0)
			continue;
		while (digits < TOKEN_LEN &&
		       isxdigit((unsigned char)text[len + digits]))
			digits++;
		if (digits == TOKEN_LEN)
			return len;
	}
	return 0;
}

static size_t
word_len(const struct masktext *mask, const char *text, size_t left)
{
	for (size_t i = 0; i < mask->count; i++) {
		const struct word *word = &mask->word[i];

		if (word->len <= left &&
		    memcmp(word->text, text, word->len) == 0)
			return word->len;
	}
	return 0;
}

void
masktext_write(
    const struct masktext *mask, const char *text, size_t len, struct buf *out)
{
	size_t at = 0;

	while (at < len) {
		size_t plain = at;
		size_t secret = 0;
		size_t path = 0;

		while (plain < len && !mask->first[(unsigned char)text[plain]])
			plain++;
		buf_add(out, text + at, plain - at);
		at = plain;
		if (at == len)
			return;
		secret = word_len(mask, text + at, len - at);
		if (secret == 0)
			path = path_len(text + at, len - at);
		if (path > 0)
			secret = TOKEN_LEN;
		buf_add(out, text + at, secret > 0 ? path : 1);
		if (secret > 0)
			buf_adds(out, MASK_SHOWN);
		at += secret > 0 ? path + secret : 1;
	}
}
