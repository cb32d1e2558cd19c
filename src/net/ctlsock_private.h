/*
 * Inside the control socket: a connection reads lines and writes lines, a
 * call is one request of it. A call that outlives its connection has none.
 */
#ifndef CONVECT_NET_CTLSOCK_PRIVATE_H
#define CONVECT_NET_CTLSOCK_PRIVATE_H

#include <event2/buffer.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "net/ctlsock.h"

struct ctl_call {
	struct ctl_conn *conn; /* NULL: gone */
	struct ctl_peer peer;
	json_t *request;
	json_t *args;
	int fds[CTL_FDS_MAX];
	size_t fd_count;
	loop_cb *on_gone;
	void *on_gone_arg;
	loop_cb *on_drain;
	void *on_drain_arg;
};

struct ctl_conn {
	LIST_ENTRY(ctl_conn) link;
	struct ctlsock *ctlsock;
	int fd;
	struct loop_watch *watch;
	struct loop_timer *timer;
	struct ctl_peer peer;
	struct buf in;
	int fds[CTL_FDS_MAX]; /* came with the line that is in `in` */
	size_t fd_count;
	struct evbuffer *out;
	struct ctl_call *call;
	bool eof;     /* the peer sends no more */
	bool closing; /* to be closed when `out` has left */
};
LIST_HEAD(ctl_conn_list, ctl_conn);

struct ctlsock {
	struct loop *loop;
	struct ctlsock_config config;
	int fd;
	struct loop_watch *watch;
	struct ctl_conn_list conns;
	unsigned conn_count;
};

/* ---- ctlsock.c ------------------------------------------------------------
 */

/* Queues a line; `line` has no newline. */
void ctl_conn_send(struct ctl_conn *conn, const char *line, size_t len);
/* The call is over: the next request may be read. */
void ctl_conn_next(struct ctl_conn *conn);

/* ---- ctlsock_call.c ---------------------------------------------------------
 */

/*
 * Makes a call of a line and runs its handler. 0; -EPROTO when the line is no
 * request, and then the connection is not to be trusted any further.
 */
int ctl_call_run(struct ctl_conn *conn, const char *line, size_t len);
/* The connection is going away. */
void ctl_call_lost(struct ctl_call *call);
/* An error line that belongs to no call. */
void ctl_conn_error(struct ctl_conn *conn, const char *text, const char *hint);

#endif
