/* Socket addresses as text, and listening sockets that were inherited. */
#ifndef CONVECT_NET_SOCKADDR_H
#define CONVECT_NET_SOCKADDR_H

#include <netinet/in.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The address of a connected socket's ends, numeric; IPv4-mapped IPv6 is
 * written as IPv4, a socket of another family as "-". `ret_port` may be NULL.
 */
void sockaddr_of_peer(
    int fd, char ret_addr[INET6_ADDRSTRLEN], uint16_t *ret_port);
void sockaddr_of_local(
    int fd, char ret_addr[INET6_ADDRSTRLEN], uint16_t *ret_port);

/* Makes it close-on-exec and non-blocking; -EINVAL when it does not listen. */
int sockaddr_check_listener(int fd, struct err *err);

#endif
