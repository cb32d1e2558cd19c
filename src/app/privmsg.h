/*
 * Messages of the privilege channel: a SOCK_SEQPACKET pair between the parent
 * and the engine, one message a packet, at most one descriptor with it. Both
 * sides share this file; neither policy nor files are known here.
 *
 * A request names a tree by kind and index in the table that the parent froze
 * at start. The parent then answers one PRIV_MSG_NEXT at a time, so that
 * neither side ever waits for room in the socket.
 */
#ifndef CONVECT_APP_PRIVMSG_H
#define CONVECT_APP_PRIVMSG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define PRIV_TEXT_MAX 4096

enum priv_msg_kind {
	/* engine to parent */
	PRIV_MSG_COUNT = 1, /* kind: answered by PRIV_MSG_COUNTED */
	PRIV_MSG_OPEN,	    /* kind, index: answered like NEXT */
	PRIV_MSG_NEXT,	    /* answered by FILE, END or ERROR */
	PRIV_MSG_READY,
	PRIV_MSG_FAILED,   /* text */
	PRIV_MSG_STATUS,   /* text */
	PRIV_MSG_RELOADED, /* text: "" taken, else why not */
	PRIV_MSG_PONG,
	/* parent to engine */
	PRIV_MSG_COUNTED, /* index: how many */
	PRIV_MSG_FILE,	  /* text: path; index: where the name starts; fd */
	PRIV_MSG_END,
	PRIV_MSG_ERROR,	 /* text: priv_msg_set_err() */
	PRIV_MSG_RELOAD, /* index: enum log_level */
	PRIV_MSG_PING,
	PRIV_MSG_KINDS,
};

struct priv_msg {
	enum priv_msg_kind kind;
	uint32_t tree; /* enum priv_tree_kind, where it has one */
	uint32_t index;
	int fd; /* -1: none; a received one is the caller's to close */
	char text[PRIV_TEXT_MAX]; /* terminated */
};

void priv_msg_init(struct priv_msg *msg, enum priv_msg_kind kind);
/* A struct err as the text of a message, and back. */
void priv_msg_set_err(struct priv_msg *msg, const struct err *err);
void priv_msg_get_err(const struct priv_msg *msg, struct err *err);
/* 0 or a negative errno; -EAGAIN when the socket is full. Keeps msg->fd. */
int priv_msg_send(int sock, const struct priv_msg *msg);
/*
 * One message. 0, -EAGAIN (none there), -EPIPE (the peer is gone), -EBADMSG
 * (not a message of ours: the packet is dropped, its descriptors closed).
 */
int priv_msg_receive(int sock, struct priv_msg *ret_msg);

#endif
