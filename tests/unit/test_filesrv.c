/* The static file service over real sockets and a directory of its own. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/filesrv.h"
#include "net_support.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define CLOSE "Connection: close\r\n\r\n"
#define BIG ((size_t)9 << 20)

struct fixture {
	struct loop *loop;
	struct filesrv *filesrv;
	uint16_t port;
	char dir[64];
	int root;
	struct filesrv_report last;
	unsigned reports;
	bool reported;
};

static void
on_report(void *arg, const struct filesrv_report *report)
{
	struct fixture *fix = arg;
	uint8_t wire[FILESRV_REPORT_MAX];
	size_t len = filesrv_report_encode(report, wire);

	/* As the engine gets it. */
	assert_int_equal(filesrv_report_decode(wire, len, &fix->last), 0);
	fix->reports++;
	fix->reported = true;
}

static void
put(struct fixture *fix, const char *name, const void *data, size_t len)
{
	int fd = openat(fix->root, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), (ssize_t)len);
	close(fd);
}

static char
pattern(size_t pos)
{
	return (char)(pos * 31 + pos / 251);
}

static void
put_big(struct fixture *fix)
{
	char *data = malloc(BIG);

	assert_non_null(data);
	for (size_t i = 0; i < BIG; i++)
		data[i] = pattern(i);
	put(fix, "images/big.iso", data, BIG);
	free(data);
}

static struct fixture *
start(const struct httpd_limits *limits)
{
	struct fixture *fix = calloc(1, sizeof *fix);
	struct filesrv_config config = {.arg = fix, .on_report = on_report};
	struct err err = {0};

	assert_non_null(fix);
	strcpy(fix->dir, "/tmp/convect-filesrv-XXXXXX");
	assert_non_null(mkdtemp(fix->dir));
	fix->root = open(fix->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	mkdirat(fix->root, "images", 0755);
	mkdirat(fix->root, ".hidden", 0755);
	put(fix, "images/vmlinuz", "0123456789", 10);
	put(fix, "images/empty", "", 0);
	put(fix, "images/a b.EFI", "efi", 3);
	put(fix, "images/.secret", "dot", 3);
	put(fix, ".hidden/file", "dot", 3);
	assert_int_equal(symlinkat("/etc/passwd", fix->root, "out"), 0);
	assert_int_equal(symlinkat("../../etc", fix->root, "up"), 0);
	assert_int_equal(symlinkat("images/vmlinuz", fix->root, "current"), 0);
	assert_int_equal(mkfifoat(fix->root, "fifo", 0644), 0);
	config.root_fd = fix->root;
	if (limits != NULL)
		config.limits = *limits;
	fix->loop = loop_new();
	fix->filesrv = filesrv_new(fix->loop, &config, &err);
	assert_non_null(fix->filesrv);
	assert_int_equal(
	    filesrv_listen(fix->filesrv, listen_loopback(&fix->port), &err), 0);
	return fix;
}

static void
stop(struct fixture *fix)
{
	static const char *const names[] = {"images/vmlinuz", "images/empty",
	    "images/a b.EFI", "images/.secret", "images/big.iso",
	    ".hidden/file", "out", "up", "current", "fifo"};

	filesrv_free(fix->filesrv);
	loop_free(fix->loop);
	for (size_t i = 0; i < COUNT(names); i++)
		unlinkat(fix->root, names[i], 0);
	unlinkat(fix->root, "images", AT_REMOVEDIR);
	unlinkat(fix->root, ".hidden", AT_REMOVEDIR);
	close(fix->root);
	assert_int_equal(rmdir(fix->dir), 0);
	free(fix);
}

static void
get(struct fixture *fix, struct peer *peer, const char *method,
    const char *path, const char *headers)
{
	struct buf request;

	buf_init(&request, 65536);
	buf_addf(&request, "%s %s HTTP/1.1\r\nHost: x\r\n%s" CLOSE, method,
	    path, headers);
	peer_ask(peer, fix->loop, fix->port, request.data);
	buf_done(&request);
}

static const char *
body_of(const struct peer *peer)
{
	const char *end = strstr(peer->in.data, "\r\n\r\n");

	return end == NULL ? "(none)" : end + 4;
}

static void
expect(struct fixture *fix, const char *path, const char *headers,
    const char *want, const char *body)
{
	struct peer peer;

	get(fix, &peer, "GET", path, headers);
	if (strstr(peer.in.data, want) == NULL ||
	    (body != NULL && strcmp(body_of(&peer), body) != 0))
		fail_msg("asked %s %s\nwanted %s\ngot %s", path, headers, want,
		    peer.in.data);
	peer_done(&peer);
}

static void
test_serves(void **state)
{
	struct fixture *fix = start(NULL);

	(void)state;
	expect(fix, "/images/vmlinuz", "", "200 OK", "0123456789");
	assert_string_equal(fix->last.path, "/images/vmlinuz");
	assert_string_equal(fix->last.peer, "127.0.0.1");
	assert_int_equal(fix->last.status, 200);
	assert_int_equal(fix->last.bytes, 10);
	assert_int_equal(fix->last.length, 10);
	assert_true(fix->last.complete);
	expect(fix, "//images//vmlinuz?x=1", "", "200 OK", "0123456789");
	expect(fix, "/current", "", "200 OK", "0123456789");
	expect(fix, "/images/empty", "", "\r\nContent-Length: 0\r\n", "");
	expect(fix, "/images/a%20b.EFI", "",
	    "\r\nContent-Type: application/efi\r\n", "efi");
	expect(fix, "/images/vmlinuz", "",
	    "\r\nContent-Type: application/octet-stream\r\n", NULL);
	expect(fix, "/images/vmlinuz", "", "\r\nLast-Modified: ", NULL);
	expect(
	    fix, "/images/vmlinuz", "", "\r\nAccept-Ranges: bytes\r\n", NULL);
	stop(fix);
}

static void
test_refuses(void **state)
{
	static const char *const missing[] = {"/", "/images", "/images/",
	    "/images/nothing", "/out", "/up/passwd", "/fifo", "/images/.secret",
	    "/.hidden/file", "/images/vmlinuz/x", "/images/%2esecret"};
	static const char *const bad[] = {"/../etc/passwd",
	    "/images/../../etc/passwd", "/%2e%2e/etc/passwd",
	    "/images/%2e%2e%2f%2e%2e%2fetc/passwd", "/images/vmlinuz%00",
	    "/images\\vmlinuz"};
	struct fixture *fix = start(NULL);
	struct peer peer;

	(void)state;
	for (size_t i = 0; i < COUNT(missing); i++)
		expect(fix, missing[i], "", "404 Not Found", "Not Found\n");
	for (size_t i = 0; i < COUNT(bad); i++)
		expect(fix, bad[i], "", "400 Bad Request", "Bad Request\n");
	get(fix, &peer, "POST", "/images/vmlinuz", "Content-Length: 0\r\n");
	assert_non_null(strstr(peer.in.data, "405 Method Not Allowed"));
	assert_non_null(strstr(peer.in.data, "\r\nAllow: GET, HEAD\r\n"));
	peer_done(&peer);
	stop(fix);
}

static void
test_ranges(void **state)
{
	static const struct {
		const char *header;
		const char *want;
		const char *body;
	} rows[] = {
	    {"Range: bytes=2-4\r\n", "Content-Range: bytes 2-4/10\r\n", "234"},
	    {"Range: bytes=2-4\r\n", "206 Partial Content\r\n", "234"},
	    {"Range: bytes=7-\r\n", "Content-Range: bytes 7-9/10\r\n", "789"},
	    {"Range: bytes=-2\r\n", "Content-Range: bytes 8-9/10\r\n", "89"},
	    {"Range: bytes=0-99\r\n", "bytes 0-9/10\r\n", "0123456789"},
	    {"Range: bytes=10-\r\n", "416 Range Not Satisfiable", NULL},
	    {"Range: bytes=10-\r\n", "Content-Range: bytes */10\r\n", NULL},
	    {"Range: bytes=0-1,3-4\r\n", "200 OK", "0123456789"},
	    {"Range: lines=0-1\r\n", "200 OK", "0123456789"},
	    {"Range: bytes=2-4\r\nIf-Range: \"other\"\r\n", "200 OK",
		"0123456789"},
	};
	struct fixture *fix = start(NULL);
	struct peer peer;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		expect(fix, "/images/vmlinuz", rows[i].header, rows[i].want,
		    rows[i].body);
	expect(fix, "/images/vmlinuz", "Range: bytes=2-4\r\n", "206", "234");
	assert_int_equal(fix->last.offset, 2);
	assert_int_equal(fix->last.bytes, 3);
	get(fix, &peer, "HEAD", "/images/vmlinuz", "Range: bytes=2-4\r\n");
	assert_non_null(strstr(peer.in.data, "\r\nContent-Length: 10\r\n"));
	assert_string_equal(body_of(&peer), "");
	assert_true(fix->last.head);
	peer_done(&peer);
	stop(fix);
}

static void
test_validators(void **state)
{
	struct fixture *fix = start(NULL);
	char etag[80] = "";
	char header[200];
	struct peer peer;

	(void)state;
	get(fix, &peer, "GET", "/images/vmlinuz", "");
	assert_int_equal(
	    sscanf(strstr(peer.in.data, "\r\nETag: "), " ETag: %79s", etag), 1);
	peer_done(&peer);
	snprintf(header, sizeof header, "If-None-Match: \"x\", %s\r\n", etag);
	expect(fix, "/images/vmlinuz", header, "304 Not Modified", "");
	snprintf(header, sizeof header, "If-None-Match: W/%s\r\n", etag);
	expect(fix, "/images/vmlinuz", header, "304 Not Modified", "");
	snprintf(header, sizeof header, "Range: bytes=1-1\r\nIf-Range: %s\r\n",
	    etag);
	expect(fix, "/images/vmlinuz", header, "206 Partial", "1");
	/* New content by rename, as everything is published. */
	put(fix, "images/big.iso", "abcdefghij", 10);
	assert_int_equal(
	    renameat(fix->root, "images/big.iso", fix->root, "images/vmlinuz"),
	    0);
	expect(fix, "/images/vmlinuz", header, "200 OK", "abcdefghij");
	stop(fix);
}

static void
assert_big(const struct peer *peer, size_t first)
{
	const char *body = body_of(peer);
	size_t len = peer->in.len - (size_t)(body - peer->in.data);

	assert_int_equal(len, BIG - first);
	for (size_t i = 0; i < len; i++) {
		if (body[i] != pattern(first + i))
			fail_msg("byte %zu is wrong", i);
	}
}

static void
test_big_file(void **state)
{
	struct fixture *fix = start(NULL);
	struct peer peer;

	(void)state;
	put_big(fix);
	get(fix, &peer, "GET", "/images/big.iso", "");
	assert_non_null(strstr(peer.in.data, "application/vnd.efi-iso"));
	assert_big(&peer, 0);
	assert_int_equal(fix->last.bytes, BIG);
	assert_true(fix->last.complete);
	peer_done(&peer);
	get(fix, &peer, "GET", "/images/big.iso", "Range: bytes=1000001-\r\n");
	assert_big(&peer, 1000001);
	peer_done(&peer);
	stop(fix);
}

static void
test_keep_alive(void **state)
{
	struct fixture *fix = start(NULL);
	struct peer peer;

	(void)state;
	put_big(fix);
	peer_connect(&peer, fix->loop, fix->port);
	peer_send(&peer, "GET /images/big.iso HTTP/1.1\r\n\r\n"
			 "HEAD /images/big.iso HTTP/1.1\r\n\r\n"
			 "GET /nothing HTTP/1.1\r\n\r\n"
			 "GET /images/vmlinuz HTTP/1.1\r\n" CLOSE);
	peer_wait_eof(&peer);
	assert_true(peer.in.len > BIG);
	assert_memory_equal(peer.in.data + peer.in.len - 10, "0123456789", 10);
	assert_int_equal(fix->reports, 4);
	peer_done(&peer);
	stop(fix);
}

static void
test_many_at_once(void **state)
{
	struct fixture *fix = start(NULL);
	struct peer peers[50];

	(void)state;
	put_big(fix);
	for (size_t i = 0; i < COUNT(peers); i++) {
		peer_connect(&peers[i], fix->loop, fix->port);
		peer_send(&peers[i], "GET /images/big.iso HTTP/1.1\r\n"
				     "Range: bytes=-2000000\r\n" CLOSE);
	}
	for (size_t i = 0; i < COUNT(peers); i++) {
		peer_wait_eof(&peers[i]);
		assert_big(&peers[i], BIG - 2000000);
		peer_done(&peers[i]);
	}
	assert_int_equal(fix->reports, 50);
	stop(fix);
}

/* Asks for the big file and reads only its beginning. */
static void
begin_download(struct fixture *fix, struct peer *peer)
{
	put_big(fix);
	peer_connect(peer, fix->loop, fix->port);
	peer_send(peer, "GET /images/big.iso HTTP/1.1\r\n\r\n");
	assert_true(peer_wait_len(peer, 100000));
	loop_watch_set(peer->watch, 0);
}

static void
test_client_vanishes(void **state)
{
	struct fixture *fix = start(NULL);
	struct peer peer;

	(void)state;
	begin_download(fix, &peer);
	peer_done(&peer);
	run_until(fix->loop, &fix->reported);
	assert_int_equal(fix->last.status, 200);
	assert_false(fix->last.complete);
	assert_true(fix->last.bytes >= 90000 && fix->last.bytes < BIG);
	expect(fix, "/images/vmlinuz", "", "200 OK", "0123456789");
	stop(fix);
}

static void
test_client_stalls(void **state)
{
	struct httpd_limits limits = {.stall_ms = 50};
	struct fixture *fix = start(&limits);
	struct peer peer;

	(void)state;
	begin_download(fix, &peer);
	run_until(fix->loop, &fix->reported);
	assert_false(fix->last.complete);
	peer_done(&peer);
	stop(fix);
}

static void
test_server_goes_in_the_middle(void **state)
{
	struct fixture *fix = start(NULL);
	struct peer peer;

	(void)state;
	begin_download(fix, &peer);
	filesrv_free(fix->filesrv);
	fix->filesrv = NULL;
	assert_true(fix->reported);
	peer_done(&peer);
	stop(fix);
}

/* Never a full-length reply of the wrong bytes, and never SIGBUS. */
static void
test_file_shrinks(void **state)
{
	struct fixture *fix = start(NULL);
	struct peer peer;

	(void)state;
	begin_download(fix, &peer);
	put(fix, "images/big.iso", "", 0);
	loop_watch_set(peer.watch, LOOP_READ);
	peer_wait_eof(&peer);
	assert_true(peer.in.len < BIG);
	assert_true(fix->reported);
	assert_false(fix->last.complete);
	peer_done(&peer);
	stop(fix);
}

static void
test_report_codec(void **state)
{
	struct filesrv_report in = {.status = 206,
	    .offset = 1ull << 40,
	    .bytes = (1ull << 33) + 7,
	    .length = UINT64_MAX,
	    .ms = 4000000000u,
	    .id = UINT64_MAX - 1,
	    .running = true,
	    .complete = true};
	struct filesrv_report out;
	uint8_t wire[FILESRV_REPORT_MAX + 1];
	size_t len;

	(void)state;
	strcpy(in.peer, "2001:db8::1");
	memset(in.path, 'a', sizeof in.path - 1);
	len = filesrv_report_encode(&in, wire);
	assert_true(len <= FILESRV_REPORT_MAX);
	assert_int_equal(filesrv_report_decode(wire, len, &out), 0);
	assert_memory_equal(&in, &out, sizeof in);
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(
		    filesrv_report_decode(wire, cut, &out), -EBADMSG);
	assert_int_equal(filesrv_report_decode(wire, len + 1, &out), -EBADMSG);
	wire[0] ^= 1;
	assert_int_equal(filesrv_report_decode(wire, len, &out), -EBADMSG);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_serves),
	    cmocka_unit_test(test_refuses),
	    cmocka_unit_test(test_ranges),
	    cmocka_unit_test(test_validators),
	    cmocka_unit_test(test_big_file),
	    cmocka_unit_test(test_keep_alive),
	    cmocka_unit_test(test_many_at_once),
	    cmocka_unit_test(test_client_vanishes),
	    cmocka_unit_test(test_client_stalls),
	    cmocka_unit_test(test_server_goes_in_the_middle),
	    cmocka_unit_test(test_file_shrinks),
	    cmocka_unit_test(test_report_codec),
	};

	return cmocka_run_group_tests_name("filesrv", tests, NULL, NULL);
}
