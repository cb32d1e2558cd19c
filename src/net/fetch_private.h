/*
 * Inside the downloader: fetch.c decides (tries, pauses, the end),
 * fetch_curl.c runs one try with libcurl, fetch_part.c keeps what came.
 */
#ifndef CONVECT_NET_FETCH_PRIVATE_H
#define CONVECT_NET_FETCH_PRIVATE_H

#include <curl/curl.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "net/fetch.h"

#define FETCH_KEY_MAX 128
#define FETCH_VALIDATOR_MAX 256

/* ---- fetch_part.c: the bytes and what they belong to --------------------- */

struct fetch_part {
	int dir_fd;		      /* -1: memory */
	char name[FETCH_KEY_MAX + 8]; /* KEY.part */
	char meta[FETCH_KEY_MAX + 8]; /* KEY.meta */
	int fd;
	struct buf mem;
	uint64_t have;
	/* Of the bytes that we have; "": they can not be told from others. */
	char validator[FETCH_VALIDATOR_MAX];
	bool trusted; /* to be gone on with even so */
};

/* Opens or makes the file, and finds out whether it can be gone on with. */
int fetch_part_open(
    struct fetch_part *part, const struct fetch_spec *spec, struct err *err);
/* Empties it; `validator` is of the bytes that come now, "" for none. */
int fetch_part_restart(
    struct fetch_part *part, const char *url, const char *validator);
/* Whether the next try may go on after them. */
bool fetch_part_resumable(const struct fetch_part *part);
int fetch_part_add(struct fetch_part *part, const void *data, size_t len);
/* Makes it durable. */
int fetch_part_finish(struct fetch_part *part);
void fetch_part_done(struct fetch_part *part);

/* ---- fetch_curl.c: one try --------------------------------------------------
 */

struct fetch_try {
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	LIST_HEAD(, fetch_socket) sockets;
	struct loop_timer *timer; /* libcurl's */
	char message[CURL_ERROR_SIZE];
	/* What the answer says; of the last one after redirects. */
	char etag[FETCH_VALIDATOR_MAX];
	char modified[FETCH_VALIDATOR_MAX];
	uint64_t range_first; /* Content-Range */
	uint64_t range_total;
	bool body_begun;
	int error; /* of our own callbacks */
};

enum {
	FETCH_CA,
	FETCH_CERT,
	FETCH_KEY,
	FETCH_PEMS
};

struct fetch {
	struct loop *loop;
	struct fetch_spec spec;
	char *url;
	char *ca_file;
	char *if_modified;
	/* Where the URL itself led; see public_redirects. */
	struct sockaddr_storage first;
	char *pem[FETCH_PEMS];
	struct fetch_part part;
	struct fetch_try try;
	struct loop_timer *retry;
	struct loop_timer *stall;
	struct loop_timer *total;
	struct loop_timer *progress;
	unsigned tries;	     /* in a row that brought nothing */
	uint64_t best;	     /* most bytes we ever had */
	uint64_t asked_from; /* of this try */
	uint64_t size;	     /* expected; 0: not known */
	uint64_t told;	     /* to on_progress */
	bool resumed;
	struct fetch_result result;
};

/* -ENOMEM, or 0 and the try runs; it ends in fetch_try_ended(). */
int fetch_try_start(struct fetch *fetch);
/* Frees what the try had; may be called without one. */
void fetch_try_done(struct fetch *fetch);

/* ---- fetch.c -------------------------------------------------------- */

/* libcurl is through with it; not called from within its callbacks. */
void fetch_try_ended(struct fetch *fetch, CURLcode code);
/* Body bytes came. 0, or a negative errno that ends the try. */
int fetch_take_body(struct fetch *fetch, const void *data, size_t len);

#endif
