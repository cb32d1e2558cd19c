/*
 * Whole UDP packets by way of this host's own network stack: unlike those of a
 * packet socket, broadcasts also reach the servers of this host, and theirs
 * are seen. The firewall judges them as anybody's.
 */
#ifndef CONVECT_NET_RAWIP_H
#define CONVECT_NET_RAWIP_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A socket that sends by one interface, and receives what comes there for UDP
 * `port`, whoever else has that; takes CAP_NET_RAW. The descriptor, or a
 * negative errno (-ENODEV: no such interface).
 */
int rawip_open(int ifindex, uint16_t port);

/*
 * One that only sends, by any interface. Whoever has the descriptor may send,
 * without any rights.
 */
int rawip_open_sender(void);

/*
 * Sends by that interface, or by the routes when `ifindex` is 0. 0 or a
 * negative errno.
 */
int rawip_send(
    int fd, const void *packet, size_t len, struct in_addr to, int ifindex);
/* `packet` begins with its IPv4 header. 0 or a negative errno. */
int rawip_broadcast(int fd, const void *packet, size_t len);
/* The length of one, from its IPv4 header on, or a negative errno. */
ssize_t rawip_receive(int fd, void *packet, size_t size);

#endif
