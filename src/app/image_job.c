#include "app/image_job.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "inventory/value.h"
#include "net/child.h"

/* The worker's numbers for what it is given. */
enum {
	WORKER_FD_IMAGES = 3,
	WORKER_FD_FIRST
};

struct image_job {
	struct app *app;
	struct ctl_call *call;
	struct child *child;
	bool answered; /* a "data" line came: done when it exits with 0 */
	bool failed;   /* an "error" line came, which ended the call */
};

static void
on_progress(struct image_job *job, struct value line)
{
	struct buf text;

	value_map_set(line, "type", value_string("progress"));
	buf_init(&text, CHILD_LINE_MAX);
	value_write_json(line, -1, false, &text);
	ctl_line_text(job->call, text.data, text.len);
	buf_done(&text);
}

static void
on_error_line(struct image_job *job, struct value line)
{
	struct value hint = value_map_get(line, "hint");

	job->failed = true;
	ctl_error(job->call, value_str(value_map_get(line, "text")),
	    hint.type == VALUE_STRING ? value_str(hint) : NULL);
}

static void
on_line_cb(void *arg, const char *text, size_t len)
{
	struct image_job *job = arg;
	struct value line;
	const char *type;

	if (job->failed || value_parse_json(text, len, &line, NULL) < 0)
		return;
	type = value_str(value_map_get(line, "type"));
	if (strcmp(type, "error") == 0) {
		on_error_line(job, line);
	} else if (strcmp(type, "data") == 0) {
		job->answered = true;
		ctl_line_text(job->call, text, len);
	} else {
		on_progress(job, line);
	}
	value_unref(line);
}

static void
rescan(struct app *app)
{
	char *dir = mem_printf("%s/files/images", app->args->state_dir);
	struct err err = {0};

	if (images_scan(&app->images, dir, &err) < 0)
		log_error(NULL, "the images can not be listed: %s", err.text);
	free(dir);
	app_check_again(app);
}

static void
on_exit_cb(void *arg, const struct child_status *status)
{
	struct image_job *job = arg;
	char text[CHILD_STATUS_STRLEN];

	rescan(job->app);
	job->app->image_job = NULL;
	if (!job->failed && job->answered)
		ctl_done(job->call);
	else if (!job->failed)
		ctl_error(job->call, child_status_text(status, text),
		    "the daemon's log tells more; try again");
	free(job);
}

static void
on_peer_gone_cb(void *arg)
{
	struct image_job *job = arg;

	if (job->child != NULL)
		(void)child_kill(job->child, SIGTERM);
}

/* Gives each descriptor that came its place in the job. */
static int
take_fds(struct ctl_call *call, struct image_import_job *spec,
    struct child_fd *fds, size_t *fd_count)
{
	const json_t *names = json_object_get(ctl_args(call), "fds");

	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		int to = WORKER_FD_FIRST + (int)i;
		int *place = NULL;
		int fd;

		if (name != NULL && strcmp(name, "iso") == 0)
			place = &spec->iso_fd;
		else if (name != NULL && strcmp(name, "kernel") == 0)
			place = &spec->kernel_fd;
		else if (name != NULL && strcmp(name, "initrd") == 0)
			place = &spec->initrd_fd;
		fd = place == NULL ? -1 : ctl_fd_take(call, i);
		if (fd < 0)
			return -EINVAL;
		*place = to;
		fds[(*fd_count)++] = (struct child_fd){fd, to};
	}
	return 0;
}

static int
spawn(struct image_job *job, const struct image_import_job *spec,
    const struct child_fd *fds, size_t fd_count, struct err *err)
{
	static const char *const argv[] = {
	    "/proc/self/exe", "--role", "image-import", NULL};
	struct child_spec child = {
	    .argv = argv,
	    .fds = fds,
	    .fd_count = fd_count,
	    .on_line = on_line_cb,
	    .on_exit = on_exit_cb,
	    .arg = job,
	    .die_with_parent = true,
	};
	struct buf input;
	int ret;

	buf_init(&input, CHILD_INPUT_MAX);
	ret = image_import_job_write(spec, &input, err);
	child.input = input.data;
	child.input_len = input.len;
	if (ret == 0) {
		job->child = child_spawn(job->app->loop, &child, err);
		ret = job->child == NULL ? -ECHILD : 0;
	}
	buf_done(&input);
	return ret;
}

static int
open_images(const struct app *app, struct err *err)
{
	char *path = mem_printf("%s/files/images", app->args->state_dir);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		err_at(err, path, 0, 0, "%s", strerror(errno));
	free(path);
	return fd;
}

static int
start(struct image_job *job, enum image_op op, struct err *err)
{
	struct image_import_job spec;
	struct child_fd fds[1 + CTL_FDS_MAX];
	size_t fd_count = 0;
	int images = open_images(job->app, err);
	int ret = images < 0 ? -EIO : 0;

	image_import_job_init(&spec);
	spec.op = op;
	spec.name = ctl_arg_str(job->call, "name");
	spec.url = ctl_arg_str(job->call, "url");
	spec.sha256 = ctl_arg_str(job->call, "sha256");
	spec.kernel_args = ctl_arg_str(job->call, "kernel_args");
	spec.inspect =
	    json_is_true(json_object_get(ctl_args(job->call), "inspect"));
	spec.images_fd = WORKER_FD_IMAGES;
	if (ret == 0) {
		fds[fd_count++] = (struct child_fd){images, WORKER_FD_IMAGES};
		ret = take_fds(job->call, &spec, fds, &fd_count);
		if (ret < 0)
			err_set(err, "the files did not come with the request");
	}
	if (ret == 0)
		ret = spawn(job, &spec, fds, fd_count, err);
	for (size_t i = 0; i < fd_count; i++)
		close(fds[i].from);
	return ret;
}

void
image_job_start(struct app *app, struct ctl_call *call, enum image_op op)
{
	struct image_job *job;
	struct err err = {0};

	if (app->image_job != NULL) {
		ctl_error(call, "another image command is running",
		    "wait until it has ended");
		return;
	}
	job = mem_alloc(sizeof *job);
	job->app = app;
	job->call = call;
	if (start(job, op, &err) < 0) {
		ctl_error_err(call, &err);
		free(job);
		return;
	}
	app->image_job = job;
	ctl_on_gone(call, on_peer_gone_cb, job);
}

void
image_job_stop(struct app *app)
{
	struct image_job *job = app->image_job;

	if (job == NULL)
		return;
	app->image_job = NULL;
	child_free(job->child);
	if (!job->failed)
		ctl_error(job->call, "the daemon is stopping", NULL);
	free(job);
}
