#include "app/addrguard.h"

#include <stdlib.h>
#include <uthash.h>

#include "base/mem.h"
#include "wire/arp.h"

enum {
	AGAIN_MS = 150, /* the second question: one may be lost */
	KEEP_MS = 60 * 60 * 1000,
	ENTRIES_MAX = 16384, /* further addresses are given unasked */
};

struct entry {
	in_addr_t addr;
	int64_t asked_ms;
	bool again; /* the second question is due */
	bool heard; /* an answer to this question */
	bool taken;
	struct addrguard_conflict conflict;
	UT_hash_handle hh;
};

struct addrguard {
	struct loop_timer *timer; /* NULL: no loop */
	const struct clock *clock;
	struct addrguard_handler handler;
	struct entry *entries;
};

/* NOLINTBEGIN(readability-function-size): uthash is macros */
static struct entry *
find(const struct addrguard *guard, struct in_addr addr)
{
	struct entry *entry;

	HASH_FIND(hh, guard->entries, &addr.s_addr, sizeof addr.s_addr, entry);
	return entry;
}

static struct entry *
add(struct addrguard *guard, struct in_addr addr)
{
	struct entry *entry;

	if (HASH_COUNT(guard->entries) >= ENTRIES_MAX)
		return NULL;
	entry = mem_alloc(sizeof *entry);
	entry->addr = addr.s_addr;
	HASH_ADD(hh, guard->entries, addr, sizeof entry->addr, entry);
	return entry;
}

static void
drop(struct addrguard *guard, struct entry *entry)
{
	HASH_DEL(guard->entries, entry);
	free(entry);
}
/* NOLINTEND(readability-function-size) */

static void
send_question(struct addrguard *guard, const struct entry *entry)
{
	guard->handler.send(
	    guard->handler.arg, entry->conflict.ifindex, entry->conflict.addr);
}

static void
on_timer_cb(void *arg)
{
	struct addrguard *guard = arg;
	int64_t now = clock_mono_ms(guard->clock);

	for (struct entry *entry = guard->entries; entry != NULL;
	     entry = entry->hh.next) {
		if (!entry->again)
			continue;
		if (now - entry->asked_ms < AGAIN_MS / 2) {
			loop_timer_set(guard->timer, AGAIN_MS / 2);
			continue;
		}
		entry->again = false;
		send_question(guard, entry);
	}
}

struct addrguard *
addrguard_new(struct loop *loop, const struct clock *clock,
    const struct addrguard_handler *handler)
{
	struct addrguard *guard = mem_alloc(sizeof *guard);

	guard->clock = clock;
	guard->handler = *handler;
	if (loop != NULL)
		guard->timer = loop_timer_new(loop, on_timer_cb, guard);
	return guard;
}

void
addrguard_free(struct addrguard *guard)
{
	if (guard == NULL)
		return;
	while (guard->entries != NULL)
		drop(guard, guard->entries);
	if (guard->timer != NULL)
		loop_timer_free(guard->timer);
	free(guard);
}

static void
ask(struct addrguard *guard, struct entry *entry, int ifindex,
    const struct hwaddr *machine)
{
	entry->asked_ms = clock_mono_ms(guard->clock);
	entry->heard = false;
	entry->again = guard->timer != NULL;
	entry->conflict.addr.s_addr = entry->addr;
	entry->conflict.ifindex = ifindex;
	entry->conflict.machine = *machine;
	send_question(guard, entry);
	if (entry->again)
		loop_timer_set(guard->timer, AGAIN_MS);
}

/* Nobody has answered the last question, and had time to. */
static void
give_back(struct entry *entry, int64_t passed)
{
	if (!entry->heard && passed >= ADDRGUARD_WAIT_MS)
		entry->taken = false;
}

enum addrguard_state
addrguard_look(struct addrguard *guard, struct in_addr addr, int ifindex,
    const struct hwaddr *machine, struct hwaddr *ret_other)
{
	struct entry *entry = find(guard, addr);
	int64_t passed;

	if (entry == NULL) {
		entry = add(guard, addr);
		if (entry == NULL)
			return ADDRGUARD_FREE;
		ask(guard, entry, ifindex, machine);
		return ADDRGUARD_ASKED;
	}
	passed = clock_mono_ms(guard->clock) - entry->asked_ms;
	give_back(entry, passed);
	if (passed >= (entry->taken ? ADDRGUARD_WAIT_MS : KEEP_MS))
		ask(guard, entry, ifindex, machine);
	else if (!entry->taken && passed >= ADDRGUARD_WAIT_MS)
		return ADDRGUARD_FREE;
	if (!entry->taken)
		return ADDRGUARD_ASKED;
	*ret_other = entry->conflict.other;
	return ADDRGUARD_TAKEN;
}

bool
addrguard_is_taken(const struct addrguard *guard, struct in_addr addr)
{
	const struct entry *entry = find(guard, addr);

	return entry != NULL && entry->taken;
}

void
addrguard_hear(
    struct addrguard *guard, int ifindex, const void *packet, size_t len)
{
	const struct addrguard_handler *handler = &guard->handler;
	struct arp_reply reply;
	struct entry *entry;
	bool known;

	if (arp_decode_reply(packet, len, &reply) < 0)
		return;
	entry = find(guard, reply.addr);
	/* Nobody asked, or not now: other hosts talk, too. */
	if (entry == NULL || entry->conflict.ifindex != ifindex ||
	    clock_mono_ms(guard->clock) - entry->asked_ms >=
		ADDRGUARD_WAIT_MS ||
	    handler->is_same(
		handler->arg, &entry->conflict.machine, &reply.mac))
		return;
	known = entry->taken && hwaddr_eq(&entry->conflict.other, &reply.mac);
	entry->heard = entry->taken = true;
	entry->conflict.other = reply.mac;
	if (!known)
		handler->on_taken(handler->arg, &entry->conflict);
}

void
addrguard_each_taken(const struct addrguard *guard, addrguard_cb *cb, void *arg)
{
	for (const struct entry *entry = guard->entries; entry != NULL;
	     entry = entry->hh.next) {
		if (entry->taken)
			cb(arg, &entry->conflict);
	}
}
