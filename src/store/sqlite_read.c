/* Reading, on the caller's own connection: the log lets it see a settled state
 * while the writer goes on. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "store/sqlite_impl.h"

int
sqlite_read_number(sqlite3 *db, const char *sql, uint64_t *ret_number)
{
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code == SQLITE_ROW)
		*ret_number = (uint64_t)sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

static int
fail(sqlite3 *db, int code, struct err *err)
{
	int ret = sqlite_errno(db, code);

	err_set(err, "reading the database: %s", sqlite3_errmsg(db));
	err_hint(err, "%s", store_strerror(ret));
	return ret;
}

/* A row of (seq, body) as an event. */
static int
row_event(sqlite3_stmt *stmt, struct event *ret_event, struct err *err)
{
	const char *body = (const char *)sqlite3_column_text(stmt, 1);
	size_t len = (size_t)sqlite3_column_bytes(stmt, 1);
	struct err why = {0};

	if (event_parse_json(body == NULL ? "" : body, len, ret_event, &why) ==
	    0)
		return 0;
	err_set(err, "event %lld of the database can not be read: %s",
	    (long long)sqlite3_column_int64(stmt, 0), why.text);
	err_hint(
	    err, "restore a backup, or run the convect-pxed that wrote it");
	return -EUCLEAN;
}

static int
row_node(sqlite3_stmt *stmt, struct node *ret_node, struct err *err)
{
	const char *body = (const char *)sqlite3_column_text(stmt, 1);
	size_t len = (size_t)sqlite3_column_bytes(stmt, 1);
	struct err why = {0};

	if (node_parse_json(body == NULL ? "" : body, len, ret_node, &why) == 0)
		return 0;
	err_set(err, "node '%s' of the database can not be read: %s",
	    (const char *)sqlite3_column_text(stmt, 0), why.text);
	err_hint(
	    err, "restore a backup, or run the convect-pxed that wrote it");
	return -EUCLEAN;
}

static int
load_nodes(sqlite3 *db, const struct store_loader *loader, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	struct node node;
	int ret = 0;
	int code;

	code = sqlite3_prepare_v2(
	    db, "SELECT name, body FROM nodes ORDER BY name", -1, &stmt, NULL);
	while (code == SQLITE_OK || code == SQLITE_ROW) {
		code = sqlite3_step(stmt);
		if (code != SQLITE_ROW)
			break;
		ret = row_node(stmt, &node, err);
		if (ret < 0)
			break;
		loader->on_node(loader->arg, &node);
	}
	sqlite3_finalize(stmt);
	if (ret == 0 && code != SQLITE_DONE)
		ret = fail(db, code, err);
	return ret;
}

/* Runs a query of (seq, body) to its end. Returns the number of rows. */
static int
each_event(sqlite3 *db, sqlite3_stmt *stmt,
    void (*on_event)(void *arg, const struct event *event), void *arg,
    struct err *err)
{
	struct event event;
	int count = 0;
	int code;
	int ret;

	while ((code = sqlite3_step(stmt)) == SQLITE_ROW) {
		ret = row_event(stmt, &event, err);
		if (ret < 0)
			return ret;
		on_event(arg, &event);
		count++;
	}
	return code == SQLITE_DONE ? count : fail(db, code, err);
}

static int
load_tail(sqlite3 *db, const struct store_loader *loader, struct err *err)
{
	static const char sql[] =
	    "SELECT seq, body FROM events WHERE seq > coalesce((SELECT"
	    " CAST(value AS INTEGER) FROM meta WHERE key = 'snapshot_seq'), 0)"
	    " ORDER BY seq";
	sqlite3_stmt *stmt = NULL;
	int code = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	int ret;

	if (code != SQLITE_OK)
		return fail(db, code, err);
	ret = each_event(db, stmt, loader->on_event, loader->arg, err);
	sqlite3_finalize(stmt);
	return ret < 0 ? ret : 0;
}

int
sqlite_read_load(sqlite3 *db, const struct store_loader *loader,
    uint64_t *ret_last_seq, struct err *err)
{
	int code = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
	int ret = 0;

	if (code != SQLITE_OK)
		return fail(db, code, err);
	ret = load_nodes(db, loader, err);
	if (ret == 0)
		ret = load_tail(db, loader, err);
	if (ret == 0) {
		code = sqlite_read_number(db,
		    "SELECT max(coalesce((SELECT max(seq) FROM events), 0),"
		    " coalesce((SELECT max(seq) FROM nodes), 0))",
		    ret_last_seq);
		if (code != SQLITE_OK)
			ret = fail(db, code, err);
	}
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	return ret;
}

/* Time is of arrival, so it rises with seq but for steps of the clock. */
static int
seq_of_time(sqlite3 *db, int64_t since_ms, uint64_t *ret_after, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	int code;

	code = sqlite3_prepare_v2(db,
	    "SELECT seq FROM events WHERE time_ms >= ? ORDER BY time_ms, seq"
	    " LIMIT 1",
	    -1, &stmt, NULL);
	if (code == SQLITE_OK) {
		sqlite3_bind_int64(stmt, 1, since_ms);
		code = sqlite3_step(stmt);
	}
	if (code == SQLITE_ROW)
		*ret_after = (uint64_t)sqlite3_column_int64(stmt, 0) - 1;
	else if (code == SQLITE_DONE)
		*ret_after = INT64_MAX;
	sqlite3_finalize(stmt);
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return fail(db, code, err);
	return 0;
}

/* The four ways to ask, by node and by end of the log. */
static const char *
query_sql(const struct store_query *query)
{
	if (query->node != NULL && query->newest)
		return "SELECT * FROM (SELECT seq, body FROM events WHERE "
		       "seq > ?1 AND node = ?3 ORDER BY seq DESC LIMIT ?2) "
		       "ORDER BY seq";
	if (query->node != NULL)
		return "SELECT seq, body FROM events WHERE seq > ?1 AND "
		       "node = ?3 ORDER BY seq LIMIT ?2";
	if (query->newest)
		return "SELECT * FROM (SELECT seq, body FROM events WHERE "
		       "seq > ?1 ORDER BY seq DESC LIMIT ?2) ORDER BY seq";
	return "SELECT seq, body FROM events WHERE seq > ?1 ORDER BY seq "
	       "LIMIT ?2";
}

int
sqlite_read_events(sqlite3 *db, const struct store_query *query,
    void (*on_event)(void *arg, const struct event *event), void *arg,
    struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	uint64_t after = 0;
	int code;
	int ret;

	if (query->since_ms > 0) {
		ret = seq_of_time(db, query->since_ms, &after, err);
		if (ret < 0)
			return ret;
	}
	if (query->after_seq > after)
		after = query->after_seq;
	if (after > INT64_MAX)
		return 0;
	code = sqlite3_prepare_v2(db, query_sql(query), -1, &stmt, NULL);
	if (code != SQLITE_OK)
		return fail(db, code, err);
	sqlite3_bind_int64(stmt, 1, (sqlite3_int64)after);
	sqlite3_bind_int64(stmt, 2, (sqlite3_int64)store_query_limit(query));
	if (query->node != NULL)
		sqlite3_bind_text(stmt, 3, query->node, -1, SQLITE_STATIC);
	ret = each_event(db, stmt, on_event, arg, err);
	sqlite3_finalize(stmt);
	return ret;
}

int
sqlite_read_meta(sqlite3 *db, const char *key, struct buf *out)
{
	sqlite3_stmt *stmt = NULL;
	int ret = -ENOENT;
	int code;

	code = sqlite3_prepare_v2(
	    db, "SELECT value FROM meta WHERE key = ?", -1, &stmt, NULL);
	if (code == SQLITE_OK) {
		sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
		code = sqlite3_step(stmt);
	}
	if (code == SQLITE_ROW) {
		buf_add(out, sqlite3_column_text(stmt, 0),
		    (size_t)sqlite3_column_bytes(stmt, 0));
		ret = 0;
	} else if (code != SQLITE_DONE) {
		ret = sqlite_errno(db, code);
	}
	sqlite3_finalize(stmt);
	return ret;
}

int
sqlite_read_meta_each(sqlite3 *db, const char *prefix,
    void (*on_value)(void *arg, const struct store_value *value), void *arg)
{
	sqlite3_stmt *stmt = NULL;
	int code;

	code = sqlite3_prepare_v2(db,
	    "SELECT key, value FROM meta WHERE substr(key, 1, length(?1)) = ?1"
	    " ORDER BY key",
	    -1, &stmt, NULL);
	if (code == SQLITE_OK)
		sqlite3_bind_text(stmt, 1, prefix, -1, SQLITE_STATIC);
	while (code == SQLITE_OK || code == SQLITE_ROW) {
		struct store_value pair;

		code = sqlite3_step(stmt);
		if (code != SQLITE_ROW)
			break;
		pair.key = (const char *)sqlite3_column_text(stmt, 0);
		pair.value = (const char *)sqlite3_column_text(stmt, 1);
		if (pair.key != NULL && pair.value != NULL)
			on_value(arg, &pair);
	}
	sqlite3_finalize(stmt);
	return code == SQLITE_DONE ? 0 : sqlite_errno(db, code);
}
