/*
 * What the operator can set: one table of options, from which come the
 * command line, the YAML file of --config, --help and the option list of
 * convect-pxed(8). Values are checked here and nowhere else; what a value
 * refers to (an interface, a user, a file) is looked at by whoever uses it.
 *
 * The command line wins over the file, the file over the defaults. An option
 * that may be given several times replaces the file's list as a whole.
 */
#ifndef CONVECT_DAEMON_CONFIG_H
#define CONVECT_DAEMON_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "inventory/value.h"

#define CONFIG_LIST_MAX 16

/* Option dhcp; in the order of its choices. */
enum dhcp_role {
	DHCP_ROLE_PROXY,
	DHCP_ROLE_SERVER,
};

/* Option dhcp-listen; in the order of its choices. */
enum dhcp_listen {
	DHCP_LISTEN_AUTO, /* bind, or tap when somebody has the port */
	DHCP_LISTEN_BIND,
	DHCP_LISTEN_TAP,
	DHCP_LISTEN_4011, /* only that port */
};

struct config_list {
	char *item[CONFIG_LIST_MAX];
	size_t count;
};

/* In the order of the option's values. */
enum config_unknown {
	CONFIG_UNKNOWN_IGNORE,
	CONFIG_UNKNOWN_ENROLL,
};

struct config {
	struct config_list inventory;
	struct config_list interfaces;	/* empty: every usable one */
	struct config_list relay_allow; /* empty: no relays */
	char *config_file;		/* NULL: none */
	char *state_dir;		/* absolute */
	char *socket;			/* absolute */
	char *user;
	char *templates_dir; /* NULL: only the shipped ones */
	struct config_list vault_password_files; /* or "LABEL@FILE" */
	int64_t dhcp;				 /* enum dhcp_role */
	int64_t dhcp_listen;			 /* enum dhcp_listen */
	int64_t dhcp_rate;
	int64_t dhcp_node_rate;
	int64_t ipxe_ra; /* 0 or 1 */
	int64_t http_port;
	int64_t files_port;
	int64_t files_workers;
	struct config_list cache; /* "NAME=URL"; empty: no cache */
	int64_t cache_port;
	int64_t cache_size;    /* MiB */
	int64_t cache_free;    /* MiB */
	int64_t cache_offline; /* 0 or 1 */
	int64_t events_keep_count;
	int64_t events_keep_days;
	int64_t unknown;    /* enum config_unknown */
	int64_t log_level;  /* enum log_level of base/log.h */
	int64_t log_format; /* enum log_format of it */
	bool user_given;    /* no fall-back to `nobody` */
	bool check;
	bool help;
	bool version;
};

void config_init(struct config *config); /* the defaults */
void config_done(struct config *config);

/*
 * The command line, then the file that it names. -EINVAL with err holding
 * the place (the option, or file:line:column) and what is allowed there.
 * Asked for --help or --version, nothing else is required.
 */
int config_load(
    struct config *config, int argc, char *const argv[], struct err *err);

/*
 * What a reload may change is taken from `fresh`; of the rest the names of
 * what differs are appended, as "http-port, user": that takes a restart.
 */
void config_reload(
    struct config *config, const struct config *fresh, struct buf *ret_stale);

/* For the roles: a map that the caller owns, and back. */
struct value config_to_value(const struct config *config);
int config_from_value(struct config *config, struct value map, struct err *err);

void config_write_help(struct buf *out);
/* The options as an mdoc(7) list, for convect-pxed(8). */
void config_write_mdoc(struct buf *out);

#endif
