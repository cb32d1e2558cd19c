/*
 * The client of the control socket, against a peer that answers from a
 * script: whole lines, torn ones, errors, nonsense, silence.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "ctl/client.h"

/* A daemon that takes one request and answers with `answer`. */
struct peer {
	char dir[64];
	char path[96];
	int listener;
	const char *answer;
	size_t step; /* bytes a write */
	char request[4096];
	int fds[CLIENT_FDS_MAX];
	size_t fd_count;
	pthread_t thread;
};

static void
peer_receive(struct peer *peer, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof peer->fds)];
		struct cmsghdr align;
	} control;
	struct iovec iov = {peer->request, sizeof peer->request - 1};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof control.bytes};
	ssize_t n = recvmsg(fd, &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	peer->request[n > 0 ? n : 0] = '\0';
	if (cmsg == NULL)
		return;
	peer->fd_count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof peer->fds[0];
	memcpy(
	    peer->fds, CMSG_DATA(cmsg), peer->fd_count * sizeof peer->fds[0]);
}

static void *
peer_main(void *arg)
{
	struct peer *peer = arg;
	int fd = accept(peer->listener, NULL, NULL);
	size_t len = strlen(peer->answer);

	peer_receive(peer, fd);
	for (size_t at = 0; at < len; at += peer->step) {
		size_t n = len - at < peer->step ? len - at : peer->step;

		if (send(fd, peer->answer + at, n, MSG_NOSIGNAL) < 0)
			break;
	}
	close(fd);
	return NULL;
}

static void
peer_start(struct peer *peer, const char *answer, size_t step)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};

	memset(peer, 0, sizeof *peer);
	str_copy(peer->dir, sizeof peer->dir, "/tmp/test-ctl-XXXXXX");
	assert_non_null(mkdtemp(peer->dir));
	str_copy(peer->path, sizeof peer->path, peer->dir);
	strncat(peer->path, "/s", sizeof peer->path - strlen(peer->path) - 1);
	str_copy(addr.sun_path, sizeof addr.sun_path, peer->path);
	peer->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
	    bind(peer->listener, (struct sockaddr *)&addr, sizeof addr), 0);
	assert_int_equal(listen(peer->listener, 1), 0);
	peer->answer = answer;
	peer->step = step;
	assert_int_equal(
	    pthread_create(&peer->thread, NULL, peer_main, peer), 0);
}

static void
peer_stop(struct peer *peer)
{
	pthread_join(peer->thread, NULL);
	for (size_t i = 0; i < peer->fd_count; i++)
		close(peer->fds[i]);
	close(peer->listener);
	unlink(peer->path);
	rmdir(peer->dir);
}

struct seen {
	char data[512];
	char progress[512];
	int stop_at; /* refuse this data line */
	int count;
};

static int
on_data(struct value data, void *arg)
{
	struct seen *seen = arg;
	struct buf text;

	buf_init(&text, 256);
	value_write_json(data, -1, false, &text);
	strncat(
	    seen->data, text.data, sizeof seen->data - strlen(seen->data) - 1);
	buf_done(&text);
	return ++seen->count == seen->stop_at ? -EPIPE : 0;
}

static int
on_progress(struct value line, void *arg)
{
	struct seen *seen = arg;

	strncat(seen->progress, value_str(value_map_get(line, "phase")),
	    sizeof seen->progress - strlen(seen->progress) - 1);
	return 0;
}

static int
run(const char *answer, size_t step, struct seen *seen, struct err *err)
{
	struct client_handler handler = {on_data, on_progress, seen};
	struct client_request req = {.command = "status"};
	struct peer peer;
	int ret;

	err_clear(err);
	peer_start(&peer, answer, step);
	req.socket = peer.path;
	req.args = value_map_new();
	ret = client_run(&req, &handler, err);
	value_unref(req.args);
	peer_stop(&peer);
	assert_string_equal(
	    peer.request, "{\"command\": \"status\", \"args\": {}}\n");
	return ret;
}

static void
test_answers(void **state)
{
	static const char answer[] =
	    "{\"type\":\"progress\",\"phase\":\"copy\"}\n"
	    "{\"type\":\"data\",\"data\":[1,{\"a\":null}]}\n"
	    "{\"type\":\"new-kind\"}\n"
	    "{\"type\":\"data\",\"data\":\"x\"}\n{\"type\":\"done\"}\n";
	static const size_t steps[] = {1, 7, 4096};
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		struct seen seen = {0};

		assert_int_equal(run(answer, steps[i], &seen, &err), 0);
		assert_string_equal(seen.data, "[1, {\"a\": null}]\"x\"");
		assert_string_equal(seen.progress, "copy");
	}
}

static void
test_errors(void **state)
{
	struct seen seen = {0};
	struct err err;

	(void)state;
	assert_int_equal(run("{\"type\":\"error\",\"text\":\"no such node\","
			     "\"hint\":\"look\"}\n",
			     4096, &seen, &err),
	    -EREMOTEIO);
	assert_string_equal(err.text, "no such node");
	assert_string_equal(err.hint, "look");
	assert_int_equal(run("nonsense\n", 4096, &seen, &err), -EPROTO);
	assert_int_equal(run("[]\n", 4096, &seen, &err), -EPROTO);
	assert_int_equal(
	    run("{\"type\":\"data\",\"data\":1}\n", 9, &seen, &err), -EPROTO);
	assert_non_null(strstr(err.text, "broke off"));
	assert_int_equal(run("", 1, &seen, &err), -EPROTO);
}

static void
test_handler_stops(void **state)
{
	struct seen seen = {.stop_at = 2};
	struct err err;

	(void)state;
	assert_int_equal(run("{\"type\":\"data\",\"data\":1}\n"
			     "{\"type\":\"data\",\"data\":2}\n"
			     "{\"type\":\"data\",\"data\":3}\n"
			     "{\"type\":\"done\"}\n",
			     4096, &seen, &err),
	    -EPIPE);
	assert_string_equal(seen.data, "12");
}

static void
test_no_daemon(void **state)
{
	struct value data;
	struct err err = {0};
	char path[300];

	(void)state;
	assert_int_equal(client_ask("/nonexistent/ctl.sock", "status",
			     value_null(), &data, &err),
	    -ECONNREFUSED);
	assert_non_null(strstr(err.hint, "systemctl start convect-pxed"));
	memset(path, 'x', sizeof path);
	path[0] = '/';
	path[sizeof path - 1] = '\0';
	err_clear(&err);
	assert_int_equal(client_ask(path, "status", value_null(), &data, &err),
	    -ENAMETOOLONG);
}

/* The descriptors arrive open, in their order. */
static void
test_descriptors(void **state)
{
	struct client_request req = {.command = "image-add"};
	struct seen seen = {0};
	struct client_handler handler = {on_data, NULL, &seen};
	struct peer peer;
	struct stat mine;
	struct stat theirs;

	(void)state;
	peer_start(&peer, "{\"type\":\"done\"}\n", 4096);
	req.socket = peer.path;
	req.args = value_map_new();
	req.fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	req.fds[1] = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	req.fd_count = 2;
	assert_int_equal(client_run(&req, &handler, NULL), 0);
	pthread_join(peer.thread, NULL);
	assert_int_equal(peer.fd_count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(fstat(req.fds[i], &mine), 0);
		assert_int_equal(fstat(peer.fds[i], &theirs), 0);
		assert_int_equal(mine.st_ino, theirs.st_ino);
		close(req.fds[i]);
		close(peer.fds[i]);
	}
	value_unref(req.args);
	close(peer.listener);
	unlink(peer.path);
	rmdir(peer.dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_handler_stops),
	    cmocka_unit_test(test_no_daemon),
	    cmocka_unit_test(test_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
