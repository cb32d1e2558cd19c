/* Downloads from a server that says, word for word, what each test wants. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/fetch.h"
#include "net_support.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define OK(len) "HTTP/1.1 200 OK\r\nContent-Length: " #len "\r\n"
#define TAG "ETag: \"v1\"\r\n\r\n"
#define PART(range, len)                                                       \
	"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " range          \
	"\r\nContent-Length: " #len "\r\n"

enum {
	SCRIPT_MAX = 8
};

struct fixture {
	struct loop *loop;
	int listener;
	uint16_t port;
	struct loop_watch *accept;
	const char *script[SCRIPT_MAX]; /* an answer a connection */
	size_t served;
	struct peer peer[SCRIPT_MAX]; /* what each asked */
	struct loop_timer *poll;
	char dir[64];
	int dir_fd;
	struct fetch_spec spec;
	char url[64];
	/* the outcome */
	bool done;
	int error;
	int status;
	bool resumed;
	uint64_t size;
	struct buf content;
	char text[512];
	unsigned retries;
	uint64_t progress;
};

/* Answers whoever has sent a whole request, and hangs up. */
static void
on_poll_cb(void *arg)
{
	struct fixture *fix = arg;

	for (size_t i = 0; i < fix->served; i++) {
		struct peer *peer = &fix->peer[i];

		if (peer->fd < 0 || fix->script[i] == NULL ||
		    strstr(peer->in.data, "\r\n\r\n") == NULL)
			continue;
		peer_send(peer, fix->script[i]);
		loop_watch_set(peer->watch, 0);
		close(peer->fd);
		peer->fd = -1;
	}
}

static void
on_accept_cb(void *arg, int fd, unsigned events)
{
	struct fixture *fix = arg;
	int conn = accept(fd, NULL, NULL);

	(void)events;
	assert_true(conn >= 0);
	assert_true(fix->served < SCRIPT_MAX);
	peer_adopt(&fix->peer[fix->served++], fix->loop, conn);
}

static void
on_done(void *arg, struct fetch_result *result)
{
	struct fixture *fix = arg;
	char chunk[4096];
	ssize_t n;

	fix->done = true;
	fix->error = result->error;
	fix->status = result->status;
	fix->resumed = result->resumed;
	fix->size = result->size;
	snprintf(fix->text, sizeof fix->text, "%s", result->err.text);
	if (result->data != NULL)
		buf_add(&fix->content, result->data, result->size);
	if (result->fd < 0)
		return;
	while ((n = read(result->fd, chunk, sizeof chunk)) > 0)
		buf_add(&fix->content, chunk, (size_t)n);
	assert_int_equal(fix->content.len, result->size);
	close(result->fd);
}

static void
on_retry(void *arg, const struct err *err, int64_t wait_ms)
{
	struct fixture *fix = arg;

	assert_true(err_is_set(err));
	assert_true(wait_ms >= 1);
	fix->retries++;
}

static void
on_progress(void *arg, uint64_t now, uint64_t total)
{
	struct fixture *fix = arg;

	assert_true(total == 0 || now <= total);
	fix->progress = now;
}

static struct fixture *
start(void)
{
	struct fixture *fix = calloc(1, sizeof *fix);

	assert_non_null(fix);
	fix->loop = loop_new();
	fix->listener = listen_loopback(&fix->port);
	fix->accept = loop_watch_new(
	    fix->loop, fix->listener, LOOP_READ, on_accept_cb, fix);
	fix->poll = loop_timer_new(fix->loop, on_poll_cb, fix);
	loop_timer_every(fix->poll, 1);
	strcpy(fix->dir, "/tmp/convect-fetch-XXXXXX");
	assert_non_null(mkdtemp(fix->dir));
	fix->dir_fd = open(fix->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	buf_init(&fix->content, 1 << 20);
	snprintf(
	    fix->url, sizeof fix->url, "http://127.0.0.1:%u/file", fix->port);
	fix->spec = (struct fetch_spec){.url = fix->url,
	    .dir_fd = fix->dir_fd,
	    .key = "iso",
	    .size_max = 1000,
	    .retries = 3,
	    .backoff_ms = 1,
	    .on_done = on_done,
	    .on_retry = on_retry,
	    .on_progress = on_progress,
	    .arg = fix};
	return fix;
}

static void
stop(struct fixture *fix)
{
	for (size_t i = 0; i < fix->served; i++)
		peer_done(&fix->peer[i]);
	fetch_forget(fix->dir_fd, "iso");
	close(fix->dir_fd);
	assert_int_equal(rmdir(fix->dir), 0);
	loop_timer_free(fix->poll);
	loop_watch_free(fix->accept);
	close(fix->listener);
	buf_done(&fix->content);
	loop_free(fix->loop);
	free(fix);
}

static void
run(struct fixture *fix)
{
	struct err err = {0};

	fix->done = false;
	buf_reset(&fix->content);
	assert_non_null(fetch_start(fix->loop, &fix->spec, &err));
	run_until(fix->loop, &fix->done);
}

static void
test_downloads(void **state)
{
	struct fixture *fix = start();

	(void)state;
	fix->script[0] = OK(10) TAG "0123456789";
	fix->script[1] = OK(3) "\r\nabc";
	fix->script[2] = OK(0) TAG;
	run(fix);
	assert_int_equal(fix->error, 0);
	assert_int_equal(fix->status, 200);
	assert_string_equal(fix->content.data, "0123456789");
	assert_false(fix->resumed);
	fetch_forget(fix->dir_fd, "iso");
	fix->spec.dir_fd = -1;
	run(fix);
	assert_int_equal(fix->error, 0);
	assert_string_equal(fix->content.data, "abc");
	fix->spec.dir_fd = fix->dir_fd;
	run(fix);
	assert_int_equal(fix->error, 0);
	assert_int_equal(fix->content.len, 0);
	stop(fix);
}

static void
test_broken_one_is_resumed(void **state)
{
	struct fixture *fix = start();

	(void)state;
	fix->script[0] = OK(10) TAG "0123";
	fix->script[1] = PART("4-9/10", 6) TAG "456";
	fix->script[2] = PART("7-9/10", 3) TAG "789";
	run(fix);
	assert_int_equal(fix->error, 0);
	assert_string_equal(fix->content.data, "0123456789");
	assert_true(fix->resumed);
	assert_int_equal(fix->retries, 2);
	assert_null(strstr(fix->peer[0].in.data, "Range:"));
	assert_non_null(
	    strstr(fix->peer[1].in.data, "\r\nRange: bytes=4-\r\n"));
	assert_non_null(
	    strstr(fix->peer[1].in.data, "\r\nIf-Range: \"v1\"\r\n"));
	assert_non_null(
	    strstr(fix->peer[2].in.data, "\r\nRange: bytes=7-\r\n"));
	stop(fix);
}

static void
test_next_process_goes_on(void **state)
{
	struct fixture *fix = start();

	(void)state;
	fix->spec.retries = 0;
	fix->script[0] = OK(10) "Last-Modified: Mon, 23 Nov 2026 14:00:00 GMT"
				"\r\n\r\n0123";
	fix->script[1] = PART("4-9/10", 6) "\r\n456789";
	/* A third one: it had come completely, but nobody renamed it. */
	fix->script[2] = "HTTP/1.1 416 Range Not Satisfiable\r\n"
			 "Content-Range: bytes */10\r\n"
			 "Content-Length: 0\r\n\r\n";
	run(fix);
	assert_int_equal(fix->error, -EIO);
	run(fix);
	assert_int_equal(fix->error, 0);
	assert_string_equal(fix->content.data, "0123456789");
	assert_non_null(strstr(fix->peer[1].in.data,
	    "\r\nIf-Range: Mon, 23 Nov 2026 14:00:00 GMT\r\n"));
	run(fix);
	assert_int_equal(fix->error, 0);
	assert_string_equal(fix->content.data, "0123456789");
	assert_true(fix->resumed);
	stop(fix);
}

static void
test_changed_meanwhile_starts_anew(void **state)
{
	struct fixture *fix = start();

	(void)state;
	fix->script[0] = OK(10) TAG "0123";
	fix->script[1] = OK(4) "ETag: \"v2\"\r\n\r\nabcd";
	run(fix);
	assert_int_equal(fix->error, 0);
	assert_string_equal(fix->content.data, "abcd");
	assert_false(fix->resumed);
	stop(fix);
}

static void
test_nothing_resumed_without_validator(void **state)
{
	struct fixture *fix = start();

	(void)state;
	/* A weak tag does not do either. */
	fix->script[0] = OK(10) "ETag: W/\"v1\"\r\n\r\n0123";
	fix->script[1] = OK(4) "\r\nabcd";
	run(fix);
	assert_int_equal(fix->error, 0);
	assert_string_equal(fix->content.data, "abcd");
	assert_null(strstr(fix->peer[1].in.data, "Range:"));
	stop(fix);
}

static void
test_other_url_starts_anew(void **state)
{
	struct fixture *fix = start();
	char other[64];

	(void)state;
	fix->spec.retries = 0;
	fix->script[0] = OK(10) TAG "0123";
	fix->script[1] = OK(4) TAG "abcd";
	run(fix);
	snprintf(other, sizeof other, "http://127.0.0.1:%u/other", fix->port);
	fix->spec.url = other;
	run(fix);
	assert_int_equal(fix->error, 0);
	assert_string_equal(fix->content.data, "abcd");
	assert_null(strstr(fix->peer[1].in.data, "Range:"));
	stop(fix);
}

static void
test_wrong_range_starts_anew(void **state)
{
	struct fixture *fix = start();

	(void)state;
	fix->script[0] = OK(10) TAG "0123";
	fix->script[1] = PART("5-9/10", 5) TAG "56789";
	fix->script[2] = OK(10) TAG "0123456789";
	run(fix);
	assert_int_equal(fix->error, 0);
	assert_string_equal(fix->content.data, "0123456789");
	stop(fix);
}

static void
test_server_errors(void **state)
{
	static const struct {
		const char *answer;
		int error;
		unsigned tries;
	} rows[] = {
	    {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", -ENOENT, 1},
	    {"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", -EACCES,
		1},
	    {"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", -EIO, 4},
	    {"", -EIO, 4},
	    {OK(1001) "\r\nx", -EFBIG, 1},
	    {"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n"
	     "Content-Length: 0\r\n\r\n",
		-EIO, 1},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fixture *fix = start();

		for (size_t j = 0; j < SCRIPT_MAX; j++)
			fix->script[j] = rows[i].answer;
		run(fix);
		assert_int_equal(fix->error, rows[i].error);
		assert_int_equal(fix->served, rows[i].tries);
		assert_int_equal(fix->retries, rows[i].tries - 1);
		assert_non_null(strstr(fix->text, fix->url));
		assert_int_equal(fix->content.len, 0);
		stop(fix);
	}
}

static void
test_unbounded_body_is_cut(void **state)
{
	struct fixture *fix = start();
	char answer[1200];

	(void)state;
	memset(answer, 'x', sizeof answer);
	memcpy(answer, "HTTP/1.0 200 OK\r\n\r\n", 19);
	answer[sizeof answer - 1] = '\0';
	fix->script[0] = answer;
	run(fix);
	assert_int_equal(fix->error, -EFBIG);
	stop(fix);
}

static void
test_stalled_server(void **state)
{
	struct fixture *fix = start();

	(void)state;
	fix->spec.stall_ms = 20;
	fix->script[1] = OK(2) TAG "ok"; /* the first is never answered */
	run(fix);
	assert_int_equal(fix->error, 0);
	assert_string_equal(fix->content.data, "ok");
	assert_int_equal(fix->retries, 1);
	stop(fix);
}

static void
test_total_time(void **state)
{
	struct fixture *fix = start();

	(void)state;
	fix->spec.total_ms = 20;
	run(fix);
	assert_int_equal(fix->error, -ETIMEDOUT);
	stop(fix);
}

/* Who checks a digest afterwards wants what is there used. */
static void
test_known_sum_needs_no_validator(void **state)
{
	struct fixture *fix = start();

	(void)state;
	fix->spec.sum_known = true;
	fix->spec.retries = 0;
	fix->script[0] = OK(10) "\r\n0123";
	fix->script[1] = PART("4-9/10", 6) "\r\n456789";
	run(fix);
	assert_int_equal(fix->error, -EIO);
	assert_int_equal(fix->size, 4);
	run(fix);
	assert_int_equal(fix->error, 0);
	assert_string_equal(fix->content.data, "0123456789");
	assert_null(strstr(fix->peer[1].in.data, "If-Range:"));
	stop(fix);
}

static int
on_begin(void *arg, uint64_t have, uint64_t total, struct err *err)
{
	struct fixture *fix = arg;

	assert_int_equal(have, 0);
	assert_int_equal(total, 10);
	err_set(err, "no room");
	fix->progress++;
	return -ENOSPC;
}

static void
test_begin_may_refuse(void **state)
{
	struct fixture *fix = start();

	(void)state;
	fix->spec.on_begin = on_begin;
	fix->spec.on_progress = NULL;
	fix->script[0] = OK(10) TAG "0123456789";
	run(fix);
	assert_int_equal(fix->error, -ENOSPC);
	assert_string_equal(fix->text, "no room");
	assert_int_equal(fix->progress, 1);
	assert_int_equal(fix->served, 1);
	stop(fix);
}

/* More breaks than retries, each after some bytes. */
static void
test_progress_renews_the_tries(void **state)
{
	struct fixture *fix = start();

	(void)state;
	fix->spec.retries = 1;
	fix->script[0] = OK(4) TAG "0";
	fix->script[1] = PART("1-3/4", 3) TAG "1";
	fix->script[2] = PART("2-3/4", 2) TAG "2";
	fix->script[3] = PART("3-3/4", 1) TAG "3";
	run(fix);
	assert_int_equal(fix->error, 0);
	assert_string_equal(fix->content.data, "0123");
	stop(fix);
}

static void
test_cancel(void **state)
{
	struct fixture *fix = start();
	struct fetch *fetch = fetch_start(fix->loop, &fix->spec, NULL);

	(void)state;
	assert_non_null(fetch);
	while (fix->served == 0 || fix->peer[0].in.len == 0)
		loop_turn(fix->loop);
	fetch_cancel(fetch);
	run_turns(fix->loop, 3);
	assert_false(fix->done);
	stop(fix);
}

static void
test_refused_specs(void **state)
{
	static const char *const urls[] = {"file:///etc/passwd", "ftp://h/a",
	    "h/a", "", "http://h/a b", "gopher://h"};
	struct fixture *fix = start();

	(void)state;
	for (size_t i = 0; i < COUNT(urls); i++) {
		struct err err = {0};

		fix->spec.url = urls[i];
		assert_null(fetch_start(fix->loop, &fix->spec, &err));
		assert_true(err_is_set(&err));
	}
	fix->spec.url = fix->url;
	fix->spec.key = "a/b";
	assert_null(fetch_start(fix->loop, &fix->spec, NULL));
	fix->spec.key = "iso";
	fix->spec.size_max = 0;
	assert_null(fetch_start(fix->loop, &fix->spec, NULL));
	stop(fix);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_downloads),
	    cmocka_unit_test(test_broken_one_is_resumed),
	    cmocka_unit_test(test_next_process_goes_on),
	    cmocka_unit_test(test_changed_meanwhile_starts_anew),
	    cmocka_unit_test(test_nothing_resumed_without_validator),
	    cmocka_unit_test(test_other_url_starts_anew),
	    cmocka_unit_test(test_wrong_range_starts_anew),
	    cmocka_unit_test(test_server_errors),
	    cmocka_unit_test(test_unbounded_body_is_cut),
	    cmocka_unit_test(test_stalled_server),
	    cmocka_unit_test(test_total_time),
	    cmocka_unit_test(test_known_sum_needs_no_validator),
	    cmocka_unit_test(test_begin_may_refuse),
	    cmocka_unit_test(test_progress_renews_the_tries),
	    cmocka_unit_test(test_cancel),
	    cmocka_unit_test(test_refused_specs),
	};

	unsetenv("http_proxy");
	return cmocka_run_group_tests_name("fetch", tests, NULL, NULL);
}
