#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "core/hardware.h"

static int
parse(const char *text, struct value *ret_details)
{
	struct err err = {0};
	int ret = hardware_parse(text, strlen(text), ret_details, &err);

	assert_true((ret < 0) == err_is_set(&err));
	return ret;
}

static const char whole[] =
    "{\"vendor\":\"ACME\",\"model\":\"Rack \\\"9\\\"\",\"serial\":\"CZ 77\","
    "\"uuid\":\"4c4c4544\",\"memory\":1610612736,"
    "\"cpus\":{\"count\":2,\"sockets\":1,\"model\":\"x\"},"
    "\"nics\":[{\"name\":\"eth0\",\"mac\":\"52-54-00-AA-0B-01\","
    "\"link\":true,\"speed\":1000,\"driver\":\"e1000\",\"pci\":\"0\"},"
    "{\"name\":\"eth1\",\"link\":false}],"
    "\"disks\":[{\"name\":\"sda\",\"serial\":\"S\",\"model\":\"M\","
    "\"size\":20000000000,\"rotational\":false,\"bus\":\"ata\"},"
    "{\"size\":4000000000000,\"rotational\":true}],"
    "\"gpus\":[{\"pci\":\"0\",\"vendor\":\"10de\",\"device\":\"2330\","
    "\"class\":\"030200\",\"name\":\"H100\"}]}";

static void
test_whole(void **state)
{
	struct value details;
	struct value nic;
	struct buf text;

	(void)state;
	assert_int_equal(parse(whole, &details), 0);
	assert_string_equal(
	    value_str(value_map_get(details, "model")), "Rack \"9\"");
	nic = value_list_at(value_map_get(details, "nics"), 0);
	assert_string_equal(
	    value_str(value_map_get(nic, "mac")), "52:54:00:aa:0b:01");
	buf_init(&text, 4096);
	hardware_summary(details, &text);
	assert_string_equal(text.data,
	    "2 CPUs, 1.5 GiB memory, 2 disks (SSD 20.0 GB, HDD 4000.0 GB), "
	    "2 NICs (1 up), 1 GPU (H100)");
	buf_done(&text);
	value_unref(details);
}

static void
test_little(void **state)
{
	struct value details;
	struct buf text;

	(void)state;
	assert_int_equal(parse("{}", &details), 0);
	buf_init(&text, 4096);
	hardware_summary(details, &text);
	assert_string_equal(text.data, "0 disks, 0 NICs (0 up), 0 GPUs");
	buf_done(&text);
	value_unref(details);
	/* null is as good as nothing. */
	assert_int_equal(parse("{\"disks\":null}", &details), 0);
	assert_int_equal(value_len(details), 0);
	value_unref(details);
}

static void
test_refused(void **state)
{
	static const char *const bad[] = {"", "[]", "1", "{", "{}x",
	    "{\"other\":1}", "{\"vendor\":1}", "{\"memory\":-1}",
	    "{\"memory\":\"1\"}", "{\"memory\":1.5}", "{\"cpus\":[]}",
	    "{\"cpus\":{\"other\":1}}", "{\"nics\":{}}", "{\"nics\":[1]}",
	    "{\"nics\":[{\"mac\":\"ff:ff:ff:ff:ff:ff\"}]}",
	    "{\"nics\":[{\"mac\":\"eth0\"}]}",
	    "{\"nics\":[{\"link\":\"yes\"}]}",
	    "{\"disks\":[{\"size\":99999999999999999999}]}",
	    "{\"disks\":[{\"name\":\"a\"},[]]}"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct value details = {0};

		if (parse(bad[i], &details) == 0)
			fail_msg("taken: %s", bad[i]);
		assert_int_equal(details.type, VALUE_UNDEFINED);
	}
}

/* Text is cut and cleaned; it never gets to a terminal or an iPXE as it is. */
static void
test_hostile(void **state)
{
	struct value details;
	struct buf body;
	const char *vendor;

	(void)state;
	buf_init(&body, 1 << 20);
	buf_adds(&body, "{\"vendor\":\"\\u001b[2J\\n\\u202e");
	for (int i = 0; i < 300; i++)
		buf_addc(&body, 'a');
	buf_adds(&body, "\"}");
	assert_int_equal(parse(body.data, &details), 0);
	vendor = value_str(value_map_get(details, "vendor"));
	assert_int_equal(strlen(vendor), HARDWARE_TEXT_MAX);
	assert_memory_equal(vendor, " [2J  aaa", 9);
	value_unref(details);
	buf_reset(&body);
	buf_adds(&body, "{\"disks\":[{}");
	for (int i = 0; i < HARDWARE_ITEMS_MAX; i++)
		buf_adds(&body, ",{}");
	buf_adds(&body, "]}");
	assert_true(parse(body.data, &details) < 0);
	buf_reset(&body);
	for (int i = 0; i < HARDWARE_BODY_MAX; i++)
		buf_addc(&body, ' ');
	buf_adds(&body, "{}");
	assert_true(parse(body.data, &details) < 0);
	buf_done(&body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),
	    cmocka_unit_test(test_little),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
