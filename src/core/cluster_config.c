#include "core/cluster_config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/mem.h"
#include "base/str.h"
#include "inventory/known.h"

#define API_PORT 6443

/* ---- who is what -----------------------------------------------------------
 */

static const struct {
	const char *group;
	const char *word; /* of k3s_role */
	enum cluster_role role;
} roles[] = {
    {"driver", "server", CLUSTER_SERVER},
    {"worker", "agent", CLUSTER_AGENT},
};

#define ROLE_COUNT (sizeof roles / sizeof roles[0])

int
cluster_host_role(struct hostvars *hostvars, const struct inv_host *host,
    enum cluster_role *ret_role, struct err *err)
{
	struct value word;
	int ret = hostvars_str(hostvars, host, "k3s_role", &word, err);

	if (ret < 0)
		return ret;
	*ret_role = CLUSTER_NO_ROLE;
	for (size_t i = 0; i < ROLE_COUNT; i++) {
		bool is = value_str_len(word) > 0
			      ? strcmp(value_str(word), roles[i].word) == 0
			      : inv_host_in_group(host, roles[i].group);

		if (is && *ret_role == CLUSTER_NO_ROLE)
			*ret_role = roles[i].role;
	}
	value_unref(word);
	return 0;
}

void
cluster_drivers(const struct inventory *inv, struct hostvars *hostvars,
    struct inv_hosts *ret_hosts)
{
	size_t count = inventory_host_count(inv);
	struct inv_hosts drivers = {0};
	enum cluster_role role;

	drivers.at = mem_array(count + 1, sizeof(void *));
	for (size_t i = 0; i < count; i++) {
		const struct inv_host *host = inventory_host_at(inv, i);

		if (cluster_host_role(hostvars, host, &role, NULL) == 0 &&
		    role == CLUSTER_SERVER)
			drivers.at[drivers.count++] = host;
	}
	*ret_hosts = drivers;
}

/* ---- what is wrong ---------------------------------------------------------
 */

static void
lint_token(struct hostvars *hostvars, const struct inv_host *host,
    struct problems *problems)
{
	struct value token;
	struct err err = {0};

	if (hostvars_str(hostvars, host, "convect_token", &token, NULL) < 0)
		return;
	if (value_str_len(token) > 0 &&
	    cluster_token_check(value_str(token), &err) < 0) {
		err_place(&err, inv_host_file(host), inv_host_line(host), 0);
		problems_add(problems, PROBLEM_ERROR, &err);
		problems_host(problems, inv_host_name(host));
	}
	value_unref(token);
}

static void
lint_always(struct hostvars *hostvars, const struct inv_host *host,
    struct problems *problems)
{
	struct value word;

	if (hostvars_str(hostvars, host, "reinstall", &word, NULL) < 0)
		return;
	if (strcmp(value_str(word), "always") == 0) {
		problems_error(problems, inv_host_file(host),
		    inv_host_line(host), 0,
		    "%s is a driver, and reinstall=always would erase the "
		    "cluster's database at each network boot",
		    inv_host_name(host));
		problems_hint(problems, "leave it to the workers");
		problems_host(problems, inv_host_name(host));
	}
	value_unref(word);
}

void
cluster_lint(const struct inventory *inv, struct hostvars *hostvars,
    struct problems *problems)
{
	struct inv_hosts drivers;

	cluster_drivers(inv, hostvars, &drivers);
	for (size_t i = 0; i < drivers.count; i++) {
		lint_token(hostvars, drivers.at[i], problems);
		lint_always(hostvars, drivers.at[i], problems);
	}
	if (drivers.count > 0 && drivers.count % 2 == 0) {
		problems_error(problems, inv_host_file(drivers.at[0]),
		    inv_host_line(drivers.at[0]), 0,
		    "there are %zu drivers: a cluster takes 1 or an odd number",
		    drivers.count);
		problems_hint(problems,
		    "with an even number it stops as soon as half of them do");
	}
	inv_hosts_done(&drivers);
}

/* ---- the file --------------------------------------------------------------
 */

/* YAML's double quotes take what JSON's do. */
static void
put_text(struct buf *out, const char *key, const char *text)
{
	buf_addf(out, "%s: ", key);
	escape_json(out, text, strlen(text));
	buf_addc(out, '\n');
}

static void
put_item(struct buf *out, const char *text)
{
	buf_adds(out, "  - ");
	escape_json(out, text, strlen(text));
	buf_addc(out, '\n');
}

void
cluster_api_url(const char *addr, struct buf *out)
{
	bool v6 = strchr(addr, ':') != NULL;

	buf_addf(out, "https://%s%s%s:%d", v6 ? "[" : "", addr, v6 ? "]" : "",
	    API_PORT);
}

static void
put_server(struct buf *out, const char *addr)
{
	struct buf url;

	buf_init(&url, 256);
	cluster_api_url(addr, &url);
	put_text(out, "server", url.data);
	buf_done(&url);
}

/* With the CA's sum where it is known, so that nobody else can answer. */
static void
put_token(const struct cluster_config *config, struct buf *out)
{
	const struct cluster_head *head = config->head;
	bool server = config->role == CLUSTER_SERVER;
	const char *secret = server ? head->token : head->agent_token;
	struct buf token;

	buf_init(&token, 1024);
	if (config->answer->action == CLUSTER_JOIN &&
	    head->ca_pem_sum[0] != '\0')
		buf_addf(&token, "K10%s::%s:", head->ca_pem_sum,
		    server ? "server" : "node");
	buf_adds(&token, secret);
	put_text(out, "token", token.data);
	if (server)
		put_text(out, "agent-token", head->agent_token);
	buf_done(&token);
}

/* A variable that is set, as the file's key. */
static int
put_variable(const struct cluster_config *config, const char *key,
    const char *variable, struct buf *out, struct err *err)
{
	struct value text;
	int ret =
	    hostvars_str(config->hostvars, config->host, variable, &text, err);

	if (ret < 0)
		return ret;
	if (value_str_len(text) > 0)
		put_text(out, key, value_str(text));
	value_unref(text);
	return 0;
}

static int
put_items(const struct cluster_config *config, const char *variable,
    struct buf *out, struct err *err)
{
	struct value list;
	int ret = hostvars_value(
	    config->hostvars, config->host, variable, &list, err);

	if (ret < 0)
		return ret;
	for (size_t i = 0; list.type == VALUE_LIST && i < value_len(list); i++)
		put_item(out, value_str(value_list_at(list, i)));
	value_unref(list);
	return 0;
}

/* By name and by the addresses that do not come and go. */
static void
put_names(const struct cluster_config *config, struct buf *out)
{
	struct inv_hosts drivers;
	struct value addr;

	buf_adds(out, "tls-san:\n");
	put_item(out, config->addr);
	cluster_drivers(config->inv, config->hostvars, &drivers);
	for (size_t i = 0; i < drivers.count; i++) {
		put_item(out, inv_host_name(drivers.at[i]));
		if (hostvars_str(config->hostvars, drivers.at[i],
			"ansible_host", &addr, NULL) < 0)
			continue;
		if (value_str_len(addr) > 0)
			put_item(out, value_str(addr));
		value_unref(addr);
	}
	inv_hosts_done(&drivers);
}

static int
put_labels(
    const struct cluster_config *config, struct buf *out, struct err *err)
{
	bool gpu = false;
	int ret =
	    hostvars_bool(config->hostvars, config->host, "has_gpu", &gpu, err);

	if (ret < 0)
		return ret;
	buf_adds(out, "node-label:\n");
	if (config->role == CLUSTER_SERVER) {
		put_item(out, "convect.ai/role=driver");
		/* Traefik's ports are opened on these alone. */
		put_item(out, "svccontroller.k3s.cattle.io/enablelb=true");
	} else {
		put_item(out, "convect.ai/role=worker");
	}
	if (gpu) {
		put_item(out, "convect.ai/gpu=true");
		put_item(out, "nvidia.com/gpu.present=true");
	}
	return put_items(config, "k3s_labels", out, err);
}

static int
put_taints(
    const struct cluster_config *config, struct buf *out, struct err *err)
{
	struct buf items;
	int ret;

	buf_init(&items, CLUSTER_CONFIG_MAX);
	ret = put_items(config, "k3s_taints", &items, err);
	if (items.len > 0) {
		buf_adds(out, "node-taint:\n");
		buf_add(out, items.data, items.len);
	}
	buf_done(&items);
	return ret;
}

int
cluster_config_write(
    const struct cluster_config *config, struct buf *out, struct err *err)
{
	int ret;

	if (config->answer->action == CLUSTER_INIT)
		buf_adds(out, "cluster-init: true\n");
	else
		put_server(out, config->answer->server);
	put_token(config, out);
	put_text(out, "node-name", inv_host_name(config->host));
	put_text(out, "node-ip", config->addr);
	ret = put_variable(config, "flannel-iface", "my_iface", out, err);
	if (ret == 0 && config->role == CLUSTER_SERVER)
		put_names(config, out);
	if (ret == 0)
		ret = put_labels(config, out, err);
	if (ret == 0)
		ret = put_taints(config, out, err);
	if (ret == 0 && buf_bad(out)) {
		err_set(err, "its k3s configuration is too long");
		ret = -EINVAL;
	}
	return ret;
}
