#include "app/proxydhcp_delay.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/hwaddr.h"
#include "base/mem.h"

/* In the BOOTP header of the reply. */
enum {
	XID_AT = 4,
	CHADDR_AT = 28
};

struct waiting {
	struct hwaddr mac;
	uint32_t xid;
	int64_t due_ms;
	proxydhcp_send_cb *send;
	void *arg;
	struct proxydhcp_reply reply;
	UT_hash_handle hh;
};

struct proxydhcp_delay {
	struct waiting *waiting;
};

struct proxydhcp_delay *
proxydhcp_delay_new(void)
{
	return mem_alloc(sizeof(struct proxydhcp_delay));
}

/* NOLINTBEGIN(readability-function-size): uthash is macros */
static struct waiting *
find(const struct proxydhcp_delay *delay, const struct hwaddr *mac)
{
	struct waiting *waiting;

	HASH_FIND(hh, delay->waiting, mac, sizeof *mac, waiting);
	return waiting;
}

static void
add(struct proxydhcp_delay *delay, struct waiting *waiting)
{
	HASH_ADD(hh, delay->waiting, mac, sizeof waiting->mac, waiting);
}

static void
take(struct proxydhcp_delay *delay, struct waiting *waiting)
{
	HASH_DEL(delay->waiting, waiting);
}
/* NOLINTEND(readability-function-size) */

void
proxydhcp_delay_free(struct proxydhcp_delay *delay)
{
	if (delay == NULL)
		return;
	while (delay->waiting != NULL) {
		struct waiting *waiting = delay->waiting;

		take(delay, waiting);
		free(waiting);
	}
	free(delay);
}

bool
proxydhcp_delay_add(struct proxydhcp_delay *delay,
    const struct proxydhcp_reply *reply, int64_t now_ms,
    proxydhcp_send_cb *send, void *arg)
{
	struct waiting *waiting;
	struct hwaddr mac;
	uint32_t xid;

	memcpy(&mac, reply->packet + CHADDR_AT, sizeof mac);
	memcpy(&xid, reply->packet + XID_AT, sizeof xid);
	waiting = find(delay, &mac);
	if (waiting != NULL && waiting->xid == xid)
		return true;
	if (waiting == NULL) {
		if (proxydhcp_delay_count(delay) >= PROXYDHCP_DELAY_MAX)
			return false;
		waiting = mem_alloc(sizeof *waiting);
		waiting->mac = mac;
		add(delay, waiting);
	}
	waiting->xid = xid;
	waiting->due_ms = now_ms + reply->delay_ms;
	waiting->send = send;
	waiting->arg = arg;
	waiting->reply = *reply;
	return true;
}

void
proxydhcp_delay_run(struct proxydhcp_delay *delay, int64_t now_ms)
{
	struct waiting *next;

	for (struct waiting *waiting = delay->waiting; waiting != NULL;
	     waiting = next) {
		next = waiting->hh.next;
		if (waiting->due_ms > now_ms)
			continue;
		take(delay, waiting);
		waiting->send(waiting->arg, &waiting->reply);
		free(waiting);
	}
}

int64_t
proxydhcp_delay_next(const struct proxydhcp_delay *delay, int64_t now_ms)
{
	int64_t least = -1;

	for (const struct waiting *waiting = delay->waiting; waiting != NULL;
	     waiting = waiting->hh.next) {
		int64_t left =
		    waiting->due_ms > now_ms ? waiting->due_ms - now_ms : 0;

		if (least < 0 || left < least)
			least = left;
	}
	return least;
}

size_t
proxydhcp_delay_count(const struct proxydhcp_delay *delay)
{
	return HASH_COUNT(delay->waiting);
}
