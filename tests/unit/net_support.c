#include "net_support.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum {
	PATIENCE_MS = 10000
};

int
listen_loopback(uint16_t *ret_port)
{
	struct sockaddr_in addr = {.sin_family = AF_INET};
	socklen_t len = sizeof addr;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, len), 0);
	assert_int_equal(listen(fd, 256), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	*ret_port = ntohs(addr.sin_port);
	return fd;
}

struct httpd *
httpd_on_loopback(
    struct loop *loop, const struct httpd_config *config, uint16_t *ret_port)
{
	struct err err = {0};
	struct httpd *httpd = httpd_new(loop, config, &err);

	assert_non_null(httpd);
	assert_int_equal(
	    httpd_listen(httpd, listen_loopback(ret_port), &err), 0);
	return httpd;
}

static void
on_readable_cb(void *arg, int fd, unsigned events)
{
	struct peer *peer = arg;
	char chunk[8192];
	ssize_t n = recv(fd, chunk, sizeof chunk, MSG_DONTWAIT);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		buf_add(&peer->in, chunk, (size_t)n);
		return;
	}
	peer->eof = true;
	peer->failed = n < 0;
	loop_watch_set(peer->watch, 0);
}

void
peer_adopt(struct peer *peer, struct loop *loop, int fd)
{
	memset(peer, 0, sizeof *peer);
	buf_init(&peer->in, (size_t)1 << 30);
	peer->loop = loop;
	peer->fd = fd;
	peer->watch = loop_watch_new(loop, fd, LOOP_READ, on_readable_cb, peer);
}

void
peer_connect(struct peer *peer, struct loop *loop, uint16_t port)
{
	struct sockaddr_in addr = {
	    .sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_true(fd >= 0);
	/* The listener's backlog takes it without the server's help. */
	assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
	peer_adopt(peer, loop, fd);
}

void
peer_done(struct peer *peer)
{
	loop_watch_free(peer->watch);
	if (peer->fd >= 0)
		close(peer->fd);
	buf_done(&peer->in);
}

void
peer_send_len(struct peer *peer, const void *data, size_t len)
{
	const char *pos = data;

	while (len > 0) {
		ssize_t n =
		    send(peer->fd, pos, len, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EAGAIN) {
			run_turns(peer->loop, 1);
			continue;
		}
		if (n < 0)
			return; /* the server hung up: the test sees that */
		pos += n;
		len -= (size_t)n;
	}
}

void
peer_send(struct peer *peer, const char *text)
{
	peer_send_len(peer, text, strlen(text));
}

static void
on_patience_cb(void *arg)
{
	*(bool *)arg = true;
}

typedef bool condition(const void *arg);

static void
run_while(struct loop *loop, condition *more, const void *arg)
{
	bool late = false;
	struct loop_timer *timer = loop_timer_new(loop, on_patience_cb, &late);

	loop_timer_set(timer, PATIENCE_MS);
	while (more(arg) && !late)
		assert_int_equal(loop_turn(loop), 0);
	loop_timer_free(timer);
	assert_false(late);
}

static bool
is_unset(const void *arg)
{
	return !*(const bool *)arg;
}

void
run_until(struct loop *loop, const bool *flag)
{
	run_while(loop, is_unset, flag);
}

void
run_turns(struct loop *loop, int turns)
{
	struct loop_timer *timer;
	bool ran = false;

	timer = loop_timer_new(loop, on_patience_cb, &ran);
	while (turns-- > 0) {
		ran = false;
		loop_timer_set(timer, 0);
		run_until(loop, &ran);
	}
	loop_timer_free(timer);
}

struct wanted {
	const struct peer *peer;
	const char *text;
	size_t len;
};

static bool
lacks_text(const void *arg)
{
	const struct wanted *wanted = arg;

	return !wanted->peer->eof &&
	       strstr(wanted->peer->in.data, wanted->text) == NULL;
}

static bool
lacks_len(const void *arg)
{
	const struct wanted *wanted = arg;

	return !wanted->peer->eof && wanted->peer->in.len < wanted->len;
}

bool
peer_wait_for(struct peer *peer, const char *text)
{
	struct wanted wanted = {.peer = peer, .text = text};

	run_while(peer->loop, lacks_text, &wanted);
	return strstr(peer->in.data, text) != NULL;
}

bool
peer_wait_len(struct peer *peer, size_t len)
{
	struct wanted wanted = {.peer = peer, .len = len};

	run_while(peer->loop, lacks_len, &wanted);
	return peer->in.len >= len;
}

void
peer_wait_eof(struct peer *peer)
{
	run_until(peer->loop, &peer->eof);
}

void
peer_ask(
    struct peer *peer, struct loop *loop, uint16_t port, const char *request)
{
	peer_connect(peer, loop, port);
	peer_send(peer, request);
	peer_wait_eof(peer);
}

void
ask_and_expect(
    struct loop *loop, uint16_t port, const char *request, const char *want)
{
	struct peer peer;

	peer_ask(&peer, loop, port, request);
	if (strstr(peer.in.data, want) == NULL)
		fail_msg("asked:\n%s\nwanted: %s\ngot:\n%s", request, want,
		    peer.in.data);
	peer_done(&peer);
}
