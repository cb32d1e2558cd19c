#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/image_work.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"

/* An image on its way into the store. */
struct adding {
	const struct image_import_job *job;
	struct image_progress *progress;
	int new_fd; /* .new.tmp */
	struct image image;
};

static int
exists_error(const char *name, struct err *err)
{
	err_set(err, "there is an image \"%s\" already", name);
	err_hint(err,
	    "choose another --name, or: convect-pxectl image remove "
	    "%s",
	    name);
	return -EEXIST;
}

static int
check_new(const struct image_import_job *job, struct err *err)
{
	if (job->name == NULL ||
	    faccessat(job->store_fd, job->name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	return exists_error(job->name, err);
}

/* What the machine type's boot protocol shows at a fixed place. */
static const struct {
	size_t offset;
	const char *magic;
	const char *arch;
} kernel_magics[] = {
    {0x202, "HdrS", "amd64"},	/* Linux x86 boot protocol, 2.00 on */
    {0x38, "ARM\x64", "arm64"}, /* Documentation/arch/arm64/booting */
};

static void
kernel_arch(int fd, char *out, size_t size)
{
	char magic[4];

	for (size_t i = 0; i < sizeof kernel_magics / sizeof kernel_magics[0];
	     i++) {
		if (pread(fd, magic, sizeof magic,
			(off_t)kernel_magics[i].offset) != sizeof magic ||
		    memcmp(magic, kernel_magics[i].magic, sizeof magic) != 0)
			continue;
		str_copy(out, size, kernel_magics[i].arch);
		return;
	}
}

/* The image's facts from the ISO's. */
static void
take_iso(struct adding *add, const struct image_iso *iso)
{
	struct image *image = &add->image;

	image->kind = IMAGE_AUTOINSTALL;
	str_copy(image->version, sizeof image->version, iso->version);
	str_copy(image->release, sizeof image->release,
	    image_release_of(iso->version));
	str_copy(image->arch, sizeof image->arch, iso->arch);
	if (image->kernel.file[0] == '\0')
		image->kernel = iso->kernel;
	if (image->initrd.file[0] == '\0')
		image->initrd = iso->initrd;
	if (image->name[0] == '\0')
		(void)snprintf(
		    image->name, sizeof image->name, "ubuntu-%s", iso->version);
}

static int
copy_in(struct adding *add, int from, const char *name,
    struct image_file *ret_file, struct err *err)
{
	const struct image_copy copy = {.progress = add->progress,
	    .from = from,
	    .dirfd = add->new_fd,
	    .name = name};

	return image_copy_file(&copy, ret_file, err);
}

/* The ISO in the new directory gets the image's name. */
static int
name_iso(struct adding *add, struct err *err)
{
	struct image *image = &add->image;

	(void)snprintf(
	    image->iso.file, sizeof image->iso.file, "%s.iso", image->name);
	if (renameat(add->new_fd, "iso", add->new_fd, image->iso.file) < 0)
		return image_write_error(err, image->iso.file, errno);
	return 0;
}

static int
add_iso(struct adding *add, int fd, const char *want, struct err *err)
{
	struct image_iso iso = {0};
	int ret = image_iso_read(fd, add->new_fd, add->progress, &iso, err);

	if (ret == 0) {
		take_iso(add, &iso);
		ret = copy_in(add, fd, "iso", &add->image.iso, err);
	}
	if (ret == 0)
		ret = image_check_sum(&add->image.iso, want, "the ISO", err);
	return ret == 0 ? name_iso(add, err) : ret;
}

static int
add_download(
    struct adding *add, struct image_fetch *fetch, int fd, struct err *err)
{
	struct image_iso iso = {0};
	int ret = image_hash_file(add->progress, fd, &add->image.iso, err);

	if (ret == 0)
		ret = image_check_sum(
		    &add->image.iso, fetch->sha256, "the ISO", err);
	if (ret == 0)
		ret = image_iso_read(fd, add->new_fd, add->progress, &iso, err);
	/* What is whole and wrong is not to be gone on with. */
	if (ret == -EBADMSG)
		image_fetch_forget(fetch);
	if (ret < 0)
		return ret;
	take_iso(add, &iso);
	if (linkat(fetch->dirfd, fetch->part, add->new_fd, "iso", 0) < 0)
		return image_write_error(err, "the ISO", errno);
	return name_iso(add, err);
}

static int
add_url(struct adding *add, struct image_fetch *fetch, struct err *err)
{
	const struct image_import_job *job = add->job;
	int fd = -1;
	int ret = image_fetch_into(fetch, job->store_fd, job->sha256, &fd, err);

	if (ret == 0)
		ret = add_download(add, fetch, fd, err);
	if (fd >= 0)
		close(fd);
	return ret;
}

/* A kernel, an initrd and perhaps an ISO that belongs to them. */
static int
add_pair(struct adding *add, const char *want, struct err *err)
{
	const struct image_import_job *job = add->job;
	struct image *image = &add->image;
	int ret = copy_in(add, job->kernel_fd, "vmlinuz", &image->kernel, err);

	if (ret == 0)
		ret =
		    copy_in(add, job->initrd_fd, "initrd", &image->initrd, err);
	if (ret < 0)
		return ret;
	image->kind = job->inspect ? IMAGE_INSPECT : IMAGE_LIVE;
	kernel_arch(job->kernel_fd, image->arch, sizeof image->arch);
	if (job->iso_fd < 0)
		return 0;
	ret = copy_in(add, job->iso_fd, "iso", &image->iso, err);
	if (ret == 0)
		ret = image_check_sum(&image->iso, want, "the ISO", err);
	return ret == 0 ? name_iso(add, err) : ret;
}

/* With the operator's own kernel: the ISO need not be Ubuntu's. */
static void
add_pair_facts(struct adding *add)
{
	struct image_iso iso = {0};
	struct err err = {0};

	if (add->job->iso_fd < 0)
		return;
	add->image.kind = IMAGE_AUTOINSTALL;
	if (image_iso_read(add->job->iso_fd, -1, add->progress, &iso, &err) ==
	    0)
		take_iso(add, &iso);
	else
		image_progress_note(add->progress, "%s", err.text);
}

static int
publish(struct adding *add, struct err *err)
{
	struct image *image = &add->image;
	int store_fd = add->job->store_fd;
	struct buf text;
	int ret;

	image_progress_step(add->progress, "publish", 0, 0);
	if (image_check_name(image->name, err) < 0)
		return -EINVAL;
	buf_init(&text, IMAGE_YAML_MAX);
	image_write(image, &text);
	ret = file_write_atomic(
	    add->new_fd, IMAGE_YAML, text.data, text.len, 0644, err);
	buf_done(&text);
	if (ret < 0)
		return ret;
	if (fsync(add->new_fd) < 0)
		return image_write_error(err, image->name, errno);
	if (renameat2(store_fd, IMAGE_NEW_DIR, store_fd, image->name,
		RENAME_NOREPLACE) < 0)
		return errno == EEXIST
			   ? exists_error(image->name, err)
			   : image_write_error(err, image->name, errno);
	if (fsync(store_fd) < 0)
		return image_write_error(err, image->name, errno);
	return 0;
}

static int
add_source(struct adding *add, struct image_fetch *fetch, struct err *err)
{
	const struct image_import_job *job = add->job;
	char want[SHA256_HEXLEN] = "";
	int ret;

	if (job->sha256 != NULL)
		(void)sha256_parse(job->sha256, want);
	if (job->url != NULL)
		return add_url(add, fetch, err);
	if (job->kernel_fd < 0)
		return add_iso(add, job->iso_fd, want, err);
	ret = add_pair(add, want, err);
	if (ret == 0)
		add_pair_facts(add);
	return ret;
}

int
image_add(const struct image_import_job *job, struct image_progress *progress,
    struct err *err)
{
	struct adding add = {.job = job, .progress = progress, .new_fd = -1};
	struct image_fetch fetch;
	int ret = check_new(job, err);

	image_fetch_init(&fetch, progress, job->url == NULL ? "" : job->url);
	if (ret == 0)
		ret = image_open_dir(
		    job->store_fd, IMAGE_NEW_DIR, &add.new_fd, err);
	if (ret < 0)
		return ret;
	if (job->name != NULL)
		str_copy(add.image.name, sizeof add.image.name, job->name);
	if (job->kernel_args != NULL)
		str_copy(add.image.kernel_args, sizeof add.image.kernel_args,
		    job->kernel_args);
	ret = add_source(&add, &fetch, err);
	if (ret == 0)
		ret = publish(&add, err);
	if (ret == 0 && job->url != NULL)
		image_fetch_forget(&fetch);
	if (ret == 0)
		image_progress_data(progress, image_json(&add.image));
	else
		(void)image_remove_dir(job->store_fd, IMAGE_NEW_DIR, NULL);
	close(add.new_fd);
	if (fetch.dirfd >= 0)
		close(fetch.dirfd);
	return ret;
}
