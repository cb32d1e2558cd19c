#include "app/dhcp_news.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <uthash.h>

#include "app/app.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/str.h"

enum {
	/*
	 * Firmware asks again and again: the same news once in a minute, or
	 * in two. Each node has its own time, or a rack that was switched on
	 * at once would be written down at once each time.
	 */
	REPEAT_MS = 60000,
	SPREAD_MS = 60000,
	SEEN_MAX = 16384,
	WAITING_MAX = 2048,
	TURN_MAX = 16, /* events written a turn */
};

/* What was last told of a node. */
struct seen {
	char node[EVENT_NODE_SIZE];
	const char *stage; /* these two are static */
	const char *rule;
	enum proxydhcp_drop drop;
	char problem[256]; /* of the drop, or "" */
	int64_t ms;
	UT_hash_handle hh;
};

struct waiting {
	STAILQ_ENTRY(waiting) link;
	struct event event;
};

struct dhcp_news {
	struct app *app;
	struct seen *seen;
	STAILQ_HEAD(waiting_list, waiting) waiting; /* oldest first */
	size_t count;
	struct loop_timer *timer;
};

static int64_t
repeat_ms(const char *node)
{
	uint64_t hash = hash_text(1, node, EVENT_NODE_SIZE);

	return REPEAT_MS + (int64_t)(hash_mix(hash, 0) % SPREAD_MS);
}

static struct seen *
seen_get(struct dhcp_news *news, const char *node)
{
	struct seen *seen;

	HASH_FIND_STR(news->seen, node, seen);
	if (seen != NULL || HASH_COUNT(news->seen) >= SEEN_MAX)
		return seen;
	seen = mem_alloc(sizeof *seen);
	str_copy(seen->node, sizeof seen->node, node);
	HASH_ADD_STR(news->seen, node, seen);
	return seen;
}

static bool
is_news(struct dhcp_news *news, const struct proxydhcp_sighting *sighting)
{
	int64_t now = clock_mono_ms(news->app->clock);
	struct seen *seen = seen_get(news, sighting->node);

	if (seen == NULL)
		return false;
	if (seen->stage == sighting->stage && seen->drop == sighting->drop &&
	    strcmp(seen->problem, sighting->problem) == 0 &&
	    seen->rule == sighting->decision->rule &&
	    now - seen->ms < repeat_ms(seen->node))
		return false;
	seen->stage = sighting->stage;
	seen->rule = sighting->decision->rule;
	seen->drop = sighting->drop;
	str_copy(seen->problem, sizeof seen->problem, sighting->problem);
	seen->ms = now;
	return true;
}

/* It may boot, as the policy goes, but it can not, or has not so far. */
static void
set_problem(struct event *event, const struct proxydhcp_sighting *sighting)
{
	str_copy(event->reason, sizeof event->reason, sighting->problem);
	if (sighting->replied)
		return;
	str_copy(event->decision, sizeof event->decision,
	    policy_action_name(POLICY_REFUSE));
	str_copy(event->rule, sizeof event->rule,
	    proxydhcp_drop_name(sighting->drop));
}

static void
fill_event(const struct proxydhcp_sighting *sighting, struct event *event)
{
	event_init(event, EVENT_PXE, sighting->node);
	str_copy(event->stage, sizeof event->stage,
	    sighting->replied ? sighting->stage : "dhcp");
	str_copy(event->arch, sizeof event->arch, sighting->arch);
	str_copy(event->client, sizeof event->client, sighting->client);
	str_copy(event->name, sizeof event->name, sighting->file);
	hwaddr_format(sighting->mac, event->mac);
	str_copy(event->decision, sizeof event->decision,
	    policy_action_name(sighting->decision->action));
	str_copy(event->rule, sizeof event->rule, sighting->decision->rule);
	str_copy(event->reason, sizeof event->reason, sighting->decision->why);
	event->generation = sighting->decision->generation;
	if (sighting->problem[0] != '\0')
		set_problem(event, sighting);
	if (sighting->addr.s_addr != 0)
		inet_ntop(
		    AF_INET, &sighting->addr, event->addr, sizeof event->addr);
}

static void
drop_first(struct dhcp_news *news)
{
	struct waiting *first = STAILQ_FIRST(&news->waiting);

	STAILQ_REMOVE_HEAD(&news->waiting, link);
	news->count--;
	free(first);
}

/* What the store has no room for is news when the machine asks again. */
static void
forget(struct dhcp_news *news, const char *node)
{
	struct seen *seen;

	HASH_FIND_STR(news->seen, node, seen);
	if (seen != NULL)
		seen->stage = NULL;
}

static void
write_some(struct dhcp_news *news, size_t max)
{
	for (; max > 0; max--) {
		struct waiting *first = STAILQ_FIRST(&news->waiting);

		if (first == NULL)
			return;
		if (nodes_append(news->app->nodes, &first->event, 1,
			STORE_ANY_SEQ, NULL, NULL) == -EAGAIN)
			forget(news, first->event.node);
		drop_first(news);
	}
	if (news->count > 0)
		loop_timer_set(news->timer, 0);
}

static void
on_timer_cb(void *arg)
{
	write_some(arg, TURN_MAX);
}

struct dhcp_news *
dhcp_news_new(struct app *app)
{
	struct dhcp_news *news = mem_alloc(sizeof *news);

	news->app = app;
	STAILQ_INIT(&news->waiting);
	news->timer = loop_timer_new(app->loop, on_timer_cb, news);
	return news;
}

void
dhcp_news_free(struct dhcp_news *news)
{
	struct seen *seen;
	struct seen *next;

	if (news == NULL)
		return;
	while (news->count > 0)
		drop_first(news);
	HASH_ITER (hh, news->seen, seen, next) {
		HASH_DEL(news->seen, seen);
		free(seen);
	}
	loop_timer_free(news->timer);
	free(news);
}

void
dhcp_news_tell(
    struct dhcp_news *news, const struct proxydhcp_sighting *sighting)
{
	struct waiting *waiting;

	if (news->count >= WAITING_MAX || !is_news(news, sighting))
		return;
	waiting = mem_alloc(sizeof *waiting);
	fill_event(sighting, &waiting->event);
	waiting->event.time_ms = clock_wall_ms(news->app->clock);
	STAILQ_INSERT_TAIL(&news->waiting, waiting, link);
	if (news->count++ == 0)
		loop_timer_set(news->timer, 0);
}

void
dhcp_news_flush(struct dhcp_news *news)
{
	write_some(news, WAITING_MAX);
}

const char *
dhcp_news_problem(
    const struct dhcp_news *news, const char *node, const char **ret_rule)
{
	const struct seen *seen;

	HASH_FIND_STR(news->seen, node, seen);
	if (seen == NULL || seen->problem[0] == '\0')
		return NULL;
	*ret_rule =
	    seen->drop == PROXYDHCP_OK ? NULL : proxydhcp_drop_name(seen->drop);
	return seen->problem;
}
