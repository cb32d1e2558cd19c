#include "app/dashboard.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/dhcp.h"
#include "app/json.h"
#include "app/timeline.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#define META_KEY "dashboard-tokens"
#define COOKIE_NAME "convect="

enum {
	EVENTS_A_CALL = 200,
	JSON_MAX = 64 << 20
};

struct dashboard {
	/* Sums one behind the other, newest first; "" behind the last. */
	char sum[DASHBOARD_TOKENS_MAX][TOKEN_HASH_SIZE];
};

static void
write_sums(const struct dashboard *dashboard, struct buf *out)
{
	for (size_t i = 0; i < DASHBOARD_TOKENS_MAX; i++)
		buf_adds(out, dashboard->sum[i]);
}

static void
read_sums(struct dashboard *dashboard, const char *text)
{
	size_t len = strlen(text);

	for (size_t i = 0;
	     i < DASHBOARD_TOKENS_MAX && len >= TOKEN_HASH_SIZE - 1; i++) {
		str_copy(dashboard->sum[i], TOKEN_HASH_SIZE, text);
		text += TOKEN_HASH_SIZE - 1;
		len -= TOKEN_HASH_SIZE - 1;
	}
}

static void on_more_cb(void *arg, struct sse_client *client, uint64_t after);

int
dashboard_open(struct app *app, struct err *err)
{
	struct sse_config config = {.arg = app, .on_more = on_more_cb};
	struct buf text;
	int ret;

	app->dashboard = mem_alloc(sizeof *app->dashboard);
	app->sse = sse_hub_new(app->loop, &config);
	buf_init(&text, STORE_VALUE_MAX);
	ret = store_meta_get(nodes_store(app->nodes), META_KEY, &text);
	if (ret == 0)
		read_sums(app->dashboard, text.data);
	buf_done(&text);
	if (ret == 0 || ret == -ENOENT)
		return 0;
	err_set(err, "the dashboard's tokens can not be read: %s",
	    store_strerror(ret));
	return ret;
}

void
dashboard_close(struct app *app)
{
	if (app->sse != NULL)
		sse_hub_free(app->sse);
	free(app->dashboard);
}

/* A token on its way to the disk. */
struct minting {
	dashboard_token_cb *cb;
	void *arg;
	char token[TOKEN_SIZE];
};

static void
on_minted_cb(void *arg, int error, const struct event *events, size_t n)
{
	struct minting *minting = arg;

	(void)events;
	(void)n;
	minting->cb(minting->arg, error, minting->token);
	free(minting);
}

int
dashboard_new_token(struct app *app, dashboard_token_cb *cb, void *arg)
{
	struct dashboard *dashboard = app->dashboard;
	struct minting *minting = mem_alloc(sizeof *minting);
	struct buf sums;
	int ret;

	minting->cb = cb;
	minting->arg = arg;
	token_new(minting->token);
	memmove(dashboard->sum[1], dashboard->sum[0],
	    sizeof dashboard->sum - sizeof dashboard->sum[0]);
	token_hash(minting->token, dashboard->sum[0]);
	buf_init(&sums, STORE_VALUE_MAX);
	write_sums(dashboard, &sums);
	ret = store_meta_set(nodes_store(app->nodes), META_KEY, sums.data,
	    on_minted_cb, minting);
	buf_done(&sums);
	if (ret < 0)
		free(minting);
	return ret;
}

/* ---- who may look ------------------------------------------------------ */

static bool
is_token(const struct dashboard *dashboard, const char *token)
{
	char sum[TOKEN_HASH_SIZE];

	token_hash(token, sum);
	for (size_t i = 0; i < DASHBOARD_TOKENS_MAX; i++) {
		if (strcmp(sum, dashboard->sum[i]) == 0)
			return true;
	}
	return false;
}

/* Our cookie's value, when it has a token's length. */
static bool
cookie_token(const char *header, char token[TOKEN_SIZE])
{
	const char *at = header;

	while (at != NULL && !str_starts(at, COOKIE_NAME)) {
		at = strchr(at, ';');
		if (at != NULL)
			at += 1 + strspn(at + 1, " ");
	}
	if (at == NULL)
		return false;
	str_copy(token, TOKEN_SIZE, at + strlen(COOKIE_NAME));
	return strcspn(token, "; ") == TOKEN_SIZE - 1;
}

int
dashboard_authorize(void *arg, struct http_req *req)
{
	static const char scheme[] = "Bearer ";
	struct app *app = arg;
	const char *query = http_req_query(req, "token");
	const char *bearer = http_req_header(req, "Authorization");
	char token[TOKEN_SIZE];

	if (query != NULL && is_token(app->dashboard, query))
		return 0;
	if (bearer != NULL && str_starts(bearer, scheme) &&
	    is_token(app->dashboard, bearer + sizeof scheme - 1))
		return 0;
	if (cookie_token(http_req_header(req, "Cookie"), token) &&
	    is_token(app->dashboard, token))
		return 0;
	return -EACCES;
}

/* ---- the page ------------------------------------------------------------ */

static const struct {
	const char *suffix;
	const char *type;
} page_types[] = {
    {".html", "text/html; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".svg", "image/svg+xml"},
};

static const char *
page_type(const char *name)
{
	for (size_t i = 0; i < sizeof page_types / sizeof page_types[0]; i++) {
		if (str_ends(name, page_types[i].suffix))
			return page_types[i].type;
	}
	return "application/octet-stream";
}

/* Keeps the token in a cookie and takes it out of the address bar. */
static void
redirect_with_cookie(struct http_req *req, const char *token)
{
	struct buf cookie;

	buf_init(&cookie, 256);
	buf_addf(&cookie,
	    "%s%s; Path=/; HttpOnly; SameSite=Strict; "
	    "Max-Age=2592000",
	    COOKIE_NAME, token);
	http_reply_header(req, "Set-Cookie", cookie.data);
	http_reply_header(req, "Location", "/");
	http_reply_text(req, 303, NULL);
	buf_done(&cookie);
}

void
dashboard_on_page(void *arg, struct http_req *req)
{
	struct app *app = arg;
	const char *name = http_req_capture(req, "file");
	const char *token = http_req_query(req, "token");
	const char *text;
	size_t len;

	if (name == NULL || name[0] == '\0')
		name = "index.html";
	if (token != NULL && is_token(app->dashboard, token)) {
		redirect_with_cookie(req, token);
		return;
	}
	text = texts_find(app->site->http, name, &len);
	if (text == NULL)
		http_reply_text(req, 404, NULL);
	else
		http_reply(req, 200, page_type(name), text, len);
}

/* ---- the data --------------------------------------------------------------
 */

static void
reply_json(struct http_req *req, struct value answer)
{
	struct buf text;

	buf_init(&text, JSON_MAX);
	json_write(answer, &text);
	http_reply(req, buf_bad(&text) ? 500 : 200, "application/json",
	    text.data, text.len);
	buf_done(&text);
}

void
dashboard_on_nodes(void *arg, struct http_req *req)
{
	struct app *app = arg;
	struct value answer = value_map_new();

	value_map_set(answer, "seq",
	    value_int((int64_t)store_last_seq(nodes_store(app->nodes))));
	value_map_set(answer, "nodes", json_nodes(app));
	reply_json(req, answer);
}

void
dashboard_on_dhcp(void *arg, struct http_req *req)
{
	reply_json(req, dhcp_counters(arg));
}

/* A node that nothing is known of has an empty one. */
void
dashboard_on_timeline(void *arg, struct http_req *req)
{
	struct timeline_query query = {.since_ms = 0};
	struct value answer = value_map_new();
	struct timeline_of of;
	struct err err = {0};

	if (timeline_find(arg, http_req_capture(req, "node"), &of, &err) == 0)
		value_map_set(
		    answer, "entries", timeline_read(arg, &of, &query));
	else
		value_map_set(answer, "entries", value_list_new());
	reply_json(req, answer);
}

void
dashboard_on_events(void *arg, struct http_req *req)
{
	struct app *app = arg;

	sse_hub_attach(app->sse, req, store_last_seq(nodes_store(app->nodes)));
}

/* An event, and the node's row as it is now. */
static void
write_event(struct app *app, const struct event *event, struct buf *out)
{
	struct value map = json_event(event);
	struct value state = json_node_by_name(app, event->node);

	if (state.type != VALUE_UNDEFINED)
		value_map_set(map, "state", state);
	json_write(map, out);
}

struct catch_up {
	struct app *app;
	struct sse_client *client;
};

static void
on_old_event_cb(void *arg, const struct event *event)
{
	struct catch_up *catch_up = arg;
	struct buf text;

	buf_init(&text, 2 * EVENT_JSON_MAX);
	write_event(catch_up->app, event, &text);
	sse_client_send(
	    catch_up->client, event->seq, "event", text.data, text.len);
	buf_done(&text);
}

/* What is gone can not be told: it has to look at all nodes again. */
static void
send_compacted(const struct app *app, struct sse_client *client, uint64_t after)
{
	char text[64];
	uint64_t first;
	int64_t first_ms;
	int len;

	if (store_oldest(nodes_store(app->nodes), &first, &first_ms) < 0 ||
	    first <= after + 1)
		return;
	len = snprintf(text, sizeof text, "{\"first\":%" PRIu64 "}", first);
	sse_client_send(client, first - 1, "compacted", text, (size_t)len);
}

static void
on_more_cb(void *arg, struct sse_client *client, uint64_t after)
{
	struct catch_up catch_up = {arg, client};
	struct app *app = arg;
	struct store_query query = {.after_seq = after, .limit = EVENTS_A_CALL};
	struct err err = {0};
	int n;

	send_compacted(app, client, after);
	n = store_read(
	    nodes_store(app->nodes), &query, on_old_event_cb, &catch_up, &err);

	if (n < 0)
		log_error(NULL, "old events can not be read: %s", err.text);
	if (n <= 0)
		sse_client_live(client);
}

void
dashboard_publish(struct app *app, const struct event *event)
{
	struct buf text;

	if (sse_hub_count(app->sse) == 0)
		return;
	buf_init(&text, 2 * EVENT_JSON_MAX);
	write_event(app, event, &text);
	sse_hub_send(app->sse, event->seq, "event", text.data, text.len);
	buf_done(&text);
}

void
dashboard_publish_transfer(struct app *app, struct value map)
{
	struct buf text;

	buf_init(&text, EVENT_JSON_MAX);
	json_write(map, &text);
	sse_hub_tell(app->sse, "transfer", text.data, text.len);
	buf_done(&text);
}
