/*
 * Inside the cache: aptcache.c takes requests, aptcache_load.c downloads and
 * feeds, aptcache_reply.c answers, aptcache_store.c keeps files.
 */
#ifndef CONVECT_APP_APTCACHE_PRIVATE_H
#define CONVECT_APP_APTCACHE_PRIVATE_H

#include <sys/queue.h>
#include <sys/stat.h>
#include <time.h>

#include "app/aptcache.h"
#include "net/fetch.h"
#include "net/httpd.h"
#include "net/httpd_stream.h"
#include "wire/httprange.h"

#define APTCACHE_PATH_MAX 1024
#define APTCACHE_LOADS_MAX 256
#define APTCACHE_PARTS ".parts"
#define APTCACHE_FILE_MAX (UINT64_C(16) << 30)

struct aptcache_counts {
	uint64_t hits;	 /* answered without the upstream */
	uint64_t misses; /* downloaded */
	uint64_t fresh;	 /* the upstream said that it is unchanged */
	uint64_t stale;	 /* the upstream could not be asked */
	uint64_t failed; /* nothing to serve */
	uint64_t evicted;
};

/* ---- aptcache_store.c ------------------------------------------------------
 */

struct aptcache_store {
	int dir;
	int parts;
	uint64_t bytes;
	uint64_t files;
	uint64_t size_max;
	uint64_t free_floor;
};

/* Removes old parts and counts what is there. */
int aptcache_store_open(struct aptcache_store *store,
    const struct aptcache_config *config, struct err *err);
void aptcache_store_done(struct aptcache_store *store);
/* An open file of that path, marked as used now; a negative errno. */
int aptcache_store_get(
    struct aptcache_store *store, const char *path, struct stat *ret_st);
/* Parts' KEY.part, which is open as fd, becomes the file. */
int aptcache_store_commit(struct aptcache_store *store, const char *key,
    const char *path, int fd, time_t modified, struct err *err);
/* Drops the indexes below `dir` that are not by-hash. */
void aptcache_store_drop_indexes(struct aptcache_store *store, const char *dir);
/* Evicts until `bytes` more fit; -ENOSPC. Returns how many went. */
int aptcache_store_make_room(struct aptcache_store *store, uint64_t bytes);
/* Never asked for again: packages and by-hash. */
bool aptcache_is_immutable(const char *path);

/* ---- aptcache_load.c -------------------------------------------------------
 */

struct aptcache_load;

/* One who waits for a file, or is fed from it. */
struct aptcache_client {
	LIST_ENTRY(aptcache_client) link;
	struct aptcache_load *load;
	struct http_req *req;	    /* until its reply has begun */
	struct http_stream *stream; /* from then on */
	uint64_t pos;		    /* in the file */
	uint64_t end;
};

struct aptcache_load {
	LIST_ENTRY(aptcache_load) link;
	struct aptcache *cache;
	char *path;
	char key[33];
	char *known;	     /* If-Modified-Since, or NULL */
	struct fetch *fetch; /* NULL: it has ended */
	int fd;		     /* the growing file; -1: not begun */
	uint64_t have;
	uint64_t total; /* 0: not known */
	time_t modified;
	LIST_HEAD(, aptcache_client) clients;
};

struct aptcache {
	struct loop *loop;
	struct aptcache_config config;
	struct aptcache_store store;
	struct httpd *httpd;
	struct aptcache_counts counts;
	LIST_HEAD(, aptcache_load) loads;   /* of downloads that run */
	LIST_HEAD(, aptcache_load) feeding; /* complete, with clients */
	size_t load_count;
	uint64_t asked[256]; /* who asked for what lately: a hash */
	int64_t asked_ms[256];
};

/* Feeds the request from a download of `path` from `url`, which runs or is
 * begun. `known`: the date of what is in the cache; -1: nothing. */
void aptcache_load_request(struct aptcache *cache, struct http_req *req,
    const char *path, const char *url, time_t known);
void aptcache_load_stop(struct aptcache *cache);

/* ---- aptcache_reply.c ------------------------------------------------------
 */

/* What the headers say of a file. */
struct aptcache_file {
	int fd;
	uint64_t size;
	time_t modified;
	const char *how; /* X-Cache: "hit", "miss", "fresh", "stale" */
};

/* What of it is asked for; 304, 416 and HEAD are answered at once: false. */
bool aptcache_reply_span(struct http_req *req, const struct aptcache_file *file,
    struct httprange_span *ret_span, int *ret_status);
/* From a complete file; owns the descriptor. */
void aptcache_reply_file(
    struct http_req *req, const struct aptcache_file *file);

/* Date of RFC 9110 5.6.7 as IMF-fixdate; -1 when it is none. */
time_t aptcache_parse_date(const char *text);

#endif
