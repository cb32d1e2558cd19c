/* Which values the variables of an install may have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "inventory/known.h"
#include "inventory/yaml.h"

#define LONG "1111111111111111111111111111111111111111111111111111111"

static const struct {
	const char *name;
	const char *yaml;
	bool good;
} cases[] = {
    {"os_disk", "SAMSUNG_*", true},
    {"os_disk", "0123", true},
    {"os_disk", "{model: M, vendor: V, path: /dev/sda, id_path: p}", true},
    {"os_disk", "{size: smallest, ssd: true}", true},
    {"os_disk", "[A, {serial: B}]", true},
    {"os_disk", "'{{ some.where }}'", true},
    {"os_disk", "''", false},
    {"os_disk", "{}", false},
    {"os_disk", "[]", false},
    {"os_disk", "true", false},
    {"os_disk", "{serail: A}", false},
    {"os_disk", "{serial: ''}", false},
    {"os_disk", "{serial: 5}", false},
    {"os_disk", "{ssd: 'true'}", false},
    {"os_disk", "{size: small}", false},
    {"os_disk", "[A, [B]]", false},
    {"net_address", "10.0.0.5/24", true},
    {"net_address", "'10.0.0.5/24, 2001:db8::5/64'", true},
    {"net_address", "[10.0.0.5/24]", true},
    {"net_address", "10.0.0.5", false},
    {"net_address", "10.0.0.5/33", false},
    {"net_address", "10.0.0.5/", false},
    {"net_address", "10.0.0.5/+8", false},
    {"net_address", "'10.0.0.5/24,'", false},
    {"net_address", "10.0.0.256/24", false},
    {"net_address", "'2001:db8::5/129'", false},
    {"net_address", "[" LONG LONG LONG LONG "/8]", false},
    {"net_address", LONG LONG LONG LONG "/8", false},
    {"net_address", "[]", false},
    {"net_address", "[[10.0.0.5/24]]", false},
    {"net_address", "\"10.0.0.5/24\\0x\"", false},
    {"net_address", "''", false},
    {"net_gateway", "10.0.0.1", true},
    {"net_gateway", "'10.0.0.1 , 2001:db8::1'", true},
    {"net_gateway", "'fe80::1%eth0'", false},
    {"net_gateway", "10.0.0.1/24", false},
    {"net_dns", "[10.0.0.1, '2001:db8::1']", true},
    {"net_dns", "[10.0.0.1, dns.site]", false},
    {"net_routes", "[]", true},
    {"net_routes", "[{to: default, via: 10.0.0.1}]", true},
    {"net_routes", "[{to: 10.9.0.0/16, via: 10.0.0.1, metric: 5}]", true},
    {"net_routes", "[{to: 10.9.0.0/16}]", false},
    {"net_routes", "[{via: 10.0.0.1}]", false},
    {"net_routes", "[{to: 10.9.0.0/16, via: 10.0.0.1, metrik: 5}]", false},
    {"net_routes", "[{to: 10.9.0.0/16, via: 10.0.0.1, metric: -5}]", false},
    {"net_routes", "{to: 10.9.0.0/16, via: 10.0.0.1}", false},
    {"swap_size", "0", true},
    {"swap_size", "8G", true},
    {"swap_size", "'4096M'", true},
    {"swap_size", "8GB", false},
    {"swap_size", "G", false},
    {"swap_size", "-1", false},
    {"swap_size", "true", false},
    {"swap_size", "12345678901234567890", false},
    {"net_bond", "802.3ad", true},
    {"net_bond", "lacp", false},
    {"net_vlan", "4095", false},
    {"net_mtu", "9000", true},
    {"storage_layout", "raid5", false},
};

static void
test_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *yaml = cases[i].yaml;
		struct err err = {0};
		struct value value;
		int ret;

		assert_int_equal(
		    yaml_parse_value(yaml, strlen(yaml), "", &value, &err), 0);
		ret = known_check(known_find(cases[i].name), value, &err);
		value_unref(value);
		if ((ret == 0) != cases[i].good)
			fail_msg("%s: %s: %s", cases[i].name, yaml, err.text);
		/* What is refused is named, with what would be taken. */
		if (ret < 0 && (strstr(err.text, cases[i].name) == NULL ||
				   err.hint[0] == '\0'))
			fail_msg("%s: %s (%s)", yaml, err.text, err.hint);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
