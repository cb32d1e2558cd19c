#include "net/sse.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "net/httpd_stream.h"

struct sse_client {
	LIST_ENTRY(sse_client) link;
	struct sse_hub *hub;
	struct http_stream *stream;
	uint64_t last_id;
	bool live;
	bool asking;  /* on_more is put off to the next turn */
	bool waiting; /* on_more was called and nothing came yet */
	bool cut;     /* too slow: to be closed in the next turn */
	bool quiet;   /* nothing sent since the last heartbeat */
	void *arg;
};
LIST_HEAD(sse_client_list, sse_client);

struct sse_hub {
	struct loop *loop;
	struct sse_config config;
	struct sse_client_list clients;
	unsigned count;
	struct loop_timer *heartbeat;
};

static void
ask_more_cb(void *arg)
{
	struct sse_client *client = arg;

	client->asking = false;
	if (client->live || client->cut)
		return;
	client->waiting = true;
	client->hub->config.on_more(
	    client->hub->config.arg, client, client->last_id);
}

/* From the loop and not at once, so that a batch is never asked for inside
 * the call that gives one. */
static void
ask_more(struct sse_client *client)
{
	if (client->asking || client->waiting || client->live)
		return;
	client->asking = true;
	loop_defer(client->hub->loop, ask_more_cb, client);
}

static void client_cut_cb(void *arg);

static void
client_free(struct sse_client *client)
{
	struct sse_hub *hub = client->hub;

	LIST_REMOVE(client, link);
	hub->count--;
	loop_defer_cancel(hub->loop, ask_more_cb, client);
	loop_defer_cancel(hub->loop, client_cut_cb, client);
	if (hub->config.on_close != NULL)
		hub->config.on_close(hub->config.arg, client);
	free(client);
}

static void
on_stream_close_cb(void *arg)
{
	client_free(arg);
}

static void
on_stream_drain_cb(void *arg)
{
	ask_more(arg);
}

static void
client_cut_cb(void *arg)
{
	struct sse_client *client = arg;

	http_stream_close(client->stream, true);
	client_free(client);
}

/* Not at once: the application may be in the middle of a batch for it. */
static void
client_cut_soon(struct sse_client *client)
{
	client->cut = true;
	loop_defer(client->hub->loop, client_cut_cb, client);
}

static void
client_write(struct sse_client *client, const char *data, size_t len)
{
	client->quiet = false;
	http_stream_write(client->stream, data, len);
}

static bool
is_too_slow(const struct sse_client *client, size_t more)
{
	return http_stream_queued(client->stream) + more >
	       client->hub->config.queue_max;
}

static void
on_heartbeat_cb(void *arg)
{
	static const char comment[] = ":\n\n";
	struct sse_hub *hub = arg;
	struct sse_client *client;

	LIST_FOREACH(client, &hub->clients, link)
	{
		if (client->quiet && !client->cut &&
		    http_stream_queued(client->stream) == 0)
			http_stream_write(
			    client->stream, comment, sizeof comment - 1);
		client->quiet = true;
	}
}

struct sse_hub *
sse_hub_new(struct loop *loop, const struct sse_config *config)
{
	struct sse_hub *hub = mem_alloc(sizeof *hub);

	hub->loop = loop;
	hub->config = *config;
	if (hub->config.client_max == 0)
		hub->config.client_max = 128;
	if (hub->config.queue_max == 0)
		hub->config.queue_max = (size_t)256 << 10;
	if (hub->config.heartbeat_ms == 0)
		hub->config.heartbeat_ms = 15000;
	LIST_INIT(&hub->clients);
	hub->heartbeat = loop_timer_new(loop, on_heartbeat_cb, hub);
	loop_timer_every(hub->heartbeat, hub->config.heartbeat_ms);
	return hub;
}

void
sse_hub_free(struct sse_hub *hub)
{
	struct sse_client *client, *next;

	if (hub == NULL)
		return;
	for (client = LIST_FIRST(&hub->clients); client != NULL;
	     client = next) {
		next = LIST_NEXT(client, link);
		client_cut_cb(client);
	}
	loop_timer_free(hub->heartbeat);
	free(hub);
}

unsigned
sse_hub_count(const struct sse_hub *hub)
{
	return hub->count;
}

static uint64_t
start_id(const struct http_req *req, uint64_t start)
{
	const char *text = http_req_header(req, "Last-Event-ID");
	int64_t id;

	if (text == NULL)
		text = http_req_query(req, "since");
	if (text == NULL || str_to_i64(text, 0, INT64_MAX, &id) < 0)
		return start;
	return (uint64_t)id;
}

void
sse_hub_attach(struct sse_hub *hub, struct http_req *req, uint64_t start)
{
	struct sse_client *client;
	struct http_stream *stream;
	uint64_t id = start_id(req, start);

	if (hub->count >= hub->config.client_max) {
		http_reply_text(req, 503, "too many event streams\n");
		return;
	}
	stream = http_stream_open(req, "text/event-stream");
	if (stream == NULL)
		return;
	client = mem_alloc(sizeof *client);
	client->hub = hub;
	client->stream = stream;
	client->last_id = id;
	LIST_INSERT_HEAD(&hub->clients, client, link);
	hub->count++;
	http_stream_set_cbs(
	    stream, on_stream_close_cb, on_stream_drain_cb, client);
	ask_more(client);
}

/* Each line of the data is a field of its own; they are joined again there. */
static void
frame_data(struct buf *out, const char *data, size_t len)
{
	size_t pos = 0;

	for (;;) {
		size_t start = pos;

		while (pos < len && data[pos] != '\n' && data[pos] != '\r')
			pos++;
		buf_adds(out, "data: ");
		buf_add(out, data + start, pos - start);
		buf_addc(out, '\n');
		if (pos == len)
			return;
		if (data[pos] == '\r' && pos + 1 < len && data[pos + 1] == '\n')
			pos++;
		pos++;
	}
}

static void
frame(struct buf *out, uint64_t id, const char *event, const char *data,
    size_t len)
{
	if (id != 0)
		buf_addf(out, "id: %" PRIu64 "\n", id);
	if (event != NULL && strpbrk(event, "\r\n") == NULL)
		buf_addf(out, "event: %s\n", event);
	frame_data(out, data, len);
	buf_addc(out, '\n');
}

static void
broadcast(struct sse_client *client, uint64_t id, const struct buf *text)
{
	if (!client->live || client->cut || id <= client->last_id)
		return;
	if (buf_bad(text) || is_too_slow(client, text->len)) {
		client_cut_soon(client);
		return;
	}
	client->last_id = id;
	client_write(client, text->data, text->len);
}

void
sse_hub_send(struct sse_hub *hub, uint64_t id, const char *event,
    const char *data, size_t len)
{
	struct sse_client *client;
	struct buf text;

	if (hub->count == 0)
		return;
	buf_init(&text, hub->config.queue_max);
	frame(&text, id, event, data, len);
	LIST_FOREACH(client, &hub->clients, link)
	broadcast(client, id, &text);
	buf_done(&text);
}

void
sse_hub_tell(
    struct sse_hub *hub, const char *event, const char *data, size_t len)
{
	struct sse_client *client;
	struct buf text;

	if (hub->count == 0)
		return;
	buf_init(&text, hub->config.queue_max);
	frame(&text, 0, event, data, len);
	LIST_FOREACH(client, &hub->clients, link)
	{
		if (client->live && !client->cut && !buf_bad(&text) &&
		    !is_too_slow(client, text.len))
			client_write(client, text.data, text.len);
	}
	buf_done(&text);
}

bool
sse_client_send(struct sse_client *client, uint64_t id, const char *event,
    const char *data, size_t len)
{
	struct buf text;
	bool taken = true;

	if (client->cut || id <= client->last_id)
		return true;
	client->waiting = false;
	buf_init(&text, client->hub->config.queue_max);
	frame(&text, id, event, data, len);
	if (buf_bad(&text)) {
		client->last_id = id; /* can never be sent: pass over it */
	} else if (is_too_slow(client, text.len)) {
		taken = false;
	} else {
		client->last_id = id;
		client_write(client, text.data, text.len);
	}
	buf_done(&text);
	return taken;
}

void
sse_client_live(struct sse_client *client)
{
	client->live = true;
}

uint64_t
sse_client_last_id(const struct sse_client *client)
{
	return client->last_id;
}

void
sse_client_set_arg(struct sse_client *client, void *arg)
{
	client->arg = arg;
}

void *
sse_client_arg(const struct sse_client *client)
{
	return client->arg;
}
