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
	WORKER_FD_STORE = 3,
	WORKER_FD_FIRST
};

struct image_job {
	struct app *app;
	struct image_job **slot; /* where it is known */
	struct ctl_call *call;	 /* NULL: the daemon's own */
	struct child *child;
	bool answered; /* a "data" line came: done when it exits with 0 */
	bool failed;   /* an "error" line came: `err` */
	struct err err;
	/* Of the daemon's own: a command that begins when it has ended. */
	struct ctl_call *next;
	enum image_op next_op;
};

static bool
is_artifact_op(enum image_op op)
{
	return op >= IMAGE_OP_ARTIFACT_ADD;
}

static struct image_job **
slot_of(struct app *app, enum image_op op)
{
	return is_artifact_op(op) ? &app->artifact_job : &app->image_job;
}

static void
on_progress(struct image_job *job, struct value line)
{
	struct buf text;

	if (job->call == NULL)
		return;
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
	err_set(&job->err, "%s", value_str(value_map_get(line, "text")));
	if (hint.type == VALUE_STRING)
		err_hint(&job->err, "%s", value_str(hint));
}

/* The daemon's own look at the artifacts: what is wrong goes to the log. */
static void
log_problems(struct value rows)
{
	for (size_t i = 0; i < value_len(rows); i++) {
		struct value problems =
		    value_map_get(value_list_at(rows, i), "problems");

		for (size_t p = 0; p < value_len(problems); p++)
			log_error(NULL, "artifact %s",
			    value_str(value_list_at(problems, p)));
	}
}

static void
on_data_line(
    struct image_job *job, struct value line, const char *text, size_t len)
{
	job->answered = true;
	if (job->call == NULL)
		log_problems(value_map_get(line, "data"));
	else
		ctl_line_text(job->call, text, len);
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
		on_data_line(job, line, text, len);
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

/* Not before the worker is gone: the next command may come at once. */
static void
end_call(struct image_job *job, const struct child_status *status)
{
	char text[CHILD_STATUS_STRLEN];

	if (job->answered && !job->failed) {
		if (job->call != NULL)
			ctl_done(job->call);
		return;
	}
	if (!job->failed) {
		err_set(&job->err, "%s", child_status_text(status, text));
		err_hint(&job->err, "the daemon's log tells more; try again");
	}
	if (job->call != NULL)
		ctl_error_err(job->call, &job->err);
	else
		log_error(NULL, "artifacts: %s", job->err.text);
}

static void
on_exit_cb(void *arg, const struct child_status *status)
{
	struct image_job *job = arg;

	if (job->slot == &job->app->image_job)
		rescan(job->app);
	*job->slot = NULL;
	end_call(job, status);
	if (job->next != NULL)
		image_job_start(job->app, job->next, job->next_op);
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
open_store(const struct app *app, enum image_op op, struct err *err)
{
	char *path = mem_printf("%s/files/%s", app->args->state_dir,
	    is_artifact_op(op) ? "artifacts" : "images");
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		err_at(err, path, 0, 0, "%s", strerror(errno));
	free(path);
	return fd;
}

/* What the command's arguments say of it. */
static void
read_call(struct ctl_call *call, struct image_import_job *spec)
{
	spec->name = ctl_arg_str(call, "name");
	spec->url = ctl_arg_str(call, "url");
	spec->sha256 = ctl_arg_str(call, "sha256");
	spec->kernel_args = ctl_arg_str(call, "kernel_args");
	spec->file = ctl_arg_str(call, "file");
	spec->kind = ctl_arg_str(call, "kind");
	spec->arch = ctl_arg_str(call, "arch");
	spec->version = ctl_arg_str(call, "version");
	spec->inspect =
	    json_is_true(json_object_get(ctl_args(call), "inspect"));
}

static int
start(struct image_job *job, enum image_op op, struct err *err)
{
	struct image_import_job spec;
	struct child_fd fds[1 + CTL_FDS_MAX];
	size_t fd_count = 0;
	int store = open_store(job->app, op, err);
	int ret = store < 0 ? -EIO : 0;

	image_import_job_init(&spec);
	spec.op = op;
	spec.store_fd = WORKER_FD_STORE;
	spec.changed = job->call == NULL;
	if (ret == 0)
		fds[fd_count++] = (struct child_fd){store, WORKER_FD_STORE};
	if (ret == 0 && job->call != NULL) {
		read_call(job->call, &spec);
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

/* On failure nothing is left of it, and the call is still the caller's. */
static int
job_start(
    struct app *app, struct ctl_call *call, enum image_op op, struct err *err)
{
	struct image_job **slot = slot_of(app, op);
	struct image_job *job;
	int ret;

	if (*slot != NULL) {
		err_set(err, "another %s command is running",
		    is_artifact_op(op) ? "artifact" : "image");
		err_hint(err, "wait until it has ended");
		return -EBUSY;
	}
	job = mem_alloc(sizeof *job);
	job->app = app;
	job->slot = slot;
	job->call = call;
	ret = start(job, op, err);
	if (ret < 0)
		free(job);
	else
		*slot = job;
	return ret;
}

static void
on_next_gone_cb(void *arg)
{
	struct image_job *job = arg;

	ctl_done(job->next);
	job->next = NULL;
}

/* Nobody can know that the daemon looks at what is there, so he waits. */
static bool
job_wait(struct image_job *job, struct ctl_call *call, enum image_op op)
{
	if (job == NULL || job->call != NULL || job->next != NULL)
		return false;
	job->next = call;
	job->next_op = op;
	ctl_on_gone(call, on_next_gone_cb, job);
	return true;
}

void
image_job_start(struct app *app, struct ctl_call *call, enum image_op op)
{
	struct err err = {0};

	if (job_wait(*slot_of(app, op), call, op))
		return;
	if (job_start(app, call, op, &err) < 0)
		ctl_error_err(call, &err);
	else
		ctl_on_gone(call, on_peer_gone_cb, *slot_of(app, op));
}

void
image_job_check_artifacts(struct app *app)
{
	struct err err = {0};
	char text[sizeof err];

	if (job_start(app, NULL, IMAGE_OP_ARTIFACT_VERIFY, &err) < 0)
		log_error(NULL, "artifacts are not looked at: %s",
		    err_format(&err, text, sizeof text));
}

static void
job_stop(struct image_job *job)
{
	if (job == NULL)
		return;
	*job->slot = NULL;
	child_free(job->child);
	if (job->call != NULL)
		ctl_error(job->call, "the daemon is stopping", NULL);
	if (job->next != NULL)
		ctl_error(job->next, "the daemon is stopping", NULL);
	free(job);
}

void
image_job_stop(struct app *app)
{
	job_stop(app->image_job);
	job_stop(app->artifact_job);
}
