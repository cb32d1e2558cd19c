/* Event streams over real sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "net/sse.h"
#include "net_support.h"

#define GET "GET /events HTTP/1.1\r\nHost: x\r\n"

struct fixture {
	struct loop *loop;
	struct httpd *httpd;
	struct sse_hub *hub;
	uint16_t port;
	uint64_t head; /* events 1..head exist */
	size_t event_len;
	unsigned asked;
	unsigned closed;
	bool is_live;
	bool is_closed;
};

static void
on_events(void *arg, struct http_req *req)
{
	struct fixture *fix = arg;

	sse_hub_attach(fix->hub, req, 0);
}

/* A log of numbered events, at most ten at a time. */
static void
on_more(void *arg, struct sse_client *client, uint64_t after)
{
	struct fixture *fix = arg;
	char *text = calloc(1, fix->event_len + 32);

	assert_non_null(text);
	fix->asked++;
	if (after >= fix->head) {
		sse_client_live(client);
		fix->is_live = true;
	}
	for (uint64_t id = after + 1; id <= fix->head && id <= after + 10;
	     id++) {
		memset(text, 'x', fix->event_len);
		sprintf(
		    text + fix->event_len, "old%llu", (unsigned long long)id);
		if (!sse_client_send(client, id, "node", text, strlen(text)))
			break;
	}
	free(text);
}

static void
on_close(void *arg, struct sse_client *client)
{
	struct fixture *fix = arg;

	assert_null(sse_client_arg(client));
	fix->closed++;
	fix->is_closed = true;
}

static const struct http_route routes[] = {
    {HTTP_GET, "/events", HTTP_ACCESS_PUBLIC, 0, on_events},
};

static struct fixture *
start(struct sse_config config)
{
	struct fixture *fix = calloc(1, sizeof *fix);
	struct httpd_config httpd_config = {
	    .routes = routes, .route_count = 1, .arg = fix};

	assert_non_null(fix);
	config.arg = fix;
	config.on_more = on_more;
	config.on_close = on_close;
	fix->loop = loop_new();
	fix->hub = sse_hub_new(fix->loop, &config);
	fix->httpd = httpd_on_loopback(fix->loop, &httpd_config, &fix->port);
	return fix;
}

static void
stop(struct fixture *fix)
{
	sse_hub_free(fix->hub);
	httpd_free(fix->httpd);
	loop_free(fix->loop);
	free(fix);
}

static void
follow(struct fixture *fix, struct peer *peer, const char *request)
{
	fix->is_live = false;
	peer_connect(peer, fix->loop, fix->port);
	peer_send(peer, request);
	run_until(fix->loop, &fix->is_live);
}

static void
test_catch_up_then_live(void **state)
{
	struct fixture *fix = start((struct sse_config){0});
	struct peer peer;
	char want[32];

	(void)state;
	fix->head = 25;
	follow(fix, &peer, GET "Last-Event-ID: 3\r\n\r\n");
	fix->head = 26;
	sse_hub_send(fix->hub, 26, "node", "new\nline", 8);
	sse_hub_send(fix->hub, 26, "node", "doubled", 7);
	assert_true(peer_wait_for(
	    &peer, "id: 26\nevent: node\ndata: new\ndata: line\n\n"));
	assert_non_null(
	    strstr(peer.in.data, "Content-Type: text/event-stream\r\n"));
	assert_null(strstr(peer.in.data, "data: old3\n"));
	for (int id = 4; id <= 25; id++) {
		snprintf(want, sizeof want, "data: old%d\n\n", id);
		assert_non_null(strstr(peer.in.data, want));
	}
	assert_null(strstr(peer.in.data, "doubled"));
	assert_int_equal(fix->asked, 4); /* 3, 13, 23 and 25 */
	assert_int_equal(sse_hub_count(fix->hub), 1);
	peer_done(&peer);
	run_until(fix->loop, &fix->is_closed);
	assert_int_equal(sse_hub_count(fix->hub), 0);
	stop(fix);
}

static void
test_since_parameter(void **state)
{
	struct fixture *fix = start((struct sse_config){0});
	struct peer peer;

	(void)state;
	fix->head = 2;
	follow(fix, &peer, "GET /events?since=1 HTTP/1.1\r\n\r\n");
	assert_true(peer_wait_for(&peer, "old2"));
	assert_null(strstr(peer.in.data, "old1"));
	peer_done(&peer);
	stop(fix);
}

static void
test_heartbeat(void **state)
{
	struct fixture *fix = start((struct sse_config){.heartbeat_ms = 10});
	struct peer peer;

	(void)state;
	follow(fix, &peer, GET "\r\n");
	assert_true(peer_wait_for(&peer, "\r\n:\n\n"));
	peer_done(&peer);
	stop(fix);
}

static void
test_ceiling_of_clients(void **state)
{
	struct fixture *fix = start((struct sse_config){.client_max = 1});
	struct peer one, two;

	(void)state;
	follow(fix, &one, GET "\r\n");
	peer_ask(&two, fix->loop, fix->port, GET "Connection: close\r\n\r\n");
	assert_non_null(strstr(two.in.data, "HTTP/1.1 503 "));
	peer_done(&one);
	peer_done(&two);
	stop(fix);
}

static void
test_slow_client_is_closed(void **state)
{
	struct fixture *fix = start((struct sse_config){.queue_max = 50000});
	struct peer slow, good;
	char text[1000];

	(void)state;
	memset(text, 'y', sizeof text);
	follow(fix, &slow, GET "\r\n");
	follow(fix, &good, GET "\r\n");
	loop_watch_set(slow.watch, 0);
	for (uint64_t id = 1; !fix->is_closed; id++) {
		sse_hub_send(fix->hub, id, NULL, text, sizeof text);
		loop_turn(fix->loop);
		assert_true(id < 100000);
	}
	assert_int_equal(fix->closed, 1);
	assert_int_equal(sse_hub_count(fix->hub), 1);
	sse_hub_send(fix->hub, 200000, NULL, "last", 4);
	assert_true(peer_wait_for(&good, "data: last\n"));
	peer_done(&slow);
	peer_done(&good);
	stop(fix);
}

/* More history than the queue holds: in pieces, and all of it. */
static void
test_long_catch_up_is_bounded(void **state)
{
	struct fixture *fix = start((struct sse_config){.queue_max = 30000});
	struct peer peer;

	(void)state;
	fix->head = 100;
	fix->event_len = 8000;
	follow(fix, &peer, GET "\r\n");
	assert_true(peer_wait_for(&peer, "old100\n"));
	assert_true(fix->asked > 25);
	assert_int_equal(fix->closed, 0);
	peer_done(&peer);
	stop(fix);
}

static void
test_hub_goes_first(void **state)
{
	struct fixture *fix = start((struct sse_config){0});
	struct peer peer;

	(void)state;
	follow(fix, &peer, GET "\r\n");
	sse_hub_free(fix->hub);
	fix->hub = NULL;
	assert_int_equal(fix->closed, 1);
	peer_wait_eof(&peer);
	peer_done(&peer);
	stop(fix);
}

static void
test_head(void **state)
{
	struct fixture *fix = start((struct sse_config){0});
	struct peer peer;

	(void)state;
	peer_ask(&peer, fix->loop, fix->port,
	    "HEAD /events HTTP/1.1\r\nConnection: close\r\n\r\n");
	assert_non_null(strstr(peer.in.data, "HTTP/1.1 200 OK\r\n"));
	assert_int_equal(sse_hub_count(fix->hub), 0);
	peer_done(&peer);
	stop(fix);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_catch_up_then_live),
	    cmocka_unit_test(test_since_parameter),
	    cmocka_unit_test(test_heartbeat),
	    cmocka_unit_test(test_ceiling_of_clients),
	    cmocka_unit_test(test_slow_client_is_closed),
	    cmocka_unit_test(test_long_catch_up_is_bounded),
	    cmocka_unit_test(test_hub_goes_first),
	    cmocka_unit_test(test_head),
	};

	return cmocka_run_group_tests_name("sse", tests, NULL, NULL);
}
