/*
 * The SQLite backend's parts: opening and checking (sqlite_open.c), the
 * writer thread (sqlite.c), what it writes (sqlite_write.c) and drops
 * (sqlite_trim.c), reading (sqlite_read.c). Each connection belongs to one
 * thread.
 */
#ifndef CONVECT_STORE_SQLITE_IMPL_H
#define CONVECT_STORE_SQLITE_IMPL_H

#include <sqlite3.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "store/store_impl.h"

enum writer_stmt {
	W_INSERT_EVENT,	 /* seq, node, time_ms, body */
	W_LAST_OF_NODE,	 /* node, node -> seq */
	W_SET_META,	 /* key, value */
	W_DROP_META,	 /* key */
	W_RANGE_BY_NODE, /* after, last -> seq, node, body */
	W_GET_NODE,	 /* node -> body */
	W_SET_NODE,	 /* node, seq, body */
	W_DROP_NODE,	 /* node */
	W_OLDEST,	 /* -> seq, time_ms */
	W_TRIM,		 /* last seq to delete, from which time_ms none */
	W_BEGIN,
	W_COMMIT,
	W_COUNT
};

/* The writing connection. Used by the writer thread alone once it runs. */
struct sqlite_writer {
	sqlite3 *db;
	sqlite3_stmt *stmts[W_COUNT];
	uint64_t last_seq;
	uint64_t snapshot_seq; /* all up to here are in the nodes table */
	uint64_t first_seq;    /* of the oldest event that is kept; 0: none */
	int64_t first_ms;      /* its time */
	uint64_t snapshot_every;
	uint64_t keep_events;
	int64_t keep_ms; /* 0: of any age */
	const struct clock *clock;
	int wal_pages;	   /* since the last checkpoint */
	int64_t tended_ms; /* when the last slice was done, monotonic */
	bool lasting;	   /* what the connection is set to */
	size_t trim_due;   /* events to drop, at the least */
	bool folding;	   /* until the snapshots have caught up */
	bool trimming;	   /* until nothing is older than it should be */
	bool shrinking;	   /* until the file has no more room than it needs */
};

/*
 * Makes or checks the database and opens both connections. *ret_lock is a
 * descriptor that keeps other processes out until it is closed. Nothing is
 * open after an error.
 */
int sqlite_open_checked(const char *path, uint64_t max_bytes, int *ret_lock,
    sqlite3 **ret_writer, sqlite3 **ret_reader, struct err *err);

/* 0 for SQLITE_OK, SQLITE_ROW and SQLITE_DONE; else a negative errno. */
int sqlite_errno(sqlite3 *db, int code);

int sqlite_writer_init(struct sqlite_writer *writer, struct err *err);
void sqlite_writer_done(struct sqlite_writer *writer);
/* One transaction for all of them; sets each one's error. */
void sqlite_writer_commit(struct sqlite_writer *writer, struct store_req *reqs);

/*
 * What can wait: folds a few events into the snapshots, drops a few that are
 * too old, gives a little of the file back, or moves the log into the database.
 * One slice of it, some milliseconds; true when there is more.
 */
bool sqlite_writer_tend(struct sqlite_writer *writer);
/*
 * The same between two commits that leave no pause: as many slices as keep up
 * with `events` new ones where it has waited too long, else now and then one.
 */
void sqlite_writer_keep_up(struct sqlite_writer *writer, size_t events);

/* One slice of dropping old events, of shrinking the file; as tend(). */
bool sqlite_trim_slice(struct sqlite_writer *writer);
/* Without a pause for that: as many slices as keep up with `events` more. */
void sqlite_trim_keep_up(struct sqlite_writer *writer, size_t events);
/* Looks what the oldest event is; -EIO and the like. */
int sqlite_trim_look(struct sqlite_writer *writer);

/*
 * Unless `lasting`, the power may take the transaction back until the next one
 * that is: then it is done again. It costs no fsync.
 */
int sqlite_writer_begin(struct sqlite_writer *writer, bool lasting);
int sqlite_writer_end(struct sqlite_writer *writer, int error);
/* Runs a statement that gives no rows; it is ready for the next use then. */
int sqlite_writer_run(struct sqlite_writer *writer, enum writer_stmt which);
int sqlite_writer_set_meta(
    struct sqlite_writer *writer, const char *key, const char *value);

int sqlite_read_load(sqlite3 *db, const struct store_loader *loader,
    uint64_t *ret_last_seq, struct err *err);
int sqlite_read_events(sqlite3 *db, const struct store_query *query,
    void (*on_event)(void *arg, const struct event *event), void *arg,
    struct err *err);
int sqlite_read_meta(sqlite3 *db, const char *key, struct buf *out);
int sqlite_read_meta_each(sqlite3 *db, const char *prefix,
    void (*on_value)(void *arg, const struct store_value *value), void *arg);
/* One number, 0 when there is no row or it is NULL. */
int sqlite_read_number(sqlite3 *db, const char *sql, uint64_t *ret_number);

#endif
