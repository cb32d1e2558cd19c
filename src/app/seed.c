#include "app/seed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/decide.h"
#include "app/recorder.h"
#include "app/refused.h"
#include "app/token.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

/* One seed file on its way through the commit. */
struct seed {
	struct http_req *req;
	struct buf text;
};

struct seed_ask {
	char token[TOKEN_SIZE];
	const char *file;
	const struct node *node;
	const struct node_token *live;
};

/* "TOKEN" and "FILE", or "TOKENFILE" in one segment. */
static int
split_path(const struct http_req *req, struct seed_ask *ask)
{
	const char *first = http_req_capture(req, "token");
	const char *file = http_req_capture(req, "file");

	if (strlen(first) < TOKEN_SIZE - 1)
		return -EINVAL;
	str_copy(ask->token, sizeof ask->token, first);
	ask->file = file != NULL ? file : first + TOKEN_SIZE - 1;
	return file != NULL && strlen(first) != TOKEN_SIZE - 1 ? -EINVAL : 0;
}

static int
find(const struct app *app, const struct http_req *req, struct seed_ask *ask)
{
	char hash[TOKEN_HASH_SIZE];

	if (split_path(req, ask) < 0)
		return -EACCES;
	token_hash(ask->token, hash);
	ask->node = nodes_find_boot_token(app->nodes, hash, &ask->live);
	return ask->node == NULL ? -EACCES : 0;
}

static void
decide_seed(
    struct app *app, const struct seed_ask *ask, struct decision *ret_decision)
{
	decide_host(app, decide_find_host(app, ask->node->name), ASK_SEED,
	    ask->live, NULL, ret_decision);
}

int
seed_authorize(void *arg, struct http_req *req)
{
	struct app *app = arg;
	struct decision decision;
	struct refused refused;
	struct seed_ask ask;

	if (find(app, req, &ask) < 0)
		return -EACCES;
	http_req_set_tag(req, ask.node->name);
	decide_seed(app, &ask, &decision);
	recorder_decision(app->recorder, ask.node->name, ASK_SEED, &decision);
	if (decision.action == POLICY_INSTALL)
		return 0;
	refused = (struct refused){
	    "seed", decision.rule, decision.why, ask.live->generation};
	refused_record(app, req, ask.node, &refused);
	return -EACCES;
}

static void
seed_end(struct seed *seed, int status)
{
	if (status != 200)
		http_reply_text(seed->req, status, NULL);
	else
		http_reply(seed->req, status, "text/plain; charset=utf-8",
		    seed->text.data, seed->text.len);
	buf_done(&seed->text);
	free(seed);
}

static void
on_seed_committed_cb(void *arg, int error)
{
	seed_end(arg, error < 0 ? 503 : 200);
}

static int
render(struct app *app, const struct seed_ask *ask, struct http_req *req,
    enum profile_kind kind, struct buf *out)
{
	struct decision decision;
	const struct inv_host *host = decide_find_host(app, ask->node->name);
	struct decide_via via = {http_req_local(req), 0};
	char report[TOKEN_SIZE];
	char firstboot[TOKEN_SIZE];
	struct decide_install install = {ask->live->generation, false,
	    ask->token, report, firstboot, ask->node->taken};
	struct err err = {0};
	struct value vars;
	char text[1024];
	int ret;

	decide_seed(app, ask, &decision);
	install.overwrite = decision.overwrite;
	token_derive_firstboot(ask->token, firstboot);
	token_derive_report(firstboot, report);
	ret = decide_vars(app, host, &via, &install, &vars, &err);
	if (ret == 0) {
		ret = decide_render(app, kind, vars, out, &err);
		value_unref(vars);
	}
	if (ret < 0)
		log_error(ask->node->name, "no %s: %s", profile_kind_name(kind),
		    err_format(&err, text, sizeof text));
	return ret;
}

static void
fill_event(
    const struct seed_ask *ask, const struct http_req *req, struct event *event)
{
	const char *agent = http_req_header(req, "User-Agent");

	event_init(event, EVENT_SEED, ask->node->name);
	event->generation = ask->live->generation;
	str_copy(event->name, sizeof event->name, ask->file);
	str_copy(event->addr, sizeof event->addr, http_req_peer(req));
	token_hash(ask->token, event->token);
	if (agent != NULL)
		event_text(
		    event->client, sizeof event->client, agent, strlen(agent));
}

void
seed_on_request(void *arg, struct http_req *req)
{
	struct app *app = arg;
	enum profile_kind kind;
	struct event event;
	struct seed_ask ask;
	struct seed *seed;

	if (find(app, req, &ask) < 0 ||
	    profile_kind_parse(ask.file, &kind) < 0 || kind == PROFILE_BOOT) {
		http_reply_text(req, 404, NULL);
		return;
	}
	seed = mem_alloc(sizeof *seed);
	seed->req = req;
	buf_init(&seed->text, PROFILE_OUTPUT_MAX);
	if (render(app, &ask, req, kind, &seed->text) < 0) {
		/* Not 503: cloud-init 25.1 and later waits for that without
		 * end, and would hide the fault. */
		seed_end(seed, 500);
		return;
	}
	fill_event(&ask, req, &event);
	if (kind == PROFILE_USER_DATA)
		decide_content(
		    app, decide_find_host(app, ask.node->name), event.content);
	if (nodes_append(app->nodes, &event, 1, STORE_ANY_SEQ,
		on_seed_committed_cb, seed) < 0)
		seed_end(seed, 503);
}
