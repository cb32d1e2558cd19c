#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hwaddr.h"

static void
test_hwaddr_spellings(void **state)
{
	static const char *const same[] = {"52:54:00:aa:0B:01",
	    "52-54-00-AA-0b-01", "5254.00aa.0b01", "525400AA0B01"};
	char out[HWADDR_STRLEN];
	struct hwaddr addr;

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
		assert_int_equal(hwaddr_parse(same[i], &addr), 0);
		assert_string_equal(
		    hwaddr_format(&addr, out), "52:54:00:aa:0b:01");
	}
}

static void
test_hwaddr_refuses(void **state)
{
	static const char *const bad[] = {"", "52:54:00:aa:0b",
	    "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01",
	    "52:54-00:aa:0b:01", "52:54:00:aa:0b:0g", "525400aa0b011",
	    "5254.00aa:0b01"};
	struct hwaddr addr;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_not_equal(hwaddr_parse(bad[i], &addr), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_hwaddr_spellings),
	    cmocka_unit_test(test_hwaddr_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
