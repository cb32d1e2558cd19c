/*
 * Downloads by http and https (nothing else, also after redirects) on the
 * loop, with libcurl. A broken one is taken up again where it stopped, after
 * a pause, and also by a later process: the file is KEY.part in a directory
 * and KEY.meta beside it remembers URL and validator (ETag, else
 * Last-Modified), without which nothing is resumed. What to do with the file
 * afterwards (check, rename) is the caller's.
 */
#ifndef CONVECT_NET_FETCH_H
#define CONVECT_NET_FETCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/loop.h"

struct fetch;

struct fetch_result {
	int error;  /* 0 or a negative errno; err says why */
	int status; /* HTTP status of the last answer; 0: none */
	/* KEY.part, synced, at position 0; the callee's from now on. -1 when
	 * it failed or went to memory. */
	int fd;
	uint64_t size;	  /* after a failure: what the next one goes on with */
	const char *data; /* memory downloads: the bytes, NUL follows */
	bool resumed;	  /* began with bytes of an earlier try */
	struct err err;
};

struct fetch_spec {
	const char *url;
	const char *method; /* NULL: GET. Lasting. */
	/* PEM; that CA is the only one trusted, and redirects are not followed.
	 * NULL: none. */
	const char *ca_pem;
	const char *cert_pem;
	const char *key_pem;
	int dir_fd;	   /* -1: into memory; stays the caller's */
	const char *key;   /* a file name without slash; with dir_fd */
	uint64_t size_max; /* bytes; required; more ends it with -EFBIG */
	/* The caller checks a digest: what can not be told from other content
	 * by a validator is gone on with all the same. */
	bool sum_known;
	/* Only a newer one than this date (RFC 9110 13.1.3): -EALREADY, status
	 * 304, when there is none. NULL: any. */
	const char *if_modified;
	/* A redirect must not lead to an address of a private network, unless
	 * it is the URL's own: upstreams are not to show us around. */
	bool public_redirects;
	bool direct;	     /* not by way of the environment's proxy */
	const char *ca_file; /* further trust anchors, PEM; NULL: system's */
	int connect_ms;	     /* 0: 15000 */
	int stall_ms;	     /* nothing received for so long; 0: 30000 */
	int64_t total_ms;    /* all tries together; 0: no limit */
	/* Further tries, after an error that may pass, that bring nothing. */
	unsigned retries;
	int backoff_ms; /* before the first; doubles, at most a minute; 0: 1000
			 */
	/*
	 * A body begins, after `have` bytes of an earlier try; total 0: not
	 * known. A negative result, with err, ends the download with it.
	 */
	int (*on_begin)(
	    void *arg, uint64_t have, uint64_t total, struct err *err);
	/* total 0: not known. At most ten times a second. */
	void (*on_progress)(void *arg, uint64_t now, uint64_t total);
	/* A try failed and there will be another; may be NULL. */
	void (*on_retry)(void *arg, const struct err *err, int64_t wait_ms);
	/* Called once; the fetch is freed when it returns. */
	void (*on_done)(void *arg, struct fetch_result *result);
	void *arg;
};

/* NULL with err when the spec is wrong (scheme, key, size_max). */
struct fetch *fetch_start(
    struct loop *loop, const struct fetch_spec *spec, struct err *err);
/* Last-Modified of the answer, from on_begin on; "": it has none. */
const char *fetch_modified(const struct fetch *fetch);
/* Stops and frees; on_done is not called; what was received stays. */
void fetch_cancel(struct fetch *fetch);
/* Removes KEY.part (unless it was renamed) and KEY.meta. */
void fetch_forget(int dir_fd, const char *key);

#endif
