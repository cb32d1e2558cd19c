/*
 * Inside the cluster: cluster.c keeps it, cluster_web.c answers nodes,
 * cluster_remove.c takes dead ones out of it, cluster_ctl.c answers people.
 */
#ifndef CONVECT_APP_CLUSTER_PRIVATE_H
#define CONVECT_APP_CLUSTER_PRIVATE_H

#include "app/cluster.h"

#define CLUSTER_KEY "cluster/head"
#define CLUSTER_KUBECONFIG_KEY "cluster/kubeconfig"
#define CLUSTER_MEMBER_KEY "cluster/node/"

/* What of a kubeconfig is not the same in each; as it is there, in base64. */
struct cluster_kube {
	char *ca;
	char *cert;
	char *key;
};

struct cluster_removal;

struct app_cluster {
	struct cluster state;
	bool busy;		  /* a change is on its way to the disk */
	struct cluster_kube kube; /* members NULL: not known */
	struct cluster_removal *removal;
	char *removal_why; /* what the last one failed of; NULL: nothing */
	/* Of this reading of the inventory, which is kept: a fleet asks. */
	struct inventory *drivers_inv;
	struct inv_hosts drivers;
};

/* A change: what is not NULL is stored, all of it or nothing. */
struct cluster_change {
	struct event *event;
	const struct cluster_head *head;
	const struct cluster_member *member;
	const char *kubeconfig; /* JSON; "": it goes */
};

/*
 * `cb` runs when the change is on disk and made. -EBUSY or another negative
 * errno at once and without cb: nothing was changed.
 */
int cluster_change(struct app *app, const struct cluster_change *change,
    nodes_append_cb *cb, void *arg);

/* {"ca","cert","key"}: base64. */
void cluster_kube_write(const struct cluster_kube *kube, struct buf *out);
int cluster_kube_parse(
    const char *text, size_t len, struct cluster_kube *ret_kube);
void cluster_kube_done(struct cluster_kube *kube);
/* A file for kubectl, with a server's address. */
void cluster_kube_render(
    const struct cluster_kube *kube, const char *addr, struct buf *out);
/* Reads k3s.yaml. -EINVAL: not such a file. */
int cluster_kube_read(const char *text, size_t len,
    struct cluster_kube *ret_kube, struct err *err);
/*
 * Bytes behind base64, a NUL behind them, the caller's; NULL: it is none.
 * ret_len may be NULL.
 */
char *cluster_base64(const char *text, size_t *ret_len);
/* Wiped first. NULL is fine. */
void cluster_secret_free(char *text);

/*
 * Asks a live server to delete the Node and, with it, the member of etcd, until
 * it says that there is none; then the member has left. Runs once at a time.
 */
void cluster_remove(struct app *app, const char *name);
void cluster_remove_stop(struct app *app);

/* What it takes to answer a node. */
int cluster_ask_of(struct app *app, const struct inv_host *host,
    uint64_t generation, struct cluster_ask *ret_ask, struct value *ret_token,
    struct err *err);

#endif
