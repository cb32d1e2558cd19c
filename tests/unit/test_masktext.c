/* Secrets in running text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/masktext.h"

#define TOKEN "00112233445566778899aabbccddeeff"

static struct value
variables(void)
{
	static const char json[] =
	    "{\"admin_password_hash\": \"$6$salt$hashhash\","
	    " \"plain\": \"visible text\","
	    " \"wifi_password\": \"hunter22\","
	    " \"short_password\": \"abc\","
	    " \"longer_password\": \"hunter22-and-more\","
	    " \"app\": {\"api_token\": [\"list-item-1\", \"list-item-2\"]},"
	    " \"tls_private_key\": \"-----BEGIN\\nMIIEvAIBADAN\\r\\n"
	    "Bgkqhki\\n\"}";
	struct value vars;

	assert_int_equal(value_parse_json(json, strlen(json), &vars, NULL), 0);
	return vars;
}

static void
expect(const struct masktext *mask, const char *text, const char *want)
{
	struct buf out;

	buf_init(&out, 65536);
	masktext_write(mask, text, strlen(text), &out);
	assert_string_equal(out.data, want);
	buf_done(&out);
}

static void
test_secrets(void **state)
{
	static const struct {
		const char *text;
		const char *want;
	} rows[] = {
	    {"", ""},
	    {"nothing to see, visible text", "nothing to see, visible text"},
	    {"hunter22", "********"},
	    {"hunter2", "hunter2"},
	    {"a hunter22,hunter22 b", "a ********,******** b"},
	    {"hunter22-and-more", "********"},
	    {"hunter22-and", "********-and"},
	    {"abc is too short", "abc is too short"},
	    {"x$6$salt$hashhashx", "x********x"},
	    {"list-item-1 list-item-2 list-item-3",
		"******** ******** list-item-3"},
	    {"MIIEvAIBADAN\nBgkqhki", "********\n********"},
	    {"GET /seed/" TOKEN "/user-data", "GET /seed/********/user-data"},
	    {"/report/" TOKEN, "/report/********"},
	    {"/logs/" TOKEN "/x /inspect/" TOKEN,
		"/logs/********/x /inspect/********"},
	    {"/report/" TOKEN "ff", "/report/********ff"},
	    {"/report/short /seed/", "/report/short /seed/"},
	    {"sum " TOKEN, "sum " TOKEN},
	};
	struct value vars = variables();
	struct masktext *mask = masktext_new(vars);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		expect(mask, rows[i].text, rows[i].want);
	masktext_free(mask);
	value_unref(vars);
}

static void
test_without_variables(void **state)
{
	struct masktext *mask = masktext_new((struct value){0});

	(void)state;
	expect(mask, "hunter22 /seed/" TOKEN "/", "hunter22 /seed/********/");
	masktext_free(mask);
	masktext_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_secrets),
	    cmocka_unit_test(test_without_variables),
	};

	return cmocka_run_group_tests_name("masktext", tests, NULL, NULL);
}
