/* What nodes ask and tell: the routes below /firstboot. */
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/callback.h"
#include "app/cluster_private.h"
#include "app/decide.h"
#include "app/token.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/cluster_config.h"

#define RETRY_GATE "10"
#define RETRY_BUSY "1"

static void
reply_line(struct http_req *req, int status, const char *text)
{
	struct buf line;

	buf_init(&line, 2048);
	buf_adds(&line, text);
	buf_addc(&line, '\n');
	http_reply(
	    req, status, "text/plain; charset=utf-8", line.data, line.len);
	buf_done(&line);
}

static void
reply_wait(struct http_req *req, const char *seconds, const char *text)
{
	http_reply_header(req, "Retry-After", seconds);
	reply_line(req, 503, text);
}

static void
reply_busy(struct http_req *req)
{
	reply_wait(req, RETRY_BUSY, "another node's answer is being kept");
}

/* One that is on its way to the disk, and then to the node. */
struct reply {
	struct http_req *req;
	struct buf text;
};

static struct reply *
reply_new(struct http_req *req)
{
	struct reply *reply = mem_alloc(sizeof *reply);

	reply->req = req;
	buf_init(&reply->text, CLUSTER_CONFIG_MAX);
	return reply;
}

static void
reply_free(struct reply *reply)
{
	explicit_bzero(reply->text.data, reply->text.len);
	buf_done(&reply->text);
	free(reply);
}

static void
reply_send(struct reply *reply)
{
	http_reply(reply->req, 200, "text/plain; charset=utf-8",
	    reply->text.data, reply->text.len);
	reply_free(reply);
}

static void
on_reply_kept_cb(void *arg, int error)
{
	struct reply *reply = arg;

	if (error == 0) {
		reply_send(reply);
		return;
	}
	reply_busy(reply->req);
	reply_free(reply);
}

/* A change with its answer; that it can not be kept now is told at once. */
static void
reply_change(
    struct app *app, const struct cluster_change *change, struct reply *reply)
{
	if (cluster_change(app, change, on_reply_kept_cb, reply) == 0)
		return;
	reply_busy(reply->req);
	reply_free(reply);
}

/* Who asks; NULL: the request is answered. */
static const struct node *
asking_node(struct app *app, struct http_req *req,
    const struct inv_host **ret_host, uint64_t *ret_generation)
{
	const struct node_token *token;
	const struct node *node = callback_find(app, req, &token);

	if (node == NULL) {
		http_req_refuse(req, 403);
		return NULL;
	}
	*ret_host = decide_find_host(app, node->name);
	if (*ret_host == NULL) {
		reply_line(req, 409, "the inventory does not name this node");
		return NULL;
	}
	*ret_generation = token->generation;
	return node;
}

/* ---- the gate --------------------------------------------------------------
 */

struct gate {
	struct app *app;
	struct http_req *req;
	const struct inv_host *host;
	struct cluster_ask ask;
	struct cluster_answer answer;
	struct cluster_head head;
	struct cluster_member member;
};

/* Chosen once, when the cluster begins; they are its for ever. */
static void
gate_secrets(struct gate *gate, const char *wanted)
{
	struct cluster_head *head = &gate->head;

	if (head->token[0] == '\0' && wanted[0] != '\0')
		str_copy(head->token, sizeof head->token, wanted);
	else if (head->token[0] == '\0')
		token_new(head->token);
	if (head->agent_token[0] == '\0')
		token_new(head->agent_token);
}

/* It asks again what it was told before: nothing new happens. */
static bool
gate_is_repeat(const struct gate *gate)
{
	const struct cluster_member *known =
	    cluster_find(&gate->app->cluster->state, gate->ask.name);

	return known != NULL && known->epoch == gate->head.epoch &&
	       known->generation == gate->ask.generation &&
	       (known->state == CLUSTER_JOINING ||
		   known->state == CLUSTER_MEMBER) &&
	       strcmp(known->addr, http_req_peer(gate->req)) == 0;
}

static void
gate_event(const struct gate *gate, struct event *event)
{
	event_init(event, EVENT_CLUSTER, gate->ask.name);
	event->time_ms = gate->ask.now_ms;
	event->generation = gate->ask.generation;
	str_copy(event->code, sizeof event->code,
	    gate->answer.action == CLUSTER_INIT ? "init" : "join");
	str_copy(
	    event->name, sizeof event->name, cluster_role_name(gate->ask.role));
	str_copy(event->rule, sizeof event->rule, gate->answer.rule);
	str_copy(event->addr, sizeof event->addr, http_req_peer(gate->req));
	event_text(event->reason, sizeof event->reason, gate->answer.why,
	    strlen(gate->answer.why));
}

static int
gate_render(struct gate *gate, struct buf *out, struct err *err)
{
	struct cluster_config config = {.head = &gate->head,
	    .answer = &gate->answer,
	    .role = gate->ask.role,
	    .inv = gate->app->site->inv,
	    .hostvars = gate->app->site->hostvars,
	    .host = gate->host,
	    .addr = http_req_peer(gate->req)};

	return cluster_config_write(&config, out, err);
}

static void
gate_open(struct gate *gate)
{
	struct app *app = gate->app;
	struct reply *reply;
	struct event event;
	struct err err = {0};
	struct cluster_change change = {
	    &event, &gate->head, &gate->member, NULL};

	if (app->cluster->busy) {
		reply_busy(gate->req);
		return;
	}
	gate->head = app->cluster->state.head;
	gate_secrets(gate, gate->ask.token);
	reply = reply_new(gate->req);
	if (gate_render(gate, &reply->text, &err) < 0) {
		log_error(gate->ask.name, "no k3s configuration: %s", err.text);
		reply_line(gate->req, 409, err.text);
		reply_free(reply);
		return;
	}
	if (gate_is_repeat(gate)) {
		reply_send(reply);
		return;
	}
	gate_event(gate, &event);
	cluster_get(&app->cluster->state, gate->ask.name, &gate->member);
	(void)cluster_apply(&gate->head, &gate->member, &event);
	reply_change(app, &change, reply);
}

static void
gate_wait(struct gate *gate)
{
	const char *failed = gate->app->cluster->removal_why;
	struct buf text;

	if (gate->answer.remove)
		cluster_remove(gate->app, gate->ask.name);
	buf_init(&text, 1024);
	buf_adds(&text, gate->answer.why);
	if (gate->answer.remove && failed != NULL)
		buf_addf(&text, " (%s)", failed);
	reply_wait(gate->req, RETRY_GATE, text.data);
	buf_done(&text);
}

static void
gate_answer(struct gate *gate)
{
	cluster_decide(cluster_state(gate->app), &gate->ask, &gate->answer);
	switch (gate->answer.action) {
	case CLUSTER_INIT:
	case CLUSTER_JOIN:
		gate_open(gate);
		break;
	case CLUSTER_WAIT:
		gate_wait(gate);
		break;
	case CLUSTER_REFUSE:
		log_warn(gate->ask.name,
		    "the cluster does not take it (%s): %s", gate->answer.rule,
		    gate->answer.why);
		reply_line(gate->req, 409, gate->answer.why);
		break;
	}
}

void
cluster_on_config(void *arg, struct http_req *req)
{
	struct gate gate = {.app = arg, .req = req};
	struct value token = {0};
	struct err err = {0};
	uint64_t generation;

	if (asking_node(arg, req, &gate.host, &generation) == NULL)
		return;
	if (cluster_ask_of(
		arg, gate.host, generation, &gate.ask, &token, &err) < 0 ||
	    (gate.ask.token[0] != '\0' &&
		cluster_token_check(gate.ask.token, &err) < 0))
		reply_line(req, 409, err.text);
	else
		gate_answer(&gate);
	value_unref(token);
	explicit_bzero(&gate.head, sizeof gate.head);
	explicit_bzero(&gate.member, sizeof gate.member);
}

void
cluster_on_password(void *arg, struct http_req *req)
{
	struct app *app = arg;
	const struct inv_host *host;
	struct cluster_member member;
	struct cluster_change change = {NULL, NULL, &member, NULL};
	struct reply *reply;
	uint64_t generation;

	if (asking_node(app, req, &host, &generation) == NULL)
		return;
	reply = reply_new(req);
	cluster_get(&app->cluster->state, inv_host_name(host), &member);
	if (member.password[0] != '\0') {
		buf_addf(&reply->text, "%s\n", member.password);
		reply_send(reply);
	} else {
		token_new(member.password);
		buf_addf(&reply->text, "%s\n", member.password);
		reply_change(app, &change, reply);
	}
	explicit_bzero(&member, sizeof member);
}

/* ---- the kubeconfig --------------------------------------------------------
 */

struct upload {
	struct app *app;
	struct http_req *req;
	char node[EVENT_NODE_SIZE];
	uint64_t generation;
	struct buf text;
};

/* k3s' tokens have the sum of the file; see "secure form" in its manual. */
static int
ca_sum(const struct cluster_kube *kube, char ret_sum[TOKEN_HASH_SIZE])
{
	uint8_t sum[EVP_MAX_MD_SIZE];
	size_t len;
	char *pem = cluster_base64(kube->ca, &len);

	if (pem == NULL ||
	    EVP_Digest(pem, len, sum, NULL, EVP_sha256(), NULL) != 1) {
		free(pem);
		return -EINVAL;
	}
	free(pem);
	str_hex(sum, 32, ret_sum);
	return 0;
}

/* Only from who was told to be a server, and of the CA that is known. */
static int
check_upload(const struct upload *upload, const char *sum, struct err *err)
{
	const struct cluster *state = &upload->app->cluster->state;
	const struct cluster_member *member = cluster_find(state, upload->node);

	if (member == NULL || member->role != CLUSTER_SERVER ||
	    member->epoch != state->head.epoch ||
	    member->state == CLUSTER_OUT ||
	    member->generation != upload->generation) {
		err_set(err, "%s is no server of the cluster", upload->node);
		return -EPERM;
	}
	if (state->head.ca_pem_sum[0] != '\0' &&
	    strcmp(state->head.ca_pem_sum, sum) != 0) {
		err_set(err,
		    "%s has another CA than the cluster: it is not in "
		    "it; install it anew",
		    upload->node);
		return -EPERM;
	}
	return 0;
}

static void
on_kubeconfig_kept_cb(void *arg, int error)
{
	http_reply(arg, error == 0 ? 201 : 503, NULL, "", 0);
}

static void
keep_kubeconfig(struct upload *upload, const struct cluster_kube *kube)
{
	struct cluster_head head = upload->app->cluster->state.head;
	struct cluster_change change = {NULL, &head, NULL, NULL};
	struct err err = {0};
	struct buf json;
	char sum[TOKEN_HASH_SIZE];

	if (ca_sum(kube, sum) < 0 || check_upload(upload, sum, &err) < 0) {
		log_error(
		    upload->node, "its kubeconfig was not taken: %s", err.text);
		reply_line(upload->req, 409, err.text);
		return;
	}
	if (head.up || strcmp(head.init_by, upload->node) == 0)
		str_copy(head.ca_pem_sum, sizeof head.ca_pem_sum, sum);
	buf_init(&json, STORE_VALUE_MAX);
	cluster_kube_write(kube, &json);
	change.kubeconfig = json.data;
	if (cluster_change(
		upload->app, &change, on_kubeconfig_kept_cb, upload->req) < 0)
		reply_busy(upload->req);
	explicit_bzero(json.data, json.len);
	buf_done(&json);
}

static void
on_upload_data_cb(void *arg, const void *data, size_t len)
{
	struct upload *upload = arg;

	buf_add(&upload->text, data, len);
}

static void
on_upload_end_cb(void *arg, int error)
{
	struct upload *upload = arg;
	struct cluster_kube kube;
	struct err err = {0};

	if (error < 0)
		http_req_drop(upload->req);
	else if (cluster_kube_read(
		     upload->text.data, upload->text.len, &kube, &err) < 0) {
		reply_line(upload->req, 400, err.text);
	} else {
		keep_kubeconfig(upload, &kube);
		cluster_kube_done(&kube);
	}
	explicit_bzero(upload->text.data, upload->text.len);
	buf_done(&upload->text);
	free(upload);
}

void
cluster_on_kubeconfig(void *arg, struct http_req *req)
{
	struct http_sink sink = {NULL, on_upload_data_cb, on_upload_end_cb};
	const struct inv_host *host;
	struct upload *upload;
	uint64_t generation;

	if (asking_node(arg, req, &host, &generation) == NULL)
		return;
	upload = mem_alloc(sizeof *upload);
	upload->app = arg;
	upload->req = req;
	upload->generation = generation;
	str_copy(upload->node, sizeof upload->node, inv_host_name(host));
	buf_init(&upload->text, CLUSTER_KUBECONFIG_MAX);
	sink.arg = upload;
	http_req_receive(req, &sink);
}
