#include "app/enroll.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uthash.h>

#include "app/app.h"
#include "app/inspect.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

enum {
	/* New machines that one address may bring: some, then one a minute. */
	SOURCE_BURST = 8,
	SOURCE_EVERY_MS = 60000,
	SOURCES_MAX = 256,
	SWEEP_MS = 5 * 60 * 1000,
	SWEEP_MAX = 64, /* forgotten in one go */
	TELL_MS = 60000,
	EVICT_MS = 10 * 60 * 1000,
};

/* When a machine was last heard; only of those that are nodes. */
struct presence {
	char name[HWADDR_STRLEN];
	char address[48];
	int64_t seen_ms;
	UT_hash_handle hh;
};

struct source {
	char address[48];
	int64_t full_ms; /* when its whole burst is there again */
};

struct enroll {
	struct app *app;
	struct presence *present;
	struct source sources[SOURCES_MAX];
	struct loop_timer *sweep;
	int64_t told_ms;
};

static void
on_sweep_cb(void *arg)
{
	enroll_sweep(arg);
}

void
enroll_open(struct app *app)
{
	struct enroll *enroll = mem_alloc(sizeof *enroll);

	app->enroll = enroll;
	enroll->app = app;
	enroll->told_ms = -TELL_MS;
	enroll->sweep = loop_timer_new(app->loop, on_sweep_cb, app);
	loop_timer_every(enroll->sweep, SWEEP_MS);
}

void
enroll_close(struct app *app)
{
	struct presence *presence;
	struct presence *next;

	if (app->enroll == NULL)
		return;
	HASH_ITER (hh, app->enroll->present, presence, next) {
		HASH_DEL(app->enroll->present, presence);
		free(presence);
	}
	loop_timer_free(app->enroll->sweep);
	free(app->enroll);
}

/* ---- presence -------------------------------------------------------------
 */

static struct presence *
find_presence(struct app *app, const char *name)
{
	struct presence *presence;

	HASH_FIND_STR(app->enroll->present, name, presence);
	return presence;
}

static void
drop_presence(struct app *app, const char *name)
{
	struct presence *presence = find_presence(app, name);

	if (presence == NULL)
		return;
	HASH_DEL(app->enroll->present, presence);
	free(presence);
}

void
enroll_touch(struct app *app, const struct hwaddr *mac, const char *address)
{
	struct presence *presence;
	const struct node *node;
	char name[HWADDR_STRLEN];

	hwaddr_format(mac, name);
	node = nodes_find(app->nodes, name);
	if (node == NULL || !node_is_unknown(node))
		return;
	presence = find_presence(app, name);
	if (presence == NULL) {
		presence = mem_alloc(sizeof *presence);
		memcpy(presence->name, name, sizeof name);
		HASH_ADD_STR(app->enroll->present, name, presence);
	}
	str_copy(presence->address, sizeof presence->address, address);
	presence->seen_ms = clock_wall_ms(app->clock);
}

int64_t
enroll_last_seen(struct app *app, const struct node *node)
{
	const struct presence *presence = find_presence(app, node->name);

	if (presence != NULL && presence->seen_ms > node->last_seen_ms)
		return presence->seen_ms;
	return node->last_seen_ms;
}

bool
enroll_is_waiting(struct app *app, const struct node *node)
{
	return !node->held &&
	       clock_wall_ms(app->clock) - enroll_last_seen(app, node) <
		   ENROLL_GONE_MS;
}

/* ---- forgetting ------------------------------------------------------------
 */

static void
forget(struct app *app, const char *name, const char *reason)
{
	struct event event;

	event_init(&event, EVENT_FORGOTTEN, name);
	str_copy(event.by, sizeof event.by, "policy");
	str_copy(event.reason, sizeof event.reason, reason);
	if (nodes_append(app->nodes, &event, 1, STORE_ANY_SEQ, NULL, NULL) < 0)
		return;
	inspect_forget(app, name);
	drop_presence(app, name);
}

/* Those to forget now; a later sweep takes what has no room. */
struct sweep {
	struct app *app;
	int64_t now_ms;
	struct {
		char name[EVENT_NODE_SIZE];
		char reason[160];
	} gone[SWEEP_MAX];
	size_t count;
};

static const struct inv_host *
host_of(const struct app *app, const char *name)
{
	struct hwaddr mac;

	if (hwaddr_parse(name, &mac) < 0)
		return NULL;
	return inventory_find_mac(app->site->inv, &mac);
}

static void
on_sweep_node_cb(void *arg, const struct node *node)
{
	struct sweep *sweep = arg;
	const struct inv_host *host;
	char *reason;

	if (!node_is_unknown(node) || sweep->count == SWEEP_MAX)
		return;
	reason = sweep->gone[sweep->count].reason;
	host = host_of(sweep->app, node->name);
	if (host != NULL)
		snprintf(reason, sizeof sweep->gone[0].reason,
		    "it is %.100s in the inventory now", inv_host_name(host));
	else if (!node->held &&
		 sweep->now_ms - enroll_last_seen(sweep->app, node) >
		     ENROLL_KEEP_MS)
		snprintf(reason, sizeof sweep->gone[0].reason,
		    "not seen for a week");
	else
		return;
	str_copy(sweep->gone[sweep->count].name, sizeof sweep->gone[0].name,
	    node->name);
	sweep->count++;
}

void
enroll_sweep(struct app *app)
{
	struct sweep *sweep = mem_alloc(sizeof *sweep);

	sweep->app = app;
	sweep->now_ms = clock_wall_ms(app->clock);
	nodes_each(app->nodes, on_sweep_node_cb, sweep);
	for (size_t i = 0; i < sweep->count; i++)
		forget(app, sweep->gone[i].name, sweep->gone[i].reason);
	free(sweep);
}

/* ---- admission ------------------------------------------------------ */

static struct source *
find_source(struct enroll *enroll, const char *address)
{
	struct source *oldest = &enroll->sources[0];

	for (size_t i = 0; i < SOURCES_MAX; i++) {
		struct source *source = &enroll->sources[i];

		if (strcmp(source->address, address) == 0)
			return source;
		if (source->full_ms < oldest->full_ms)
			oldest = source;
	}
	memset(oldest, 0, sizeof *oldest);
	str_copy(oldest->address, sizeof oldest->address, address);
	return oldest;
}

static bool
source_may(struct app *app, const char *address)
{
	struct source *source = find_source(app->enroll, address);
	int64_t now = clock_mono_ms(app->clock);
	int64_t from = source->full_ms > now ? source->full_ms : now;

	if (from - now >= (int64_t)SOURCE_BURST * SOURCE_EVERY_MS)
		return false;
	source->full_ms = from + SOURCE_EVERY_MS;
	return true;
}

struct census {
	struct app *app;
	size_t waiting;
	int64_t oldest_ms;
	char oldest[EVENT_NODE_SIZE];
};

static void
on_census_node_cb(void *arg, const struct node *node)
{
	struct census *census = arg;
	int64_t seen_ms;

	if (!node_is_unknown(node) || node->held)
		return;
	seen_ms = enroll_last_seen(census->app, node);
	if (census->waiting++ > 0 && seen_ms >= census->oldest_ms)
		return;
	census->oldest_ms = seen_ms;
	str_copy(census->oldest, sizeof census->oldest, node->name);
}

static bool
make_room(struct app *app)
{
	struct census census = {.app = app};

	nodes_each(app->nodes, on_census_node_cb, &census);
	if (census.waiting < ENROLL_MAX)
		return true;
	if (clock_wall_ms(app->clock) - census.oldest_ms < EVICT_MS)
		return false;
	forget(app, census.oldest, "others need the room");
	return true;
}

bool
enroll_admit(struct app *app, const char *address)
{
	int64_t now = clock_mono_ms(app->clock);
	bool may = source_may(app, address);
	bool room = may && make_room(app);

	if (room)
		return true;
	if (now - app->enroll->told_ms >= TELL_MS) {
		app->enroll->told_ms = now;
		log_warn(NULL,
		    may ? "an unknown machine (%s) is left out: %d others wait "
			  "already"
			: "an unknown machine (%s) is left out: its address "
			  "has brought %d others just now",
		    address, may ? ENROLL_MAX : SOURCE_BURST);
	}
	return false;
}

/* ---- by what the operator calls it ---------------------------------- */

struct search {
	const char *text;
	char mac[HWADDR_STRLEN];
	const struct node *found;
	unsigned count;
};

static void
on_search_node_cb(void *arg, const struct node *node)
{
	struct search *search = arg;
	bool is_it;

	if (!node_is_unknown(node))
		return;
	if (search->mac[0] != '\0')
		is_it = strcmp(node->name, search->mac) == 0;
	else
		is_it = strcasecmp(node->serial, search->text) == 0 ||
			strcasecmp(node->uuid, search->text) == 0;
	if (!is_it)
		return;
	search->found = node;
	search->count++;
}

const struct node *
enroll_find(struct app *app, const char *text, unsigned *ret_count)
{
	struct search search = {.text = text};
	struct hwaddr mac;

	if (hwaddr_parse(text, &mac) == 0)
		hwaddr_format(&mac, search.mac);
	if (text[0] != '\0')
		nodes_each(app->nodes, on_search_node_cb, &search);
	*ret_count = search.count;
	return search.count == 1 ? search.found : NULL;
}
