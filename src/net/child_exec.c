#include "net/child_exec.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif

/* Only what is safe between fork and exec of a threaded program. */

static _Noreturn void
give_up(const struct child_exec *exec)
{
	int code = errno;
	ssize_t n = write(exec->report_fd, &code, sizeof code);

	_exit(n == sizeof code ? 126 : 125);
}

static void
reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	for (int signo = 1; signo < NSIG; signo++)
		signal(signo, SIG_DFL); /* we ignore SIGPIPE; it may not */
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Everything is moved above the highest target first, so that no target
 * overwrites what another one still needs.
 */
static int
place_fds(struct child_exec *exec)
{
	int above = 3;

	for (size_t i = 0; i < exec->fd_count; i++) {
		if (exec->fds[i].to >= above)
			above = exec->fds[i].to + 1;
	}
	exec->report_fd = fcntl(exec->report_fd, F_DUPFD_CLOEXEC, above);
	if (exec->report_fd < 0)
		return -1;
	for (size_t i = 0; i < exec->fd_count; i++) {
		struct child_fd *fd = &exec->fds[i];

		fd->from = fcntl(fd->from, F_DUPFD_CLOEXEC, above);
		if (fd->from < 0)
			return -1;
	}
	for (size_t i = 0; i < exec->fd_count; i++) {
		if (dup2(exec->fds[i].from, exec->fds[i].to) < 0)
			return -1;
	}
	return 0;
}

static _Noreturn void
run_child(struct child_exec *exec, pid_t parent)
{
	setpgid(0, 0);
	reset_signals();
	if (exec->die_with_parent) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
			give_up(exec);
		if (getppid() != parent)
			_exit(125); /* it went before the line above */
	}
	/* Nothing that a library forgot to mark gets across (Linux 5.11). */
	(void)syscall(SYS_close_range, 3u, UINT_MAX, CLOSE_RANGE_CLOEXEC);
	if (place_fds(exec) < 0)
		give_up(exec);
	/* execve() takes these without const for historical reasons. */
	execve(exec->argv[0], (char *const *)(uintptr_t)exec->argv,
	    (char *const *)(uintptr_t)exec->envp);
	give_up(exec);
}

pid_t
child_exec_start(struct child_exec *exec)
{
	pid_t parent = getpid();
	pid_t pid = fork();

	if (pid < 0)
		return -errno;
	if (pid == 0)
		run_child(exec, parent);
	/* Both sides do it, whoever comes first. */
	setpgid(pid, pid);
	return pid;
}
