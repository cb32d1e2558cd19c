#include "app/callback.h"

#include <errno.h>
#include <string.h>

#include "app/app.h"
#include "app/cluster.h"
#include "app/refused.h"
#include "app/token.h"
#include "base/str.h"
#include "core/report.h"

/* What it shows: in the path, or the first boot's in a header. Borrowed. */
static const char *
shown_token(const struct http_req *req)
{
	const char *token = http_req_capture(req, "token");

	if (token == NULL)
		token = http_req_header(req, CALLBACK_HEADER);
	return token == NULL ? "" : token;
}

const struct node *
callback_find(const struct app *app, const struct http_req *req,
    const struct node_token **ret_token)
{
	char hash[TOKEN_HASH_SIZE];
	char report[TOKEN_SIZE];
	const struct node *node;

	if (http_req_capture(req, "token") != NULL) {
		token_hash(shown_token(req), hash);
	} else {
		token_derive_report(shown_token(req), report);
		token_hash(report, hash);
	}
	node = nodes_find_report_token(app->nodes, hash, ret_token);
	/* An inspection's is for app/inspect.h. */
	return node != NULL && (*ret_token)->generation == 0 ? NULL : node;
}

int
callback_authorize(void *arg, struct http_req *req)
{
	const struct node_token *token;
	const struct node *node = callback_find(arg, req, &token);

	if (node == NULL)
		return -EACCES;
	http_req_set_tag(req, node->name);
	if (!node_token_is_replaced(node, token))
		return 0;
	refused_record(arg, req, node,
	    &(struct refused){"report", "token-replaced",
		"the report token is of an install before the present one",
		token->generation});
	return -EACCES;
}

static void
on_callback_committed_cb(void *arg, int error)
{
	/* An empty body: the installers throw it away anyway. */
	http_reply(arg, error < 0 ? 503 : 200, NULL, "", 0);
}

/* A body may repeat the address that it was sent to: the log must not. */
static void
mask_token(char *text, const char *token)
{
	size_t len = strlen(token);

	for (char *at = len > 0 ? strstr(text, token) : NULL; at != NULL;
	     at = strstr(at, token))
		memset(at, '*', len);
}

/* The tail of a log may be of a program that was given one of these. */
static void
mask_cluster(const struct app *app, struct event *event)
{
	const struct cluster_head *head = cluster_head(app);

	mask_token(event->description, head->token);
	mask_token(event->evidence, head->token);
	mask_token(event->description, head->agent_token);
	mask_token(event->evidence, head->agent_token);
}

void
callback_on_request(void *arg, struct http_req *req)
{
	struct app *app = arg;
	const char *token = shown_token(req);
	const struct node_token *live;
	const struct node *node = callback_find(app, req, &live);
	struct event event;
	const char *body;
	size_t len;

	if (node == NULL) {
		http_reply_text(req, 403, NULL);
		return;
	}
	body = http_req_body(req, &len);
	if (report_parse(body, len, node->percent, &event) < 0) {
		http_reply_text(req, 400, NULL);
		return;
	}
	str_copy(event.node, sizeof event.node, node->name);
	str_copy(event.addr, sizeof event.addr, http_req_peer(req));
	if (event.kind != EVENT_ADOPTED)
		event.generation = live->generation;
	if (node_has_news(node, &event)) {
		http_reply(req, 200, NULL, "", 0);
		return;
	}
	mask_token(event.description, token);
	mask_token(event.evidence, token);
	mask_token(event.name, token);
	mask_cluster(app, &event);
	if (cluster_append_report(app, &event, on_callback_committed_cb, req) <
	    0)
		http_reply_text(req, 503, NULL);
}
