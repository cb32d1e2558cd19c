#include "app/inspect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/token.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/hardware.h"

#define KEY_SIZE 64 /* "hardware " and a MAC */
/* Sooner it is the same report, whose answer was lost. */
#define AGAIN_MS 5000

/* One report on its way through two commits: the details, then the event. */
struct report {
	struct app *app;
	struct http_req *req;
	struct event event;
};

static const struct node *
find(const struct app *app, const struct http_req *req)
{
	char hash[TOKEN_HASH_SIZE];
	const struct node_token *token;
	const struct node *node;

	token_hash(http_req_capture(req, "token"), hash);
	node = nodes_find_report_token(app->nodes, hash, &token);
	if (node == NULL || !node_is_unknown(node) || token->generation != 0 ||
	    clock_wall_ms(app->clock) >= token->expires_ms)
		return NULL;
	return node;
}

int
inspect_authorize(void *arg, struct http_req *req)
{
	return find(arg, req) == NULL ? -EACCES : 0;
}

static void
details_key(const char *name, char out[KEY_SIZE])
{
	char *text = mem_printf("hardware %s", name);

	str_copy(out, KEY_SIZE, text);
	free(text);
}

static void
report_end(struct report *report, int status)
{
	http_reply_text(report->req, status, NULL);
	free(report);
}

static void
on_event_committed_cb(void *arg, int error)
{
	report_end(arg, error < 0 ? 503 : 200);
}

static void
on_details_committed_cb(
    void *arg, int error, const struct event *events, size_t n)
{
	struct report *report = arg;

	(void)events;
	(void)n;
	if (error < 0 || nodes_append(report->app->nodes, &report->event, 1,
			     STORE_ANY_SEQ, on_event_committed_cb, report) < 0)
		report_end(report, 503);
}

static void
copy_text(char *out, size_t size, struct value details, const char *key)
{
	struct value text = value_map_get(details, key);

	event_text(out, size, value_str(text), value_str_len(text));
}

static void
fill_event(struct event *event, const struct node *node,
    const struct http_req *req, struct value details)
{
	struct buf summary;

	event_init(event, EVENT_INSPECTED, node->name);
	str_copy(event->mac, sizeof event->mac, node->name);
	str_copy(event->addr, sizeof event->addr, http_req_peer(req));
	copy_text(event->serial, sizeof event->serial, details, "serial");
	copy_text(event->uuid, sizeof event->uuid, details, "uuid");
	copy_text(event->vendor, sizeof event->vendor, details, "vendor");
	copy_text(event->product, sizeof event->product, details, "model");
	buf_init(&summary, HARDWARE_BODY_MAX);
	hardware_summary(details, &summary);
	event_text(event->description, sizeof event->description, summary.data,
	    summary.len);
	buf_done(&summary);
}

static int
store_details(struct report *report, struct value details)
{
	char key[KEY_SIZE];
	struct buf text;
	int ret = -E2BIG;

	details_key(report->event.node, key);
	buf_init(&text, STORE_VALUE_MAX);
	value_write_json(details, -1, false, &text);
	if (!buf_bad(&text))
		ret = store_meta_set(nodes_store(report->app->nodes), key,
		    text.data, on_details_committed_cb, report);
	buf_done(&text);
	return ret;
}

void
inspect_on_request(void *arg, struct http_req *req)
{
	struct app *app = arg;
	const struct node *node = find(app, req);
	struct report *report;
	struct value details;
	struct err err = {0};
	const char *body;
	size_t len;
	int ret;

	if (node == NULL) {
		http_reply_text(req, 403, NULL);
		return;
	}
	if (clock_wall_ms(app->clock) - node->inspected_ms < AGAIN_MS) {
		http_reply_text(req, 200, NULL);
		return;
	}
	body = http_req_body(req, &len);
	if (hardware_parse(body, len, &details, &err) < 0) {
		log_warn(node->name, "its inspection is refused: %s", err.text);
		http_reply_text(req, 400, NULL);
		return;
	}
	report = mem_alloc(sizeof *report);
	report->app = app;
	report->req = req;
	fill_event(&report->event, node, req, details);
	ret = store_details(report, details);
	value_unref(details);
	if (ret < 0)
		report_end(report, ret == -E2BIG ? 413 : 503);
}

void
inspect_forget(struct app *app, const char *name)
{
	char key[KEY_SIZE];

	details_key(name, key);
	(void)store_meta_set(nodes_store(app->nodes), key, NULL, NULL, NULL);
}

int
inspect_details(
    struct app *app, const struct node *node, struct value *ret_details)
{
	char key[KEY_SIZE];
	struct buf text;
	int ret;

	if (node->inspected_ms == 0)
		return -ENOENT;
	details_key(node->name, key);
	buf_init(&text, STORE_VALUE_MAX);
	ret = store_meta_get(nodes_store(app->nodes), key, &text);
	if (ret == 0)
		ret = value_parse_json(text.data, text.len, ret_details, NULL);
	buf_done(&text);
	return ret;
}
