#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/cluster_private.h"
#include "app/decide.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/cluster_config.h"

/* ---- from the store -------------------------------------------------------
 */

struct loading {
	struct app_cluster *cluster;
	struct err err;
	int ret;
};

static int
load_value(struct app_cluster *cluster, const struct store_value *value,
    struct err *err)
{
	size_t len = strlen(value->value);
	struct cluster_head head;
	struct cluster_member member;
	int ret = 0;

	if (strcmp(value->key, CLUSTER_KEY) == 0) {
		ret = cluster_head_parse(value->value, len, &head, err);
		if (ret == 0)
			cluster_put_head(&cluster->state, &head);
	} else if (strcmp(value->key, CLUSTER_KUBECONFIG_KEY) == 0) {
		ret = cluster_kube_parse(value->value, len, &cluster->kube);
	} else if (str_starts(value->key, CLUSTER_MEMBER_KEY)) {
		ret = cluster_member_parse(value->value, len, &member, err);
		if (ret == 0)
			ret = cluster_put_member(&cluster->state, &member);
	}
	return ret;
}

static void
on_value_cb(void *arg, const struct store_value *value)
{
	struct loading *loading = arg;

	if (loading->ret == 0)
		loading->ret =
		    load_value(loading->cluster, value, &loading->err);
	if (loading->ret < 0)
		err_set(&loading->err, "the database's value %s is damaged",
		    value->key);
}

int
cluster_open(struct app *app, struct err *err)
{
	struct loading loading = {.cluster = mem_alloc(sizeof *app->cluster)};
	int ret;

	app->cluster = loading.cluster;
	cluster_init(&app->cluster->state);
	ret = store_meta_each(
	    nodes_store(app->nodes), "cluster/", on_value_cb, &loading);
	if (ret < 0)
		err_set(err, "the cluster can not be read: %s",
		    store_strerror(ret));
	else if (loading.ret < 0)
		*err = loading.err;
	return ret < 0 ? ret : loading.ret;
}

void
cluster_close(struct app *app)
{
	struct app_cluster *cluster = app->cluster;

	if (cluster == NULL)
		return;
	cluster_remove_stop(app);
	cluster_done(&cluster->state);
	cluster_kube_done(&cluster->kube);
	free(cluster->removal_why);
	inv_hosts_done(&cluster->drivers);
	inventory_unref(cluster->drivers_inv);
	free(cluster);
	app->cluster = NULL;
}

/* ---- changes ---------------------------------------------------------------
 */

struct changing {
	struct app *app;
	struct cluster_head head;
	struct cluster_member member;
	struct cluster_kube kube;
	bool has_head;
	bool has_member;
	bool has_kube;
	nodes_append_cb *cb;
	void *arg;
};

static void
take_kube(struct changing *changing)
{
	cluster_kube_done(&changing->app->cluster->kube);
	changing->app->cluster->kube = changing->kube;
	memset(&changing->kube, 0, sizeof changing->kube);
}

static void
changing_free(struct changing *changing)
{
	cluster_kube_done(&changing->kube);
	explicit_bzero(changing, sizeof *changing);
	free(changing);
}

static void
on_changed_cb(void *arg, int error)
{
	struct changing *changing = arg;
	struct app_cluster *cluster = changing->app->cluster;

	cluster->busy = false;
	if (error == 0 && changing->has_head)
		cluster_put_head(&cluster->state, &changing->head);
	/* That there is room was looked at before. */
	if (error == 0 && changing->has_member)
		(void)cluster_put_member(&cluster->state, &changing->member);
	if (error == 0 && changing->has_kube)
		take_kube(changing);
	changing->cb(changing->arg, error);
	changing_free(changing);
}

static void
on_values_cb(void *arg, int error, const struct event *events, size_t n)
{
	(void)events;
	(void)n;
	on_changed_cb(arg, error);
}

static struct changing *
changing_new(struct app *app, const struct cluster_change *change)
{
	struct changing *changing = mem_alloc(sizeof *changing);

	changing->app = app;
	changing->has_head = change->head != NULL;
	changing->has_member = change->member != NULL;
	changing->has_kube = change->kubeconfig != NULL;
	if (change->head != NULL)
		changing->head = *change->head;
	if (change->member != NULL)
		changing->member = *change->member;
	if (change->kubeconfig != NULL && change->kubeconfig[0] != '\0')
		(void)cluster_kube_parse(change->kubeconfig,
		    strlen(change->kubeconfig), &changing->kube);
	return changing;
}

/* The texts of what changes; `key` is of the member's. */
struct change_texts {
	struct buf head;
	struct buf member;
	struct buf key;
	struct store_value values[3];
	size_t count;
};

static void
texts_init(struct change_texts *texts, const struct cluster_change *change)
{
	buf_init(&texts->head, STORE_VALUE_MAX);
	buf_init(&texts->member, STORE_VALUE_MAX);
	buf_init(&texts->key, 512);
	texts->count = 0;
	if (change->head != NULL) {
		cluster_head_write(change->head, &texts->head);
		texts->values[texts->count++] =
		    (struct store_value){CLUSTER_KEY, texts->head.data};
	}
	if (change->member != NULL) {
		cluster_member_write(change->member, &texts->member);
		buf_addf(
		    &texts->key, CLUSTER_MEMBER_KEY "%s", change->member->name);
		texts->values[texts->count++] =
		    (struct store_value){texts->key.data, texts->member.data};
	}
	if (change->kubeconfig != NULL)
		texts->values[texts->count++] = (struct store_value){
		    CLUSTER_KUBECONFIG_KEY,
		    change->kubeconfig[0] == '\0' ? NULL : change->kubeconfig};
}

static void
texts_done(struct change_texts *texts)
{
	explicit_bzero(texts->head.data, texts->head.len);
	explicit_bzero(texts->member.data, texts->member.len);
	buf_done(&texts->head);
	buf_done(&texts->member);
	buf_done(&texts->key);
}

int
cluster_change(struct app *app, const struct cluster_change *change,
    nodes_append_cb *cb, void *arg)
{
	struct changing *changing;
	struct change_texts texts;
	int ret;

	if (app->cluster->busy)
		return -EBUSY;
	changing = changing_new(app, change);
	changing->cb = cb;
	changing->arg = arg;
	texts_init(&texts, change);
	if (change->event != NULL)
		ret = nodes_append_with(app->nodes, change->event, texts.values,
		    texts.count, on_changed_cb, changing);
	else
		ret = store_append_with(nodes_store(app->nodes), NULL,
		    texts.values, texts.count, on_values_cb, changing);
	texts_done(&texts);
	app->cluster->busy = ret == 0;
	if (ret < 0)
		changing_free(changing);
	return ret;
}

int
cluster_append_report(
    struct app *app, struct event *event, nodes_append_cb *cb, void *arg)
{
	struct cluster_head head = app->cluster->state.head;
	struct cluster_member member;
	struct cluster_change change = {event, &head, &member, NULL};

	cluster_get(&app->cluster->state, event->node, &member);
	if (!cluster_apply(&head, &member, event))
		return nodes_append(
		    app->nodes, event, 1, STORE_ANY_SEQ, cb, arg);
	if (event->time_ms == 0)
		event->time_ms = clock_wall_ms(app->clock);
	/* Again, now that it has its time. */
	head = app->cluster->state.head;
	cluster_get(&app->cluster->state, event->node, &member);
	(void)cluster_apply(&head, &member, event);
	return cluster_change(app, &change, cb, arg);
}

/* ---- questions -------------------------------------------------------------
 */

/* What is to be installed anew, or was since, holds nothing any more. */
static bool
is_away(struct app *app, const struct cluster_member *member)
{
	const struct inv_host *host = decide_find_host(app, member->name);
	const struct node *node = nodes_find(app->nodes, member->name);

	if (node == NULL)
		return false;
	return node->have > member->generation ||
	       node->phase == NODE_INSTALLING ||
	       (host != NULL && decide_want(app, host, node) > node->have);
}

struct cluster *
cluster_state(struct app *app)
{
	struct cluster *state = &app->cluster->state;

	for (size_t i = 0; i < state->servers; i++) {
		struct cluster_member *server = state->server[i];
		const struct node *node = nodes_find(app->nodes, server->name);

		server->seen_ms = node == NULL ? 0 : node->last_seen_ms;
		server->away = is_away(app, server);
	}
	return state;
}

const struct cluster_head *
cluster_head(const struct app *app)
{
	return &app->cluster->state.head;
}

int
cluster_allows(
    struct app *app, const char *const *names, size_t count, struct err *err)
{
	return cluster_may_take(cluster_state(app), names, count, err);
}

static const struct inv_hosts *
drivers_of(struct app *app)
{
	struct app_cluster *cluster = app->cluster;
	struct inventory *inv = app->site->inv;

	if (cluster->drivers_inv == inv)
		return &cluster->drivers;
	inv_hosts_done(&cluster->drivers);
	inventory_unref(cluster->drivers_inv);
	cluster->drivers_inv = inventory_ref(inv);
	cluster_drivers(inv, app->site->hostvars, &cluster->drivers);
	return &cluster->drivers;
}

/* A driver whose disk was marked by a database that is lost. */
static const char *
find_found(const struct app *app, const struct inv_hosts *drivers)
{
	for (size_t i = 0; i < drivers->count; i++) {
		const struct node *node =
		    nodes_find(app->nodes, inv_host_name(drivers->at[i]));

		if (node != NULL && node->adopted > 0)
			return node->name;
	}
	return NULL;
}

int
cluster_ask_of(struct app *app, const struct inv_host *host,
    uint64_t generation, struct cluster_ask *ret_ask, struct value *ret_token,
    struct err *err)
{
	struct hostvars *hostvars = app->site->hostvars;
	struct cluster_ask ask = {.name = inv_host_name(host),
	    .generation = generation,
	    .now_ms = clock_wall_ms(app->clock)};
	const struct inv_hosts *drivers;
	int ret = cluster_host_role(hostvars, host, &ask.role, err);

	if (ret == 0)
		ret = hostvars_str(
		    hostvars, host, "convect_token", ret_token, err);
	if (ret < 0)
		return ret;
	ask.token = value_str(*ret_token);
	/* A worker may not be able to say what only drivers are told. */
	if (ask.role != CLUSTER_SERVER)
		ask.token = "";
	drivers = drivers_of(app);
	ask.drivers = drivers->count;
	if (drivers->count > 0)
		ask.first = inv_host_name(drivers->at[0]);
	ask.found = find_found(app, drivers);
	*ret_ask = ask;
	return 0;
}

void
cluster_add_secrets(const struct app *app, const char *node, struct value vars)
{
	const struct app_cluster *cluster = app->cluster;
	const struct cluster_member *member =
	    cluster_find(&cluster->state, node);

	value_map_set(
	    vars, "cluster_token", value_string(cluster->state.head.token));
	value_map_set(vars, "cluster_agent_token",
	    value_string(cluster->state.head.agent_token));
	if (member != NULL)
		value_map_set(vars, "cluster_node_password",
		    value_string(member->password));
}
