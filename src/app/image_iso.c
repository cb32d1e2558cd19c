#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/image_work.h"
#include "base/mem.h"
#include "base/str.h"

/* ECMA-119 8.4, the primary volume descriptor: sector 16. */
#define PVD_OFFSET 32768
#define PVD_SIZE 2048
#define PVD_SPACE 80  /* 8.4.8: blocks of the volume */
#define PVD_BLOCK 128 /* 8.4.12: bytes of a block */
#define INFO_MAX 1024

enum {
	ISO_INFO,
	ISO_KERNEL,
	ISO_INITRD,
	ISO_ENTRIES
};

static const char *const iso_paths[ISO_ENTRIES] = {
    [ISO_INFO] = ".disk/info",
    [ISO_KERNEL] = "casper/vmlinuz",
    [ISO_INITRD] = "casper/initrd",
};

/* Reading one. */
struct iso {
	struct archive *archive;
	struct image_progress *progress;
	int dirfd;
	struct buf info;
	bool found[ISO_ENTRIES];
	struct image_iso out;
};

static int
not_live_server(struct err *err, const char *why)
{
	err_set(err, "not an Ubuntu live-server ISO: %s", why);
	err_hint(err, "take ubuntu-VERSION-live-server-ARCH.iso from "
		      "releases.ubuntu.com, or give --kernel and --initrd");
	return -EBADMSG;
}

static uint32_t
le32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* An ISO 9660 volume, all of it there. */
static int
check_volume(int fd, struct err *err)
{
	uint8_t pvd[PVD_SIZE];
	struct stat st;
	int64_t need;

	if (fstat(fd, &st) < 0 ||
	    pread(fd, pvd, sizeof pvd, PVD_OFFSET) != sizeof pvd ||
	    memcmp(pvd, "\001CD001\001", 7) != 0)
		return not_live_server(err, "it is no ISO 9660 image");
	need = (int64_t)le32(pvd + PVD_SPACE) *
	       (pvd[PVD_BLOCK] | pvd[PVD_BLOCK + 1] << 8);
	if (st.st_size >= need)
		return 0;
	err_set(err, "a truncated ISO: %lld of %lld bytes",
	    (long long)st.st_size, (long long)need);
	err_hint(err, "get it again");
	return -EBADMSG;
}

/* The text from the first digit of a word to the next space. */
static void
info_version(const char *text, char *out, size_t size)
{
	const char *start = strpbrk(text, "0123456789");
	size_t len = start == NULL ? 0 : strcspn(start, " \n");

	str_copy(out, size, "");
	if (len > 0 && len < size) {
		memcpy(out, start, len);
		out[len] = '\0';
	}
}

/* The word before the date in parentheses, which ends the line. */
static void
info_arch(const char *text, char *out, size_t size)
{
	const char *date = strstr(text, " (");
	const char *start = date;
	size_t len;

	str_copy(out, size, "");
	if (date == NULL)
		return;
	while (start > text && start[-1] != ' ')
		start--;
	len = (size_t)(date - start);
	if (len > 0 && len < size) {
		memcpy(out, start, len);
		out[len] = '\0';
	}
}

int
image_iso_parse_info(
    const char *text, struct image_iso *ret_iso, struct err *err)
{
	if (!str_starts(text, "Ubuntu"))
		return not_live_server(err, "its .disk/info is not Ubuntu's");
	if (!str_starts(text, "Ubuntu-Server "))
		return not_live_server(err,
		    "it is another edition, and only the server's installer "
		    "is supported");
	info_version(text, ret_iso->version, sizeof ret_iso->version);
	info_arch(text, ret_iso->arch, sizeof ret_iso->arch);
	if (ret_iso->version[0] == '\0' || ret_iso->arch[0] == '\0')
		return not_live_server(
		    err, "its .disk/info names no version and architecture");
	return 0;
}

static int
iso_failed(struct iso *iso, struct err *err)
{
	const char *why = archive_error_string(iso->archive);

	err_set(err, "reading the ISO: %s", why == NULL ? "damaged" : why);
	err_hint(err, "get it again; its SHA-256 would tell");
	return -EBADMSG;
}

static int
iso_take_info(struct iso *iso, struct err *err)
{
	char chunk[512];
	la_ssize_t n;

	while ((n = archive_read_data(iso->archive, chunk, sizeof chunk)) > 0)
		buf_add(&iso->info, chunk, (size_t)n);
	if (n < 0)
		return iso_failed(iso, err);
	if (buf_bad(&iso->info))
		return not_live_server(err, "its .disk/info is too long");
	return image_iso_parse_info(iso->info.data, &iso->out, err);
}

static int
iso_copy_data(struct iso *iso, int fd, const char *name, struct err *err)
{
	void *chunk = mem_alloc(IMAGE_CHUNK);
	int64_t done = 0;
	la_ssize_t n;
	int ret = 0;

	while (ret == 0 &&
	       (n = archive_read_data(iso->archive, chunk, IMAGE_CHUNK)) != 0) {
		if (n < 0) {
			ret = iso_failed(iso, err);
			break;
		}
		done += n;
		ret = image_write_all(fd, chunk, (size_t)n);
		if (ret < 0)
			ret = image_write_error(err, name, -ret);
		image_progress_step(iso->progress, "extract", done, 0);
	}
	if (ret == 0 && done == 0)
		ret = not_live_server(err, "its kernel or initrd is empty");
	free(chunk);
	return ret;
}

/* To a file of its own, which is read again for its sum: they are small. */
static int
iso_take_file(struct iso *iso, const char *name, struct image_file *ret_file,
    struct err *err)
{
	int fd;
	int ret;

	if (iso->dirfd < 0)
		return 0;
	fd = openat(
	    iso->dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0)
		return image_write_error(err, name, errno);
	ret = iso_copy_data(iso, fd, name, err);
	if (ret == 0 && fsync(fd) < 0)
		ret = image_write_error(err, name, errno);
	if (ret == 0)
		ret = image_hash_file(iso->progress, fd, ret_file, err);
	if (ret == 0)
		str_copy(ret_file->file, sizeof ret_file->file, name);
	close(fd);
	return ret;
}

static int
iso_take_entry(struct iso *iso, int which, struct err *err)
{
	if (iso->found[which])
		return 0;
	iso->found[which] = true;
	switch (which) {
	case ISO_INFO:
		return iso_take_info(iso, err);
	case ISO_KERNEL:
		return iso_take_file(iso, "vmlinuz", &iso->out.kernel, err);
	default:
		return iso_take_file(iso, "initrd", &iso->out.initrd, err);
	}
}

static int
iso_which(struct archive_entry *entry)
{
	const char *path = archive_entry_pathname(entry);

	if (path == NULL || archive_entry_filetype(entry) != AE_IFREG)
		return ISO_ENTRIES;
	if (str_starts(path, "./"))
		path += 2;
	for (int i = 0; i < ISO_ENTRIES; i++)
		if (strcmp(path, iso_paths[i]) == 0)
			return i;
	return ISO_ENTRIES;
}

static bool
iso_is_complete(const struct iso *iso)
{
	for (int i = 0; i < ISO_ENTRIES; i++)
		if (!iso->found[i])
			return false;
	return true;
}

static int
iso_walk(struct iso *iso, struct err *err)
{
	struct archive_entry *entry;
	int ret = 0;
	int got;

	while (ret == 0 && !iso_is_complete(iso)) {
		got = archive_read_next_header(iso->archive, &entry);
		if (got == ARCHIVE_EOF)
			break;
		if (got != ARCHIVE_OK && got != ARCHIVE_WARN)
			return iso_failed(iso, err);
		got = iso_which(entry);
		if (got != ISO_ENTRIES)
			ret = iso_take_entry(iso, got, err);
	}
	return ret;
}

static int
iso_check_complete(const struct iso *iso, struct err *err)
{
	char text[64];

	for (int i = 0; i < ISO_ENTRIES; i++) {
		if (iso->found[i])
			continue;
		(void)snprintf(text, sizeof text, "it has no %s", iso_paths[i]);
		return not_live_server(err, text);
	}
	return 0;
}

int
image_iso_read(int fd, int dirfd, struct image_progress *progress,
    struct image_iso *ret_iso, struct err *err)
{
	struct iso iso = {.progress = progress, .dirfd = dirfd};
	int ret = check_volume(fd, err);

	if (ret < 0)
		return ret;
	buf_init(&iso.info, INFO_MAX);
	iso.archive = archive_read_new();
	if (iso.archive == NULL || lseek(fd, 0, SEEK_SET) < 0 ||
	    archive_read_support_format_iso9660(iso.archive) != ARCHIVE_OK ||
	    archive_read_open_fd(iso.archive, fd, IMAGE_CHUNK) != ARCHIVE_OK)
		ret = -EBADMSG;
	if (ret < 0 && iso.archive != NULL)
		ret = iso_failed(&iso, err);
	if (ret == 0)
		ret = iso_walk(&iso, err);
	if (ret == 0)
		ret = iso_check_complete(&iso, err);
	if (ret == 0)
		*ret_iso = iso.out;
	(void)archive_read_free(iso.archive);
	buf_done(&iso.info);
	return ret;
}
