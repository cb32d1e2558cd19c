#include "daemon/priv.h"

#include <errno.h>
#include <unistd.h>

#include "base/str.h"

void
priv_init(struct priv *priv, const struct priv_trees *trees)
{
	priv->fd = -1;
	priv->trees = trees;
	priv->walk = NULL;
}

void
priv_attach(struct priv *priv, int fd)
{
	priv_detach(priv);
	priv->fd = fd;
}

static void
end_walk(struct priv *priv)
{
	tree_free(priv->walk);
	priv->walk = NULL;
}

void
priv_detach(struct priv *priv)
{
	end_walk(priv);
	if (priv->fd >= 0)
		close(priv->fd);
	priv->fd = -1;
}

static int
answer_err(struct priv *priv, const struct err *err)
{
	struct priv_msg msg;

	end_walk(priv);
	priv_msg_init(&msg, PRIV_MSG_ERROR);
	priv_msg_set_err(&msg, err);
	return priv_msg_send(priv->fd, &msg);
}

static int
answer_count(struct priv *priv, const struct priv_msg *request)
{
	struct priv_msg msg;

	priv_msg_init(&msg, PRIV_MSG_COUNTED);
	if (request->tree < PRIV_TREE_KINDS)
		msg.index = (uint32_t)priv->trees->count[request->tree];
	return priv_msg_send(priv->fd, &msg);
}

static int
answer_next(struct priv *priv)
{
	struct tree_file file;
	struct err err = {0};
	struct priv_msg msg;
	int ret;

	priv_msg_init(&msg, PRIV_MSG_END);
	if (priv->walk == NULL) {
		err_set(&err, "no tree is open");
		return answer_err(priv, &err);
	}
	ret = tree_next(priv->walk, &file, &err);
	if (ret < 0)
		return answer_err(priv, &err);
	if (ret == 0) {
		end_walk(priv);
		return priv_msg_send(priv->fd, &msg);
	}
	msg.kind = PRIV_MSG_FILE;
	msg.index = (uint32_t)(file.name - file.path);
	msg.fd = file.fd;
	str_copy(msg.text, sizeof msg.text, file.path);
	ret = priv_msg_send(priv->fd, &msg);
	close(file.fd);
	return ret;
}

static int
answer_open(struct priv *priv, const struct priv_msg *request)
{
	struct err err = {0};
	int ret;

	end_walk(priv);
	ret = priv_trees_open(
	    priv->trees, request->tree, request->index, &priv->walk, &err);
	return ret < 0 ? answer_err(priv, &err) : answer_next(priv);
}

int
priv_handle(struct priv *priv, struct priv_msg *ret_news)
{
	struct priv_msg msg;
	int ret = priv_msg_receive(priv->fd, &msg);

	if (ret < 0)
		return ret;
	if (msg.fd >= 0) /* the engine has nothing to give us */
		close(msg.fd);
	msg.fd = -1;
	if (msg.kind == PRIV_MSG_COUNT)
		return answer_count(priv, &msg);
	if (msg.kind == PRIV_MSG_OPEN)
		return answer_open(priv, &msg);
	if (msg.kind == PRIV_MSG_NEXT)
		return answer_next(priv);
	if (msg.kind >= PRIV_MSG_COUNTED)
		return -EBADMSG;
	*ret_news = msg;
	return 1;
}

int
priv_tell(struct priv *priv, enum priv_msg_kind kind, uint32_t index)
{
	struct priv_msg msg;

	if (priv->fd < 0)
		return -EPIPE;
	priv_msg_init(&msg, kind);
	msg.index = index;
	return priv_msg_send(priv->fd, &msg);
}
