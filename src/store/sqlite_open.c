/*
 * Making and opening the database. Whatever is there and is not a sound
 * database of ours is refused: starting anew over it would forget what is
 * installed where.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/patience.h"
#include "store/sqlite_impl.h"

#define APPLICATION_ID 0x43505844 /* "CPXD" */
#define SCHEMA_VERSION 1
#define CHECK_ALL_MAX (64 << 20)
#define BUSY_MS 5000 /* somebody's sqlite3 or backup may hold a lock */

static const char schema[] =
    "BEGIN;"
    "CREATE TABLE events(seq INTEGER PRIMARY KEY, node TEXT NOT NULL,"
    " time_ms INTEGER NOT NULL, body TEXT NOT NULL);"
    "CREATE INDEX events_by_node ON events(node, seq);"
    "CREATE INDEX events_by_time ON events(time_ms);"
    "CREATE TABLE nodes(name TEXT PRIMARY KEY, seq INTEGER NOT NULL,"
    " body TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL)"
    " WITHOUT ROWID;"
    "COMMIT;";

int
sqlite_errno(sqlite3 *db, int code)
{
	switch (code & 0xff) {
	case SQLITE_OK:
	case SQLITE_ROW:
	case SQLITE_DONE:
		return 0;
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return -EROFS;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EUCLEAN;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CANTOPEN:
		return -EACCES;
	default:
		break;
	}
	switch (db == NULL ? 0 : sqlite3_system_errno(db)) {
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return -ENOSPC;
	default:
		return -EIO;
	}
}

/* The reason in the database's words and ours. */
static int
fail(sqlite3 *db, const char *path, int code, struct err *err)
{
	int ret = sqlite_errno(db, code);

	err_at(err, path, 0, 0, "%s",
	    db == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(db));
	if (ret == -EUCLEAN)
		err_hint(err, "the database is damaged: restore a backup, or "
			      "move it away to begin with every node as new "
			      "(disks that are not empty are not overwritten)");
	else
		err_hint(err, "%s", store_strerror(ret));
	return ret;
}

static int
fail_errno(const char *path, const char *what, int error, struct err *err)
{
	err_at(err, path, 0, 0, "%s: %s", what, strerror(error));
	return -error;
}

static int
open_db(const char *path, sqlite3 **ret_db, struct err *err)
{
	sqlite3 *db = NULL;
	int code;
	int ret;

	code = sqlite3_open_v2(
	    path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (code != SQLITE_OK) {
		ret = fail(db, path, code, err);
		sqlite3_close(db);
		return ret;
	}
	sqlite3_busy_timeout(db, BUSY_MS);
	*ret_db = db;
	return 0;
}

static int
run_sql(sqlite3 *db, const char *path, const char *sql, struct err *err)
{
	int code = sqlite3_exec(db, sql, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : fail(db, path, code, err);
}

static int
fill_new(const char *path, struct err *err)
{
	char pragmas[160];
	sqlite3 *db = NULL;
	int ret = open_db(path, &db, err);

	if (ret < 0)
		return ret;
	snprintf(pragmas, sizeof pragmas,
	    "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA synchronous=FULL;"
	    "PRAGMA application_id=%d; PRAGMA user_version=%d;",
	    APPLICATION_ID, SCHEMA_VERSION);
	ret = run_sql(db, path, pragmas, err);
	if (ret == 0)
		ret = run_sql(db, path, schema, err);
	if (ret == 0)
		ret = run_sql(db, path, "PRAGMA journal_mode=WAL", err);
	if (sqlite3_close(db) != SQLITE_OK && ret == 0)
		ret = -EIO;
	return ret;
}

static char *
directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		return mem_strdup(".");
	if (slash == path)
		return mem_strdup("/");
	return mem_strndup(path, (size_t)(slash - path));
}

static int
sync_directory(const char *path, struct err *err)
{
	char *dir = directory_of(path);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret = 0;

	if (fd < 0 || fsync(fd) < 0)
		ret = fail_errno(dir, "can not be synced", errno, err);
	if (fd >= 0)
		close(fd);
	free(dir);
	return ret;
}

/* Under another name first: a half-made database is never found again. */
static int
create(const char *path, struct err *err)
{
	char *temp = mem_printf("%s.new", path);
	int ret = 0;
	int fd;

	unlink(temp);
	fd = open(temp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		ret = fail_errno(temp, "can not be made", errno, err);
		goto out;
	}
	close(fd);
	ret = fill_new(temp, err);
	if (ret == 0 && rename(temp, path) < 0)
		ret = fail_errno(path, "can not be made", errno, err);
	if (ret == 0)
		ret = sync_directory(path, err);
	if (ret < 0)
		unlink(temp);
out:
	free(temp);
	return ret;
}

/* A log without its database is what is left when only one file was removed. */
static int
refuse_lonely_wal(const char *path, struct err *err)
{
	char *wal = mem_printf("%s-wal", path);
	int ret = 0;

	if (access(wal, F_OK) == 0) {
		err_at(err, wal, 0, 0, "is there, but not its database");
		err_hint(err, "restore both, or remove this file to begin with "
			      "every node as new");
		ret = -EUCLEAN;
	}
	free(wal);
	return ret;
}

/* Sees to it that there is a database file. */
static int
find_or_create(const char *path, struct err *err)
{
	struct stat st;
	int ret;

	if (stat(path, &st) < 0) {
		if (errno != ENOENT)
			return fail_errno(path, "can not be read", errno, err);
		ret = refuse_lonely_wal(path, err);
		return ret < 0 ? ret : create(path, err);
	}
	if (S_ISREG(st.st_mode) && st.st_size > 0)
		return 0;
	err_at(err, path, 0, 0,
	    S_ISREG(st.st_mode) ? "is empty" : "is not a file");
	err_hint(err, "restore a backup, or remove it to begin with every node "
		      "as new");
	return -EUCLEAN;
}

/* An engine that was killed may still be in its last fsync. */
static int
lock_patiently(int fd)
{
	struct patience patience;
	int ret;

	patience_init(&patience, PATIENCE_REMAINS_MS);
	do
		ret = flock(fd, LOCK_EX | LOCK_NB) < 0 ? -errno : 0;
	while (ret == -EWOULDBLOCK && patience_nap(&patience));
	return ret;
}

static int
take_lock(const char *path, int *ret_fd, struct err *err)
{
	char *name = mem_printf("%s.lock", path);
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int ret = fd < 0 ? 0 : lock_patiently(fd);

	if (fd < 0) {
		ret = fail_errno(name, "can not be made", errno, err);
	} else if (ret < 0) {
		err_at(err, path, 0, 0, "another convect-pxed uses it");
		err_hint(err, "end it first, or give this one another "
			      "--state-dir");
		close(fd);
	}
	if (ret == 0)
		*ret_fd = fd;
	free(name);
	return ret;
}

/*
 * All of a small database is looked at. Of a large one only what decides what
 * a node boots, or a start would read the whole history: damage in there is
 * found by whoever reads it.
 */
static const char *const checks_all[] = {"PRAGMA quick_check(1)", NULL};
static const char *const checks_state[] = {
    "PRAGMA quick_check('nodes')", "PRAGMA quick_check('meta')", NULL};

/* "ok", or the first damage that it finds. */
static int
run_check(sqlite3 *db, const char *path, const char *sql, struct err *err)
{
	sqlite3_stmt *stmt = NULL;
	const char *text;
	int code;
	int ret = 0;

	code = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(stmt);
	if (code != SQLITE_ROW) {
		ret = fail(db, path, code, err);
	} else {
		text = (const char *)sqlite3_column_text(stmt, 0);
		if (text == NULL || strcmp(text, "ok") != 0) {
			err_at(err, path, 0, 0, "%s",
			    text == NULL ? "not checkable" : text);
			ret = fail(db, path, SQLITE_CORRUPT, err);
		}
	}
	sqlite3_finalize(stmt);
	return ret;
}

static int
check_sound(sqlite3 *db, const char *path, struct err *err)
{
	const char *const *check = checks_all;
	struct stat st;
	int ret = 0;

	if (stat(path, &st) == 0 && st.st_size > CHECK_ALL_MAX)
		check = checks_state;
	for (; ret == 0 && *check != NULL; check++)
		ret = run_check(db, path, *check, err);
	return ret;
}

static int
check_ours(sqlite3 *db, const char *path, struct err *err)
{
	uint64_t id = 0;
	uint64_t version = 0;
	int code = sqlite_read_number(db, "PRAGMA application_id", &id);

	if (code == SQLITE_OK)
		code = sqlite_read_number(db, "PRAGMA user_version", &version);
	if (code != SQLITE_OK)
		return fail(db, path, code, err);
	if (id != APPLICATION_ID) {
		err_at(err, path, 0, 0, "is a database of another program");
		err_hint(err, "give another --state-dir");
		return -EUCLEAN;
	}
	if (version == SCHEMA_VERSION)
		return 0;
	err_at(err, path, 0, 0,
	    "was written by another version (its schema is %" PRIu64
	    ", ours is %d)",
	    version, SCHEMA_VERSION);
	err_hint(err, "run the convect-pxed that wrote it, or a newer one");
	return -EUCLEAN;
}

static int
check_writable(sqlite3 *db, const char *path, struct err *err)
{
	if (sqlite3_db_readonly(db, "main") == 0)
		return 0;
	return fail(NULL, path, SQLITE_READONLY, err);
}

static int
open_writer(
    const char *path, uint64_t max_bytes, sqlite3 **ret_db, struct err *err)
{
	char pragmas[160];
	sqlite3 *db = NULL;
	uint64_t page_size = 4096;
	int ret = open_db(path, &db, err);

	if (ret < 0)
		return ret;
	ret = check_writable(db, path, err);
	if (ret == 0)
		ret = check_sound(db, path, err);
	if (ret == 0)
		ret = check_ours(db, path, err);
	if (ret == 0)
		(void)sqlite_read_number(db, "PRAGMA page_size", &page_size);
	/* The writer thread moves the log when it has nothing else to do. */
	snprintf(pragmas, sizeof pragmas,
	    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	    "PRAGMA wal_autocheckpoint=0; PRAGMA max_page_count=%" PRIu64,
	    max_bytes / page_size);
	if (ret == 0)
		ret = run_sql(db, path, pragmas, err);
	if (ret < 0) {
		sqlite3_close(db);
		return ret;
	}
	*ret_db = db;
	return 0;
}

static int
open_reader(const char *path, sqlite3 **ret_db, struct err *err)
{
	sqlite3 *db = NULL;
	int ret = open_db(path, &db, err);

	if (ret == 0)
		ret = run_sql(db, path, "PRAGMA query_only=1", err);
	if (ret < 0)
		sqlite3_close(db);
	else
		*ret_db = db;
	return ret;
}

static int
make_directory(const char *path, struct err *err)
{
	char *dir = directory_of(path);
	int ret = file_mkdirs(dir, 0700, err);

	free(dir);
	return ret;
}

int
sqlite_open_checked(const char *path, uint64_t max_bytes, int *ret_lock,
    sqlite3 **ret_writer, sqlite3 **ret_reader, struct err *err)
{
	sqlite3 *writer = NULL;
	int lock = -1;
	int ret;

	ret = make_directory(path, err);
	if (ret == 0)
		ret = take_lock(path, &lock, err);
	if (ret == 0)
		ret = find_or_create(path, err);
	if (ret == 0)
		ret = open_writer(path, max_bytes, &writer, err);
	if (ret == 0)
		ret = open_reader(path, ret_reader, err);
	if (ret < 0) {
		sqlite3_close(writer);
		if (lock >= 0)
			close(lock);
		return ret;
	}
	*ret_lock = lock;
	*ret_writer = writer;
	return 0;
}
