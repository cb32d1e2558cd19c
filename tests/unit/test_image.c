#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"
#include "core/image.h"

#define SHA "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char noble[] =
    "name: ubuntu-24.04\n"
    "kind: autoinstall\n"
    "release: noble\n"
    "version: \"24.04.2\"\n"
    "arch: amd64\n"
    "kernel: {file: vmlinuz, size: 14928264, sha256: " SHA "}\n"
    "initrd: {file: initrd, size: 70000000, sha256: " SHA "}\n"
    "iso: {file: ubuntu-24.04.2-live-server-amd64.iso, size: 3213064192}\n";

static int
parse(const char *text, struct image *image, struct err *err)
{
	return image_parse(text, strlen(text), "image.yaml", image, err);
}

static void
test_parse(void **state)
{
	struct err err = {0};
	struct image image;
	struct image back;
	struct buf text;

	(void)state;
	if (parse(noble, &image, &err) < 0)
		fail_msg("%s", err.text);
	assert_string_equal(image.name, "ubuntu-24.04");
	assert_int_equal(image.kind, IMAGE_AUTOINSTALL);
	assert_int_equal(image.iso.size, 3213064192);
	assert_string_equal(image.kernel.sha256, SHA);
	str_copy(image.kernel_args, sizeof image.kernel_args,
	    "a: \"b\" {{ c }} # d");
	buf_init(&text, IMAGE_YAML_MAX);
	image_write(&image, &text);
	if (parse(text.data, &back, &err) < 0)
		fail_msg("%s: %s", text.data, err.text);
	assert_memory_equal(&image, &back, sizeof image);
	buf_done(&text);
}

static void
test_refuses(void **state)
{
	static const struct {
		const char *text;
		const char *words;
	} cases[] = {
	    {"", "mapping"},
	    {"- a", "mapping"},
	    {"a: [", ""},
	    {"name: x\nkind: floppy\n", "floppy"},
	    {"name: x\nkind: live\n", "kernel"},
	    {"name: ../x\nkind: live\nkernel: {file: k}\ninitrd: {file: i}\n",
		"../x"},
	    {"name: x\nkind: live\nkernel: {file: a/b}\ninitrd: {file: i}\n",
		"a/b"},
	    {"name: x\nkind: live\nkernel: k\ninitrd: {file: i}\n", "kernel"},
	    {"name: x\nkind: live\nkernel: {file: k, size: -1}\n"
	     "initrd: {file: i}\n",
		"size"},
	    {"name: x\nkind: live\nkernel: {file: k, sha256: AB}\n"
	     "initrd: {file: i}\n",
		"sha256"},
	    {"name: x\nkind: autoinstall\nkernel: {file: k}\n"
	     "initrd: {file: i}\niso: {file: x.img}\n",
		".iso"},
	    {"name: x\nkind: live\nkernel: {file: k}\ninitrd: {file: i}\n"
	     "color: red\n",
		"color"},
	    {"name: x\nkind: live\nkernel: {file: k}\ninitrd: {file: i}\n"
	     "version: 24.04\n",
		"version"},
	};
	struct image image;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct err err = {0};

		if (parse(cases[i].text, &image, &err) >= 0)
			fail_msg("accepted: %s", cases[i].text);
		if (strstr(err.text, cases[i].words) == NULL)
			fail_msg("'%s' lacks '%s'", err.text, cases[i].words);
		assert_string_equal(err.file, "image.yaml");
	}
}

static void
test_choose(void **state)
{
	const struct image images[] = {{.name = "jammy"}, {.name = "noble"}};
	const struct image *image = NULL;
	struct err err = {0};

	(void)state;
	assert_int_equal(image_choose(images, 2, "noble", &image, &err), 0);
	assert_ptr_equal(image, &images[1]);
	assert_int_equal(image_choose(images, 1, NULL, &image, &err), 0);
	assert_ptr_equal(image, &images[0]);
	assert_int_equal(image_choose(images, 1, "", &image, &err), 0);
	assert_int_equal(image_choose(images, 2, "", &image, &err), -ENOENT);
	assert_non_null(strstr(err.hint, "jammy, noble"));
	err_clear(&err);
	assert_int_equal(
	    image_choose(images, 1, "focal", &image, &err), -ENOENT);
	assert_non_null(strstr(err.text, "focal"));
	assert_non_null(strstr(err.hint, "jammy"));
	err_clear(&err);
	assert_int_equal(image_choose(images, 0, NULL, &image, &err), -ENOENT);
	assert_non_null(strstr(err.hint, "image add"));
}

static void
check_args(const char *release, const char *version, const char *ds)
{
	struct image image = {.kind = IMAGE_AUTOINSTALL};
	const char *args;

	str_copy(image.release, sizeof image.release, release);
	str_copy(image.version, sizeof image.version, version);
	args = image_kernel_args(&image);
	if (strstr(args, ds) == NULL)
		fail_msg("%s lacks %s", args, ds);
	assert_non_null(strstr(args, "url={{ image.iso_url }} "));
	assert_non_null(strstr(args, " cloud-config-url=/dev/null "));
	assert_non_null(strstr(args, " autoinstall "));
	assert_non_null(strstr(args, " BOOTIF=01-{{ node.mac_dashes }} "));
	assert_string_equal(args + strlen(args) - 4, " ---");
	assert_null(strchr(args, '"'));
}

static void
test_kernel_args(void **state)
{
	struct image image = {.kind = IMAGE_LIVE};

	(void)state;
	check_args("focal", "", " ds=nocloud-net;s={{ node.seed_url }} ");
	check_args("jammy", "22.04.5", " ds=nocloud-net;s=");
	check_args("", "22.04.5", " ds=nocloud-net;s=");
	check_args("noble", "24.04.2", " ds=nocloud;s=");
	check_args("resolute", "26.04", " ds=nocloud;s=");
	check_args("zebra", "31.10", " ds=nocloud;s=");
	assert_string_equal(image_kernel_args(&image),
	    "ip=dhcp ds=nocloud-net;s={{ node.seed_url }} "
	    "cloud-config-url=/dev/null");
	str_copy(image.kernel_args, sizeof image.kernel_args, "quiet");
	assert_string_equal(image_kernel_args(&image), "quiet");
	assert_string_equal(image_release_of("24.04.2"), "noble");
	assert_string_equal(image_release_of("24.041"), "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_refuses),
	    cmocka_unit_test(test_choose),
	    cmocka_unit_test(test_kernel_args),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
