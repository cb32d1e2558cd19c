#include "core/flight.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"

enum class {
	CLASS_PACKETS,
	CLASS_REQUESTS,
	CLASS_DECISIONS,
	CLASSES
};

static const struct {
	size_t entries;
	size_t bytes;
} class_limits[CLASSES] = {
    [CLASS_PACKETS] = {FLIGHT_PACKETS, FLIGHT_PACKET_BYTES},
    [CLASS_REQUESTS] = {FLIGHT_REQUESTS, FLIGHT_REQUEST_BYTES},
    [CLASS_DECISIONS] = {FLIGHT_DECISIONS, FLIGHT_DECISION_BYTES},
};

static const enum class class_of[FLIGHT_KINDS] = {
    [FLIGHT_DHCP] = CLASS_PACKETS,
    [FLIGHT_TFTP] = CLASS_REQUESTS,
    [FLIGHT_HTTP] = CLASS_REQUESTS,
    [FLIGHT_FILE] = CLASS_REQUESTS,
    [FLIGHT_DECISION] = CLASS_DECISIONS,
};

/* What the allocator takes for itself, about. */
#define ALLOC_OVERHEAD 16

/* An entry with its texts and its packet behind it, in one piece. */
struct stored {
	TAILQ_ENTRY(stored) link;
	size_t size;
	struct flight_entry entry;
	char tail[];
};
TAILQ_HEAD(stored_list, stored);

struct ring {
	struct stored_list list; /* oldest first */
	size_t count;
	size_t bytes;
};

struct flight_track {
	TAILQ_ENTRY(flight_track) link;
	UT_hash_handle hh;
	enum flight_pool pool;
	struct ring ring[CLASSES];
	uint64_t uses;
	int64_t used_ms; /* when its place in the order was told */
	size_t size;	 /* of the track itself */
	char name[];
};
TAILQ_HEAD(track_list, flight_track);

struct pool {
	struct flight_limits limits;
	struct track_list tracks; /* the longest unused first */
	struct flight_usage usage;
	int64_t window_ms;
	unsigned fresh; /* tracks made since */
};

struct flight {
	struct pool pool[FLIGHT_POOLS];
	struct flight_track *by_name;
	uint64_t seq;
};

/* uthash nests deeper than a function of ours may: one function a macro. */
/* NOLINTBEGIN(readability-function-size) */
static struct flight_track *
find_track(const struct flight *flight, const char *name)
{
	struct flight_track *track;

	HASH_FIND_STR(flight->by_name, name, track);
	return track;
}

static void
insert_track(struct flight *flight, struct flight_track *track)
{
	HASH_ADD_STR(flight->by_name, name, track);
}

static void
remove_track(struct flight *flight, struct flight_track *track)
{
	HASH_DEL(flight->by_name, track);
}
/* NOLINTEND(readability-function-size) */

struct flight *
flight_new(const struct flight_limits limits[FLIGHT_POOLS])
{
	struct flight *flight = mem_alloc(sizeof *flight);

	for (size_t i = 0; i < FLIGHT_POOLS; i++) {
		flight->pool[i].limits = limits[i];
		TAILQ_INIT(&flight->pool[i].tracks);
	}
	return flight;
}

static void
drop_stored(struct pool *pool, struct ring *ring, struct stored *stored)
{
	TAILQ_REMOVE(&ring->list, stored, link);
	ring->count--;
	ring->bytes -= stored->size;
	pool->usage.entries--;
	pool->usage.bytes -= stored->size;
	free(stored);
}

static void
drop_track(struct flight *flight, struct flight_track *track)
{
	struct pool *pool = &flight->pool[track->pool];

	for (size_t i = 0; i < CLASSES; i++) {
		struct ring *ring = &track->ring[i];

		while (!TAILQ_EMPTY(&ring->list))
			/* It unlinks what it frees. */
			/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
			drop_stored(pool, ring, TAILQ_FIRST(&ring->list));
	}
	remove_track(flight, track);
	TAILQ_REMOVE(&pool->tracks, track, link);
	pool->usage.tracks--;
	pool->usage.bytes -= track->size;
	free(track);
}

void
flight_free(struct flight *flight)
{
	struct flight_track *track;

	if (flight == NULL)
		return;
	for (size_t i = 0; i < FLIGHT_POOLS; i++) {
		while ((track = TAILQ_FIRST(&flight->pool[i].tracks)) != NULL)
			drop_track(flight, track);
	}
	free(flight);
}

/*
 * The longest unused of those that were hardly heard of, else of all: made-up
 * machines say one thing each, and must not cost one that tries to boot.
 */
static void
make_room(
    struct flight *flight, struct pool *pool, const struct flight_track *keep)
{
	struct flight_track *track;

	TAILQ_FOREACH (track, &pool->tracks, link) {
		if (track != keep && track->uses < FLIGHT_STRANGER_USES)
			break;
	}
	if (track == NULL)
		track = TAILQ_FIRST(&pool->tracks);
	if (track == keep)
		track = TAILQ_NEXT(track, link);
	if (track != NULL)
		drop_track(flight, track);
}

static bool
may_make_track(struct pool *pool, int64_t now_ms)
{
	int64_t passed = now_ms - pool->window_ms;

	/* Also when the clock was set back. */
	if (passed >= FLIGHT_WINDOW_MS || passed < 0) {
		pool->window_ms = now_ms;
		pool->fresh = 0;
	}
	if (pool->limits.fresh > 0 && pool->fresh >= pool->limits.fresh)
		return false;
	pool->fresh++;
	return true;
}

static struct flight_track *
make_track(struct flight *flight, enum flight_pool index, const char *name,
    int64_t now_ms)
{
	struct pool *pool = &flight->pool[index];
	size_t len = strlen(name);
	struct flight_track *track;

	if (!may_make_track(pool, now_ms))
		return NULL;
	if (pool->usage.tracks >= pool->limits.tracks)
		make_room(flight, pool, NULL);
	track = mem_alloc(sizeof *track + len + 1);
	track->size = sizeof *track + len + 1 + ALLOC_OVERHEAD;
	track->pool = index;
	memcpy(track->name, name, len + 1);
	for (size_t i = 0; i < CLASSES; i++)
		TAILQ_INIT(&track->ring[i].list);
	insert_track(flight, track);
	TAILQ_INSERT_TAIL(&pool->tracks, track, link);
	pool->usage.tracks++;
	pool->usage.bytes += track->size;
	return track;
}

/* Two that differ and have the same key are counted as one: no harm done. */
static uint64_t
key_of(const struct flight_entry *entry)
{
	uint64_t key = hash_mix((uint64_t)entry->kind << 1 | entry->sent,
	    (uint64_t)entry->from.sin_port << 48 |
		(uint64_t)entry->to.sin_port << 32 | entry->alike);

	key = hash_mix(key, (uint64_t)entry->status << 32 |
				(uint64_t)entry->action << 1 | entry->complete);
	key = hash_text(key, entry->verb, FLIGHT_TEXT_MAX);
	key = hash_text(key, entry->name, FLIGHT_TEXT_MAX);
	key = hash_text(key, entry->peer, FLIGHT_TEXT_MAX);
	return hash_text(key, entry->note, FLIGHT_TEXT_MAX);
}

static struct stored *
find_newest(const struct ring *ring, uint64_t key)
{
	struct stored *stored = TAILQ_LAST(&ring->list, stored_list);

	for (int i = 0; i < FLIGHT_REPEAT_LOOK && stored != NULL; i++) {
		if (stored->entry.key == key)
			return stored;
		stored = TAILQ_PREV(stored, stored_list, link);
	}
	return NULL;
}

static void
count_up(uint32_t *count, uint32_t by)
{
	*count = by > UINT32_MAX - *count ? UINT32_MAX : *count + by;
}

static void
repeat(struct stored *stored, const struct flight_entry *entry)
{
	count_up(&stored->entry.count, 1);
	if (entry->ms > stored->entry.last_ms)
		stored->entry.last_ms = entry->ms;
	stored->entry.bytes += entry->bytes;
	stored->entry.length += entry->length;
	stored->entry.took_ms += entry->took_ms;
}

static size_t
text_len(const char *text)
{
	return strnlen(text, FLIGHT_TEXT_MAX);
}

static const char *
put_text(char **at, const char *text)
{
	char *start = *at;
	size_t len = text_len(text);

	memcpy(start, text, len);
	start[len] = '\0';
	*at = start + len + 1;
	return start;
}

/* BOOTP's padding is most of a packet. */
static size_t
without_zeros(const uint8_t *data, size_t len)
{
	if (len > FLIGHT_DATA_MAX)
		len = FLIGHT_DATA_MAX;
	while (len > 0 && data[len - 1] == 0)
		len--;
	return len;
}

static struct stored *
store(const struct flight_entry *entry, uint64_t key)
{
	size_t data_len = without_zeros(entry->data, entry->data_len);
	size_t size = sizeof(struct stored) + data_len + text_len(entry->name) +
		      text_len(entry->peer) + text_len(entry->note) + 3;
	struct stored *stored = mem_alloc(size);
	char *at = stored->tail;

	stored->size = size + ALLOC_OVERHEAD;
	stored->entry = *entry;
	stored->entry.key = key;
	stored->entry.name = put_text(&at, entry->name);
	stored->entry.peer = put_text(&at, entry->peer);
	stored->entry.note = put_text(&at, entry->note);
	stored->entry.len = entry->data_len;
	stored->entry.data_len = data_len;
	stored->entry.data = (const uint8_t *)at;
	if (data_len > 0)
		memcpy(at, entry->data, data_len);
	stored->entry.last_ms = entry->ms;
	stored->entry.count = 1;
	stored->entry.earlier = 0;
	return stored;
}

/*
 * Which entry goes when a ring is full: the oldest, unless what came now makes
 * up half of the ring; then the oldest of its own kind, so that what repeats
 * for hours does not push out what was told once. The next one counts it.
 */
static struct stored *
choose_oldest(const struct ring *ring, uint64_t key)
{
	struct stored *first = NULL;
	struct stored *second = NULL;
	struct stored *stored;
	size_t count = 0;

	TAILQ_FOREACH (stored, &ring->list, link) {
		if (stored->entry.key != key)
			continue;
		if (first == NULL)
			first = stored;
		else if (second == NULL)
			second = stored;
		count++;
	}
	if (second == NULL || count < ring->count / 2)
		return TAILQ_FIRST(&ring->list);
	count_up(&second->entry.earlier, first->entry.count);
	count_up(&second->entry.earlier, first->entry.earlier);
	return first;
}

static void
trim_ring(struct pool *pool, enum class class, struct ring *ring,
    const struct stored *newest)
{
	struct stored *oldest;

	while (ring->count > class_limits[class].entries ||
	       ring->bytes > class_limits[class].bytes) {
		oldest = choose_oldest(ring, newest->entry.key);
		if (oldest == NULL)
			break;
		drop_stored(pool, ring, oldest);
	}
}

static void
use_track(struct flight *flight, struct flight_track *track, int64_t now_ms)
{
	struct track_list *list = &flight->pool[track->pool].tracks;
	int64_t passed = now_ms - track->used_ms;

	track->uses++;
	if (passed >= 0 && passed < FLIGHT_USED_MS)
		return;
	track->used_ms = now_ms;
	TAILQ_REMOVE(list, track, link);
	TAILQ_INSERT_TAIL(list, track, link);
}

struct flight_track *
flight_track(struct flight *flight, enum flight_pool in, const char *name,
    int64_t now_ms)
{
	struct flight_track *track = find_track(flight, name);

	if (track == NULL)
		track = make_track(flight, in, name, now_ms);
	if (track == NULL)
		flight->pool[in].usage.refused++;
	else
		use_track(flight, track, now_ms);
	return track;
}

const struct flight_entry *
flight_add(struct flight *flight, struct flight_track *track,
    const struct flight_entry *entry)
{
	enum class class = class_of[entry->kind];
	struct pool *pool = &flight->pool[track->pool];
	struct ring *ring = &track->ring[class];
	uint64_t key = key_of(entry);
	struct stored *stored = find_newest(ring, key);

	if (stored != NULL &&
	    entry->ms - stored->entry.last_ms <= FLIGHT_REPEAT_MS) {
		repeat(stored, entry);
		return &stored->entry;
	}
	stored = store(entry, key);
	stored->entry.seq = ++flight->seq;
	TAILQ_INSERT_TAIL(&ring->list, stored, link);
	ring->count++;
	ring->bytes += stored->size;
	pool->usage.entries++;
	pool->usage.bytes += stored->size;
	trim_ring(pool, class, ring, stored);
	while (pool->usage.bytes > pool->limits.bytes && pool->usage.tracks > 1)
		make_room(flight, pool, track);
	return &stored->entry;
}

void
flight_count(struct flight_track *track, enum flight_kind kind, uint64_t key,
    uint32_t more, int64_t last_ms)
{
	struct stored *stored = find_newest(&track->ring[class_of[kind]], key);

	if (stored == NULL)
		return;
	count_up(&stored->entry.count, more);
	if (last_ms > stored->entry.last_ms)
		stored->entry.last_ms = last_ms;
}

bool
flight_has(const struct flight *flight, const char *name)
{
	return find_track(flight, name) != NULL;
}

static void
list_put(struct flight_list *list, const struct flight_entry *entry)
{
	if (list->count == list->cap) {
		list->cap = list->cap == 0 ? 64 : 2 * list->cap;
		/* NOLINTNEXTLINE(bugprone-sizeof-expression): of pointers */
		list->at = mem_resize(list->at, list->cap, sizeof *list->at);
	}
	list->at[list->count++] = entry;
}

void
flight_list_add(
    struct flight_list *list, const struct flight *flight, const char *name)
{
	const struct flight_track *track = find_track(flight, name);
	const struct stored *stored;

	for (size_t i = 0; track != NULL && i < CLASSES; i++) {
		TAILQ_FOREACH (stored, &track->ring[i].list, link)
			list_put(list, &stored->entry);
	}
}

static int
by_seq(const void *a, const void *b)
{
	const struct flight_entry *const *left = a;
	const struct flight_entry *const *right = b;

	return ((*left)->seq > (*right)->seq) - ((*left)->seq < (*right)->seq);
}

void
flight_list_sort(struct flight_list *list)
{
	if (list->count > 1)
		/* NOLINTNEXTLINE(bugprone-sizeof-expression): of pointers */
		qsort(list->at, list->count, sizeof *list->at, by_seq);
}

void
flight_list_done(struct flight_list *list)
{
	free(list->at);
	*list = (struct flight_list){0};
}

size_t
flight_packet(
    const struct flight_entry *entry, uint8_t ret_packet[FLIGHT_DATA_MAX])
{
	size_t len =
	    entry->len < FLIGHT_DATA_MAX ? entry->len : FLIGHT_DATA_MAX;

	if (entry->data_len > 0)
		memcpy(ret_packet, entry->data, entry->data_len);
	memset(ret_packet + entry->data_len, 0, len - entry->data_len);
	return len;
}

void
flight_usage(const struct flight *flight, enum flight_pool pool,
    struct flight_usage *ret_usage)
{
	*ret_usage = flight->pool[pool].usage;
}
