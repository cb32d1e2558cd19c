/* Dead members out of the cluster, by the API of one that lives. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/cluster_private.h"
#include "base/buf.h"
#include "base/escape.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/cluster_config.h"
#include "net/fetch.h"

#define ANSWER_MAX 65536
#define TOTAL_MS 20000

struct cluster_removal {
	struct app *app;
	struct fetch *fetch; /* NULL: the change is being kept */
	char name[EVENT_NODE_SIZE];
};

static void
tell(struct app *app, const char *name, const char *why)
{
	struct app_cluster *cluster = app->cluster;

	if (why != NULL && (cluster->removal_why == NULL ||
			       strcmp(cluster->removal_why, why) != 0))
		log_warn(name, "was not taken out of the cluster: %s", why);
	free(cluster->removal_why);
	cluster->removal_why = why == NULL ? NULL : mem_strdup(why);
}

static void
on_left_cb(void *arg, int error)
{
	struct cluster_removal *removal = arg;

	if (removal->app->cluster != NULL)
		removal->app->cluster->removal = NULL;
	if (error == 0)
		log_info(removal->name, "is out of the cluster");
	free(removal);
}

static void
keep_left(struct cluster_removal *removal)
{
	struct cluster *state = &removal->app->cluster->state;
	struct cluster_head head = state->head;
	struct cluster_member member;
	struct event event;
	struct cluster_change change = {&event, &head, &member, NULL};

	event_init(&event, EVENT_CLUSTER, removal->name);
	event.time_ms = clock_wall_ms(removal->app->clock);
	str_copy(event.code, sizeof event.code, "left");
	str_copy(event.by, sizeof event.by, "the API");
	cluster_get(state, removal->name, &member);
	(void)cluster_apply(&head, &member, &event);
	if (cluster_change(removal->app, &change, on_left_cb, removal) < 0)
		on_left_cb(removal, -EBUSY);
}

/*
 * k3s takes the member out of etcd before the Node is gone, so "no such Node"
 * is the proof, and a deletion that was only accepted is asked for again.
 */
static void
on_answer_cb(void *arg, struct fetch_result *result)
{
	struct cluster_removal *removal = arg;
	struct app *app = removal->app;

	removal->fetch = NULL;
	if (result->status == 404) {
		tell(app, removal->name, NULL);
		keep_left(removal);
		return;
	}
	tell(app, removal->name, result->error < 0 ? result->err.text : NULL);
	app->cluster->removal = NULL;
	free(removal);
}

static struct fetch *
start(struct cluster_removal *removal, const char *addr, struct err *err)
{
	const struct cluster_kube *kube = &removal->app->cluster->kube;
	char *ca = cluster_base64(kube->ca, NULL);
	char *cert = cluster_base64(kube->cert, NULL);
	char *key = cluster_base64(kube->key, NULL);
	struct fetch_spec spec = {.dir_fd = -1,
	    .method = "DELETE",
	    .ca_pem = ca,
	    .cert_pem = cert,
	    .key_pem = key,
	    .size_max = ANSWER_MAX,
	    .total_ms = TOTAL_MS,
	    .on_done = on_answer_cb,
	    .arg = removal};
	struct fetch *fetch;
	struct buf url;

	buf_init(&url, 1024);
	cluster_api_url(addr, &url);
	buf_adds(&url, "/api/v1/nodes/");
	escape_url(&url, removal->name, strlen(removal->name));
	spec.url = url.data;
	fetch = fetch_start(removal->app->loop, &spec, err);
	buf_done(&url);
	free(ca);
	free(cert);
	cluster_secret_free(key);
	return fetch;
}

void
cluster_remove(struct app *app, const char *name)
{
	struct app_cluster *cluster = app->cluster;
	const struct cluster_member *at =
	    cluster_live_server(&cluster->state, name);
	struct cluster_removal *removal;
	struct err err = {0};

	if (cluster->removal != NULL || at == NULL)
		return;
	if (cluster->kube.key == NULL) {
		tell(app, name, "no driver has sent its kubeconfig");
		return;
	}
	removal = mem_alloc(sizeof *removal);
	removal->app = app;
	str_copy(removal->name, sizeof removal->name, name);
	removal->fetch = start(removal, at->addr, &err);
	if (removal->fetch == NULL) {
		tell(app, name, err.text);
		free(removal);
		return;
	}
	cluster->removal = removal;
}

void
cluster_remove_stop(struct app *app)
{
	struct cluster_removal *removal = app->cluster->removal;

	app->cluster->removal = NULL;
	if (removal == NULL || removal->fetch == NULL)
		return; /* its change ends it */
	fetch_cancel(removal->fetch);
	free(removal);
}
