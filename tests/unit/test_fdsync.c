/* fsync by the kernel: told once, in the loop, and waited for at the end. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/fdsync.h"
#include "net/loop.h"

struct told {
	struct fdsync *sync;
	int fd; /* what is synced next; -1: nothing */
	int times;
	int error;
};

static void
on_synced_cb(void *arg, int error)
{
	struct told *told = arg;
	int fd = told->fd;

	told->times++;
	told->error = error;
	told->fd = -1;
	if (fd >= 0)
		fdsync_start(told->sync, fd, on_synced_cb, told);
}

static void
test_synced(void **state)
{
	struct loop *loop = loop_new();
	struct told told = {fdsync_new(loop), -1, 0, 0};
	FILE *file = tmpfile();
	int ends[2];

	(void)state;
	assert_non_null(file);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(fileno(file), "x", 1), 1);
	fdsync_start(told.sync, fileno(file), on_synced_cb, &told);
	while (told.times < 1)
		assert_int_equal(loop_turn(loop), 0);
	assert_int_equal(told.error, 0);
	/* What can not be synced says so. */
	fdsync_start(told.sync, ends[0], on_synced_cb, &told);
	while (told.times < 2)
		assert_int_equal(loop_turn(loop), 0);
	assert_int_equal(told.error, -EINVAL);
	/* The end waits, also for what is started then. */
	told.fd = fileno(file);
	fdsync_start(told.sync, fileno(file), on_synced_cb, &told);
	fdsync_free(told.sync);
	assert_int_equal(told.times, 4);
	assert_int_equal(told.error, 0);
	fclose(file);
	close(ends[0]);
	close(ends[1]);
	loop_free(loop);
}

/* More than the kernel takes at once are done all the same. */
static void
test_many(void **state)
{
	struct loop *loop = loop_new();
	struct told told = {fdsync_new(loop), -1, 0, 0};
	FILE *file = tmpfile();

	(void)state;
	assert_non_null(file);
	for (int i = 0; i < 3 * FDSYNC_MAX; i++)
		fdsync_start(told.sync, fileno(file), on_synced_cb, &told);
	fdsync_free(told.sync);
	assert_int_equal(told.times, 3 * FDSYNC_MAX);
	assert_int_equal(told.error, 0);
	fclose(file);
	loop_free(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_synced),
	    cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
