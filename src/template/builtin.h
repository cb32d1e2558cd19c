/*
 * What a filter, a test, a method or a global function is: a row with its
 * name, its parameters and a function in C. Adding one is adding a row.
 */
#ifndef CONVECT_TEMPLATE_BUILTIN_H
#define CONVECT_TEMPLATE_BUILTIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "inventory/value.h"

struct vm;
struct call;

#define BUILTIN_PARAMS_MAX 6

enum builtin_flags {
	BUILTIN_VARARGS = 1,   /* further positional ones: call->more */
	BUILTIN_KWARGS = 2,    /* further named ones: call->kwargs */
	BUILTIN_UNDEFINED = 4, /* the subject may be undefined */
	BUILTIN_CHANGES = 8,   /* changes its subject, which must be open */
};

struct builtin {
	const char *name;
	/* 0 or a negative errno with the error set by vm_fail(). */
	int (*run)(
	    struct vm *vm, const struct call *call, struct value *ret_value);
	/* Names in order, divided by blanks. "" when there are none. */
	const char *params;
	uint8_t min; /* how many must be given */
	uint8_t max; /* how many may be given by position */
	uint8_t flags;
};

/* A call whose arguments have found their parameters; all borrowed. */
struct call {
	const struct builtin *builtin;
	struct value self; /* what is filtered, tested, or whose method it is */
	struct value args[BUILTIN_PARAMS_MAX]; /* undefined when not given */
	unsigned given;			       /* a bit for each of args */
	const struct value *more;
	size_t more_count;
	struct value kwargs; /* a map, or undefined when there are none */
};

/* What Ansible or Jinja2 has and we do not, and why. */
struct builtin_absent {
	const char *name;
	const char *hint;
};

/* Tables end with a row whose name is NULL. */
struct builtin_table {
	const struct builtin *const *parts; /* NULL-terminated */
	const struct builtin_absent *absent;
	const char *kind; /* "filter" */
};

extern const struct builtin_table filter_table;
extern const struct builtin_table test_table;
extern const struct builtin global_functions[];
extern const struct builtin string_methods[];
extern const struct builtin list_methods[];
extern const struct builtin map_methods[];

/* The parts of filter_table. */
extern const struct builtin filters_text[];
extern const struct builtin filters_wrap[];
extern const struct builtin filters_number[];
extern const struct builtin filters_list[];
extern const struct builtin filters_pick[];
extern const struct builtin filters_order[];
extern const struct builtin filters_set[];
extern const struct builtin filters_data[];
extern const struct builtin filters_map[];
extern const struct builtin filters_yaml[];
extern const struct builtin filters_regex[];
extern const struct builtin filters_hash[];
extern const struct builtin filters_path[];
extern const struct builtin filters_net[];
extern const struct builtin filters_url[];
extern const struct builtin filters_time[];
extern const struct builtin filters_random[];
extern const struct builtin filters_choose[];
extern const struct builtin filters_pprint[];

/* Of test_table. */
extern const struct builtin tests_ansible[];
extern const struct builtin tests_url[];

/* NULL when there is none. */
const struct builtin *builtin_find(
    const struct builtin_table *table, const char *name);
const struct builtin *builtin_find_row(
    const struct builtin *rows, const char *name);
/* The error's hint for a name that is not in the table, if there is one. */
void builtin_hint(
    const struct builtin_table *table, const char *name, struct err *err);

/* ---- args.c: what a builtin is given, read as what it needs ---- */
bool call_has(const struct call *call, unsigned index);
int call_int(struct vm *vm, const struct call *call, unsigned index,
    int64_t fallback, int64_t *ret_int);
int call_bool(struct vm *vm, const struct call *call, unsigned index,
    bool fallback, bool *ret_bool);
/* A string as it is; borrowed. `fallback` may be NULL. None is not given. */
int call_str(struct vm *vm, const struct call *call, unsigned index,
    const char *fallback, const char **ret_str);
/* -EINVAL unless it is a string; nothing else becomes one. */
int call_need_str(struct vm *vm, const struct call *call, struct value value,
    const char *what);

#endif
