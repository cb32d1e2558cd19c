/*
 * A disk that fails: the real database on files whose writes or fsyncs end in
 * an error when told to. What was acknowledged stays, what was not is not
 * there, and the store goes on once the disk does.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "store/store.h"

/* SQLite asks for a default VFS by itself, so this one is global. The writer
 * thread reads what the test sets. */
static struct {
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
	sqlite3_io_methods methods[2]; /* of the database, of its log */
	const sqlite3_io_methods *real_methods;
	_Atomic int write_code;
	_Atomic int sync_code;
} disk;

static int
on_write(sqlite3_file *file, const void *data, int len, sqlite3_int64 at)
{
	int code = disk.write_code;

	return code != SQLITE_OK
		   ? code
		   : disk.real_methods->xWrite(file, data, len, at);
}

static int
on_sync(sqlite3_file *file, int flags)
{
	int code = disk.sync_code;

	return code != SQLITE_OK ? code : disk.real_methods->xSync(file, flags);
}

static int
on_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
    int *ret_flags)
{
	int code = disk.real->xOpen(disk.real, name, file, flags, ret_flags);

	sqlite3_io_methods *methods =
	    &disk.methods[(flags & SQLITE_OPEN_MAIN_DB) == 0];

	(void)vfs;
	if (code != SQLITE_OK || file->pMethods == NULL)
		return code;
	disk.real_methods = file->pMethods;
	*methods = *file->pMethods;
	methods->xWrite = on_write;
	methods->xSync = on_sync;
	file->pMethods = methods;
	return SQLITE_OK;
}

static int
group_setup(void **state)
{
	(void)state;
	disk.real = sqlite3_vfs_find(NULL);
	assert_non_null(disk.real);
	disk.vfs = *disk.real;
	disk.vfs.pNext = NULL;
	disk.vfs.zName = "faulty";
	disk.vfs.xOpen = on_open;
	return sqlite3_vfs_register(&disk.vfs, 1);
}

static void
on_append_cb(void *arg, int error, const struct event *events, size_t n)
{
	int *ret_error = arg;

	(void)events;
	(void)n;
	*ret_error = error;
}

/* What became of one event. */
static int
append(struct store *store)
{
	struct event event;
	int error = 1;

	event_init(&event, EVENT_REPORT, "a");
	event.time_ms = 1000;
	assert_int_equal(
	    store_append(store, &event, 1, STORE_ANY_SEQ, on_append_cb, &error),
	    0);
	store_flush(store);
	return error;
}

static struct store *
open_store(const char *path)
{
	struct store_opts opts = {.snapshot_every = 10};
	struct store *store = NULL;
	struct err err = {0};

	if (store_open(path, &opts, &store, &err) < 0)
		fail_msg("%s", err.text);
	return store;
}

static void
on_event_cb(void *arg, const struct event *event)
{
	uint64_t *count = arg;

	/* Without a gap, and none that was refused. */
	assert_int_equal(event->seq, ++*count);
}

static void
check_all(struct store *store, uint64_t taken)
{
	struct store_query query = {0};
	struct err err = {0};
	uint64_t count = 0;

	assert_true(store_read(store, &query, on_event_cb, &count, &err) >= 0);
	assert_int_equal(count, taken);
	assert_int_equal(store_last_seq(store), taken);
}

static void
remove_database(const char *dir, const char *path)
{
	static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
	char name[128];

	for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
		snprintf(name, sizeof name, "%s%s", path, tails[i]);
		unlink(name);
	}
	rmdir(dir);
}

/* While `fault` says so nothing is taken; before and afterwards all is. */
static void
with_fault(_Atomic int *fault, int code, int error)
{
	char dir[] = "/tmp/test_store_faults.XXXXXX";
	struct store *store;
	char path[64];
	uint64_t taken = 0;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof path, "%s/state.db", dir);
	store = open_store(path);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 25; i++, taken++)
			assert_int_equal(append(store), 0);
		*fault = code;
		for (int i = 0; i < 5; i++)
			assert_int_equal(append(store), error);
		*fault = SQLITE_OK;
		check_all(store, taken);
	}
	assert_int_equal(append(store), 0);
	store_close(store);
	store = open_store(path);
	check_all(store, taken + 1);
	store_close(store);
	remove_database(dir, path);
}

static void
test_write_errors(void **state)
{
	(void)state;
	with_fault(&disk.write_code, SQLITE_IOERR_WRITE, -EIO);
}

static void
test_sync_errors(void **state)
{
	(void)state;
	with_fault(&disk.sync_code, SQLITE_IOERR_FSYNC, -EIO);
}

static void
test_no_space(void **state)
{
	(void)state;
	with_fault(&disk.write_code, SQLITE_FULL, -ENOSPC);
}

/* As after a remount that the kernel made when the disk failed. */
static void
test_read_only(void **state)
{
	(void)state;
	with_fault(&disk.write_code, SQLITE_READONLY, -EROFS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_write_errors),
	    cmocka_unit_test(test_sync_errors),
	    cmocka_unit_test(test_no_space),
	    cmocka_unit_test(test_read_only),
	};

	return cmocka_run_group_tests(tests, group_setup, NULL);
}
