/* Requests: made from evhttp's, read by handlers, freed when all is over. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/httpd_private.h"

enum {
	PATH_MAX_LEN = HTTP_HEADER_HARD_MAX
};

static unsigned
method_of(const struct evhttp_request *ev)
{
	static const struct {
		enum evhttp_cmd_type type;
		unsigned method;
	} rows[] = {
	    {EVHTTP_REQ_GET, HTTP_GET},
	    {EVHTTP_REQ_HEAD, HTTP_HEAD},
	    {EVHTTP_REQ_POST, HTTP_POST},
	    {EVHTTP_REQ_PUT, HTTP_PUT},
	    {EVHTTP_REQ_DELETE, HTTP_DELETE},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].type == evhttp_request_get_command(ev))
			return rows[i].method;
	}
	return 0;
}

struct http_req *
http_req_new(struct http_conn *conn, struct evhttp_request *ev)
{
	struct http_req *req = mem_alloc(sizeof *req);

	/* It must outlive a connection that dies under the handler. */
	evhttp_request_own(ev);
	/* An absolute-form target makes it a proxy's request to evhttp, which
	 * then frames the reply otherwise. We are the origin. */
	ev->flags &= ~EVHTTP_PROXY_REQUEST;
	req->httpd = conn->httpd;
	req->id = ++conn->httpd->req_count;
	req->conn = conn;
	req->ev = ev;
	req->method = conn->put ? HTTP_PUT : method_of(ev);
	req->start_ms = loop_now_ms(conn->httpd->loop);
	req->pump.fd = -1;
	buf_init(&req->path, PATH_MAX_LEN);
	buf_init(&req->body, SIZE_MAX / 2); /* evhttp keeps the limit */
	memcpy(req->peer, conn->peer, sizeof req->peer);
	memcpy(req->local, conn->local, sizeof req->local);
	req->local_port = conn->local_port;
	return req;
}

static void
take_body(struct http_req *req)
{
	struct evbuffer *input = evhttp_request_get_input_buffer(req->ev);
	size_t len = evbuffer_get_length(input);

	if (len > 0)
		buf_add(&req->body, evbuffer_pullup(input, -1), len);
	evbuffer_drain(input, len);
}

int
http_req_parse(struct http_req *req)
{
	const char *path, *query;
	size_t len;

	if (req->ev->headers_size > req->httpd->config.limits.header_max)
		return 431;
	if (http_target_split(
		evhttp_request_get_uri(req->ev), &path, &len, &query) < 0)
		return 400;
	if (http_path_normalise(path, len, &req->path) < 0)
		return 400;
	if (http_query_parse(query, &req->query) < 0)
		return 400;
	take_body(req);
	return http_body_head(req);
}

static void
req_free(struct http_req *req)
{
	if (req->ev != NULL)
		evhttp_request_free(req->ev);
	while (req->capture_count > 0)
		free(req->capture[--req->capture_count].value);
	http_query_done(&req->query);
	buf_done(&req->path);
	buf_done(&req->body);
	free(req->tag);
	free(req);
}

void
http_req_fill_result(const struct http_req *req, struct http_result *ret_result)
{
	*ret_result = (struct http_result){
	    .id = req->id,
	    .method = req->method,
	    .path = req->path.len == 0 ? "/" : req->path.data,
	    .route = req->route == NULL ? NULL : req->route->path,
	    .peer = req->peer,
	    .tag = req->tag,
	    .status = req->status,
	    .offset = req->offset,
	    .length = req->length,
	    .bytes = req->body_sent,
	    .ms = loop_now_ms(req->httpd->loop) - req->start_ms,
	};
}

static void
tell_result(const struct http_req *req, bool complete)
{
	const struct httpd_config *config = &req->httpd->config;
	struct http_result result;

	if (config->on_result == NULL)
		return;
	http_req_fill_result(req, &result);
	result.complete = complete;
	config->on_result(config->arg, &result);
}

static void
on_reap_cb(void *arg)
{
	struct http_req *req = arg;

	LIST_REMOVE(req, link);
	req_free(req);
}

/*
 * evhttp may still hold the request in a list of the connection that it is
 * tearing down, so it is freed in the next turn (or by httpd_free()).
 */
void
http_req_over(struct http_req *req, bool complete)
{
	if (req->httpd == NULL) {
		req_free(req);
		return;
	}
	if (req->stage == HTTP_OPEN && req->gone)
		LIST_REMOVE(req, link); /* from kept */
	req->stage = HTTP_OVER;
	req->conn = NULL;
	tell_result(req, complete);
	LIST_INSERT_HEAD(&req->httpd->over, req, link);
	loop_defer(req->httpd->loop, on_reap_cb, req);
}

void
http_req_forget_all(struct httpd *httpd)
{
	struct http_req *req;

	while ((req = LIST_FIRST(&httpd->over)) != NULL) {
		loop_defer_cancel(httpd->loop, on_reap_cb, req);
		on_reap_cb(req);
	}
	while ((req = LIST_FIRST(&httpd->kept)) != NULL) {
		LIST_REMOVE(req, link);
		req->httpd = NULL;
	}
}

static void
lose_open(struct http_req *req)
{
	loop_cb *cb = req->on_gone;

	LIST_INSERT_HEAD(&req->httpd->kept, req, link);
	req->on_gone = NULL;
	if (cb != NULL)
		cb(req->on_gone_arg);
	else
		http_body_gone(req);
}

void
http_req_lost(struct http_req *req)
{
	struct http_conn *conn = req->conn;
	struct http_stream *stream = req->stream;

	if (req->stage == HTTP_REPLY && conn->sent > req->sent_base)
		req->body_sent = conn->sent - req->sent_base;
	conn->req = NULL;
	req->conn = NULL;
	req->gone = true;
	if (req->stage == HTTP_OPEN) {
		lose_open(req);
		return;
	}
	req->stream = NULL;
	if (stream != NULL)
		http_stream_lost(stream);
	http_file_done(req);
	http_req_over(req, false);
}

void
http_req_drop(struct http_req *req)
{
	if (req->gone) {
		http_req_over(req, false);
		return;
	}
	/* It is over when the connection is: evhttp still lists it there. */
	req->stage = HTTP_REPLY;
	req->sent_base = req->conn->sent;
	http_conn_drop(req->conn);
}

unsigned
http_req_method(const struct http_req *req)
{
	return req->method;
}

const char *
http_req_path(const struct http_req *req)
{
	return req->path.data;
}

const char *
http_req_capture(const struct http_req *req, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < req->capture_count; i++) {
		const struct http_capture *capture = &req->capture[i];

		if (capture->name_len == len &&
		    memcmp(capture->name, name, len) == 0)
			return capture->value;
	}
	return NULL;
}

const char *
http_req_query(const struct http_req *req, const char *name)
{
	return http_query_get(&req->query, name);
}

const char *
http_req_header(const struct http_req *req, const char *name)
{
	return evhttp_find_header(
	    evhttp_request_get_input_headers(req->ev), name);
}

const char *
http_req_body(const struct http_req *req, size_t *ret_len)
{
	*ret_len = req->body.len;
	return req->body.data;
}

const char *
http_req_peer(const struct http_req *req)
{
	return req->peer;
}

const char *
http_req_local(const struct http_req *req)
{
	return req->local;
}

uint16_t
http_req_local_port(const struct http_req *req)
{
	return req->local_port;
}

const struct http_route *
http_req_route(const struct http_req *req)
{
	return req->route;
}

void
http_req_set_tag(struct http_req *req, const char *tag)
{
	free(req->tag);
	req->tag = mem_strdup(tag);
}

void
http_req_on_gone(struct http_req *req, loop_cb *cb, void *arg)
{
	req->on_gone = cb;
	req->on_gone_arg = arg;
}

bool
http_req_is_gone(const struct http_req *req)
{
	return req->gone;
}
