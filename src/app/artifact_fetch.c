/* Brings in what a list of URLs names, but for what is there. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/artifacts.h"
#include "app/image_work.h"
#include "base/file.h"

/* In the order of the list. */
struct wanted {
	struct manifest list; /* by name */
	json_t *rows;
	size_t failed;
	struct err first; /* of those that failed */
};

static int
read_line(struct wanted *wanted, const char *line, struct err *err)
{
	struct artifact artifact;
	int ret = artifact_parse_line(line, &artifact, err);

	if (ret <= 0)
		return ret;
	if (manifest_find(&wanted->list, artifact.name) != NULL) {
		err_set(err, "%s is named twice", artifact.name);
		err_hint(err, "name=N gives one another name");
		return -EBADMSG;
	}
	return manifest_put(&wanted->list, &artifact, err);
}

static int
read_list(
    const struct image_import_job *job, struct wanted *wanted, struct err *err)
{
	const char *file = job->file == NULL ? "the list" : job->file;
	struct buf text;
	char *rest;
	char *line;
	int number = 0;
	int ret;

	buf_init(&text, MANIFEST_MAX);
	ret = file_read_fd(job->iso_fd, file, &text, err);
	rest = text.data;
	while (ret == 0 && (line = strsep(&rest, "\n")) != NULL) {
		number++;
		ret = read_line(wanted, line, err);
		if (ret < 0)
			err_place(err, file, number, 0);
	}
	buf_done(&text);
	return ret;
}

/* Whether what is in the store is what the list means. */
static bool
is_there(const struct image_import_job *job, const struct artifact *want)
{
	struct artifact_checks checks = {0};
	struct manifest manifest;
	const struct artifact *have;
	bool there;

	if (artifact_manifest_load(job->store_fd, &manifest, NULL) < 0)
		return false;
	artifact_checks_load(job->store_fd, &checks);
	have = manifest_find(&manifest, want->name);
	there =
	    have != NULL &&
	    artifact_state(job->store_fd, have, &checks) == ARTIFACT_GOOD &&
	    (want->sha256[0] != '\0' ? strcmp(want->sha256, have->sha256) == 0
				     : strcmp(want->url, have->url) == 0);
	artifact_checks_done(&checks);
	manifest_done(&manifest);
	return there;
}

static void
fetch_one(const struct image_import_job *job, struct image_progress *progress,
    struct artifact *artifact, struct wanted *wanted)
{
	const char *state = "fetched";
	struct err err = {0};

	if (is_there(job, artifact)) {
		state = "there";
	} else if (artifact_get(job, progress, artifact, &err) < 0) {
		state = "failed";
		if (wanted->failed++ == 0)
			wanted->first = err;
		image_progress_note(
		    progress, "%s: %s", artifact->name, err.text);
	}
	json_array_append_new(wanted->rows,
	    json_pack("{s:s, s:s}", "name", artifact->name, "state", state));
}

static int
fetch_all(const struct image_import_job *job, struct image_progress *progress,
    struct wanted *wanted, struct err *err)
{
	for (size_t i = 0; i < wanted->list.count; i++)
		fetch_one(job, progress, &wanted->list.list[i], wanted);
	if (wanted->failed == 0) {
		image_progress_data(progress, json_incref(wanted->rows));
		return 0;
	}
	err_set(err, "%zu of %zu could not be had: %s", wanted->failed,
	    wanted->list.count, wanted->first.text);
	err_hint(err, "%s",
	    wanted->first.hint[0] != '\0'
		? wanted->first.hint
		: "run it again: it goes on with those that are missing");
	return -EIO;
}

int
artifact_fetch(const struct image_import_job *job,
    struct image_progress *progress, struct err *err)
{
	struct wanted wanted = {.rows = json_array()};
	int ret = read_list(job, &wanted, err);

	if (ret == 0)
		ret = fetch_all(job, progress, &wanted, err);
	manifest_done(&wanted.list);
	json_decref(wanted.rows);
	return ret;
}
