#include "ctl/client.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"

static int
connect_failed(const char *path, int error, struct err *err)
{
	if (error == EACCES || error == EPERM) {
		err_set(err, "not allowed to use %s", path);
		err_hint(err, "use sudo, or join the socket's group");
		return -EACCES;
	}
	err_set(err, "convect-pxed does not answer on %s: %s", path,
	    strerror(error));
	err_hint(err, "start it: systemctl start convect-pxed, or "
		      "convect-pxed --inventory FILE; another socket is named "
		      "with --socket");
	return -ECONNREFUSED;
}

static int
client_connect(const char *path, int *ret_fd, struct err *err)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd;
	int error;

	if (strlen(path) >= sizeof addr.sun_path) {
		err_set(err, "the path of the socket is too long: %s", path);
		return -ENAMETOOLONG;
	}
	str_copy(addr.sun_path, sizeof addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return connect_failed(path, errno, err);
	if (connect(fd, (const struct sockaddr *)&addr, sizeof addr) < 0) {
		error = errno;
		close(fd);
		return connect_failed(path, error, err);
	}
	*ret_fd = fd;
	return 0;
}

static void
request_write(const struct client_request *req, struct buf *out)
{
	struct value line = value_map_new();

	value_map_set(line, "command", value_string(req->command));
	value_map_set(line, "args", value_ref(req->args));
	value_write_json(line, -1, false, out);
	buf_addc(out, '\n');
	value_unref(line);
}

/* The first bytes carry the descriptors; returns how many were taken. */
static ssize_t
send_with_fds(
    int fd, const struct client_request *req, const char *data, size_t len)
{
	union {
		char bytes[CMSG_SPACE(sizeof req->fds)];
		struct cmsghdr align;
	} control = {0};
	struct iovec iov = {.iov_len = len};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	size_t size = req->fd_count * sizeof req->fds[0];
	struct cmsghdr *cmsg;

	memcpy(&iov.iov_base, &data, sizeof iov.iov_base);
	if (req->fd_count > 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(size);
		cmsg = CMSG_FIRSTHDR(&msg);
		if (cmsg == NULL)
			return -1;
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(cmsg), req->fds, size);
	}
	return sendmsg(fd, &msg, MSG_NOSIGNAL);
}

static int
request_send(int fd, const struct client_request *req, struct err *err)
{
	struct client_request rest = *req;
	struct buf line;
	size_t done = 0;
	ssize_t n = 0;
	int ret = 0;

	buf_init(&line, 1u << 20);
	request_write(req, &line);
	if (buf_bad(&line)) {
		err_set(err, "the request is too long");
		ret = -EMSGSIZE;
		goto out;
	}
	while (done < line.len) {
		n = send_with_fds(fd, &rest, line.data + done, line.len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		rest.fd_count = 0;
		done += (size_t)n;
	}
	/* A daemon that refused early has said why: its answer is read. */
	if (n < 0 && errno != EPIPE) {
		ret = -errno;
		err_set(err, "sending the request: %s", strerror(errno));
	}
out:
	buf_done(&line);
	return ret;
}

static int
bad_answer(struct err *err, const char *what)
{
	err_set(err, "the daemon's answer is not understood: %s", what);
	err_hint(err, "are convect-pxed and convect-pxectl the same version?");
	return -EPROTO;
}

/* 1: more lines follow; 0: done; negative: it failed. */
static int
handle_line(
    const struct client_handler *handler, struct value line, struct err *err)
{
	const char *type = value_str(value_map_get(line, "type"));
	const char *hint = value_str(value_map_get(line, "hint"));
	int ret = 0;

	if (strcmp(type, "done") == 0)
		return 0;
	if (strcmp(type, "error") == 0) {
		err_set(err, "%s", value_str(value_map_get(line, "text")));
		if (*hint != '\0')
			err_hint(err, "%s", hint);
		return -EREMOTEIO;
	}
	if (strcmp(type, "data") == 0)
		ret =
		    handler->on_data(value_map_get(line, "data"), handler->arg);
	else if (strcmp(type, "progress") == 0 && handler->on_progress != NULL)
		ret = handler->on_progress(line, handler->arg);
	return ret < 0 ? ret : 1;
}

static int
handle_text(const struct client_handler *handler, const char *text, size_t len,
    struct err *err)
{
	struct value line;
	int ret;

	if (value_parse_json(text, len, &line, NULL) < 0)
		return bad_answer(err, "a line is not JSON");
	if (line.type == VALUE_MAP)
		ret = handle_line(handler, line, err);
	else
		ret = bad_answer(err, "a line is not an object");
	value_unref(line);
	return ret;
}

/* Handles every whole line in the buffer and keeps the rest. */
static int
handle_buffer(
    const struct client_handler *handler, struct buf *in, struct err *err)
{
	char *start = in->data;
	char *end;
	size_t left = in->len;
	int ret = 1;

	while (ret > 0 && (end = memchr(start, '\n', left)) != NULL) {
		size_t len = (size_t)(end - start);

		ret = handle_text(handler, start, len, err);
		start = end + 1;
		left -= len + 1;
	}
	memmove(in->data, start, left);
	in->len = left;
	return ret;
}

static int
answer_read(int fd, const struct client_handler *handler, struct err *err)
{
	char chunk[8192];
	struct buf in;
	ssize_t n;
	int ret = 1;

	buf_init(&in, CLIENT_LINE_MAX);
	while (ret > 0) {
		n = read(fd, chunk, sizeof chunk);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			err_set(err, "the daemon broke off its answer");
			err_hint(
			    err, "see its log: journalctl -u convect-pxed");
			ret = -EPROTO;
			break;
		}
		buf_add(&in, chunk, (size_t)n);
		if (buf_bad(&in))
			ret = bad_answer(err, "a line is too long");
		else if (memchr(chunk, '\n', (size_t)n) != NULL)
			ret = handle_buffer(handler, &in, err);
	}
	buf_done(&in);
	return ret;
}

int
client_run(const struct client_request *req,
    const struct client_handler *handler, struct err *err)
{
	int fd = -1;
	int ret = client_connect(req->socket, &fd, err);

	if (ret < 0)
		return ret;
	ret = request_send(fd, req, err);
	if (ret == 0)
		ret = answer_read(fd, handler, err);
	close(fd);
	return ret;
}

static int
on_ask_data(struct value data, void *arg)
{
	struct value *answer = arg;

	if (answer->type == VALUE_LIST && data.type == VALUE_LIST) {
		for (size_t i = 0; i < value_len(data); i++)
			value_list_add(
			    *answer, value_ref(value_list_at(data, i)));
		return 0;
	}
	value_unref(*answer);
	*answer = value_ref(data);
	return 0;
}

int
client_ask(const char *socket, const char *command, struct value args,
    struct value *ret_data, struct err *err)
{
	struct value answer = {0};
	struct client_request req = {
	    .socket = socket, .command = command, .args = args};
	struct client_handler handler = {
	    .on_data = on_ask_data, .arg = &answer};
	int ret = client_run(&req, &handler, err);

	if (ret < 0) {
		value_unref(answer);
		return ret;
	}
	*ret_data = answer;
	return 0;
}
