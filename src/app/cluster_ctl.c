#include "app/cluster_ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cluster_private.h"
#include "app/commands.h"
#include "app/decide.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/cluster_config.h"

#define BACKUP_VERSION 1
#define BACKUP_MAX (64u << 20)

static void
set_text(struct value map, const char *key, const char *text)
{
	if (text[0] != '\0')
		value_map_set(map, key, value_string(text));
}

static void
set_time(struct value map, const char *key, int64_t ms)
{
	char text[CLOCK_STRLEN];

	if (ms > 0)
		value_map_set(map, key, value_string(clock_format(ms, text)));
}

/* ---- status ----------------------------------------------------------------
 */

static struct value
member_row(const struct cluster_member *member)
{
	struct value row = value_map_new();

	value_map_set(row, "name", value_string(member->name));
	set_text(row, "role", cluster_role_name(member->role));
	set_text(row, "state", cluster_state_name(member->state));
	set_time(row, "since", member->since_ms);
	set_text(row, "address", member->addr);
	value_map_set(
	    row, "generation", value_int((int64_t)member->generation));
	value_map_set(row, "away", value_bool(member->away));
	return row;
}

/* Why it would not get in now; "": it would, or is in. */
static void
set_gate(struct app *app, const struct inv_host *host, struct value row)
{
	const struct node *node = nodes_find(app->nodes, inv_host_name(host));
	struct value token = {0};
	struct cluster_answer answer;
	struct cluster_ask ask;

	if (cluster_ask_of(app, host, node == NULL ? 0 : node->have, &ask,
		&token, NULL) == 0) {
		cluster_decide(&app->cluster->state, &ask, &answer);
		if (answer.action == CLUSTER_WAIT ||
		    answer.action == CLUSTER_REFUSE)
			set_text(row, "why", answer.why);
	}
	value_unref(token);
}

/* Every driver and worker of the inventory, in its order. */
static struct value
host_rows(struct app *app, size_t *ret_drivers)
{
	const struct inventory *inv = app->site->inv;
	struct value rows = value_list_new();
	size_t drivers = 0;

	for (size_t i = 0; i < inventory_host_count(inv); i++) {
		const struct inv_host *host = inventory_host_at(inv, i);
		struct cluster_member member;
		enum cluster_role role;
		struct value row;

		if (cluster_host_role(app->site->hostvars, host, &role, NULL) <
			0 ||
		    role == CLUSTER_NO_ROLE)
			continue;
		drivers += role == CLUSTER_SERVER;
		cluster_get(&app->cluster->state, inv_host_name(host), &member);
		if (member.epoch != app->cluster->state.head.epoch ||
		    member.state == CLUSTER_OUT) {
			member.state = CLUSTER_OUT;
			member.role = role;
		}
		row = member_row(&member);
		set_gate(app, host, row);
		value_list_add(rows, row);
	}
	*ret_drivers = drivers;
	return rows;
}

/* Servers that others may list and the inventory does not. */
static void
add_strangers(struct app *app, struct value rows)
{
	const struct cluster *state = &app->cluster->state;

	for (size_t i = 0; i < state->servers; i++) {
		if (decide_find_host(app, state->server[i]->name) == NULL)
			value_list_add(rows, member_row(state->server[i]));
	}
}

void
cluster_ctl_on_status(void *arg, struct ctl_call *call)
{
	struct app *app = arg;
	const struct cluster *state = cluster_state(app);
	struct value map = value_map_new();
	struct value rows;
	size_t drivers;
	size_t voters;
	size_t live;

	rows = host_rows(app, &drivers);
	add_strangers(app, rows);
	voters = cluster_voters(state, &live);
	set_text(map, "initialised_by", state->head.init_by);
	set_time(map, "since", state->head.init_ms);
	value_map_set(map, "up", value_bool(state->head.up));
	value_map_set(map, "epoch", value_int((int64_t)state->head.epoch));
	set_text(map, "ca", state->head.ca);
	value_map_set(map, "drivers", value_int((int64_t)drivers));
	value_map_set(map, "servers", value_int((int64_t)voters));
	value_map_set(map, "running", value_int((int64_t)live));
	value_map_set(map, "quorum", value_bool(2 * live > voters));
	value_map_set(
	    map, "kubeconfig", value_bool(app->cluster->kube.key != NULL));
	value_map_set(map, "members", rows);
	commands_answer(call, map);
}

/* ---- orders ----------------------------------------------------------------
 */

static void
on_ordered_cb(void *arg, int error)
{
	struct ctl_call *call = arg;

	if (error < 0)
		ctl_error(call, store_strerror(error), NULL);
	else
		commands_answer(call, value_map_new());
}

static void
order_event(const struct ctl_call *call, const char *code, const char *node,
    struct app *app, struct event *event)
{
	event_init(event, EVENT_CLUSTER, node);
	event->time_ms = clock_wall_ms(app->clock);
	str_copy(event->code, sizeof event->code, code);
	snprintf(event->by, sizeof event->by, "uid %u",
	    (unsigned)ctl_peer(call)->uid);
}

static void
order(struct app *app, struct ctl_call *call, struct event *event,
    const char *kubeconfig)
{
	struct cluster_head head = app->cluster->state.head;
	struct cluster_member member;
	struct cluster_change change = {event, &head, &member, kubeconfig};
	int ret;

	cluster_get(&app->cluster->state, event->node, &member);
	(void)cluster_apply(&head, &member, event);
	ret = cluster_change(app, &change, on_ordered_cb, call);
	if (ret < 0)
		ctl_error(call, "another change of the cluster is under way",
		    "try again");
}

void
cluster_ctl_on_new(void *arg, struct ctl_call *call)
{
	struct app *app = arg;
	const char *by = app->cluster->state.head.init_by;
	struct inv_hosts drivers;
	struct event event;

	cluster_drivers(app->site->inv, app->site->hostvars, &drivers);
	if (drivers.count == 0) {
		ctl_error(call, "the inventory has no driver",
		    "put one into the group driver");
	} else {
		order_event(call, "new",
		    by[0] != '\0' ? by : inv_host_name(drivers.at[0]), app,
		    &event);
		order(app, call, &event, "");
	}
	inv_hosts_done(&drivers);
}

void
cluster_ctl_on_forget(void *arg, struct ctl_call *call)
{
	const char *name = ctl_arg_str(call, "node");
	struct app *app = arg;
	struct event event;

	if (name == NULL || cluster_find(&app->cluster->state, name) == NULL) {
		ctl_error(call, "the cluster knows no such node", NULL);
		return;
	}
	order_event(call, "left", name, app, &event);
	order(app, call, &event, NULL);
}

/* ---- backup ----------------------------------------------------------------
 */

void
cluster_ctl_on_backup(void *arg, struct ctl_call *call)
{
	struct app *app = arg;
	const struct app_cluster *cluster = app->cluster;
	struct cluster_member *member;
	struct cluster_member *next;
	const char *comma = "";
	struct buf text;

	buf_init(&text, BACKUP_MAX);
	buf_addf(&text, "{\"version\":%d,\"head\":", BACKUP_VERSION);
	cluster_head_write(&cluster->state.head, &text);
	if (cluster->kube.key != NULL) {
		buf_adds(&text, ",\"kubeconfig\":");
		cluster_kube_write(&cluster->kube, &text);
	}
	buf_adds(&text, ",\"members\":[");
	HASH_ITER (hh, cluster->state.by_name, member, next) {
		buf_adds(&text, comma);
		cluster_member_write(member, &text);
		comma = ",";
	}
	buf_adds(&text, "]}");
	if (buf_bad(&text)) {
		ctl_error(call, "the backup is too large", NULL);
	} else {
		ctl_data_text(call, text.data, text.len);
		ctl_done(call);
	}
	explicit_bzero(text.data, text.len);
	buf_done(&text);
}

/* Members first, the head last: cut short, it is as if none had been. */
struct restore {
	struct app *app;
	struct ctl_call *call;
	struct cluster cluster; /* of the backup */
	struct cluster_member *next;
	struct cluster_kube kube;
	bool has_kube;
};

static void
restore_free(struct restore *restore)
{
	cluster_done(&restore->cluster);
	cluster_kube_done(&restore->kube);
	free(restore);
}

static int
parse_head(struct restore *restore, const json_t *object, struct err *err)
{
	char *text = json_dumps(object, JSON_COMPACT | JSON_ENCODE_ANY);
	struct cluster_head head;
	int ret = -EBADMSG;

	if (text != NULL)
		ret = cluster_head_parse(text, strlen(text), &head, err);
	if (ret == 0)
		cluster_put_head(&restore->cluster, &head);
	cluster_secret_free(text);
	return ret;
}

static int
parse_member(struct restore *restore, const json_t *object, struct err *err)
{
	char *text = json_dumps(object, JSON_COMPACT | JSON_ENCODE_ANY);
	struct cluster_member member;
	int ret = -EBADMSG;

	if (text != NULL)
		ret = cluster_member_parse(text, strlen(text), &member, err);
	if (ret == 0)
		ret = cluster_put_member(&restore->cluster, &member);
	cluster_secret_free(text);
	return ret;
}

static int
parse_kube(struct restore *restore, const json_t *object)
{
	char *text;
	int ret;

	if (object == NULL)
		return 0;
	text = json_dumps(object, JSON_COMPACT | JSON_ENCODE_ANY);
	ret = text == NULL
		  ? -EBADMSG
		  : cluster_kube_parse(text, strlen(text), &restore->kube);
	restore->has_kube = ret == 0;
	cluster_secret_free(text);
	return ret;
}

static int
restore_parse(struct restore *restore, const json_t *backup, struct err *err)
{
	const json_t *members = json_object_get(backup, "members");
	json_int_t version =
	    json_integer_value(json_object_get(backup, "version"));
	int ret = version == BACKUP_VERSION ? 0 : -EBADMSG;

	if (ret == 0)
		ret = parse_head(restore, json_object_get(backup, "head"), err);
	for (size_t i = 0; ret == 0 && i < json_array_size(members); i++)
		ret = parse_member(restore, json_array_get(members, i), err);
	if (ret == 0)
		ret =
		    parse_kube(restore, json_object_get(backup, "kubeconfig"));
	if (ret == 0 && restore->cluster.head.init_by[0] == '\0') {
		err_set(err, "the backup is of no cluster");
		return -EBADMSG;
	}
	if (ret < 0)
		err_set(err, "this is no backup of a cluster");
	return ret;
}

static void restore_step(struct restore *restore);

static void
on_restored_cb(void *arg, int error)
{
	struct restore *restore = arg;

	on_ordered_cb(restore->call, error);
	restore_free(restore);
}

static void
on_step_cb(void *arg, int error)
{
	struct restore *restore = arg;

	if (error == 0)
		restore_step(restore);
	else
		on_restored_cb(restore, error);
}

static void
restore_member(struct restore *restore)
{
	struct cluster_change change = {.member = restore->next};

	restore->next = restore->next->hh.next;
	if (cluster_change(restore->app, &change, on_step_cb, restore) < 0)
		on_restored_cb(restore, -EAGAIN);
}

static void
restore_head(struct restore *restore)
{
	const struct cluster_head *head = &restore->cluster.head;
	struct event event;
	struct buf json;
	struct cluster_change change = {&event, head, NULL, NULL};

	order_event(
	    restore->call, "restored", head->init_by, restore->app, &event);
	buf_init(&json, STORE_VALUE_MAX);
	if (restore->has_kube) {
		cluster_kube_write(&restore->kube, &json);
		change.kubeconfig = json.data;
	}
	if (cluster_change(restore->app, &change, on_restored_cb, restore) < 0)
		on_restored_cb(restore, -EAGAIN);
	explicit_bzero(json.data, json.len);
	buf_done(&json);
}

static void
restore_step(struct restore *restore)
{
	if (restore->next != NULL)
		restore_member(restore);
	else
		restore_head(restore);
}

void
cluster_ctl_on_restore(void *arg, struct ctl_call *call)
{
	const json_t *backup = json_object_get(ctl_args(call), "backup");
	struct app *app = arg;
	struct restore *restore;
	struct err err = {0};

	if (app->cluster->state.head.init_by[0] != '\0') {
		ctl_error(call, "there is a cluster already",
		    "convect-pxectl cluster new gives it up first");
		return;
	}
	restore = mem_alloc(sizeof *restore);
	restore->app = app;
	restore->call = call;
	if (restore_parse(restore, backup, &err) < 0) {
		ctl_error_err(call, &err);
		restore_free(restore);
		return;
	}
	restore->next = restore->cluster.by_name;
	restore_step(restore);
}

void
cluster_ctl_on_kubeconfig(void *arg, struct ctl_call *call)
{
	struct app *app = arg;
	const struct cluster_member *at =
	    cluster_live_server(cluster_state(app), "");
	struct value map;
	struct buf text;

	if (app->cluster->kube.key == NULL || at == NULL) {
		ctl_error(call,
		    app->cluster->kube.key == NULL
			? "no driver has sent its kubeconfig yet"
			: "no driver of the cluster runs",
		    "see convect-pxectl cluster status");
		return;
	}
	buf_init(&text, STORE_VALUE_MAX);
	cluster_kube_render(&app->cluster->kube, at->addr, &text);
	map = value_map_new();
	value_map_set(map, "kubeconfig", value_string(text.data));
	explicit_bzero(text.data, text.len);
	buf_done(&text);
	commands_answer(call, map);
}
