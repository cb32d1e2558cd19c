/*
 * A request target: split, path made normal, query taken apart. The normal
 * form must be one that is safe to match and to open, and escaping it and
 * making it normal again must give it back.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "net/http_path.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum {
	CEILING = 65536
};

static void
must(int condition)
{
	if (!condition)
		abort();
}

static void
check_form(const struct buf *path)
{
	must(path->len == strlen(path->data));
	must(path->data[0] == '/');
	must(path->len == 1 || path->data[path->len - 1] != '/');
	must(strstr(path->data, "//") == NULL);
	must(strchr(path->data, '\\') == NULL);
	for (const char *seg = path->data; seg != NULL;
	     seg = strchr(seg + 1, '/')) {
		size_t n = strcspn(seg + 1, "/");

		must(!(n == 1 && seg[1] == '.'));
		must(!(n == 2 && seg[1] == '.' && seg[2] == '.'));
	}
}

static void
check_again(const struct buf *path)
{
	struct buf escaped, again;

	buf_init(&escaped, 3 * (size_t)CEILING);
	buf_init(&again, CEILING);
	for (size_t i = 0; i < path->len; i++)
		buf_addf(&escaped, "%%%02x", (unsigned char)path->data[i]);
	must(http_path_normalise(escaped.data, escaped.len, &again) == 0);
	must(again.len == path->len);
	must(memcmp(again.data, path->data, path->len) == 0);
	buf_done(&escaped);
	buf_done(&again);
}

static void
check_query(const char *text)
{
	struct http_query query;

	if (http_query_parse(text, &query) < 0)
		return;
	must(query.count <= HTTP_QUERY_MAX);
	for (size_t i = 0; i < query.count; i++)
		must(http_query_get(&query, query.param[i].name) != NULL);
	http_query_done(&query);
}

static void
check(const char *target)
{
	const char *path, *query;
	struct buf normal;
	size_t len;

	if (http_target_split(target, &path, &len, &query) < 0)
		return;
	must(path + len <= target + strlen(target));
	must(query <= target + strlen(target));
	buf_init(&normal, CEILING);
	if (http_path_normalise(path, len, &normal) == 0) {
		check_form(&normal);
		check_again(&normal);
	}
	buf_done(&normal);
	check_query(query);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *target = malloc(len + 1);

	if (target == NULL)
		return 0;
	if (len > 0)
		memcpy(target, data, len);
	target[len] = '\0';
	check(target);
	free(target);
	return 0;
}
