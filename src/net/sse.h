/*
 * Server-sent events (WHATWG HTML 9.2) on the HTTP server: one hub, many
 * clients. Ids are the event log's sequence numbers, so a client that comes
 * back with Last-Event-ID is first given what it missed.
 *
 * Each client is in one of two states. *Catching up*: the hub asks `on_more`
 * for the events after an id whenever the client's queue has run empty; the
 * application answers with sse_client_send() (now or later) or, when there is
 * nothing newer, sse_client_live(). *Live*: gets what sse_hub_send() sends to
 * all. Since broadcasts during the catch-up are not queued, and on_more is
 * asked until it says live, nothing is lost or doubled and no queue grows.
 *
 * Ceilings: clients [128], bytes queued for one client [256 KiB]: who reads
 * too slowly is closed, comes back with its id and catches up.
 */
#ifndef CONVECT_NET_SSE_H
#define CONVECT_NET_SSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/httpd.h"

struct sse_hub;
struct sse_client;

struct sse_config {
	void *arg;
	/* Wants the events with id > after; at most a few hundred a call. */
	void (*on_more)(void *arg, struct sse_client *client, uint64_t after);
	/* The client is gone and freed after this call; may be NULL. Never
	 * called from within a call that sends. */
	void (*on_close)(void *arg, struct sse_client *client);
	unsigned client_max; /* 0: 128 */
	size_t queue_max;    /* bytes a client; 0: 256 KiB */
	int heartbeat_ms;    /* comment line when idle; 0: 15000 */
};

struct sse_hub *sse_hub_new(struct loop *loop, const struct sse_config *config);
/* Closes all clients (on_close is called). */
void sse_hub_free(struct sse_hub *hub);
unsigned sse_hub_count(const struct sse_hub *hub);

/*
 * Makes the request a stream, which ends it; above the ceiling it is answered
 * 503. The client starts after Last-Event-ID, else after the query parameter
 * `since`, else after `start`.
 */
void sse_hub_attach(struct sse_hub *hub, struct http_req *req, uint64_t start);
/* To all live clients. `data` is text; its newlines are kept. */
void sse_hub_send(struct sse_hub *hub, uint64_t id, const char *event,
    const char *data, size_t len);

/*
 * The same without an id: news that nobody who comes later is to be given, and
 * that a client which reads too slowly is not closed for but goes without.
 */
void sse_hub_tell(
    struct sse_hub *hub, const char *event, const char *data, size_t len);

/*
 * To one that is catching up. Ids not above the last one sent are skipped.
 * false: its queue is full; stop, on_more is called when there is room again.
 */
bool sse_client_send(struct sse_client *client, uint64_t id, const char *event,
    const char *data, size_t len);
/* There is nothing newer: what is sent to all goes to it from now on. */
void sse_client_live(struct sse_client *client);
uint64_t sse_client_last_id(const struct sse_client *client);
/* For the application's own use; NULL at first. */
void sse_client_set_arg(struct sse_client *client, void *arg);
void *sse_client_arg(const struct sse_client *client);

#endif
