/*
 * The roles: processes that the parent starts by executing its own program
 * with `--role NAME`. Each finds its descriptors under fixed numbers, and in
 * ROLE_FD_CONFIG a memory file with everything else it needs as JSON.
 *
 * A role drops its privileges before it does anything else (daemon/sandbox.h).
 */
#ifndef CONVECT_DAEMON_ROLE_H
#define CONVECT_DAEMON_ROLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "daemon/config.h"
#include "daemon/loaders.h"

enum role_kind {
	ROLE_ENGINE = 1,   /* everything with a brain */
	ROLE_FILES,	   /* static bytes over HTTP, chrooted */
	ROLE_CACHE,	   /* packages, pulled through: app/aptcache.h */
	ROLE_IMAGE_IMPORT, /* started by the engine: app/image_import.h */
};

enum role_fd {
	ROLE_FD_PRIV = 3, /* engine: seqpacket to the parent */
	ROLE_FD_CONFIG,	  /* all: memory file, JSON */
	ROLE_FD_LISTEN, /* engine: http port; files: files port; cache: its own
			 */
	ROLE_FD_CTL,	/* engine: listening unix socket */
	ROLE_FD_TFTP_LOG,  /* engine: dgram, in.tftpd's syslog lines */
	ROLE_FD_DOWNLOADS, /* engine: dgram in; files: dgram out */
	ROLE_FD_TAP,	   /* engine: packet socket, if role.taps */
	ROLE_FD_TAP_SEND,  /* engine: raw socket, if role.taps */
	ROLE_FD_PROBE,	   /* engine: packet socket, for --dhcp server */
	ROLE_FD_ARP,	   /* engine: packet socket, for --dhcp server */
	ROLE_FD_IPXE_RA,   /* engine: packet socket, if role.solicited */
	/*
	 * engine: udp 67 and 4011 of each interface, in turn, in the order of
	 * --interface; one pair on every address when none is named. Those
	 * of 67 only if role.listens.
	 */
	ROLE_FD_DHCP,
};

#define ROLE_JSON_MAX (1u << 20)

/* What a role knows. Made by the parent, read by the role. */
struct role {
	struct config config;
	struct loader_set loaders;
	uid_t uid;
	gid_t gid;
	bool shared;	/* the user is one that other services run as too */
	bool listens;	/* udp port 67 is ours */
	bool taps;	/* its packets are watched */
	bool solicited; /* IPv6 router solicitations are watched */
	pid_t parent;
	char *user;	/* the resolved one: `nobody` when it fell back */
	char *data_dir; /* pxe/, templates/ and http/ are in it */
};

/* Writes and reads back all of it. */
void role_write_json(const struct role *role, struct buf *out);
int role_read_json(
    struct role *role, const char *text, size_t len, struct err *err);
void role_done(struct role *role);

/* The life of a role's process; returns its exit code. */
int role_main(const char *name);

#endif
