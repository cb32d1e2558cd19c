#include "app/aptcache.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/aptcache_private.h"
#include "base/escape.h"
#include "base/mem.h"
#include "base/str.h"

/* Who asks for the same file again so soon found it damaged, perhaps. */
#define AGAIN_MS (INT64_C(10) * 60 * 1000)

int
aptcache_check_upstream(const char *text, struct err *err)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-");
	const char *url = text + len + 1;
	const char *fault = NULL;

	if (len == 0 || len > 32 || text[len] != '=')
		fault = "is not NAME=URL with a name of a-z, 0-9 and '-'";
	else if (strncmp(text, "status=", 7) == 0)
		fault = "has a name that is taken: it is the status' own";
	else if (!str_starts(url, "http://") && !str_starts(url, "https://"))
		fault = "has no http or https URL";
	else if (strpbrk(url, "?#@ \t\r\n") != NULL ||
		 strlen(url) > APTCACHE_PATH_MAX)
		fault = "has an URL with a query, an account or blanks";
	if (fault == NULL)
		return 0;
	err_set(err, "\"%.200s\" %s", text, fault);
	err_hint(err, "ubuntu=http://archive.ubuntu.com/ubuntu");
	return -EINVAL;
}

/* ---- requests
 * ---------------------------------------------------------------- */

/* The base of the path's first segment, without a slash at its end. */
static const char *
find_base(const struct aptcache *cache, const char *path, size_t *ret_len)
{
	size_t name = strcspn(path, "/");

	for (size_t i = 0; i < cache->config.upstream_count; i++) {
		const char *row = cache->config.upstreams[i];

		if (strncmp(row, path, name) != 0 || row[name] != '=')
			continue;
		row += name + 1;
		*ret_len = strlen(row);
		while (*ret_len > 0 && row[*ret_len - 1] == '/')
			(*ret_len)--;
		return row;
	}
	return NULL;
}

/* Behind the name: no hidden segments, which are ours, and nothing that is
 * no text. The server has decoded it once and taken ".." and "//" out. */
static bool
is_plain(const char *path)
{
	const char *rest = strchr(path, '/');

	if (rest == NULL || rest[1] == '\0' ||
	    strlen(path) > APTCACHE_PATH_MAX || path[strlen(path) - 1] == '/' ||
	    strstr(path, "/.") != NULL)
		return false;
	for (const char *pos = path; *pos != '\0'; pos++) {
		if ((unsigned char)*pos < ' ' || *pos == 0x7f)
			return false;
	}
	return true;
}

/* Each segment escaped but for what package names hold: mirrors differ in
 * whether they take %2B for '+'. */
static char *
make_url(const char *base, size_t base_len, const char *rest)
{
	struct buf url;
	size_t len;

	buf_init(&url, 8 * (size_t)APTCACHE_PATH_MAX);
	buf_add(&url, base, base_len);
	for (; *rest != '\0'; rest += len) {
		len = strcspn(rest, "/+~:=@,");
		if (len == 0)
			buf_addc(&url, rest[len++]);
		else
			escape_url(&url, rest, len);
	}
	return buf_take(&url, NULL);
}

/* FNV-1a. */
static uint64_t
hash_text(uint64_t hash, const char *text)
{
	for (; *text != '\0'; text++)
		hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return hash;
}

/* Whether the client says that it wants no cached one, or asks for all of it
 * a second time: what is there may be damaged. */
static bool
is_doubted(struct aptcache *cache, const struct http_req *req, const char *path)
{
	const char *control = http_req_header(req, "Cache-Control");
	uint64_t hash = hash_text(
	    hash_text(UINT64_C(14695981039346656037), http_req_peer(req)),
	    path);
	int64_t now = loop_now_ms(cache->loop);
	size_t slot = hash % 256;
	bool again;

	if (control != NULL && strstr(control, "no-cache") != NULL)
		return true;
	if (http_req_method(req) != HTTP_GET ||
	    http_req_header(req, "Range") != NULL ||
	    http_req_header(req, "If-Modified-Since") != NULL)
		return false;
	again = cache->asked[slot] == hash &&
		now - cache->asked_ms[slot] < AGAIN_MS;
	cache->asked[slot] = again ? 0 : hash;
	cache->asked_ms[slot] = now;
	return again;
}

/* True: it was answered from what is there. */
static bool
serve_cached(struct aptcache *cache, struct http_req *req, const char *path,
    time_t *ret_known, bool *ret_doubted)
{
	struct aptcache_file file = {.how = "hit"};
	struct stat st;
	bool immutable = aptcache_is_immutable(path);

	*ret_known = -1;
	*ret_doubted = false;
	file.fd = aptcache_store_get(&cache->store, path, &st);
	if (file.fd < 0)
		return false;
	*ret_known = st.st_mtime;
	if (!cache->config.offline) {
		*ret_doubted = immutable && is_doubted(cache, req, path);
		if (!immutable || *ret_doubted) {
			close(file.fd);
			return false;
		}
	}
	file.size = (uint64_t)st.st_size;
	file.modified = st.st_mtime;
	cache->counts.hits++;
	aptcache_reply_file(req, &file);
	return true;
}

static void
on_request(void *arg, struct http_req *req)
{
	struct aptcache *cache = arg;
	const char *path = http_req_capture(req, "path");
	size_t base_len = 0;
	const char *base = find_base(cache, path, &base_len);
	bool doubted;
	time_t known;
	char *url;

	if (base == NULL || !is_plain(path)) {
		http_reply_text(req, 404, NULL);
		return;
	}
	if (serve_cached(cache, req, path, &known, &doubted))
		return;
	if (cache->config.offline) {
		cache->counts.failed++;
		http_reply_text(
		    req, 504, "not in the cache, which is offline\n");
		return;
	}
	url = make_url(base, base_len, strchr(path, '/'));
	/* 304 would leave a damaged one where it is: any date is older. */
	aptcache_load_request(cache, req, path, url, doubted ? 0 : known);
	free(url);
}

static void
on_status(void *arg, struct http_req *req)
{
	const struct aptcache *cache = arg;
	const struct aptcache_counts *counts = &cache->counts;
	json_t *map = json_pack("{s:b, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I,"
				" s:I, s:I}",
	    "offline", (int)cache->config.offline, "bytes",
	    (json_int_t)cache->store.bytes, "bytes_max",
	    (json_int_t)cache->store.size_max, "files",
	    (json_int_t)cache->store.files, "downloads",
	    (json_int_t)cache->load_count, "hits", (json_int_t)counts->hits,
	    "misses", (json_int_t)counts->misses, "fresh",
	    (json_int_t)counts->fresh, "stale", (json_int_t)counts->stale,
	    "failed", (json_int_t)counts->failed, "evicted",
	    (json_int_t)counts->evicted);
	char *text = map == NULL ? NULL : json_dumps(map, JSON_COMPACT);

	json_decref(map);
	if (text == NULL)
		http_reply_text(req, 500, NULL);
	else
		http_reply(req, 200, "application/json", text, strlen(text));
	free(text);
}

static const struct http_route routes[] = {
    {HTTP_GET, "/apt/status", HTTP_ACCESS_PUBLIC, 0, on_status},
    {HTTP_GET, "/apt/{path...}", HTTP_ACCESS_PUBLIC, 0, on_request},
};

struct aptcache *
aptcache_new(
    struct loop *loop, const struct aptcache_config *config, struct err *err)
{
	struct aptcache *cache = mem_alloc(sizeof *cache);
	const struct httpd_config httpd = {.routes = routes,
	    .route_count = sizeof routes / sizeof routes[0],
	    .arg = cache};

	cache->loop = loop;
	cache->config = *config;
	LIST_INIT(&cache->loads);
	LIST_INIT(&cache->feeding);
	if (aptcache_store_open(&cache->store, config, err) == 0)
		cache->httpd = httpd_new(loop, &httpd, err);
	if (cache->httpd != NULL)
		return cache;
	aptcache_store_done(&cache->store);
	free(cache);
	return NULL;
}

int
aptcache_listen(struct aptcache *cache, int fd, struct err *err)
{
	return httpd_listen(cache->httpd, fd, err);
}

void
aptcache_free(struct aptcache *cache)
{
	if (cache == NULL)
		return;
	aptcache_load_stop(cache);
	httpd_free(cache->httpd);
	aptcache_store_done(&cache->store);
	free(cache);
}
