/*
 * Connections: who may have one, and how long anything may take. evhttp has
 * one inactivity timer, which neither ends a request that drips in nor knows
 * that a client who downloads is silent; so it gets none, and each
 * connection has our own timer with a deadline for its state.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/httpd_private.h"
#include "net/loop_private.h"
#include "net/sockaddr.h"

static const char too_many[] = "HTTP/1.1 503 Service Unavailable\r\n"
			       "Retry-After: 5\r\n"
			       "Connection: close\r\n"
			       "Content-Length: 0\r\n\r\n";

/* Milliseconds that a state may last; -1: no limit. */
static int
state_limit(const struct http_conn *conn)
{
	const struct httpd_limits *limits = &conn->httpd->config.limits;

	switch (conn->state) {
	case CONN_IDLE:
		return limits->idle_ms;
	case CONN_RECEIVING:
		return limits->receive_ms;
	case CONN_SENDING:
	case CONN_UPLOAD:
		return limits->stall_ms;
	case CONN_DROPPED:
		return 0;
	case CONN_HANDLING:
	default:
		return -1;
	}
}

void
http_conn_enter(struct http_conn *conn, enum conn_state state)
{
	int limit;

	if (conn->state == CONN_DROPPED)
		return;
	conn->state = state;
	conn->enter_ms = loop_now_ms(conn->httpd->loop);
	conn->since_ms = conn->enter_ms;
	limit = state_limit(conn);
	if (limit < 0)
		loop_timer_stop(conn->timer);
	else
		loop_timer_set(conn->timer, limit);
}

void
http_conn_drop(struct http_conn *conn)
{
	http_conn_enter(conn, CONN_DROPPED);
}

static size_t
output_len(const struct http_conn *conn)
{
	return evbuffer_get_length(bufferevent_get_output(conn->bev));
}

/*
 * A reply of which bytes have left since the timer was set goes on; so does a
 * stream that has nothing to send, and a body that comes, but not for ever.
 */
static bool
may_go_on(struct http_conn *conn, int64_t now)
{
	const struct httpd_limits *limits = &conn->httpd->config.limits;

	if (conn->state == CONN_UPLOAD)
		return now - conn->since_ms < limits->stall_ms &&
		       now - conn->enter_ms < limits->upload_ms;
	if (conn->state != CONN_SENDING)
		return false;
	if (output_len(conn) == 0)
		conn->since_ms = now;
	return now - conn->since_ms < state_limit(conn);
}

static void
on_timer_cb(void *arg)
{
	struct http_conn *conn = arg;
	int64_t now = loop_now_ms(conn->httpd->loop);

	if (may_go_on(conn, now))
		loop_timer_set(
		    conn->timer, conn->since_ms + state_limit(conn) - now);
	else
		evhttp_connection_free(conn->evcon); /* on_close_cb frees us */
}

static void
on_output_cb(
    struct evbuffer *output, const struct evbuffer_cb_info *info, void *arg)
{
	struct http_conn *conn = arg;

	(void)output;
	if (info->n_deleted == 0)
		return;
	conn->sent += info->n_deleted;
	conn->since_ms = loop_now_ms(conn->httpd->loop);
}

static void conn_admit(struct http_conn *conn);

static void
on_input_cb(
    struct evbuffer *input, const struct evbuffer_cb_info *info, void *arg)
{
	struct http_conn *conn = arg;

	(void)input;
	if (info->n_added == 0)
		return;
	conn_admit(conn);
	if (conn->state == CONN_IDLE)
		http_conn_enter(conn, CONN_RECEIVING);
	if (conn->state == CONN_RECEIVING)
		http_body_look(conn);
	if (conn->state == CONN_UPLOAD) {
		conn->since_ms = loop_now_ms(conn->httpd->loop);
		http_body_came(conn);
	}
}

static void on_first_turn_cb(void *arg);

static void
conn_free(struct http_conn *conn)
{
	loop_defer_cancel(conn->httpd->loop, on_first_turn_cb, conn);
	http_body_lost(conn);
	evbuffer_remove_cb(bufferevent_get_input(conn->bev), on_input_cb, conn);
	evbuffer_remove_cb(
	    bufferevent_get_output(conn->bev), on_output_cb, conn);
	bufferevent_decref(conn->bev);
	loop_timer_free(conn->timer);
	LIST_REMOVE(conn, link);
	conn->httpd->conn_count--;
	free(conn);
}

/* evhttp is about to free the connection, whatever the reason. */
static void
on_close_cb(struct evhttp_connection *evcon, void *arg)
{
	struct http_conn *conn = arg;
	struct http_req *req = conn->req;

	(void)evcon;
	if (req != NULL)
		http_req_lost(req);
	conn_free(conn);
}

static bool
is_over_limit(const struct http_conn *conn)
{
	const struct httpd_limits *limits = &conn->httpd->config.limits;
	const struct http_conn *other;
	unsigned same = 0;

	if (conn->httpd->conn_count > limits->conn_max)
		return true;
	LIST_FOREACH(other, &conn->httpd->conns, link)
	{
		if (!other->refused && strcmp(other->peer, conn->peer) == 0)
			same++;
	}
	return same > limits->conn_per_ip;
}

/*
 * evhttp does not tell of a connection before its first request. It makes its
 * connection the argument of the callbacks of the bufferevent that it asked
 * us for, though; nothing there means that it gave up on it.
 */
static void
conn_admit(struct http_conn *conn)
{
	bufferevent_event_cb on_event = NULL;
	void *evcon = NULL;
	int fd;

	if (conn->evcon != NULL)
		return;
	bufferevent_getcb(conn->bev, NULL, NULL, &on_event, &evcon);
	if (on_event == NULL || evcon == NULL)
		return;
	conn->evcon = evcon;
	evhttp_connection_set_closecb(conn->evcon, on_close_cb, conn);
	fd = bufferevent_getfd(conn->bev);
	sockaddr_of_peer(fd, conn->peer, NULL);
	sockaddr_of_local(fd, conn->local, &conn->local_port);
	conn->refused = is_over_limit(conn);
}

static void
on_first_turn_cb(void *arg)
{
	struct http_conn *conn = arg;

	conn_admit(conn);
	if (conn->evcon == NULL) {
		conn_free(conn);
		return;
	}
	if (!conn->refused || conn->req != NULL)
		return;
	log_debug(NULL, "http: %s: too many connections", conn->peer);
	send(bufferevent_getfd(conn->bev), too_many, sizeof too_many - 1,
	    MSG_NOSIGNAL | MSG_DONTWAIT);
	evhttp_connection_free(conn->evcon);
}

/* evhttp knows one limit only. */
static size_t
input_max(const struct httpd *httpd)
{
	return http_largest_body(&httpd->config) + HTTP_HEADER_HARD_MAX + 4096;
}

struct bufferevent *
http_conn_accept_cb(struct event_base *base, void *arg)
{
	struct httpd *httpd = arg;
	struct http_conn *conn = mem_alloc(sizeof *conn);

	conn->httpd = httpd;
	conn->bev = loop_need(bufferevent_socket_new(base, -1, 0));
	bufferevent_incref(conn->bev);
	/* While a reply leaves, what the client sends stays unread in here. */
	bufferevent_setwatermark(conn->bev, EV_READ, 0, input_max(httpd));
	bufferevent_set_max_single_write(conn->bev, 1 << 20);
	conn->timer = loop_timer_new(httpd->loop, on_timer_cb, conn);
	LIST_INSERT_HEAD(&httpd->conns, conn, link);
	httpd->conn_count++;
	evbuffer_add_cb(bufferevent_get_input(conn->bev), on_input_cb, conn);
	evbuffer_add_cb(bufferevent_get_output(conn->bev), on_output_cb, conn);
	http_conn_enter(conn, CONN_IDLE);
	loop_defer(httpd->loop, on_first_turn_cb, conn);
	return conn->bev;
}

struct http_conn *
http_conn_find(struct httpd *httpd, struct evhttp_connection *evcon)
{
	struct http_conn *conn;

	LIST_FOREACH(conn, &httpd->conns, link)
	{
		if (conn->evcon == evcon)
			return conn;
	}
	return NULL;
}

/*
 * evhttp stops reading while a request is handled and would not see the peer
 * go. Its read callback must not run then (it ends the process), so it is
 * taken off; sending the reply does the same, and the next request sets it
 * again.
 */
void
http_conn_watch_peer(struct http_conn *conn)
{
	bufferevent_data_cb on_write = NULL;
	bufferevent_event_cb on_event = NULL;
	void *arg = NULL;

	bufferevent_getcb(conn->bev, NULL, &on_write, &on_event, &arg);
	bufferevent_setcb(conn->bev, NULL, on_write, on_event, arg);
	bufferevent_enable(conn->bev, EV_READ);
}
