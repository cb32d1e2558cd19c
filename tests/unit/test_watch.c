#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/watch.h"

#define NOW 1000000

/* What inotify tells is there as soon as the file system has it. */
struct fixture {
	char dir[64];
	struct priv_trees trees;
	struct watch watch;
};

static void
put(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void
look(struct fixture *fixture)
{
	struct err err = {0};

	if (watch_trees(&fixture->watch, &fixture->trees, &err) < 0)
		fail_msg("%s: %s", err.file, err.text);
}

static int
setup(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);

	snprintf(fixture->dir, sizeof fixture->dir, "/tmp/watch.XXXXXX");
	assert_non_null(mkdtemp(fixture->dir));
	assert_int_equal(chdir(fixture->dir), 0);
	assert_int_equal(mkdir("templates", 0755), 0);
	assert_int_equal(mkdir("templates/gpu", 0755), 0);
	put("hosts.ini", "a\n");
	fixture->trees.path[PRIV_TREE_INVENTORY][0] = "hosts.ini";
	fixture->trees.count[PRIV_TREE_INVENTORY] = 1;
	fixture->trees.path[PRIV_TREE_OPERATOR][0] = "templates/";
	fixture->trees.count[PRIV_TREE_OPERATOR] = 1;
	watch_init(&fixture->watch);
	look(fixture);
	*state = fixture;
	return 0;
}

static int
on_remove_cb(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int
teardown(void **state)
{
	struct fixture *fixture = *state;

	watch_done(&fixture->watch);
	assert_int_equal(chdir("/"), 0);
	nftw(fixture->dir, on_remove_cb, 8, FTW_DEPTH | FTW_PHYS);
	free(fixture);
	return 0;
}

/* Whether a change has come since the last look; looks again. */
static bool
changed(struct fixture *fixture)
{
	bool due;

	watch_handle(&fixture->watch, NOW);
	due = watch_is_due(&fixture->watch, NOW + WATCH_QUIET_MS);
	assert_true(watch_due(&fixture->watch) == INT64_MAX);
	look(fixture);
	return due;
}

static void
test_files(void **state)
{
	struct fixture *fixture = *state;

	assert_false(changed(fixture));
	put("hosts.ini", "b\n");
	assert_true(changed(fixture));
	/* As editors do. */
	put("new", "c\n");
	assert_false(changed(fixture));
	assert_int_equal(rename("new", "hosts.ini"), 0);
	assert_true(changed(fixture));
	put("other.ini", "not ours\n");
	put("templates/.user-data.j2.swp", "x");
	put("templates/user-data.j2~", "x");
	assert_false(changed(fixture));
	put("templates/gpu/user-data.j2", "x");
	assert_true(changed(fixture));
	assert_int_equal(unlink("templates/gpu/user-data.j2"), 0);
	assert_true(changed(fixture));
}

static void
test_directories(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mkdir("group_vars", 0755), 0);
	assert_true(changed(fixture));
	put("group_vars/all.yml", "a: 1\n");
	assert_true(changed(fixture));
	assert_int_equal(mkdir("templates/cpu", 0755), 0);
	assert_true(changed(fixture));
	put("templates/cpu/x.j2", "x");
	assert_true(changed(fixture));
	/* Gone, and back. */
	assert_int_equal(rename("templates", "old"), 0);
	assert_true(changed(fixture));
	assert_int_equal(rename("old", "templates"), 0);
	assert_true(changed(fixture));
	put("templates/cpu/x.j2", "y");
	assert_true(changed(fixture));
}

static void
test_links(void **state)
{
	struct fixture *fixture = *state;

	assert_int_equal(mkdir("r1", 0755), 0);
	assert_int_equal(mkdir("r2", 0755), 0);
	put("r1/hosts.ini", "a\n");
	put("r2/hosts.ini", "b\n");
	assert_int_equal(symlink("r1", "now"), 0);
	fixture->trees.path[PRIV_TREE_INVENTORY][0] = "now/hosts.ini";
	look(fixture);
	put("r1/hosts.ini", "c\n");
	assert_true(changed(fixture));
	assert_int_equal(symlink("r2", "next"), 0);
	assert_false(changed(fixture));
	assert_int_equal(rename("next", "now"), 0);
	assert_true(changed(fixture));
	put("r1/hosts.ini", "d\n");
	assert_false(changed(fixture));
	put("r2/hosts.ini", "e\n");
	assert_true(changed(fixture));
	/* The file itself a link. */
	assert_int_equal(unlink("r2/hosts.ini"), 0);
	assert_int_equal(symlink("../r1/hosts.ini", "r2/hosts.ini"), 0);
	assert_true(changed(fixture));
	put("r1/hosts.ini", "f\n");
	assert_true(changed(fixture));
}

static void
test_a_change_is_one(void **state)
{
	struct fixture *fixture = *state;
	struct watch *watch = &fixture->watch;
	int fd = open("hosts.ini", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	/* Content counts when it is whole. */
	assert_int_equal(write(fd, "x", 1), 1);
	watch_handle(watch, NOW);
	assert_true(watch_due(watch) == INT64_MAX);
	close(fd);
	watch_handle(watch, NOW);
	assert_int_equal(watch_due(watch), NOW + WATCH_QUIET_MS);
	put("hosts.ini", "b\n");
	watch_handle(watch, NOW + 200);
	assert_false(watch_is_due(watch, NOW + WATCH_QUIET_MS));
	assert_int_equal(watch_due(watch), NOW + 200 + WATCH_QUIET_MS);
	/* Without an end: at some time it is read all the same. */
	put("hosts.ini", "c\n");
	watch_handle(watch, NOW + WATCH_LATE_MS - 1);
	assert_int_equal(watch_due(watch), NOW + WATCH_LATE_MS);
	assert_true(watch_is_due(watch, NOW + WATCH_LATE_MS));
	assert_false(watch_is_due(watch, NOW + WATCH_LATE_MS * 2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_files, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_directories, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_links, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_a_change_is_one, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
