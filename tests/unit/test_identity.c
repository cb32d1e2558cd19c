#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/identity.h"
#include "inventory/known.h"
#include "template/template.h"

static const char inventory_text[] =
    "a mac=52:54:00:00:00:01 uuid=4c4c4544-0042-3510-8052-b4c04f4e3732 "
    "serial=ABC123\n"
    "b mac=52:54:00:00:00:02 uuid=11223344-5566-7788-99aa-bbccddeeff00 "
    "serial=\"{{ 'S' ~ 'N' }}-2\"\n"
    "c mac=52:54:00:00:00:03 uuid=00000000-0000-0000-0000-000000000000 "
    "serial=777\n"
    "d mac=52:54:00:00:00:04 serial=ABC123\n"
    "e mac=52:54:00:00:00:05\n";

struct fixture {
	struct inventory *inv;
	struct tmpl_env *env;
	struct hostvars *hostvars;
	struct identities *identities;
};

static void
fixture_init(struct fixture *fixture, const char *text)
{
	struct inv_file file = {"hosts", text, strlen(text)};
	struct inv_input input = {.files = &file, .count = 1};
	struct tmpl_options options;
	struct problems problems;

	problems_init(&problems);
	if (inventory_load(&input, &problems, &fixture->inv) < 0)
		fail_msg("%s", problems.list[0].err.text);
	problems_done(&problems);
	tmpl_options_init(&options);
	options.salt_seed = "";
	fixture->env = tmpl_env_new(&options);
	fixture->hostvars = hostvars_new(fixture->inv, fixture->env, NULL);
	fixture->identities = identities_new(fixture->hostvars);
}

static void
fixture_done(struct fixture *fixture)
{
	identities_free(fixture->identities);
	hostvars_free(fixture->hostvars);
	tmpl_env_free(fixture->env);
	inventory_unref(fixture->inv);
}

/* Whose it is beside `name`, "" for nobody's. */
static void
expect(const struct fixture *fixture, const char *name, const char *uuid,
    const char *serial, const char *want)
{
	uint8_t bytes[IDENTITY_UUID_SIZE];
	struct identity_claim claim = {NULL, serial};
	const struct inv_host *other;
	const char *by = NULL;

	if (uuid != NULL) {
		assert_int_equal(known_uuid_parse(uuid, bytes), 0);
		claim.uuid = bytes;
	}
	other = identities_other(fixture->identities, &claim,
	    inventory_find_host(fixture->inv, name), &by);
	assert_string_equal(other == NULL ? "" : inv_host_name(other), want);
	if (other != NULL)
		assert_non_null(by);
}

static void
test_claims(void **state)
{
	static const char a[] = "4C4C4544-0042-3510-8052-B4C04F4E3732";
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture, inventory_text);
	assert_false(identities_are_empty(fixture.identities));
	expect(&fixture, "a", a, NULL, "");
	expect(&fixture, "b", a, NULL, "a");
	expect(&fixture, "e", a, NULL, "a");
	/* As SMBIOS has it. */
	expect(
	    &fixture, "e", "44454c4c-4200-1035-8052-b4c04f4e3732", NULL, "a");
	fixture_done(&fixture);
}

static void
test_serials(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture, inventory_text);
	expect(&fixture, "a", NULL, "SN-2", "b");
	expect(&fixture, "b", NULL, "SN-2", "");
	expect(&fixture, "a", NULL, "777", "c");
	expect(&fixture, "a", NULL, "", "");
	/* Two hosts have it: each is the other's. */
	expect(&fixture, "a", NULL, "ABC123", "d");
	expect(&fixture, "d", NULL, "ABC123", "a");
	/* Boards without one. */
	expect(&fixture, "a", "00000000000000000000000000000000", NULL, "");
	expect(&fixture, "a", "ffffffff-ffff-ffff-ffff-ffffffffffff", NULL, "");
	fixture_done(&fixture);
	fixture_init(&fixture, "a mac=52:54:00:00:00:01\n");
	assert_true(identities_are_empty(fixture.identities));
	expect(&fixture, "a", NULL, "777", "");
	fixture_done(&fixture);
}

static void
test_uuid_parse(void **state)
{
	uint8_t uuid[IDENTITY_UUID_SIZE];

	(void)state;
	assert_true(known_uuid_parse("", uuid) < 0);
	assert_true(known_uuid_parse("${uuid}", uuid) < 0);
	assert_true(known_uuid_parse("4c4c4544", uuid) < 0);
	assert_true(known_uuid_parse(
			"4c4c4544-0042-3510-8052-b4c04f4e37320", uuid) < 0);
	assert_int_equal(
	    known_uuid_parse("4c4c4544-0042-3510-8052-b4c04f4e3732", uuid), 0);
	assert_int_equal(uuid[0], 0x4c);
	assert_int_equal(uuid[15], 0x32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_claims),
	    cmocka_unit_test(test_serials),
	    cmocka_unit_test(test_uuid_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
