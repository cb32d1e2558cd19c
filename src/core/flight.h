/*
 * The memory of the flight recorder: of each machine the last packets,
 * requests and decisions, oldest first, for whoever asks why it does not boot.
 *
 * A machine has a track, named by its node or, where no inventory names it, by
 * its MAC. A track has one ring a class, so a flood of packets never pushes
 * out requests; a ring has a ceiling of entries and of bytes. What is like one
 * of the newest entries and comes soon after it only counts that one up. Known
 * and unknown machines have a pool each with ceilings of tracks and bytes; the
 * longest unused track goes first. So a machine that floods costs nobody but
 * itself, and a flood of made-up machines costs no known one anything.
 *
 * Knows nothing of time lines, sockets or clocks, and keeps nothing on disk.
 */
#ifndef CONVECT_CORE_FLIGHT_H
#define CONVECT_CORE_FLIGHT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLIGHT_DATA_MAX 1500   /* bytes kept of a packet */
#define FLIGHT_TEXT_MAX 383    /* bytes of each text of an entry */
#define FLIGHT_REPEAT_MS 2000  /* what is alike and comes within this */
#define FLIGHT_REPEAT_LOOK 8   /* newest entries of a ring looked at for it */
#define FLIGHT_STRANGER_USES 4 /* a track with fewer makes room first */
#define FLIGHT_USED_MS 1000    /* the order of use is not finer than this */

enum flight_kind {
	FLIGHT_DHCP,
	FLIGHT_TFTP,
	FLIGHT_HTTP, /* of the engine's port */
	FLIGHT_FILE, /* of the files workers' */
	FLIGHT_DECISION,
	FLIGHT_KINDS
};

enum flight_pool {
	FLIGHT_KNOWN,
	FLIGHT_UNKNOWN,
	FLIGHT_POOLS
};

/* Members that a kind does not name are unset. Texts are never NULL. */
struct flight_entry {
	uint64_t seq; /* order of arrival, of all tracks; given by the ring */
	int64_t ms;   /* Unix time */
	int64_t last_ms;  /* of the last that is counted here */
	uint64_t key;	  /* the same of alike ones; given by the ring */
	uint32_t count;	  /* of alike ones; 1: it came once */
	uint32_t earlier; /* alike ones before it that have made room */
	enum flight_kind kind;
	bool sent; /* DHCP: by us */

	/* DHCP */
	struct sockaddr_in from;
	struct sockaddr_in to;
	int ifindex;
	const uint8_t *data; /* without the zeros at its end */
	size_t data_len;
	size_t len;	/* with them, and with what was too long to keep */
	uint32_t alike; /* what of `data` tells alike ones from others */

	/* requests: TFTP, HTTP, FILE */
	const char *peer; /* address; DECISION: the stage */
	const char *verb; /* "GET", ...; static, is not copied */
	int status;	  /* 0: none was sent */
	uint64_t offset;
	uint64_t length; /* of the body asked for */
	uint64_t bytes;	 /* of body sent; of all that are counted here */
	uint64_t took_ms;
	bool complete;

	const char *name; /* path or file; DHCP: file offered; rule */
	const char *note; /* why no answer; the decision's sentence */
	int action;	  /* DECISION: enum policy_action */
};

struct flight_limits {
	size_t tracks;
	size_t bytes; /* of all of them */
	/* New tracks in FLIGHT_WINDOW_MS; 0: no limit. */
	unsigned fresh;
};
#define FLIGHT_WINDOW_MS 10000

struct flight;
struct flight_track;

struct flight *flight_new(const struct flight_limits limits[FLIGHT_POOLS]);
void flight_free(struct flight *flight); /* NULL is fine */

/*
 * The track of that name, which is made where there is none; NULL when too
 * many new ones came at once. Valid until the next call.
 */
struct flight_track *flight_track(struct flight *flight, enum flight_pool in,
    const char *name, int64_t now_ms);
/*
 * Copies the entry into the track. Returns what is kept now: the entry, or the
 * older one that counts it; valid until the next call.
 */
const struct flight_entry *flight_add(struct flight *flight,
    struct flight_track *track, const struct flight_entry *entry);
/*
 * Counts `more` alike ones, of which the last came at last_ms, to an entry
 * that flight_add() has returned; nothing when it has made room since.
 */
void flight_count(struct flight_track *track, enum flight_kind kind,
    uint64_t key, uint32_t more, int64_t last_ms);
bool flight_has(const struct flight *flight, const char *name);

/* A reading of some tracks; entries live until the next flight_add(). */
struct flight_list {
	const struct flight_entry **at;
	size_t count;
	size_t cap;
};
void flight_list_add(
    struct flight_list *list, const struct flight *flight, const char *name);
void flight_list_sort(struct flight_list *list); /* by seq */
void flight_list_done(struct flight_list *list);

/* The packet as it was, cut to FLIGHT_DATA_MAX; returns the length. */
size_t flight_packet(
    const struct flight_entry *entry, uint8_t ret_packet[FLIGHT_DATA_MAX]);

struct flight_usage {
	size_t tracks;
	size_t entries;
	size_t bytes;
	uint64_t refused; /* times that flight_track() gave none */
};
void flight_usage(const struct flight *flight, enum flight_pool pool,
    struct flight_usage *ret_usage);

/* Ceilings of one track: of a class, and of all. */
#define FLIGHT_PACKETS 128
#define FLIGHT_PACKET_BYTES (48 << 10)
#define FLIGHT_REQUESTS 96
#define FLIGHT_REQUEST_BYTES (32 << 10)
#define FLIGHT_DECISIONS 32
#define FLIGHT_DECISION_BYTES (16 << 10)
#define FLIGHT_TRACK_ENTRIES                                                   \
	(FLIGHT_PACKETS + FLIGHT_REQUESTS + FLIGHT_DECISIONS)
#define FLIGHT_TRACK_BYTES                                                     \
	(FLIGHT_PACKET_BYTES + FLIGHT_REQUEST_BYTES + FLIGHT_DECISION_BYTES)

#endif
