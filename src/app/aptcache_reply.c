#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/aptcache_private.h"

time_t
aptcache_parse_date(const char *text)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);

	return end == NULL || *end != '\0' ? (time_t)-1 : timegm(&tm);
}

/* apt knows a file by its date, and compares for equality. */
static void
reply_headers(struct http_req *req, const struct aptcache_file *file)
{
	char date[HTTPRANGE_DATE_STRLEN];

	http_reply_header(
	    req, "Last-Modified", httprange_date(file->modified, date));
	http_reply_header(req, "Accept-Ranges", "bytes");
	http_reply_header(req, "Cache-Control", "no-cache");
	http_reply_header(req, "X-Cache", file->how);
	if (strcmp(file->how, "stale") == 0)
		http_reply_header(
		    req, "Warning", "111 - \"Revalidation Failed\"");
}

static bool
is_unchanged(const struct http_req *req, const struct aptcache_file *file)
{
	const char *since = http_req_header(req, "If-Modified-Since");

	return since != NULL && aptcache_parse_date(since) == file->modified;
}

bool
aptcache_reply_span(struct http_req *req, const struct aptcache_file *file,
    struct httprange_span *ret_span, int *ret_status)
{
	const char *range = http_req_header(req, "Range");
	char text[80];

	reply_headers(req, file);
	if (is_unchanged(req, file)) {
		http_reply(req, 304, NULL, NULL, 0);
		return false;
	}
	if (http_req_method(req) != HTTP_GET ||
	    !httprange_if_range(
		http_req_header(req, "If-Range"), "", file->modified))
		range = NULL;
	switch (httprange_parse(range, file->size, ret_span)) {
	case HTTPRANGE_WHOLE:
		*ret_status = 200;
		return true;
	case HTTPRANGE_PART:
		snprintf(text, sizeof text,
		    "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, ret_span->first,
		    ret_span->first + ret_span->len - 1, file->size);
		http_reply_header(req, "Content-Range", text);
		*ret_status = 206;
		return true;
	case HTTPRANGE_UNSATISFIABLE:
	default:
		snprintf(text, sizeof text, "bytes */%" PRIu64, file->size);
		http_reply_header(req, "Content-Range", text);
		http_reply_text(req, 416, NULL);
		return false;
	}
}

void
aptcache_reply_file(struct http_req *req, const struct aptcache_file *file)
{
	struct httprange_span span;
	int status;

	if (aptcache_reply_span(req, file, &span, &status))
		http_reply_file(req, status, file->fd, span.first, span.len);
	else
		close(file->fd);
}
