/*
 * Who holds a port of this machine, told by /proc, so that "address already in
 * use" can name the program and say what to do about it.
 */
#ifndef CONVECT_DAEMON_PORTHOLDER_H
#define CONVECT_DAEMON_PORTHOLDER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct port_holder {
	char program[32];
	pid_t pid;
};

/*
 * A bound UDP socket or a listening TCP one. -ENOENT: nobody has that port;
 * -ESRCH: somebody of another namespace or user does.
 */
int port_holder_find(bool tcp, uint16_t port, struct port_holder *ret_holder);

/*
 * The error for a port that is taken. `option` chooses another one
 * ("http-port"), or is NULL when the protocol fixes the number.
 */
void port_holder_explain(
    bool tcp, uint16_t port, const char *option, struct err *err);

#endif
