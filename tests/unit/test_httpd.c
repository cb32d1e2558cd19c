/* The HTTP server over real sockets: routing, framing, limits, deadlines. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/httpd.h"
#include "net_support.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define CLOSE "Connection: close\r\n\r\n"

struct fixture {
	struct loop *loop;
	struct httpd *httpd;
	uint16_t port;
	struct http_req *kept;
	bool has_kept;
	bool gone;
	unsigned asked; /* authorize() */
	struct http_result last;
	char last_path[256];
	unsigned results;
};

static void
on_echo(void *arg, struct http_req *req)
{
	struct buf out;
	size_t len;
	const char *body = http_req_body(req, &len);
	const char *query = http_req_query(req, "q");
	const char *mac = http_req_capture(req, "mac");

	(void)arg;
	buf_init(&out, 65536);
	buf_addf(&out, "path=%s mac=%s q=%s body=%s peer=%s local=%s:%u",
	    http_req_path(req), mac == NULL ? "-" : mac,
	    query == NULL ? "-" : query, body, http_req_peer(req),
	    http_req_local(req), http_req_local_port(req));
	http_reply(req, 200, "text/plain", out.data, out.len);
	buf_done(&out);
}

static void
on_html(void *arg, struct http_req *req)
{
	(void)arg;
	http_reply(req, 200, "text/html; charset=utf-8", "<p>", 3);
}

static void
on_keep_gone(void *arg)
{
	struct fixture *fix = arg;

	fix->gone = true;
}

static void
on_keep(void *arg, struct http_req *req)
{
	struct fixture *fix = arg;

	fix->kept = req;
	fix->has_kept = true;
	http_req_on_gone(req, on_keep_gone, fix);
}

static void
on_drop(void *arg, struct http_req *req)
{
	(void)arg;
	http_req_drop(req);
}

static int
authorize(void *arg, const struct http_route *route, struct http_req *req)
{
	struct fixture *fix = arg;
	const char *token = http_req_header(req, "X-Token");

	assert_ptr_equal(route, http_req_route(req));
	assert_int_not_equal(route->access, HTTP_ACCESS_PUBLIC);
	fix->asked++;
	return token != NULL && strcmp(token, "good") == 0 ? 0 : -EACCES;
}

static void
on_result(void *arg, const struct http_result *result)
{
	struct fixture *fix = arg;

	fix->last = *result;
	snprintf(fix->last_path, sizeof fix->last_path, "%s", result->path);
	fix->results++;
}

static const struct http_route routes[] = {
    {HTTP_GET, "/", HTTP_ACCESS_PUBLIC, 0, on_html},
    {HTTP_GET, "/boot/{mac}", HTTP_ACCESS_PUBLIC, 0, on_echo},
    {HTTP_POST, "/report/{mac}", HTTP_ACCESS_REPORT_TOKEN, 1000, on_echo},
    {HTTP_DELETE, "/report/{mac}", HTTP_ACCESS_PUBLIC, 0, on_echo},
    {HTTP_POST, "/large/{mac}", HTTP_ACCESS_PUBLIC, 100000, on_echo},
    {HTTP_GET | HTTP_POST, "/keep", HTTP_ACCESS_PUBLIC, 10, on_keep},
    {HTTP_GET, "/drop", HTTP_ACCESS_PUBLIC, 0, on_drop},
    {HTTP_GET, "/tree/{mac...}", HTTP_ACCESS_PUBLIC, 0, on_echo},
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
test_routes(void **state)
{
	static const struct {
		const char *request;
		const char *want;
	} rows[] = {
	    {"GET /boot/aa:bb HTTP/1.1\r\nHost: x\r\n" CLOSE,
		"path=/boot/aa:bb mac=aa:bb q=- body= peer=127.0.0.1 "
		"local=127.0.0.1:"},
	    {"GET //boot///aa%3Abb/./?q=a%20b+c&q=2 HTTP/1.1\r\n" CLOSE,
		"path=/boot/aa:bb mac=aa:bb q=a b c "},
	    {"GET http://other:99/boot/a?q HTTP/1.1\r\nHost: y\r\n" CLOSE,
		"path=/boot/a mac=a q= "},
	    {"GET /boot/a HTTP/1.0\r\n\r\n", "path=/boot/a mac=a"},
	    {"GET /tree/a/b%2fc HTTP/1.1\r\n" CLOSE, "mac=a/b/c "},
	    {"GET /tree HTTP/1.1\r\n" CLOSE, "path=/tree mac= "},
	    {"GET /boot HTTP/1.1\r\n" CLOSE, "HTTP/1.1 404 Not Found\r\n"},
	    {"GET /boot/a/b HTTP/1.1\r\n" CLOSE, "HTTP/1.1 404 "},
	    {"POST /boot/a HTTP/1.1\r\nContent-Length: 0\r\n" CLOSE,
		"\r\nAllow: GET, HEAD\r\n"},
	    {"POST /boot/a HTTP/1.1\r\nContent-Length: 0\r\n" CLOSE,
		"HTTP/1.1 405 Method Not Allowed\r\n"},
	    {"GET /report/a HTTP/1.1\r\n" CLOSE, "\r\nAllow: POST, DELETE\r\n"},
	    {"PATCH /boot/a HTTP/1.1\r\n" CLOSE, "HTTP/1.1 405 "},
	    {"GET / HTTP/1.1\r\n" CLOSE, "\r\nContent-Security-Policy: "},
	    {"GET / HTTP/1.1\r\n" CLOSE,
		"\r\nX-Content-Type-Options: nosniff\r\n"},
	    {"GET / HTTP/1.1\r\n" CLOSE, "\r\nContent-Length: 3\r\n"},
	};
	struct fixture *fix = start(NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		expect(fix, rows[i].request, rows[i].want);
	assert_int_equal(fix->results, COUNT(rows));
	assert_int_equal(fix->asked, 0);
	stop(fix);
}

static void
test_bad_requests(void **state)
{
	static const char *const requests[] = {
	    "GET /boot/../etc HTTP/1.1\r\n" CLOSE,
	    "GET /boot/%2e%2e/etc HTTP/1.1\r\n" CLOSE,
	    "GET /boot/%2E%2e%2fetc HTTP/1.1\r\n" CLOSE,
	    "GET /boot/a%00b HTTP/1.1\r\n" CLOSE,
	    "GET /boot/a%0ab HTTP/1.1\r\n" CLOSE,
	    "GET /boot/%zz HTTP/1.1\r\n" CLOSE,
	    "GET /boot/a%2 HTTP/1.1\r\n" CLOSE,
	    "GET /boot\\a HTTP/1.1\r\n" CLOSE,
	    "GET boot/a HTTP/1.1\r\n" CLOSE,
	    "GET ftp://h/boot/a HTTP/1.1\r\n" CLOSE,
	    "GET /boot/a?q=%0 HTTP/1.1\r\n" CLOSE,
	    "GET /boot/a HTTP/9.x\r\n\r\n",
	    "GET\r\n\r\n",
	    "GET / HTTP/1.1\r\nno colon here\r\n\r\n",
	    "POST /report/a HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
	    "POST /report/a HTTP/1.1\r\nContent-Length: x\r\n\r\n",
	};
	struct fixture *fix = start(NULL);

	(void)state;
	for (size_t i = 0; i < COUNT(requests); i++)
		expect(fix, requests[i], "HTTP/1.1 400 ");
	assert_int_equal(httpd_connections(fix->httpd), 0);
	stop(fix);
}

static void
test_unknown_method(void **state)
{
	struct fixture *fix = start(NULL);

	(void)state;
	expect(fix, "BREW / HTTP/1.1\r\n" CLOSE, "HTTP/1.1 405 ");
	stop(fix);
}

static void
test_access(void **state)
{
	struct fixture *fix = start(NULL);
	struct peer a, b;

	(void)state;
	expect(fix,
	    "POST /report/t HTTP/1.1\r\nX-Token: good\r\n"
	    "Content-Length: 3\r\nConnection: close\r\n\r\nabc",
	    "body=abc ");
	/* The refusal is the same whatever was wrong with the token. */
	peer_ask(&a, fix->loop, fix->port,
	    "POST /report/t HTTP/1.1\r\nX-Token: bad\r\n"
	    "Content-Length: 3\r\nConnection: close\r\n\r\nabc");
	peer_ask(&b, fix->loop, fix->port,
	    "POST /report/other HTTP/1.1\r\nContent-Length: 0\r\n" CLOSE);
	assert_non_null(strstr(a.in.data, "HTTP/1.1 403 Forbidden\r\n"));
	assert_string_equal(
	    strstr(a.in.data, "\r\n\r\n"), "\r\n\r\nForbidden\n");
	assert_string_equal(
	    strstr(b.in.data, "\r\n\r\n"), strstr(a.in.data, "\r\n\r\n"));
	assert_int_equal(fix->asked, 3);
	peer_done(&a);
	peer_done(&b);
	stop(fix);
}

static void
test_table_is_checked(void **state)
{
	static const struct http_route bad[] = {
	    {HTTP_GET, "/a", HTTP_ACCESS_INVALID, 0, on_echo},
	    {0, "/a", HTTP_ACCESS_PUBLIC, 0, on_echo},
	    {HTTP_GET, "a", HTTP_ACCESS_PUBLIC, 0, on_echo},
	    {HTTP_GET, NULL, HTTP_ACCESS_PUBLIC, 0, on_echo},
	    {HTTP_GET, "/a//b", HTTP_ACCESS_PUBLIC, 0, on_echo},
	    {HTTP_GET, "/{a...}/b", HTTP_ACCESS_PUBLIC, 0, on_echo},
	    {HTTP_GET, "/a", HTTP_ACCESS_PUBLIC, 0, NULL},
	};
	struct loop *loop = loop_new();

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct httpd_config config = {
		    .routes = &bad[i], .route_count = 1};
		struct err err = {0};

		assert_null(httpd_new(loop, &config, &err));
		assert_non_null(strstr(err.text, "HTTP route 1"));
	}
	loop_free(loop);
}

static void
test_body_limits(void **state)
{
	struct fixture *fix = start(NULL);
	char *big = malloc(200001);

	(void)state;
	memset(big, 'x', 200000);
	big[200000] = '\0';
	expect(fix,
	    "POST /boot/a HTTP/1.1\r\nContent-Length: 1\r\n"
	    "Connection: close\r\n\r\nx",
	    "HTTP/1.1 405 ");
	expect(fix,
	    "GET /boot/a HTTP/1.1\r\nContent-Length: 1\r\n"
	    "Connection: close\r\n\r\nx",
	    "HTTP/1.1 413 ");
	/* Above the route's limit, below the largest. */
	for (size_t len = 1000; len <= 1001; len++) {
		struct peer peer;
		char head[200];

		snprintf(head, sizeof head,
		    "POST /report/a HTTP/1.1\r\nX-Token: good\r\n"
		    "Connection: close\r\nContent-Length: %zu\r\n\r\n",
		    len);
		peer_connect(&peer, fix->loop, fix->port);
		peer_send(&peer, head);
		peer_send_len(&peer, big, len);
		peer_wait_eof(&peer);
		assert_non_null(strstr(peer.in.data,
		    len == 1000 ? "HTTP/1.1 200 " : "HTTP/1.1 413 "));
		peer_done(&peer);
	}
	free(big);
	stop(fix);
}

static void
test_body_above_all_limits(void **state)
{
	struct fixture *fix = start(NULL);
	struct peer peer;
	char *big = malloc(200001);

	(void)state;
	memset(big, 'x', 200000);
	peer_connect(&peer, fix->loop, fix->port);
	peer_send(&peer, "POST /large/a HTTP/1.1\r\n"
			 "Content-Length: 200000\r\n\r\n");
	peer_send_len(&peer, big, 200000);
	peer_wait_eof(&peer);
	assert_non_null(strstr(peer.in.data, "HTTP/1.1 413 "));
	peer_done(&peer);
	peer_connect(&peer, fix->loop, fix->port);
	peer_send(&peer, "POST /large/a HTTP/1.1\r\n"
			 "Transfer-Encoding: chunked\r\n\r\n30d40\r\n");
	peer_send_len(&peer, big, 200000);
	peer_wait_eof(&peer);
	assert_non_null(strstr(peer.in.data, "HTTP/1.1 413 "));
	peer_done(&peer);
	free(big);
	stop(fix);
}

static void
test_chunked_body(void **state)
{
	struct fixture *fix = start(NULL);

	(void)state;
	expect(fix,
	    "POST /large/a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n"
	    "Connection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
	    "body=abcde ");
	stop(fix);
}

static void
test_header_limit(void **state)
{
	struct fixture *fix = start(NULL);
	char *request = malloc(200000);
	char *pos;

	(void)state;
	pos = stpcpy(request, "GET /boot/a HTTP/1.1\r\n");
	for (int i = 0; i < 200; i++)
		pos += sprintf(pos, "X-Header-%03d: %080d\r\n", i, i);
	stpcpy(pos, CLOSE);
	expect(fix, request, "HTTP/1.1 431 Request Header Fields Too Large");
	pos = stpcpy(request, "GET /");
	memset(pos, 'a', 17000);
	stpcpy(pos + 17000, " HTTP/1.1\r\n" CLOSE);
	expect(fix, request, "HTTP/1.1 431 ");
	/* Far above: cut off while it is still coming. */
	pos = stpcpy(request, "GET /");
	memset(pos, 'a', 150000);
	stpcpy(pos + 150000, " HTTP/1.1\r\n" CLOSE);
	expect(fix, request, "HTTP/1.1 400 ");
	free(request);
	stop(fix);
}

static void
test_head_has_no_body(void **state)
{
	struct fixture *fix = start(NULL);
	struct peer peer;
	char *end;

	(void)state;
	peer_ask(&peer, fix->loop, fix->port,
	    "HEAD / HTTP/1.1\r\nHost: x\r\n" CLOSE);
	assert_non_null(strstr(peer.in.data, "\r\nContent-Length: 3\r\n"));
	end = strstr(peer.in.data, "\r\n\r\n");
	assert_non_null(end);
	assert_string_equal(end, "\r\n\r\n");
	peer_done(&peer);
	stop(fix);
}

static void
test_keep_alive_and_pipelining(void **state)
{
	struct fixture *fix = start(NULL);
	struct peer peer;

	(void)state;
	peer_connect(&peer, fix->loop, fix->port);
	peer_send(&peer, "GET /boot/one HTTP/1.1\r\n\r\n"
			 "HEAD /boot/two HTTP/1.1\r\n\r\n"
			 "GET /nothing HTTP/1.1\r\n\r\n"
			 "GET /boot/four HTTP/1.1\r\n\r\n");
	assert_true(peer_wait_for(&peer, "mac=four"));
	assert_non_null(strstr(peer.in.data, "mac=one"));
	assert_non_null(strstr(peer.in.data, "404 Not Found"));
	assert_int_equal(httpd_connections(fix->httpd), 1);
	peer_send(&peer, "GET /boot/five HTTP/1.1\r\n" CLOSE);
	assert_true(peer_wait_for(&peer, "mac=five"));
	peer_wait_eof(&peer);
	assert_int_equal(httpd_connections(fix->httpd), 0);
	assert_int_equal(fix->results, 5);
	peer_done(&peer);
	stop(fix);
}

static void
test_late_reply(void **state)
{
	struct fixture *fix = start(NULL);
	struct peer peer;

	(void)state;
	peer_connect(&peer, fix->loop, fix->port);
	/* The second one is sent ahead while the first is thought about. */
	peer_send(&peer, "GET /keep HTTP/1.1\r\n\r\n"
			 "GET /boot/next HTTP/1.1\r\n" CLOSE);
	run_until(fix->loop, &fix->has_kept);
	run_turns(fix->loop, 5);
	assert_int_equal(peer.in.len, 0);
	http_reply_text(fix->kept, 202, "later");
	peer_wait_eof(&peer);
	assert_non_null(strstr(peer.in.data, "HTTP/1.1 202 Accepted\r\n"));
	assert_non_null(strstr(peer.in.data, "mac=next"));
	peer_done(&peer);
	stop(fix);
}

static void
test_peer_vanishes_before_reply(void **state)
{
	struct fixture *fix = start(NULL);
	struct peer peer;

	(void)state;
	peer_connect(&peer, fix->loop, fix->port);
	peer_send(&peer, "GET /keep HTTP/1.1\r\nX-Token: still\r\n\r\n");
	run_until(fix->loop, &fix->has_kept);
	peer_done(&peer);
	run_until(fix->loop, &fix->gone);
	assert_true(http_req_is_gone(fix->kept));
	assert_string_equal(http_req_header(fix->kept, "x-token"), "still");
	assert_int_equal(httpd_connections(fix->httpd), 0);
	http_reply_text(fix->kept, 200, "nobody hears");
	assert_int_equal(fix->results, 1);
	assert_int_equal(fix->last.status, 200);
	assert_false(fix->last.complete);
	stop(fix);
}

static void
test_server_goes_before_reply(void **state)
{
	struct fixture *fix = start(NULL);
	struct peer peer;

	(void)state;
	peer_connect(&peer, fix->loop, fix->port);
	peer_send(&peer, "GET /keep HTTP/1.1\r\n\r\n");
	run_until(fix->loop, &fix->has_kept);
	httpd_free(fix->httpd);
	fix->httpd = NULL;
	assert_true(fix->gone);
	http_reply_text(fix->kept, 200, "nobody hears");
	peer_done(&peer);
	stop(fix);
}

static void
test_drop(void **state)
{
	struct fixture *fix = start(NULL);
	struct peer peer;

	(void)state;
	peer_ask(&peer, fix->loop, fix->port, "GET /drop HTTP/1.1\r\n\r\n");
	assert_int_equal(peer.in.len, 0);
	assert_int_equal(fix->results, 1);
	assert_int_equal(fix->last.status, 0);
	peer_done(&peer);
	stop(fix);
}

/* Sends a byte at each turn of a timer until the server hangs up. */
struct dripper {
	struct peer *peer;
	struct loop_timer *timer;
	const char *text;
};

static void
on_drip_cb(void *arg)
{
	struct dripper *dripper = arg;

	if (!dripper->peer->eof && *dripper->text != '\0')
		peer_send_len(dripper->peer, dripper->text++, 1);
}

static void
expect_cut_off(const char *first, const char *slowly)
{
	struct httpd_limits limits = {.receive_ms = 60, .idle_ms = 5000};
	struct fixture *fix = start(&limits);
	struct dripper dripper = {.text = slowly};
	struct peer peer;
	int64_t began = loop_now_ms(fix->loop);

	peer_connect(&peer, fix->loop, fix->port);
	peer_send(&peer, first);
	dripper.peer = &peer;
	dripper.timer = loop_timer_new(fix->loop, on_drip_cb, &dripper);
	loop_timer_every(dripper.timer, 2);
	peer_wait_eof(&peer);
	assert_true(loop_now_ms(fix->loop) - began >= 50);
	assert_null(strstr(peer.in.data, "200"));
	assert_int_equal(fix->results, 0);
	assert_int_equal(httpd_connections(fix->httpd), 0);
	loop_timer_free(dripper.timer);
	peer_done(&peer);
	stop(fix);
}

#define DRIP                                                                   \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaa"                                                                 \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaa"                                                                 \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaa"

static void
test_slow_header_is_cut_off(void **state)
{
	(void)state;
	expect_cut_off("GET /boot/a HTTP/1.1\r\nX-Slow: ", DRIP DRIP DRIP);
}

static void
test_slow_body_is_cut_off(void **state)
{
	(void)state;
	expect_cut_off("POST /large/a HTTP/1.1\r\nContent-Length: 5000\r\n\r\n",
	    DRIP DRIP DRIP);
}

static void
test_idle_connection_is_closed(void **state)
{
	struct httpd_limits limits = {.idle_ms = 30};
	struct fixture *fix = start(&limits);
	struct peer silent, used;

	(void)state;
	peer_connect(&silent, fix->loop, fix->port);
	peer_connect(&used, fix->loop, fix->port);
	peer_send(&used, "GET /boot/a HTTP/1.1\r\n\r\n");
	assert_true(peer_wait_for(&used, "mac=a"));
	peer_wait_eof(&silent);
	peer_wait_eof(&used);
	assert_int_equal(silent.in.len, 0);
	peer_done(&silent);
	peer_done(&used);
	stop(fix);
}

static void
test_connection_ceilings(void **state)
{
	struct httpd_limits limits = {.conn_per_ip = 2};
	struct fixture *fix = start(&limits);
	struct peer peers[3];

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		peer_connect(&peers[i], fix->loop, fix->port);
		run_turns(fix->loop, 2);
	}
	peer_wait_eof(&peers[2]);
	assert_non_null(strstr(peers[2].in.data, "HTTP/1.1 503 "));
	/* One leaves, and there is room again. */
	peer_done(&peers[0]);
	run_turns(fix->loop, 3);
	expect(fix, "GET /boot/a HTTP/1.1\r\n" CLOSE, "mac=a");
	peer_done(&peers[1]);
	peer_done(&peers[2]);
	stop(fix);
}

/* accept() has none left for a second: no spinning, and then it goes on. */
static void
test_out_of_descriptors(void **state)
{
	struct fixture *fix = start(NULL);
	struct rlimit full, few;
	struct peer peer;
	unsigned turns;
	int next;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &full), 0);
	next = dup(0);
	close(next);
	few = full;
	few.rlim_cur = (rlim_t)next + 1; /* the peer's own */
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	peer_connect(&peer, fix->loop, fix->port);
	peer_send(&peer, "GET /boot/late HTTP/1.1\r\n" CLOSE);
	run_turns(fix->loop, 5);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &full), 0);
	for (turns = 0; !peer.eof && turns < 1000; turns++)
		loop_turn(fix->loop);
	assert_true(turns < 100);
	assert_non_null(strstr(peer.in.data, "mac=late"));
	peer_done(&peer);
	stop(fix);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_routes),
	    cmocka_unit_test(test_bad_requests),
	    cmocka_unit_test(test_unknown_method),
	    cmocka_unit_test(test_access),
	    cmocka_unit_test(test_table_is_checked),
	    cmocka_unit_test(test_body_limits),
	    cmocka_unit_test(test_body_above_all_limits),
	    cmocka_unit_test(test_chunked_body),
	    cmocka_unit_test(test_header_limit),
	    cmocka_unit_test(test_head_has_no_body),
	    cmocka_unit_test(test_keep_alive_and_pipelining),
	    cmocka_unit_test(test_late_reply),
	    cmocka_unit_test(test_peer_vanishes_before_reply),
	    cmocka_unit_test(test_server_goes_before_reply),
	    cmocka_unit_test(test_drop),
	    cmocka_unit_test(test_slow_header_is_cut_off),
	    cmocka_unit_test(test_slow_body_is_cut_off),
	    cmocka_unit_test(test_idle_connection_is_closed),
	    cmocka_unit_test(test_connection_ceilings),
	    cmocka_unit_test(test_out_of_descriptors),
	};

	return cmocka_run_group_tests_name("httpd", tests, NULL, NULL);
}
