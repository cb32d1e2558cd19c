/*
 * The engine: the process with everything that has a brain. It is handed
 * sockets and an open privilege channel, and runs one loop until it is told
 * to stop.
 */
#ifndef CONVECT_APP_ENGINE_H
#define CONVECT_APP_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "app/privsep.h"
#include "inventory/value.h"

#define ENGINE_DHCP_MAX 32

/* Descriptors are the engine's to close; strings are borrowed. */
struct engine_args {
	struct privsep *priv;
	const char *state_dir;
	const char *const *inventory; /* paths, for `info` */
	size_t inventory_count;
	const char *data_dir;
	const char *templates_dir;	/* NULL: none */
	const char *const *vault_files; /* as passwords_fetch() takes them */
	size_t vault_count;
	struct value options; /* a map, as --config has them */
	uid_t admin_uid;      /* the service user */
	uint64_t events_keep_count;
	int64_t events_keep_ms;
	bool enroll; /* machines that no inventory names */
	uint16_t http_port;
	uint16_t files_port;
	uint16_t cache_port; /* 0: no cache */
	int http_fd;	     /* listening, tcp */
	int ctl_fd;	     /* listening, unix */
	int tftp_log_fd;     /* datagrams of in.tftpd's syslog lines */
	int downloads_fd;    /* datagrams of the files workers */
	int probe_fd;	/* packets to port 68: we are the DHCP server; or -1 */
	int arp_fd;	/* of packet_open_arp(), for the same; or -1 */
	int tap_fd[2];	/* as dhcp_tap_new() takes them; -1: no tap */
	int ipxe_ra_fd; /* of packet_open_solicit(), or -1 */
	/* Pairs of udp sockets: port 67 (or -1), port 4011, 67, 4011, ... */
	int dhcp_fd[ENGINE_DHCP_MAX];
	/* Of each pair; NULL: every usable interface. */
	const char *interface[ENGINE_DHCP_MAX / 2];
	bool dhcp_server;  /* the site has none: see app/reservation.h */
	size_t dhcp_count; /* pairs */
	const char *const *relay_allow; /* networks, as they were given */
	size_t relay_count;
	unsigned dhcp_rate;	 /* answers a second */
	unsigned dhcp_node_rate; /* requests of one machine a second */
	/* Whether a loader of that name is in the loader tree. */
	bool (*has_loader)(void *arg, const char *name);
	void *has_loader_arg;
};

/*
 * Serves until SIGTERM or until the parent is gone. Returns the exit code; a
 * start that failed has been told to the parent.
 */
int engine_run(const struct engine_args *args);

/*
 * `--check`: reads and renders everything as it would be served, prints it
 * with every problem to standard output. Needs of `args` the privilege channel,
 * the directories and the ports. Exit code: 0 fine, 1 problems.
 */
int engine_check(const struct engine_args *args);

#endif
