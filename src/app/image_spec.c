#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/image_work.h"
#include "base/str.h"

/* By enum image_op. */
static const char *const op_names[] = {
    [IMAGE_OP_ADD] = "add",
    [IMAGE_OP_VERIFY] = "verify",
    [IMAGE_OP_REMOVE] = "remove",
    [IMAGE_OP_ARTIFACT_ADD] = "artifact-add",
    [IMAGE_OP_ARTIFACT_FETCH] = "artifact-fetch",
    [IMAGE_OP_ARTIFACT_VERIFY] = "artifact-verify",
    [IMAGE_OP_ARTIFACT_REMOVE] = "artifact-remove",
};

#define OP_COUNT (sizeof op_names / sizeof op_names[0])

void
image_import_job_init(struct image_import_job *job)
{
	memset(job, 0, sizeof *job);
	job->store_fd = job->iso_fd = job->kernel_fd = job->initrd_fd = -1;
}

static int
check_source(const struct image_import_job *job, struct err *err)
{
	bool pair = job->kernel_fd >= 0 && job->initrd_fd >= 0;

	if (job->url != NULL && !str_starts(job->url, "http://") &&
	    !str_starts(job->url, "https://")) {
		err_set(err, "not an http or https URL: %s", job->url);
		return -EINVAL;
	}
	if (job->url != NULL && (job->iso_fd >= 0 || pair)) {
		err_set(err, "an URL or files, not both");
		return -EINVAL;
	}
	if ((job->kernel_fd >= 0) != (job->initrd_fd >= 0)) {
		err_set(
		    err, "a kernel needs an initrd, and an initrd a kernel");
		return -EINVAL;
	}
	if (pair && job->name == NULL) {
		err_set(err, "a kernel and an initrd need a name");
		return -EINVAL;
	}
	if (job->inspect && (!pair || job->iso_fd >= 0)) {
		err_set(err, "an inspection is a kernel and an initrd");
		return -EINVAL;
	}
	if (job->url == NULL && job->iso_fd < 0 && !pair) {
		err_set(err, "nothing to add");
		err_hint(err, "give an ISO, an URL, or a kernel and an initrd");
		return -EINVAL;
	}
	return 0;
}

static bool
is_artifact_op(enum image_op op)
{
	return op >= IMAGE_OP_ARTIFACT_ADD;
}

static int
check_artifact_source(const struct image_import_job *job, struct err *err)
{
	if (job->op == IMAGE_OP_ARTIFACT_FETCH && job->iso_fd < 0) {
		err_set(err, "no list to fetch");
		return -EINVAL;
	}
	if (job->op == IMAGE_OP_ARTIFACT_ADD &&
	    (job->name == NULL || (job->iso_fd >= 0) == (job->url != NULL))) {
		err_set(err, "an artifact is a name with a file or an URL");
		return -EINVAL;
	}
	return 0;
}

static int
check_name(const struct image_import_job *job, struct err *err)
{
	int ret = is_artifact_op(job->op) ? artifact_check_name(job->name, err)
					  : image_check_name(job->name, err);

	return ret < 0 ? -EINVAL : 0;
}

static int
check_job(const struct image_import_job *job, struct err *err)
{
	char sum[SHA256_HEXLEN];

	if (job->name != NULL && check_name(job, err) < 0)
		return -EINVAL;
	if (job->sha256 != NULL && sha256_parse(job->sha256, sum) < 0) {
		err_set(err, "a SHA-256 sum has 64 hex digits");
		return -EINVAL;
	}
	if ((job->op == IMAGE_OP_REMOVE ||
		job->op == IMAGE_OP_ARTIFACT_REMOVE) &&
	    job->name == NULL) {
		err_set(err, "nothing is named");
		return -EINVAL;
	}
	if (is_artifact_op(job->op))
		return check_artifact_source(job, err);
	return job->op == IMAGE_OP_ADD ? check_source(job, err) : 0;
}

int
image_import_job_write(
    const struct image_import_job *job, struct buf *out, struct err *err)
{
	json_t *root;
	char *text;

	if (check_job(job, err) < 0)
		return -EINVAL;
	root = json_pack("{s:s, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*, s:s*,"
			 " s:b, s:b, s:i, s:i, s:i, s:i}",
	    "op", op_names[job->op], "name", job->name, "url", job->url,
	    "sha256", job->sha256, "kernel_args", job->kernel_args, "file",
	    job->file, "kind", job->kind, "arch", job->arch, "version",
	    job->version, "inspect", job->inspect, "changed", job->changed,
	    "store", job->store_fd, "iso", job->iso_fd, "kernel",
	    job->kernel_fd, "initrd", job->initrd_fd);
	text = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);
	json_decref(root);
	if (text == NULL) {
		err_set(err, "a name or an URL that is not UTF-8");
		return -EINVAL;
	}
	buf_adds(out, text);
	buf_addc(out, '\n');
	free(text);
	return 0;
}

static int
parse_op(const char *name, enum image_op *ret_op)
{
	for (size_t i = IMAGE_OP_ADD; i < OP_COUNT; i++) {
		if (strcmp(op_names[i], name) != 0)
			continue;
		*ret_op = (enum image_op)i;
		return 0;
	}
	return -EINVAL;
}

static int
parse_job(json_t *root, struct image_import_job *ret_job, struct err *err)
{
	struct image_import_job job;
	const char *op = "";
	int inspect = 0;
	int changed = 0;

	image_import_job_init(&job);
	if (json_unpack(root,
		"{s:s, s?s, s?s, s?s, s?s, s?s, s?s, s?s, s?s,"
		" s:b, s:b, s:i, s:i, s:i, s:i}",
		"op", &op, "name", &job.name, "url", &job.url, "sha256",
		&job.sha256, "kernel_args", &job.kernel_args, "file", &job.file,
		"kind", &job.kind, "arch", &job.arch, "version", &job.version,
		"inspect", &inspect, "changed", &changed, "store",
		&job.store_fd, "iso", &job.iso_fd, "kernel", &job.kernel_fd,
		"initrd", &job.initrd_fd) < 0 ||
	    parse_op(op, &job.op) < 0) {
		err_set(err, "the image worker was given no job");
		return -EINVAL;
	}
	job.inspect = inspect != 0;
	job.changed = changed != 0;
	if (check_job(&job, err) < 0)
		return -EINVAL;
	*ret_job = job;
	return 0;
}

int
image_job_read(int fd, struct image_import_job *ret_job, json_t **ret_root,
    struct err *err)
{
	/* From the engine, to its end: a pipe. */
	json_t *root = json_loadfd(fd, 0, NULL);
	int ret = parse_job(root, ret_job, err);

	if (ret < 0)
		json_decref(root);
	else
		*ret_root = root;
	return ret;
}
