#include "app/privsep.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/privmsg.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/tree.h"

struct privsep {
	int fd;				/* -1: direct */
	const struct priv_trees *trees; /* direct only */
	bool reload;			/* came while we waited for an answer */
	bool gone;
};

struct privsep *
privsep_new(int fd)
{
	struct privsep *priv = mem_alloc(sizeof *priv);

	priv->fd = fd;
	return priv;
}

struct privsep *
privsep_new_direct(const struct priv_trees *trees)
{
	struct privsep *priv = mem_alloc(sizeof *priv);

	priv->fd = -1;
	priv->trees = trees;
	return priv;
}

void
privsep_free(struct privsep *priv)
{
	if (priv == NULL)
		return;
	if (priv->fd >= 0)
		close(priv->fd);
	free(priv);
}

static int
wait_for(const struct privsep *priv, short events, int64_t deadline_ms)
{
	struct pollfd pfd = {.fd = priv->fd, .events = events};

	for (;;) {
		int64_t left = deadline_ms - clock_mono_ms(&clock_system);
		int n;

		if (left <= 0)
			return -ETIMEDOUT;
		n = poll(&pfd, 1, (int)left);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

static int
send_msg(struct privsep *priv, const struct priv_msg *msg)
{
	int64_t deadline = clock_mono_ms(&clock_system) + PRIVSEP_TIMEOUT_MS;
	int ret = priv->fd < 0 ? 0 : priv_msg_send(priv->fd, msg);

	while (ret == -EAGAIN) {
		ret = wait_for(priv, POLLOUT, deadline);
		if (ret == 0)
			ret = priv_msg_send(priv->fd, msg);
	}
	if (ret == -EPIPE)
		priv->gone = true;
	return ret;
}

static void
send_text(struct privsep *priv, enum priv_msg_kind kind, const char *text)
{
	struct priv_msg msg;

	priv_msg_init(&msg, kind);
	if (text != NULL)
		str_copy(msg.text, sizeof msg.text, text);
	(void)send_msg(priv, &msg); /* a parent that is gone kills us anyway */
}

/* What may come at any time. True: that was one of those. */
static bool
take_unasked(struct privsep *priv, const struct priv_msg *msg)
{
	if (msg->kind == PRIV_MSG_RELOAD) {
		priv->reload = true;
		log_set_level((enum log_level)msg->index);
		return true;
	}
	if (msg->kind != PRIV_MSG_PING)
		return false;
	send_text(priv, PRIV_MSG_PONG, NULL);
	return true;
}

/* Sends a request and waits for its answer. */
static int
ask(struct privsep *priv, struct priv_msg *msg)
{
	int64_t deadline = clock_mono_ms(&clock_system) + PRIVSEP_TIMEOUT_MS;
	int ret = send_msg(priv, msg);

	while (ret == 0) {
		ret = priv_msg_receive(priv->fd, msg);
		if (ret == -EAGAIN)
			ret = wait_for(priv, POLLIN, deadline);
		else if (ret == 0 && !take_unasked(priv, msg))
			return 0;
	}
	/* After a time-out the next answer would belong to this request. */
	priv->gone = true;
	return ret;
}

static int
ask_failed(int code, struct err *err)
{
	err_set(err, "the parent process does not answer: %s", strerror(-code));
	return code;
}

int
privsep_count(struct privsep *priv, enum priv_tree_kind kind, size_t *ret_count,
    struct err *err)
{
	struct priv_msg msg;
	int ret;

	if (priv->fd < 0) {
		*ret_count = priv->trees->count[kind];
		return 0;
	}
	priv_msg_init(&msg, PRIV_MSG_COUNT);
	msg.tree = kind;
	ret = ask(priv, &msg);
	if (ret == 0 && msg.kind != PRIV_MSG_COUNTED)
		ret = -EBADMSG;
	if (ret < 0)
		return ask_failed(ret, err);
	*ret_count = msg.index;
	return 0;
}

/* Reads the file that `fd` is, which it closes, into the next place. */
static int
add_file(struct privsep_files *files, const struct tree_file *file,
    size_t *left, struct err *err)
{
	struct privsep_file *slot;
	struct buf text;
	int ret;

	buf_init(&text, *left);
	ret = file_read_fd(file->fd, file->path, &text, err);
	close(file->fd);
	if (ret < 0) {
		buf_done(&text);
		return ret;
	}
	*left -= text.len;
	if ((files->count & (files->count - 1)) == 0) /* doubles */
		files->file = mem_resize(files->file,
		    files->count == 0 ? 1 : files->count * 2,
		    sizeof files->file[0]);
	slot = &files->file[files->count++];
	slot->path = mem_strdup(file->path);
	slot->name = mem_strdup(file->name);
	slot->text = buf_take(&text, &slot->len);
	return 0;
}

static int
fetch_direct(const struct privsep *priv, enum priv_tree_kind kind, size_t index,
    struct privsep_files *files, struct err *err)
{
	size_t left = PRIVSEP_TOTAL_MAX;
	struct tree *tree = NULL;
	struct tree_file file;
	int ret = priv_trees_open(priv->trees, kind, index, &tree, err);

	while (ret == 0) {
		ret = tree_next(tree, &file, err);
		if (ret <= 0)
			break;
		ret = add_file(files, &file, &left, err);
	}
	tree_free(tree);
	return ret;
}

/* One answer to OPEN or NEXT. 1: a file, 0: that was all. */
static int
take_answer(const struct priv_msg *msg, struct privsep_files *files,
    size_t *left, struct err *err)
{
	struct tree_file file = {.path = msg->text, .fd = msg->fd};
	int ret;

	if (msg->kind == PRIV_MSG_END)
		return 0;
	if (msg->kind == PRIV_MSG_ERROR) {
		priv_msg_get_err(msg, err);
		return -EINVAL;
	}
	if (msg->kind != PRIV_MSG_FILE || msg->fd < 0 ||
	    msg->index > strlen(msg->text))
		return ask_failed(-EBADMSG, err);
	file.name = msg->text + msg->index;
	ret = add_file(files, &file, left, err);
	return ret < 0 ? ret : 1;
}

static int
fetch_from_parent(struct privsep *priv, enum priv_tree_kind kind, size_t index,
    struct privsep_files *files, struct err *err)
{
	size_t left = PRIVSEP_TOTAL_MAX;
	enum priv_msg_kind request = PRIV_MSG_OPEN;
	struct priv_msg msg;
	int ret;

	do {
		priv_msg_init(&msg, request);
		msg.tree = kind;
		msg.index = (uint32_t)index;
		ret = ask(priv, &msg);
		if (ret < 0)
			return ask_failed(ret, err);
		ret = take_answer(&msg, files, &left, err);
		request = PRIV_MSG_NEXT;
	} while (ret > 0);
	return ret;
}

int
privsep_fetch(struct privsep *priv, enum priv_tree_kind kind, size_t index,
    struct privsep_files *ret_files, struct err *err)
{
	struct privsep_files files = {0};
	int ret;

	ret = priv->fd < 0 ? fetch_direct(priv, kind, index, &files, err)
			   : fetch_from_parent(priv, kind, index, &files, err);
	if (ret < 0)
		privsep_files_done(&files);
	else
		*ret_files = files;
	return ret;
}

void
privsep_files_done(struct privsep_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		free(files->file[i].path);
		free(files->file[i].name);
		free(files->file[i].text);
	}
	free(files->file);
	files->file = NULL;
	files->count = 0;
}

int
privsep_fd(const struct privsep *priv)
{
	return priv->fd;
}

enum privsep_event
privsep_receive(struct privsep *priv)
{
	struct priv_msg msg;
	int ret = -EAGAIN;

	while (priv->fd >= 0 && !priv->gone) {
		ret = priv_msg_receive(priv->fd, &msg);
		if (ret < 0)
			break;
		if (!take_unasked(priv, &msg) && msg.fd >= 0)
			close(msg.fd); /* an answer that came too late */
	}
	if (priv->gone || ret == -EPIPE)
		return PRIVSEP_GONE;
	if (!priv->reload)
		return PRIVSEP_NONE;
	priv->reload = false;
	return PRIVSEP_RELOAD;
}

void
privsep_ready(struct privsep *priv)
{
	send_text(priv, PRIV_MSG_READY, NULL);
}

void
privsep_failed(struct privsep *priv, const char *text)
{
	send_text(priv, PRIV_MSG_FAILED, text);
}

void
privsep_status(struct privsep *priv, const char *text)
{
	send_text(priv, PRIV_MSG_STATUS, text);
}

void
privsep_reloaded(struct privsep *priv, const char *text)
{
	send_text(priv, PRIV_MSG_RELOADED, text);
}
