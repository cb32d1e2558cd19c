/*
 * Compaction: events that are too many or too old are dropped in slices, once
 * the snapshots hold what they came to, and room that the file has too much of
 * is given back to the disk. An event's number is never given again: the
 * newest one always stays.
 */
#include "store/sqlite_impl.h"

/* Events dropped at once; each may have its own page of an index. */
#define TRIM_SLICE 64
/* More and older than what is kept, before trimming begins: not each event
 * costs another commit. */
#define TRIM_SLACK 4096
#define TRIM_SLACK_MS (3600 * 1000)
#define TRIM_LATE_MS (2 * TRIM_SLACK_MS) /* older: it waits for no pause */
#define SHRINK_SLICE "PRAGMA incremental_vacuum(64)" /* pages of 4 KiB */
#define SHRINK_FREE 1024 /* free pages, and this part of all, that may be */
#define SHRINK_PART 4

int
sqlite_trim_look(struct sqlite_writer *writer)
{
	sqlite3_stmt *stmt = writer->stmts[W_OLDEST];
	int code = sqlite3_step(stmt);

	if (code == SQLITE_ROW) {
		writer->first_seq = (uint64_t)sqlite3_column_int64(stmt, 0);
		writer->first_ms = sqlite3_column_int64(stmt, 1);
	} else if (code == SQLITE_DONE) {
		writer->first_seq = 0;
	}
	sqlite3_reset(stmt);
	return sqlite_errno(writer->db, code);
}

/* How many more there are than are kept. */
static uint64_t
surplus(const struct sqlite_writer *writer)
{
	uint64_t held = writer->last_seq - writer->first_seq + 1;

	if (writer->first_seq == 0 || held <= writer->keep_events)
		return 0;
	return held - writer->keep_events;
}

/* Of events before this time none is kept; 0: all are. */
static int64_t
keep_since(const struct sqlite_writer *writer)
{
	if (writer->keep_ms == 0)
		return 0;
	return clock_wall_ms(writer->clock) - writer->keep_ms;
}

static int
drop(struct sqlite_writer *writer, uint64_t last, int64_t before_ms)
{
	sqlite3_stmt *stmt = writer->stmts[W_TRIM];
	int ret = sqlite_writer_begin(writer, false);

	if (ret == 0) {
		sqlite3_bind_int64(stmt, 1, (sqlite3_int64)last);
		sqlite3_bind_int64(stmt, 2, before_ms);
		ret = sqlite_writer_run(writer, W_TRIM);
	}
	return sqlite_writer_end(writer, ret);
}

/* The last that may go: folded, and not the newest. */
static uint64_t
last_to_go(const struct sqlite_writer *writer, uint64_t count)
{
	uint64_t last = writer->first_seq + count - 1;

	if (last > writer->snapshot_seq)
		last = writer->snapshot_seq;
	return last < writer->last_seq ? last : writer->last_seq - 1;
}

/* False: there was nothing to drop, or it can not be done now. */
static bool
trim(struct sqlite_writer *writer)
{
	uint64_t first = writer->first_seq;
	uint64_t many = surplus(writer);
	int64_t since_ms = keep_since(writer);
	uint64_t last;

	if (first == 0)
		return false;
	if (many > TRIM_SLACK || writer->first_ms < since_ms - TRIM_SLACK_MS)
		writer->trimming = true;
	if (!writer->trimming || (many == 0 && writer->first_ms >= since_ms))
		return false;
	last = last_to_go(
	    writer, many == 0 || many > TRIM_SLICE ? TRIM_SLICE : many);
	if (last < first ||
	    drop(writer, last, many == 0 ? since_ms : INT64_MAX) < 0)
		return false;
	return sqlite_trim_look(writer) == 0 && writer->first_seq > first;
}

/* As trim(). A database without auto_vacuum has nothing to give. */
static bool
shrink(struct sqlite_writer *writer)
{
	uint64_t pages = 0;
	uint64_t left = 0;
	uint64_t after = 0;

	(void)sqlite_read_number(writer->db, "PRAGMA page_count", &pages);
	(void)sqlite_read_number(writer->db, "PRAGMA freelist_count", &left);
	if (left < SHRINK_FREE || left < pages / SHRINK_PART)
		return false;
	if (sqlite_writer_begin(writer, false) < 0)
		return false;
	(void)sqlite3_exec(writer->db, SHRINK_SLICE, NULL, NULL, NULL);
	(void)sqlite_writer_end(writer, 0);
	(void)sqlite_read_number(writer->db, "PRAGMA freelist_count", &after);
	return after < left;
}

bool
sqlite_trim_slice(struct sqlite_writer *writer)
{
	if (trim(writer)) {
		writer->shrinking = true;
		return true;
	}
	writer->trimming = false;
	if (writer->shrinking)
		writer->shrinking = shrink(writer);
	return writer->shrinking;
}

/* Nobody left the pause in which it would have been done. */
static bool
is_late(const struct sqlite_writer *writer)
{
	return surplus(writer) > TRIM_SLACK ||
	       (writer->first_seq != 0 &&
		   writer->first_ms < keep_since(writer) - TRIM_LATE_MS);
}

/* Twice as many as came, so that it ends. */
void
sqlite_trim_keep_up(struct sqlite_writer *writer, size_t events)
{
	writer->trim_due += 2 * events;
	for (; writer->trim_due >= TRIM_SLICE; writer->trim_due -= TRIM_SLICE) {
		if (is_late(writer))
			(void)trim(writer);
	}
}
