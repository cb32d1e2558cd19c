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
#include "daemon/statedir.h"

/* One for each --interface; one on every address when none is named. */
struct interface_sockets {
	const char *name; /* NULL: every address; borrowed from the config */
	int dhcp;	  /* udp 67; -1: not bound */
	int pxe;	  /* udp 4011 */
	int tftp;	  /* udp 69 */
};

struct sockets {
	struct interface_sockets interface[CONFIG_LIST_MAX];
	size_t interfaces;
	int tap; /* packets to udp 67 on all of them; -1: none */
	int http;
	int files;
	int ctl;
	int ipxe_ra;	/* packet socket, or -1 */
	int tftp_log;	/* unix datagram, where in.tftpd logs to */
	char *ctl_path; /* removed by sockets_close() */
	char *tftp_log_path;
};

/*
 * -EADDRINUSE: err names the port, who holds it and what to do; -ENODEV:
 * an interface that is not there or has no IPv4 address. Nothing stays open
 * then.
 */
int sockets_open(const struct config *config, const struct account *account,
    struct sockets *ret_sockets, struct err *err);
void sockets_close(struct sockets *sockets);

#endif
