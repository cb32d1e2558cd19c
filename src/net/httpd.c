#include "net/httpd.h"

#include <errno.h>
#include <event2/listener.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/httpd_private.h"
#include "net/loop_private.h"
#include "net/sockaddr.h"

/* How long no connection is accepted when descriptors ran out, at most. */
enum {
	ACCEPT_PAUSE_MS = 1000
};

static const struct {
	unsigned bit;
	const char *name;
} methods_known[] = {{HTTP_GET, "GET"}, {HTTP_HEAD, "HEAD"},
    {HTTP_POST, "POST"}, {HTTP_PUT, "PUT"}, {HTTP_DELETE, "DELETE"}};

#define METHOD_COUNT (sizeof methods_known / sizeof methods_known[0])

const char *
http_method_name(unsigned method)
{
	for (size_t i = 0; i < METHOD_COUNT; i++) {
		if (methods_known[i].bit == method)
			return methods_known[i].name;
	}
	return "?";
}

static void
allow_header(struct http_req *req, unsigned methods)
{
	struct buf list;

	buf_init(&list, 64);
	for (size_t i = 0; i < METHOD_COUNT; i++) {
		if ((methods & methods_known[i].bit) == 0)
			continue;
		if (list.len > 0)
			buf_adds(&list, ", ");
		buf_adds(&list, methods_known[i].name);
	}
	http_reply_header(req, "Allow", list.data);
	buf_done(&list);
}

static bool
is_authorized(struct httpd *httpd, struct http_req *req)
{
	const struct httpd_config *config = &httpd->config;

	if (req->route->access == HTTP_ACCESS_PUBLIC)
		return true;
	return config->authorize != NULL &&
	       config->authorize(config->arg, req->route, req) == 0;
}

/* The status that refuses the request, or 0 when its handler may have it. */
static int
screen_request(struct httpd *httpd, struct http_req *req)
{
	unsigned methods = 0;
	int status;

	if (req->conn->refused)
		return 503;
	status = http_req_parse(req);
	if (status != 0)
		return status;
	status = http_route_find(httpd, req, &methods);
	if (status == 405)
		allow_header(req, methods);
	if (status != 0)
		return status;
	if (!is_authorized(httpd, req))
		return 403;
	if (req->body.len > req->route->body_max ||
	    req->body_left > req->route->body_max)
		return 413;
	return 0;
}

static void
on_request_cb(struct evhttp_request *ev, void *arg)
{
	struct httpd *httpd = arg;
	struct http_conn *conn =
	    http_conn_find(httpd, evhttp_request_get_connection(ev));
	struct http_req *req;
	int status;

	if (conn == NULL) {
		evhttp_send_error(ev, HTTP_INTERNAL, NULL);
		return;
	}
	req = http_req_new(conn, ev);
	conn->req = req;
	http_conn_enter(conn, CONN_HANDLING);
	status = screen_request(httpd, req);
	if (status != 0) {
		http_req_refuse(req, status);
		return;
	}
	http_conn_watch_peer(conn);
	req->route->handler(httpd->config.arg, req);
}

static void
set_default(int *value, int fallback)
{
	if (*value == 0)
		*value = fallback;
}

static void
fill_limits(struct httpd_limits *limits)
{
	if (limits->header_max == 0)
		limits->header_max = 16384;
	if (limits->conn_max == 0)
		limits->conn_max = 1024;
	if (limits->conn_per_ip == 0)
		limits->conn_per_ip = 64;
	set_default(&limits->idle_ms, 60000);
	set_default(&limits->receive_ms, 30000);
	set_default(&limits->stall_ms, 60000);
	set_default(&limits->upload_ms, 600000);
}

size_t
http_largest_body(const struct httpd_config *config)
{
	size_t max = 0;

	for (size_t i = 0; i < config->route_count; i++) {
		const struct http_route *route = &config->routes[i];

		if (route->methods != HTTP_PUT && route->body_max > max)
			max = route->body_max;
	}
	return max;
}

/* Out of descriptors: without a pause the loop would do nothing else. */
static void
on_accept_error_cb(struct evconnlistener *evlistener, void *arg)
{
	(void)arg; /* evhttp's */
	log_warn(NULL, "http: accept: %s", strerror(errno));
	evconnlistener_disable(evlistener);
}

/* evhttp owns the argument of the callback above, so nobody can tell us when
 * to go on; enabling what is enabled costs nothing. */
static void
on_accept_again_cb(void *arg)
{
	struct httpd *httpd = arg;
	struct httpd_listener *listener;

	LIST_FOREACH(listener, &httpd->listeners, link)
	evconnlistener_enable(listener->listener);
}

struct httpd *
httpd_new(struct loop *loop, const struct httpd_config *config, struct err *err)
{
	struct httpd *httpd;

	if (http_routes_check(config->routes, config->route_count, err) < 0)
		return NULL;
	httpd = mem_alloc(sizeof *httpd);
	httpd->loop = loop;
	httpd->config = *config;
	fill_limits(&httpd->config.limits);
	LIST_INIT(&httpd->conns);
	LIST_INIT(&httpd->over);
	LIST_INIT(&httpd->kept);
	LIST_INIT(&httpd->listeners);
	httpd->accept_again = loop_timer_new(loop, on_accept_again_cb, httpd);
	loop_timer_every(httpd->accept_again, ACCEPT_PAUSE_MS);
	httpd->evhttp = loop_need(evhttp_new(loop_base(loop)));
	evhttp_set_bevcb(httpd->evhttp, http_conn_accept_cb, httpd);
	evhttp_set_gencb(httpd->evhttp, on_request_cb, httpd);
	evhttp_set_allowed_methods(httpd->evhttp, UINT16_MAX);
	evhttp_set_default_content_type(httpd->evhttp, NULL);
	evhttp_set_max_headers_size(httpd->evhttp, HTTP_HEADER_HARD_MAX);
	evhttp_set_max_body_size(
	    httpd->evhttp, (ev_ssize_t)http_largest_body(&httpd->config));
	/* Reads what is too long to its end: the 413 would be lost in the
	 * reset that unread bytes cause. */
	evhttp_set_flags(httpd->evhttp, EVHTTP_SERVER_LINGERING_CLOSE);
	return httpd;
}

void
httpd_free(struct httpd *httpd)
{
	struct httpd_listener *listener;

	if (httpd == NULL)
		return;
	while ((listener = LIST_FIRST(&httpd->listeners)) != NULL) {
		LIST_REMOVE(listener, link);
		free(listener);
	}
	loop_timer_free(httpd->accept_again);
	evhttp_free(httpd->evhttp); /* runs the connections' close callbacks */
	http_req_forget_all(httpd);
	free(httpd);
}

int
httpd_listen(struct httpd *httpd, int fd, struct err *err)
{
	struct httpd_listener *listener;
	int one = 1;
	int ret = sockaddr_check_listener(fd, err);

	if (ret < 0) {
		close(fd);
		return ret;
	}
	/* Accepted sockets inherit both. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one);
	listener = mem_alloc(sizeof *listener);
	listener->listener =
	    loop_need(evconnlistener_new(loop_base(httpd->loop), NULL, NULL,
		LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd));
	evconnlistener_set_error_cb(listener->listener, on_accept_error_cb);
	loop_need(evhttp_bind_listener(httpd->evhttp, listener->listener));
	LIST_INSERT_HEAD(&httpd->listeners, listener, link);
	return 0;
}

unsigned
httpd_connections(const struct httpd *httpd)
{
	return httpd->conn_count;
}
