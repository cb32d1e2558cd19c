/*
 * Who holds a port of this machine, told by /proc, so that "address already in
 * use" can name the program and say what to do about it.
 */
#ifndef CONVECT_DAEMON_PORTHOLDER_H
#define CONVECT_DAEMON_PORTHOLDER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

#define PORT_HOLDERS_MAX 16 /* further ones are not told */

struct port_holder {
	char program[32];    /* "": it can not be seen */
	pid_t pid;	     /* 0: of another namespace or user */
	struct in_addr addr; /* 0.0.0.0: all, or an IPv6 socket */
};

/*
 * Bound UDP sockets or listening TCP ones, a process with several of them
 * once an address. Returns how many.
 */
size_t port_holders(
    bool tcp, uint16_t port, struct port_holder ret_holders[PORT_HOLDERS_MAX]);

/* What to do about a program that holds a port; NULL when not known. */
const char *port_holder_advice(const char *program);

/*
 * The error for a port that is taken. `option` chooses another one
 * ("http-port"), or is NULL when the protocol fixes the number.
 */
void port_holder_explain(
    bool tcp, uint16_t port, const char *option, struct err *err);

#endif
