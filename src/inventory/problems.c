#include "inventory/problems.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void
problems_init(struct problems *problems)
{
	memset(problems, 0, sizeof *problems);
}

void
problems_done(struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		value_unref(problems->list[i].hosts);
	free(problems->list);
	problems_init(problems);
}

/* Makes room in a full list: an error is worth more than a warning. */
static bool
drop_warning(struct problems *problems)
{
	size_t i = problems->count;

	while (i-- > 0) {
		if (problems->list[i].severity != PROBLEM_WARNING)
			continue;
		problems->count--;
		value_unref(problems->list[i].hosts);
		memmove(&problems->list[i], &problems->list[i + 1],
		    (problems->count - i) * sizeof problems->list[0]);
		return true;
	}
	return false;
}

void
problems_add(struct problems *problems, enum problem_severity severity,
    const struct err *err)
{
	struct problem *problem;

	if (severity == PROBLEM_ERROR)
		problems->errors++;
	else
		problems->warnings++;
	problems->last = 0;
	if (problems->count == PROBLEMS_MAX &&
	    (severity != PROBLEM_ERROR || !drop_warning(problems)))
		return;
	if (problems->count % 10 == 0)
		problems->list = mem_resize(problems->list,
		    problems->count + 10, sizeof problems->list[0]);
	problem = &problems->list[problems->count++];
	problem->severity = severity;
	problem->err = *err;
	problem->hosts = (struct value){0};
	problems->last = problems->count;
}

static void __attribute__((format(printf, 4, 0)))
add_text(struct problems *problems, enum problem_severity severity,
    const struct err *place, const char *fmt, va_list ap)
{
	struct err err = *place;

	vsnprintf(err.text, sizeof err.text, fmt, ap);
	problems_add(problems, severity, &err);
}

void
problems_error(struct problems *problems, const char *file, int line, int col,
    const char *fmt, ...)
{
	struct err place = {0};
	va_list ap;

	va_start(ap, fmt);
	err_place(&place, file, line, col);
	add_text(problems, PROBLEM_ERROR, &place, fmt, ap);
	va_end(ap);
}

void
problems_warn(struct problems *problems, const char *file, int line, int col,
    const char *fmt, ...)
{
	struct err place = {0};
	va_list ap;

	va_start(ap, fmt);
	err_place(&place, file, line, col);
	add_text(problems, PROBLEM_WARNING, &place, fmt, ap);
	va_end(ap);
}

void
problems_hint(struct problems *problems, const char *fmt, ...)
{
	struct err *err;
	va_list ap;

	if (problems->last == 0)
		return;
	err = &problems->list[problems->last - 1].err;
	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof err->hint, fmt, ap);
	va_end(ap);
}

void
problems_host(struct problems *problems, const char *name)
{
	struct problem *problem;

	if (problems->last == 0)
		return;
	problem = &problems->list[problems->last - 1];
	if (problem->hosts.type == VALUE_UNDEFINED)
		problem->hosts = value_list_new();
	value_list_add(problem->hosts, value_string(name));
}

const struct err *
problems_first_error(const struct problems *problems)
{
	size_t i;

	for (i = 0; i < problems->count; i++)
		if (problems->list[i].severity == PROBLEM_ERROR)
			return &problems->list[i].err;
	return NULL;
}
