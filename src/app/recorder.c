#include "app/recorder.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/sightings.h"
#include "base/hash.h"
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
	MEMOS = 32768, /* 2 MiB, as far as they are used */
};

enum {
	PART_REQUEST,
	PART_DECISION,
	PART_REPLY,
	PARTS
};

/*
 * The last DHCP exchange of a machine. A machine, or a flood, says the same
 * again and again: that is only counted here, in one line of the processor's
 * cache, and put into the track when something else is said or it is read.
 */
struct memo {
	struct hwaddr mac;
	bool used;
	uint32_t more;	      /* exchanges like it, not yet in the track */
	int64_t mono_ms;      /* of the last of them, clock_mono_ms() */
	int64_t offset_ms;    /* from there to Unix time */
	uint64_t key;	      /* of the whole exchange */
	uint64_t part[PARTS]; /* keys of its entries; 0: none */
};

struct recorder {
	struct app *app;
	struct flight *flight;
	struct memo *memos;
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
	recorder->memos = mem_array(MEMOS, sizeof *recorder->memos);
	return recorder;
}

void
recorder_free(struct recorder *recorder)
{
	if (recorder == NULL)
		return;
	flight_free(recorder->flight);
	free(recorder->memos);
	free(recorder);
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
entry_init(enum flight_kind kind, int64_t ms, struct flight_entry *entry)
{
	*entry = (struct flight_entry){
	    .kind = kind,
	    .ms = ms,
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

/* A track that is being written to, with its name. */
struct writing {
	struct recorder *recorder;
	const char *name;
	struct flight_track *track;
	int64_t ms; /* Unix time of what is written */
};

/* False: there is no room for so many new machines. */
static bool
writing_begin(struct recorder *recorder, const struct recorder_track *track,
    int64_t ms, struct writing *ret_writing)
{
	*ret_writing = (struct writing){
	    .recorder = recorder,
	    .name = track->name,
	    .track =
		flight_track(recorder->flight, track->pool, track->name, ms),
	    .ms = ms,
	};
	return ret_writing->track != NULL;
}

/* Returns the key of what is kept. */
static uint64_t
add(const struct writing *writing, const struct flight_entry *entry)
{
	struct recorder *recorder = writing->recorder;
	const struct flight_entry *kept =
	    flight_add(recorder->flight, writing->track, entry);

	if (recorder->cb != NULL && is_power_of_two(kept->count))
		recorder->cb(recorder->cb_arg, writing->name, kept);
	return kept->key;
}

static void
add_one(struct recorder *recorder, const struct recorder_track *track,
    const struct flight_entry *entry)
{
	struct writing writing;

	if (writing_begin(recorder, track, entry->ms, &writing))
		(void)add(&writing, entry);
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

static uint64_t
add_packet(const struct writing *writing, const struct proxydhcp_trace *trace)
{
	const struct udp_datagram *datagram = trace->datagram;
	struct flight_entry entry;

	entry_init(FLIGHT_DHCP, writing->ms, &entry);
	entry.from = datagram->from;
	entry.to.sin_addr = datagram->to;
	entry.to.sin_port = htons(trace->port);
	entry.ifindex = datagram->ifindex;
	entry.data = datagram->data;
	entry.data_len = datagram->len;
	entry.alike = alike_of(trace);
	if (trace->drop != NULL)
		entry.note = trace->drop;
	return add(writing, &entry);
}

static uint64_t
add_reply(const struct writing *writing, const struct proxydhcp_trace *trace)
{
	const struct proxydhcp_reply *reply = trace->reply;
	struct flight_entry entry;

	entry_init(FLIGHT_DHCP, writing->ms, &entry);
	entry.sent = true;
	entry.from.sin_addr = reply->from;
	entry.from.sin_port = htons(trace->port);
	entry.to = reply->to;
	entry.ifindex = reply->ifindex;
	entry.data = reply->packet;
	entry.data_len = reply->len;
	entry.alike = reply->type;
	entry.name = reply->file;
	return add(writing, &entry);
}

static uint64_t
add_decision(const struct writing *writing, enum ask_stage stage,
    const struct decision *decision)
{
	struct flight_entry entry;

	entry_init(FLIGHT_DECISION, writing->ms, &entry);
	entry.peer = ask_stage_name(stage);
	entry.name = decision->rule;
	entry.note = decision->why;
	entry.action = (int)decision->action;
	return add(writing, &entry);
}

/* Of all that the entries of an exchange are told apart by. */
static uint64_t
exchange_key(const struct proxydhcp_trace *trace)
{
	uint64_t key = hash_mix(trace->port, alike_of(trace));

	if (trace->drop != NULL)
		key = hash_mix(key, (uintptr_t)trace->drop);
	if (trace->decision != NULL) {
		key = hash_mix(key, (uintptr_t)trace->decision->rule);
		key = hash_mix(key, trace->decision->generation);
		key = hash_text(key, trace->decision->why, FLIGHT_TEXT_MAX);
	}
	if (trace->reply != NULL)
		key = hash_text(hash_mix(key, trace->reply->type),
		    trace->reply->file, FLIGHT_TEXT_MAX);
	return key;
}

static struct memo *
memo_of(struct recorder *recorder, const struct hwaddr *mac)
{
	uint64_t bits = 0;

	memcpy(&bits, mac->b, sizeof mac->b);
	/* After one round the low bits know nothing of the last byte. */
	return &recorder->memos[hash_mix(hash_mix(1, bits), 0) % MEMOS];
}

/* What was only counted goes into the track. */
static void
memo_flush(struct recorder *recorder, struct memo *memo)
{
	static const enum flight_kind kinds[PARTS] = {
	    [PART_REQUEST] = FLIGHT_DHCP,
	    [PART_DECISION] = FLIGHT_DECISION,
	    [PART_REPLY] = FLIGHT_DHCP,
	};
	int64_t last_ms = memo->mono_ms + memo->offset_ms;
	struct recorder_track track;
	struct writing writing;

	if (memo->more == 0)
		return;
	recorder_track_mac(recorder->app, &memo->mac, &track);
	if (writing_begin(recorder, &track, last_ms, &writing)) {
		for (size_t i = 0; i < PARTS; i++)
			if (memo->part[i] != 0)
				flight_count(writing.track, kinds[i],
				    memo->part[i], memo->more, last_ms);
	}
	memo->more = 0;
}

/* True: that was the same again, and is counted. */
static bool
memo_count(struct memo *memo, const struct proxydhcp_trace *trace, uint64_t key)
{
	if (!memo->used || memo->key != key ||
	    !hwaddr_eq(&memo->mac, trace->mac) ||
	    trace->mono_ms - memo->mono_ms > FLIGHT_REPEAT_MS ||
	    memo->more == UINT32_MAX)
		return false;
	memo->more++;
	memo->mono_ms = trace->mono_ms;
	return true;
}

static void
write_exchange(struct recorder *recorder, const struct proxydhcp_trace *trace,
    struct memo *memo)
{
	const struct clock *clock = recorder->app->clock;
	int64_t offset_ms = clock_wall_ms(clock) - clock_mono_ms(clock);
	struct recorder_track track;
	struct writing writing;

	memo->used = false;
	recorder_track_mac(recorder->app, trace->mac, &track);
	if (!is_worth_it(trace, &track) ||
	    !writing_begin(
		recorder, &track, trace->mono_ms + offset_ms, &writing))
		return;
	*memo = (struct memo){
	    .mac = *trace->mac,
	    .used = true,
	    .mono_ms = trace->mono_ms,
	    .offset_ms = offset_ms,
	};
	memo->part[PART_REQUEST] = add_packet(&writing, trace);
	if (trace->decision != NULL)
		memo->part[PART_DECISION] =
		    add_decision(&writing, ASK_DHCP, trace->decision);
	if (trace->reply != NULL)
		memo->part[PART_REPLY] = add_reply(&writing, trace);
}

void
recorder_dhcp(struct recorder *recorder, const struct proxydhcp_trace *trace)
{
	struct memo *memo = memo_of(recorder, trace->mac);
	uint64_t key = exchange_key(trace);

	if (memo_count(memo, trace, key))
		return;
	memo_flush(recorder, memo);
	write_exchange(recorder, trace, memo);
	memo->key = key;
}

const struct flight *
recorder_read(struct recorder *recorder)
{
	for (size_t i = 0; i < MEMOS; i++)
		memo_flush(recorder, &recorder->memos[i]);
	return recorder->flight;
}

void
recorder_decision(struct recorder *recorder, const char *node,
    enum ask_stage stage, const struct decision *decision)
{
	struct recorder_track track;
	struct writing writing;

	recorder_track_node(node, &track);
	if (writing_begin(recorder, &track, clock_wall_ms(recorder->app->clock),
		&writing))
		(void)add_decision(&writing, stage, decision);
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
	entry_init(FLIGHT_HTTP, clock_wall_ms(recorder->app->clock), &entry);
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
	add_one(recorder, &track, &entry);
}

void
recorder_tftp(struct recorder *recorder, const struct recorder_track *track,
    const char *peer, const char *file, const char *why)
{
	char path[FLIGHT_TEXT_MAX + 1];
	struct flight_entry entry;

	entry_init(FLIGHT_TFTP, clock_wall_ms(recorder->app->clock), &entry);
	mask_path(file, path, sizeof path);
	entry.peer = peer;
	entry.name = path;
	if (why != NULL)
		entry.note = why;
	entry.verb = why == NULL ? "RRQ" : "ERROR";
	entry.complete = why == NULL;
	add_one(recorder, track, &entry);
}

void
recorder_file(struct recorder *recorder, const struct recorder_track *track,
    const struct filesrv_report *report)
{
	char path[FLIGHT_TEXT_MAX + 1];
	struct flight_entry entry;

	entry_init(FLIGHT_FILE, clock_wall_ms(recorder->app->clock), &entry);
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
	add_one(recorder, track, &entry);
}
