#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/child.h"
#include "net_support.h"

struct fixture {
	struct loop *loop;
	struct buf lines; /* "out:...|" and "err:...|" */
	bool ended;
	struct child_status status;
};

static void
on_out(void *arg, const char *line, size_t len)
{
	struct fixture *fix = arg;

	buf_adds(&fix->lines, "out:");
	buf_add(&fix->lines, line, len);
	buf_addc(&fix->lines, '|');
}

static void
on_err(void *arg, const char *line, size_t len)
{
	struct fixture *fix = arg;

	buf_adds(&fix->lines, "err:");
	buf_add(&fix->lines, line, len);
	buf_addc(&fix->lines, '|');
}

static void
on_exit_cb(void *arg, const struct child_status *status)
{
	struct fixture *fix = arg;

	fix->status = *status;
	fix->ended = true;
}

static struct fixture *
start(void)
{
	struct fixture *fix = calloc(1, sizeof *fix);

	assert_non_null(fix);
	fix->loop = loop_new();
	buf_init(&fix->lines, 1 << 20);
	return fix;
}

static void
stop(struct fixture *fix)
{
	buf_done(&fix->lines);
	loop_free(fix->loop);
	free(fix);
}

static struct child *
spawn(struct fixture *fix, struct child_spec *spec, const char *script)
{
	const char *const argv[] = {"/bin/sh", "-c", script, NULL};
	struct err err = {0};
	struct child *child;

	spec->argv = argv;
	spec->on_exit = on_exit_cb;
	spec->arg = fix;
	child = child_spawn(fix->loop, spec, &err);
	if (child == NULL)
		fail_msg("%s", err.text);
	return child;
}

static void
test_lines_and_status(void **state)
{
	struct fixture *fix = start();
	struct child_spec spec = {.on_line = on_out};
	char text[CHILD_STATUS_STRLEN];

	(void)state;
	spawn(fix, &spec, "echo one; echo; printf 'tw'; printf 'o'; exit 3");
	run_until(fix->loop, &fix->ended);
	assert_string_equal(fix->lines.data, "out:one|out:|out:two|");
	assert_true(fix->status.exited);
	assert_int_equal(fix->status.code, 3);
	assert_string_equal(
	    child_status_text(&fix->status, text), "exit status 3");
	stop(fix);
}

static void
test_stderr_apart(void **state)
{
	struct fixture *fix = start();
	struct child_spec spec = {.on_err_line = on_err, .on_line = on_out};

	(void)state;
	spawn(fix, &spec, "echo bad >&2");
	run_until(fix->loop, &fix->ended);
	assert_string_equal(fix->lines.data, "err:bad|");
	stop(fix);
}

static void
test_input_through_pipe(void **state)
{
	struct fixture *fix = start();
	char *big = malloc(CHILD_INPUT_MAX);
	struct child_spec spec = {
	    .on_line = on_out, .input = big, .input_len = CHILD_INPUT_MAX};

	(void)state;
	memset(big, 'x', CHILD_INPUT_MAX);
	spawn(fix, &spec, "wc -c");
	run_until(fix->loop, &fix->ended);
	assert_string_equal(fix->lines.data, "out:1048576|");
	/* One that does not read its input is no harm. */
	fix->ended = false;
	spawn(fix, &spec, "exit 0");
	run_until(fix->loop, &fix->ended);
	free(big);
	stop(fix);
}

static void
test_only_named_descriptors(void **state)
{
	struct fixture *fix = start();
	int leak = open("/dev/null", O_RDONLY); /* not close-on-exec */
	int fd = memfd_create("seven", 0);
	struct child_fd fds[] = {{fd, 7}, {fd, 3}};
	struct child_spec spec = {.on_line = on_out, .fds = fds, .fd_count = 2};

	(void)state;
	assert_true(leak > 3);
	spawn(fix, &spec,
	    "ls /proc/$$/fd; readlink /proc/$$/fd/7 "
	    "/proc/$$/fd/3 /proc/$$/fd/0");
	run_until(fix->loop, &fix->ended);
	assert_string_equal(fix->lines.data,
	    "out:0|out:1|out:2|out:3|out:7|out:/memfd:seven (deleted)|"
	    "out:/memfd:seven (deleted)|out:/dev/null|");
	close(leak);
	close(fd);
	stop(fix);
}

/* Each number goes where another one still is. */
static void
test_descriptors_cross(void **state)
{
	struct fixture *fix = start();
	int a = memfd_create("a", MFD_CLOEXEC);
	int b = memfd_create("b", MFD_CLOEXEC);
	struct child_fd fds[] = {{a, b}, {b, a}};
	struct child_spec spec = {.on_line = on_out, .fds = fds, .fd_count = 2};
	char script[128];

	(void)state;
	snprintf(script, sizeof script,
	    "readlink /proc/$$/fd/%d; readlink /proc/$$/fd/%d", a, b);
	spawn(fix, &spec, script);
	run_until(fix->loop, &fix->ended);
	assert_string_equal(
	    fix->lines.data, "out:/memfd:b (deleted)|out:/memfd:a (deleted)|");
	close(a);
	close(b);
	stop(fix);
}

static void
test_kill_takes_the_group(void **state)
{
	struct fixture *fix = start();
	struct child_spec spec = {.on_line = on_out};
	char text[CHILD_STATUS_STRLEN];
	struct child *child;

	(void)state;
	/* Both hold the pipe: its end shows that both are gone. */
	child = spawn(fix, &spec, "sleep 1000 & echo up; wait");
	while (fix->lines.len == 0)
		loop_turn(fix->loop);
	assert_int_equal(getpgid(child_pid(child)), child_pid(child));
	assert_int_equal(child_kill(child, SIGTERM), 0);
	run_until(fix->loop, &fix->ended);
	assert_false(fix->status.exited);
	assert_string_equal(child_status_text(&fix->status, text),
	    "killed by SIGTERM (Terminated)");
	stop(fix);
}

static void
test_free_kills(void **state)
{
	struct fixture *fix = start();
	struct child_spec spec = {.on_line = on_out};
	struct child *child = spawn(fix, &spec, "sleep 1000");
	pid_t pid = child_pid(child);

	(void)state;
	child_free(child);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	assert_false(fix->ended);
	stop(fix);
}

static void
test_default_signals(void **state)
{
	unsigned long long blocked = 1, ignored = 1;
	struct fixture *fix = start();
	struct child_spec spec = {.on_line = on_out};

	(void)state;
	/* Without a fork: the shell blocks signals while it makes one. */
	spawn(fix, &spec,
	    "while read -r name mask; do case $name in SigBlk:|SigIgn:) "
	    "echo $mask;; esac; done </proc/self/status");
	run_until(fix->loop, &fix->ended);
	assert_int_equal(
	    sscanf(fix->lines.data, "out:%llx|out:%llx|", &blocked, &ignored),
	    2);
	assert_int_equal(blocked, 0);
	/* We ignore SIGPIPE ourselves. */
	assert_int_equal(ignored & 1ull << (SIGPIPE - 1), 0);
	stop(fix);
}

static void
test_no_such_program(void **state)
{
	const char *const argv[] = {"/nonexistent/program", NULL};
	struct child_spec spec = {.argv = argv};
	struct fixture *fix = start();
	struct err err = {0};

	(void)state;
	assert_null(child_spawn(fix->loop, &spec, &err));
	assert_non_null(strstr(
	    err.text, "/nonexistent/program: can not start: No such file"));
	stop(fix);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines_and_status),
	    cmocka_unit_test(test_stderr_apart),
	    cmocka_unit_test(test_input_through_pipe),
	    cmocka_unit_test(test_only_named_descriptors),
	    cmocka_unit_test(test_descriptors_cross),
	    cmocka_unit_test(test_kill_takes_the_group),
	    cmocka_unit_test(test_free_kills),
	    cmocka_unit_test(test_default_signals),
	    cmocka_unit_test(test_no_such_program),
	};

	return cmocka_run_group_tests_name("child", tests, NULL, NULL);
}
