/* Other programs, run to their end. */
#include <errno.h>
#include <unistd.h>

#include "doctor/doctor_private.h"
#include "net/child.h"

#define PROGRAM_MS 10000

struct program {
	struct buf *out;
	bool ended;
	bool late;
	struct child_status status;
};

static void
on_line_cb(void *arg, const char *line, size_t len)
{
	struct program *program = arg;

	buf_add(program->out, line, len);
	buf_addc(program->out, '\n');
}

static void
on_exit_cb(void *arg, const struct child_status *status)
{
	struct program *program = arg;

	program->ended = true;
	program->status = *status;
}

static void
on_late_cb(void *arg)
{
	struct program *program = arg;

	program->late = true;
}

int
doctor_run_program(
    struct doctor *doctor, const char *const argv[], struct buf *out)
{
	struct program program = {.out = out};
	struct child_spec spec = {.argv = argv,
	    .on_line = on_line_cb,
	    .on_err_line = on_line_cb,
	    .on_exit = on_exit_cb,
	    .arg = &program,
	    .die_with_parent = true};
	struct loop_timer *timer;
	struct child *child = child_spawn(doctor->loop, &spec, NULL);

	if (child == NULL)
		return -ENOENT;
	timer = loop_timer_new(doctor->loop, on_late_cb, &program);
	loop_timer_set(timer, PROGRAM_MS);
	while (!program.ended && !program.late)
		(void)loop_turn(doctor->loop);
	loop_timer_free(timer);
	if (!program.ended) {
		child_free(child);
		return -ETIME;
	}
	return program.status.exited ? program.status.code : -EIO;
}

const char *
doctor_find_program(const char *const paths[])
{
	for (size_t i = 0; paths[i] != NULL; i++) {
		if (access(paths[i], X_OK) == 0)
			return paths[i];
	}
	return NULL;
}
