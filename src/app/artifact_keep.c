/* Artifacts that are in the store: read, verified, removed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/artifacts.h"
#include "app/image_work.h"
#include "base/file.h"
#include "base/mem.h"

static void
put_problem(json_t *rows, const char *name, bool ok, const struct err *err)
{
	char text[sizeof *err];
	json_t *problems = json_array();

	if (!ok)
		json_array_append_new(
		    problems, json_string(err_format(err, text, sizeof text)));
	json_array_append_new(rows, json_pack("{s:s, s:b, s:o}", "name", name,
					"ok", (int)ok, "problems", problems));
}

/* Reads it whole, and remembers what it was when that was done. */
static int
verify_file(const struct artifact *artifact, int fd,
    struct image_progress *progress, struct artifact_checks *checks,
    struct err *err)
{
	struct image_file have = {0};
	int ret;

	progress->image = artifact->name;
	progress->phase = NULL;
	ret = image_hash_file(progress, fd, &have, err);
	progress->image = NULL;
	if (ret < 0)
		return ret;
	artifact_checks_put(checks, artifact->name, fd, have.sha256);
	if (have.size != artifact->size) {
		err_set(err, "%llu bytes instead of %llu",
		    (unsigned long long)have.size,
		    (unsigned long long)artifact->size);
		return -EBADMSG;
	}
	if (strcmp(have.sha256, artifact->sha256) == 0)
		return 0;
	err_set(err, "its content has changed");
	return -EBADMSG;
}

static void
verify_one(const struct image_import_job *job, const struct artifact *artifact,
    struct image_progress *progress, struct artifact_checks *checks,
    json_t *rows)
{
	enum artifact_state state =
	    artifact_state(job->store_fd, artifact, checks);
	struct err err = {0};
	int fd = -1;
	int ret = 0;

	if (!job->changed || state == ARTIFACT_UNCHECKED) {
		fd = file_open_beneath(
		    job->store_fd, artifact->name, O_RDONLY, 0);
		ret = fd;
		if (fd < 0)
			err_set(&err, "%s", strerror(-fd));
		else
			ret = verify_file(artifact, fd, progress, checks, &err);
	} else if (state != ARTIFACT_GOOD) {
		ret = -EBADMSG;
		err_set(&err, "%s", artifact_state_name(state));
	}
	if (ret < 0) {
		err_place(&err, artifact->name, 0, 0);
		err_hint(&err, "fetch or add it again, or remove it");
	}
	put_problem(rows, artifact->name, ret >= 0, &err);
	if (fd >= 0)
		close(fd);
}

static int
no_such_artifact(const char *name, struct err *err)
{
	err_set(err, "no artifact \"%s\"", name);
	err_hint(err, "convect-pxectl artifact list names them");
	return -ENOENT;
}

static int
verify_all(const struct image_import_job *job, const struct manifest *manifest,
    struct image_progress *progress, struct err *err)
{
	struct artifact_checks checks = {0};
	json_t *rows = json_array();
	int ret;

	artifact_checks_load(job->store_fd, &checks);
	for (size_t i = 0; i < manifest->count; i++) {
		const struct artifact *artifact = &manifest->list[i];

		if (job->name == NULL || strcmp(job->name, artifact->name) == 0)
			verify_one(job, artifact, progress, &checks, rows);
	}
	ret = artifact_checks_save(job->store_fd, manifest, &checks, err);
	artifact_checks_done(&checks);
	if (ret < 0)
		json_decref(rows);
	else
		image_progress_data(progress, rows);
	return ret;
}

int
artifact_verify(const struct image_import_job *job,
    struct image_progress *progress, struct err *err)
{
	struct manifest manifest;
	int ret = artifact_manifest_load(job->store_fd, &manifest, err);

	if (ret < 0)
		return ret;
	if (job->name != NULL && manifest_find(&manifest, job->name) == NULL)
		ret = no_such_artifact(job->name, err);
	else
		ret = verify_all(job, &manifest, progress, err);
	manifest_done(&manifest);
	return ret;
}

int
artifact_remove(const struct image_import_job *job,
    struct image_progress *progress, struct err *err)
{
	struct manifest manifest;
	int ret = artifact_manifest_load(job->store_fd, &manifest, err);

	if (ret < 0)
		return ret;
	if (!manifest_drop(&manifest, job->name))
		ret = no_such_artifact(job->name, err);
	else
		ret = artifact_manifest_save(job->store_fd, &manifest, err);
	manifest_done(&manifest);
	if (ret < 0)
		return ret;
	if (unlinkat(job->store_fd, job->name, 0) < 0 && errno != ENOENT)
		return image_write_error(err, job->name, errno);
	image_progress_data(progress, json_pack("{s:s}", "name", job->name));
	return 0;
}
