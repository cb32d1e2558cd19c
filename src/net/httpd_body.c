/*
 * Bodies that are taken piece by piece: those of PUT. evhttp would collect
 * one whole in memory before it tells of the request, and gives a server no
 * way to have it otherwise. So it is shown a method that it does not know,
 * which has no body for it: the handler is called at the end of the head, and
 * what follows stays in the connection's input, where reading stops at its
 * watermark until we take it.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "base/str.h"
#include "net/httpd_private.h"
#include "net/loop_private.h"

enum {
	/* Of a refused body that is read all the same: an answer with unread
	 * bytes behind it would be lost in a reset. */
	DISCARD_MAX = 2 << 20
};

static const char shown_as[] = "put "; /* no method: they are case-sensitive */
static const char put[] = "PUT ";

void
http_body_look(struct http_conn *conn)
{
	struct evbuffer *input = bufferevent_get_input(conn->bev);
	unsigned char *head;

	if (conn->looked || evbuffer_get_length(input) < sizeof put - 1)
		return;
	conn->looked = true;
	head = loop_need(evbuffer_pullup(input, sizeof put - 1));
	conn->put = memcmp(head, put, sizeof put - 1) == 0;
	if (conn->put)
		memcpy(head, shown_as, sizeof put - 1);
}

/* The one Content-Length; -EBADMSG: none that can be trusted. */
static int
find_length(const struct http_req *req, uint64_t *ret_length)
{
	struct evkeyvalq *headers = evhttp_request_get_input_headers(req->ev);
	const struct evkeyval *header;
	const char *text = NULL;
	int64_t length = 0;

	TAILQ_FOREACH (header, headers, next) {
		if (strcasecmp(header->key, "Content-Length") != 0)
			continue;
		if (text != NULL && strcmp(text, header->value) != 0)
			return -EBADMSG;
		text = header->value;
	}
	if (text != NULL && str_to_i64(text, 0, INT64_MAX, &length) < 0)
		return -EBADMSG;
	*ret_length = (uint64_t)length;
	return 0;
}

int
http_body_head(struct http_req *req)
{
	if (req->method != HTTP_PUT)
		return 0;
	/* One that evhttp read itself: something stood before the method. */
	if (!req->conn->put)
		return 400;
	req->put = true;
	if (http_req_header(req, "Transfer-Encoding") != NULL) {
		req->body_left = UINT64_MAX;
		return 411;
	}
	return find_length(req, &req->body_left) < 0 ? 400 : 0;
}

static bool
is_waiting(const struct http_req *req)
{
	const char *expect = http_req_header(req, "Expect");

	return expect != NULL && strcasecmp(expect, "100-continue") == 0;
}

static void
body_end(struct http_req *req, int error)
{
	struct http_sink sink = req->sink;

	req->receiving = false;
	if (error == 0)
		http_conn_enter(req->conn, CONN_HANDLING);
	sink.on_end(sink.arg, error);
}

/* Gives what is there to the handler, which may end the request meanwhile. */
static void
on_body_cb(void *arg)
{
	struct http_conn *conn = arg;
	struct evbuffer *input = bufferevent_get_input(conn->bev);
	struct http_req *req = conn->req;

	while (req->body_left > 0 && evbuffer_get_length(input) > 0) {
		struct evbuffer_iovec piece;
		size_t len;

		if (evbuffer_peek(input, -1, NULL, &piece, 1) < 1)
			break;
		len = piece.iov_len < req->body_left ? piece.iov_len
						     : (size_t)req->body_left;
		if (req->sink.on_data != NULL)
			req->sink.on_data(req->sink.arg, piece.iov_base, len);
		req->body_left -= len;
		evbuffer_drain(input, len);
	}
	if (req->body_left == 0)
		body_end(req, 0);
}

void
http_body_came(struct http_conn *conn)
{
	loop_defer_cancel(conn->httpd->loop, on_body_cb, conn);
	loop_defer(conn->httpd->loop, on_body_cb, conn);
}

void
http_body_lost(struct http_conn *conn)
{
	loop_defer_cancel(conn->httpd->loop, on_body_cb, conn);
}

uint64_t
http_req_body_left(const struct http_req *req)
{
	return req->body_left;
}

void
http_req_receive(struct http_req *req, const struct http_sink *sink)
{
	static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct http_conn *conn = req->conn;

	req->sink = *sink;
	req->receiving = true;
	http_conn_enter(conn, CONN_UPLOAD);
	/* Nothing else is on its way: evhttp's own buffer would tell evhttp
	 * that a reply has left. */
	if (is_waiting(req) && req->body_left > 0)
		(void)send(bufferevent_getfd(conn->bev), go_on,
		    sizeof go_on - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	http_body_came(conn);
}

void
http_body_gone(struct http_req *req)
{
	if (req->receiving)
		body_end(req, -ECONNRESET);
}

/* ---- a request that is refused ------------------------------------------ */

static void
on_discarded_cb(void *arg, int error)
{
	struct http_req *req = arg;

	if (error < 0)
		http_req_drop(req);
	else
		http_reply_refuse(req, req->refusal);
}

void
http_req_refuse(struct http_req *req, int status)
{
	const struct http_sink sink = {.arg = req, .on_end = on_discarded_cb};

	if (req->body_left == 0 || req->body_left > DISCARD_MAX ||
	    is_waiting(req)) {
		http_reply_refuse(req, status);
		return;
	}
	req->refusal = status;
	http_conn_watch_peer(req->conn);
	http_req_receive(req, &sink);
}
