/* Calls: what handlers of control commands see. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"
#include "base/mem.h"
#include "net/ctlsock_private.h"
#include "net/loop_private.h"

static void
call_free(struct ctl_call *call)
{
	while (call->fd_count > 0) {
		int fd = call->fds[--call->fd_count];

		if (fd >= 0)
			close(fd);
	}
	json_decref(call->request);
	json_decref(call->args);
	free(call);
}

static void
call_end(struct ctl_call *call)
{
	if (call->conn != NULL)
		ctl_conn_next(call->conn);
	call_free(call);
}

void
ctl_call_lost(struct ctl_call *call)
{
	loop_cb *cb = call->on_gone;

	call->conn = NULL;
	call->on_gone = NULL;
	call->on_drain = NULL;
	if (cb != NULL)
		cb(call->on_gone_arg);
}

/* A string as JSON, after a member's name: `,"text":"..."`. */
static void
add_member(struct buf *out, const char *name, const char *text)
{
	buf_addc(out, ',');
	escape_json(out, name, strlen(name));
	buf_addc(out, ':');
	escape_json(out, text, strlen(text));
}

void
ctl_conn_error(struct ctl_conn *conn, const char *text, const char *hint)
{
	struct buf line;

	buf_init(&line, 65536);
	buf_adds(&line, "{\"type\":\"error\"");
	add_member(&line, "text", text);
	if (hint != NULL && *hint != '\0')
		add_member(&line, "hint", hint);
	buf_addc(&line, '}');
	if (!buf_bad(&line))
		ctl_conn_send(conn, line.data, line.len);
	buf_done(&line);
}

static const struct ctl_command *
find_command(const struct ctlsock *ctlsock, const char *name)
{
	for (size_t i = 0; i < ctlsock->config.command_count; i++) {
		if (strcmp(ctlsock->config.commands[i].name, name) == 0)
			return &ctlsock->config.commands[i];
	}
	return NULL;
}

static bool
may_use(const struct ctl_call *call, const struct ctl_command *command)
{
	uid_t admin = call->conn->ctlsock->config.admin_uid;

	switch (command->access) {
	case CTL_ACCESS_READ:
		return true;
	case CTL_ACCESS_ADMIN:
		return call->peer.uid == 0 || call->peer.uid == admin;
	case CTL_ACCESS_INVALID:
	default:
		return false;
	}
}

static void
dispatch(struct ctl_call *call, const char *name)
{
	struct ctlsock *ctlsock = call->conn->ctlsock;
	const struct ctl_command *command = find_command(ctlsock, name);

	if (command == NULL)
		ctl_error(call, "the daemon does not know this command",
		    "are daemon and convect-pxectl of the same version?");
	else if (!may_use(call, command))
		ctl_error(call,
		    "only root and the daemon's own user may do this",
		    "run it with sudo");
	else
		command->handler(ctlsock->config.arg, call);
}

static struct ctl_call *
call_new(struct ctl_conn *conn, json_t *request, json_t *args)
{
	struct ctl_call *call = mem_alloc(sizeof *call);

	call->conn = conn;
	call->peer = conn->peer;
	call->request = request;
	call->args =
	    args == NULL ? loop_need(json_object()) : json_incref(args);
	memcpy(call->fds, conn->fds, sizeof call->fds);
	call->fd_count = conn->fd_count;
	conn->fd_count = 0;
	conn->call = call;
	return call;
}

int
ctl_call_run(struct ctl_conn *conn, const char *line, size_t len)
{
	json_error_t fault;
	json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, &fault);
	json_t *args = json_object_get(request, "args");
	const char *name =
	    json_string_value(json_object_get(request, "command"));

	if (name == NULL || (args != NULL && !json_is_object(args))) {
		json_decref(request);
		ctl_conn_error(conn,
		    "not a request: want {\"command\":NAME,\"args\":{...}}",
		    NULL);
		return -EPROTO;
	}
	dispatch(call_new(conn, request, args), name);
	return 0;
}

const json_t *
ctl_args(const struct ctl_call *call)
{
	return call->args;
}

const char *
ctl_arg_str(const struct ctl_call *call, const char *name)
{
	return json_string_value(json_object_get(call->args, name));
}

const struct ctl_peer *
ctl_peer(const struct ctl_call *call)
{
	return &call->peer;
}

size_t
ctl_fd_count(const struct ctl_call *call)
{
	return call->fd_count;
}

int
ctl_fd_take(struct ctl_call *call, size_t index)
{
	int fd;

	if (index >= call->fd_count)
		return -1;
	fd = call->fds[index];
	call->fds[index] = -1;
	return fd;
}

void
ctl_line_text(struct ctl_call *call, const char *line, size_t len)
{
	if (call->conn != NULL)
		ctl_conn_send(call->conn, line, len);
}

void
ctl_data_text(struct ctl_call *call, const char *json, size_t len)
{
	static const char head[] = "{\"type\":\"data\",\"data\":";
	size_t head_len = sizeof head - 1;
	char *line;

	if (call->conn == NULL)
		return;
	line = mem_alloc(head_len + len + 1);
	memcpy(line, head, head_len);
	memcpy(line + head_len, json, len);
	line[head_len + len] = '}';
	ctl_line_text(call, line, head_len + len + 1);
	free(line);
}

void
ctl_data_new(struct ctl_call *call, json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

	/* What jansson can not encode, such as text that is not UTF-8. */
	if (text == NULL)
		text = mem_strdup("null");
	ctl_data_text(call, text, strlen(text));
	free(text);
	json_decref(value);
}

void
ctl_progress_new(struct ctl_call *call, json_t *value)
{
	char *text;

	json_object_set_new(value, "type", json_string("progress"));
	text = json_dumps(value, JSON_COMPACT);
	if (text != NULL)
		ctl_line_text(call, text, strlen(text));
	free(text);
	json_decref(value);
}

void
ctl_done(struct ctl_call *call)
{
	static const char line[] = "{\"type\":\"done\"}";

	ctl_line_text(call, line, sizeof line - 1);
	call_end(call);
}

void
ctl_error(struct ctl_call *call, const char *text, const char *hint)
{
	if (call->conn != NULL)
		ctl_conn_error(call->conn, text, hint);
	call_end(call);
}

void
ctl_error_err(struct ctl_call *call, const struct err *err)
{
	struct err bare = *err;
	char text[sizeof err->file + sizeof err->text + 32];

	bare.hint[0] = '\0';
	ctl_error(call, err_format(&bare, text, sizeof text), err->hint);
}

void
ctl_on_gone(struct ctl_call *call, loop_cb *cb, void *arg)
{
	call->on_gone = cb;
	call->on_gone_arg = arg;
}

bool
ctl_is_gone(const struct ctl_call *call)
{
	return call->conn == NULL;
}

size_t
ctl_queued(const struct ctl_call *call)
{
	if (call->conn == NULL)
		return 0;
	return evbuffer_get_length(call->conn->out);
}

void
ctl_on_drain(struct ctl_call *call, loop_cb *cb, void *arg)
{
	call->on_drain = cb;
	call->on_drain_arg = arg;
}
