/*
 * What backends share: the requests, the ceiling on them, and the way back to
 * the caller's thread. A backend takes requests by submit() and gives each back
 * once by store_req_done(), in the order of commits, from whatever thread.
 */
#ifndef CONVECT_STORE_STORE_IMPL_H
#define CONVECT_STORE_STORE_IMPL_H

#include <pthread.h>
#include <stdbool.h>

#include "store/store.h"

struct store_req {
	struct store_req *next;
	struct event *events; /* owned; NULL for a value */
	size_t n;
	uint64_t expected_seq;
	struct store_value *values; /* owned, with their text */
	size_t nvalues;
	store_append_cb *cb;
	void *arg;
	int error; /* 0: committed */
};

struct store_backend {
	void (*submit)(struct store *store, struct store_req *req);
	/* Waits until everything submitted is done. */
	void (*wait)(struct store *store);
	int (*load)(struct store *store, const struct store_loader *loader,
	    struct err *err);
	int (*read)(struct store *store, const struct store_query *query,
	    void (*on_event)(void *arg, const struct event *event), void *arg,
	    struct err *err);
	int (*meta_get)(struct store *store, const char *key, struct buf *out);
	int (*meta_each)(struct store *store, const char *prefix,
	    void (*on_value)(void *arg, const struct store_value *value),
	    void *arg);
	void (*free)(struct store *store);
};

/* The first member of every backend's own struct. */
struct store {
	const struct store_backend *backend;
	size_t queue_max;
	size_t pending;	   /* submitted, not dispatched; caller's thread */
	uint64_t last_seq; /* caller's thread */
	int event_fd;
	pthread_mutex_t done_lock; /* guards `done` */
	struct store_req *done;
	struct store_req **done_end;
};

/* 0 or a negative errno; store_base_done() after either. */
int store_base_init(struct store *store, const struct store_backend *backend,
    const struct store_opts *opts);
void store_base_done(struct store *store);

/* A list of at least one. */
void store_req_done(struct store *store, struct store_req *reqs);

/* The query's limit within the ceiling. */
size_t store_query_limit(const struct store_query *query);

int store_memory_open(
    const struct store_opts *opts, struct store **ret_store, struct err *err);
int store_sqlite_open(const char *path, const struct store_opts *opts,
    struct store **ret_store, struct err *err);

#endif
