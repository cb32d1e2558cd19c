/* Artifacts on their way into the store. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/artifacts.h"
#include "app/image_work.h"
#include "base/str.h"

/* In the manifest, and checked: it was read on its way. */
static int
enter(int store_fd, const struct artifact *artifact, int fd, struct err *err)
{
	struct artifact_checks checks = {0};
	struct manifest manifest;
	int ret = artifact_manifest_load(store_fd, &manifest, err);

	if (ret < 0)
		return ret;
	artifact_checks_load(store_fd, &checks);
	ret = manifest_put(&manifest, artifact, err);
	if (ret == 0)
		ret = artifact_manifest_save(store_fd, &manifest, err);
	artifact_checks_put(&checks, artifact->name, fd, artifact->sha256);
	if (ret == 0)
		ret = artifact_checks_save(store_fd, &manifest, &checks, err);
	artifact_checks_done(&checks);
	manifest_done(&manifest);
	return ret;
}

/*
 * The file in the new directory takes its place, then the manifest tells of
 * it. Whoever reads the old one in between finds a sum that does not fit, and
 * fetches again.
 */
static int
publish(const struct image_import_job *job, struct image_progress *progress,
    int new_fd, const struct artifact *artifact, struct err *err)
{
	const char *name = artifact->name;
	int fd = openat(new_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int ret = 0;

	image_progress_step(progress, "publish", 0, 0);
	if (fd < 0 || renameat(new_fd, name, job->store_fd, name) < 0 ||
	    fsync(job->store_fd) < 0)
		ret = image_write_error(err, name, errno);
	if (ret == 0)
		ret = enter(job->store_fd, artifact, fd, err);
	if (fd >= 0)
		close(fd);
	return ret;
}

static void
take_file(struct artifact *artifact, const struct image_file *file)
{
	artifact->size = file->size;
	str_copy(artifact->sha256, sizeof artifact->sha256, file->sha256);
}

static int
copy_in(const struct image_import_job *job, struct image_progress *progress,
    int new_fd, struct artifact *artifact, struct err *err)
{
	const struct image_copy copy = {.progress = progress,
	    .from = job->iso_fd,
	    .dirfd = new_fd,
	    .name = artifact->name};
	struct image_file file = {0};
	int ret = image_copy_file(&copy, &file, err);

	if (ret == 0)
		ret = image_check_sum(&file, artifact->sha256, "the file", err);
	if (ret == 0)
		take_file(artifact, &file);
	return ret;
}

/* One try: what is whole and wrong is thrown away, what broke off is kept. */
static int
download_once(const struct image_import_job *job, struct image_fetch *fetch,
    int new_fd, struct artifact *artifact, struct err *err)
{
	const char *given =
	    artifact->sha256[0] == '\0' ? NULL : artifact->sha256;
	struct image_file file = {0};
	int fd = -1;
	int ret = image_fetch_into(fetch, job->store_fd, given, &fd, err);

	if (ret == 0)
		ret = image_hash_file(fetch->progress, fd, &file, err);
	if (ret == 0)
		ret = image_check_sum(&file, fetch->sha256, fetch->url, err);
	if (ret == 0 &&
	    linkat(fetch->dirfd, fetch->part, new_fd, artifact->name, 0) < 0)
		ret = image_write_error(err, artifact->name, errno);
	if (ret == 0)
		take_file(artifact, &file);
	if (ret == 0 || ret == -EBADMSG)
		image_fetch_forget(fetch);
	if (fd >= 0)
		close(fd);
	if (fetch->dirfd >= 0)
		close(fetch->dirfd);
	return ret;
}

static int
download(const struct image_import_job *job, struct image_progress *progress,
    int new_fd, struct artifact *artifact, struct err *err)
{
	struct err first = {0};
	struct image_fetch fetch;
	int ret;

	image_fetch_init(&fetch, progress, artifact->url);
	if (artifact->sums[0] != '\0')
		fetch.sums = artifact->sums;
	ret = download_once(job, &fetch, new_fd, artifact, &first);
	if (ret == -EBADMSG) {
		image_progress_note(progress, "%s; once more", first.text);
		image_fetch_init(&fetch, progress, artifact->url);
		if (artifact->sums[0] != '\0')
			fetch.sums = artifact->sums;
		return download_once(job, &fetch, new_fd, artifact, err);
	}
	if (ret < 0 && err != NULL)
		*err = first;
	return ret;
}

static int
bring(const struct image_import_job *job, struct image_progress *progress,
    struct artifact *artifact, struct err *err)
{
	int new_fd = -1;
	int ret = image_open_dir(job->store_fd, IMAGE_NEW_DIR, &new_fd, err);

	if (ret < 0)
		return ret;
	ret = artifact->url[0] == '\0'
		  ? copy_in(job, progress, new_fd, artifact, err)
		  : download(job, progress, new_fd, artifact, err);
	if (ret == 0)
		ret = publish(job, progress, new_fd, artifact, err);
	close(new_fd);
	(void)image_remove_dir(job->store_fd, IMAGE_NEW_DIR, NULL);
	return ret;
}

int
artifact_get(const struct image_import_job *job,
    struct image_progress *progress, struct artifact *artifact, struct err *err)
{
	int ret;

	progress->image = artifact->name;
	progress->phase = NULL;
	ret = bring(job, progress, artifact, err);
	progress->image = NULL;
	return ret;
}

static void
take_text(char *out, size_t size, const char *text)
{
	str_copy(out, size, text == NULL ? "" : text);
}

int
artifact_add(const struct image_import_job *job,
    struct image_progress *progress, struct err *err)
{
	struct artifact artifact = {0};
	int ret;

	take_text(artifact.name, sizeof artifact.name, job->name);
	take_text(artifact.kind, sizeof artifact.kind, job->kind);
	take_text(artifact.arch, sizeof artifact.arch, job->arch);
	take_text(artifact.version, sizeof artifact.version, job->version);
	take_text(artifact.url, sizeof artifact.url, job->url);
	if (job->sha256 != NULL)
		(void)sha256_parse(job->sha256, artifact.sha256);
	if (job->url != NULL && strlen(job->url) >= sizeof artifact.url) {
		err_set(err, "an URL of more than %zu bytes",
		    sizeof artifact.url - 1);
		return -EINVAL;
	}
	artifact_guess(&artifact);
	ret = artifact_check(&artifact, err);
	if (ret == 0)
		ret = bring(job, progress, &artifact, err);
	if (ret == 0)
		image_progress_data(progress, artifact_json(&artifact));
	return ret;
}
