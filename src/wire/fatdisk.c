#include "wire/fatdisk.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"

enum {
	SECTOR = 512,
	CLUSTER = 4096,
	CLUSTERS_MAX = 4084, /* more of them make it FAT16 */
	FIRST_CLUSTER = 2,
	FATS = 2,
	FAT_SECTORS = 12, /* 4086 entries of 12 bits */
	ROOT_ENTRIES = 64,
	ENTRY = 32,
	ROOT_SECTORS = ROOT_ENTRIES * ENTRY / SECTOR,
	DATA_AT = SECTOR * (1 + FATS * FAT_SECTORS + ROOT_SECTORS),
	NODES_MAX = 24, /* files and directories */
	NAME = 11,	/* 8.3 without its dot */
	NAME_BASE = 8,
	ATTR_DIRECTORY = 0x10,
	ATTR_ARCHIVE = 0x20,
	MEDIA = 0xf8, /* a disk */
	END_OF_CHAIN = 0xfff,
	DATE = 0x21, /* 1980-01-01 */
	ROOT = -1,
};

/* A file, or a directory when `file` is NULL. */
struct node {
	char name[NAME];
	int parent; /* index, or ROOT */
	const struct fatdisk_file *file;
	unsigned cluster;
	unsigned clusters;
};

struct disk {
	struct node node[NODES_MAX];
	int nodes;
	unsigned clusters;
	uint8_t *image;
};

static void
put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static void
put32(uint8_t *at, uint32_t value)
{
	put16(at, value & 0xffff);
	put16(at + 2, value >> 16);
}

static bool
is_name_char(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
	       c == '-';
}

/* One segment of a path, up to `len`, as a directory entry has it. */
static int
take_name(const char *text, size_t len, char out[NAME])
{
	size_t at = 0;

	memset(out, ' ', NAME);
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (c == '.' && at > 0 && at <= NAME_BASE) {
			at = NAME_BASE;
			continue;
		}
		if (!is_name_char(c) || at == NAME ||
		    (at == NAME_BASE && text[i - 1] != '.'))
			return -EINVAL;
		out[at++] = c;
	}
	return len > 0 ? 0 : -EINVAL;
}

static int
find_node(const struct disk *disk, int parent, const char name[NAME])
{
	for (int i = 0; i < disk->nodes; i++) {
		if (disk->node[i].parent == parent &&
		    memcmp(disk->node[i].name, name, NAME) == 0)
			return i;
	}
	return -ENOENT;
}

static int
add_node(struct disk *disk, int parent, const char name[NAME],
    const struct fatdisk_file *file)
{
	struct node *node = &disk->node[disk->nodes];

	if (disk->nodes == NODES_MAX)
		return -EINVAL;
	*node = (struct node){.parent = parent, .file = file, .clusters = 1};
	memcpy(node->name, name, NAME);
	if (file != NULL)
		node->clusters =
		    (unsigned)((file->len + CLUSTER - 1) / CLUSTER);
	return disk->nodes++;
}

/* Its directories where they are not there yet, and itself. */
static int
add_path(struct disk *disk, const struct fatdisk_file *file)
{
	const char *segment = file->path;
	int parent = ROOT;

	for (;;) {
		size_t len = strcspn(segment, "/");
		bool last = segment[len] == '\0';
		char name[NAME];
		int index;

		if (take_name(segment, len, name) < 0)
			return -EINVAL;
		index = find_node(disk, parent, name);
		if (index >= 0 && (last || disk->node[index].file != NULL))
			return -EINVAL;
		if (index < 0)
			index =
			    add_node(disk, parent, name, last ? file : NULL);
		if (index < 0 || last)
			return index < 0 ? index : 0;
		parent = index;
		segment += len + 1;
	}
}

/* Directories first, then the files in their order. */
static int
place_nodes(struct disk *disk)
{
	unsigned next = FIRST_CLUSTER;

	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < disk->nodes; i++) {
			struct node *node = &disk->node[i];

			if ((node->file != NULL) != (pass == 1))
				continue;
			node->cluster = node->clusters > 0 ? next : 0;
			if (node->clusters > CLUSTERS_MAX - next)
				return -EFBIG;
			next += node->clusters;
		}
	}
	disk->clusters = next - FIRST_CLUSTER;
	return 0;
}

static uint8_t *
cluster_at(const struct disk *disk, unsigned cluster)
{
	return disk->image + DATA_AT +
	       (size_t)(cluster - FIRST_CLUSTER) * CLUSTER;
}

/* The BIOS parameter block, as Microsoft's FAT specification 1.03 has it. */
static void
write_boot_sector(struct disk *disk)
{
	static const uint8_t head[] = {
	    0xeb, 0x3c, 0x90, 'C', 'O', 'N', 'V', 'E', 'C', 'T', ' '};
	static const uint8_t label[] = {'C', 'O', 'N', 'V', 'E', 'C', 'T', ' ',
	    ' ', ' ', ' ', 'F', 'A', 'T', '1', '2', ' ', ' ', ' '};
	uint8_t *at = disk->image;
	size_t sectors = (DATA_AT + (size_t)disk->clusters * CLUSTER) / SECTOR;

	memcpy(at, head, sizeof head);
	put16(at + 11, SECTOR);
	at[13] = CLUSTER / SECTOR;
	put16(at + 14, 1); /* reserved sectors: this one */
	at[16] = FATS;
	put16(at + 17, ROOT_ENTRIES);
	put16(at + 19, (unsigned)sectors);
	at[21] = MEDIA;
	put16(at + 22, FAT_SECTORS);
	put16(at + 24, 32); /* sectors a track, heads: nobody asks */
	put16(at + 26, 64);
	at[36] = 0x80; /* drive number */
	at[38] = 0x29; /* serial number, label and type follow */
	put32(at + 39, 0x434f4e56);
	memcpy(at + 43, label, sizeof label);
	put16(at + 510, 0xaa55);
}

static void
set_fat(uint8_t *fat, unsigned cluster, unsigned value)
{
	uint8_t *at = fat + cluster * 3 / 2;

	if (cluster % 2 == 0) {
		at[0] = (uint8_t)value;
		at[1] = (uint8_t)((at[1] & 0xf0) | (value >> 8));
	} else {
		at[0] = (uint8_t)((at[0] & 0x0f) | (value << 4));
		at[1] = (uint8_t)(value >> 4);
	}
}

static void
write_fats(struct disk *disk)
{
	uint8_t *fat = disk->image + SECTOR;

	set_fat(fat, 0, 0xf00 | MEDIA);
	set_fat(fat, 1, END_OF_CHAIN);
	for (int i = 0; i < disk->nodes; i++) {
		const struct node *node = &disk->node[i];

		for (unsigned n = 0; n < node->clusters; n++)
			set_fat(fat, node->cluster + n,
			    n + 1 < node->clusters ? node->cluster + n + 1
						   : END_OF_CHAIN);
	}
	memcpy(fat + (size_t)FAT_SECTORS * SECTOR, fat,
	    (size_t)FAT_SECTORS * SECTOR);
}

static void
write_entry(uint8_t *at, const char name[NAME], const struct node *node)
{
	memcpy(at, name, NAME);
	at[11] =
	    node != NULL && node->file != NULL ? ATTR_ARCHIVE : ATTR_DIRECTORY;
	put16(at + 16, DATE);
	put16(at + 18, DATE);
	put16(at + 24, DATE);
	put16(at + 26, node != NULL ? node->cluster : 0);
	put32(at + 28,
	    node != NULL && node->file != NULL ? (uint32_t)node->file->len : 0);
}

/* Everything whose parent it is; its own two entries first. */
static void
write_directory(struct disk *disk, int self)
{
	uint8_t *at;

	if (self == ROOT) {
		at = disk->image + SECTOR + (size_t)FATS * FAT_SECTORS * SECTOR;
	} else {
		int parent = disk->node[self].parent;

		at = cluster_at(disk, disk->node[self].cluster);
		write_entry(at, ".          ", &disk->node[self]);
		write_entry(at + ENTRY, "..         ",
		    parent == ROOT ? NULL : &disk->node[parent]);
		at += (size_t)2 * ENTRY;
	}
	for (int i = 0; i < disk->nodes; i++) {
		if (disk->node[i].parent != self)
			continue;
		write_entry(at, disk->node[i].name, &disk->node[i]);
		at += ENTRY;
	}
}

static void
write_disk(struct disk *disk)
{
	write_boot_sector(disk);
	write_fats(disk);
	write_directory(disk, ROOT);
	for (int i = 0; i < disk->nodes; i++) {
		const struct node *node = &disk->node[i];

		if (node->file == NULL)
			write_directory(disk, i);
		else if (node->file->len > 0)
			memcpy(cluster_at(disk, node->cluster),
			    node->file->data, node->file->len);
	}
}

int
fatdisk_build(
    const struct fatdisk_file *files, size_t count, struct fatdisk *ret_disk)
{
	struct disk disk = {.nodes = 0};
	size_t total = 0;
	int ret = count == 0 || count > FATDISK_FILES_MAX ? -EINVAL : 0;

	for (size_t i = 0; ret == 0 && i < count; i++) {
		if (files[i].len > FATDISK_BYTES_MAX - total)
			return -EFBIG;
		total += files[i].len;
		ret = add_path(&disk, &files[i]);
	}
	if (ret == 0)
		ret = place_nodes(&disk);
	if (ret < 0)
		return ret;
	total = DATA_AT + (size_t)disk.clusters * CLUSTER;
	disk.image = mem_alloc(total);
	write_disk(&disk);
	ret_disk->image = disk.image;
	ret_disk->len = total;
	ret_disk->last = DATA_AT + (size_t)(disk.node[disk.nodes - 1].cluster -
					    FIRST_CLUSTER) *
				       CLUSTER;
	return 0;
}
