#include "net/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "net/child_exec.h"

typedef void line_cb(void *arg, const char *line, size_t len);

/* One of its outputs, read by lines. */
struct pipe_reader {
	struct child *child;
	struct loop_watch *watch;
	int fd; /* -1: none, or ended */
	line_cb *on_line;
	struct buf line;
};

struct child {
	struct loop *loop;
	struct child_spec spec; /* callbacks and arg only */
	pid_t pid;
	int pidfd;
	struct loop_watch *exit_watch;
	struct pipe_reader out;
	struct pipe_reader err;
	int in_fd;
	struct loop_watch *in_watch;
	char *input; /* a copy, wiped when it was written */
	size_t input_len;
	size_t input_pos;
	bool ended;
};

static void
input_close(struct child *child)
{
	loop_watch_free(child->in_watch);
	child->in_watch = NULL;
	if (child->in_fd >= 0)
		close(child->in_fd);
	child->in_fd = -1;
	if (child->input != NULL)
		explicit_bzero(child->input, child->input_len);
	free(child->input);
	child->input = NULL;
}

static void
on_input_ready_cb(void *arg, int fd, unsigned events)
{
	struct child *child = arg;
	size_t left = child->input_len - child->input_pos;
	ssize_t n = write(fd, child->input + child->input_pos, left);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		child->input_pos += (size_t)n;
	/* EPIPE: it does not want the rest, which is its own affair. */
	if (n < 0 || child->input_pos == child->input_len)
		input_close(child);
}

static void
reader_close(struct pipe_reader *reader)
{
	loop_watch_free(reader->watch);
	reader->watch = NULL;
	if (reader->fd >= 0)
		close(reader->fd);
	reader->fd = -1;
}

static void
reader_emit(struct pipe_reader *reader)
{
	reader->on_line(
	    reader->child->spec.arg, reader->line.data, reader->line.len);
	buf_reset(&reader->line);
}

static void
reader_take(struct pipe_reader *reader, const char *data, size_t len)
{
	while (len > 0) {
		const char *end = memchr(data, '\n', len);
		size_t n = end == NULL ? len : (size_t)(end - data);
		size_t room = reader->line.max - reader->line.len;

		if (n > room) {
			n = room;
			end = NULL;
		}
		buf_add(&reader->line, data, n);
		if (end != NULL || n == room)
			reader_emit(reader);
		n += end != NULL ? 1 : 0;
		data += n;
		len -= n;
	}
}

/* Reads once; false: nothing there now, or the end. */
static bool
reader_read(struct pipe_reader *reader)
{
	char chunk[8192];
	ssize_t n;

	if (reader->fd < 0)
		return false;
	n = read(reader->fd, chunk, sizeof chunk);
	if (n < 0 && errno == EINTR)
		return true;
	if (n < 0 && errno == EAGAIN)
		return false;
	if (n <= 0) {
		reader_close(reader);
		return false;
	}
	reader_take(reader, chunk, (size_t)n);
	return true;
}

static void
on_output_ready_cb(void *arg, int fd, unsigned events)
{
	(void)fd;
	(void)events;
	reader_read(arg);
}

/* What its own children, who may live on, still write is not waited for. */
static void
reader_drain(struct pipe_reader *reader)
{
	if (reader->on_line == NULL)
		return;
	while (reader_read(reader))
		;
	if (reader->line.len > 0)
		reader_emit(reader);
}

static void
child_destroy(struct child *child)
{
	input_close(child);
	reader_close(&child->out);
	reader_close(&child->err);
	buf_done(&child->out.line);
	buf_done(&child->err.line);
	loop_watch_free(child->exit_watch);
	if (child->pidfd >= 0)
		close(child->pidfd);
	free(child);
}

static void
on_exit_ready_cb(void *arg, int fd, unsigned events)
{
	struct child *child = arg;
	struct child_status status = {.pid = child->pid};
	int raw = 0;

	(void)fd;
	(void)events;
	if (waitpid(child->pid, &raw, WNOHANG) != child->pid)
		return;
	child->ended = true;
	reader_drain(&child->out);
	reader_drain(&child->err);
	status.exited = WIFEXITED(raw);
	status.code = status.exited ? WEXITSTATUS(raw) : WTERMSIG(raw);
	if (child->spec.on_exit != NULL)
		child->spec.on_exit(child->spec.arg, &status);
	child_destroy(child);
}

/* The pipes and the list of what the child gets. */
struct plumbing {
	struct child_exec exec;
	int in[2];
	int out[2];
	int err[2];
	int report[2];
	int null_fd;
};

static void
close_pair(int pair[2])
{
	for (int i = 0; i < 2; i++) {
		if (pair[i] >= 0)
			close(pair[i]);
		pair[i] = -1;
	}
}

static void
plumbing_done(struct plumbing *plumbing)
{
	close_pair(plumbing->in);
	close_pair(plumbing->out);
	close_pair(plumbing->err);
	close_pair(plumbing->report);
	if (plumbing->null_fd >= 0)
		close(plumbing->null_fd);
}

static bool
maps(const struct child_spec *spec, int to)
{
	for (size_t i = 0; i < spec->fd_count; i++) {
		if (spec->fds[i].to == to)
			return true;
	}
	return false;
}

static void
give_fd(struct plumbing *plumbing, int from, int to)
{
	struct child_exec *exec = &plumbing->exec;

	exec->fds[exec->fd_count].from = from;
	exec->fds[exec->fd_count].to = to;
	exec->fd_count++;
}

static int
plumb_stdio(struct plumbing *plumbing, const struct child_spec *spec)
{
	if (spec->input != NULL) {
		if (pipe2(plumbing->in, O_CLOEXEC) < 0)
			return -errno;
		give_fd(plumbing, plumbing->in[0], 0);
	} else if (!maps(spec, 0)) {
		give_fd(plumbing, plumbing->null_fd, 0);
	}
	if (spec->on_line != NULL) {
		if (pipe2(plumbing->out, O_CLOEXEC) < 0)
			return -errno;
		give_fd(plumbing, plumbing->out[1], 1);
	} else if (!maps(spec, 1)) {
		give_fd(plumbing, STDOUT_FILENO, 1);
	}
	if (spec->on_err_line != NULL) {
		if (pipe2(plumbing->err, O_CLOEXEC) < 0)
			return -errno;
		give_fd(plumbing, plumbing->err[1], 2);
	} else if (!maps(spec, 2)) {
		give_fd(plumbing, STDERR_FILENO, 2);
	}
	return 0;
}

static int
plumb(struct plumbing *plumbing, const struct child_spec *spec)
{
	static char *const no_environment[] = {NULL};

	plumbing->exec.argv = spec->argv;
	plumbing->exec.envp =
	    spec->envp != NULL
		? spec->envp
		: (const char *const *)(environ != NULL ? environ
							: no_environment);
	plumbing->exec.die_with_parent = spec->die_with_parent;
	plumbing->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (plumbing->null_fd < 0 || pipe2(plumbing->report, O_CLOEXEC) < 0)
		return -errno;
	plumbing->exec.report_fd = plumbing->report[1];
	for (size_t i = 0; i < spec->fd_count; i++)
		give_fd(plumbing, spec->fds[i].from, spec->fds[i].to);
	return plumb_stdio(plumbing, spec);
}

static int
check_spec(const struct child_spec *spec, struct err *err)
{
	bool bad = spec->argv == NULL || spec->argv[0] == NULL ||
		   spec->fd_count > CHILD_FDS_MAX ||
		   (spec->input != NULL && spec->input_len > CHILD_INPUT_MAX) ||
		   (spec->input != NULL && maps(spec, 0));

	for (size_t i = 0; !bad && i < spec->fd_count; i++)
		bad = spec->fds[i].to < 0 || spec->fds[i].to > 1023;
	if (!bad)
		return 0;
	err_set(err, "child process: wrong arguments");
	return -EINVAL;
}

/* Waits for the exec, which closes the pipe; 0 or what went wrong. */
static int
exec_result(struct plumbing *plumbing)
{
	int code = 0;
	ssize_t n;

	close(plumbing->report[1]);
	plumbing->report[1] = -1;
	do
		n = read(plumbing->report[0], &code, sizeof code);
	while (n < 0 && errno == EINTR);
	return n == sizeof code ? -code : 0;
}

static int
start(struct plumbing *plumbing, const struct child_spec *spec, pid_t *ret_pid)
{
	int ret = plumb(plumbing, spec);
	pid_t pid;

	if (ret < 0)
		return ret;
	pid = child_exec_start(&plumbing->exec);
	if (pid < 0)
		return (int)pid;
	ret = exec_result(plumbing);
	if (ret < 0) {
		waitpid(pid, NULL, 0);
		return ret;
	}
	*ret_pid = pid;
	return 0;
}

static int
take_end(int *end)
{
	int fd = *end;

	*end = -1;
	if (fd >= 0)
		fcntl(fd, F_SETFL, O_NONBLOCK);
	return fd;
}

static void
reader_init(
    struct pipe_reader *reader, struct child *child, int fd, line_cb *on_line)
{
	reader->child = child;
	reader->fd = fd;
	reader->on_line = on_line;
	buf_init(&reader->line, CHILD_LINE_MAX);
	if (fd >= 0)
		reader->watch = loop_watch_new(
		    child->loop, fd, LOOP_READ, on_output_ready_cb, reader);
}

static void
attach_input(struct child *child, struct plumbing *plumbing,
    const struct child_spec *spec)
{
	child->in_fd = take_end(&plumbing->in[1]);
	if (child->in_fd < 0)
		return;
	child->input = mem_alloc(spec->input_len);
	memcpy(child->input, spec->input, spec->input_len);
	child->input_len = spec->input_len;
	if (spec->input_len == 0)
		input_close(child);
	else
		child->in_watch = loop_watch_new(child->loop, child->in_fd,
		    LOOP_WRITE, on_input_ready_cb, child);
}

struct child *
child_spawn(struct loop *loop, const struct child_spec *spec, struct err *err)
{
	struct plumbing plumbing = {.in = {-1, -1},
	    .out = {-1, -1},
	    .err = {-1, -1},
	    .report = {-1, -1},
	    .null_fd = -1};
	struct child *child = NULL;
	pid_t pid = -1;
	int pidfd = -1;
	int ret;

	if (check_spec(spec, err) < 0)
		return NULL;
	ret = start(&plumbing, spec, &pid);
	if (ret == 0) {
		pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
		ret = pidfd < 0 ? -errno : 0;
	}
	if (ret < 0 && pid > 0) {
		kill(-pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
	if (ret < 0) {
		err_set(err, "%s: can not start: %s", spec->argv[0],
		    strerror(-ret));
		goto out;
	}
	child = mem_alloc(sizeof *child);
	child->loop = loop;
	child->spec = *spec;
	child->pid = pid;
	child->pidfd = pidfd;
	child->exit_watch =
	    loop_watch_new(loop, pidfd, LOOP_READ, on_exit_ready_cb, child);
	reader_init(
	    &child->out, child, take_end(&plumbing.out[0]), spec->on_line);
	reader_init(
	    &child->err, child, take_end(&plumbing.err[0]), spec->on_err_line);
	attach_input(child, &plumbing, spec);
out:
	plumbing_done(&plumbing);
	return child;
}

pid_t
child_pid(const struct child *child)
{
	return child->pid;
}

int
child_kill(struct child *child, int signo)
{
	if (child->ended)
		return -ESRCH;
	return kill(-child->pid, signo) < 0 ? -errno : 0;
}

void
child_free(struct child *child)
{
	if (child == NULL || child->ended)
		return; /* in its on_exit: freed after that */
	kill(-child->pid, SIGKILL);
	while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
		;
	child_destroy(child);
}

const char *
child_status_text(
    const struct child_status *status, char out[CHILD_STATUS_STRLEN])
{
	const char *name;

	if (status->exited) {
		snprintf(
		    out, CHILD_STATUS_STRLEN, "exit status %d", status->code);
		return out;
	}
	name = sigabbrev_np(status->code);
	snprintf(out, CHILD_STATUS_STRLEN, "killed by SIG%s (%s)",
	    name == NULL ? "?" : name, sigdescr_np(status->code));
	return out;
}
