/* Work in several processes: nothing lost, nothing out of order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctl/split.h"

struct job {
	pid_t parent;
	size_t dies_at; /* the child that has this one to do does */
};

/* The numbers of the range, and whether a child did it. */
static struct value
on_range_cb(void *arg, size_t from, size_t to)
{
	const struct job *job = arg;
	struct value map = value_map_new();
	struct value list = value_list_new();
	bool is_child = getpid() != job->parent;

	if (is_child && from <= job->dies_at && job->dies_at < to)
		_exit(3);
	for (size_t i = from; i < to; i++)
		value_list_add(list, value_int((int64_t)i));
	value_map_set(map, "list", list);
	value_map_set(map, "child", value_bool(is_child));
	return map;
}

/* Returns how many ranges children did. */
static size_t
expect_all(const struct split *split, size_t parts)
{
	struct value answers = split_run(split);
	size_t children = 0;
	int64_t next = 0;

	assert_int_equal(value_len(answers), parts);
	for (size_t i = 0; i < parts; i++) {
		struct value map = value_list_at(answers, i);
		struct value list = value_map_get(map, "list");

		for (size_t k = 0; k < value_len(list); k++)
			assert_int_equal(value_list_at(list, k).u.i, next++);
		children += value_map_get(map, "child").u.b;
	}
	assert_int_equal(next, split->count);
	value_unref(answers);
	return children;
}

static void
test_order(void **state)
{
	struct job job = {.parent = getpid(), .dies_at = SIZE_MAX};
	struct split split = {.count = 100003,
	    .least = 10,
	    .processes_max = 7,
	    .run = on_range_cb,
	    .arg = &job};

	(void)state;
	assert_int_equal(expect_all(&split, 7), 6);
}

static void
test_few(void **state)
{
	struct job job = {.parent = getpid(), .dies_at = SIZE_MAX};
	struct split split = {.count = 35,
	    .least = 10,
	    .processes_max = 7,
	    .run = on_range_cb,
	    .arg = &job};

	(void)state;
	assert_int_equal(expect_all(&split, 3), 2);
	split.count = 9;
	assert_int_equal(expect_all(&split, 1), 0);
	split.count = 0;
	assert_int_equal(expect_all(&split, 1), 0);
}

/* What a child leaves undone is done here. */
static void
test_death(void **state)
{
	struct job job = {.parent = getpid(), .dies_at = 60};
	struct split split = {.count = 100,
	    .least = 1,
	    .processes_max = 4,
	    .run = on_range_cb,
	    .arg = &job};

	(void)state;
	assert_int_equal(expect_all(&split, 4), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_few),
	    cmocka_unit_test(test_death),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
