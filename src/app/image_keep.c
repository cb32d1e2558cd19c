/* Images that are in the store: read, verified, removed. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/image_work.h"
#include "base/file.h"
#include "base/mem.h"

int
image_load(
    int store_fd, const char *name, struct image *ret_image, struct err *err)
{
	char *path = mem_printf("%s/" IMAGE_YAML, name);
	int fd = file_open_beneath(store_fd, path, O_RDONLY | O_CLOEXEC, 0);
	struct buf text;
	int ret = fd < 0 ? fd : 0;

	buf_init(&text, IMAGE_YAML_MAX);
	if (ret == 0)
		ret = file_read_fd(fd, path, &text, err);
	else
		err_at(err, path, 0, 0, "%s", strerror(-ret));
	if (ret == 0)
		ret = image_parse(text.data, text.len, path, ret_image, err);
	if (fd >= 0)
		close(fd);
	buf_done(&text);
	free(path);
	return ret;
}

json_t *
image_json(const struct image *image)
{
	json_t *row = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "name",
	    image->name, "kind", image_kind_name(image->kind), "release",
	    image->version, "arch", image->arch, "kernel", image->kernel.file,
	    "initrd", image->initrd.file, "kernel_args", image->kernel_args);
	uint64_t bytes =
	    image->kernel.size + image->initrd.size + image->iso.size;

	if (row == NULL)
		return json_object();
	if (image->iso.file[0] != '\0') {
		json_object_set_new(row, "iso", json_string(image->iso.file));
		json_object_set_new(
		    row, "sha256", json_string(image->iso.sha256));
	}
	json_object_set_new(row, "bytes", json_integer((json_int_t)bytes));
	return row;
}

static void
add_problem(json_t *problems, const struct err *err)
{
	char text[sizeof *err];

	json_array_append_new(
	    problems, json_string(err_format(err, text, sizeof text)));
}

static void
verify_file(int store_fd, const char *image, const struct image_file *want,
    struct image_progress *progress, json_t *problems)
{
	char *path = mem_printf("%s/%s", image, want->file);
	int fd = file_open_beneath(store_fd, path, O_RDONLY | O_CLOEXEC, 0);
	struct image_file have = {0};
	struct err err = {0};

	if (want->file[0] == '\0')
		goto out;
	if (fd < 0)
		err_at(&err, path, 0, 0, "%s", strerror(-fd));
	else if (image_hash_file(progress, fd, &have, &err) < 0)
		err_place(&err, path, 0, 0);
	else if (have.size != want->size)
		err_at(&err, path, 0, 0, "%llu bytes instead of %llu",
		    (unsigned long long)have.size,
		    (unsigned long long)want->size);
	else if (strcmp(have.sha256, want->sha256) != 0)
		err_at(&err, path, 0, 0, "its content has changed");
	if (err_is_set(&err))
		add_problem(problems, &err);
out:
	if (fd >= 0)
		close(fd);
	free(path);
}

static json_t *
verify_one(int store_fd, const char *name, struct image_progress *progress)
{
	json_t *row = json_object();
	json_t *problems = json_array();
	struct image image;
	struct err err = {0};

	progress->image = name;
	progress->phase = NULL;
	if (image_load(store_fd, name, &image, &err) < 0) {
		add_problem(problems, &err);
	} else {
		verify_file(store_fd, name, &image.kernel, progress, problems);
		verify_file(store_fd, name, &image.initrd, progress, problems);
		verify_file(store_fd, name, &image.iso, progress, problems);
	}
	progress->image = NULL;
	json_object_set_new(row, "name", json_string(name));
	json_object_set_new(
	    row, "ok", json_boolean(json_array_size(problems) == 0));
	json_object_set_new(row, "problems", problems);
	return row;
}

static int
is_image_dir(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && entry->d_type == DT_DIR;
}

static int
verify_all(int store_fd, struct image_progress *progress, json_t *rows,
    struct err *err)
{
	struct dirent **names;
	int count = scandirat(store_fd, ".", &names, is_image_dir, alphasort);

	if (count < 0) {
		err_set(err, "listing the images: %s", strerror(errno));
		return -errno;
	}
	for (int i = 0; i < count; i++) {
		json_array_append_new(
		    rows, verify_one(store_fd, names[i]->d_name, progress));
		free(names[i]);
	}
	free(names);
	return 0;
}

static int
no_such_image(const char *name, struct err *err)
{
	err_set(err, "no image \"%s\"", name);
	err_hint(err, "convect-pxectl image list names them");
	return -ENOENT;
}

int
image_verify(const struct image_import_job *job,
    struct image_progress *progress, struct err *err)
{
	json_t *rows;
	int ret = 0;

	if (job->name != NULL &&
	    faccessat(job->store_fd, job->name, F_OK, 0) < 0)
		return no_such_image(job->name, err);
	rows = json_array();
	if (job->name != NULL)
		json_array_append_new(
		    rows, verify_one(job->store_fd, job->name, progress));
	else
		ret = verify_all(job->store_fd, progress, rows, err);
	if (ret == 0)
		image_progress_data(progress, rows);
	else
		json_decref(rows);
	return ret;
}

static int
is_entry(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 &&
	       strcmp(entry->d_name, "..") != 0;
}

int
image_remove_dir(int store_fd, const char *name, struct err *err)
{
	struct dirent **names;
	int count = scandirat(store_fd, name, &names, is_entry, NULL);
	char *path;
	int ret = 0;

	if (count < 0 && errno == ENOENT)
		return 0;
	for (int i = 0; i < count; i++) {
		path = mem_printf("%s/%s", name, names[i]->d_name);
		if (unlinkat(store_fd, path, 0) < 0)
			ret = -errno;
		free(path);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	if (ret == 0 && unlinkat(store_fd, name, AT_REMOVEDIR) < 0)
		ret = -errno;
	if (ret < 0)
		err_set(err, "removing %s: %s", name, strerror(-ret));
	return ret;
}

int
image_remove(const struct image_import_job *job,
    struct image_progress *progress, struct err *err)
{
	int ret;

	/* Out of sight in one step, then byte by byte. */
	if (renameat(job->store_fd, job->name, job->store_fd, IMAGE_OLD_DIR) <
	    0) {
		ret = -errno;
		if (ret == -ENOENT)
			return no_such_image(job->name, err);
		err_set(err, "removing %s: %s", job->name, strerror(-ret));
		return ret;
	}
	if (fsync(job->store_fd) < 0)
		return image_write_error(err, job->name, errno);
	ret = image_remove_dir(job->store_fd, IMAGE_OLD_DIR, err);
	if (ret == 0)
		image_progress_data(
		    progress, json_pack("{s:s}", "name", job->name));
	return ret;
}
