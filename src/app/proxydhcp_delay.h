/*
 * Offers that wait before they are sent (host variable `reply_delay`): one a
 * machine, at most PROXYDHCP_DELAY_MAX in all. Knows nothing of sockets and
 * timers; who sends is told with the offer.
 */
#ifndef CONVECT_APP_PROXYDHCP_DELAY_H
#define CONVECT_APP_PROXYDHCP_DELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/proxydhcp_reply.h"

#define PROXYDHCP_DELAY_MAX 4096 /* about 3 MB; then no more are taken */

struct proxydhcp_delay;

typedef void proxydhcp_send_cb(void *arg, const struct proxydhcp_reply *reply);

struct proxydhcp_delay *proxydhcp_delay_new(void);
void proxydhcp_delay_free(struct proxydhcp_delay *delay);
/*
 * Keeps a copy until reply->delay_ms have passed. An offer of the same
 * exchange that waits already stays as it is, one of an earlier exchange of
 * the machine is forgotten. False: there are too many.
 */
bool proxydhcp_delay_add(struct proxydhcp_delay *delay,
    const struct proxydhcp_reply *reply, int64_t now_ms,
    proxydhcp_send_cb *send, void *arg);
/* Sends what is due. */
void proxydhcp_delay_run(struct proxydhcp_delay *delay, int64_t now_ms);
/* Milliseconds until the next is due; -1: none waits. */
int64_t proxydhcp_delay_next(
    const struct proxydhcp_delay *delay, int64_t now_ms);
size_t proxydhcp_delay_count(const struct proxydhcp_delay *delay);

#endif
