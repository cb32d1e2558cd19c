#include "app/images.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

/* Its content is what `image verify` looks at. */
static int
check_file(int dirfd, const char *image, const struct image_file *file,
    struct err *err)
{
	char *path = mem_printf("%s/%s", image, file->file);
	struct stat st;
	int ret = 0;

	if (file->file[0] == '\0')
		goto out;
	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		ret = -errno;
		err_at(err, path, 0, 0, "%s", strerror(-ret));
	} else if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size != file->size) {
		ret = -EBADMSG;
		err_at(err, path, 0, 0, "%lld bytes instead of %llu",
		    (long long)st.st_size, (unsigned long long)file->size);
	}
	if (ret < 0)
		err_hint(err,
		    "convect-pxectl image remove %s, then image add it again",
		    image);
out:
	free(path);
	return ret;
}

static int
check_files(int dirfd, const struct image *image, struct err *err)
{
	int ret = check_file(dirfd, image->name, &image->kernel, err);

	if (ret == 0)
		ret = check_file(dirfd, image->name, &image->initrd, err);
	return ret == 0 ? check_file(dirfd, image->name, &image->iso, err)
			: ret;
}

static int
read_image(
    int dirfd, const char *name, struct image *ret_image, struct err *err)
{
	char *path = mem_printf("%s/image.yaml", name);
	struct buf text;
	int fd;
	int ret;

	buf_init(&text, IMAGE_YAML_MAX);
	fd = file_open_beneath(dirfd, path, O_RDONLY, 0);
	ret = fd < 0 ? fd : file_read_fd(fd, path, &text, err);
	if (fd >= 0)
		close(fd);
	if (ret == 0)
		ret = image_parse(text.data, text.len, path, ret_image, err);
	if (ret < 0)
		err_at(err, path, 0, 0, "%s", strerror(-ret));
	if (ret == 0 && strcmp(ret_image->name, name) != 0) {
		err_at(err, path, 0, 0, "says that its name is '%s'",
		    ret_image->name);
		ret = -EBADMSG;
	}
	if (ret == 0)
		ret = check_files(dirfd, ret_image, err);
	buf_done(&text);
	free(path);
	return ret;
}

static int
compare(const void *a, const void *b)
{
	const struct image *left = a;
	const struct image *right = b;

	return strcmp(left->name, right->name);
}

static bool
is_candidate(const char *name)
{
	return name[0] != '.' && !str_ends(name, ".tmp");
}

static void
scan_entries(struct images *images, DIR *dir)
{
	struct dirent *entry;

	while ((entry = readdir(dir)) != NULL && images->count < IMAGES_MAX) {
		struct image *image = &images->list[images->count];
		struct err err = {0};
		char text[1024];

		if (!is_candidate(entry->d_name))
			continue;
		if (read_image(dirfd(dir), entry->d_name, image, &err) == 0)
			images->count++;
		else
			log_warn(NULL, "image left out: %s",
			    err_format(&err, text, sizeof text));
	}
}

int
images_scan(struct images *images, const char *path, struct err *err)
{
	DIR *dir = opendir(path);
	uint64_t version = images->version + 1;

	if (dir == NULL && errno != ENOENT) {
		err_at(err, path, 0, 0, "%s", strerror(errno));
		return -errno;
	}
	images_done(images);
	images->version = version;
	images->list = mem_array(IMAGES_MAX, sizeof *images->list);
	if (dir == NULL)
		return 0;
	scan_entries(images, dir);
	closedir(dir);
	qsort(images->list, images->count, sizeof *images->list, compare);
	images->list = mem_resize(images->list,
	    images->count == 0 ? 1 : images->count, sizeof *images->list);
	return 0;
}

void
images_done(struct images *images)
{
	free(images->list);
	memset(images, 0, sizeof *images);
}

const struct image *
images_find(const struct images *images, const char *name)
{
	for (size_t i = 0; i < images->count; i++) {
		if (strcmp(images->list[i].name, name) == 0)
			return &images->list[i];
	}
	return NULL;
}
