/* What the writer thread does to the database: commits, snapshots, trimming. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "store/sqlite_impl.h"

#define FOLD_SLICE 64	  /* events folded while others might come to wait */
#define WAL_PAGES 500	  /* of 4 KiB: move the log when idle */
#define OVERDUE_FACTOR 50 /* snapshots this many times too late */
#define OVERDUE_PAGES 16000
#define TEND_EVERY_MS 100 /* at the least, when there is something to do */

static const char *const sql[W_COUNT] = {
    [W_INSERT_EVENT] = "INSERT INTO events(seq, node, time_ms, body)"
		       " VALUES(?, ?, ?, ?)",
    [W_LAST_OF_NODE] = "SELECT max(coalesce((SELECT max(seq) FROM events"
		       " WHERE node = ?1), 0), coalesce((SELECT seq FROM nodes"
		       " WHERE name = ?1), 0))",
    [W_SET_META] = "INSERT OR REPLACE INTO meta(key, value) VALUES(?, ?)",
    [W_DROP_META] = "DELETE FROM meta WHERE key = ?",
    [W_RANGE_BY_NODE] = "SELECT seq, node, body FROM events WHERE seq > ?"
			" AND seq <= ? ORDER BY node, seq",
    [W_GET_NODE] = "SELECT body FROM nodes WHERE name = ?",
    [W_SET_NODE] = "INSERT OR REPLACE INTO nodes(name, seq, body)"
		   " VALUES(?, ?, ?)",
    [W_DROP_NODE] = "DELETE FROM nodes WHERE name = ?",
    [W_OLDEST] = "SELECT seq, time_ms FROM events ORDER BY seq LIMIT 1",
    [W_TRIM] = "DELETE FROM events WHERE seq <= ?1 AND seq < coalesce("
	       "(SELECT min(seq) FROM events WHERE seq <= ?1"
	       " AND time_ms >= ?2), ?1 + 1)",
    [W_BEGIN] = "BEGIN IMMEDIATE",
    [W_COMMIT] = "COMMIT",
};

static int
on_wal_cb(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct sqlite_writer *writer = arg;

	(void)db;
	(void)name;
	writer->wal_pages = pages;
	return SQLITE_OK;
}

static int
read_state(struct sqlite_writer *writer)
{
	int code;

	code = sqlite_read_number(writer->db,
	    "SELECT max(coalesce((SELECT max(seq) FROM events), 0),"
	    " coalesce((SELECT max(seq) FROM nodes), 0))",
	    &writer->last_seq);
	if (code == SQLITE_OK)
		code = sqlite_read_number(writer->db,
		    "SELECT CAST(value AS INTEGER) FROM meta"
		    " WHERE key = 'snapshot_seq'",
		    &writer->snapshot_seq);
	return code;
}

int
sqlite_writer_init(struct sqlite_writer *writer, struct err *err)
{
	int code = read_state(writer);

	for (int i = 0; code == SQLITE_OK && i < W_COUNT; i++)
		code = sqlite3_prepare_v3(writer->db, sql[i], -1,
		    SQLITE_PREPARE_PERSISTENT, &writer->stmts[i], NULL);
	if (code != SQLITE_OK) {
		err_set(err, "the database: %s", sqlite3_errmsg(writer->db));
		sqlite_writer_done(writer);
		return sqlite_errno(writer->db, code);
	}
	code = sqlite_trim_look(writer);
	if (code < 0)
		return code;
	/* Of a run that was cut short, or with less to be kept. */
	writer->trimming = true;
	writer->lasting = true; /* as it was opened */
	sqlite3_wal_hook(writer->db, on_wal_cb, writer);
	return 0;
}

void
sqlite_writer_done(struct sqlite_writer *writer)
{
	for (int i = 0; i < W_COUNT; i++) {
		sqlite3_finalize(writer->stmts[i]);
		writer->stmts[i] = NULL;
	}
}

int
sqlite_writer_run(struct sqlite_writer *writer, enum writer_stmt which)
{
	sqlite3_stmt *stmt = writer->stmts[which];
	int code = sqlite3_step(stmt);
	int ret = sqlite_errno(writer->db, code);

	sqlite3_reset(stmt);
	return ret;
}

int
sqlite_writer_begin(struct sqlite_writer *writer, bool lasting)
{
	int code;

	if (writer->lasting != lasting) {
		code = sqlite3_exec(writer->db,
		    lasting ? "PRAGMA synchronous=FULL"
			    : "PRAGMA synchronous=NORMAL",
		    NULL, NULL, NULL);
		if (code != SQLITE_OK)
			return sqlite_errno(writer->db, code);
		writer->lasting = lasting;
	}
	return sqlite_writer_run(writer, W_BEGIN);
}

/* Commits unless there was an error; a commit that fails takes all back. */
int
sqlite_writer_end(struct sqlite_writer *writer, int error)
{
	if (error == 0)
		error = sqlite_writer_run(writer, W_COMMIT);
	if (sqlite3_get_autocommit(writer->db) == 0)
		sqlite3_exec(writer->db, "ROLLBACK", NULL, NULL, NULL);
	return error;
}

static int
last_of_node(struct sqlite_writer *writer, const char *node, uint64_t *ret_seq)
{
	sqlite3_stmt *stmt = writer->stmts[W_LAST_OF_NODE];
	int code;

	sqlite3_bind_text(stmt, 1, node, -1, SQLITE_STATIC);
	code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		*ret_seq = (uint64_t)sqlite3_column_int64(stmt, 0);
	sqlite3_reset(stmt);
	return sqlite_errno(writer->db, code);
}

static int
insert_event(struct sqlite_writer *writer, struct event *event)
{
	sqlite3_stmt *stmt = writer->stmts[W_INSERT_EVENT];
	struct buf body;
	int ret = -EMSGSIZE;

	buf_init(&body, EVENT_JSON_MAX);
	event->seq = ++writer->last_seq;
	if (writer->first_seq == 0) {
		writer->first_seq = event->seq;
		writer->first_ms = event->time_ms;
	}
	event_write_json(event, &body);
	if (!buf_bad(&body)) {
		sqlite3_bind_int64(stmt, 1, (sqlite3_int64)event->seq);
		sqlite3_bind_text(stmt, 2, event->node, -1, SQLITE_STATIC);
		sqlite3_bind_int64(stmt, 3, event->time_ms);
		sqlite3_bind_text(
		    stmt, 4, body.data, (int)body.len, SQLITE_STATIC);
		ret = sqlite_writer_run(writer, W_INSERT_EVENT);
	}
	buf_done(&body);
	return ret;
}

/* A conflict is this request's own matter; other errors are everybody's. */
static int
write_events(struct sqlite_writer *writer, struct store_req *req)
{
	uint64_t last = 0;
	int ret = 0;

	if (req->expected_seq != STORE_ANY_SEQ) {
		ret = last_of_node(writer, req->events[0].node, &last);
		if (ret == 0 && last > req->expected_seq) {
			req->error = -ESTALE;
			return 0;
		}
	}
	for (size_t i = 0; ret == 0 && i < req->n; i++)
		ret = insert_event(writer, &req->events[i]);
	return ret;
}

int
sqlite_writer_set_meta(
    struct sqlite_writer *writer, const char *key, const char *value)
{
	enum writer_stmt which = value == NULL ? W_DROP_META : W_SET_META;
	sqlite3_stmt *stmt = writer->stmts[which];

	sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
	if (value != NULL)
		sqlite3_bind_text(stmt, 2, value, -1, SQLITE_STATIC);
	return sqlite_writer_run(writer, which);
}

void
sqlite_writer_commit(struct sqlite_writer *writer, struct store_req *reqs)
{
	uint64_t last_seq = writer->last_seq;
	struct store_req *req;
	int ret = sqlite_writer_begin(writer, true);

	for (req = reqs; ret == 0 && req != NULL; req = req->next) {
		ret = write_events(writer, req);
		for (size_t i = 0;
		     ret == 0 && req->error == 0 && i < req->nvalues; i++)
			ret = sqlite_writer_set_meta(
			    writer, req->values[i].key, req->values[i].value);
	}
	ret = sqlite_writer_end(writer, ret);
	if (ret == 0)
		return;
	writer->last_seq = last_seq;
	for (req = reqs; req != NULL; req = req->next)
		req->error = ret;
}

static int
get_node(struct sqlite_writer *writer, const char *name, struct node *node)
{
	sqlite3_stmt *stmt = writer->stmts[W_GET_NODE];
	const char *body;
	int ret = 0;
	int code;

	node_init(node, name);
	sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
	code = sqlite3_step(stmt);
	if (code == SQLITE_ROW) {
		body = (const char *)sqlite3_column_text(stmt, 0);
		ret = node_parse_json(body == NULL ? "" : body,
		    (size_t)sqlite3_column_bytes(stmt, 0), node, NULL);
	} else {
		ret = sqlite_errno(writer->db, code);
	}
	sqlite3_reset(stmt);
	return ret;
}

static int
drop_node(struct sqlite_writer *writer, const char *name)
{
	sqlite3_bind_text(
	    writer->stmts[W_DROP_NODE], 1, name, -1, SQLITE_STATIC);
	return sqlite_writer_run(writer, W_DROP_NODE);
}

static int
set_node(struct sqlite_writer *writer, const struct node *node)
{
	sqlite3_stmt *stmt = writer->stmts[W_SET_NODE];
	struct buf body;
	int ret = -EMSGSIZE;

	if (node->name[0] == '\0')
		return 0;
	/* Events were folded into it, so the last one said "forgotten". */
	if (node->seq == 0)
		return drop_node(writer, node->name);
	buf_init(&body, NODE_JSON_MAX);
	node_write_json(node, &body);
	if (!buf_bad(&body)) {
		sqlite3_bind_text(stmt, 1, node->name, -1, SQLITE_STATIC);
		sqlite3_bind_int64(stmt, 2, (sqlite3_int64)node->seq);
		sqlite3_bind_text(
		    stmt, 3, body.data, (int)body.len, SQLITE_STATIC);
		ret = sqlite_writer_run(writer, W_SET_NODE);
	}
	buf_done(&body);
	return ret;
}

/* One event of the range; `node` is the one that the last event was of. */
static int
fold_row(struct sqlite_writer *writer, sqlite3_stmt *stmt, struct node *node)
{
	const char *name = (const char *)sqlite3_column_text(stmt, 1);
	const char *body = (const char *)sqlite3_column_text(stmt, 2);
	size_t len = (size_t)sqlite3_column_bytes(stmt, 2);
	struct event event;
	int ret = 0;

	if (name == NULL || body == NULL)
		return -EUCLEAN;
	if (strcmp(node->name, name) != 0) {
		ret = set_node(writer, node);
		if (ret == 0)
			ret = get_node(writer, name, node);
	}
	if (ret == 0)
		ret = event_parse_json(body, len, &event, NULL);
	if (ret == 0)
		node_apply(node, &event);
	return ret;
}

static int
fold_range(struct sqlite_writer *writer, uint64_t last)
{
	sqlite3_stmt *stmt = writer->stmts[W_RANGE_BY_NODE];
	char number[32];
	struct node node;
	int ret = 0;
	int code;

	node_init(&node, "");
	sqlite3_bind_int64(stmt, 1, (sqlite3_int64)writer->snapshot_seq);
	sqlite3_bind_int64(stmt, 2, (sqlite3_int64)last);
	while (ret == 0 && (code = sqlite3_step(stmt)) != SQLITE_DONE) {
		ret = sqlite_errno(writer->db, code);
		if (ret == 0)
			ret = fold_row(writer, stmt, &node);
	}
	sqlite3_reset(stmt);
	if (ret == 0)
		ret = set_node(writer, &node);
	snprintf(number, sizeof number, "%" PRIu64, last);
	if (ret == 0)
		ret = sqlite_writer_set_meta(writer, "snapshot_seq", number);
	return ret;
}

static bool
fold_slice(struct sqlite_writer *writer)
{
	uint64_t last = writer->snapshot_seq + FOLD_SLICE;
	int ret;

	if (last > writer->last_seq)
		last = writer->last_seq;
	ret = sqlite_writer_begin(writer, false);
	if (ret == 0)
		ret = fold_range(writer, last);
	ret = sqlite_writer_end(writer, ret);
	if (ret == 0)
		writer->snapshot_seq = last;
	/* A failed fold is tried again after the next commits, not at once. */
	writer->folding = ret == 0 && last < writer->last_seq;
	return ret == 0;
}

/* Passive: it waits for nobody. Then the log is written from its start. */
static bool
checkpoint(struct sqlite_writer *writer)
{
	int code = sqlite3_wal_checkpoint_v2(
	    writer->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);

	writer->wal_pages = 0;
	return code == SQLITE_OK;
}

/* What a start would have to catch up with. */
static bool
tend_state(struct sqlite_writer *writer)
{
	uint64_t behind = writer->last_seq - writer->snapshot_seq;

	writer->tended_ms = clock_mono_ms(writer->clock);
	if (behind >= writer->snapshot_every)
		writer->folding = true;
	if (writer->wal_pages > WAL_PAGES)
		return checkpoint(writer);
	return writer->folding && behind > 0 && fold_slice(writer);
}

bool
sqlite_writer_tend(struct sqlite_writer *writer)
{
	return tend_state(writer) || sqlite_trim_slice(writer);
}

static bool
is_overdue(const struct sqlite_writer *writer)
{
	return writer->wal_pages > OVERDUE_PAGES ||
	       writer->last_seq - writer->snapshot_seq >
		   OVERDUE_FACTOR * writer->snapshot_every;
}

void
sqlite_writer_keep_up(struct sqlite_writer *writer, size_t events)
{
	int64_t now = clock_mono_ms(writer->clock);

	if (now - writer->tended_ms >= TEND_EVERY_MS)
		(void)tend_state(writer);
	/* Twice as many as came, so that it ends. */
	for (size_t done = 0; done <= 2 * events && is_overdue(writer);
	     done += FOLD_SLICE) {
		if (!tend_state(writer))
			break;
	}
	sqlite_trim_keep_up(writer, events);
}
