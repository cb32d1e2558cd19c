/*
 * The command line, from tables: global options may stand anywhere, a
 * command's own after its name. Whatever is wrong is a usage error that names
 * the argument, with the nearest spelling as the hint.
 */
#ifndef CONVECT_CTL_ARGS_H
#define CONVECT_CTL_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define ARGS_WORDS_MAX 64
#define ARGS_FLAGS_MAX 12
#define ARGS_INVENTORY_MAX 16

struct ctl;
struct args;

struct args_flag {
	const char *name; /* "--watch" */
	char letter;	  /* 0 = none */
	/* NULL: takes no value; "NAME...": may be given several times. */
	const char *metavar;
	const char *help;
};

enum command_need {
	COMMAND_LOCAL = 1, /* works without a daemon */
	COMMAND_DAEMON,
};

/*
 * One command; `name` may be two words ("image add"). The flags' order is
 * that of args->own; the table ends with an all-zero row, or is NULL.
 */
struct command {
	const char *name;
	const char *usage; /* what follows the name: "[PATTERN]" */
	const char *help;
	enum command_need need;
	size_t words_min;
	size_t words_max;
	const struct args_flag *flags;
	bool takes_pattern; /* the first word: "@FILE" in it is written out */
	/* Returns an exit code. */
	int (*run)(struct ctl *ctl, const struct args *args);
};

/* The order of args_global_flags. */
enum args_global {
	ARGS_OUTPUT,
	ARGS_SOCKET,
	ARGS_STATE_DIR,
	ARGS_INVENTORY,
	ARGS_TEMPLATES_DIR,
	ARGS_VAULT_PASSWORD_FILE,
	ARGS_YES,
	ARGS_SHOW_SECRETS,
	ARGS_NO_COLOR,
	ARGS_HELP,
	ARGS_VERSION,
	ARGS_GLOBAL_COUNT,
};

extern const struct args_flag args_global_flags[ARGS_GLOBAL_COUNT + 1];

/* Option values point into argv; "" for one without a value, NULL unset. */
struct args {
	const struct command *command; /* NULL: none was given */
	const char *words[ARGS_WORDS_MAX];
	size_t word_count;
	const char *global[ARGS_GLOBAL_COUNT];
	const char *own[ARGS_FLAGS_MAX];
	const char *inventory[ARGS_INVENTORY_MAX];
	size_t inventory_count;
	const char *many[ARGS_INVENTORY_MAX]; /* of the own one with "..." */
	size_t many_count;
	const char *vault_file[ARGS_INVENTORY_MAX]; /* or "LABEL@FILE" */
	size_t vault_count;
};

/*
 * `commands` ends with NULL. 0 or -EINVAL. With --help or --version nothing
 * else needs to be complete.
 */
int args_parse(const struct command *const *commands, int argc,
    char *const *argv, struct args *ret_args, struct err *err);

/* "usage: ..." and the options. `command` NULL: the program's own help. */
void args_help(const struct command *const *commands,
    const struct command *command, struct buf *out);

#endif
