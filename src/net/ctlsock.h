/*
 * The control socket's server: JSON lines on a unix stream socket. What the
 * commands mean is written in ctl/client.h; this is the line protocol.
 *
 *   -> {"command":NAME,"args":{...}}\n   one object a line, at most 1 MiB;
 *      "args" may be left out. Up to CTL_FDS_MAX descriptors may come by
 *      SCM_RIGHTS with the line's first byte; who sends them sends
 *      no other request on that connection before. The next request is read
 *      when this one is done. Closing ends an endless command; a client that
 *      shuts down its sending side only still gets its answer.
 *   <- {"type":"data","data":JSON}\n     any number of these
 *   <- {"type":"progress",...}\n         and these,
 *   <- {"type":"done"}\n                 then one of these
 *   <- {"type":"error","text":TEXT,"hint":HINT}\n      (hint may be absent)
 *
 * A line that is no such object, an unknown command, and one that the peer
 * may not use are answered with an error; after a malformed or oversized line
 * the connection is closed. A request that is not complete in receive_ms, a
 * peer that does not read for stall_ms, or more than queue_max bytes waiting
 * for it close the connection too.
 */
#ifndef CONVECT_NET_CTLSOCK_H
#define CONVECT_NET_CTLSOCK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"
#include "net/loop.h"

#define CTL_FDS_MAX 3
#define CTL_LINE_MAX (1u << 20)

/* The socket's permissions say who may connect, this who may command. */
enum ctl_access {
	CTL_ACCESS_INVALID,
	CTL_ACCESS_READ,  /* everybody who could connect */
	CTL_ACCESS_ADMIN, /* root and the service user */
};

struct ctl_call;

struct ctl_command {
	const char *name;
	enum ctl_access access;
	/*
	 * Owns the call until ctl_done() or ctl_error(), now or later.
	 */
	void (*handler)(void *arg, struct ctl_call *call);
};

struct ctl_peer {
	uid_t uid;
	gid_t gid;
	pid_t pid;
};

struct ctlsock_config {
	const struct ctl_command *commands;
	size_t command_count;
	void *arg;	   /* of the handlers */
	uid_t admin_uid;   /* the service user, beside root */
	unsigned conn_max; /* 0: 64; further ones are closed */
	size_t queue_max;  /* bytes waiting for one peer; 0: 64 MiB */
	int receive_ms;	   /* 0: 10000 */
	int stall_ms;	   /* 0: 60000 */
};

/* NULL with err when a row lacks a name, a class or a handler. */
struct ctlsock *ctlsock_new(
    struct loop *loop, const struct ctlsock_config *config, struct err *err);
/* Owns the listening socket, also on failure. */
int ctlsock_listen(struct ctlsock *ctlsock, int fd, struct err *err);
/* Calls kept by handlers stay valid, gone, and must still be ended. */
void ctlsock_free(struct ctlsock *ctlsock);

/* ---- the call ---------------------------------------------------------- */

/* An object, never NULL; borrowed, lives as long as the call. */
const json_t *ctl_args(const struct ctl_call *call);
/* A string argument, or NULL when it is absent or no string. */
const char *ctl_arg_str(const struct ctl_call *call, const char *name);
const struct ctl_peer *ctl_peer(const struct ctl_call *call);
size_t ctl_fd_count(const struct ctl_call *call);
/* The caller owns it then; -1: no such one, or taken. The rest is closed with
 * the call. */
int ctl_fd_take(struct ctl_call *call, size_t index);

/* {"type":"data","data":value}; takes the reference (jansson's `_new`). */
void ctl_data_new(struct ctl_call *call, json_t *value);
/* The same from JSON text, which must be one valid value without newlines. */
void ctl_data_text(struct ctl_call *call, const char *json, size_t len);
/* {"type":"progress", members of value}; takes the reference. */
void ctl_progress_new(struct ctl_call *call, json_t *value);
/* A whole line of the protocol, without its newline, passed on as it is. */
void ctl_line_text(struct ctl_call *call, const char *line, size_t len);

/* Both end the call. */
void ctl_done(struct ctl_call *call);
/* `hint` NULL: none. The place that err holds is written before its text. */
void ctl_error(struct ctl_call *call, const char *text, const char *hint);
void ctl_error_err(struct ctl_call *call, const struct err *err);

/*
 * cb is called once when the peer has gone; the call stays valid and must
 * still be ended, which may be done in cb; what is sent meanwhile goes
 * nowhere.
 */
void ctl_on_gone(struct ctl_call *call, loop_cb *cb, void *arg);
bool ctl_is_gone(const struct ctl_call *call);
/* Bytes waiting for the peer, for those who send much. */
size_t ctl_queued(const struct ctl_call *call);
/* cb is called when the queue has run empty, each time; NULL: no more. */
void ctl_on_drain(struct ctl_call *call, loop_cb *cb, void *arg);

#endif
