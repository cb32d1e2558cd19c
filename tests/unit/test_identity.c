/* A machine's UUID and serial number against what hosts claim. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/identity.h"

static const char inventory_text[] =
    "a mac=52:54:00:00:00:01 uuid=4c4c4544-0042-3510-8052-b4c04f4e3732\n"
    "b mac=52:54:00:00:00:02 serial=SN-2\n"
    "c mac=52:54:00:00:00:03 serial=777\n"
    "e mac=52:54:00:00:00:05\n";

static struct inventory *
load(const char *text)
{
	struct inv_file file = {"hosts", text, strlen(text)};
	struct inv_input input = {.files = &file, .count = 1};
	struct inventory *inv = NULL;
	struct problems problems;

	problems_init(&problems);
	if (inventory_load(&input, &problems, &inv) < 0)
		fail_msg("%s", problems.list[0].err.text);
	problems_done(&problems);
	return inv;
}

/* Whose the claim is beside `name`, "" for nobody's. */
static void
expect(const struct inventory *inv, const char *name,
    const struct identity_claim *claim, const char *want)
{
	const char *by = NULL;
	const struct inv_host *other =
	    identity_other(inv, claim, inventory_find_host(inv, name), &by);

	assert_string_equal(other == NULL ? "" : inv_host_name(other), want);
	if (other != NULL)
		assert_string_equal(
		    by, claim->serial == NULL ? "UUID" : "serial number");
}

static void
test_uuids(void **state)
{
	static const uint8_t wire[IDENTITY_UUID_SIZE] = {0x44, 0x45, 0x4c, 0x4c,
	    0x42, 0x00, 0x10, 0x35, 0x80, 0x52, 0xb4, 0xc0, 0x4f, 0x4e, 0x37,
	    0x32};
	static const uint8_t blank[IDENTITY_UUID_SIZE] = {0};
	struct identity_claim text = {
	    .uuid_text = "4C4C4544-0042-3510-8052-B4C04F4E3732"};
	struct identity_claim swapped = {
	    .uuid_text = "44454c4c-4200-1035-8052-b4c04f4e3732"};
	struct identity_claim bytes = {.uuid = wire};
	struct identity_claim none = {.uuid = blank, .uuid_text = "${uuid}"};
	struct inventory *inv = load(inventory_text);

	(void)state;
	expect(inv, "a", &text, "");
	expect(inv, "b", &text, "a");
	expect(inv, "e", &text, "a");
	expect(inv, "e", &swapped, "a");
	expect(inv, "e", &bytes, "a");
	expect(inv, "a", &bytes, "");
	expect(inv, "e", &none, "");
	inventory_unref(inv);
}

static void
test_serials(void **state)
{
	struct identity_claim serial = {.serial = "sn-2"};
	struct identity_claim number = {.serial = "777"};
	struct identity_claim blank = {.serial = ""};
	struct inventory *inv = load(inventory_text);

	(void)state;
	assert_true(inventory_has_idents(inv));
	expect(inv, "a", &serial, "b");
	expect(inv, "b", &serial, "");
	expect(inv, "a", &number, "c");
	expect(inv, "a", &blank, "");
	inventory_unref(inv);
	inv = load("a mac=52:54:00:00:00:01\n");
	assert_false(inventory_has_idents(inv));
	expect(inv, "a", &number, "");
	inventory_unref(inv);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_uuids),
	    cmocka_unit_test(test_serials),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
