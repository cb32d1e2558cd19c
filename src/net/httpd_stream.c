#include "net/httpd_stream.h"

#include <stdlib.h>

#include "base/mem.h"
#include "net/httpd_private.h"
#include "net/loop_private.h"

struct http_stream {
	struct http_req *req;
	loop_cb *on_close;
	loop_cb *on_drain;
	void *arg;
};

static struct http_stream *
start(struct http_req *req, int status)
{
	struct http_stream *stream = mem_alloc(sizeof *stream);

	stream->req = req;
	req->stream = stream;
	http_reply_start(req, status);
	return stream;
}

struct http_stream *
http_stream_open(struct http_req *req, const char *type)
{
	if (req->method == HTTP_HEAD) {
		http_reply(req, 200, type, NULL, 0);
		return NULL;
	}
	return http_reply_begin(req, 200, type) ? start(req, 200) : NULL;
}

struct http_stream *
http_stream_open_sized(
    struct http_req *req, int status, const char *type, uint64_t len)
{
	if (!http_reply_begin(req, status, type))
		return NULL;
	http_reply_length(req, len);
	if (req->method != HTTP_HEAD && len > 0)
		return start(req, status);
	http_reply_start(req, status);
	evhttp_send_reply_end(req->ev);
	return NULL;
}

void
http_stream_set_cbs(
    struct http_stream *stream, loop_cb *on_close, loop_cb *on_drain, void *arg)
{
	stream->on_close = on_close;
	stream->on_drain = on_drain;
	stream->arg = arg;
}

static void
on_sent_cb(struct evhttp_connection *evcon, void *arg)
{
	struct http_req *req = arg;
	struct http_stream *stream = req->stream;

	(void)evcon;
	if (stream != NULL && stream->on_drain != NULL)
		stream->on_drain(stream->arg);
}

void
http_stream_write(struct http_stream *stream, const void *data, size_t len)
{
	struct evbuffer *chunk = loop_need(evbuffer_new());

	if (evbuffer_add(chunk, data, len) < 0)
		loop_need(NULL);
	evhttp_send_reply_chunk_with_cb(
	    stream->req->ev, chunk, on_sent_cb, stream->req);
	evbuffer_free(chunk);
}

size_t
http_stream_queued(const struct http_stream *stream)
{
	return evbuffer_get_length(
	    bufferevent_get_output(stream->req->conn->bev));
}

void
http_stream_lost(struct http_stream *stream)
{
	if (stream->on_close != NULL)
		stream->on_close(stream->arg);
	free(stream);
}

void
http_stream_close(struct http_stream *stream, bool cut)
{
	struct http_req *req = stream->req;

	req->stream = NULL;
	free(stream);
	if (cut)
		http_conn_drop(req->conn);
	else
		evhttp_send_reply_end(req->ev);
}
