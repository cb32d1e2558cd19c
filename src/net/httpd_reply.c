/* Replies that are in memory, and the headers that every reply has. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "net/httpd_private.h"
#include "net/loop_private.h"

static const char csp[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'";

static const char *
status_phrase(int status)
{
	static const struct {
		int status;
		const char *phrase;
	} rows[] = {{200, "OK"}, {201, "Created"}, {202, "Accepted"},
	    {204, "No Content"}, {206, "Partial Content"}, {302, "Found"},
	    {303, "See Other"}, {304, "Not Modified"}, {400, "Bad Request"},
	    {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"},
	    {405, "Method Not Allowed"}, {409, "Conflict"}, {410, "Gone"},
	    {411, "Length Required"}, {413, "Content Too Large"},
	    {415, "Unsupported Media Type"}, {416, "Range Not Satisfiable"},
	    {422, "Unprocessable Content"}, {429, "Too Many Requests"},
	    {431, "Request Header Fields Too Large"},
	    {500, "Internal Server Error"}, {501, "Not Implemented"},
	    {503, "Service Unavailable"}, {507, "Insufficient Storage"}};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].status == status)
			return rows[i].phrase;
	}
	return "Status";
}

static struct evkeyvalq *
out_headers(struct http_req *req)
{
	return evhttp_request_get_output_headers(req->ev);
}

void
http_reply_header(struct http_req *req, const char *name, const char *value)
{
	for (const char *p = value; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return;
	}
	evhttp_add_header(out_headers(req), name, value);
}

static void
header_default(struct http_req *req, const char *name, const char *value)
{
	if (evhttp_find_header(out_headers(req), name) == NULL)
		evhttp_add_header(out_headers(req), name, value);
}

static void
add_common_headers(struct http_req *req, const char *type)
{
	if (type != NULL)
		header_default(req, "Content-Type", type);
	if (type != NULL && strncasecmp(type, "text/html", 9) == 0)
		header_default(req, "Content-Security-Policy", csp);
	header_default(req, "X-Content-Type-Options", "nosniff");
	/* URLs carry tokens. */
	header_default(req, "Referrer-Policy", "no-referrer");
	header_default(req, "Cache-Control", "no-store");
	if (req->status == 503)
		header_default(req, "Retry-After", "5");
}

/* The whole reply has left; evhttp frees its request after this. */
static void
on_complete_cb(struct evhttp_request *ev, void *arg)
{
	struct http_req *req = arg;
	struct http_conn *conn = req->conn;
	struct evbuffer *input = bufferevent_get_input(conn->bev);

	(void)ev;
	req->ev = NULL;
	req->body_sent = conn->sent - req->sent_base;
	conn->req = NULL;
	conn->looked = false;
	conn->put = false;
	/* What was sent ahead raises no callback any more. */
	http_conn_enter(
	    conn, evbuffer_get_length(input) > 0 ? CONN_RECEIVING : CONN_IDLE);
	http_body_look(conn);
	http_req_over(req, true);
}

bool
http_reply_begin(struct http_req *req, int status, const char *type)
{
	req->status = status;
	if (req->gone) {
		http_req_over(req, false);
		return false;
	}
	req->stage = HTTP_REPLY;
	req->on_gone = NULL;
	add_common_headers(req, type);
	/* What is left of it would be taken for the next request. */
	if (req->body_left > 0)
		header_default(req, "Connection", "close");
	evhttp_request_set_on_complete_cb(req->ev, on_complete_cb, req);
	http_conn_enter(req->conn, CONN_SENDING);
	return true;
}

void
http_reply_mark_body(struct http_req *req, size_t body_queued)
{
	struct evbuffer *out = bufferevent_get_output(req->conn->bev);

	req->sent_base =
	    req->conn->sent + evbuffer_get_length(out) - body_queued;
}

void
http_reply_length(struct http_req *req, uint64_t len)
{
	char text[24];

	req->length = len;
	snprintf(text, sizeof text, "%llu", (unsigned long long)len);
	evhttp_add_header(out_headers(req), "Content-Length", text);
}

static bool
has_no_body(const struct http_req *req, int status)
{
	return req->method == HTTP_HEAD || status == 204 || status == 304;
}

static void
add_part(struct evbuffer *body, const struct http_part *part)
{
	int ret = part->lasting ? evbuffer_add_reference(
				      body, part->data, part->len, NULL, NULL)
				: evbuffer_add(body, part->data, part->len);

	if (ret < 0)
		loop_need(NULL);
}

void
http_reply_parts(struct http_req *req, int status, const char *type,
    const struct http_part *parts, size_t count)
{
	struct evbuffer *body = NULL;
	size_t len = 0;

	if (!http_reply_begin(req, status, type))
		return;
	for (size_t i = 0; i < count; i++)
		len += parts[i].len;
	if (status != 204 && status != 304)
		http_reply_length(req, len);
	if (!has_no_body(req, status) && len > 0) {
		body = loop_need(evbuffer_new());
		for (size_t i = 0; i < count; i++) {
			if (parts[i].len > 0)
				add_part(body, &parts[i]);
		}
	}
	evhttp_send_reply(req->ev, status, status_phrase(status), body);
	http_reply_mark_body(req, body == NULL ? 0 : len);
	if (body != NULL)
		evbuffer_free(body);
}

void
http_reply(struct http_req *req, int status, const char *type, const void *data,
    size_t len)
{
	const struct http_part part = {data, len, false};

	http_reply_parts(req, status, type, &part, 1);
}

void
http_reply_start(struct http_req *req, int status)
{
	evhttp_send_reply_start(req->ev, status, status_phrase(status));
	http_reply_mark_body(req, 0);
}

void
http_reply_text(struct http_req *req, int status, const char *text)
{
	char line[64];

	if (text == NULL) {
		snprintf(line, sizeof line, "%s\n", status_phrase(status));
		text = line;
	}
	http_reply(
	    req, status, "text/plain; charset=utf-8", text, strlen(text));
}

void
http_reply_refuse(struct http_req *req, int status)
{
	/* After these the connection's state, or its peer, is not trusted. */
	if (status == 400 || status == 411 || status == 413 || status == 431 ||
	    status == 503)
		http_reply_header(req, "Connection", "close");
	http_reply_text(req, status, NULL);
}
