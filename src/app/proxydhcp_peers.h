/*
 * What proxyDHCP remembers, and it is little: per machine a token bucket,
 * which dialect its firmware listens to, a guard against loaders that load
 * themselves; and which machine has which address. Two bounded tables, the
 * longest unused entry goes first. Losing an entry loses nothing but comfort.
 */
#ifndef CONVECT_APP_PROXYDHCP_PEERS_H
#define CONVECT_APP_PROXYDHCP_PEERS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "app/proxydhcp_reply.h"
#include "base/hwaddr.h"

struct proxydhcp_bucket {
	int64_t left; /* thousandths of a token */
	int64_t at_ms;
	bool used; /* a new bucket is full */
};

/* Takes one token of a bucket that gets `rate` a second, up to `burst`. */
bool proxydhcp_bucket_take(struct proxydhcp_bucket *bucket, unsigned rate,
    unsigned burst, int64_t now_ms);

struct proxydhcp_peer {
	struct hwaddr mac;
	struct proxydhcp_bucket bucket;
	/* Style: AUTO until one had to be tried instead of the usual. */
	enum proxydhcp_style style;
	uint32_t xid;	     /* of the last offer to firmware */
	unsigned in_xid;     /* offers in that exchange, in one style */
	unsigned unanswered; /* BINL offers without a request on 4011 since */
	int64_t offer_ms;    /* when the last was made */
	/* Exchanges in which an iPXE got a loader since it last got a script.
	 */
	uint32_t loader_xid;
	unsigned loaders;
	int64_t loader_ms;
	bool loader_told; /* the log has it that this goes round */
	/*
	 * Firmware that fetches its loader and does not start it: boots in
	 * which that happened since iPXE, or a kernel by GRUB, was seen.
	 */
	uint32_t boot_xid;
	int64_t boot_ms;
	bool fetched; /* a loader, in the boot that is on */
	unsigned failures;
	bool by_shim; /* that is how it last loaded a kernel */
	bool failures_told;
	/* When it last got a reply, and what it asks for after one. */
	bool answered;
	int64_t answered_ms;
	struct proxydhcp_bucket solicits;
	bool declined; /* its address: somebody else uses it */
	int64_t declined_ms;
	UT_hash_handle hh;
};

struct proxydhcp_peers;

struct proxydhcp_peers *proxydhcp_peers_new(size_t max);
void proxydhcp_peers_free(struct proxydhcp_peers *peers);
/* NULL when it is not there; what is found becomes the newest. */
struct proxydhcp_peer *proxydhcp_peers_find(
    struct proxydhcp_peers *peers, const struct hwaddr *mac);
/* Finds or makes it; the oldest makes room. Valid until the next call. */
struct proxydhcp_peer *proxydhcp_peers_add(
    struct proxydhcp_peers *peers, const struct hwaddr *mac);
size_t proxydhcp_peers_count(const struct proxydhcp_peers *peers);

/*
 * The style for the next offer to UEFI firmware that is left to us. BINL
 * first; the other after two offers, or twelve seconds, without a request on
 * 4011, and back when two offers of one exchange go unheeded. Offers count for
 * half an hour, and what was found out is good for a day. True in ret_switched
 * when it has just changed.
 */
enum proxydhcp_style proxydhcp_peer_style(struct proxydhcp_peer *peer,
    const struct dhcp_msg *msg, int64_t now_ms, bool *ret_switched);
/* It went on: a request on 4011, or iPXE runs. */
void proxydhcp_peer_progress(struct proxydhcp_peer *peer);

#define PROXYDHCP_LOADERS_MAX 4
#define PROXYDHCP_LOADERS_RESET_MS 600000
/*
 * An iPXE that can not go on by itself asks for a loader: false when it has
 * had PROXYDHCP_LOADERS_MAX in as many exchanges and still can not.
 */
bool proxydhcp_peer_may_load(
    struct proxydhcp_peer *peer, uint32_t xid, int64_t now_ms);

#define PROXYDHCP_FAILURES_RESET_MS 1800000
/*
 * Firmware begins to boot, or asks once more with the same xid: how often it
 * has fetched a loader before and not started it.
 */
unsigned proxydhcp_peer_failures(
    struct proxydhcp_peer *peer, uint32_t xid, int64_t now_ms);
/* Its loader has come to run. */
void proxydhcp_peer_started(struct proxydhcp_peer *peer, bool by_shim);

void proxydhcp_peers_learn(struct proxydhcp_peers *peers, struct in_addr addr,
    const struct hwaddr *mac);
bool proxydhcp_peers_mac_of(const struct proxydhcp_peers *peers,
    struct in_addr addr, struct hwaddr *ret_mac);

#endif
