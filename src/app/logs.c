#include "app/logs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <utlist.h>

#include "app/app.h"
#include "app/callback.h"
#include "app/cluster.h"
#include "app/commands.h"
#include "app/decide.h"
#include "app/json.h"
#include "app/logstore.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/mask.h"
#include "core/masktext.h"

enum {
	READ_SIZE = 32768, /* bytes of a file in one line of an answer */
	/* The end of a text without newlines that waits for what follows. */
	HOLD_BACK = MASKTEXT_WORD_MAX
};

/* Those who wait for the next file of a node. */
struct logs_follower {
	struct logs *logs;
	struct ctl_call *call;
	char node[EVENT_NODE_SIZE];
	struct logs_follower *prev;
	struct logs_follower *next;
};

struct logs {
	struct logstore *store;
	struct logs_follower *followers;
	struct logs_reader *readers;
};

int
logs_open(struct app *app, struct err *err)
{
	char *dir = mem_printf("%s/logs", app->args->state_dir);
	struct logstore *store =
	    logstore_open(app->loop, app->clock, dir, NULL, err);

	free(dir);
	if (store == NULL)
		return -EIO;
	app->logs = mem_alloc(sizeof *app->logs);
	app->logs->store = store;
	return 0;
}

/* ---- uploads ------------------------------------------------------------ */

struct receiving {
	struct app *app;
	struct http_req *req;
	struct logstore_upload *upload;
	char node[EVENT_NODE_SIZE];
	char run[LOGSTORE_RUN_SIZE];
	char name[LOGSTORE_NAME_SIZE];
	uint64_t length;
};

/* 503: again later. Others will not do better then. */
static int
status_of(int error)
{
	static const struct {
		int error;
		int status;
	} rows[] = {
	    {-EINVAL, 400},
	    {-EFBIG, 413},
	    {-EDQUOT, 507},
	    {-ENOSPC, 507},
	    {-EAGAIN, 503},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].error == error)
			return rows[i].status;
	}
	return 503;
}

static void
warn_lost(const struct receiving *receiving, int error)
{
	log_warn(receiving->node, "its log %s, %llu bytes, was not kept: %s",
	    receiving->name, (unsigned long long)receiving->length,
	    error == -ECONNRESET ? "the upload broke off" : strerror(-error));
}

static void tell_followers(
    struct logs *logs, const char *node, const struct logstore_file *file);

static void
on_data_cb(void *arg, const void *data, size_t len)
{
	struct receiving *receiving = arg;

	logstore_write(receiving->upload, data, len);
}

static void
tell_kept(const struct receiving *receiving)
{
	struct logstore_file file = {.run = receiving->run,
	    .name = receiving->name,
	    .bytes = receiving->length,
	    .time_ms = clock_wall_ms(receiving->app->clock)};

	file.generation = strtoull(receiving->run, NULL, 10);
	log_info(receiving->node, "its log %s is kept, %llu bytes",
	    receiving->name, (unsigned long long)receiving->length);
	tell_followers(receiving->app->logs, receiving->node, &file);
}

static void
on_kept_cb(void *arg, int error)
{
	struct receiving *receiving = arg;
	struct http_req *req = receiving->req;

	if (error < 0)
		warn_lost(receiving, error);
	else
		tell_kept(receiving);
	free(receiving);
	if (error == -ECONNRESET)
		http_req_drop(req);
	else
		http_reply_text(req, error < 0 ? status_of(error) : 201, NULL);
}

static void
on_end_cb(void *arg, int error)
{
	struct receiving *receiving = arg;

	if (error == 0) {
		logstore_commit(receiving->upload, on_kept_cb, receiving);
		return;
	}
	logstore_abort(receiving->upload);
	on_kept_cb(receiving, error);
}

void
logs_on_upload(void *arg, struct http_req *req)
{
	const struct http_sink sink = {NULL, on_data_cb, on_end_cb};
	struct app *app = arg;
	const struct node_token *token;
	const struct node *node = callback_find(app, req, &token);
	struct receiving *receiving;
	struct http_sink own = sink;
	int ret;

	if (node == NULL) {
		http_req_refuse(req, 403);
		return;
	}
	receiving = mem_alloc(sizeof *receiving);
	receiving->app = app;
	receiving->req = req;
	receiving->length = http_req_body_left(req);
	str_copy(receiving->node, sizeof receiving->node, node->name);
	str_copy(receiving->name, sizeof receiving->name,
	    http_req_capture(req, "name"));
	logstore_run_name(
	    token->generation, token->report_sha256, receiving->run);
	ret = logstore_begin(app->logs->store, node->name, receiving->run,
	    http_req_capture(req, "name"), receiving->length,
	    &receiving->upload);
	if (ret < 0) {
		warn_lost(receiving, ret);
		free(receiving);
		http_req_refuse(req, status_of(ret));
		return;
	}
	own.arg = receiving;
	http_req_receive(req, &own);
}

/* ---- what is there ------------------------------------------------------ */

static struct value
file_value(const struct logstore_file *file)
{
	struct value map = value_map_new();
	char time[CLOCK_STRLEN];

	value_map_set(map, "run", value_string(file->run));
	value_map_set(map, "generation", value_int((int64_t)file->generation));
	value_map_set(map, "name", value_string(file->name));
	value_map_set(map, "bytes", value_int((int64_t)file->bytes));
	value_map_set(
	    map, "time", value_string(clock_format(file->time_ms, time)));
	return map;
}

static void
send_file(struct ctl_call *call, const struct logstore_file *file)
{
	struct buf text;

	buf_init(&text, 4096);
	json_write(file_value(file), &text);
	ctl_data_text(call, text.data, text.len);
	buf_done(&text);
}

static void
on_file_cb(void *arg, const struct logstore_file *file)
{
	send_file(arg, file);
}

static void
follower_end(struct logs_follower *follower)
{
	DL_DELETE(follower->logs->followers, follower);
	ctl_done(follower->call);
	free(follower);
}

static void
on_follower_gone_cb(void *arg)
{
	follower_end(arg);
}

static void
tell_followers(
    struct logs *logs, const char *node, const struct logstore_file *file)
{
	struct logs_follower *follower;

	DL_FOREACH(logs->followers, follower)
	{
		if (strcmp(follower->node, node) == 0)
			send_file(follower->call, file);
	}
}

void
logs_on_files(void *arg, struct ctl_call *call)
{
	struct app *app = arg;
	const char *node = commands_one_node(app, call);
	struct logs_follower *follower;

	if (node == NULL)
		return;
	logstore_each(app->logs->store, node, on_file_cb, call);
	if (!json_is_true(json_object_get(ctl_args(call), "follow"))) {
		ctl_done(call);
		return;
	}
	follower = mem_alloc(sizeof *follower);
	follower->logs = app->logs;
	follower->call = call;
	str_copy(follower->node, sizeof follower->node, node);
	DL_APPEND(app->logs->followers, follower);
	ctl_on_gone(call, on_follower_gone_cb, follower);
}

struct summary {
	int64_t files;
	int64_t bytes;
	int64_t time_ms;
};

static void
on_sum_cb(void *arg, const struct logstore_file *file)
{
	struct summary *summary = arg;

	summary->files++;
	summary->bytes += (int64_t)file->bytes;
	if (file->time_ms > summary->time_ms)
		summary->time_ms = file->time_ms;
}

struct value
logs_summary(const struct app *app, const char *node)
{
	struct summary summary = {0};
	char time[CLOCK_STRLEN];
	struct value map;

	logstore_each(app->logs->store, node, on_sum_cb, &summary);
	if (summary.files == 0)
		return (struct value){0};
	map = value_map_new();
	value_map_set(map, "files", value_int(summary.files));
	value_map_set(map, "bytes", value_int(summary.bytes));
	value_map_set(
	    map, "time", value_string(clock_format(summary.time_ms, time)));
	return map;
}

/* ---- one file ----------------------------------------------------------- */

/* Sends a file by and by: the next piece when the last one was read. */
struct logs_reader {
	struct logs *logs;
	struct ctl_call *call;
	int fd;
	struct masktext *mask;
	struct buf text; /* what was read and not sent */
	struct logs_reader *prev;
	struct logs_reader *next;
};

static void
reader_end(struct logs_reader *reader, const struct err *err)
{
	DL_DELETE(reader->logs->readers, reader);
	if (err == NULL)
		ctl_done(reader->call);
	else
		ctl_error_err(reader->call, err);
	close(reader->fd);
	masktext_free(reader->mask);
	buf_done(&reader->text);
	free(reader);
}

/* A stranger's bytes as text that JSON and terminals take. */
static void
send_text(struct logs_reader *reader, size_t len)
{
	char *clean = mem_alloc(3 * len + 1);
	struct value map = value_map_new();
	struct buf masked;
	struct buf json;

	event_text(clean, 3 * len + 1, reader->text.data, len);
	buf_init(&masked, (size_t)8 * READ_SIZE * sizeof MASK_SHOWN);
	masktext_write(reader->mask, clean, strlen(clean), &masked);
	value_map_set(map, "text", value_string_len(masked.data, masked.len));
	buf_init(&json, (size_t)64 * READ_SIZE * sizeof MASK_SHOWN);
	json_write(map, &json);
	ctl_data_text(reader->call, json.data, json.len);
	buf_done(&json);
	buf_done(&masked);
	free(clean);
	memmove(
	    reader->text.data, reader->text.data + len, reader->text.len - len);
	reader->text.len -= len;
}

/* Whole lines, so that no secret of a line is torn; of endless ones, most. */
static size_t
sendable(const struct buf *text, bool end)
{
	const char *newline;

	if (end)
		return text->len;
	newline = memrchr(text->data, '\n', text->len);
	if (newline != NULL)
		return (size_t)(newline - text->data) + 1;
	return text->len > READ_SIZE ? text->len - HOLD_BACK : 0;
}

static void
on_reader_room_cb(void *arg)
{
	struct logs_reader *reader = arg;
	char piece[READ_SIZE / 4];
	struct err err = {0};
	ssize_t n;
	size_t len;

	do {
		n = read(reader->fd, piece, sizeof piece);
		if (n > 0)
			buf_add(&reader->text, piece, (size_t)n);
		len = sendable(&reader->text, n <= 0);
		if (len > 0)
			send_text(reader, len);
	} while (n > 0 && ctl_queued(reader->call) == 0);
	if (n > 0)
		return;
	ctl_on_drain(reader->call, NULL, NULL);
	if (n < 0)
		err_set(&err, "%s", strerror(errno));
	reader_end(reader, n < 0 ? &err : NULL);
}

static void
on_reader_gone_cb(void *arg)
{
	reader_end(arg, NULL);
}

struct masktext *
logs_mask(const struct app *app, const char *node)
{
	const struct inv_host *host = decide_find_host(app, node);
	struct value vars = {0};
	struct masktext *mask;

	if (host != NULL) {
		vars = inventory_host_vars(app->site->inv, host);
		cluster_add_secrets(app, node, vars);
	}
	mask = masktext_new(vars);
	value_unref(vars);
	return mask;
}

void
logs_on_read(void *arg, struct ctl_call *call)
{
	const char *run = ctl_arg_str(call, "run");
	const char *name = ctl_arg_str(call, "name");
	struct app *app = arg;
	const char *node = commands_one_node(app, call);
	struct logs_reader *reader;
	int fd;

	if (node == NULL)
		return;
	fd = run == NULL || name == NULL
		 ? -EINVAL
		 : logstore_read(app->logs->store, node, run, name);
	if (fd < 0) {
		ctl_error(call, "there is no such log",
		    "convect-pxectl logs NODE --list shows what there is");
		return;
	}
	reader = mem_alloc(sizeof *reader);
	reader->logs = app->logs;
	reader->call = call;
	reader->fd = fd;
	reader->mask = logs_mask(app, node);
	buf_init(&reader->text, (size_t)2 * READ_SIZE);
	DL_APPEND(app->logs->readers, reader);
	ctl_on_gone(call, on_reader_gone_cb, reader);
	ctl_on_drain(call, on_reader_room_cb, reader);
	on_reader_room_cb(reader);
}

void
logs_close(struct app *app)
{
	struct logs *logs = app->logs;

	if (logs == NULL)
		return;
	while (logs->followers != NULL)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): unlinks it */
		follower_end(logs->followers);
	while (logs->readers != NULL)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): unlinks it */
		reader_end(logs->readers, NULL);
	logstore_free(logs->store);
	free(logs);
	app->logs = NULL;
}
