/*
 * Replies from a file: a pump of segments that sendfile(2) moves, the next
 * one queued when the last has left. Only for plain TCP: on a TLS connection
 * EVBUFFER_FLAG_DRAINS_TO_FD would send heap memory (STYLE.md), and this
 * server has none yet.
 */
#include <fcntl.h>
#include <unistd.h>

#include "net/httpd_private.h"
#include "net/loop_private.h"

enum {
	SEGMENT = 1 << 20
};

void
http_file_done(struct http_req *req)
{
	if (req->pump.fd >= 0)
		close(req->pump.fd);
	req->pump.fd = -1;
}

static struct evbuffer *
next_segment(struct http_pump *pump)
{
	uint64_t len = pump->left < SEGMENT ? pump->left : SEGMENT;
	struct evbuffer *out = loop_need(evbuffer_new());
	struct evbuffer_file_segment *seg;

	evbuffer_set_flags(out, EVBUFFER_FLAG_DRAINS_TO_FD);
	seg = loop_need(evbuffer_file_segment_new(
	    pump->fd, (ev_off_t)pump->pos, (ev_off_t)len, 0));
	if (evbuffer_add_file_segment(out, seg, 0, (ev_off_t)len) < 0)
		loop_need(NULL);
	evbuffer_file_segment_free(seg);
	pump->pos += len;
	pump->left -= len;
	/* The disk works on the next one while this one leaves. */
	if (pump->left > 0)
		posix_fadvise(pump->fd, (off_t)pump->pos,
		    pump->left < SEGMENT ? (off_t)pump->left : SEGMENT,
		    POSIX_FADV_WILLNEED);
	return out;
}

static void
on_sent_cb(struct evhttp_connection *evcon, void *arg)
{
	struct http_req *req = arg;
	struct evbuffer *segment;

	(void)evcon;
	if (req->pump.left == 0) {
		http_file_done(req);
		evhttp_send_reply_end(req->ev);
		return;
	}
	segment = next_segment(&req->pump);
	evhttp_send_reply_chunk_with_cb(req->ev, segment, on_sent_cb, req);
	evbuffer_free(segment);
}

void
http_reply_file(
    struct http_req *req, int status, int fd, uint64_t offset, uint64_t len)
{
	if (!http_reply_begin(req, status, NULL)) {
		close(fd);
		return;
	}
	req->offset = offset;
	http_reply_length(req, len);
	http_reply_start(req, status);
	if (req->method == HTTP_HEAD || len == 0) {
		close(fd);
		evhttp_send_reply_end(req->ev);
		return;
	}
	req->pump.fd = fd;
	req->pump.pos = offset;
	req->pump.left = len;
	on_sent_cb(NULL, req);
}

void
httpd_each_file(struct httpd *httpd,
    void (*cb)(void *arg, const struct http_result *result), void *arg)
{
	const struct http_conn *conn;

	LIST_FOREACH(conn, &httpd->conns, link)
	{
		const struct http_req *req = conn->req;
		struct http_result result;

		if (req == NULL || req->stage != HTTP_REPLY || req->pump.fd < 0)
			continue;
		http_req_fill_result(req, &result);
		result.bytes = conn->sent > req->sent_base
				   ? conn->sent - req->sent_base
				   : 0;
		cb(arg, &result);
	}
}
