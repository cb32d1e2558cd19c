/*
 * A pull-through cache of package repositories: GET /apt/NAME/PATH is PATH
 * below the configured base of NAME, and of nothing else. A process of its own
 * (role `cache`) runs it, so that neither a slow upstream nor a large package
 * stands beside a DHCP answer.
 *
 * What never changes under its name (packages, by-hash) is asked for once;
 * the rest is asked for again each time, with If-Modified-Since. All who want
 * the same file at the same time are served from one download as it grows. A
 * file appears in the cache when it is complete, by rename. When the upstream
 * can not be asked, what is there is served ("X-Cache: stale").
 *
 * The cache's directory:
 *   NAME/PATH                the file; its time is the upstream's Last-Modified
 *   .parts/KEY.{part,meta}   downloads, and broken ones that are gone on with
 */
#ifndef CONVECT_APP_APTCACHE_H
#define CONVECT_APP_APTCACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/loop.h"

struct aptcache;

struct aptcache_config {
	const char *dir;
	const char *const *upstreams; /* "NAME=URL" */
	size_t upstream_count;
	uint64_t size_max;   /* bytes; the longest unused go first */
	uint64_t free_floor; /* bytes of the file system that stay free */
	bool offline;	     /* nothing is asked for upstream */
};

/* "NAME=http://host/base": -EINVAL says what is wrong with it. */
int aptcache_check_upstream(const char *text, struct err *err);

/* All strings are borrowed. NULL with err. */
struct aptcache *aptcache_new(
    struct loop *loop, const struct aptcache_config *config, struct err *err);
/* Owns the listening socket. */
int aptcache_listen(struct aptcache *cache, int fd, struct err *err);
void aptcache_free(struct aptcache *cache);

#endif
