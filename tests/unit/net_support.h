/*
 * The other end of a connection for tests of src/net: a raw socket that is
 * driven by the same loop as the server, so that one process is both and
 * nothing sleeps. Every wait fails the test after ten seconds.
 */
#ifndef CONVECT_TESTS_NET_SUPPORT_H
#define CONVECT_TESTS_NET_SUPPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "net/httpd.h"
#include "net/loop.h"

/* A socket that listens on 127.0.0.1, on a port of the kernel's choice. */
int listen_loopback(uint16_t *ret_port);
/* A server on such a socket. */
struct httpd *httpd_on_loopback(
    struct loop *loop, const struct httpd_config *config, uint16_t *ret_port);

struct peer {
	struct loop *loop;
	struct loop_watch *watch;
	int fd;
	bool eof;
	bool failed; /* reset, or the like */
	struct buf in;
};

void peer_adopt(struct peer *peer, struct loop *loop, int fd);
void peer_connect(struct peer *peer, struct loop *loop, uint16_t port);
void peer_send(struct peer *peer, const char *text);
void peer_send_len(struct peer *peer, const void *data, size_t len);
void peer_done(struct peer *peer);
/* Runs the loop until the text has come in (true) or the end of all. */
bool peer_wait_for(struct peer *peer, const char *text);
bool peer_wait_len(struct peer *peer, size_t len);
void peer_wait_eof(struct peer *peer);
/* connect, send, read to the end; `in` is the whole answer. */
void peer_ask(
    struct peer *peer, struct loop *loop, uint16_t port, const char *request);
/* peer_ask(), and fails the test when `want` is nowhere in the answer. */
void ask_and_expect(
    struct loop *loop, uint16_t port, const char *request, const char *want);
/* Runs the loop until *flag. */
void run_until(struct loop *loop, const bool *flag);
/* Some turns of the loop, for things that must not happen. */
void run_turns(struct loop *loop, int turns);

#endif
