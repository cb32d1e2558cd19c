/* PUT: bodies that are taken piece by piece, refused, or never complete. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/httpd.h"
#include "net_support.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define LARGE 3000000

struct fixture {
	struct loop *loop;
	struct httpd *httpd;
	uint16_t port;
	struct http_req *req;
	uint64_t length; /* as the head has it */
	size_t taken;
	size_t largest; /* piece */
	unsigned sum;
	int error;
	bool ended;
	bool answered; /* before the end */
	unsigned calls;
	int status; /* of the last result */
};

static void
on_data(void *arg, const void *data, size_t len)
{
	struct fixture *fix = arg;
	const unsigned char *bytes = data;

	for (size_t i = 0; i < len; i++)
		fix->sum = fix->sum * 31 + bytes[i];
	fix->taken += len;
	if (len > fix->largest)
		fix->largest = len;
}

static void
on_end(void *arg, int error)
{
	struct fixture *fix = arg;
	char text[64];

	fix->ended = true;
	fix->error = error;
	snprintf(text, sizeof text, "took %zu", fix->taken);
	if (error < 0)
		http_req_drop(fix->req);
	else
		http_reply_text(fix->req, 201, text);
}

static void
on_put(void *arg, struct http_req *req)
{
	struct fixture *fix = arg;
	const struct http_sink sink = {fix, on_data, on_end};

	fix->calls++;
	fix->req = req;
	fix->taken = 0;
	fix->length = http_req_body_left(req);
	assert_int_equal(http_req_method(req), HTTP_PUT);
	http_req_receive(req, &sink);
}

/* Takes nothing of it. */
static void
on_refuse(void *arg, struct http_req *req)
{
	(void)arg;
	http_reply_text(req, 507, "no room");
}

static void
on_get(void *arg, struct http_req *req)
{
	(void)arg;
	http_reply_text(req, 200, "got");
}

static int
authorize(void *arg, const struct http_route *route, struct http_req *req)
{
	(void)arg;
	(void)route;
	return strcmp(http_req_capture(req, "name"), "good") == 0 ? 0 : -EACCES;
}

static void
on_result(void *arg, const struct http_result *result)
{
	struct fixture *fix = arg;

	fix->status = result->status;
}

static const struct http_route routes[] = {
    {HTTP_PUT, "/logs/{name}", HTTP_ACCESS_REPORT_TOKEN, 4000000, on_put},
    {HTTP_PUT, "/refuse", HTTP_ACCESS_PUBLIC, 4000000, on_refuse},
    {HTTP_GET, "/get", HTTP_ACCESS_PUBLIC, 0, on_get},
};

static struct fixture *
start(const struct httpd_limits *limits)
{
	struct fixture *fix = calloc(1, sizeof *fix);
	struct httpd_config config = {
	    .routes = routes,
	    .route_count = COUNT(routes),
	    .arg = fix,
	    .authorize = authorize,
	    .on_result = on_result,
	};

	assert_non_null(fix);
	if (limits != NULL)
		config.limits = *limits;
	fix->loop = loop_new();
	fix->httpd = httpd_on_loopback(fix->loop, &config, &fix->port);
	return fix;
}

static void
stop(struct fixture *fix)
{
	httpd_free(fix->httpd);
	loop_free(fix->loop);
	free(fix);
}

static void
expect(struct fixture *fix, const char *request, const char *want)
{
	ask_and_expect(fix->loop, fix->port, request, want);
}

static void
test_bodies(void **state)
{
	struct fixture *fix = start(NULL);

	(void)state;
	expect(fix,
	    "PUT /logs/good HTTP/1.1\r\nConnection: close\r\n"
	    "Content-Length: 5\r\n\r\nhello",
	    "\r\n\r\ntook 5");
	assert_int_equal(fix->length, 5);
	expect(fix,
	    "PUT /logs/good HTTP/1.1\r\nConnection: close\r\n"
	    "Content-Length: 0\r\n\r\n",
	    "\r\n\r\ntook 0");
	expect(fix, "PUT /logs/good HTTP/1.1\r\nConnection: close\r\n\r\n",
	    "\r\n\r\ntook 0");
	assert_int_equal(fix->calls, 3);
	assert_int_equal(fix->status, 201);
	stop(fix);
}

/* One after the other on one connection, some sent ahead. */
static void
test_pipelining(void **state)
{
	struct fixture *fix = start(NULL);
	struct peer peer;

	(void)state;
	peer_connect(&peer, fix->loop, fix->port);
	peer_send(&peer, "PUT /logs/good HTTP/1.1\r\nContent-Length: 3\r\n\r\n"
			 "PUTGET /get HTTP/1.1\r\n\r\n"
			 "PUT /logs/good HTTP/1.1\r\nContent-Length: 4\r\n\r\n"
			 "late");
	assert_true(peer_wait_for(&peer, "took 4"));
	assert_non_null(strstr(peer.in.data, "took 3"));
	assert_non_null(strstr(peer.in.data, "got"));
	peer_done(&peer);
	/* The method itself in pieces. */
	peer_connect(&peer, fix->loop, fix->port);
	peer_send(&peer, "PU");
	run_turns(fix->loop, 3);
	peer_send(&peer, "T /logs/good HTTP/1.1\r\nContent-Length: 6\r\n\r\n");
	run_turns(fix->loop, 3);
	peer_send(&peer, "abc");
	run_turns(fix->loop, 3);
	assert_int_equal(fix->taken, 3);
	peer_send(&peer, "def");
	assert_true(peer_wait_for(&peer, "took 6"));
	assert_int_equal(httpd_connections(fix->httpd), 1);
	peer_done(&peer);
	stop(fix);
}

static void
send_large(struct fixture *fix, const char *head, const char *answer)
{
	char *body = malloc(LARGE);
	struct peer peer;

	assert_non_null(body);
	memset(body, 'x', LARGE);
	peer_connect(&peer, fix->loop, fix->port);
	peer_send(&peer, head);
	peer_send_len(&peer, body, LARGE);
	assert_true(peer_wait_for(&peer, answer));
	peer_done(&peer);
	free(body);
}

/* Never in memory whole: no piece is larger than what a connection reads. */
static void
test_large_body(void **state)
{
	struct fixture *fix = start(NULL);

	(void)state;
	send_large(fix,
	    "PUT /logs/good HTTP/1.1\r\nContent-Length: 3000000\r\n\r\n",
	    "took 3000000");
	assert_int_equal(fix->taken, LARGE);
	assert_true(fix->largest <= 200000);
	stop(fix);
}

static void
test_client_that_asks(void **state)
{
	struct fixture *fix = start(NULL);
	struct peer peer;

	(void)state;
	peer_connect(&peer, fix->loop, fix->port);
	peer_send(&peer, "PUT /logs/good HTTP/1.1\r\nContent-Length: 4\r\n"
			 "Expect: 100-continue\r\n\r\n");
	assert_true(peer_wait_for(&peer, "HTTP/1.1 100 Continue\r\n\r\n"));
	assert_int_equal(fix->taken, 0);
	peer_send(&peer, "body");
	assert_true(peer_wait_for(&peer, "took 4"));
	peer_done(&peer);
	/* Who may not is told before he has sent anything. */
	peer_connect(&peer, fix->loop, fix->port);
	peer_send(&peer, "PUT /logs/bad HTTP/1.1\r\nContent-Length: 3000000\r\n"
			 "Expect: 100-continue\r\n\r\n");
	peer_wait_eof(&peer);
	assert_non_null(strstr(peer.in.data, "HTTP/1.1 403 "));
	assert_null(strstr(peer.in.data, "100 Continue"));
	peer_done(&peer);
	assert_int_equal(fix->calls, 1);
	stop(fix);
}

static void
test_refusals(void **state)
{
	static const struct {
		const char *request;
		const char *answer;
	} rows[] = {
	    {"PUT /logs/bad HTTP/1.1\r\nContent-Length: 4\r\n"
	     "Connection: close\r\n\r\nbody",
		"HTTP/1.1 403 "},
	    {"PUT /nowhere HTTP/1.1\r\nContent-Length: 4\r\n"
	     "Connection: close\r\n\r\nbody",
		"HTTP/1.1 404 "},
	    {"PUT /get HTTP/1.1\r\nContent-Length: 4\r\n"
	     "Connection: close\r\n\r\nbody",
		"HTTP/1.1 405 "},
	    {"PUT /logs/good HTTP/1.1\r\nContent-Length: 4000001\r\n\r\n",
		"HTTP/1.1 413 "},
	    {"PUT /logs/good HTTP/1.1\r\nContent-Length: 99999999999999999999"
	     "\r\n\r\n",
		"HTTP/1.1 400 "},
	    {"PUT /logs/good HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
		"HTTP/1.1 400 "},
	    {"PUT /logs/good HTTP/1.1\r\nContent-Length: 4\r\n"
	     "Content-Length: 5\r\n\r\nbody",
		"HTTP/1.1 400 "},
	    {"PUT /logs/good HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	     "4\r\nbody\r\n0\r\n\r\n",
		"HTTP/1.1 411 "},
	    {"PUT /refuse HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 507 "},
	};
	struct fixture *fix = start(NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		expect(fix, rows[i].request, rows[i].answer);
	assert_int_equal(fix->calls, 0);
	stop(fix);
}

/* What is refused is read all the same, so that the answer arrives. */
static void
test_refused_body_is_read(void **state)
{
	struct fixture *fix = start(NULL);
	struct peer peer;

	(void)state;
	peer_connect(&peer, fix->loop, fix->port);
	peer_send(&peer, "PUT /logs/bad HTTP/1.1\r\nContent-Length: 4\r\n\r\n");
	run_turns(fix->loop, 3);
	assert_int_equal(peer.in.len, 0);
	peer_send(&peer, "bodyGET /get HTTP/1.1\r\n\r\n");
	assert_true(peer_wait_for(&peer, "got"));
	assert_non_null(strstr(peer.in.data, "403 Forbidden"));
	peer_done(&peer);
	stop(fix);
}

static void
send_half(struct fixture *fix, struct peer *peer)
{
	peer_connect(peer, fix->loop, fix->port);
	peer_send(peer, "PUT /logs/good HTTP/1.1\r\nContent-Length: 9\r\n\r\n"
			"half");
	while (fix->taken < 4)
		loop_turn(fix->loop);
}

static void
test_body_breaks_off(void **state)
{
	struct fixture *fix = start(NULL);
	struct peer peer;

	(void)state;
	send_half(fix, &peer);
	peer_done(&peer);
	run_until(fix->loop, &fix->ended);
	assert_int_equal(fix->error, -ECONNRESET);
	assert_int_equal(httpd_connections(fix->httpd), 0);
	stop(fix);
}

static void
test_server_goes(void **state)
{
	struct fixture *fix = start(NULL);
	struct peer peer;

	(void)state;
	send_half(fix, &peer);
	httpd_free(fix->httpd);
	fix->httpd = NULL;
	assert_true(fix->ended);
	assert_int_equal(fix->error, -ECONNRESET);
	peer_done(&peer);
	stop(fix);
}

struct dripper {
	struct peer *peer;
	struct loop_timer *timer;
};

static void
on_drip_cb(void *arg)
{
	struct dripper *dripper = arg;

	if (!dripper->peer->eof)
		peer_send_len(dripper->peer, "x", 1);
}

/* A byte now and then does not keep a connection for ever; nor does none. */
static void
expect_cut_off(const struct httpd_limits *limits, int drip_ms)
{
	struct fixture *fix = start(limits);
	struct dripper dripper;
	struct peer peer;

	peer_connect(&peer, fix->loop, fix->port);
	peer_send(
	    &peer, "PUT /logs/good HTTP/1.1\r\nContent-Length: 90000\r\n\r\n");
	dripper.peer = &peer;
	dripper.timer = loop_timer_new(fix->loop, on_drip_cb, &dripper);
	loop_timer_every(dripper.timer, drip_ms);
	peer_wait_eof(&peer);
	assert_true(fix->ended);
	assert_int_equal(fix->error, -ECONNRESET);
	assert_int_equal(peer.in.len, 0);
	loop_timer_free(dripper.timer);
	peer_done(&peer);
	stop(fix);
}

static void
test_slow_body(void **state)
{
	const struct httpd_limits dripping = {
	    .stall_ms = 5000, .upload_ms = 60};
	const struct httpd_limits silent = {.stall_ms = 30, .upload_ms = 9000};

	(void)state;
	expect_cut_off(&dripping, 2);
	expect_cut_off(&silent, 8000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bodies),
	    cmocka_unit_test(test_pipelining),
	    cmocka_unit_test(test_large_body),
	    cmocka_unit_test(test_client_that_asks),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_refused_body_is_read),
	    cmocka_unit_test(test_body_breaks_off),
	    cmocka_unit_test(test_server_goes),
	    cmocka_unit_test(test_slow_body),
	};

	return cmocka_run_group_tests_name("httpd_put", tests, NULL, NULL);
}
