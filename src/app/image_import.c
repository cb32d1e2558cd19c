#include "app/image_import.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/image_work.h"

/* By enum image_op. */
static int (*const op_runs[])(const struct image_import_job *job,
    struct image_progress *progress, struct err *err) = {
    [IMAGE_OP_ADD] = image_add,
    [IMAGE_OP_VERIFY] = image_verify,
    [IMAGE_OP_REMOVE] = image_remove,
    [IMAGE_OP_ARTIFACT_ADD] = artifact_add,
    [IMAGE_OP_ARTIFACT_FETCH] = artifact_fetch,
    [IMAGE_OP_ARTIFACT_VERIFY] = artifact_verify,
    [IMAGE_OP_ARTIFACT_REMOVE] = artifact_remove,
};

static int
store_lock(int store_fd, int *ret_fd, struct err *err)
{
	int fd = openat(store_fd, IMAGE_LOCK_FILE,
	    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return image_write_error(err, "the store", errno);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		close(fd);
		err_set(err, "another one is being worked on");
		err_hint(err, "wait for it to end, and run this again");
		return -EBUSY;
	}
	*ret_fd = fd;
	return 0;
}

/* What a worker that was killed has left. */
static int
store_clean(int store_fd, struct err *err)
{
	int ret = image_remove_dir(store_fd, IMAGE_NEW_DIR, err);

	return ret < 0 ? ret : image_remove_dir(store_fd, IMAGE_OLD_DIR, err);
}

static int
run_locked(const struct image_import_job *job, struct image_progress *progress,
    struct err *err)
{
	int lock_fd = -1;
	int ret = store_lock(job->store_fd, &lock_fd, err);

	if (ret < 0)
		return ret;
	ret = store_clean(job->store_fd, err);
	if (ret == 0)
		ret = op_runs[job->op](job, progress, err);
	close(lock_fd);
	return ret;
}

int
image_import_run(const struct image_import_job *job, int progress_fd)
{
	struct image_progress progress;
	struct err err = {0};
	int ret;

	image_progress_init(&progress, progress_fd);
	ret = run_locked(job, &progress, &err);
	if (ret < 0) {
		err_set(&err, "%s", strerror(-ret));
		image_progress_error(&progress, &err);
	}
	return ret;
}

int
image_import_main(int job_fd, int progress_fd)
{
	struct image_import_job job;
	struct image_progress progress;
	struct err err = {0};
	json_t *root;
	int ret;

	(void)signal(SIGPIPE, SIG_IGN);
	/* The files worker serves the store to everybody. */
	(void)umask(022);
	if (image_job_read(job_fd, &job, &root, &err) < 0) {
		image_progress_init(&progress, progress_fd);
		image_progress_error(&progress, &err);
		return 1;
	}
	ret = image_import_run(&job, progress_fd);
	json_decref(root);
	return ret < 0 ? 1 : 0;
}
