/*
 * The HTTP/1.1 server: a table of routes on inherited listening sockets.
 *
 * It parses, limits, normalises, routes, asks `authorize`, and frames replies
 * (always with Content-Length; none has a body on HEAD). It knows nothing of
 * nodes or tokens. Built on evhttp; only the files of src/net that include
 * httpd_private.h see that.
 *
 * What is answered before a handler is asked: 400 (malformed, or a path that
 * can not be normalised), 404, 405 with Allow (unknown methods too), 403
 * (authorize said no; the same bytes whatever the reason), 413 (body above
 * the route's limit), 411 (a PUT without its length), 431 (headers above the
 * limit), 503 (too many
 * connections, of all or of one peer; then the connection is closed). A
 * request that is not complete `receive_ms` after its first byte is cut off
 * unanswered. A client that shuts down its sending side counts as gone.
 */
#ifndef CONVECT_NET_HTTPD_H
#define CONVECT_NET_HTTPD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "net/loop.h"

enum {
	HTTP_GET = 1, /* a route with GET answers HEAD too */
	HTTP_HEAD = 2,
	HTTP_POST = 4,
	HTTP_PUT = 8,
	HTTP_DELETE = 16,
};

/* "GET", ...; "?" for what is none of them. */
const char *http_method_name(unsigned method);

/*
 * Who may call. A route without a class is refused by httpd_new(). What a
 * class demands is the authorize callback's to know; it is asked for every
 * class but HTTP_ACCESS_PUBLIC.
 */
enum http_access {
	HTTP_ACCESS_INVALID,
	HTTP_ACCESS_PUBLIC,
	HTTP_ACCESS_BOOT_TOKEN,
	HTTP_ACCESS_REPORT_TOKEN,
	HTTP_ACCESS_FIRSTBOOT_TOKEN,
	HTTP_ACCESS_INSPECT_TOKEN,
	HTTP_ACCESS_DASHBOARD,
};

struct http_req;

/*
 * A path pattern is literal segments and captures: `{name}` takes one segment
 * that is not empty, `{name...}` as the last one takes the rest, which may be
 * empty. "/boot/{mac}", "/seed/{token}/{file}", "/{path...}". Routes are
 * tried in order; the first whose path and method match is taken.
 *
 * The handler owns the request until it calls one of the functions that end
 * it: http_reply*(), http_req_drop(), sse_hub_attach(). It may keep it and
 * answer later, from any callback of the loop.
 */
struct http_route {
	unsigned methods; /* HTTP_GET | ... */
	const char *path;
	enum http_access access;
	/* Bytes; 0: a body is refused with 413. Up to the largest of the table
	 * may be held for each connection before the route is known, but for
	 * PUT: see http_req_receive(). */
	size_t body_max;
	void (*handler)(void *arg, struct http_req *req);
};

/* What became of a request, told once when it is over. */
struct http_result {
	uint64_t id; /* counts the requests of this server */
	unsigned method;
	const char *path;  /* normalised */
	const char *route; /* its pattern; NULL when none matched */
	const char *peer;
	const char *tag; /* of http_req_set_tag(); NULL: none */
	int status;	 /* 0: dropped before a status was sent */
	uint64_t offset; /* where in the file the body began */
	uint64_t length; /* Content-Length; 0 for a stream */
	uint64_t bytes;	 /* of body that left, or were in flight to the peer */
	int64_t ms;	 /* since the request was complete */
	bool complete;	 /* the whole reply was handed to the kernel */
};

/* Limits; 0 takes the default in brackets. Past it: see the top. */
struct httpd_limits {
	size_t header_max;    /* request line and headers, bytes [16384] */
	unsigned conn_max;    /* [1024] */
	unsigned conn_per_ip; /* [64] */
	int idle_ms;	      /* between requests of one connection [60000] */
	int receive_ms;	      /* for all of one request, absolute [30000] */
	/* No byte of a reply could be sent, or of a PUT's body came [60000]. */
	int stall_ms;
	int upload_ms; /* for all of a PUT's body, absolute [600000] */
};

struct httpd_config {
	const struct http_route *routes;
	size_t route_count;
	void *arg; /* of every callback here and of the handlers */
	/* 0: yes; anything else: 403. May be NULL if all routes are public. */
	int (*authorize)(
	    void *arg, const struct http_route *route, struct http_req *req);
	void (*on_result)(void *arg, const struct http_result *result);
	struct httpd_limits limits;
};

/*
 * Returns NULL with err when a row of the table is wrong (no access class, no
 * methods, bad pattern, no handler). The table must outlive the server.
 */
struct httpd *httpd_new(
    struct loop *loop, const struct httpd_config *config, struct err *err);
/* Closes the sockets and every connection; requests kept by handlers stay
 * valid, gone, and must still be ended. */
void httpd_free(struct httpd *httpd);
/* Serves a listening TCP socket, and owns it from now on (also on failure). */
int httpd_listen(struct httpd *httpd, int fd, struct err *err);
unsigned httpd_connections(const struct httpd *httpd);
/*
 * The files that are being sent, as their results will be but for what is not
 * known yet. `cb` must end no request.
 */
void httpd_each_file(struct httpd *httpd,
    void (*cb)(void *arg, const struct http_result *result), void *arg);

/* ---- the request; strings live until it is ended --------------------- */

unsigned http_req_method(const struct http_req *req);
/*
 * The path, %-decoded once, runs of slashes made one, "." and empty segments
 * gone; begins with '/'. A path with "..", a NUL, a broken escape or a
 * backslash never gets here. May hold any other byte: escape it for output.
 */
const char *http_req_path(const struct http_req *req);
/* What `{name}` of the route's pattern captured; NULL: no such name. */
const char *http_req_capture(const struct http_req *req, const char *name);
/* The first query parameter of that name, decoded; "" for one without '='. */
const char *http_req_query(const struct http_req *req, const char *name);
/* NULL when absent. */
const char *http_req_header(const struct http_req *req, const char *name);
/* Never NULL; NUL follows the last byte. */
const char *http_req_body(const struct http_req *req, size_t *ret_len);
/*
 * The body of a PUT is not collected: its handler is called at the end of the
 * head, and takes the body by this (once) or not at all. Only then is a client
 * that asks told to send it.
 */
struct http_sink {
	void *arg;
	/* Bytes, in order; must not end the request. NULL: not wanted. */
	void (*on_data)(void *arg, const void *data, size_t len);
	/* 0: that was all of it. -ECONNRESET: it broke off, or took too long;
	 * nobody is there for a reply. The request must still be ended. */
	void (*on_end)(void *arg, int error);
};
void http_req_receive(struct http_req *req, const struct http_sink *sink);
/* Bytes of a PUT's body that were not taken yet: its length, at first. */
uint64_t http_req_body_left(const struct http_req *req);
/* Numeric: "192.0.2.7"; IPv4-mapped IPv6 is written as IPv4. */
const char *http_req_peer(const struct http_req *req);
/* Our own address and port of this connection: URLs for this client use
 * them. */
const char *http_req_local(const struct http_req *req);
uint16_t http_req_local_port(const struct http_req *req);
const struct http_route *http_req_route(const struct http_req *req);
/* A copy of it comes back in the result: whose request this is. */
void http_req_set_tag(struct http_req *req, const char *tag);

/*
 * A request that is kept: cb is called once if the peer vanishes before the
 * reply. The request stays valid and must still be ended, which may be done
 * in cb; a reply then goes nowhere.
 */
void http_req_on_gone(struct http_req *req, loop_cb *cb, void *arg);
bool http_req_is_gone(const struct http_req *req);

/* ---- the reply: each call ends the request ------------------------------ */

/* Before the reply. A value with control bytes is left out. */
void http_reply_header(
    struct http_req *req, const char *name, const char *value);
/*
 * Copies the data. `type` NULL: no Content-Type. text/html gets the security
 * headers (CSP without inline code or foreign origins, no framing); all get
 * nosniff and, unless set before, Cache-Control: no-store.
 */
void http_reply(struct http_req *req, int status, const char *type,
    const void *data, size_t len);
struct http_part {
	const void *data;
	size_t len;
	bool lasting; /* stays as it is while the server lives: not copied */
};
/* A body in pieces, in their order. */
void http_reply_parts(struct http_req *req, int status, const char *type,
    const struct http_part *parts, size_t count);
/* The same with plain text; NULL: the status' own phrase. */
void http_reply_text(struct http_req *req, int status, const char *text);
/*
 * The status' own phrase to who may not do that: of a PUT's body, what is left
 * is read before where it is little, since an answer is lost in the reset that
 * unread bytes cause.
 */
void http_req_refuse(struct http_req *req, int status);
/*
 * Sends `len` bytes of a regular file from `offset` without copying, and owns
 * the descriptor. A file that shrinks meanwhile cuts the connection.
 */
void http_reply_file(
    struct http_req *req, int status, int fd, uint64_t offset, uint64_t len);
/* Closes the connection without an answer. */
void http_req_drop(struct http_req *req);

#endif
