#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/httpd_private.h"

#define METHODS_ALL                                                            \
	((unsigned)(HTTP_GET | HTTP_HEAD | HTTP_POST | HTTP_PUT | HTTP_DELETE))

/* One segment of a pattern. */
struct piece {
	const char *text; /* of a capture: its name */
	size_t len;
	bool capture;
	bool rest; /* {name...} */
};

/* Takes the segment at *pos, which is at its slash; false at the end. */
static bool
next_piece(const char **pos, struct piece *ret_piece)
{
	struct piece piece = {0};
	const char *start = *pos;

	if (*start != '/' || start[1] == '\0')
		return false;
	start++;
	piece.text = start;
	piece.len = strcspn(start, "/");
	*pos = start + piece.len;
	if (piece.len >= 2 && start[0] == '{' && start[piece.len - 1] == '}') {
		piece.capture = true;
		piece.text++;
		piece.len -= 2;
		if (piece.len > 3 &&
		    memcmp(piece.text + piece.len - 3, "...", 3) == 0) {
			piece.rest = true;
			piece.len -= 3;
		}
	}
	*ret_piece = piece;
	return true;
}

static const char *
pattern_fault(const char *pattern)
{
	struct piece piece = {0};
	size_t captures = 0;

	if (pattern == NULL || pattern[0] != '/')
		return "its path does not begin with a slash";
	while (next_piece(&pattern, &piece)) {
		if (piece.len == 0)
			return "its path has an empty segment";
		if (piece.rest && *pattern != '\0')
			return "something follows {name...}";
		if (piece.capture && ++captures > HTTP_CAPTURES_MAX)
			return "its path has too many captures";
	}
	return *pattern == '\0' || strcmp(pattern, "/") == 0
		   ? NULL
		   : "its path is malformed";
}

static const char *
route_fault(const struct http_route *route)
{
	const char *fault = pattern_fault(route->path);

	if (fault != NULL)
		return fault;
	if (route->access == HTTP_ACCESS_INVALID)
		return "it has no access class";
	if (route->methods == 0 || (route->methods & ~METHODS_ALL) != 0)
		return "it has no or unknown methods";
	if (route->handler == NULL)
		return "it has no handler";
	return NULL;
}

int
http_routes_check(
    const struct http_route *routes, size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const char *fault = route_fault(&routes[i]);

		if (fault == NULL)
			continue;
		err_set(err, "HTTP route %zu (%s): %s", i + 1,
		    routes[i].path == NULL ? "?" : routes[i].path, fault);
		return -EINVAL;
	}
	return 0;
}

static void
clear_captures(struct http_req *req)
{
	while (req->capture_count > 0)
		free(req->capture[--req->capture_count].value);
}

static void
take_capture(struct http_req *req, const struct piece *piece, const char *value,
    size_t len)
{
	struct http_capture *capture = &req->capture[req->capture_count++];

	capture->name = piece->text;
	capture->name_len = piece->len;
	capture->value = mem_strndup(value, len);
}

/* Matches one segment of the path, which *pos is at the slash of. */
static bool
match_piece(struct http_req *req, const struct piece *piece, const char **pos)
{
	const char *seg = *pos;
	size_t len;

	if (*seg == '/')
		seg++;
	len = piece->rest ? strlen(seg) : strcspn(seg, "/");
	if (len == 0 && !piece->rest)
		return false;
	if (piece->capture)
		take_capture(req, piece, seg, len);
	else if (len != piece->len || memcmp(seg, piece->text, len) != 0)
		return false;
	*pos = seg + len;
	return true;
}

static bool
match(struct http_req *req, const char *pattern)
{
	const char *pos = req->path.data;
	struct piece piece;

	clear_captures(req);
	while (next_piece(&pattern, &piece)) {
		if (!match_piece(req, &piece, &pos))
			return false;
	}
	return *pos == '\0' || strcmp(pos, "/") == 0;
}

static unsigned
route_methods(const struct http_route *route)
{
	return route->methods | (route->methods & HTTP_GET ? HTTP_HEAD : 0u);
}

int
http_route_find(
    const struct httpd *httpd, struct http_req *req, unsigned *ret_methods)
{
	unsigned methods = 0;

	for (size_t i = 0; i < httpd->config.route_count; i++) {
		const struct http_route *route = &httpd->config.routes[i];

		if (!match(req, route->path))
			continue;
		methods |= route_methods(route);
		if ((route_methods(route) & req->method) == 0)
			continue;
		req->route = route;
		return 0;
	}
	clear_captures(req);
	if (methods == 0)
		return 404;
	*ret_methods = methods;
	return 405;
}
