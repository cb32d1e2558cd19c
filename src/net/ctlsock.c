#include "net/ctlsock.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "net/ctlsock_private.h"
#include "net/loop_private.h"
#include "net/sockaddr.h"

static void on_conn_ready_cb(void *arg, int fd, unsigned events);
static void on_conn_next_cb(void *arg);
static void on_conn_overflow_cb(void *arg);

static void
close_fds(int *fds, size_t *count)
{
	while (*count > 0)
		close(fds[--*count]);
}

static void
conn_free(struct ctl_conn *conn)
{
	struct ctl_call *call = conn->call;

	LIST_REMOVE(conn, link);
	conn->ctlsock->conn_count--;
	loop_defer_cancel(conn->ctlsock->loop, on_conn_next_cb, conn);
	loop_defer_cancel(conn->ctlsock->loop, on_conn_overflow_cb, conn);
	loop_watch_free(conn->watch);
	loop_timer_free(conn->timer);
	close(conn->fd);
	close_fds(conn->fds, &conn->fd_count);
	buf_done(&conn->in);
	evbuffer_free(conn->out);
	conn->call = NULL;
	if (call != NULL)
		ctl_call_lost(call);
	free(conn);
}

/*
 * What the connection waits for. While a call runs, its reading goes on (up
 * to a line), because that is how the peer's going is noticed.
 */
static void
conn_rearm(struct ctl_conn *conn)
{
	const struct ctlsock_config *config = &conn->ctlsock->config;
	unsigned events = 0;

	if (!conn->eof && !conn->closing && conn->in.len < conn->in.max)
		events |= LOOP_READ;
	if (evbuffer_get_length(conn->out) > 0)
		events |= LOOP_WRITE;
	loop_watch_set(conn->watch, events);
	if (events & LOOP_WRITE)
		loop_timer_set(conn->timer, config->stall_ms);
	else if (conn->call == NULL)
		loop_timer_set(conn->timer, config->receive_ms);
	else
		loop_timer_stop(conn->timer);
}

static void
on_conn_late_cb(void *arg)
{
	struct ctl_conn *conn = arg;

	conn_free(conn);
}

/* Gives the connection up in the next turn: the caller may be a handler. */
static void
on_conn_overflow_cb(void *arg)
{
	struct ctl_conn *conn = arg;

	log_warn(NULL, "control socket: a client (pid %ld) does not read",
	    (long)conn->peer.pid);
	conn_free(conn);
}

void
ctl_conn_send(struct ctl_conn *conn, const char *line, size_t len)
{
	size_t queued = evbuffer_get_length(conn->out);

	if (conn->closing)
		return;
	if (len + 1 > conn->ctlsock->config.queue_max - queued) {
		conn->closing = true;
		loop_defer(conn->ctlsock->loop, on_conn_overflow_cb, conn);
		return;
	}
	if (evbuffer_add(conn->out, line, len) < 0 ||
	    evbuffer_add(conn->out, "\n", 1) < 0)
		loop_need(NULL);
	if (queued == 0)
		conn_rearm(conn);
}

static void
conn_refuse(struct ctl_conn *conn, const char *text)
{
	ctl_conn_error(conn, text, NULL);
	conn->closing = true;
	buf_reset(&conn->in);
}

/* Takes one line off the input, when there is one and no call is running. */
static void
on_conn_next_cb(void *arg)
{
	struct ctl_conn *conn = arg;
	char *end = memchr(conn->in.data, '\n', conn->in.len);
	size_t len;
	int ret;

	if (conn->call != NULL || conn->closing)
		return;
	if (end == NULL) {
		if (conn->in.len >= CTL_LINE_MAX)
			conn_refuse(conn, "request longer than 1 MiB");
		else if (conn->eof)
			conn->closing = true;
		if (conn->closing && evbuffer_get_length(conn->out) == 0)
			conn_free(conn);
		else
			conn_rearm(conn);
		return;
	}
	len = (size_t)(end - conn->in.data);
	ret = ctl_call_run(conn, conn->in.data, len);
	if (ret < 0) {
		conn->closing = true;
		buf_reset(&conn->in);
	} else {
		memmove(conn->in.data, end + 1, conn->in.len - len);
		conn->in.len -= len + 1;
		conn->in.bad = false;
	}
	conn_rearm(conn);
}

void
ctl_conn_next(struct ctl_conn *conn)
{
	conn->call = NULL;
	loop_defer(conn->ctlsock->loop, on_conn_next_cb, conn);
}

/* Takes the descriptors of a message; false: too many, all are closed. */
static bool
take_fds(struct ctl_conn *conn, struct msghdr *msg)
{
	bool fits = (msg->msg_flags & MSG_CTRUNC) == 0;
	struct cmsghdr *cmsg;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg != NULL;
	     cmsg = CMSG_NXTHDR(msg, cmsg)) {
		size_t count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (cmsg->cmsg_level != SOL_SOCKET ||
		    cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof fd, sizeof fd);
			if (conn->fd_count < CTL_FDS_MAX) {
				conn->fds[conn->fd_count++] = fd;
				continue;
			}
			close(fd);
			fits = false;
		}
	}
	return fits;
}

/* One message. 1: something came; 0: the end; or a negative errno. */
static int
conn_read(struct ctl_conn *conn)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * (CTL_FDS_MAX + 1))];
	} control;
	char chunk[8192];
	size_t room = conn->in.max - conn->in.len;
	struct iovec iov = {.iov_base = chunk,
	    .iov_len = room < sizeof chunk ? room : sizeof chunk};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control.bytes,
	    .msg_controllen = sizeof control.bytes};
	ssize_t n = recvmsg(conn->fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (n < 0)
		return -errno;
	if (!take_fds(conn, &msg)) {
		close_fds(conn->fds, &conn->fd_count);
		conn_refuse(conn, "too many descriptors");
		return 1;
	}
	if (n == 0)
		return 0;
	buf_add(&conn->in, chunk, (size_t)n);
	return 1;
}

/* Closed, or only its sending side. */
static bool
is_hung_up(int fd)
{
	struct pollfd pfd = {.fd = fd, .events = POLLOUT};

	return poll(&pfd, 1, 0) > 0 && (pfd.revents & (POLLHUP | POLLERR));
}

/* false: the connection was freed. */
static bool
conn_readable(struct ctl_conn *conn)
{
	int ret = conn_read(conn);

	if (ret == -EAGAIN || ret == -EINTR)
		return true;
	if (ret < 0 || (ret == 0 && is_hung_up(conn->fd))) {
		conn_free(conn);
		return false;
	}
	if (ret == 0)
		conn->eof = true;
	loop_defer(conn->ctlsock->loop, on_conn_next_cb, conn);
	conn_rearm(conn);
	return true;
}

static void
conn_writable(struct ctl_conn *conn)
{
	int n = evbuffer_write(conn->out, conn->fd);
	struct ctl_call *call = conn->call;

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		conn_free(conn);
		return;
	}
	if (evbuffer_get_length(conn->out) > 0) {
		loop_timer_set(conn->timer, conn->ctlsock->config.stall_ms);
		return;
	}
	if (conn->closing) {
		conn_free(conn);
		return;
	}
	conn_rearm(conn);
	if (call != NULL && call->on_drain != NULL)
		call->on_drain(call->on_drain_arg);
}

static void
on_conn_ready_cb(void *arg, int fd, unsigned events)
{
	struct ctl_conn *conn = arg;

	(void)fd;
	if ((events & LOOP_READ) && !conn_readable(conn))
		return;
	if (events & LOOP_WRITE)
		conn_writable(conn);
}

static void
conn_new(struct ctlsock *ctlsock, int fd)
{
	struct ctl_conn *conn = mem_alloc(sizeof *conn);
	struct ucred cred = {.uid = (uid_t)-1};
	socklen_t len = sizeof cred;

	/* Without credentials it is nobody, who may read only. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		cred.uid = (uid_t)-1;
	conn->ctlsock = ctlsock;
	conn->fd = fd;
	conn->peer.uid = cred.uid;
	conn->peer.gid = cred.gid;
	conn->peer.pid = cred.pid;
	conn->out = loop_need(evbuffer_new());
	buf_init(&conn->in, CTL_LINE_MAX);
	conn->watch =
	    loop_watch_new(ctlsock->loop, fd, 0, on_conn_ready_cb, conn);
	conn->timer = loop_timer_new(ctlsock->loop, on_conn_late_cb, conn);
	LIST_INSERT_HEAD(&ctlsock->conns, conn, link);
	ctlsock->conn_count++;
	conn_rearm(conn);
}

static void
on_listener_ready_cb(void *arg, int listener, unsigned events)
{
	struct ctlsock *ctlsock = arg;
	int fd;

	(void)events;
	while ((fd = accept4(
		    listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		if (ctlsock->conn_count >= ctlsock->config.conn_max)
			close(fd);
		else
			conn_new(ctlsock, fd);
	}
}

static const char *
command_fault(const struct ctl_command *command)
{
	if (command->name == NULL)
		return "it has no name";
	if (command->access == CTL_ACCESS_INVALID)
		return "it has no access class";
	if (command->handler == NULL)
		return "it has no handler";
	return NULL;
}

static int
check_commands(const struct ctlsock_config *config, struct err *err)
{
	for (size_t i = 0; i < config->command_count; i++) {
		const struct ctl_command *command = &config->commands[i];
		const char *fault = command_fault(command);

		if (fault == NULL)
			continue;
		err_set(err, "control command %zu (%s): %s", i + 1,
		    command->name == NULL ? "?" : command->name, fault);
		return -EINVAL;
	}
	return 0;
}

struct ctlsock *
ctlsock_new(
    struct loop *loop, const struct ctlsock_config *config, struct err *err)
{
	struct ctlsock *ctlsock;

	if (check_commands(config, err) < 0)
		return NULL;
	ctlsock = mem_alloc(sizeof *ctlsock);
	ctlsock->loop = loop;
	ctlsock->fd = -1;
	ctlsock->config = *config;
	if (ctlsock->config.conn_max == 0)
		ctlsock->config.conn_max = 64;
	if (ctlsock->config.queue_max == 0)
		ctlsock->config.queue_max = (size_t)64 << 20;
	if (ctlsock->config.receive_ms == 0)
		ctlsock->config.receive_ms = 10000;
	if (ctlsock->config.stall_ms == 0)
		ctlsock->config.stall_ms = 60000;
	LIST_INIT(&ctlsock->conns);
	return ctlsock;
}

int
ctlsock_listen(struct ctlsock *ctlsock, int fd, struct err *err)
{
	int ret = sockaddr_check_listener(fd, err);

	if (ret < 0) {
		close(fd);
		return ret;
	}
	ctlsock->fd = fd;
	ctlsock->watch = loop_watch_new(
	    ctlsock->loop, fd, LOOP_READ, on_listener_ready_cb, ctlsock);
	return 0;
}

void
ctlsock_free(struct ctlsock *ctlsock)
{
	struct ctl_conn *conn, *next;

	if (ctlsock == NULL)
		return;
	loop_watch_free(ctlsock->watch);
	if (ctlsock->fd >= 0)
		close(ctlsock->fd);
	for (conn = LIST_FIRST(&ctlsock->conns); conn != NULL; conn = next) {
		next = LIST_NEXT(conn, link);
		conn_free(conn);
	}
	free(ctlsock);
}
