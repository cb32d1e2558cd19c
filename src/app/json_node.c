/* NODE: each of its members made by one function, in one table. */
#include <errno.h>
#include <string.h>

#include "app/decide.h"
#include "app/facts.h"
#include "app/json.h"
#include "app/transfers.h"
#include "base/buf.h"
#include "core/stall.h"

struct row {
	struct app *app;
	const struct inv_host *host; /* NULL: no inventory names it */
	const struct node *node;
	bool stalled;
	struct stall stall; /* when it is */
};

/* VALUE_UNDEFINED: it has none. */
typedef struct value member_fn(const struct row *row);

static struct value
nothing(void)
{
	return (struct value){0};
}

static struct value
time_text(int64_t ms)
{
	char text[CLOCK_STRLEN];

	return ms == 0 ? value_null() : value_string(clock_format(ms, text));
}

static struct value
text_or_nothing(const char *text)
{
	return text == NULL || text[0] == '\0' ? nothing() : value_string(text);
}

bool
json_find_stall(struct app *app, const struct inv_host *host,
    const struct node *node, struct stall *ret_stall)
{
	int64_t factor =
	    host == NULL ? 1 : facts_of(app, host)->deadline_factor;

	/* An ISO takes long on a slow link; the machine is there. */
	return !transfers_is_running(app->transfers, node) &&
	       stall_find(node, clock_wall_ms(app->clock), factor, ret_stall);
}

/* ---- members --------------------------------------------------------------
 */

static struct value
member_name(const struct row *row)
{
	return value_string(
	    row->host != NULL ? inv_host_name(row->host) : row->node->name);
}

static struct value
member_mac(const struct row *row)
{
	struct value list = value_list_new();
	size_t count = 0;
	const struct hwaddr *macs =
	    row->host == NULL ? NULL : inv_host_macs(row->host, &count);

	for (size_t i = 0; i < count; i++) {
		char text[HWADDR_STRLEN];

		value_list_add(
		    list, value_string(hwaddr_format(&macs[i], text)));
	}
	return list;
}

static struct value
member_phase(const struct row *row)
{
	return value_string(node_phase_name(row->node->phase));
}

static struct value
member_percent(const struct row *row)
{
	return row->node->percent == 0 ? nothing()
				       : value_int((int64_t)row->node->percent);
}

static struct value
member_step(const struct row *row)
{
	return text_or_nothing(row->node->step);
}

/* Of the first boot: since when it is at its step, and what it said last. */
static struct value
member_step_since(const struct row *row)
{
	if (row->node->phase != NODE_FIRSTBOOT || row->node->step_ms <= 0)
		return nothing();
	return time_text(row->node->step_ms);
}

static struct value
member_line(const struct row *row)
{
	if (row->node->phase != NODE_FIRSTBOOT)
		return nothing();
	return text_or_nothing(row->node->line);
}

/* As the policy sees it: a new node that installs by itself wants 1. */
static struct value
member_want(const struct row *row)
{
	return value_int(
	    (int64_t)(row->host == NULL
			  ? row->node->want
			  : decide_want(row->app, row->host, row->node)));
}

static struct value
member_have(const struct row *row)
{
	return value_int((int64_t)row->node->have);
}

static struct value
member_attempts(const struct row *row)
{
	return value_int((int64_t)row->node->attempts);
}

static struct value
member_held(const struct row *row)
{
	return row->node->held ? value_string(row->node->hold_reason)
			       : nothing();
}

static struct value
member_locked(const struct row *row)
{
	return row->node->locked ? value_string(row->node->lock_reason)
				 : nothing();
}

static struct value
member_address(const struct row *row)
{
	return text_or_nothing(row->node->addr);
}

static struct value
member_arch(const struct row *row)
{
	return text_or_nothing(row->node->arch);
}

static struct value
member_fail_code(const struct row *row)
{
	return text_or_nothing(row->node->fail_code);
}

static struct value
member_fail_evidence(const struct row *row)
{
	return text_or_nothing(row->node->fail_evidence);
}

static struct value
member_last_seen(const struct row *row)
{
	return row->node->last_seen_ms == 0
		   ? nothing()
		   : time_text(row->node->last_seen_ms);
}

static struct value
member_last_event(const struct row *row)
{
	const struct node *node = row->node;
	struct value map;

	if (node->seq == 0)
		return nothing();
	map = value_map_new();
	value_map_set(map, "seq", value_int((int64_t)node->seq));
	value_map_set(map, "time", time_text(node->last_ms));
	value_map_set(
	    map, "kind", value_string(event_kind_name(node->last_kind)));
	value_map_set(map, "text", value_string(node->last_event));
	return map;
}

static struct value
member_last_text(const struct row *row)
{
	return row->node->seq == 0 ? nothing()
				   : value_string(row->node->last_event);
}

static struct value
member_transfer(const struct row *row)
{
	return transfers_of(row->app->transfers, row->node);
}

/* A machine that died without a word: what was seen last, and what is likely.
 */
static struct value
member_stalled(const struct row *row)
{
	return value_bool(row->stalled);
}

static struct value
member_stalled_at(const struct row *row)
{
	return row->stalled
		   ? value_string(node_evidence_name(row->stall.evidence))
		   : nothing();
}

static struct value
member_stalled_seen(const struct row *row)
{
	return row->stalled ? text_or_nothing(row->stall.seen) : nothing();
}

static struct value
member_stalled_cause(const struct row *row)
{
	return row->stalled ? text_or_nothing(row->stall.cause) : nothing();
}

static struct value
member_stalled_advice(const struct row *row)
{
	return row->stalled ? text_or_nothing(row->stall.advice) : nothing();
}

static struct value
member_stalled_since(const struct row *row)
{
	return row->stalled ? time_text(row->stall.since_ms) : nothing();
}

static struct value
member_drifted(const struct row *row)
{
	char content[EVENT_CONTENT_SIZE];

	if (row->host == NULL)
		return nothing();
	/* The digest is made for those that it can be compared with. */
	return value_bool(row->node->content[0] != '\0' &&
			  node_drifted(row->node,
			      decide_content(row->app, row->host, content)));
}

static struct value
member_image(const struct row *row)
{
	const struct image *image;

	if (row->host == NULL)
		return nothing();
	image = facts_of(row->app, row->host)->image;
	return image == NULL ? nothing() : value_string(image->name);
}

static struct value
member_error(const struct row *row)
{
	const char *problem;
	size_t nmacs;

	if (row->host == NULL)
		return nothing();
	problem = decide_known_problem(row->app, row->host);
	inv_host_macs(row->host, &nmacs);
	if (problem == NULL && nmacs > 0)
		problem = facts_of(row->app, row->host)->image_problem;
	return text_or_nothing(problem);
}

static struct value
member_known(const struct row *row)
{
	return row->host == NULL ? value_bool(false) : nothing();
}

static const struct {
	const char *name;
	member_fn *make;
	bool part; /* of another member: only where it is asked for */
} members[] = {
    {"name", member_name, false},
    {"mac", member_mac, false},
    {"phase", member_phase, false},
    {"percent", member_percent, false},
    {"step", member_step, false},
    {"step_since", member_step_since, false},
    {"line", member_line, false},
    {"want", member_want, false},
    {"have", member_have, false},
    {"attempts", member_attempts, false},
    {"held", member_held, false},
    {"locked", member_locked, false},
    {"address", member_address, false},
    {"arch", member_arch, false},
    {"fail_code", member_fail_code, false},
    {"fail_evidence", member_fail_evidence, false},
    {"last_seen", member_last_seen, false},
    {"last_event", member_last_event, false},
    {"last_event.text", member_last_text, true},
    {"transfer", member_transfer, false},
    {"stalled", member_stalled, false},
    {"stalled_at", member_stalled_at, false},
    {"stalled_seen", member_stalled_seen, false},
    {"stalled_cause", member_stalled_cause, false},
    {"stalled_advice", member_stalled_advice, false},
    {"stalled_since", member_stalled_since, false},
    {"drifted", member_drifted, false},
    {"image", member_image, false},
    {"error", member_error, false},
    {"known", member_known, false},
};

#define MEMBER_COUNT (sizeof members / sizeof members[0])

/* ---- rows ------------------------------------------------------------------
 */

static struct value
make_map(const struct row *row)
{
	struct value map = value_map_new();

	for (size_t i = 0; i < MEMBER_COUNT; i++) {
		struct value value;

		if (members[i].part)
			continue;
		value = members[i].make(row);
		if (value.type != VALUE_UNDEFINED)
			value_map_set(map, members[i].name, value);
	}
	return map;
}

static void
write_list(
    const struct row *row, const struct json_members *chosen, struct buf *out)
{
	buf_addc(out, '[');
	for (size_t i = 0; i < chosen->count; i++) {
		if (i > 0)
			buf_addc(out, ',');
		json_write(members[chosen->at[i]].make(row), out);
	}
	buf_addc(out, ']');
}

int
json_members_add(struct json_members *chosen, const char *name)
{
	if (chosen->count == JSON_MEMBERS_MAX)
		return -E2BIG;
	for (size_t i = 0; i < MEMBER_COUNT; i++) {
		if (strcmp(members[i].name, name) != 0)
			continue;
		chosen->at[chosen->count++] = i;
		return 0;
	}
	return -ENOENT;
}

typedef void row_cb(const struct row *row, void *arg);

static void
use_row(struct app *app, const struct inv_host *host, const struct node *node,
    row_cb *cb, void *arg)
{
	struct row row = {.app = app, .host = host, .node = node};

	row.stalled = json_find_stall(app, host, node, &row.stall);
	cb(&row, arg);
}

/* Never heard of: as it would be at its first boot. */
static void
use_unheard(struct app *app, const struct inv_host *host, row_cb *cb, void *arg)
{
	struct node node;

	node_init(&node, inv_host_name(host));
	use_row(app, host, &node, cb, arg);
}

static void
on_map_cb(const struct row *row, void *arg)
{
	struct value *map = arg;

	*map = make_map(row);
}

struct value
json_node(struct app *app, const struct inv_host *host, const struct node *node)
{
	struct value map = {0};

	if (node == NULL)
		use_unheard(app, host, on_map_cb, &map);
	else
		use_row(app, host, node, on_map_cb, &map);
	return map;
}

struct value
json_node_by_name(struct app *app, const char *name)
{
	const struct inv_host *host = decide_find_host(app, name);
	const struct node *node = nodes_find(app->nodes, name);

	if (host == NULL && node == NULL)
		return nothing();
	return json_node(app, host, node);
}

struct list_arg {
	const struct json_members *chosen;
	struct buf *out;
};

static void
on_list_cb(const struct row *row, void *arg)
{
	const struct list_arg *list = arg;

	write_list(row, list->chosen, list->out);
}

void
json_node_write(struct app *app, const struct inv_host *host,
    const struct node *node, const struct json_members *chosen, struct buf *out)
{
	struct list_arg list = {chosen, out};

	if (node == NULL)
		use_unheard(app, host, on_list_cb, &list);
	else
		use_row(app, host, node, on_list_cb, &list);
}
