#include "net/http_path.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/escape.h"

/* Where the path of an absolute-form target begins, or NULL. */
static const char *
after_authority(const char *target)
{
	static const char *const schemes[] = {"http://", "https://"};

	for (size_t i = 0; i < 2; i++) {
		size_t len = strlen(schemes[i]);

		if (strncasecmp(target, schemes[i], len) == 0)
			return target + len + strcspn(target + len, "/?#");
	}
	return NULL;
}

int
http_target_split(const char *target, const char **ret_path,
    size_t *ret_path_len, const char **ret_query)
{
	const char *path = target;
	size_t len;

	if (path[0] != '/')
		path = after_authority(target);
	if (path == NULL)
		return -EINVAL;
	len = strcspn(path, "?#");
	*ret_path = path;
	*ret_path_len = len;
	*ret_query = path[len] == '?' ? path + len + 1 : path + strlen(path);
	return 0;
}

static bool
is_forbidden(const char *seg, size_t len)
{
	if (len == 2 && seg[0] == '.' && seg[1] == '.')
		return true;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)seg[i];

		if (c < 0x20 || c == 0x7f || c == '\\')
			return true;
	}
	return false;
}

static int
append_segments(const struct buf *raw, struct buf *out)
{
	size_t pos = 0;

	while (pos < raw->len) {
		const char *seg = raw->data + pos;
		const char *slash = memchr(seg, '/', raw->len - pos);
		size_t len =
		    slash == NULL ? raw->len - pos : (size_t)(slash - seg);

		if (is_forbidden(seg, len))
			return -EINVAL;
		if (len > 0 && !(len == 1 && seg[0] == '.')) {
			buf_addc(out, '/');
			buf_add(out, seg, len);
		}
		pos += len + 1;
	}
	return 0;
}

int
http_path_normalise(const char *path, size_t len, struct buf *out)
{
	size_t start = out->len;
	struct buf raw;
	int ret;

	buf_init(&raw, out->max);
	ret = escape_url_decode(&raw, path, len, false);
	if (ret == 0 && buf_bad(&raw))
		ret = -EMSGSIZE;
	if (ret == 0)
		ret = append_segments(&raw, out);
	if (ret == 0 && out->len == start)
		buf_addc(out, '/');
	if (ret == 0 && buf_bad(out))
		ret = -EMSGSIZE;
	buf_done(&raw);
	return ret;
}

static int
decode(const char *text, size_t len, char **ret_out)
{
	struct buf out;
	int ret;

	buf_init(&out, len);
	ret = escape_url_decode(&out, text, len, true);
	if (ret == 0 && buf_bad(&out))
		ret = -EINVAL;
	if (ret < 0) {
		buf_done(&out);
		return ret;
	}
	*ret_out = buf_take(&out, NULL);
	return 0;
}

static int
add_param(struct http_query *query, const char *text, size_t len)
{
	const char *eq = memchr(text, '=', len);
	size_t name_len = eq == NULL ? len : (size_t)(eq - text);
	char *name = NULL;
	char *value = NULL;
	int ret;

	if (query->count == HTTP_QUERY_MAX)
		return -E2BIG;
	ret = decode(text, name_len, &name);
	if (ret < 0)
		return ret;
	if (eq != NULL)
		ret = decode(eq + 1, len - name_len - 1, &value);
	else
		ret = decode("", 0, &value);
	if (ret < 0) {
		free(name);
		return ret;
	}
	query->param[query->count].name = name;
	query->param[query->count].value = value;
	query->count++;
	return 0;
}

int
http_query_parse(const char *text, struct http_query *ret_query)
{
	struct http_query query = {.count = 0};

	while (*text != '\0' && *text != '#') {
		size_t len = strcspn(text, "&#");
		int ret = len == 0 ? 0 : add_param(&query, text, len);

		if (ret < 0) {
			http_query_done(&query);
			return ret;
		}
		text += len;
		if (*text == '&')
			text++;
	}
	*ret_query = query;
	return 0;
}

void
http_query_done(struct http_query *query)
{
	for (size_t i = 0; i < query->count; i++) {
		free(query->param[i].name);
		free(query->param[i].value);
	}
	query->count = 0;
}

const char *
http_query_get(const struct http_query *query, const char *name)
{
	for (size_t i = 0; i < query->count; i++) {
		if (strcmp(query->param[i].name, name) == 0)
			return query->param[i].value;
	}
	return NULL;
}
