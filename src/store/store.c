#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "store/store_impl.h"

/* Requests given back at once: a commit holds hundreds of them. */
#define DISPATCH_MAX 32

static const struct store_opts defaults = {
    .queue_max = 4096,
    .snapshot_every = 1000,
    .keep_events = 1000000,
    .max_bytes = UINT64_C(4) << 30,
    .clock = &clock_system,
};

static struct store_opts
fill_opts(const struct store_opts *opts)
{
	struct store_opts filled = defaults;

	if (opts == NULL)
		return filled;
	if (opts->queue_max != 0)
		filled.queue_max = opts->queue_max;
	if (opts->snapshot_every != 0)
		filled.snapshot_every = opts->snapshot_every;
	if (opts->keep_events != 0)
		filled.keep_events = opts->keep_events;
	filled.keep_ms = opts->keep_ms;
	if (opts->max_bytes != 0)
		filled.max_bytes = opts->max_bytes;
	if (opts->clock != NULL)
		filled.clock = opts->clock;
	return filled;
}

int
store_open(const char *url, const struct store_opts *opts,
    struct store **ret_store, struct err *err)
{
	struct store_opts filled = fill_opts(opts);
	const char *slash = strchr(url, '/');
	const char *colon = strchr(url, ':');

	if (strcmp(url, "memory:") == 0)
		return store_memory_open(&filled, ret_store, err);
	if (str_starts(url, "sqlite:"))
		return store_sqlite_open(
		    url + strlen("sqlite:"), &filled, ret_store, err);
	if (colon == NULL || (slash != NULL && slash < colon))
		return store_sqlite_open(url, &filled, ret_store, err);
	err_set(err, "'%.*s' is not a kind of store", (int)(colon - url), url);
	err_hint(err, "use sqlite:PATH");
	return -EINVAL;
}

int
store_base_init(struct store *store, const struct store_backend *backend,
    const struct store_opts *opts)
{
	store->backend = backend;
	store->queue_max = opts->queue_max;
	store->done_end = &store->done;
	pthread_mutex_init(&store->done_lock, NULL);
	store->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return store->event_fd < 0 ? -errno : 0;
}

void
store_base_done(struct store *store)
{
	if (store->event_fd >= 0)
		close(store->event_fd);
	pthread_mutex_destroy(&store->done_lock);
}

/* Values may be secrets. */
static void
text_free(const char *text)
{
	char *own = (char *)(uintptr_t)text;

	if (own != NULL)
		explicit_bzero(own, strlen(own));
	free(own);
}

static void
req_free(struct store_req *req)
{
	free(req->events);
	for (size_t i = 0; i < req->nvalues; i++) {
		text_free(req->values[i].key);
		text_free(req->values[i].value);
	}
	free(req->values);
	free(req);
}

void
store_req_done(struct store *store, struct store_req *reqs)
{
	struct store_req **end = &reqs->next;
	uint64_t one = 1;
	bool wake;

	while (*end != NULL)
		end = &(*end)->next;
	pthread_mutex_lock(&store->done_lock);
	wake = store->done == NULL;
	*store->done_end = reqs;
	store->done_end = end;
	pthread_mutex_unlock(&store->done_lock);
	/* Fails only when the count is at its end: it is readable then. */
	if (wake)
		(void)!write(store->event_fd, &one, sizeof one);
}

static int
submit(
    struct store *store, struct store_req *req, store_append_cb *cb, void *arg)
{
	req->cb = cb;
	req->arg = arg;
	store->pending++;
	store->backend->submit(store, req);
	return 0;
}

static int
check_events(const struct event *events, size_t n)
{
	if (n > STORE_APPEND_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		unsigned kind = (unsigned)events[i].kind;

		if (kind == EVENT_NONE || kind >= EVENT_KINDS ||
		    events[i].node[0] == '\0')
			return -EINVAL;
	}
	return 0;
}

static int
check_values(const struct store_value *values, size_t n)
{
	if (n > STORE_VALUES_MAX)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (values[i].key[0] == '\0' ||
		    (values[i].value != NULL &&
			strlen(values[i].value) > STORE_VALUE_MAX))
			return -EINVAL;
	}
	return 0;
}

static void
copy_events(struct store_req *req, const struct event *events, size_t n)
{
	req->events = mem_array(n, sizeof *events);
	memcpy(req->events, events, n * sizeof *events);
	for (size_t i = 0; i < n; i++)
		event_clean(&req->events[i]);
	req->n = n;
}

static void
copy_values(struct store_req *req, const struct store_value *values, size_t n)
{
	req->values = mem_array(n, sizeof *values);
	for (size_t i = 0; i < n; i++) {
		req->values[i].key = mem_strdup(values[i].key);
		if (values[i].value != NULL)
			req->values[i].value = mem_strdup(values[i].value);
	}
	req->nvalues = n;
}

int
store_append(struct store *store, const struct event *events, size_t n,
    uint64_t expected_seq, store_append_cb *cb, void *arg)
{
	struct store_req *req;

	if (n == 0 || check_events(events, n) < 0)
		return -EINVAL;
	if (store->pending >= store->queue_max)
		return -EAGAIN;
	req = mem_alloc(sizeof *req);
	copy_events(req, events, n);
	req->expected_seq = expected_seq;
	return submit(store, req, cb, arg);
}

int
store_append_with(struct store *store, const struct event *event,
    const struct store_value *values, size_t nvalues, store_append_cb *cb,
    void *arg)
{
	size_t n = event != NULL;
	struct store_req *req;

	if (n + nvalues == 0 || check_events(event, n) < 0 ||
	    check_values(values, nvalues) < 0)
		return -EINVAL;
	if (store->pending >= store->queue_max)
		return -EAGAIN;
	req = mem_alloc(sizeof *req);
	if (n > 0)
		copy_events(req, event, n);
	if (nvalues > 0)
		copy_values(req, values, nvalues);
	req->expected_seq = STORE_ANY_SEQ;
	return submit(store, req, cb, arg);
}

int
store_meta_set(struct store *store, const char *key, const char *value,
    store_append_cb *cb, void *arg)
{
	struct store_value pair = {key, value};

	return store_append_with(store, NULL, &pair, 1, cb, arg);
}

int
store_fd(const struct store *store)
{
	return store->event_fd;
}

static void
deliver(struct store *store, struct store_req *req)
{
	store->pending--;
	if (req->error == 0 && req->n > 0)
		store->last_seq = req->events[req->n - 1].seq;
	if (req->cb != NULL)
		req->cb(req->arg, req->error, req->events, req->n);
	req_free(req);
}

/* The first DISPATCH_MAX that are done; the rest calls again. */
static struct store_req *
cut_done(struct store *store)
{
	struct store_req *list;
	struct store_req **end = &store->done;
	uint64_t count;

	pthread_mutex_lock(&store->done_lock);
	list = store->done;
	for (int i = 0; i < DISPATCH_MAX && *end != NULL; i++)
		end = &(*end)->next;
	store->done = *end;
	*end = NULL;
	if (store->done == NULL) {
		store->done_end = &store->done;
		(void)!read(store->event_fd, &count, sizeof count);
	}
	pthread_mutex_unlock(&store->done_lock);
	return list;
}

void
store_dispatch(struct store *store)
{
	struct store_req *req = cut_done(store);
	struct store_req *next;

	for (; req != NULL; req = next) {
		next = req->next;
		deliver(store, req);
	}
}

void
store_flush(struct store *store)
{
	while (store->pending > 0) {
		store->backend->wait(store);
		store_dispatch(store);
	}
}

void
store_close(struct store *store)
{
	if (store == NULL)
		return;
	store_flush(store);
	store->backend->free(store);
}

int
store_load(
    struct store *store, const struct store_loader *loader, struct err *err)
{
	return store->backend->load(store, loader, err);
}

size_t
store_query_limit(const struct store_query *query)
{
	if (query->limit == 0 || query->limit > STORE_READ_MAX)
		return STORE_READ_MAX;
	return query->limit;
}

int
store_read(struct store *store, const struct store_query *query,
    void (*on_event)(void *arg, const struct event *event), void *arg,
    struct err *err)
{
	return store->backend->read(store, query, on_event, arg, err);
}

struct oldest {
	uint64_t seq;
	int64_t time_ms;
};

static void
on_oldest_cb(void *arg, const struct event *event)
{
	struct oldest *oldest = arg;

	oldest->seq = event->seq;
	oldest->time_ms = event->time_ms;
}

int
store_oldest(struct store *store, uint64_t *ret_seq, int64_t *ret_time_ms)
{
	struct store_query query = {.limit = 1};
	struct oldest oldest = {0};
	struct err err = {0};
	int n = store_read(store, &query, on_oldest_cb, &oldest, &err);

	if (n <= 0)
		return n < 0 ? n : -ENOENT;
	*ret_seq = oldest.seq;
	*ret_time_ms = oldest.time_ms;
	return 0;
}

uint64_t
store_last_seq(const struct store *store)
{
	return store->last_seq;
}

int
store_meta_get(struct store *store, const char *key, struct buf *out)
{
	return store->backend->meta_get(store, key, out);
}

int
store_meta_each(struct store *store, const char *prefix,
    void (*on_value)(void *arg, const struct store_value *value), void *arg)
{
	return store->backend->meta_each(store, prefix, on_value, arg);
}

static const struct {
	int error;
	const char *text;
} texts[] = {
    {ESTALE, "somebody else wrote about this node first; ask again"},
    {ENOSPC, "the disk or the database is full; make room in the state "
	     "directory"},
    {EROFS, "the database can not be written; is its file system mounted "
	    "read-only?"},
    {EUCLEAN, "the database is damaged; stop convect-pxed and restore a "
	      "backup of it"},
    {EBUSY, "another program keeps the database locked; end it"},
    {EIO, "the disk that holds the database reports errors; see dmesg"},
};

const char *
store_strerror(int error)
{
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		if (texts[i].error == -error)
			return texts[i].text;
	}
	return error == 0 ? "committed" : "the database can not be used";
}
