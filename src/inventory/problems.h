/*
 * A bounded list of what is wrong with an operator's files. Loaders collect
 * into it so that all mistakes are shown at once, not one a run.
 *
 * Knows nothing of who prints it.
 */
#ifndef CONVECT_INVENTORY_PROBLEMS_H
#define CONVECT_INVENTORY_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "inventory/value.h"

enum problem_severity {
	PROBLEM_ERROR,
	PROBLEM_WARNING
};

struct problem {
	enum problem_severity severity;
	struct err err;
	struct value hosts; /* list: whom it is about; or undefined */
};

/* Past this many, problems are only counted. */
#define PROBLEMS_MAX 100

struct problems {
	struct problem *list; /* in the order found */
	size_t count;	      /* at most PROBLEMS_MAX */
	size_t errors;	      /* all errors, also those not kept */
	size_t warnings;      /* all warnings, also those not kept */
	size_t last; /* 1 + place in the list of the newest; 0: not kept */
};

void problems_init(struct problems *problems);
void problems_done(struct problems *problems);
/* Copies `err`. Errors push out kept warnings when the list is full. */
void problems_add(struct problems *problems, enum problem_severity severity,
    const struct err *err);
void problems_error(struct problems *problems, const char *file, int line,
    int col, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void problems_warn(struct problems *problems, const char *file, int line,
    int col, const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Gives a hint to the problem that was added last, when it was kept. */
void problems_hint(struct problems *problems, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Says that it is about a host, which its text names, too. */
void problems_host(struct problems *problems, const char *name);
/* The first error, or NULL. */
const struct err *problems_first_error(const struct problems *problems);

#endif
