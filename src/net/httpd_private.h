/*
 * Inside the HTTP server: the one place that shows evhttp. Included by
 * src/net's httpd*.c and http_route.c only; sse.c and filesrv.c use the
 * stream functions of httpd_stream.h and httpd.h.
 *
 * Lives: a connection (struct http_conn) is evhttp's and dies in its close
 * callback. A request (struct http_req) is the handler's until it is ended,
 * then the connection's until the reply has left. Requests that outlive their
 * connection are `gone` and keep the evhttp request that their strings are
 * in; what is over is freed in the next turn, never under evhttp's feet.
 */
#ifndef CONVECT_NET_HTTPD_PRIVATE_H
#define CONVECT_NET_HTTPD_PRIVATE_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <netinet/in.h>
#include <sys/queue.h>

#include "net/http_path.h"
#include "net/httpd.h"
#include "net/httpd_stream.h"

#define HTTP_CAPTURES_MAX 8
#define HTTP_ADDR_STRLEN INET6_ADDRSTRLEN

/* Above our own limit and up to here the answer is a clean 431. */
#define HTTP_HEADER_HARD_MAX 65536

struct http_capture {
	const char *name; /* in the pattern, not terminated */
	size_t name_len;
	char *value;
};

enum http_stage {
	HTTP_OPEN,  /* the handler's */
	HTTP_REPLY, /* the reply is leaving */
	HTTP_OVER,  /* waits to be freed */
};

/* The sending end of http_reply_file(). */
struct http_pump {
	int fd; /* -1: no file */
	uint64_t pos;
	uint64_t left;
};

struct http_req {
	LIST_ENTRY(http_req) link; /* in httpd->over or ->kept */
	struct httpd *httpd;	   /* NULL when that is gone */
	uint64_t id;
	struct http_conn *conn; /* NULL when gone */
	struct evhttp_request *ev;
	enum http_stage stage;
	bool gone;
	unsigned method;
	struct buf path;
	struct http_query query;
	struct buf body;
	bool put; /* its body is the handler's to take */
	uint64_t body_left;
	bool receiving; /* by `sink` */
	struct http_sink sink;
	int refusal; /* the status, once the body is read */
	const struct http_route *route;
	char *tag; /* or NULL */
	struct http_capture capture[HTTP_CAPTURES_MAX];
	size_t capture_count;
	char peer[HTTP_ADDR_STRLEN];
	char local[HTTP_ADDR_STRLEN];
	uint16_t local_port;
	loop_cb *on_gone;
	void *on_gone_arg;
	int64_t start_ms;
	int status;
	uint64_t offset;
	uint64_t length;
	uint64_t sent_base; /* conn->sent where the body begins */
	uint64_t body_sent;
	struct http_pump pump;
	struct http_stream *stream;
};

enum conn_state {
	CONN_IDLE,	/* between requests */
	CONN_RECEIVING, /* a request has begun */
	CONN_HANDLING,	/* the handler has it */
	CONN_UPLOAD,	/* the handler takes its body */
	CONN_SENDING,	/* the reply is leaving */
	CONN_DROPPED,	/* to be closed in the next turn */
};

struct http_conn {
	LIST_ENTRY(http_conn) link;
	struct httpd *httpd;
	struct bufferevent *bev;	 /* a reference */
	struct evhttp_connection *evcon; /* NULL until admitted */
	struct loop_timer *timer;
	enum conn_state state;
	bool refused;
	bool looked;	  /* at the method of the next request */
	bool put;	  /* which evhttp does not know */
	int64_t enter_ms; /* when the state began */
	int64_t since_ms; /* the same, or when the last byte went or came */
	uint64_t sent;	  /* bytes that left, all replies */
	struct http_req *req;
	char peer[HTTP_ADDR_STRLEN];
	char local[HTTP_ADDR_STRLEN];
	uint16_t local_port;
};

LIST_HEAD(http_conn_list, http_conn);
LIST_HEAD(http_req_list, http_req);

struct httpd_listener {
	LIST_ENTRY(httpd_listener) link;
	struct evconnlistener *listener; /* evhttp's */
};
LIST_HEAD(httpd_listener_list, httpd_listener);

struct httpd {
	struct loop *loop;
	struct evhttp *evhttp;
	struct httpd_config config;
	struct http_conn_list conns;
	unsigned conn_count;
	uint64_t req_count;
	struct http_req_list over; /* to be freed in the next turn */
	struct http_req_list kept; /* gone, and still a handler's */
	struct httpd_listener_list listeners;
	struct loop_timer *accept_again;
};

/* ---- httpd.c -------------------------------------------------------- */

/* The largest body any route has collected, that is of all but PUT. */
size_t http_largest_body(const struct httpd_config *config);

/* ---- http_route.c ------------------------------------------------------- */

/* Checks the table; err names the row. */
int http_routes_check(
    const struct http_route *routes, size_t count, struct err *err);
/*
 * Finds the route for req->path and req->method and fills route and captures.
 * 0, 404, or 405 with the allowed methods in *ret_methods.
 */
int http_route_find(
    const struct httpd *httpd, struct http_req *req, unsigned *ret_methods);

/* ---- httpd_conn.c ---------------------------------------------------------
 */

/* evhttp asks for the bufferevent of a connection that it has accepted. */
struct bufferevent *http_conn_accept_cb(struct event_base *base, void *arg);
/* The connection of a request that evhttp hands over; NULL: unknown. */
struct http_conn *http_conn_find(
    struct httpd *httpd, struct evhttp_connection *evcon);
/* Enters a state and starts its deadline. */
void http_conn_enter(struct http_conn *conn, enum conn_state state);
/* Sees the peer vanish while a handler thinks. */
void http_conn_watch_peer(struct http_conn *conn);
/* Closes in the next turn. */
void http_conn_drop(struct http_conn *conn);

/* ---- httpd_req.c ------------------------------------------------------------
 */

struct http_req *http_req_new(
    struct http_conn *conn, struct evhttp_request *ev);
/* Path, query and body; 0 or the status that refuses it. */
int http_req_parse(struct http_req *req);
/* What can be said of it now. */
void http_req_fill_result(
    const struct http_req *req, struct http_result *ret_result);
/* The connection is going away. */
void http_req_lost(struct http_req *req);
/* The reply has left, or nobody is there to take it: tells and frees. */
void http_req_over(struct http_req *req, bool complete);
/* The server is going away: frees what is over, cuts loose what is kept. */
void http_req_forget_all(struct httpd *httpd);

/* ---- httpd_body.c ------------------------------------------------------- */

/* Bytes came that may begin a request. */
void http_body_look(struct http_conn *conn);
/* A PUT's head is in: 0, or the status that refuses it. */
int http_body_head(struct http_req *req);
/* Bytes of a body came. */
void http_body_came(struct http_conn *conn);
/* The connection is about to be freed. */
void http_body_lost(struct http_conn *conn);
/* The connection of a request is gone: tells who takes its body. */
void http_body_gone(struct http_req *req);

/* ---- httpd_reply.c ----------------------------------------------------------
 */

/* Our own short answer to what is wrong. */
void http_reply_refuse(struct http_req *req, int status);
/*
 * Ends the handler's part: false when nobody is there any more (the request
 * is then over). Sets status and the headers that every reply has.
 */
bool http_reply_begin(struct http_req *req, int status, const char *type);
/* The head is in the output: what leaves from here on is body. */
void http_reply_mark_body(struct http_req *req, size_t body_queued);

/* Content-Length; and the head of a reply whose body follows piece by piece. */
void http_reply_length(struct http_req *req, uint64_t len);
void http_reply_start(struct http_req *req, int status);

/* ---- httpd_file.c -----------------------------------------------------------
 */

/* Closes the file of a reply, if there is one. */
void http_file_done(struct http_req *req);

/* ---- httpd_stream.c ------------------------------------------------- */

void http_stream_lost(struct http_stream *stream);

#endif
