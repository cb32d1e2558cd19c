#include "daemon/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"

#define EXIT_NOT_STARTED 127

void
spawn_add_fd(struct spawn *spawn, int from, int to)
{
	if (spawn->fds < SPAWN_FDS_MAX) {
		spawn->fd[spawn->fds].from = from;
		spawn->fd[spawn->fds].to = to;
		spawn->fds++;
	}
}

/*
 * Moves all out of the way first: a number that one of them goes to may be
 * where another one still is.
 */
static int
place_fds(const struct spawn *spawn)
{
	int moved[SPAWN_FDS_MAX];
	bool taken[SPAWN_FDS_MAX] = {true, true, true};

	for (size_t i = 0; i < spawn->fds; i++) {
		moved[i] =
		    fcntl(spawn->fd[i].from, F_DUPFD_CLOEXEC, SPAWN_FDS_MAX);
		if (moved[i] < 0)
			return -errno;
	}
	for (size_t i = 0; i < spawn->fds; i++) {
		if (dup2(moved[i], spawn->fd[i].to) < 0)
			return -errno;
		taken[spawn->fd[i].to] = true;
	}
	for (int fd = 0; fd < SPAWN_FDS_MAX; fd++) {
		if (!taken[fd])
			close(fd);
	}
	if (syscall(SYS_close_range, SPAWN_FDS_MAX, ~0u, 0) < 0 &&
	    errno != ENOSYS)
		return -errno;
	return 0;
}

static int
null_stdin(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int ret = fd < 0 || dup2(fd, STDIN_FILENO) < 0 ? -errno : 0;

	if (fd > STDERR_FILENO)
		close(fd);
	return ret;
}

static void
reset_signals(void)
{
	sigset_t none;

	for (int signo = 1; signo < NSIG; signo++)
		(void)signal(signo, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * What children use: where the data is, how text and times look, how to get
 * at images elsewhere, what a build with sanitizers is told. Without "=" it is
 * the beginning of several names.
 */
static const char *const kept_variables[] = {
    "CONVECT_PXED_DATADIR=",
    "NO_COLOR=",
    "TERM=",
    "TZ=",
    "LANG=",
    "LC_",
    "http_proxy=",
    "https_proxy=",
    "HTTPS_PROXY=",
    "all_proxy=",
    "ALL_PROXY=",
    "no_proxy=",
    "NO_PROXY=",
    "SSL_CERT_FILE=",
    "SSL_CERT_DIR=",
    "ASAN_OPTIONS=",
    "LSAN_OPTIONS=",
    "UBSAN_OPTIONS=",
    NULL,
};

static bool
is_kept(const char *variable)
{
	for (const char *const *name = kept_variables; *name != NULL; name++) {
		if (str_starts(variable, *name))
			return true;
	}
	return false;
}

/* In place: the child has its own copy, and nothing else in it looks. */
static void
clean_environment(void)
{
	char **to = environ;

	if (environ == NULL)
		return;
	for (char **from = environ; *from != NULL; from++) {
		if (is_kept(*from))
			*to++ = *from;
	}
	*to = NULL;
}

static _Noreturn void
run_child(const struct spawn *spawn)
{
	int ret;

	/* Ctrl-C is the parent's alone: it stops us in its order. */
	(void)setpgid(0, 0);
	reset_signals();
	clean_environment();
	ret = null_stdin();
	if (ret == 0)
		ret = place_fds(spawn);
	if (ret == 0 && spawn->prepare != NULL)
		ret = spawn->prepare(spawn->arg);
	if (ret == 0) {
		/* The kernel and libc do not write to argv's strings. */
		execv(spawn->path, (char *const *)(uintptr_t)spawn->argv);
		ret = -errno;
	}
	log_error(
	    NULL, "%s can not be started: %s", spawn->argv[0], strerror(-ret));
	_exit(EXIT_NOT_STARTED);
}

/* fork() into new namespaces; plain fork() where that is forbidden. */
static pid_t
fork_child(bool namespaces)
{
	pid_t pid = -1;

	if (namespaces) {
		pid = (pid_t)syscall(SYS_clone,
		    CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, NULL, NULL, NULL,
		    NULL);
		if (pid >= 0 || errno != EPERM)
			return pid;
	}
	return fork();
}

pid_t
spawn_run(const struct spawn *spawn, struct err *err)
{
	pid_t pid = fork_child(spawn->namespaces);

	if (pid == 0)
		run_child(spawn);
	if (pid > 0)
		(void)setpgid(pid, pid); /* whoever of the two is first */
	if (pid < 0) {
		pid = -errno;
		err_set(err, "%s can not be started: %s", spawn->argv[0],
		    strerror(errno));
	}
	return pid;
}

const char *
spawn_status_text(int status, char out[SPAWN_STATUS_STRLEN])
{
	if (WIFSIGNALED(status))
		(void)snprintf(out, SPAWN_STATUS_STRLEN,
		    "killed by signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else
		(void)snprintf(out, SPAWN_STATUS_STRLEN, "exit status %d",
		    WEXITSTATUS(status));
	return out;
}
