/* Downloads, and those who are fed from them while they grow. */
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/aptcache_private.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

enum {
	QUEUE_MAX = 512 * 1024, /* bytes that wait for one client */
	CHUNK = 8 * 1024,
	CONNECT_MS = 5000,
	STALL_MS = 20000,
	RETRIES = 3, /* where there is nothing else to serve */
	BACKOFF_MS = 300
};

/* ---- clients ---------------------------------------------------------------
 */

static void
load_free_idle(struct aptcache_load *load)
{
	if (load->fetch != NULL || !LIST_EMPTY(&load->clients))
		return;
	LIST_REMOVE(load, link);
	if (load->fd >= 0)
		close(load->fd);
	free(load->path);
	free(load->known);
	free(load);
}

static void
client_free(struct aptcache_client *client)
{
	LIST_REMOVE(client, link);
	free(client);
}

/* Before its reply: the request is still ours to end. */
static void
on_gone_cb(void *arg)
{
	struct aptcache_client *client = arg;
	struct aptcache_load *load = client->load;

	http_req_drop(client->req);
	client_free(client);
	load_free_idle(load);
}

static void
on_close_cb(void *arg)
{
	struct aptcache_client *client = arg;
	struct aptcache_load *load = client->load;

	client_free(client);
	load_free_idle(load);
}

/* Gives what is there and the client takes. True: that was all of it. */
static bool
client_feed(struct aptcache_client *client)
{
	const struct aptcache_load *load = client->load;
	char chunk[CHUNK];

	while (client->pos < client->end && client->pos < load->have &&
	       http_stream_queued(client->stream) < QUEUE_MAX) {
		uint64_t left =
		    (client->end < load->have ? client->end : load->have) -
		    client->pos;
		size_t len = left < sizeof chunk ? (size_t)left : sizeof chunk;
		ssize_t n = pread(load->fd, chunk, len, (off_t)client->pos);

		if (n <= 0) {
			http_stream_close(client->stream, true);
			return true;
		}
		client->pos += (uint64_t)n;
		http_stream_write(client->stream, chunk, (size_t)n);
	}
	if (client->pos < client->end)
		return false;
	http_stream_close(client->stream, false);
	return true;
}

static void
on_drain_cb(void *arg)
{
	struct aptcache_client *client = arg;
	struct aptcache_load *load = client->load;

	if (!client_feed(client))
		return;
	client_free(client);
	load_free_idle(load);
}

/* The reply begins; true: it is over, too. */
static bool
client_begin(struct aptcache_client *client)
{
	const struct aptcache_load *load = client->load;
	const struct aptcache_file file = {
	    -1, load->total, load->modified, "miss"};
	struct http_req *req = client->req;
	struct httprange_span span;
	int status;

	client->req = NULL;
	if (!aptcache_reply_span(req, &file, &span, &status))
		return true;
	client->stream = http_stream_open_sized(
	    req, status, "application/octet-stream", span.len);
	if (client->stream == NULL)
		return true;
	client->pos = span.first;
	client->end = span.first + span.len;
	http_stream_set_cbs(client->stream, on_close_cb, on_drain_cb, client);
	return client_feed(client);
}

static void
feed_all(struct aptcache_load *load)
{
	struct aptcache_client *client, *next;

	for (client = LIST_FIRST(&load->clients); client != NULL;
	     client = next) {
		next = LIST_NEXT(client, link);
		if (client->stream != NULL
			? client_feed(client)
			: load->total > 0 && client_begin(client))
			client_free(client);
	}
}

/* Of what they got nothing is worth anything now. */
static void
cut_streams(struct aptcache_load *load)
{
	struct aptcache_client *client, *next;

	for (client = LIST_FIRST(&load->clients); client != NULL;
	     client = next) {
		next = LIST_NEXT(client, link);
		if (client->stream == NULL)
			continue;
		http_stream_close(client->stream, true);
		client_free(client);
	}
}

/* Those who wait are answered from the store, or not at all. */
static void
answer_waiting(struct aptcache_load *load, const char *how, int status)
{
	struct aptcache *cache = load->cache;
	struct aptcache_client *client, *next;

	for (client = LIST_FIRST(&load->clients); client != NULL;
	     client = next) {
		struct aptcache_file file = {.fd = -1, .how = how};
		struct stat st;

		next = LIST_NEXT(client, link);
		if (client->stream != NULL)
			continue;
		if (how != NULL)
			file.fd =
			    aptcache_store_get(&cache->store, load->path, &st);
		if (file.fd >= 0) {
			file.size = (uint64_t)st.st_size;
			file.modified = st.st_mtime;
			aptcache_reply_file(client->req, &file);
		} else {
			http_reply_text(client->req, status, NULL);
		}
		client_free(client);
	}
}

/* ---- the download -----------------------------------------------------------
 */

static int
open_part(struct aptcache_load *load)
{
	char *part = mem_printf("%s.part", load->key);

	load->fd = openat(
	    load->cache->store.parts, part, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	free(part);
	return load->fd < 0 ? -errno : 0;
}

static int
on_begin_cb(void *arg, uint64_t have, uint64_t total, struct err *err)
{
	struct aptcache_load *load = arg;
	int room = aptcache_store_make_room(
	    &load->cache->store, total > have ? total - have : 0);

	if (room < 0) {
		err_set(err, "%s: no room in the cache", load->path);
		return room;
	}
	load->cache->counts.evicted += (uint64_t)room;
	/* It began anew: perhaps with other bytes. */
	if (have < load->have)
		cut_streams(load);
	load->have = have;
	load->total = total;
	load->modified = aptcache_parse_date(fetch_modified(load->fetch));
	if (load->modified == (time_t)-1)
		load->modified = time(NULL);
	if (load->fd < 0 && open_part(load) < 0)
		return -EIO;
	feed_all(load);
	return 0;
}

static void
on_progress_cb(void *arg, uint64_t now, uint64_t total)
{
	struct aptcache_load *load = arg;

	(void)total;
	if (load->fd < 0)
		return;
	load->have = now;
	feed_all(load);
}

/* With a new InRelease its old indexes go: no client shall mix them. */
static void
drop_siblings(struct aptcache_load *load)
{
	const char *slash = strrchr(load->path, '/');
	char *dir;

	if (strcmp(slash, "/InRelease") != 0 && strcmp(slash, "/Release") != 0)
		return;
	dir = mem_strndup(load->path, (size_t)(slash - load->path));
	aptcache_store_drop_indexes(&load->cache->store, dir);
	free(dir);
}

static void
end_well(struct aptcache_load *load, const struct fetch_result *result)
{
	struct aptcache *cache = load->cache;
	struct err err = {0};

	load->have = result->size;
	if (load->total == 0)
		load->total = load->have;
	if (aptcache_store_commit(&cache->store, load->key, load->path,
		result->fd, load->modified, &err) < 0)
		log_error(NULL, "apt cache: %s", err.text);
	else
		drop_siblings(load);
	fetch_forget(cache->store.parts, load->key);
	cache->counts.misses++;
	feed_all(load);
	answer_waiting(load, "miss", 502);
	if (aptcache_store_make_room(&cache->store, 0) > 0)
		log_debug(NULL, "apt cache: old files were removed");
}

static void
end_badly(struct aptcache_load *load, const struct fetch_result *result)
{
	struct aptcache_counts *counts = &load->cache->counts;
	bool gone = result->status == 404 || result->status == 410;
	bool stale = load->known != NULL && !gone;
	int status = gone ? 404 : 502;

	if (result->error == -ENOSPC)
		status = 503;
	if (!gone)
		log_warn(NULL, "apt cache: %s: %s%s", load->path,
		    result->err.text, stale ? "; what is there is served" : "");
	counts->stale += stale;
	counts->failed += !stale;
	/* Short of its Content-Length: apt goes on later. */
	cut_streams(load);
	answer_waiting(load, stale ? "stale" : NULL, status);
}

static void
on_done_cb(void *arg, struct fetch_result *result)
{
	struct aptcache_load *load = arg;
	struct aptcache *cache = load->cache;

	load->fetch = NULL;
	LIST_REMOVE(load, link);
	LIST_INSERT_HEAD(&cache->feeding, load, link);
	cache->load_count--;
	if (result->error == 0) {
		end_well(load, result);
	} else if (result->error == -EALREADY) {
		cache->counts.fresh++;
		fetch_forget(cache->store.parts, load->key);
		answer_waiting(load, "fresh", 502);
	} else {
		end_badly(load, result);
	}
	if (result->fd >= 0)
		close(result->fd);
	load_free_idle(load);
}

/* ---- requests
 * ---------------------------------------------------------------- */

static struct aptcache_load *
find_load(struct aptcache *cache, const char *path)
{
	struct aptcache_load *load;

	LIST_FOREACH(load, &cache->loads, link)
	{
		if (strcmp(load->path, path) == 0)
			return load;
	}
	return NULL;
}

static int
start_fetch(struct aptcache_load *load, const char *url, struct err *err)
{
	const struct fetch_spec spec = {.url = url,
	    .dir_fd = load->cache->store.parts,
	    .key = load->key,
	    .size_max = APTCACHE_FILE_MAX,
	    .if_modified = load->known,
	    .public_redirects = true,
	    .connect_ms = CONNECT_MS,
	    .stall_ms = STALL_MS,
	    .retries = load->known == NULL ? RETRIES : 0,
	    .backoff_ms = BACKOFF_MS,
	    .on_begin = on_begin_cb,
	    .on_progress = on_progress_cb,
	    .on_done = on_done_cb,
	    .arg = load};

	/* The rest of an older one is no answer to "is there a newer one?". */
	if (load->known != NULL)
		fetch_forget(load->cache->store.parts, load->key);
	load->fetch = fetch_start(load->cache->loop, &spec, err);
	return load->fetch == NULL ? -EINVAL : 0;
}

static struct aptcache_load *
load_new(struct aptcache *cache, const char *path, const char *url,
    time_t known, struct err *err)
{
	struct aptcache_load *load = mem_alloc(sizeof *load);
	unsigned char sum[EVP_MAX_MD_SIZE] = {0};
	char date[HTTPRANGE_DATE_STRLEN];

	load->cache = cache;
	load->fd = -1;
	LIST_INIT(&load->clients);
	(void)EVP_Digest(path, strlen(path), sum, NULL, EVP_sha256(), NULL);
	str_hex(sum, 16, load->key);
	if (known != (time_t)-1)
		load->known = mem_strdup(httprange_date(known, date));
	if (start_fetch(load, url, err) < 0) {
		free(load->known);
		free(load);
		return NULL;
	}
	load->path = mem_strdup(path);
	LIST_INSERT_HEAD(&cache->loads, load, link);
	cache->load_count++;
	return load;
}

void
aptcache_load_request(struct aptcache *cache, struct http_req *req,
    const char *path, const char *url, time_t known)
{
	struct aptcache_load *load = find_load(cache, path);
	struct aptcache_client *client;
	struct err err = {0};

	if (load == NULL && cache->load_count < APTCACHE_LOADS_MAX)
		load = load_new(cache, path, url, known, &err);
	if (load == NULL) {
		http_reply_text(req, 503, NULL);
		return;
	}
	client = mem_alloc(sizeof *client);
	client->load = load;
	client->req = req;
	LIST_INSERT_HEAD(&load->clients, client, link);
	if (load->total > 0) {
		if (client_begin(client))
			client_free(client);
	} else {
		http_req_on_gone(req, on_gone_cb, client);
	}
}

void
aptcache_load_stop(struct aptcache *cache)
{
	struct aptcache_load *load, *next;

	for (load = LIST_FIRST(&cache->loads); load != NULL; load = next) {
		next = LIST_NEXT(load, link);
		fetch_cancel(load->fetch);
		load->fetch = NULL;
		cut_streams(load);
		answer_waiting(load, NULL, 503);
		load_free_idle(load);
	}
	for (load = LIST_FIRST(&cache->feeding); load != NULL; load = next) {
		next = LIST_NEXT(load, link);
		cut_streams(load);
		load_free_idle(load);
	}
}
