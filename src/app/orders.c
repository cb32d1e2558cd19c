#include "app/orders.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/cluster.h"
#include "app/commands.h"
#include "app/decide.h"
#include "app/facts.h"
#include "app/json.h"
#include "base/mem.h"
#include "base/str.h"

struct order {
	enum event_kind kind;
	/* Why the order must not be; false: it may. */
	bool (*refuses)(const struct node *node, struct err *err);
	/* There is nothing to do to the node: no event. NULL: there always is.
	 */
	bool (*is_idle)(struct app *app, const struct inv_host *host,
	    const struct node *node);
	const char *idle_note;
	/* When its installer runs already. */
	const char *running_note;
};

static bool
refuses_locked(const struct node *node, struct err *err)
{
	if (!node->locked)
		return false;
	err_set(err, "%s is locked: %s", node->name,
	    node->lock_reason[0] == '\0' ? "by an operator"
					 : node->lock_reason);
	err_hint(err,
	    "nothing was changed; unlock it first, or leave it out with ':!%s'",
	    node->name);
	return true;
}

static bool
refuses_nothing(const struct node *node, struct err *err)
{
	(void)node;
	(void)err;
	return false;
}

/* What was asked for is done, or withdrawn first; nothing is taken for done. */
static bool
refuses_under_way(const struct node *node, struct err *err)
{
	if (node->phase == NODE_INSTALLING) {
		err_set(err, "the installer of %s runs", node->name);
		err_hint(err, "wait for its end");
		return true;
	}
	if (node->overwrite && node->want > node->have) {
		err_set(err, "a reinstall of %s is wanted", node->name);
		err_hint(err, "cancel withdraws it");
		return true;
	}
	return false;
}

static bool
is_installed(
    struct app *app, const struct inv_host *host, const struct node *node)
{
	return node->have > 0 && decide_want(app, host, node) <= node->have;
}

static bool
is_unlocked(
    struct app *app, const struct inv_host *host, const struct node *node)
{
	(void)app;
	(void)host;
	return !node->locked;
}

static bool
is_unwanted(
    struct app *app, const struct inv_host *host, const struct node *node)
{
	return decide_want(app, host, node) <= node->have;
}

static const struct order reinstall = {
    .kind = EVENT_REINSTALL,
    .refuses = refuses_locked,
};

static const struct order hold = {
    .kind = EVENT_HOLD,
    .refuses = refuses_nothing,
    .running_note = "its installer runs and is not stopped by this",
};

static const struct order release = {
    .kind = EVENT_RELEASE,
    .refuses = refuses_nothing,
};

static const struct order lock = {
    .kind = EVENT_LOCKED,
    .refuses = refuses_nothing,
    .running_note = "its installer runs and is not stopped by this",
};

static const struct order unlock = {
    .kind = EVENT_UNLOCKED,
    .refuses = refuses_nothing,
    .is_idle = is_unlocked,
    .idle_note = "it was not locked",
};

static const struct order cancel = {
    .kind = EVENT_CANCELLED,
    .refuses = refuses_nothing,
    .is_idle = is_unwanted,
    .idle_note = "no install of it was wanted",
    .running_note = "its installer runs and can not be stopped from here; it "
		    "is followed to its end",
};

static const struct order adopt = {
    .kind = EVENT_ADOPTED,
    .refuses = refuses_under_way,
    .is_idle = is_installed,
    .idle_note = "it counts as installed already",
};

/* One order over several nodes: answers when the last is committed. */
struct order_work {
	struct app *app;
	struct ctl_call *call;
	struct value names;
	struct value notes; /* by name */
	size_t waiting;
	int error;
};

static void
order_answer(struct order_work *work)
{
	struct value list = value_list_new();

	for (size_t i = 0; i < value_len(work->names); i++) {
		const char *name = value_str(value_list_at(work->names, i));
		struct value node = json_node_by_name(work->app, name);
		struct value note = value_map_get(work->notes, name);

		if (note.type == VALUE_STRING)
			value_map_set(node, "note", value_ref(note));
		value_list_add(list, node);
	}
	commands_answer(work->call, list);
}

static void
order_step(struct order_work *work, int error)
{
	if (error < 0)
		work->error = error;
	if (--work->waiting > 0)
		return;
	if (work->error < 0)
		ctl_error(work->call, store_strerror(work->error), NULL);
	else
		order_answer(work);
	value_unref(work->names);
	value_unref(work->notes);
	free(work);
}

static void
on_order_committed_cb(void *arg, int error)
{
	order_step(arg, error);
}

/* As the policy sees one that was never heard of. */
static const struct node *
node_or_unheard(struct app *app, const char *name, struct node *unheard)
{
	const struct node *node = nodes_find(app->nodes, name);

	if (node != NULL)
		return node;
	node_init(unheard, name);
	return unheard;
}

static void
order_node(struct order_work *work, const struct order *order, const char *name)
{
	const struct inv_host *host = decide_find_host(work->app, name);
	const struct ctl_peer *peer = ctl_peer(work->call);
	const char *reason = ctl_arg_str(work->call, "reason");
	struct node unheard;
	const struct node *node = node_or_unheard(work->app, name, &unheard);
	struct event event;

	if (order->is_idle != NULL && order->is_idle(work->app, host, node)) {
		value_map_set(
		    work->notes, name, value_string(order->idle_note));
		return;
	}
	if (order->running_note != NULL && node->phase == NODE_INSTALLING)
		value_map_set(
		    work->notes, name, value_string(order->running_note));
	event_init(&event, order->kind, name);
	snprintf(event.by, sizeof event.by, "uid %u", (unsigned)peer->uid);
	/* With nothing wanted of an adopted one, it is the first. */
	if (order->kind == EVENT_CANCELLED || order->kind == EVENT_ADOPTED)
		event.generation = decide_want(work->app, host, node);
	if (reason != NULL)
		event_text(
		    event.reason, sizeof event.reason, reason, strlen(reason));
	work->waiting++;
	if (nodes_append(work->app->nodes, &event, 1, STORE_ANY_SEQ,
		on_order_committed_cb, work) < 0)
		order_step(work, -EAGAIN);
}

/* All of the names, before anything is done; on failure the call is over. */
static int
order_check(struct app *app, struct ctl_call *call, const struct order *order,
    const json_t *names)
{
	struct err err = {0};
	struct node unheard;

	if (json_array_size(names) == 0) {
		ctl_error(call, "no node is named", NULL);
		return -EINVAL;
	}
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));

		if (name == NULL || decide_find_host(app, name) == NULL) {
			ctl_error(call, "the inventory has no such node", name);
			return -ENOENT;
		}
		if (order->refuses(
			node_or_unheard(app, name, &unheard), &err)) {
			ctl_error_err(call, &err);
			return -EPERM;
		}
	}
	return 0;
}

/* What all of them together would do to the cluster. */
static int
order_check_cluster(struct app *app, struct ctl_call *call,
    const struct order *order, const json_t *names)
{
	size_t count = json_array_size(names);
	const char **list;
	struct err err = {0};
	int ret;

	if (order->kind != EVENT_REINSTALL)
		return 0;
	list = mem_array(count, sizeof *list);
	for (size_t i = 0; i < count; i++)
		list[i] = json_string_value(json_array_get(names, i));
	ret = cluster_allows(app, list, count, &err);
	if (ret < 0)
		ctl_error_err(call, &err);
	free(list);
	return ret;
}

static void
order_start(struct app *app, struct ctl_call *call, const struct order *order)
{
	const json_t *names = json_object_get(ctl_args(call), "nodes");
	struct order_work *work;

	if (order_check(app, call, order, names) < 0 ||
	    order_check_cluster(app, call, order, names) < 0)
		return;
	work = mem_alloc(sizeof *work);
	*work = (struct order_work){
	    app, call, value_list_new(), value_map_new(), 1, 0};
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));

		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): step 1 is ours */
		value_list_add(work->names, value_string(name));
		order_node(work, order, name);
	}
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): and ends here */
	order_step(work, 0);
}

void
orders_on_reinstall(void *arg, struct ctl_call *call)
{
	order_start(arg, call, &reinstall);
}

void
orders_on_hold(void *arg, struct ctl_call *call)
{
	order_start(arg, call, &hold);
}

void
orders_on_release(void *arg, struct ctl_call *call)
{
	order_start(arg, call, &release);
}

void
orders_on_lock(void *arg, struct ctl_call *call)
{
	order_start(arg, call, &lock);
}

void
orders_on_unlock(void *arg, struct ctl_call *call)
{
	order_start(arg, call, &unlock);
}

void
orders_on_cancel(void *arg, struct ctl_call *call)
{
	order_start(arg, call, &cancel);
}

void
orders_on_adopt(void *arg, struct ctl_call *call)
{
	order_start(arg, call, &adopt);
}
