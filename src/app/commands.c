#include "app/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/app.h"
#include "app/artifacts.h"
#include "app/cache_status.h"
#include "app/cluster_ctl.h"
#include "app/dashboard.h"
#include "app/decide.h"
#include "app/dhcp.h"
#include "app/discover.h"
#include "app/follow.h"
#include "app/hostkeys.h"
#include "app/image_job.h"
#include "app/json.h"
#include "app/logs.h"
#include "app/orders.h"
#include "app/status.h"
#include "app/timeline.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/mask.h"
#include "inventory/pattern.h"

enum {
	ANSWER_MAX = 64 << 20,
	SHOW_EVENTS = 20
};

void
commands_answer(struct ctl_call *call, struct value value)
{
	struct buf text;

	buf_init(&text, ANSWER_MAX);
	json_write(value, &text);
	if (buf_bad(&text)) {
		ctl_error(call, "the answer is too large", "name fewer nodes");
	} else {
		ctl_data_text(call, text.data, text.len);
		ctl_done(call);
	}
	buf_done(&text);
}

static struct value
string_list(const char *const *items, size_t count)
{
	struct value list = value_list_new();

	for (size_t i = 0; i < count; i++)
		value_list_add(list, value_string(items[i]));
	return list;
}

static void
set_path(struct value map, const char *key, const char *dir, const char *name)
{
	char *path = mem_printf("%s/%s", dir, name);

	value_map_set(map, key, value_string(path));
	free(path);
}

static void
set_url(struct app *app, struct value map, const char *key, uint16_t port)
{
	char address[16];
	char *url =
	    mem_printf("http://%s:%u", dhcp_own_address(app, address), port);

	value_map_set(map, key, value_string(url));
	free(url);
}

static void
on_info(void *arg, struct ctl_call *call)
{
	struct app *app = arg;
	const struct engine_args *args = app->args;
	struct value map = value_map_new();
	char started[CLOCK_STRLEN];

	value_map_set(map, "version", value_string(PACKAGE_VERSION));
	value_map_set(map, "pid", value_int(getpid()));
	value_map_set(map, "started",
	    value_string(clock_format(app->started_ms, started)));
	value_map_set(map, "inventory",
	    string_list(args->inventory, args->inventory_count));
	set_path(map, "templates_dir", args->data_dir, "templates");
	set_path(map, "pxe_dir", args->data_dir, "pxe");
	if (args->templates_dir != NULL)
		value_map_set(
		    map, "operator_dir", value_string(args->templates_dir));
	value_map_set(map, "vault_files",
	    string_list(args->vault_files, args->vault_count));
	value_map_set(map, "state_dir", value_string(args->state_dir));
	set_path(map, "images_dir", args->state_dir, "files/images");
	set_url(app, map, "http_url", args->http_port);
	set_url(app, map, "files_url", args->files_port);
	value_map_set(map, "options", value_ref(args->options));
	value_map_set(map, "dhcp", dhcp_counters(app));
	value_map_set(map, "addresses_taken", dhcp_taken(app));
	commands_answer(call, map);
}

/* Hosts of the pattern; on failure the call is over. */
static int
resolve(struct app *app, struct ctl_call *call, const char *pattern,
    struct inv_hosts *ret_hosts)
{
	struct err err = {0};
	int ret = pattern_resolve(app->site->inv, pattern, ret_hosts, &err);

	if (ret < 0)
		ctl_error_err(call, &err);
	return ret;
}

static struct value
groups_of(const struct inv_host *host)
{
	struct value list = value_list_new();

	for (size_t i = 0; i < inv_host_group_count(host); i++)
		value_list_add(list,
		    value_string(inv_group_name(inv_host_group_at(host, i))));
	return list;
}

const struct inv_host *
commands_one_host(struct app *app, struct ctl_call *call)
{
	const char *name = ctl_arg_str(call, "node");
	const struct inv_host *host = NULL;
	struct inv_hosts hosts;

	if (name == NULL) {
		ctl_error(call, "no node is named", NULL);
		return NULL;
	}
	if (resolve(app, call, name, &hosts) < 0)
		return NULL;
	if (hosts.count == 1)
		host = hosts.at[0];
	else
		ctl_error(
		    call, "that names more than one node", "name one of them");
	inv_hosts_done(&hosts);
	return host;
}

const char *
commands_one_node(struct app *app, struct ctl_call *call)
{
	const char *name = ctl_arg_str(call, "node");
	const struct node *node =
	    name == NULL ? NULL : nodes_find(app->nodes, name);
	const struct inv_host *host;

	if (node != NULL)
		return node->name;
	host = commands_one_host(app, call);
	return host == NULL ? NULL : inv_host_name(host);
}

/* Masked here: what a vault has kept looks like anything else in JSON. */
static struct value
variables_of(
    const struct app *app, const struct inv_host *host, struct ctl_call *call)
{
	struct value vars = inventory_host_vars(app->site->inv, host);
	bool show =
	    json_is_true(json_object_get(ctl_args(call), "show_secrets"));
	struct value shown =
	    show ? mask_open(vars) : mask_secrets(vars, MASK_SHOWN);

	value_unref(vars);
	return shown;
}

static void
on_show(void *arg, struct ctl_call *call)
{
	struct app *app = arg;
	const struct inv_host *host = commands_one_host(app, call);
	struct value logs;
	struct value map;

	if (host == NULL)
		return;
	(void)decide_problem(app, host);
	map = json_node_by_name(app, inv_host_name(host));
	value_map_set(map, "groups", groups_of(host));
	value_map_set(map, "variables", variables_of(app, host, call));
	value_map_set(map, "why", json_why(app, host));
	value_map_set(map, "events",
	    json_newest_events(app, inv_host_name(host), SHOW_EVENTS));
	logs = logs_summary(app, inv_host_name(host));
	if (logs.type != VALUE_UNDEFINED)
		value_map_set(map, "logs", logs);
	commands_answer(call, map);
}

static void
on_why(void *arg, struct ctl_call *call)
{
	struct app *app = arg;
	const struct inv_host *host = commands_one_host(app, call);

	if (host != NULL)
		commands_answer(call, json_why(app, host));
}

/* ---- doctor ---------------------------------------------------------- */

static void
on_expect_probe(void *arg, struct ctl_call *call)
{
	const char *text = ctl_arg_str(call, "mac");
	struct app *app = arg;
	struct hwaddr mac;
	struct value map;

	if (text == NULL || hwaddr_parse(text, &mac) < 0 ||
	    inventory_find_mac(app->site->inv, &mac) != NULL) {
		ctl_error(call, "a MAC that no node has is needed", NULL);
		return;
	}
	map = value_map_new();
	value_map_set(map, "ms", value_int(dhcp_expect_probe(app, &mac)));
	commands_answer(call, map);
}

/* ---- dashboard ---------------------------------------------------------- */

struct dashboard_ask {
	struct app *app;
	struct ctl_call *call;
};

static void
on_token_cb(void *arg, int error, const char *token)
{
	struct dashboard_ask *ask = arg;
	char address[16];
	struct value map;
	char *url;

	if (error < 0) {
		ctl_error(ask->call, store_strerror(error), NULL);
		free(ask);
		return;
	}
	url = mem_printf("http://%s:%u/?token=%s",
	    dhcp_own_address(ask->app, address), ask->app->args->http_port,
	    token);
	map = value_map_new();
	value_map_set(map, "url", value_string(url));
	free(url);
	commands_answer(ask->call, map);
	free(ask);
}

static void
on_dashboard(void *arg, struct ctl_call *call)
{
	struct dashboard_ask *ask = mem_alloc(sizeof *ask);

	*ask = (struct dashboard_ask){arg, call};
	if (dashboard_new_token(arg, on_token_cb, ask) == 0)
		return;
	ctl_error(call, "too much is under way", "try again");
	free(ask);
}

/* ---- images ----------------------------------------------------------------
 */

static size_t
nodes_of_image(const struct app *app, const struct image *image)
{
	const struct inventory *inv = app->site->inv;
	size_t n = 0;

	for (size_t i = 0; i < inventory_host_count(inv); i++)
		n +=
		    decide_image(app, inventory_host_at(inv, i), NULL) == image;
	return n;
}

static void
on_image_list(void *arg, struct ctl_call *call)
{
	struct app *app = arg;
	struct value list = value_list_new();

	for (size_t i = 0; i < app->images.count; i++)
		value_list_add(
		    list, json_image(app, &app->images.list[i],
			      nodes_of_image(app, &app->images.list[i])));
	commands_answer(call, list);
}

static void
on_image_remove(void *arg, struct ctl_call *call)
{
	const char *name = ctl_arg_str(call, "name");
	struct app *app = arg;
	const struct image *image;
	struct err err = {0};
	char text[160];
	size_t users;

	if (image_check_name(name == NULL ? "" : name, &err) < 0) {
		ctl_error_err(call, &err);
		return;
	}
	/* One that is damaged is on no list; it can be removed all the same. */
	image = images_find(&app->images, name);
	users = image == NULL ? 0 : nodes_of_image(app, image);
	if (users > 0 &&
	    !json_is_true(json_object_get(ctl_args(call), "force"))) {
		snprintf(text, sizeof text, "%zu node%s boot%s '%s'", users,
		    users == 1 ? "" : "s", users == 1 ? "s" : "", name);
		ctl_error(call, text, "--force removes it all the same");
		return;
	}
	image_job_start(app, call, IMAGE_OP_REMOVE);
}

static void
on_image_add(void *arg, struct ctl_call *call)
{
	image_job_start(arg, call, IMAGE_OP_ADD);
}

static void
on_image_verify(void *arg, struct ctl_call *call)
{
	image_job_start(arg, call, IMAGE_OP_VERIFY);
}

/* ---- artifacts ------------------------------------------------------------
 */

static void
on_artifact_add(void *arg, struct ctl_call *call)
{
	image_job_start(arg, call, IMAGE_OP_ARTIFACT_ADD);
}

static void
on_artifact_fetch(void *arg, struct ctl_call *call)
{
	image_job_start(arg, call, IMAGE_OP_ARTIFACT_FETCH);
}

static void
on_artifact_verify(void *arg, struct ctl_call *call)
{
	image_job_start(arg, call, IMAGE_OP_ARTIFACT_VERIFY);
}

static void
on_artifact_remove(void *arg, struct ctl_call *call)
{
	image_job_start(arg, call, IMAGE_OP_ARTIFACT_REMOVE);
}

static void
on_artifact_list(void *arg, struct ctl_call *call)
{
	const struct app *app = arg;
	struct err err = {0};
	json_t *rows = artifacts_list(app->args->state_dir, &err);

	if (rows == NULL) {
		ctl_error_err(call, &err);
		return;
	}
	ctl_data_new(call, rows);
	ctl_done(call);
}

static const struct ctl_command commands[] = {
    {"info", CTL_ACCESS_READ, on_info},
    {"status", CTL_ACCESS_READ, status_on_call},
    {"show", CTL_ACCESS_ADMIN, on_show},
    {"events", CTL_ACCESS_READ, follow_on_events},
    {"logs", CTL_ACCESS_READ, follow_on_logs},
    {"log-files", CTL_ACCESS_ADMIN, logs_on_files},
    {"log-read", CTL_ACCESS_ADMIN, logs_on_read},
    {"host-keys", CTL_ACCESS_READ, hostkeys_on_call},
    {"timeline", CTL_ACCESS_READ, timeline_on_call},
    {"why", CTL_ACCESS_READ, on_why},
    {"reinstall", CTL_ACCESS_ADMIN, orders_on_reinstall},
    {"hold", CTL_ACCESS_ADMIN, orders_on_hold},
    {"release", CTL_ACCESS_ADMIN, orders_on_release},
    {"lock", CTL_ACCESS_ADMIN, orders_on_lock},
    {"unlock", CTL_ACCESS_ADMIN, orders_on_unlock},
    {"cancel", CTL_ACCESS_ADMIN, orders_on_cancel},
    {"adopt", CTL_ACCESS_ADMIN, orders_on_adopt},
    {"expect-probe", CTL_ACCESS_ADMIN, on_expect_probe},
    {"discover-list", CTL_ACCESS_READ, discover_on_list},
    {"discover-show", CTL_ACCESS_READ, discover_on_show},
    {"discover-ignore", CTL_ACCESS_ADMIN, discover_on_ignore},
    {"cluster-status", CTL_ACCESS_READ, cluster_ctl_on_status},
    {"cluster-new", CTL_ACCESS_ADMIN, cluster_ctl_on_new},
    {"cluster-forget", CTL_ACCESS_ADMIN, cluster_ctl_on_forget},
    {"cluster-backup", CTL_ACCESS_ADMIN, cluster_ctl_on_backup},
    {"cluster-restore", CTL_ACCESS_ADMIN, cluster_ctl_on_restore},
    {"kubeconfig", CTL_ACCESS_ADMIN, cluster_ctl_on_kubeconfig},
    {"dashboard", CTL_ACCESS_ADMIN, on_dashboard},
    {"artifact-add", CTL_ACCESS_ADMIN, on_artifact_add},
    {"artifact-fetch", CTL_ACCESS_ADMIN, on_artifact_fetch},
    {"artifact-list", CTL_ACCESS_READ, on_artifact_list},
    {"artifact-verify", CTL_ACCESS_ADMIN, on_artifact_verify},
    {"artifact-remove", CTL_ACCESS_ADMIN, on_artifact_remove},
    {"cache", CTL_ACCESS_READ, cache_status_on_call},
    {"image-add", CTL_ACCESS_ADMIN, on_image_add},
    {"image-list", CTL_ACCESS_READ, on_image_list},
    {"image-verify", CTL_ACCESS_ADMIN, on_image_verify},
    {"image-remove", CTL_ACCESS_ADMIN, on_image_remove},
};

int
commands_open(struct app *app, struct err *err)
{
	struct ctlsock_config config = {
	    .commands = commands,
	    .command_count = sizeof commands / sizeof commands[0],
	    .arg = app,
	    .admin_uid = app->args->admin_uid,
	};

	timeline_start(app);
	app->ctl = ctlsock_new(app->loop, &config, err);
	if (app->ctl == NULL)
		return -EINVAL;
	return ctlsock_listen(app->ctl, app->args->ctl_fd, err);
}

void
commands_close(struct app *app)
{
	image_job_stop(app);
	cache_status_stop(app);
	follow_stop(app);
	status_stop(app);
	timeline_stop(app);
	if (app->ctl != NULL)
		ctlsock_free(app->ctl);
}

void
commands_publish(struct app *app, const struct event *event)
{
	follow_publish(app, event);
	timeline_publish(app, event);
}
