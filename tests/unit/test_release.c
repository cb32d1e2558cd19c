/* Which row of the table an image is, and what its installer knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/release.h"

static void
test_rows(void **state)
{
	static const struct {
		const char *version;
		const char *name; /* of the image */
		const char *row;
	} cases[] = {
	    {"20.04", "", "20.04"},
	    {"20.04.5", "focal", "20.04"},
	    {"20.04.6", "focal", "20.04.6"},
	    {"22.04.3", "", "22.04"},
	    {"22.04.5", "", "22.04.4"},
	    {"24.04.2", "", "24.04"},
	    {"24.10", "", "24.10"},
	    {"26.04.1", "", "26.04"},
	    {"", "jammy", "22.04"},
	    {"", "24.04", "24.04"},
	    {"24.041", "", "26.04"},
	    {"28.04", "new", "26.04"},
	    {"", "", "26.04"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_string_equal(
		    release_of_image(cases[i].version, cases[i].name)->version,
		    cases[i].row);
	assert_null(release_find("28.04"));
	assert_null(release_find(""));
	assert_string_equal(release_find("24.04.2")->name, "noble");
	assert_string_equal(release_find("22.04.4")->seed, "nocloud-net");
}

static void
test_features(void **state)
{
	const struct release *focal = release_find("20.04.1");
	const struct release *jammy = release_find("22.04.5");
	struct value first = release_known(focal);
	struct value names = release_known(jammy);

	(void)state;
	assert_int_equal(value_len(first), 0);
	assert_true(release_knows(focal, "identity"));
	assert_false(release_knows(focal, "timezone"));
	assert_true(release_knows(jammy, "apt.mirror-selection"));
	assert_false(release_knows(jammy, "storage.match.list"));
	assert_string_equal(
	    value_str(value_list_at(names, 0)), "active-directory");
	assert_string_equal(
	    release_next_with(jammy, "kernel-crash-dumps"), "24.10");
	assert_string_equal(release_next_with(focal, "source"), "20.04.6");
	assert_string_equal(
	    release_next_with(release_find("22.04"), "source"), "22.04.4");
	assert_string_equal(release_next_with(focal, "identity"), "20.04");
	value_unref(first);
	value_unref(names);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_features),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
