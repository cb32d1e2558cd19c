#include "app/boot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/bootdisk.h"
#include "app/decide.h"
#include "app/dhcp.h"
#include "app/enroll_boot.h"
#include "app/recorder.h"
#include "app/token.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/hostvars.h"
#include "template/template.h"

/* Two requests of one node may race; the loser decides again. */
enum {
	BOOT_TRIES = 8
};

/* One request on its way through the commit. */
struct boot {
	struct app *app;
	struct http_req *req;
	struct hwaddr mac;
	int tries;
	bool disk; /* for GRUB, with the loaders: app/bootdisk.h */
	struct buf script;
};

static void boot_try(struct boot *boot);

static void
boot_end(struct boot *boot, int status, const char *text)
{
	http_reply_text(boot->req, status, text);
	buf_done(&boot->script);
	free(boot);
}

static const struct inv_host *
boot_host(const struct boot *boot)
{
	return inventory_find_mac(boot->app->site->inv, &boot->mac);
}

static void
boot_send(struct boot *boot)
{
	if (boot->disk)
		bootdisk_reply(boot->app->bootdisk, boot->req, &boot->script);
	else
		http_reply(boot->req, 200, "text/plain; charset=utf-8",
		    boot->script.data, boot->script.len);
	buf_done(&boot->script);
	free(boot);
}

static void
on_boot_committed_cb(void *arg, int error)
{
	struct boot *boot = arg;

	if (error == -ESTALE && boot->tries < BOOT_TRIES) {
		boot_try(boot);
		return;
	}
	if (error < 0)
		boot_end(boot, 503, NULL);
	else
		boot_send(boot);
}

static void
fill_event(const struct boot *boot, const struct inv_host *host,
    const struct decision *decision, struct event *event)
{
	const char *agent = http_req_header(boot->req, "User-Agent");

	event_init(event, EVENT_BOOT_SCRIPT, inv_host_name(host));
	hwaddr_format(&boot->mac, event->mac);
	str_copy(event->addr, sizeof event->addr, http_req_peer(boot->req));
	str_copy(event->decision, sizeof event->decision,
	    policy_action_name(decision->action));
	str_copy(event->rule, sizeof event->rule, decision->rule);
	/* Generation and attempt say it all for an install. */
	event->attempt = decision->attempt;
	if (decision->action != POLICY_INSTALL)
		str_copy(event->reason, sizeof event->reason, decision->why);
	event->generation = decision->generation;
	event->overwrite = decision->overwrite;
	if (decision->action == POLICY_INSTALL)
		decide_content(boot->app, host, event->content);
	if (agent != NULL)
		event_text(
		    event->client, sizeof event->client, agent, strlen(agent));
}

static int
render_script(
    struct boot *boot, const char *name, struct value vars, struct err *err)
{
	const struct site *site = boot->app->site;
	struct tmpl_input input = {.vars = vars,
	    .lookup = hostvars_lookup,
	    .lookup_arg = site->hostvars};

	return tmpl_render(site->env, name, &input, &boot->script, err);
}

/* Renders the armed script and puts its token into the event. */
static int
render_install(struct boot *boot, const struct inv_host *host,
    const struct decision *decision, struct event *event, struct err *err)
{
	struct app *app = boot->app;
	char token[TOKEN_SIZE];
	char report[TOKEN_SIZE];
	struct decide_via via = {
	    http_req_local(boot->req), decide_mac_index(host, &boot->mac)};
	struct decide_install install = {decision->generation,
	    decision->overwrite, token, report, NULL, NULL};
	struct value vars;
	int ret;

	token_new(token);
	token_boot_to_report(token, report);
	ret = decide_vars(app, host, &via, &install, &vars, err);
	if (ret < 0)
		return ret;
	if (boot->disk)
		ret = render_script(boot, "boot.grub.j2", vars, err);
	else
		ret =
		    decide_render(app, PROFILE_BOOT, vars, &boot->script, err);
	value_unref(vars);
	token_hash(token, event->token);
	token_hash(report, event->report_token);
	event->expires_ms = clock_wall_ms(app->clock) + BOOT_TOKEN_LIFE_MS;
	return ret;
}

/* The script of a node that boots its disk. */
static int
render_local(struct boot *boot, const struct inv_host *host,
    const struct decision *decision, struct err *err)
{
	const struct site *site = boot->app->site;
	struct value vars = hostvars_map(site->hostvars, host);
	struct value node = value_map_new();
	int ret;

	/* The rule, not the sentence: that may hold a stranger's words, and
	 * iPXE would expand ${...} in it. */
	value_map_set(node, "rule", value_string(decision->rule));
	value_map_set(vars, "node", node);
	ret = render_script(boot, "local.ipxe.j2", vars, err);
	value_unref(vars);
	return ret;
}

static bool
wants_404(const struct boot *boot, const struct inv_host *host)
{
	struct value method;
	bool is_404;

	if (hostvars_str(boot->app->site->hostvars, host, "local_boot", &method,
		NULL) < 0)
		return false;
	is_404 = strcmp(value_str(method), "404") == 0;
	value_unref(method);
	return is_404;
}

static void
append_events(struct boot *boot, const struct inv_host *host,
    const struct decision *decision, struct event events[2])
{
	const struct node *node =
	    nodes_find(boot->app->nodes, inv_host_name(host));
	size_t n = 1;
	int ret;

	if (decision->hold) {
		event_init(&events[1], EVENT_HOLD, inv_host_name(host));
		str_copy(events[1].by, sizeof events[1].by, "policy");
		str_copy(
		    events[1].reason, sizeof events[1].reason, decision->why);
		n = 2;
	}
	ret = nodes_append(boot->app->nodes, events, n,
	    node == NULL ? 0 : node->seq, on_boot_committed_cb, boot);
	/* Asked for too often to keep it: a disk is booted all the same. */
	if (ret == -EDQUOT && decision->action != POLICY_INSTALL)
		boot_send(boot);
	else if (ret < 0)
		boot_end(boot, 503, NULL);
}

static int
render(struct boot *boot, const struct inv_host *host,
    const struct decision *decision, struct event *event, struct err *err)
{
	if (decision->action == POLICY_INSTALL)
		return render_install(boot, host, decision, event, err);
	return render_local(boot, host, decision, err);
}

/* With what iPXE says of its machine: /boot/MAC?uuid=...&serial=... */
static void
decide_boot(const struct boot *boot, const struct inv_host *host,
    struct decision *ret_decision)
{
	struct decide_client client = {
	    .claim.uuid_text = http_req_query(boot->req, "uuid"),
	    .claim.serial = http_req_query(boot->req, "serial")};

	decide_host(
	    boot->app, host, ASK_BOOT_SCRIPT, NULL, &client, ret_decision);
	recorder_decision(boot->app->recorder, inv_host_name(host),
	    ASK_BOOT_SCRIPT, ret_decision);
}

static void
boot_try(struct boot *boot)
{
	const struct inv_host *host = boot_host(boot);
	struct event events[2];
	struct decision decision;
	struct err err = {0};
	char text[1024];

	boot->tries++;
	buf_reset(&boot->script);
	if (host == NULL && boot->disk) {
		boot_end(boot, 404, NULL);
		return;
	}
	if (host == NULL) {
		enroll_boot(boot->app, boot->req, &boot->mac);
		buf_done(&boot->script);
		free(boot);
		return;
	}
	decide_boot(boot, host, &decision);
	if (decision.action != POLICY_INSTALL &&
	    (boot->disk || wants_404(boot, host))) {
		boot_end(boot, 404, NULL);
		return;
	}
	/* Firmware asks for a disk's size first: nothing begins by that. */
	if (http_req_method(boot->req) == HTTP_HEAD) {
		boot_send(boot);
		return;
	}
	if (boot->disk)
		dhcp_saw_fetch(boot->app, inv_host_name(host), false);
	fill_event(boot, host, &decision, &events[0]);
	if (render(boot, host, &decision, &events[0], &err) < 0) {
		log_error(inv_host_name(host), "no boot script: %s",
		    err_format(&err, text, sizeof text));
		boot_end(boot, 404, NULL);
		return;
	}
	append_events(boot, host, &decision, events);
}

/* "52-54-00-..", with ".ipxe" behind it if the client likes; or ".img". */
static int
parse_name(const char *text, struct hwaddr *ret_mac, bool *ret_disk)
{
	char copy[32];
	bool disk;

	if (strlen(text) >= sizeof copy)
		return -EINVAL;
	str_copy(copy, sizeof copy, text);
	disk = str_ends(copy, ".img");
	if (disk || str_ends(copy, ".ipxe"))
		*strrchr(copy, '.') = '\0';
	*ret_disk = disk;
	return hwaddr_parse(copy, ret_mac);
}

void
boot_on_request(void *arg, struct http_req *req)
{
	struct boot *boot = mem_alloc(sizeof *boot);
	char mac[HWADDR_STRLEN];

	boot->app = arg;
	boot->req = req;
	buf_init(&boot->script, PROFILE_OUTPUT_MAX);
	if (parse_name(http_req_capture(req, "mac"), &boot->mac, &boot->disk) <
		0 ||
	    (boot->disk && boot->app->bootdisk == NULL)) {
		boot_end(boot, 404, NULL);
		return;
	}
	http_req_set_tag(req, hwaddr_format(&boot->mac, mac));
	boot_try(boot);
}
