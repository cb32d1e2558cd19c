#include "app/texts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/mem.h"

struct text {
	char *name;
	char *data;
	size_t len;
	UT_hash_handle hh;
};

struct texts {
	struct text *by_name;
	char places[200]; /* "/etc/x, /usr/share/y" */
};

struct texts *
texts_new(void)
{
	return mem_alloc(sizeof(struct texts));
}

void
texts_free(struct texts *texts)
{
	struct text *text;
	struct text *next;

	if (texts == NULL)
		return;
	HASH_ITER (hh, texts->by_name, text, next) {
		HASH_DEL(texts->by_name, text);
		free(text->name);
		free(text->data);
		free(text);
	}
	free(texts);
}

static struct text *
find(const struct texts *texts, const char *name)
{
	struct text *text;

	HASH_FIND_STR(texts->by_name, name, text);
	return text;
}

void
texts_add(struct texts *texts, const char *name, const char *data, size_t len)
{
	struct text *text;

	if (find(texts, name) != NULL)
		return;
	text = mem_alloc(sizeof *text);
	text->name = mem_strdup(name);
	text->data = mem_alloc(len + 1);
	if (len > 0)
		memcpy(text->data, data, len);
	text->len = len;
	HASH_ADD_KEYPTR(
	    hh, texts->by_name, text->name, strlen(text->name), text);
}

const char *
texts_find(const struct texts *texts, const char *name, size_t *ret_len)
{
	const struct text *text = find(texts, name);

	if (text == NULL)
		return NULL;
	*ret_len = text->len;
	return text->data;
}

void
texts_add_place(struct texts *texts, const char *path)
{
	size_t len = strlen(texts->places);

	snprintf(texts->places + len, sizeof texts->places - len, "%s%s",
	    len == 0 ? "" : ", ", path);
}

int
texts_each(const struct texts *texts, int (*cb)(void *arg, const char *name),
    void *arg)
{
	const struct text *text;
	const struct text *next;
	int ret = 0;

	HASH_ITER (hh, texts->by_name, text, next) {
		if (ret == 0)
			ret = cb(arg, text->name);
	}
	return ret;
}

int
texts_load(void *arg, const char *name, struct buf *out, struct err *err)
{
	const struct texts *texts = arg;
	const struct text *text = find(texts, name);

	if (text == NULL) {
		err_set(err, "there is no template '%s'", name);
		err_hint(err, "looked for in %s", texts->places);
		return -ENOENT;
	}
	buf_add(out, text->data, text->len);
	return 0;
}
