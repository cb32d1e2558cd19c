/*
 * The text of a request target, made safe: what everything later compares
 * and opens. Pure, and fuzzed (tests/fuzz/fuzz_httppath.c).
 */
#ifndef CONVECT_NET_HTTP_PATH_H
#define CONVECT_NET_HTTP_PATH_H

#include <stddef.h>

#include "base/buf.h"

/*
 * Splits a request target in origin-form ("/a?b", "//a") or absolute-form
 * ("http://h:1/a?b") into path and query. `ret_query` is "" without one; both
 * point into `target`, the path ends at *ret_path_len. -EINVAL: neither form.
 */
int http_target_split(const char *target, const char **ret_path,
    size_t *ret_path_len, const char **ret_query);

/*
 * Appends the normal form: %-escapes undone once, then runs of slashes made
 * one, empty and "." segments gone, no slash at the end, at least "/". An
 * escaped slash is a slash. -EINVAL: "..", a backslash, a control byte, a
 * broken escape; -EMSGSIZE: longer than out's ceiling.
 */
int http_path_normalise(const char *path, size_t len, struct buf *out);

#define HTTP_QUERY_MAX 64 /* parameters; more are refused */

struct http_query {
	struct {
		char *name;
		char *value; /* "" without '=' */
	} param[HTTP_QUERY_MAX];
	size_t count;
};

/* "a=b&c=%20d"; '+' is a space. -EINVAL on a broken escape or a NUL, -E2BIG
 * on too many. To be done after success only. */
int http_query_parse(const char *text, struct http_query *ret_query);
void http_query_done(struct http_query *query);
/* The first of that name, or NULL. */
const char *http_query_get(const struct http_query *query, const char *name);

#endif
