/* The control socket's line protocol over real unix sockets. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/ctlsock.h"
#include "net_support.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

struct fixture {
	struct loop *loop;
	struct ctlsock *ctlsock;
	struct sockaddr_un addr;
	socklen_t addr_len;
	struct ctl_call *kept;
	bool has_kept;
	bool gone;
	bool drained;
};

static void
on_echo(void *arg, struct ctl_call *call)
{
	const char *text = ctl_arg_str(call, "text");

	(void)arg;
	ctl_progress_new(call, json_pack("{s:i}", "percent", 50));
	ctl_data_new(call, json_pack("{s:s}", "text", text ? text : "-"));
	ctl_data_text(call, "[1,2]", 5);
	ctl_done(call);
}

static void
on_who(void *arg, struct ctl_call *call)
{
	const struct ctl_peer *peer = ctl_peer(call);

	(void)arg;
	assert_int_equal(peer->uid, getuid());
	assert_int_equal(peer->gid, getgid());
	assert_int_equal(peer->pid, getpid());
	ctl_done(call);
}

static void
on_fail(void *arg, struct ctl_call *call)
{
	struct err err = {0};

	(void)arg;
	err_at(&err, "macs.ini", 3, 7, "no \"such\" group");
	err_hint(&err, "add it");
	ctl_error_err(call, &err);
}

static void
on_fds(void *arg, struct ctl_call *call)
{
	char text[16] = "";
	int fd = ctl_fd_take(call, 1);

	(void)arg;
	assert_int_equal(ctl_fd_count(call), 2);
	assert_true(fd >= 0);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	assert_int_equal(ctl_fd_take(call, 1), -1);
	assert_int_equal(ctl_fd_take(call, 2), -1);
	assert_true(pread(fd, text, sizeof text - 1, 0) > 0);
	close(fd);
	ctl_data_new(call, json_string(text));
	ctl_done(call);
}

static void
on_kept_gone(void *arg)
{
	((struct fixture *)arg)->gone = true;
}

static void
on_kept_drain(void *arg)
{
	((struct fixture *)arg)->drained = true;
}

static void
on_follow(void *arg, struct ctl_call *call)
{
	struct fixture *fix = arg;

	fix->kept = call;
	fix->has_kept = true;
	ctl_on_gone(call, on_kept_gone, fix);
	ctl_on_drain(call, on_kept_drain, fix);
}

static const struct ctl_command commands[] = {
    {"echo", CTL_ACCESS_READ, on_echo},
    {"who", CTL_ACCESS_READ, on_who},
    {"fail", CTL_ACCESS_READ, on_fail},
    {"fds", CTL_ACCESS_ADMIN, on_fds},
    {"follow", CTL_ACCESS_READ, on_follow},
};

static struct fixture *
start_with(struct ctlsock_config config)
{
	struct fixture *fix = calloc(1, sizeof *fix);
	struct err err = {0};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_non_null(fix);
	/* Autobind: an abstract name of the kernel's choice. */
	fix->addr.sun_family = AF_UNIX;
	assert_int_equal(bind(fd, (struct sockaddr *)&fix->addr,
			     sizeof fix->addr.sun_family),
	    0);
	fix->addr_len = sizeof fix->addr;
	assert_int_equal(
	    getsockname(fd, (struct sockaddr *)&fix->addr, &fix->addr_len), 0);
	assert_int_equal(listen(fd, 16), 0);
	config.commands = commands;
	config.command_count = COUNT(commands);
	config.arg = fix;
	if (config.admin_uid == 0)
		config.admin_uid = getuid();
	fix->loop = loop_new();
	fix->ctlsock = ctlsock_new(fix->loop, &config, &err);
	assert_non_null(fix->ctlsock);
	assert_int_equal(ctlsock_listen(fix->ctlsock, fd, &err), 0);
	return fix;
}

static struct fixture *
start(void)
{
	return start_with((struct ctlsock_config){0});
}

static void
stop(struct fixture *fix)
{
	ctlsock_free(fix->ctlsock);
	loop_free(fix->loop);
	free(fix);
}

static void
attach(struct fixture *fix, struct peer *peer)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(
	    connect(fd, (struct sockaddr *)&fix->addr, fix->addr_len), 0);
	peer_adopt(peer, fix->loop, fd);
}

static void
send_fds(struct peer *peer, const char *text, const int *fds, size_t count)
{
	char control[CMSG_SPACE(sizeof(int) * 8)] = {0};
	struct iovec iov = {
	    .iov_base = (void *)(uintptr_t)text, .iov_len = strlen(text)};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = CMSG_SPACE(sizeof(int) * count)};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	if (cmsg == NULL)
		return;
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int) * count);
	memcpy(CMSG_DATA(cmsg), fds, sizeof(int) * count);
	assert_int_equal(
	    sendmsg(peer->fd, &msg, MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void
test_answers(void **state)
{
	struct fixture *fix = start();
	struct peer peer;

	(void)state;
	attach(fix, &peer);
	/* In two parts, and the second request sent ahead. */
	peer_send(&peer, "{\"command\":\"ec");
	run_turns(fix->loop, 3);
	peer_send(&peer, "ho\",\"args\":{\"text\":\"a\\nb\"}}\n"
			 "{\"command\":\"who\"}\n");
	assert_true(peer_wait_for(&peer, "done\"}\n{\"type\":\"done\"}\n"));
	assert_string_equal(peer.in.data,
	    "{\"percent\":50,\"type\":\"progress\"}\n"
	    "{\"type\":\"data\",\"data\":{\"text\":\"a\\nb\"}}\n"
	    "{\"type\":\"data\",\"data\":[1,2]}\n"
	    "{\"type\":\"done\"}\n"
	    "{\"type\":\"done\"}\n");
	peer_done(&peer);
	stop(fix);
}

static void
test_half_close_gets_its_answer(void **state)
{
	struct fixture *fix = start();
	struct peer peer;

	(void)state;
	attach(fix, &peer);
	peer_send(&peer, "{\"command\":\"echo\"}\n");
	shutdown(peer.fd, SHUT_WR);
	peer_wait_eof(&peer);
	assert_non_null(strstr(peer.in.data, "{\"type\":\"done\"}\n"));
	peer_done(&peer);
	stop(fix);
}

static void
test_errors(void **state)
{
	struct fixture *fix = start();
	struct peer peer;

	(void)state;
	attach(fix, &peer);
	peer_send(&peer, "{\"command\":\"fail\"}\n");
	assert_true(peer_wait_for(&peer, "\n"));
	assert_string_equal(peer.in.data,
	    "{\"type\":\"error\",\"text\":\"macs.ini:3:7: no \\\"such\\\" "
	    "group\",\"hint\":\"add it\"}\n");
	buf_reset(&peer.in);
	peer_send(&peer, "{\"command\":\"nonsense\"}\n");
	assert_true(peer_wait_for(&peer, "does not know this command"));
	buf_reset(&peer.in);
	peer_send(&peer, "{\"command\":\"who\"}\n");
	assert_true(peer_wait_for(&peer, "{\"type\":\"done\"}\n"));
	peer_done(&peer);
	stop(fix);
}

static void
test_malformed_closes(void **state)
{
	static const char *const lines[] = {"\n", "nonsense\n", "[]\n", "{}\n",
	    "{\"command\":1}\n", "{\"command\":\"who\",\"args\":[]}\n",
	    "{\"command\":\"who\",\"command\":\"echo\"}\n",
	    "{\"command\":\"who\"} trailing\n"};
	struct fixture *fix = start();

	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct peer peer;

		attach(fix, &peer);
		peer_send(&peer, lines[i]);
		peer_wait_eof(&peer);
		assert_non_null(strstr(peer.in.data, "not a request"));
		peer_done(&peer);
	}
	stop(fix);
}

static void
test_oversize_closes(void **state)
{
	struct fixture *fix = start();
	char *big = malloc(CTL_LINE_MAX + 1);
	struct peer peer;

	(void)state;
	memset(big, ' ', CTL_LINE_MAX + 1);
	attach(fix, &peer);
	peer_send_len(&peer, big, CTL_LINE_MAX + 1);
	peer_wait_eof(&peer);
	assert_non_null(strstr(peer.in.data, "longer than 1 MiB"));
	peer_done(&peer);
	/* One byte less and a newline is a line. */
	memcpy(big, "{\"command\":\"who\"}", 17);
	big[CTL_LINE_MAX - 1] = '\n';
	attach(fix, &peer);
	peer_send_len(&peer, big, CTL_LINE_MAX);
	assert_true(peer_wait_for(&peer, "{\"type\":\"done\"}\n"));
	peer_done(&peer);
	free(big);
	stop(fix);
}

static void
test_descriptors(void **state)
{
	struct fixture *fix = start();
	struct peer peer;
	int pipes[2];
	int memfd = memfd_create("test", MFD_CLOEXEC);
	int fds[4];

	(void)state;
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	assert_int_equal(write(memfd, "inside", 6), 6);
	fds[0] = pipes[1];
	fds[1] = memfd;
	attach(fix, &peer);
	send_fds(&peer, "{\"command\":\"fds\"}\n", fds, 2);
	assert_true(peer_wait_for(&peer, "{\"type\":\"done\"}\n"));
	assert_non_null(strstr(peer.in.data, "\"inside\""));
	/* The one that nobody took was closed. */
	close(pipes[1]);
	assert_int_equal(read(pipes[0], fds, 1), 0);
	peer_done(&peer);
	fds[0] = fds[1] = fds[2] = fds[3] = memfd;
	attach(fix, &peer);
	send_fds(&peer, "{\"command\":\"fds\"}\n", fds, 4);
	peer_wait_eof(&peer);
	assert_non_null(strstr(peer.in.data, "too many descriptors"));
	peer_done(&peer);
	close(pipes[0]);
	close(memfd);
	stop(fix);
}

static void
test_access(void **state)
{
	struct fixture *fix;
	struct peer peer;
	uid_t me = getuid();

	(void)state;
	if (me == 0) {
		/* Root may do everything; be nobody for a while. */
		if (seteuid(65534) < 0)
			skip();
	}
	fix = start_with((struct ctlsock_config){.admin_uid = 4242});
	attach(fix, &peer);
	peer_send(&peer, "{\"command\":\"fds\"}\n");
	assert_true(peer_wait_for(&peer, "only root and the daemon's own"));
	peer_done(&peer);
	stop(fix);
	assert_int_equal(seteuid(me), 0);
}

static void
test_stream_and_disconnect(void **state)
{
	struct fixture *fix = start();
	struct peer peer;

	(void)state;
	attach(fix, &peer);
	peer_send(&peer, "{\"command\":\"follow\"}\n");
	run_until(fix->loop, &fix->has_kept);
	for (int i = 0; i < 3; i++)
		ctl_data_new(fix->kept, json_integer(i));
	assert_true(ctl_queued(fix->kept) > 0);
	assert_true(peer_wait_for(&peer, "\"data\":2}\n"));
	run_until(fix->loop, &fix->drained);
	assert_false(ctl_is_gone(fix->kept));
	peer_done(&peer);
	run_until(fix->loop, &fix->gone);
	assert_true(ctl_is_gone(fix->kept));
	ctl_data_new(fix->kept, json_integer(9));
	ctl_done(fix->kept);
	stop(fix);
}

static void
test_server_goes_first(void **state)
{
	struct fixture *fix = start();
	struct peer peer;

	(void)state;
	attach(fix, &peer);
	peer_send(&peer, "{\"command\":\"follow\"}\n");
	run_until(fix->loop, &fix->has_kept);
	ctlsock_free(fix->ctlsock);
	fix->ctlsock = NULL;
	assert_true(fix->gone);
	ctl_error(fix->kept, "too late", NULL);
	peer_done(&peer);
	stop(fix);
}

static void
test_slow_reader_is_closed(void **state)
{
	struct fixture *fix =
	    start_with((struct ctlsock_config){.queue_max = 100000});
	char text[1001];
	struct peer peer;

	(void)state;
	memset(text, '1', 1000);
	text[1000] = '\0';
	attach(fix, &peer);
	peer_send(&peer, "{\"command\":\"follow\"}\n");
	run_until(fix->loop, &fix->has_kept);
	loop_watch_set(peer.watch, 0);
	for (int i = 0; i < 200; i++)
		ctl_data_text(fix->kept, text, 1000);
	run_until(fix->loop, &fix->gone);
	ctl_done(fix->kept);
	peer_done(&peer);
	stop(fix);
}

static void
test_deadlines(void **state)
{
	struct fixture *fix = start_with(
	    (struct ctlsock_config){.receive_ms = 30, .stall_ms = 30});
	struct peer slow, stalled;

	(void)state;
	attach(fix, &slow);
	peer_send(&slow, "{\"command\":");
	peer_wait_eof(&slow);
	assert_int_equal(slow.in.len, 0);
	attach(fix, &stalled);
	peer_send(&stalled, "{\"command\":\"follow\"}\n");
	run_until(fix->loop, &fix->has_kept);
	loop_watch_set(stalled.watch, 0);
	for (int i = 0; i < 30000; i++)
		ctl_data_text(fix->kept, "\"123456789012345678901234\"", 26);
	run_until(fix->loop, &fix->gone);
	ctl_done(fix->kept);
	peer_done(&slow);
	peer_done(&stalled);
	stop(fix);
}

static void
test_table_is_checked(void **state)
{
	static const struct ctl_command bad[] = {
	    {NULL, CTL_ACCESS_READ, on_who},
	    {"a", CTL_ACCESS_INVALID, on_who},
	    {"a", CTL_ACCESS_READ, NULL},
	};
	struct loop *loop = loop_new();

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct ctlsock_config config = {
		    .commands = &bad[i], .command_count = 1};
		struct err err = {0};

		assert_null(ctlsock_new(loop, &config, &err));
		assert_true(err_is_set(&err));
	}
	loop_free(loop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_half_close_gets_its_answer),
	    cmocka_unit_test(test_errors),
	    cmocka_unit_test(test_malformed_closes),
	    cmocka_unit_test(test_oversize_closes),
	    cmocka_unit_test(test_descriptors),
	    cmocka_unit_test(test_access),
	    cmocka_unit_test(test_stream_and_disconnect),
	    cmocka_unit_test(test_server_goes_first),
	    cmocka_unit_test(test_slow_reader_is_closed),
	    cmocka_unit_test(test_deadlines),
	    cmocka_unit_test(test_table_is_checked),
	};

	return cmocka_run_group_tests_name("ctlsock", tests, NULL, NULL);
}
