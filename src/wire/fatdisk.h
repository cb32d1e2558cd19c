/*
 * A FAT12 file system in memory, for firmware that boots a disk which it has
 * fetched over HTTP (a RAM disk, UEFI 2.5 section 12.17 and later). As little
 * as that takes: short names, files that lie in one piece, no clock. The last
 * file comes last in the image too, so that a reader can put other bytes of
 * the same length there.
 */
#ifndef CONVECT_WIRE_FATDISK_H
#define CONVECT_WIRE_FATDISK_H

#include <stddef.h>
#include <stdint.h>

#define FATDISK_FILES_MAX 8
#define FATDISK_BYTES_MAX (15u << 20) /* FAT12 ends at 4084 clusters */

struct fatdisk_file {
	const char *path; /* "EFI/BOOT/BOOTX64.EFI": 8.3, written in capitals */
	const void *data;
	size_t len;
};

struct fatdisk {
	uint8_t *image; /* the caller's to free */
	size_t len;
	size_t last; /* where the last file's bytes begin */
};

/* -EINVAL: a name that is not 8.3, too many files or directories; -EFBIG. */
int fatdisk_build(
    const struct fatdisk_file *files, size_t count, struct fatdisk *ret_disk);

#endif
