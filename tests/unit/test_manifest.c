/* The MANIFEST of artifacts, and the lists that `fetch` takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "core/manifest.h"

#define SUM "15811d34187e03fe29d0e46108c42cc33e62cec1b3d9d80f50944536ebcad40a"

static void
test_round(void **state)
{
	const char *text =
	    SUM " 0 docker-ce_27.0.3-1~noble_amd64.deb deb amd64 - -\n" SUM
		" 67633152 k3s binary amd64 v1.34.2+k3s1 "
		"https://host/k3s/v1.34.2%2Bk3s1/k3s\n";
	struct manifest manifest;
	struct artifact *k3s;
	struct err err = {0};
	struct buf out;

	(void)state;
	assert_int_equal(
	    manifest_parse(text, strlen(text), "MANIFEST", &manifest, &err), 0);
	assert_int_equal(manifest.count, 2);
	k3s = manifest_find(&manifest, "k3s");
	assert_non_null(k3s);
	assert_int_equal(k3s->size, 67633152);
	assert_string_equal(k3s->version, "v1.34.2+k3s1");
	assert_string_equal(manifest.list[0].url, "");
	buf_init(&out, MANIFEST_MAX);
	manifest_write(&manifest, &out);
	assert_string_equal(out.data, text);
	buf_done(&out);
	assert_true(
	    manifest_drop(&manifest, "docker-ce_27.0.3-1~noble_amd64.deb"));
	assert_false(manifest_drop(&manifest, "docker"));
	assert_int_equal(manifest.count, 1);
	assert_string_equal(manifest.list[0].name, "k3s");
	manifest_done(&manifest);
}

static void
test_refused(void **state)
{
	static const char *const rows[] = {
	    "no sum 1 2 3 4 5\n",
	    SUM " -1 k3s - - - -\n",
	    SUM " 12x k3s - - - -\n",
	    SUM " 12 k3s - - -\n",
	    SUM " 12 k3s - - - - -\n",
	    SUM " 12 ../k3s - - - -\n",
	    SUM " 12 .k3s - - - -\n",
	    SUM " 12 a/b - - - -\n",
	    SUM " 12 MANIFEST - - - -\n",
	    SUM " 12 k\x01s - - - -\n",
	    SUM " 12 k3s kind-of-more-than-fifteen - - -\n",
	    "\n",
	    SUM " 12 a - - - -\n" SUM " 12 a - - - -\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct manifest manifest;
		struct err err = {0};

		if (manifest_parse(
			rows[i], strlen(rows[i]), "M", &manifest, &err) == 0)
			fail_msg("taken: %s", rows[i]);
		assert_string_equal(err.file, "M");
		assert_true(err.line > 0);
	}
}

static void
test_order(void **state)
{
	static const char *const names[] = {"c", "a", "d", "b", "a"};
	struct manifest manifest = {0};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct artifact artifact = {.size = i};

		snprintf(artifact.name, sizeof artifact.name, "%s", names[i]);
		assert_int_equal(manifest_put(&manifest, &artifact, NULL), 0);
	}
	assert_int_equal(manifest.count, 4);
	assert_string_equal(manifest.list[0].name, "a");
	assert_int_equal(manifest.list[0].size, 4);
	assert_string_equal(manifest.list[3].name, "d");
	manifest_done(&manifest);
}

static void
test_line(void **state)
{
	struct artifact artifact;
	struct err err = {0};

	(void)state;
	assert_int_equal(artifact_parse_line("", &artifact, &err), 0);
	assert_int_equal(artifact_parse_line("  # k3s", &artifact, &err), 0);
	assert_int_equal(
	    artifact_parse_line("https://h/v1%2Bk3s1/k3s sha256=" SUM
				" version=v1+k3s1 sums=sha256sum-amd64.txt # x",
		&artifact, &err),
	    1);
	assert_string_equal(artifact.name, "k3s");
	assert_string_equal(artifact.kind, "binary");
	assert_string_equal(artifact.arch, "amd64");
	assert_string_equal(artifact.sha256, SUM);
	assert_string_equal(artifact.sums, "sha256sum-amd64.txt");
	assert_int_equal(artifact_parse_line("http://h/p/a_1%2b2_all.deb?x=/y",
			     &artifact, &err),
	    1);
	assert_string_equal(artifact.name, "a_1+2_all.deb");
	assert_string_equal(artifact.kind, "deb");
	assert_string_equal(artifact.arch, "all");
	assert_int_equal(
	    artifact_parse_line(
		"http://h/k3s-airgap-images-arm64.tar.zst kind=- name=i",
		&artifact, &err),
	    1);
	assert_string_equal(artifact.name, "i");
}

static void
test_line_refused(void **state)
{
	static const char *const rows[] = {
	    "file:///etc/passwd",
	    "k3s",
	    "http://host/",
	    "http://host/a%2fb",
	    "http://host/a sha256=abc",
	    "http://host/a url=http://other/a",
	    "http://host/a colour=red",
	    "http://host/a name=../b",
	    "http://host/a \xff",
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct artifact artifact;
		struct err err = {0};

		if (artifact_parse_line(rows[i], &artifact, &err) >= 0)
			fail_msg("taken: %s", rows[i]);
		assert_true(err_is_set(&err));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_line),
	    cmocka_unit_test(test_line_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
