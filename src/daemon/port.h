/*
 * One port of the product: a socket that is made, tied to an interface where
 * one is named, and bound; tied again when the interface was made anew.
 */
#ifndef CONVECT_DAEMON_PORT_H
#define CONVECT_DAEMON_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum port_kind {
	PORT_DHCP, /* udp 67 */
	PORT_TFTP, /* udp 69 */
	PORT_PXE,  /* udp 4011 */
	PORT_HTTP, /* tcp; their numbers are options */
	PORT_FILES,
	PORT_CACHE,
};

struct port {
	enum port_kind kind;
	uint16_t number;
	int fd; /* -1: none */
	bool bound;
};

#define PORT_NONE                                                              \
	{                                                                      \
		.fd = -1                                                       \
	}

/*
 * A socket that receives nothing yet. `number` is for those kinds whose number
 * is an option, else 0.
 */
int port_make(
    struct port *port, enum port_kind kind, uint16_t number, struct err *err);
/*
 * Ties it to the interface (NULL: to none) as it is now, and binds it unless
 * it is bound. -EADDRINUSE: err names who has the port and what to do;
 * -ENODEV: there is no such interface.
 */
int port_attach(struct port *port, const char *interface, struct err *err);
void port_close(struct port *port);

#endif
