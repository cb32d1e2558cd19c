/*
 * The cluster's truth in the store, and the gate that nodes ask on their first
 * boot: each with the first boot's token in a header, as POST /firstboot.
 *
 *   GET /firstboot/k3s           200 /etc/rancher/k3s/config.yaml; 503 with
 *                                Retry-After: not now; 409: never. The body of
 *                                the latter two is one line that says why.
 *   GET /firstboot/k3s/password  200 /etc/rancher/node/password
 *   PUT /firstboot/kubeconfig    /etc/rancher/k3s/k3s.yaml of a server
 *
 * One change is under way at a time: an answer is given when it is on disk, and
 * who asks meanwhile is told to come again. So no two nodes are told to begin
 * the cluster, and none is told what a crash could take back.
 */
#ifndef CONVECT_APP_CLUSTER_H
#define CONVECT_APP_CLUSTER_H

#include "app/app.h"
#include "core/cluster.h"
#include "net/httpd.h"

#define CLUSTER_KUBECONFIG_MAX 32768

/* Reads what the store has; damaged values are refused. */
int cluster_open(struct app *app, struct err *err);
void cluster_close(struct app *app);

/* Handlers; `arg` is the struct app. */
void cluster_on_config(void *arg, struct http_req *req);
void cluster_on_password(void *arg, struct http_req *req);
void cluster_on_kubeconfig(void *arg, struct http_req *req);

/*
 * nodes_append() of a callback, with what it changes in the cluster. -EBUSY,
 * at once: another change is under way.
 */
int cluster_append_report(
    struct app *app, struct event *event, nodes_append_cb *cb, void *arg);

/* As the members are now: whom others may count on. */
struct cluster *cluster_state(struct app *app);
/* With its secrets; valid until the next change. */
const struct cluster_head *cluster_head(const struct app *app);
/* cluster_may_take() of that. */
int cluster_allows(
    struct app *app, const char *const *names, size_t count, struct err *err);
/* Adds what may not be shown of a node to its variables. */
void cluster_add_secrets(
    const struct app *app, const char *node, struct value vars);

#endif
