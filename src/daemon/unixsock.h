/*
 * The two unix sockets that have a name: the one of convect-pxectl, and the
 * one where in.tftpd's syslog lines arrive.
 */
#ifndef CONVECT_DAEMON_UNIXSOCK_H
#define CONVECT_DAEMON_UNIXSOCK_H

#include "base/err.h"
#include "daemon/statedir.h"

/*
 * Makes the directory where it is missing and replaces a socket that nobody
 * listens on. Mode 0660, root and the service group; 0600 when the account is
 * one that others use too. -EADDRINUSE: somebody listens there.
 */
int unixsock_listen(const char *path, const struct account *account,
    int *ret_fd, struct err *err);
/* A datagram socket for root only, in a directory that is there. */
int unixsock_log(const char *path, int *ret_fd, struct err *err);

#endif
