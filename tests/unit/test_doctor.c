/* doctor's judgement, without a host to look at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/str.h"
#include "core/finding.h"
#include "core/loaderfile.h"

/* ---- the table ---------------------------------------------------------- */

static void
test_kinds(void **state)
{
	(void)state;
	for (int i = 0; i < FINDING_KINDS; i++) {
		const struct finding_kind *kind =
		    finding_kind((enum finding_id)i);

		if (kind->id == NULL)
			fail_msg("row %d is empty", i);
		assert_true(kind->severity > FINDING_OK);
		if (!str_ends(kind->why, "."))
			fail_msg("%s: the reason is no sentence", kind->id);
		if (kind->fix[0] == '\0' || str_ends(kind->fix, "."))
			fail_msg("%s: what to do?", kind->id);
		for (int k = 0; k < i; k++)
			assert_string_not_equal(
			    kind->id, finding_kind((enum finding_id)k)->id);
	}
}

static void
test_findings(void **state)
{
	struct findings findings;
	struct buf summary;
	struct value map;

	(void)state;
	findings_init(&findings);
	findings_fix(&findings, "nothing to fix yet");
	findings_ok(&findings, AREA_DISK, "12 GiB are free");
	findings_unchecked(&findings, AREA_FIREWALL, "needs root");
	findings_add(&findings, FIND_DHCP_NONE, "nobody answers on %s", "eth0");
	findings_fix(&findings, "plug it in");
	buf_init(&summary, 256);
	findings_summary(&findings, &summary);
	assert_string_equal(
	    summary.data, "1 blocker, no warnings, 1 note; 1 check is fine");
	buf_done(&summary);
	assert_string_equal(finding_id_of(&findings.list[0]), "ok");
	assert_string_equal(finding_id_of(&findings.list[1]), "not-checked");
	assert_string_equal(finding_id_of(&findings.list[2]), "dhcp-none");
	assert_string_equal(findings.list[2].what, "nobody answers on eth0");
	assert_string_equal(finding_fix(&findings.list[2]), "plug it in");
	map = findings_json(&findings);
	assert_false(value_map_get(map, "ok").u.b);
	assert_int_equal(value_len(value_map_get(map, "findings")), 3);
	value_unref(map);
	for (int i = 0; i < 2 * FINDINGS_MAX; i++)
		findings_ok(&findings, AREA_DISK, "more");
	assert_int_equal(findings.count, FINDINGS_MAX);
	assert_int_equal(findings.severities[FINDING_OK], 2 * FINDINGS_MAX + 1);
	findings_done(&findings);
}

/* ---- loaders ------------------------------------------------------------ */

enum {
	LOADER_SIZE = 65536,
	PE_AT = 0x80
};

static void
put_pe(char *data, unsigned machine)
{
	memset(data, 0, LOADER_SIZE);
	memcpy(data, "MZ", 2);
	data[0x3c] = (char)PE_AT;
	memcpy(data + PE_AT, "PE\0\0", 4);
	data[PE_AT + 4] = (char)(machine & 0xff);
	data[PE_AT + 5] = (char)(machine >> 8);
}

static void
refuse(const char *name, const char *data, size_t len, const char *why)
{
	struct err err = {0};

	assert_true(loaderfile_check(name, data, len, &err) < 0);
	if (strstr(err.text, why) == NULL)
		fail_msg("%s: %s", name, err.text);
}

static void
test_loaderfile(void **state)
{
	char *data = mem_alloc(1 << 20);

	(void)state;
	put_pe(data, 0x8664);
	assert_int_equal(
	    loaderfile_check("ipxe.efi", data, LOADER_SIZE, NULL), 0);
	refuse("ipxe-arm64.efi", data, LOADER_SIZE, "another processor");
	refuse("ipxe.efi", data, 100, "cut off");
	put_pe(data, 0xaa64);
	assert_int_equal(
	    loaderfile_check("snponly-arm64.efi", data, LOADER_SIZE, NULL), 0);
	refuse("snponly.efi", data, LOADER_SIZE, "another processor");
	data[PE_AT] = 'X';
	refuse("ipxe-arm64.efi", data, LOADER_SIZE, "no PE header");
	memset(data + 0x3c, 0xff, 4);
	refuse("ipxe-arm64.efi", data, LOADER_SIZE, "no PE header");
	data[0] = '#';
	refuse("ipxe.efi", data, LOADER_SIZE, "begin with MZ");
	assert_int_equal(
	    loaderfile_check("undionly.kpxe", data, LOADER_SIZE, NULL), 0);
	refuse("undionly.kpxe", data, 1 << 20, "base memory");
	free(data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_kinds),
	    cmocka_unit_test(test_findings),
	    cmocka_unit_test(test_loaderfile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
