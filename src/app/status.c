#include "app/status.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "app/app.h"
#include "app/decide.h"
#include "app/json.h"
#include "base/buf.h"
#include "base/mem.h"
#include "inventory/pattern.h"

enum {
	PAGE_NODES = 100, /* some 40 KiB */
	PAGE_MAX = 4 << 20,
	AHEAD = 256 << 10 /* bytes that the reader has yet to take */
};

struct status {
	struct app *app;
	struct ctl_call *call;
	/* By name: a reload between two pages takes hosts away. */
	struct value names;
	size_t next_name;
	struct json_members members; /* none: NODEs with all of theirs */
	LIST_ENTRY(status) link;
};

LIST_HEAD(status_list, status);

static void
add_name(const struct status *status, const char *name)
{
	value_list_add(status->names, value_string(name));
}

static void
on_other_node_cb(void *arg, const struct node *node)
{
	const struct status *status = arg;

	if (decide_find_host(status->app, node->name) == NULL)
		add_name(status, node->name);
}

static void
name_all(struct status *status)
{
	const struct inventory *inv = status->app->site->inv;

	for (size_t i = 0; i < inventory_host_count(inv); i++)
		add_name(status, inv_host_name(inventory_host_at(inv, i)));
	nodes_each(status->app->nodes, on_other_node_cb, status);
}

static int
name_matching(struct status *status, const char *pattern, struct err *err)
{
	struct inv_hosts hosts;
	int ret = pattern_resolve(status->app->site->inv, pattern, &hosts, err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; i < hosts.count; i++)
		add_name(status, inv_host_name(hosts.at[i]));
	inv_hosts_done(&hosts);
	return 0;
}

static void
status_leave(struct status *status)
{
	LIST_REMOVE(status, link);
	value_unref(status->names);
	free(status);
}

static void
status_end(struct status *status)
{
	ctl_done(status->call);
	status_leave(status);
}

static void
on_gone_cb(void *arg)
{
	status_end(arg);
}

static void
write_row(const struct status *status, const char *name, struct buf *out)
{
	struct app *app = status->app;
	const struct inv_host *host = decide_find_host(app, name);
	const struct node *node = nodes_find(app->nodes, name);

	if (host == NULL && node == NULL)
		return;
	if (out->len > 1)
		buf_addc(out, ',');
	if (status->members.count > 0)
		json_node_write(app, host, node, &status->members, out);
	else
		json_write(json_node(app, host, node), out);
}

static bool
send_page(struct status *status)
{
	size_t end = status->next_name + PAGE_NODES;
	struct buf page;
	bool sent;

	if (end > value_len(status->names))
		end = value_len(status->names);
	buf_init(&page, PAGE_MAX);
	buf_addc(&page, '[');
	for (; status->next_name < end; status->next_name++)
		write_row(status,
		    value_str(value_list_at(status->names, status->next_name)),
		    &page);
	buf_addc(&page, ']');
	sent = !buf_bad(&page);
	if (sent)
		ctl_data_text(status->call, page.data, page.len);
	buf_done(&page);
	return sent;
}

/* A few pages, and the next when the reader has them. */
static void
on_room_cb(void *arg)
{
	struct status *status = arg;
	bool more;

	do {
		if (!send_page(status)) {
			ctl_error(status->call, "the answer is too large",
			    "name fewer nodes");
			status_leave(status);
			return;
		}
		more = status->next_name < value_len(status->names);
	} while (more && ctl_queued(status->call) < AHEAD);
	if (!more)
		status_end(status);
}

static int
choose_names(struct status *status, struct err *err)
{
	const char *pattern = ctl_arg_str(status->call, "pattern");

	if (pattern != NULL)
		return name_matching(status, pattern, err);
	name_all(status);
	return 0;
}

static int
choose_members(struct status *status, struct err *err)
{
	json_t *names = json_object_get(ctl_args(status->call), "members");
	size_t count = json_array_size(names);

	for (size_t i = 0; i < count; i++) {
		const char *name = json_string_value(json_array_get(names, i));
		int ret = name == NULL
			      ? -EINVAL
			      : json_members_add(&status->members, name);

		if (ret == 0)
			continue;
		err_set(err, "member %zu (%s) is none of a node", i + 1,
		    name == NULL ? "no string" : name);
		return ret;
	}
	return 0;
}

void
status_on_call(void *arg, struct ctl_call *call)
{
	struct status *status = mem_alloc(sizeof *status);
	struct app *app = arg;
	struct err err = {0};

	*status = (struct status){
	    .app = app, .call = call, .names = value_list_new()};
	if (app->statuses == NULL)
		app->statuses = mem_alloc(sizeof *app->statuses);
	LIST_INSERT_HEAD(app->statuses, status, link);
	if (choose_members(status, &err) < 0 ||
	    choose_names(status, &err) < 0) {
		ctl_error_err(call, &err);
		status_leave(status);
		return;
	}
	ctl_on_gone(call, on_gone_cb, status);
	ctl_on_drain(call, on_room_cb, status);
	on_room_cb(status);
}

void
status_stop(struct app *app)
{
	if (app->statuses == NULL)
		return;
	while (!LIST_EMPTY(app->statuses))
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): unlinks it */
		status_end(LIST_FIRST(app->statuses));
	free(app->statuses);
	app->statuses = NULL;
}
