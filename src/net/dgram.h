/*
 * Reads an inherited datagram socket of another process of ours, a few
 * datagrams a turn. For network datagrams see net/udp.h.
 */
#ifndef CONVECT_NET_DGRAM_H
#define CONVECT_NET_DGRAM_H

#include <stddef.h>

#include "net/loop.h"

#define DGRAM_MAX 2047 /* bytes; a longer one is cut */

struct dgram;

/* A NUL follows the data. */
typedef void dgram_cb(void *arg, const char *data, size_t len);

/* The descriptor stays the caller's. */
struct dgram *dgram_new(struct loop *loop, int fd, dgram_cb *cb, void *arg);
void dgram_free(struct dgram *dgram); /* NULL is fine; not from its callback */

#endif
