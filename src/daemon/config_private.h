/*
 * Inside of daemon/config.h: the option table, and one option's value.
 */
#ifndef CONVECT_DAEMON_CONFIG_PRIVATE_H
#define CONVECT_DAEMON_CONFIG_PRIVATE_H

#include "daemon/config.h"

#define CONFIG_OPTIONS_MAX 40

enum option_type {
	OPTION_FLAG,
	OPTION_INT,
	OPTION_CHOICE, /* stored as the index in `choices` */
	OPTION_WORD,
	OPTION_PATH,	 /* as given: the parent opens it where it stands */
	OPTION_ABSOLUTE, /* made absolute: roles stand elsewhere */
	OPTION_PATHS,	 /* struct config_list */
	OPTION_INTERFACES,
	OPTION_NETWORKS,  /* IPv4, with their prefix length */
	OPTION_UPSTREAMS, /* NAME=URL */
};

enum option_flags {
	OPTION_NOT_IN_FILE = 1, /* the command line only */
	OPTION_RELOADABLE = 2,
	OPTION_SWITCH = 4, /* a choice of off and on; truth values will do */
};

struct option {
	const char *name;
	size_t offset; /* of its member in struct config */
	int64_t min;   /* of a number */
	int64_t max;   /* of a number, or the bytes of a path; 0: no limit */
	const char *const *choices;
	const char *def; /* NULL: none */
	const char *arg; /* what --help calls its value; NULL: a flag */
	const char *help;
	enum option_type type;
	unsigned flags;
};

/* The table; ends with a NULL name. */
extern const struct option config_options[];

/* `http_port` is taken for `http-port`. NULL when there is none. */
const struct option *config_find_option(const char *name, size_t len);
/* "did you mean", with these dashes before the name. */
void config_hint_nearest(const char *name, const char *dashes, struct err *err);

bool option_is_list(const struct option *option);
bool option_is_string(const struct option *option);
/* -EINVAL with err naming the option and what it takes. */
int option_set_text(struct config *config, const struct option *option,
    const char *text, struct err *err);
int option_set_value(struct config *config, const struct option *option,
    struct value value, struct err *err);
/* VALUE_NULL: not set. */
struct value option_value(
    const struct option *option, const struct config *config);
bool option_equal(const struct option *option, const struct config *a,
    const struct config *b);
void option_copy(
    const struct option *option, struct config *to, const struct config *from);
void option_done(const struct option *option, struct config *config);

#endif
