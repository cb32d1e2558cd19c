#include "app/recorder.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/sightings.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/mask.h"

/* A boot takes some 20 KiB: the last of 800, whatever the inventory's size. */
enum {
	KNOWN_TRACKS = 16384,
	KNOWN_BYTES = 16 << 20,
	UNKNOWN_TRACKS = 512,
	UNKNOWN_BYTES = 2 << 20,
	UNKNOWN_FRESH = 128,
};

struct recorder {
	struct app *app;
	struct flight *flight;
	recorder_cb *cb;
	void *cb_arg;
};

struct recorder *
recorder_new(struct app *app)
{
	static const struct flight_limits limits[FLIGHT_POOLS] = {
	    [FLIGHT_KNOWN] = {KNOWN_TRACKS, KNOWN_BYTES, 0},
	    [FLIGHT_UNKNOWN] = {UNKNOWN_TRACKS, UNKNOWN_BYTES, UNKNOWN_FRESH},
	};
	struct recorder *recorder = mem_alloc(sizeof *recorder);

	recorder->app = app;
	recorder->flight = flight_new(limits);
	return recorder;
}

void
recorder_free(struct recorder *recorder)
{
	if (recorder == NULL)
		return;
	flight_free(recorder->flight);
	free(recorder);
}

struct flight *
recorder_flight(struct recorder *recorder)
{
	return recorder->flight;
}

void
recorder_listen(struct recorder *recorder, recorder_cb *cb, void *arg)
{
	recorder->cb = cb;
	recorder->cb_arg = arg;
}

void
recorder_track_node(const char *node, struct recorder_track *ret_track)
{
	str_copy(ret_track->name, sizeof ret_track->name, node);
	ret_track->pool = FLIGHT_KNOWN;
}

void
recorder_track_mac(
    struct app *app, const struct hwaddr *mac, struct recorder_track *ret_track)
{
	const struct inv_host *host = inventory_find_mac(app->site->inv, mac);

	if (host != NULL) {
		recorder_track_node(inv_host_name(host), ret_track);
		return;
	}
	hwaddr_format(mac, ret_track->name);
	ret_track->pool = FLIGHT_UNKNOWN;
}

/* Fills in what every entry has. */
static void
entry_init(struct recorder *recorder, enum flight_kind kind,
    struct flight_entry *entry)
{
	*entry = (struct flight_entry){
	    .kind = kind,
	    .ms = clock_wall_ms(recorder->app->clock),
	    .peer = "",
	    .verb = "",
	    .name = "",
	    .note = "",
	};
}

static bool
is_power_of_two(uint32_t n)
{
	return (n & (n - 1)) == 0;
}

static void
add(struct recorder *recorder, const struct recorder_track *track,
    const struct flight_entry *entry)
{
	const struct flight_entry *kept =
	    flight_add(recorder->flight, track->pool, track->name, entry);

	if (recorder->cb != NULL && kept != NULL &&
	    is_power_of_two(kept->count))
		recorder->cb(recorder->cb_arg, track->name, kept);
}

/* ---- DHCP --------------------------------------------------------------- */

/*
 * Not every machine on the wire is ours to remember: of one that no inventory
 * names only what has to do with network boot.
 */
static bool
is_worth_it(
    const struct proxydhcp_trace *trace, const struct recorder_track *track)
{
	return track->pool == FLIGHT_KNOWN ||
	       (trace->client != NULL &&
		   trace->client->class != PXE_CLASS_NONE);
}

/* Which exchange it is may change; what is asked and by whom may not. */
static uint32_t
alike_of(const struct proxydhcp_trace *trace)
{
	const struct pxe_client *client = trace->client;
	uint32_t arch = 0;

	if (client == NULL)
		return 0;
	if (dhcp_arch_count(trace->msg) > 0)
		arch = dhcp_arch(trace->msg, 0);
	return (uint32_t)trace->msg->type << 24 |
	       (uint32_t)client->class << 20 | (uint32_t)client->program << 16 |
	       arch;
}

static void
add_packet(struct recorder *recorder, const struct recorder_track *track,
    const struct proxydhcp_trace *trace)
{
	const struct udp_datagram *datagram = trace->datagram;
	struct flight_entry entry;

	entry_init(recorder, FLIGHT_DHCP, &entry);
	entry.ms = trace->ms;
	entry.from = datagram->from;
	entry.to.sin_addr = datagram->to;
	entry.to.sin_port = htons(trace->port);
	entry.ifindex = datagram->ifindex;
	entry.data = datagram->data;
	entry.data_len = datagram->len;
	entry.alike = alike_of(trace);
	if (trace->drop != NULL)
		entry.note = trace->drop;
	add(recorder, track, &entry);
}

static void
add_reply(struct recorder *recorder, const struct recorder_track *track,
    const struct proxydhcp_trace *trace)
{
	const struct proxydhcp_reply *reply = trace->reply;
	struct flight_entry entry;

	entry_init(recorder, FLIGHT_DHCP, &entry);
	entry.sent = true;
	entry.from.sin_addr = reply->from;
	entry.from.sin_port = htons(trace->port);
	entry.to = reply->to;
	entry.ifindex = reply->ifindex;
	entry.data = reply->packet;
	entry.data_len = reply->len;
	entry.alike = reply->type;
	entry.name = reply->file;
	add(recorder, track, &entry);
}

static void
add_decision(struct recorder *recorder, const struct recorder_track *track,
    enum ask_stage stage, const struct decision *decision)
{
	struct flight_entry entry;

	entry_init(recorder, FLIGHT_DECISION, &entry);
	entry.peer = ask_stage_name(stage);
	entry.name = decision->rule;
	entry.note = decision->why;
	entry.action = (int)decision->action;
	add(recorder, track, &entry);
}

void
recorder_dhcp(struct recorder *recorder, const struct proxydhcp_trace *trace)
{
	struct recorder_track track;

	recorder_track_mac(recorder->app, trace->mac, &track);
	if (!is_worth_it(trace, &track))
		return;
	add_packet(recorder, &track, trace);
	if (trace->decision != NULL)
		add_decision(recorder, &track, ASK_DHCP, trace->decision);
	if (trace->reply != NULL)
		add_reply(recorder, &track, trace);
}

void
recorder_decision(struct recorder *recorder, const char *node,
    enum ask_stage stage, const struct decision *decision)
{
	struct recorder_track track;

	recorder_track_node(node, &track);
	add_decision(recorder, &track, stage, decision);
}

/* ---- requests ----------------------------------------------------------- */

/* By its tag, else by the address that it came from. */
static bool
find_http_track(struct recorder *recorder, const struct http_result *result,
    struct recorder_track *ret_track)
{
	struct hwaddr mac;

	if (result->tag == NULL)
		return sightings_find(
		    recorder->app->sightings, result->peer, ret_track);
	if (hwaddr_parse(result->tag, &mac) == 0)
		recorder_track_mac(recorder->app, &mac, ret_track);
	else
		recorder_track_node(result->tag, ret_track);
	return true;
}

void
recorder_http(struct recorder *recorder, const struct http_result *result)
{
	char path[FLIGHT_TEXT_MAX + 1];
	struct recorder_track track;
	struct flight_entry entry;

	if (!find_http_track(recorder, result, &track))
		return;
	entry_init(recorder, FLIGHT_HTTP, &entry);
	mask_path(result->path, path, sizeof path);
	entry.peer = result->peer;
	entry.name = path;
	entry.verb = http_method_name(result->method);
	entry.status = result->status;
	entry.offset = result->offset;
	entry.length = result->length;
	entry.bytes = result->bytes;
	entry.took_ms = result->ms < 0 ? 0 : (uint64_t)result->ms;
	entry.complete = result->complete;
	add(recorder, &track, &entry);
}

void
recorder_tftp(struct recorder *recorder, const struct recorder_track *track,
    const char *peer, const char *file, const char *why)
{
	char path[FLIGHT_TEXT_MAX + 1];
	struct flight_entry entry;

	entry_init(recorder, FLIGHT_TFTP, &entry);
	mask_path(file, path, sizeof path);
	entry.peer = peer;
	entry.name = path;
	if (why != NULL)
		entry.note = why;
	entry.verb = why == NULL ? "RRQ" : "ERROR";
	entry.complete = why == NULL;
	add(recorder, track, &entry);
}

void
recorder_file(struct recorder *recorder, const struct recorder_track *track,
    const struct filesrv_report *report)
{
	char path[FLIGHT_TEXT_MAX + 1];
	struct flight_entry entry;

	entry_init(recorder, FLIGHT_FILE, &entry);
	mask_path(report->path, path, sizeof path);
	entry.peer = report->peer;
	entry.name = path;
	entry.verb = report->head ? "HEAD" : "GET";
	entry.status = report->status;
	entry.offset = report->offset;
	entry.length = report->length;
	entry.bytes = report->bytes;
	entry.took_ms = report->ms;
	entry.complete = report->complete;
	add(recorder, track, &entry);
}
