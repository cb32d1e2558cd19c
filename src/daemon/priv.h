/*
 * The parent's side of the privilege channel: opens, for the engine, what the
 * frozen table names, and passes its news on. The engine is not trusted here:
 * it can choose an entry of the table and nothing else.
 */
#ifndef CONVECT_DAEMON_PRIV_H
#define CONVECT_DAEMON_PRIV_H

#include "app/privmsg.h"
#include "app/privtrees.h"

struct priv {
	int fd; /* -1: no engine */
	const struct priv_trees *trees;
	struct tree *walk; /* the one being given out; NULL: none */
};

void priv_init(struct priv *priv, const struct priv_trees *trees);
/* A new engine's end of the channel, owned from now on. */
void priv_attach(struct priv *priv, int fd);
void priv_detach(struct priv *priv);

/*
 * Takes one message. 1: *ret_news is one of READY, FAILED, STATUS, RELOADED
 * and PONG; 0: it was answered here; -EAGAIN: there is none; anything else:
 * the channel is of no more use.
 */
int priv_handle(struct priv *priv, struct priv_msg *ret_news);
/* RELOAD (with the log level) or PING. Nobody waits for an engine that does
 * not read. */
int priv_tell(struct priv *priv, enum priv_msg_kind kind, uint32_t index);

#endif
