/*
 * What a host of the inventory is in the cluster, and /etc/rancher/k3s/
 * config.yaml for a node that begins or joins it. The file has the server's
 * token only for servers: a worker that held it could join as one.
 */
#ifndef CONVECT_CORE_CLUSTER_CONFIG_H
#define CONVECT_CORE_CLUSTER_CONFIG_H

#include <stddef.h>

#include "base/buf.h"
#include "core/cluster.h"
#include "core/hostvars.h"
#include "inventory/inventory.h"
#include "inventory/problems.h"

#define CLUSTER_CONFIG_MAX 65536

/*
 * By `k3s_role`, else by the groups driver and worker. -EINVAL when the
 * variable can not be expanded.
 */
int cluster_host_role(struct hostvars *hostvars, const struct inv_host *host,
    enum cluster_role *ret_role, struct err *err);

/* The inventory's drivers, in its order. Borrowed; the list is the caller's. */
void cluster_drivers(const struct inventory *inv, struct hostvars *hostvars,
    struct inv_hosts *ret_hosts);

/*
 * What is wrong with the inventory as a cluster: an even number of drivers, a
 * token that k3s takes for something else, drivers that lose their disk at each
 * reboot. Says nothing of an inventory without drivers.
 */
void cluster_lint(const struct inventory *inv, struct hostvars *hostvars,
    struct problems *problems);

/* "https://10.0.0.7:6443" */
void cluster_api_url(const char *addr, struct buf *out);

struct cluster_config {
	const struct cluster_head *head;
	const struct cluster_answer *answer; /* init or join */
	enum cluster_role role;
	const struct inventory *inv;
	struct hostvars *hostvars;
	const struct inv_host *host;
	const char *addr; /* the node's */
};

/* -EINVAL when a variable can not be expanded. */
int cluster_config_write(
    const struct cluster_config *config, struct buf *out, struct err *err);

#endif
