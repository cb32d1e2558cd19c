/* Uploaded logs on a disk: names, limits, and what is left of broken ones. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/logstore.h"

#define DAY_MS INT64_C(86400000)

static const struct logstore_limits limits = {
    .file_max = 1000,
    .node_max = 2500,
    .total_max = 6000,
    .free_min = 1,
    .run_files = 3,
    .node_runs = 2,
    .age_ms = DAY_MS,
};

struct fixture {
	struct loop *loop;
	struct clock clock;
	struct logstore *store;
	char dir[64];
	char seen[1024]; /* "run/name=bytes " of all */
};

static int
setup(void **state)
{
	struct fixture *fix = calloc(1, sizeof *fix);
	struct err err = {0};

	assert_non_null(fix);
	strcpy(fix->dir, "/tmp/convect-logstore.XXXXXX");
	assert_non_null(mkdtemp(fix->dir));
	fix->loop = loop_new();
	clock_init_sim(&fix->clock, clock_wall_ms(&clock_system));
	fix->store =
	    logstore_open(fix->loop, &fix->clock, fix->dir, &limits, &err);
	assert_non_null(fix->store);
	*state = fix;
	return 0;
}

/* As a start does; the first sweep is still to come then. */
static void
reopen(struct fixture *fix)
{
	struct err err = {0};

	logstore_free(fix->store);
	fix->store =
	    logstore_open(fix->loop, &fix->clock, fix->dir, &limits, &err);
	assert_non_null(fix->store);
}

static int
teardown(void **state)
{
	struct fixture *fix = *state;
	char command[128];

	logstore_free(fix->store);
	loop_free(fix->loop);
	snprintf(command, sizeof command, "rm -rf %s", fix->dir);
	assert_int_equal(system(command), 0); /* NOLINT(cert-env33-c) */
	free(fix);
	return 0;
}

struct kept {
	bool told;
	int error;
};

static void
on_kept_cb(void *arg, int error)
{
	struct kept *kept = arg;

	assert_false(kept->told);
	kept->told = true;
	kept->error = error;
}

static int
commit(struct fixture *fix, struct logstore_upload *upload)
{
	struct kept kept = {0};

	logstore_commit(upload, on_kept_cb, &kept);
	while (!kept.told)
		loop_turn(fix->loop);
	return kept.error;
}

static int
put(struct fixture *fix, const char *node, const char *run, const char *name,
    size_t len)
{
	char data[2000];
	struct logstore_upload *upload;
	int ret = logstore_begin(fix->store, node, run, name, len, &upload);

	if (ret < 0)
		return ret;
	memset(data, 'x', sizeof data);
	logstore_write(upload, data, len / 2);
	logstore_write(upload, data, len - len / 2);
	return commit(fix, upload);
}

static void
on_file(void *arg, const struct logstore_file *file)
{
	struct fixture *fix = arg;
	size_t len = strlen(fix->seen);

	snprintf(fix->seen + len, sizeof fix->seen - len, "%s/%s=%llu ",
	    file->run, file->name, (unsigned long long)file->bytes);
}

static const char *
seen(struct fixture *fix, const char *node)
{
	fix->seen[0] = '\0';
	logstore_each(fix->store, node, on_file, fix);
	return fix->seen;
}

/* Makes a run, or all its files, older by that. */
static void
age(struct fixture *fix, const char *path, int64_t ms)
{
	char full[256];
	struct timespec times[2];

	times[0].tv_sec = (clock_wall_ms(&fix->clock) - ms) / 1000;
	times[0].tv_nsec = 0;
	times[1] = times[0];
	snprintf(full, sizeof full, "%s/%s", fix->dir, path);
	assert_int_equal(utimensat(AT_FDCWD, full, times, 0), 0);
}

static void
test_names(void **state)
{
	static const char *const good[] = {"a", "journal.txt", "0-1_2.3"};
	static const char *const bad[] = {"", ".", "..", ".a", "-a", "a/b",
	    "a b", "a\n", "a\\b", "\xc3\xa9", "a%2fb"};
	char longest[66];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		assert_int_equal(logstore_check_name(good[i]), 0);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(logstore_check_name(bad[i]), -EINVAL);
	memset(longest, 'a', 65);
	longest[65] = '\0';
	assert_int_equal(logstore_check_name(longest), -EINVAL);
	longest[64] = '\0';
	assert_int_equal(logstore_check_name(longest), 0);
	logstore_run_name(UINT64_MAX, "abcdefghijk", longest);
	assert_string_equal(longest, "18446744073709551615-abcdefgh");
	assert_int_equal(logstore_check_name(longest), 0);
}

static void
test_put_and_read(void **state)
{
	struct fixture *fix = *state;
	char data[20];
	int fd;

	assert_int_equal(put(fix, "gpu1", "1-a", "one", 10), 0);
	assert_int_equal(put(fix, "gpu1", "1-a", "none", 0), 0);
	assert_int_equal(put(fix, "../up", "1-a", "up", 7), 0);
	assert_int_equal(put(fix, "..", "1-a", "dots", 7), 0);
	assert_non_null(strstr(seen(fix, "gpu1"), "1-a/one=10 "));
	assert_non_null(strstr(fix->seen, "1-a/none=0 "));
	assert_string_equal(seen(fix, "../up"), "1-a/up=7 ");
	assert_string_equal(seen(fix, ".."), "1-a/dots=7 ");
	assert_string_equal(seen(fix, "gpu2"), "");
	fd = logstore_read(fix->store, "gpu1", "1-a", "one");
	assert_true(fd >= 0);
	assert_int_equal(read(fd, data, sizeof data), 10);
	close(fd);
	/* The same name again: the later one stays. */
	assert_int_equal(put(fix, "gpu1", "1-a", "one", 20), 0);
	assert_non_null(strstr(seen(fix, "gpu1"), "1-a/one=20 "));
	assert_int_equal(
	    logstore_read(fix->store, "gpu1", "..", "one"), -EINVAL);
	assert_int_equal(
	    logstore_read(fix->store, "gpu1", "1-a", "../one"), -EINVAL);
	assert_int_equal(
	    logstore_read(fix->store, "gpu1", "1-a", "two"), -ENOENT);
	assert_int_equal(put(fix, "gpu1", "../x", "one", 1), -EINVAL);
	assert_int_equal(put(fix, "gpu1", "1-a", "x/y", 1), -EINVAL);
}

/* Links that somebody put there lead nowhere. */
static void
test_links(void **state)
{
	struct fixture *fix = *state;
	char path[256];

	assert_int_equal(put(fix, "gpu1", "1-a", "one", 10), 0);
	snprintf(path, sizeof path, "%s/gpu1/1-a/passwd", fix->dir);
	assert_int_equal(symlink("/etc/passwd", path), 0);
	assert_int_equal(
	    logstore_read(fix->store, "gpu1", "1-a", "passwd"), -ELOOP);
	assert_string_equal(seen(fix, "gpu1"), "1-a/one=10 ");
	snprintf(path, sizeof path, "%s/gpu2", fix->dir);
	assert_int_equal(symlink("/tmp", path), 0);
	assert_true(put(fix, "gpu2", "1-a", "one", 10) < 0);
}

static void
test_broken_uploads(void **state)
{
	struct fixture *fix = *state;
	struct logstore_upload *upload;

	assert_int_equal(
	    logstore_begin(fix->store, "gpu1", "1-a", "one", 10, &upload), 0);
	logstore_write(upload, "half", 4);
	assert_string_equal(seen(fix, "gpu1"), "");
	logstore_abort(upload);
	assert_int_equal(
	    logstore_begin(fix->store, "gpu1", "1-a", "one", 10, &upload), 0);
	logstore_write(upload, "half", 4);
	assert_int_equal(commit(fix, upload), -ECONNRESET);
	assert_int_equal(
	    logstore_begin(fix->store, "gpu1", "1-a", "one", 4, &upload), 0);
	logstore_write(upload, "more than", 9);
	assert_int_equal(commit(fix, upload), -EFBIG);
	assert_string_equal(seen(fix, "gpu1"), "");
}

/* Told only when it is on the disk, which the end waits for. */
static void
test_end_waits(void **state)
{
	struct fixture *fix = *state;
	struct logstore_upload *upload;
	struct kept kept = {0};

	assert_int_equal(
	    logstore_begin(fix->store, "gpu1", "1-a", "one", 4, &upload), 0);
	logstore_write(upload, "text", 4);
	logstore_commit(upload, on_kept_cb, &kept);
	reopen(fix);
	assert_true(kept.told);
	assert_int_equal(kept.error, 0);
	assert_string_equal(seen(fix, "gpu1"), "1-a/one=4 ");
}

static void
test_disk_fails(void **state)
{
	struct fixture *fix = *state;
	const struct rlimit few = {100, RLIM_INFINITY};
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &few), 0);
	assert_int_equal(put(fix, "gpu1", "1-a", "one", 400), -EFBIG);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
	assert_string_equal(seen(fix, "gpu1"), "");
	assert_int_equal(put(fix, "gpu1", "1-a", "one", 400), 0);
}

static void
test_limits(void **state)
{
	struct fixture *fix = *state;
	struct logstore_upload *upload[5];

	assert_int_equal(put(fix, "gpu1", "1-a", "one", 1001), -EFBIG);
	assert_int_equal(put(fix, "gpu1", "1-a", "one", 1000), 0);
	assert_int_equal(put(fix, "gpu1", "1-a", "two", 1000), 0);
	assert_int_equal(put(fix, "gpu1", "1-a", "three", 1000), -EDQUOT);
	assert_int_equal(put(fix, "gpu1", "1-a", "three", 10), 0);
	assert_int_equal(put(fix, "gpu1", "1-a", "four", 10), -EDQUOT);
	/* An install of before goes when there is no room for a new one. */
	age(fix, "gpu1/1-a", 5000);
	assert_int_equal(put(fix, "gpu1", "1-b", "one", 600), 0);
	assert_string_equal(seen(fix, "gpu1"), "1-b/one=600 ");
	assert_int_equal(put(fix, "gpu1", "1-c", "one", 1), 0);
	age(fix, "gpu1/1-b", 4000);
	age(fix, "gpu1/1-c", 3000);
	assert_int_equal(put(fix, "gpu1", "1-d", "one", 2), 0);
	assert_string_equal(seen(fix, "gpu1"), "1-c/one=1 1-d/one=2 ");
	/* What is on its way counts. */
	for (int i = 0; i < 4; i++)
		assert_int_equal(logstore_begin(fix->store, "gpu2", "1-a",
				     "one", 600, &upload[i]),
		    0);
	assert_int_equal(put(fix, "gpu2", "1-a", "two", 1), -EAGAIN);
	logstore_abort(upload[3]);
	assert_int_equal(put(fix, "gpu2", "1-a", "two", 800), -EDQUOT);
	assert_int_equal(put(fix, "gpu3", "1-a", "one", 1), 0);
	for (int i = 0; i < 3; i++)
		logstore_abort(upload[i]);
}

static void
on_tick_cb(void *arg)
{
	(void)arg;
}

/* Some turns of the loop, whether or not a sweep wants them. */
static void
turns(struct fixture *fix, int count)
{
	struct loop_timer *tick = loop_timer_new(fix->loop, on_tick_cb, NULL);

	loop_timer_every(tick, 2);
	while (count-- > 0)
		loop_turn(fix->loop);
	loop_timer_free(tick);
}

static void
test_sweep(void **state)
{
	struct fixture *fix = *state;

	assert_int_equal(put(fix, "gpu1", "1-a", "one", 900), 0);
	assert_int_equal(put(fix, "gpu1", "2-a", "one", 900), 0);
	assert_int_equal(put(fix, "gpu2", "1-a", "one", 900), 0);
	age(fix, "gpu1/1-a", DAY_MS + 10000);
	age(fix, "gpu1/2-a", DAY_MS - 10000);
	age(fix, "gpu2/1-a", -10000);
	reopen(fix);
	turns(fix, 100);
	assert_string_equal(seen(fix, "gpu1"), "2-a/one=900 ");
	assert_string_equal(seen(fix, "gpu2"), "1-a/one=900 ");
	/* 1800 are there: two nodes' worth more is too much. */
	assert_int_equal(put(fix, "gpu3", "1-a", "one", 1000), 0);
	assert_int_equal(put(fix, "gpu3", "1-a", "two", 1000), 0);
	assert_int_equal(put(fix, "gpu4", "1-a", "one", 1000), 0);
	assert_int_equal(put(fix, "gpu4", "1-a", "two", 1000), 0);
	assert_int_equal(put(fix, "gpu5", "1-a", "one", 1000), -ENOSPC);
	assert_int_equal(put(fix, "gpu5", "1-a", "one", 200), 0);
	turns(fix, 200);
	/* The oldest of all has made room. */
	assert_string_equal(seen(fix, "gpu1"), "");
	assert_int_equal(put(fix, "gpu5", "1-a", "two", 600), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_names),
	    cmocka_unit_test_setup_teardown(test_put_and_read, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_links, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_broken_uploads, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_disk_fails, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_end_waits, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_limits, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_sweep, setup, teardown),
	};

	return cmocka_run_group_tests_name("logstore", tests, NULL, NULL);
}
