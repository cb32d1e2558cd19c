/*
 * The embedded store: SQLite with a write-ahead log, every commit on disk
 * before it is reported. An fsync takes milliseconds, so one thread does the
 * writing: it takes all requests that have gathered, commits them as one
 * transaction and gives them back. This is the program's only thread, and it
 * touches nothing but its connection, its queue and the requests.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "store/sqlite_impl.h"

#define BATCH_MAX 512  /* requests of one transaction */
#define IDLE_MS 20     /* without requests, before housekeeping */
#define WRITER_NICE 10 /* added: on a busy processor answers go first */

struct sqlite {
	struct store base;
	sqlite3 *reader; /* caller's thread */
	int lock_fd;
	bool running; /* the thread was started */
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;  /* the queue or `stop` changed */
	pthread_cond_t idle;  /* the queue is empty and nothing is under way */
	struct store_req *queue;
	struct store_req **queue_end;
	bool busy;
	bool stop;
	struct sqlite_writer writer; /* the thread's alone */
};

static struct sqlite *
sqlite_of(struct store *store)
{
	return (struct sqlite *)(void *)store;
}

/* Cuts the first BATCH_MAX requests off the queue. */
static struct store_req *
cut_batch(struct sqlite *sqlite)
{
	struct store_req *batch = sqlite->queue;
	struct store_req **end = &sqlite->queue;

	for (int i = 0; i < BATCH_MAX && *end != NULL; i++)
		end = &(*end)->next;
	sqlite->queue = *end;
	*end = NULL;
	if (sqlite->queue == NULL)
		sqlite->queue_end = &sqlite->queue;
	return batch;
}

/* With the lock held. True when nobody came for IDLE_MS. */
static bool
wait_idle(struct sqlite *sqlite)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += IDLE_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	return pthread_cond_timedwait(&sqlite->wake, &sqlite->lock, &until) ==
	       ETIMEDOUT;
}

/* With the lock held: does what can wait, piece by piece, then sleeps. */
static void
wait_for_work(struct sqlite *sqlite)
{
	bool more = true;

	if (!wait_idle(sqlite))
		return;
	while (more && sqlite->queue == NULL && !sqlite->stop) {
		pthread_mutex_unlock(&sqlite->lock);
		more = sqlite_writer_tend(&sqlite->writer);
		pthread_mutex_lock(&sqlite->lock);
	}
	while (sqlite->queue == NULL && !sqlite->stop)
		pthread_cond_wait(&sqlite->wake, &sqlite->lock);
}

/* NULL: the end. */
static struct store_req *
take_batch(struct sqlite *sqlite)
{
	struct store_req *batch = NULL;

	pthread_mutex_lock(&sqlite->lock);
	while (sqlite->queue == NULL && !sqlite->stop) {
		sqlite->busy = false;
		pthread_cond_broadcast(&sqlite->idle);
		wait_for_work(sqlite);
	}
	if (sqlite->queue != NULL) {
		batch = cut_batch(sqlite);
		sqlite->busy = true;
	}
	pthread_mutex_unlock(&sqlite->lock);
	return batch;
}

static void *
writer_main(void *arg)
{
	struct sqlite *sqlite = arg;
	struct store_req *batch;
	size_t events;

	(void)!nice(WRITER_NICE);
	while ((batch = take_batch(sqlite)) != NULL) {
		events = 0;
		for (const struct store_req *r = batch; r != NULL; r = r->next)
			events += r->n;
		sqlite_writer_commit(&sqlite->writer, batch);
		store_req_done(&sqlite->base, batch);
		sqlite_writer_keep_up(&sqlite->writer, events);
	}
	return NULL;
}

/* Signals are for the thread that has the loop. */
static int
start_thread(struct sqlite *sqlite)
{
	sigset_t all;
	sigset_t old;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&sqlite->thread, NULL, writer_main, sqlite);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	sqlite->running = ret == 0;
	return -ret;
}

static void
sqlite_submit(struct store *store, struct store_req *req)
{
	struct sqlite *sqlite = sqlite_of(store);

	pthread_mutex_lock(&sqlite->lock);
	if (sqlite->queue == NULL)
		pthread_cond_signal(&sqlite->wake);
	*sqlite->queue_end = req;
	sqlite->queue_end = &req->next;
	pthread_mutex_unlock(&sqlite->lock);
}

static void
sqlite_wait(struct store *store)
{
	struct sqlite *sqlite = sqlite_of(store);

	pthread_mutex_lock(&sqlite->lock);
	while (sqlite->queue != NULL || sqlite->busy)
		pthread_cond_wait(&sqlite->idle, &sqlite->lock);
	pthread_mutex_unlock(&sqlite->lock);
}

static int
sqlite_load(
    struct store *store, const struct store_loader *loader, struct err *err)
{
	return sqlite_read_load(
	    sqlite_of(store)->reader, loader, &store->last_seq, err);
}

static int
sqlite_read(struct store *store, const struct store_query *query,
    void (*on_event)(void *arg, const struct event *event), void *arg,
    struct err *err)
{
	return sqlite_read_events(
	    sqlite_of(store)->reader, query, on_event, arg, err);
}

static int
sqlite_meta_get(struct store *store, const char *key, struct buf *out)
{
	return sqlite_read_meta(sqlite_of(store)->reader, key, out);
}

static int
sqlite_meta_each(struct store *store, const char *prefix,
    void (*on_value)(void *arg, const struct store_value *value), void *arg)
{
	return sqlite_read_meta_each(
	    sqlite_of(store)->reader, prefix, on_value, arg);
}

static void
stop_thread(struct sqlite *sqlite)
{
	if (!sqlite->running)
		return;
	pthread_mutex_lock(&sqlite->lock);
	sqlite->stop = true;
	pthread_cond_signal(&sqlite->wake);
	pthread_mutex_unlock(&sqlite->lock);
	pthread_join(sqlite->thread, NULL);
}

/* The writer closes last and moves the log into the database. */
static void
sqlite_free(struct store *store)
{
	struct sqlite *sqlite = sqlite_of(store);

	stop_thread(sqlite);
	sqlite3_close(sqlite->reader);
	sqlite_writer_done(&sqlite->writer);
	sqlite3_close(sqlite->writer.db);
	if (sqlite->lock_fd >= 0)
		close(sqlite->lock_fd);
	pthread_cond_destroy(&sqlite->idle);
	pthread_cond_destroy(&sqlite->wake);
	pthread_mutex_destroy(&sqlite->lock);
	store_base_done(store);
	free(sqlite);
}

static const struct store_backend sqlite_backend = {
    .submit = sqlite_submit,
    .wait = sqlite_wait,
    .load = sqlite_load,
    .read = sqlite_read,
    .meta_get = sqlite_meta_get,
    .meta_each = sqlite_meta_each,
    .free = sqlite_free,
};

static struct sqlite *
sqlite_new(const struct store_opts *opts)
{
	struct sqlite *sqlite = mem_alloc(sizeof *sqlite);
	pthread_condattr_t attr;

	sqlite->lock_fd = -1;
	sqlite->queue_end = &sqlite->queue;
	sqlite->busy = true; /* until the thread says otherwise */
	sqlite->writer.snapshot_every = opts->snapshot_every;
	sqlite->writer.keep_events = opts->keep_events;
	sqlite->writer.keep_ms = opts->keep_ms;
	sqlite->writer.clock = opts->clock;
	pthread_mutex_init(&sqlite->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&sqlite->wake, &attr);
	pthread_cond_init(&sqlite->idle, NULL);
	pthread_condattr_destroy(&attr);
	return sqlite;
}

int
store_sqlite_open(const char *path, const struct store_opts *opts,
    struct store **ret_store, struct err *err)
{
	struct sqlite *sqlite = sqlite_new(opts);
	int ret;

	ret = store_base_init(&sqlite->base, &sqlite_backend, opts);
	if (ret == 0)
		ret = sqlite_open_checked(path, opts->max_bytes,
		    &sqlite->lock_fd, &sqlite->writer.db, &sqlite->reader, err);
	if (ret == 0)
		ret = sqlite_writer_init(&sqlite->writer, err);
	if (ret == 0) {
		sqlite->base.last_seq = sqlite->writer.last_seq;
		ret = start_thread(sqlite);
	}
	if (ret < 0) {
		err_at(err, path, 0, 0, "%s", strerror(-ret));
		sqlite_free(&sqlite->base);
		return ret;
	}
	*ret_store = &sqlite->base;
	return 0;
}
