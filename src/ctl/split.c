#include "ctl/split.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

#define PROCESSES_MAX 64u
#define ANSWER_MAX ((size_t)512 << 20)

/* One process and its range; the first is this one, and has no pid. */
struct part {
	size_t from;
	size_t to;
	pid_t pid;
	int fd; /* a file in memory, for the answer */
};

/* How many of this process's threads could run at once. */
static unsigned
processors(void)
{
	cpu_set_t set;
	int count;

	if (sched_getaffinity(0, sizeof set, &set) < 0)
		return 1;
	count = CPU_COUNT(&set);
	return count < 1 ? 1 : (unsigned)count;
}

static unsigned
count_parts(const struct split *split)
{
	unsigned parts =
	    split->processes_max > 0 ? split->processes_max : processors();

	if (parts > PROCESSES_MAX)
		parts = PROCESSES_MAX;
	if (split->least > 0 && parts > split->count / split->least)
		parts = (unsigned)(split->count / split->least);
	return parts == 0 ? 1 : parts;
}

/* Ends the child. Its memory is the parent's, so nothing is cleaned up. */
static void __attribute__((noreturn))
child_run(const struct split *split, const struct part *part)
{
	struct value answer = split->run(split->arg, part->from, part->to);
	FILE *file = fdopen(part->fd, "w");
	struct buf text;

	buf_init(&text, ANSWER_MAX);
	value_write_json(answer, -1, false, &text);
	if (file == NULL || buf_bad(&text) ||
	    fwrite(text.data, 1, text.len, file) != text.len ||
	    fclose(file) != 0)
		_exit(1);
	_exit(0);
}

/* Leaves pid 0 when it can not be. */
static void
part_start(const struct split *split, struct part *part)
{
	pid_t pid;

	part->fd = memfd_create("answer", MFD_CLOEXEC);
	if (part->fd < 0)
		return;
	pid = fork();
	if (pid == 0)
		child_run(split, part);
	part->pid = pid > 0 ? pid : 0;
}

static bool
part_ended_well(const struct part *part)
{
	int status;

	return part->pid > 0 &&
	       TEMP_FAILURE_RETRY(waitpid(part->pid, &status, 0)) ==
		   part->pid &&
	       WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* VALUE_UNDEFINED when there is no answer. */
static struct value
part_answer(const struct part *part)
{
	struct value answer = {0};
	struct buf text;

	if (!part_ended_well(part) || lseek(part->fd, 0, SEEK_SET) != 0)
		return answer;
	buf_init(&text, ANSWER_MAX);
	if (file_read_fd(part->fd, "answer", &text, NULL) == 0)
		(void)value_parse_json(text.data, text.len, &answer, NULL);
	buf_done(&text);
	return answer;
}

static struct value
part_finish(const struct split *split, const struct part *part)
{
	struct value answer = part_answer(part);

	if (part->fd >= 0)
		close(part->fd);
	if (answer.type == VALUE_UNDEFINED)
		answer = split->run(split->arg, part->from, part->to);
	return answer;
}

struct value
split_run(const struct split *split)
{
	struct part parts[PROCESSES_MAX] = {{0}};
	unsigned count = count_parts(split);
	struct value answers = value_list_new();

	for (unsigned i = 0; i < count; i++) {
		parts[i].from = split->count * i / count;
		parts[i].to = split->count * (i + 1) / count;
		parts[i].fd = -1;
		if (i > 0)
			part_start(split, &parts[i]);
	}
	for (unsigned i = 0; i < count; i++)
		value_list_add(answers, part_finish(split, &parts[i]));
	return answers;
}
