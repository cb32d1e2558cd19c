#include "app/proxydhcp_peers.h"

#include <limits.h>
#include <stdlib.h>

#include "base/mem.h"

enum {
	THOUSAND = 1000,
	OFFERS_BEFORE_SWITCH = 2,
	SECS_BEFORE_SWITCH = 12, /* EDK2's third DISCOVER */
	/* EDK2 whose request on 4011 is lost asks once a start (rack), and a
	 * server takes minutes to start again. */
	OFFERS_FORGET_MS = 30 * 60 * 1000,
	STYLE_FORGET_MS = 24 * 3600 * 1000,
};

struct address {
	in_addr_t addr;
	struct hwaddr mac;
	UT_hash_handle hh;
};

/* uthash keeps the order of insertion: a used entry is put in again. */
struct proxydhcp_peers {
	size_t max;
	struct proxydhcp_peer *peers;
	struct address *addresses;
};

bool
proxydhcp_bucket_take(struct proxydhcp_bucket *bucket, unsigned rate,
    unsigned burst, int64_t now_ms)
{
	int64_t full = (int64_t)burst * THOUSAND;
	int64_t passed = now_ms - bucket->at_ms;

	/* Nobody counts further than it takes to fill it. */
	if (!bucket->used || passed > full)
		bucket->left = full;
	else if (passed > 0)
		bucket->left += passed * rate;
	if (bucket->left > full)
		bucket->left = full;
	bucket->used = true;
	bucket->at_ms = now_ms;
	if (bucket->left < THOUSAND)
		return false;
	bucket->left -= THOUSAND;
	return true;
}

struct proxydhcp_peers *
proxydhcp_peers_new(size_t max)
{
	struct proxydhcp_peers *peers = mem_alloc(sizeof *peers);

	peers->max = max > 0 ? max : 1;
	return peers;
}

/*
 * uthash is macros, and each nests deeper than a function of ours may: hence
 * one function a macro. HASH_CLEAR() leaves the entries and their list alone.
 */
/* NOLINTBEGIN(readability-function-size) */
static void
clear_tables(struct proxydhcp_peers *peers)
{
	HASH_CLEAR(hh, peers->peers);
	HASH_CLEAR(hh, peers->addresses);
}

static struct proxydhcp_peer *
find_peer(const struct proxydhcp_peers *peers, const struct hwaddr *mac)
{
	struct proxydhcp_peer *peer;

	HASH_FIND(hh, peers->peers, mac, sizeof *mac, peer);
	return peer;
}

static void
remove_peer(struct proxydhcp_peers *peers, struct proxydhcp_peer *peer)
{
	HASH_DEL(peers->peers, peer);
}

static void
append_peer(struct proxydhcp_peers *peers, struct proxydhcp_peer *peer)
{
	HASH_ADD(hh, peers->peers, mac, sizeof peer->mac, peer);
}

/* One that was removed: its hash is still in it. */
static void
return_peer(struct proxydhcp_peers *peers, struct proxydhcp_peer *peer)
{
	HASH_ADD_BYHASHVALUE(
	    hh, peers->peers, mac, sizeof peer->mac, peer->hh.hashv, peer);
}

static struct address *
find_address(const struct proxydhcp_peers *peers, struct in_addr addr)
{
	struct address *address;

	HASH_FIND(
	    hh, peers->addresses, &addr.s_addr, sizeof addr.s_addr, address);
	return address;
}

static void
remove_address(struct proxydhcp_peers *peers, struct address *address)
{
	HASH_DEL(peers->addresses, address);
}

static void
append_address(struct proxydhcp_peers *peers, struct address *address)
{
	HASH_ADD(hh, peers->addresses, addr, sizeof address->addr, address);
}
/* NOLINTEND(readability-function-size) */

void
proxydhcp_peers_free(struct proxydhcp_peers *peers)
{
	struct proxydhcp_peer *peer, *next_peer;
	struct address *address, *next_address;

	if (peers == NULL)
		return;
	peer = peers->peers;
	address = peers->addresses;
	clear_tables(peers);
	for (; peer != NULL; peer = next_peer) {
		next_peer = peer->hh.next;
		free(peer);
	}
	for (; address != NULL; address = next_address) {
		next_address = address->hh.next;
		free(address);
	}
	free(peers);
}

struct proxydhcp_peer *
proxydhcp_peers_find(struct proxydhcp_peers *peers, const struct hwaddr *mac)
{
	struct proxydhcp_peer *peer = find_peer(peers, mac);

	if (peer != NULL && peer->hh.next != NULL) {
		remove_peer(peers, peer);
		return_peer(peers, peer);
	}
	return peer;
}

struct proxydhcp_peer *
proxydhcp_peers_add(struct proxydhcp_peers *peers, const struct hwaddr *mac)
{
	struct proxydhcp_peer *peer = proxydhcp_peers_find(peers, mac);

	if (peer != NULL)
		return peer;
	if (HASH_COUNT(peers->peers) >= peers->max) {
		struct proxydhcp_peer *oldest = peers->peers;

		remove_peer(peers, oldest);
		free(oldest);
	}
	peer = mem_alloc(sizeof *peer);
	peer->mac = *mac;
	append_peer(peers, peer);
	return peer;
}

size_t
proxydhcp_peers_count(const struct proxydhcp_peers *peers)
{
	return HASH_COUNT(peers->peers);
}

static void
switch_style(struct proxydhcp_peer *peer, enum proxydhcp_style style)
{
	peer->style = style;
	peer->unanswered = 0;
	peer->in_xid = 0;
}

static void
forget_offers(struct proxydhcp_peer *peer, int64_t now_ms)
{
	int64_t passed = now_ms - peer->offer_ms;

	if (passed >= STYLE_FORGET_MS)
		peer->style = PROXYDHCP_STYLE_AUTO;
	if (passed >= OFFERS_FORGET_MS)
		proxydhcp_peer_progress(peer);
	peer->offer_ms = now_ms;
}

enum proxydhcp_style
proxydhcp_peer_style(struct proxydhcp_peer *peer, const struct dhcp_msg *msg,
    int64_t now_ms, bool *ret_switched)
{
	enum proxydhcp_style before;

	forget_offers(peer, now_ms);
	before = peer->style;

	if (peer->xid != msg->xid) {
		peer->xid = msg->xid;
		peer->in_xid = 0;
	}
	if (peer->style == PROXYDHCP_STYLE_DIRECT) {
		if (peer->in_xid >= OFFERS_BEFORE_SWITCH)
			switch_style(peer, PROXYDHCP_STYLE_BINL);
	} else if (peer->unanswered >= OFFERS_BEFORE_SWITCH ||
		   (peer->unanswered > 0 && msg->secs >= SECS_BEFORE_SWITCH)) {
		switch_style(peer, PROXYDHCP_STYLE_DIRECT);
	}
	if (peer->in_xid < UINT_MAX)
		peer->in_xid++;
	if (peer->unanswered < UINT_MAX)
		peer->unanswered++;
	*ret_switched = peer->style != before;
	return peer->style == PROXYDHCP_STYLE_DIRECT ? PROXYDHCP_STYLE_DIRECT
						     : PROXYDHCP_STYLE_BINL;
}

void
proxydhcp_peer_progress(struct proxydhcp_peer *peer)
{
	peer->unanswered = 0;
	peer->in_xid = 0;
}

bool
proxydhcp_peer_may_load(
    struct proxydhcp_peer *peer, uint32_t xid, int64_t now_ms)
{
	if (peer->loaders > 0 &&
	    now_ms - peer->loader_ms >= PROXYDHCP_LOADERS_RESET_MS)
		peer->loaders = 0;
	if (peer->loaders > 0 && peer->loader_xid == xid)
		return true;
	if (peer->loaders >= PROXYDHCP_LOADERS_MAX)
		return false;
	peer->loaders++;
	peer->loader_told = false;
	peer->loader_xid = xid;
	peer->loader_ms = now_ms;
	return true;
}

unsigned
proxydhcp_peer_failures(
    struct proxydhcp_peer *peer, uint32_t xid, int64_t now_ms)
{
	if (now_ms - peer->boot_ms >= PROXYDHCP_FAILURES_RESET_MS) {
		peer->failures = 0;
		peer->fetched = false;
	}
	if (xid != peer->boot_xid && peer->fetched) {
		peer->fetched = false;
		peer->failures++;
	}
	peer->boot_xid = xid;
	peer->boot_ms = now_ms;
	return peer->failures;
}

void
proxydhcp_peer_started(struct proxydhcp_peer *peer, bool by_shim)
{
	peer->failures = 0;
	peer->fetched = false;
	peer->failures_told = false;
	peer->by_shim = by_shim;
}

void
proxydhcp_peers_learn(struct proxydhcp_peers *peers, struct in_addr addr,
    const struct hwaddr *mac)
{
	struct address *address = find_address(peers, addr);

	if (address == NULL && HASH_COUNT(peers->addresses) >= peers->max)
		address = peers->addresses; /* the oldest */
	if (address != NULL)
		remove_address(peers, address);
	else
		address = mem_alloc(sizeof *address);
	address->addr = addr.s_addr;
	address->mac = *mac;
	append_address(peers, address);
}

bool
proxydhcp_peers_mac_of(const struct proxydhcp_peers *peers, struct in_addr addr,
    struct hwaddr *ret_mac)
{
	const struct address *address = find_address(peers, addr);

	if (address == NULL)
		return false;
	*ret_mac = address->mac;
	return true;
}
