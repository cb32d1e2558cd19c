/* Disks are read back by another road: through the FAT, entry by entry. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <errno.h>

#include <cmocka.h>

#include "base/mem.h"
#include "wire/fatdisk.h"

enum {
	ENTRY = 32,
	END = 0xff8
};

struct volume {
	const uint8_t *bytes;
	size_t len;
	size_t cluster_size;
	size_t fat;
	size_t root;
	size_t root_entries;
	size_t data;
};

static unsigned
get16(const uint8_t *at)
{
	return (unsigned)(at[0] | at[1] << 8);
}

static struct volume
open_volume(const struct fatdisk *disk)
{
	struct volume v = {.bytes = disk->image, .len = disk->len};
	const uint8_t *boot = disk->image;

	assert_int_equal(get16(boot + 510), 0xaa55);
	assert_int_equal(get16(boot + 11), 512);
	v.cluster_size = boot[13] * (size_t)512;
	v.fat = get16(boot + 14) * (size_t)512;
	v.root = v.fat + boot[16] * (size_t)get16(boot + 22) * 512;
	v.root_entries = get16(boot + 17);
	v.data = v.root + v.root_entries * ENTRY;
	assert_int_equal(get16(boot + 19) * (size_t)512, disk->len);
	/* By the count of clusters, and by nothing else, it is FAT12. */
	assert_true((v.len - v.data) / v.cluster_size < 4085);
	return v;
}

static unsigned
next_cluster(const struct volume *v, unsigned cluster)
{
	unsigned word = get16(v->bytes + v->fat + cluster * 3 / 2);

	return cluster % 2 == 0 ? word & 0xfff : word >> 4;
}

static const uint8_t *
cluster_at(const struct volume *v, unsigned cluster)
{
	size_t at = v->data + (cluster - 2) * v->cluster_size;

	assert_true(cluster >= 2 && at + v->cluster_size <= v->len);
	return v->bytes + at;
}

static const uint8_t *
find_entry(const uint8_t *entries, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		if (memcmp(entries + i * ENTRY, name, 11) == 0)
			return entries + i * ENTRY;
	}
	fail_msg("no %s", name);
	return entries; /* not reached */
}

/* Compares what the chain of clusters holds with `want`. */
static void
check_file(const struct volume *v, const uint8_t *entry,
    const struct fatdisk_file *want)
{
	unsigned cluster = get16(entry + 26);
	size_t done = 0;

	assert_int_equal(entry[11], 0x20);
	assert_int_equal(
	    get16(entry + 28) | get16(entry + 30) << 16, want->len);
	while (done < want->len) {
		size_t part = want->len - done < v->cluster_size
				  ? want->len - done
				  : v->cluster_size;

		assert_true(cluster < END);
		assert_memory_equal(cluster_at(v, cluster),
		    (const uint8_t *)want->data + done, part);
		done += part;
		cluster = next_cluster(v, cluster);
	}
	assert_true(want->len == 0 || cluster >= END);
}

static const uint8_t *
find_dir(const struct volume *v, const uint8_t *entries, size_t count,
    const char *name)
{
	const uint8_t *entry = find_entry(entries, count, name);

	assert_int_equal(entry[11], 0x10);
	assert_true(next_cluster(v, get16(entry + 26)) >= END);
	return cluster_at(v, get16(entry + 26));
}

static void
test_tree(void **state)
{
	uint8_t *big = mem_alloc(3000001);
	struct fatdisk_file files[] = {
	    {"EFI/BOOT/BOOTX64.EFI", big, 3000001},
	    {"efi/boot/grubx64.efi", "grub", 4},
	    {"empty", "", 0},
	    {"grub/grub.cfg", big, 8192},
	};
	const uint8_t *dir, *efi;
	struct fatdisk disk;
	struct volume v;
	size_t n;

	(void)state;
	for (size_t i = 0; i < 3000001; i++)
		big[i] = (uint8_t)(i * 7 + i / 251);
	assert_int_equal(fatdisk_build(files, 4, &disk), 0);
	v = open_volume(&disk);
	n = v.cluster_size / ENTRY;
	efi = find_dir(&v, v.bytes + v.root, v.root_entries, "EFI        ");
	dir = find_dir(&v, efi, n, "BOOT       ");
	check_file(&v, find_entry(dir, n, "BOOTX64 EFI"), &files[0]);
	check_file(&v, find_entry(dir, n, "GRUBX64 EFI"), &files[1]);
	assert_ptr_equal(find_dir(&v, dir, n, ".          "), dir);
	assert_ptr_equal(find_dir(&v, dir, n, "..         "), efi);
	check_file(&v,
	    find_entry(v.bytes + v.root, v.root_entries, "EMPTY      "),
	    &files[2]);
	dir = find_dir(&v, v.bytes + v.root, v.root_entries, "GRUB       ");
	check_file(&v, find_entry(dir, n, "GRUB    CFG"), &files[3]);
	/* The last file is where it is said to be, and ends the disk. */
	assert_memory_equal(disk.image + disk.last, big, 8192);
	assert_int_equal(disk.last + 8192, disk.len);
	free(disk.image);
	free(big);
}

static void
test_refused(void **state)
{
	static const char *const names[] = {"", "/a", "a//b", "a/",
	    "long-name-a", "a.long", "a.b.c", ".a", "a b", "a\\b", "\xc3\xa4",
	    "../a"};
	struct fatdisk_file files[9] = {{"A", "", 0}, {"a", "", 0}};
	struct fatdisk disk;

	(void)state;
	assert_int_equal(fatdisk_build(files, 0, &disk), -EINVAL);
	assert_int_equal(fatdisk_build(files, 2, &disk), -EINVAL);
	files[1].path = "A/B"; /* a file is no directory */
	assert_int_equal(fatdisk_build(files, 2, &disk), -EINVAL);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		files[0].path = names[i];
		if (fatdisk_build(files, 1, &disk) != -EINVAL)
			fail_msg("accepted: %s", names[i]);
	}
	assert_int_equal(fatdisk_build(files, 9, &disk), -EINVAL);
	files[0] = (struct fatdisk_file){"A", NULL, FATDISK_BYTES_MAX + 1};
	assert_int_equal(fatdisk_build(files, 1, &disk), -EFBIG);
	files[0].len = SIZE_MAX;
	assert_int_equal(fatdisk_build(files, 1, &disk), -EFBIG);
}

/* As much as it takes fits, to the byte. */
static void
test_full(void **state)
{
	uint8_t *bytes = mem_alloc(FATDISK_BYTES_MAX);
	struct fatdisk_file file = {"A", bytes, FATDISK_BYTES_MAX};
	struct fatdisk disk;
	struct volume v;

	(void)state;
	assert_int_equal(fatdisk_build(&file, 1, &disk), 0);
	v = open_volume(&disk);
	check_file(&v,
	    find_entry(v.bytes + v.root, v.root_entries, "A          "), &file);
	free(disk.image);
	free(bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tree),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
