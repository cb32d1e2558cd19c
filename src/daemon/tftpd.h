/*
 * in.tftpd (tftp-hpa), which serves the loader tree on a socket of ours: as
 * inetd would start it, in wait mode, with the bound socket as descriptor 0.
 * It gets its own process namespace, so that its transfers end with it, and
 * its own mount namespace, where /dev/log is our socket.
 */
#ifndef CONVECT_DAEMON_TFTPD_H
#define CONVECT_DAEMON_TFTPD_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct tftpd {
	char *program;	/* in.tftpd's path */
	char *tree;	/* <state>/files/loaders */
	char *map_file; /* <state>/tftpd.map */
	char *user;	/* `tftp`, or `nobody` */
	char *log_path; /* the socket for its syslog lines */
	pid_t parent;
};

/*
 * Finds the program and writes the map file. -ENOENT with a hint when it is
 * not installed.
 */
int tftpd_init(struct tftpd *tftpd, const char *state_dir, const char *log_path,
    struct err *err);
void tftpd_done(struct tftpd *tftpd);

/* Starts it on a bound UDP socket. Its process id or a negative errno. */
pid_t tftpd_start(struct tftpd *tftpd, int sock, struct err *err);

#endif
