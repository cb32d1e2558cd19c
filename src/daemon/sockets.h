/*
 * Every socket of the product, opened by the parent before any role runs and
 * kept by it, so that a role that is started again finds its port and what is
 * queued there.
 */
#ifndef CONVECT_DAEMON_SOCKETS_H
#define CONVECT_DAEMON_SOCKETS_H

#include <stddef.h>

#include "base/err.h"
#include "daemon/config.h"
#include "daemon/port.h"
#include "daemon/statedir.h"

/* One for each --interface; one on every address when none is named. */
struct interface_sockets {
	const char *name; /* NULL: every address; borrowed from the config */
	unsigned ifindex; /* they are tied to it; 0: to none, or not yet */
	struct port dhcp; /* none when port 67 is somebody else's */
	struct port pxe;
	struct port tftp;
};

struct sockets {
	struct interface_sockets interface[CONFIG_LIST_MAX];
	size_t interfaces;
	int tap;      /* packets to udp 67 on all of them; -1: none */
	int tap_send; /* raw, beside it */
	int probe;    /* packets to udp 68, for --dhcp server; -1: none */
	int arp;      /* its replies, for the same; -1: none */
	int links;    /* tells of changed interfaces; -1: none is named */
	struct port http;
	struct port files;
	struct port cache; /* none without --cache */
	int ctl;
	int ipxe_ra;	/* packet socket, or -1 */
	int tftp_log;	/* unix datagram, where in.tftpd logs to */
	char *ctl_path; /* removed by sockets_close() */
	char *tftp_log_path;
};

#define SOCKETS_NONE                                                           \
	{                                                                      \
		.tap = -1, .tap_send = -1, .probe = -1, .arp = -1,             \
		.links = -1, .ctl = -1, .tftp_log = -1, .ipxe_ra = -1,         \
		.http = PORT_NONE, .files = PORT_NONE, .cache = PORT_NONE      \
	}

/*
 * -EADDRINUSE: err names the port, who holds it and what to do. Nothing stays
 * open then. An interface that is not there is only told of.
 */
int sockets_open(const struct config *config, const struct account *account,
    struct sockets *ret_sockets, struct err *err);
/*
 * When `links` is readable: ties the sockets of an interface that has come, or
 * was made anew, to it. The descriptors stay the same, so whoever has them
 * need not know.
 */
void sockets_follow(struct sockets *sockets);
void sockets_close(struct sockets *sockets);

#endif
