/* Whether a text needs quotes in YAML, by comparison over many texts. */
#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "inventory/yaml_scalar.h"

#define TEXT_MAX 65536

static uint32_t
next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 8;
}

/* The implicit resolvers of PyYAML's, of which "=" and "<<" are two. */
static const char typed[] =
    "^((yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off"
    "|OFF|~|null|Null|NULL|<<|=)?"
    "|[-+]?[0-9][0-9_]*\\.[0-9_]*([eE][-+][0-9]+)?"
    "|\\.[0-9][0-9_]*([eE][-+][0-9]+)?"
    "|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+\\.[0-9_]*"
    "|[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+"
    "|[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)"
    "|[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(0|[1-9][0-9_]*)"
    "|[-+]?0x[0-9a-fA-F_]+"
    "|[0-9]{4}-[0-9]{2}-[0-9]{2}"
    "|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}"
    ":[0-9]{2}(\\.[0-9]*)?([ \t]*(Z|[-+][0-9]{1,2}(:[0-9]{2})?))?)$";

/* Parts of what has a type, so that chance puts some of it together. */
static const char *const parts[] = {"yes", "No", "TRUE", "true", "off", "oN",
    "~", "null", "NULL", "<", "<<", "=", "0", "1", "7", "59", "60", "9", "_",
    ".", "e+5", "e5", "E-", "-", "+", ":", ":5", ":07", ":60", "0b1", "0x",
    "fF", "0o7", "017", "018", ".inf", ".Inf", ".iNF", ".nan", ".NaN",
    "2001-12-14", "2001-1-1", "-12", "T", "t", " ", "\t", "1:2:3", "21:59:43",
    "01:02:03", ".5", "Z", "-05", "+05:30", "y", "é", "\n", "#"};

static void
compare_typed(const regex_t *regex, const char *text)
{
	bool want = regexec(regex, text, 0, NULL, 0) == 0;

	if (yaml_scalar_is_typed(text, strlen(text)) != want)
		fail_msg("'%s' has %s type", text, want ? "a" : "no");
}

static void
test_typed(void **state)
{
	uint32_t random = 20241124;
	struct buf text;
	regex_t regex;

	(void)state;
	assert_int_equal(regcomp(&regex, typed, REG_EXTENDED | REG_NOSUB), 0);
	buf_init(&text, TEXT_MAX);
	compare_typed(&regex, "");
	for (unsigned i = 0; i < 50000; i++) {
		unsigned count = 1 + next_random(&random) % 5;

		buf_reset(&text);
		while (count-- > 0)
			buf_adds(
			    &text, parts[next_random(&random) %
					 (sizeof parts / sizeof parts[0])]);
		compare_typed(&regex, text.data);
	}
	assert_false(yaml_scalar_is_typed("5\0", 2));
	assert_false(yaml_scalar_is_typed("\0", 1));
	regfree(&regex);
	buf_done(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_typed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
