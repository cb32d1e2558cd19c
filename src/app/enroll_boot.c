#include "app/enroll_boot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/decide.h"
#include "app/enroll.h"
#include "app/token.h"
#include "base/buf.h"
#include "base/escape.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "template/template.h"

/* How long an inspection may take to report. */
#define INSPECT_TOKEN_LIFE_MS INT64_C(3600000)
/* A machine that only waits is news once a day. */
#define AGAIN_MS (INT64_C(24) * 3600 * 1000)

/* What the machine says of itself: the query's names and the event's text. */
static const struct {
	const char *query;
	const char *variable;
	size_t offset;
	size_t size;
} claims[] = {
    {"serial", "serial", offsetof(struct event, serial),
	sizeof(((struct event *)0)->serial)},
    {"uuid", "uuid", offsetof(struct event, uuid),
	sizeof(((struct event *)0)->uuid)},
    {"vendor", "vendor", offsetof(struct event, vendor),
	sizeof(((struct event *)0)->vendor)},
    {"product", "product", offsetof(struct event, product),
	sizeof(((struct event *)0)->product)},
};

#define CLAIM_COUNT (sizeof claims / sizeof claims[0])

/* One request on its way through the commit. */
struct visit {
	struct app *app;
	struct http_req *req;
	char mac[HWADDR_STRLEN];
	char mac_dashes[HWADDR_STRLEN];
	char report[TOKEN_SIZE]; /* of an inspection; "" otherwise */
	struct decision decision;
	struct event events[2];
	size_t nevents;
	struct buf script;
};

static void
visit_end(struct visit *visit, int status)
{
	if (status == 200)
		http_reply(visit->req, 200, "text/plain; charset=utf-8",
		    visit->script.data, visit->script.len);
	else
		http_reply_text(visit->req, status, NULL);
	buf_done(&visit->script);
	free(visit);
}

static void
on_visit_committed_cb(void *arg, int error)
{
	visit_end(arg, error < 0 ? 503 : 200);
}

/* iPXE's ${buildarch}; what runs on a 32-bit build may well be 64-bit. */
static const char *
debian_arch(const struct http_req *req)
{
	const char *arch = http_req_query(req, "buildarch");

	if (arch == NULL)
		return NULL;
	if (strcmp(arch, "arm64") == 0)
		return "arm64";
	return strcmp(arch, "arm32") == 0 ? "armhf" : NULL;
}

/* As pxe_arch's names: what `show` has of other nodes. */
static const char *
arch_name(const struct http_req *req)
{
	const char *platform = http_req_query(req, "platform");
	const char *arch = http_req_query(req, "buildarch");

	if (platform == NULL || arch == NULL)
		return "";
	if (strcmp(platform, "pcbios") == 0)
		return "bios";
	if (strcmp(arch, "x86_64") == 0)
		return "uefi-x64";
	return strcmp(arch, "arm64") == 0 ? "uefi-arm64" : "";
}

/* ---- the script ----------------------------------------------------- */

static void
set_text(struct value map, const char *key, const char *text)
{
	struct value value = value_string(text);

	/* A stranger's words are never a template. */
	value.flags |= VALUE_SAFE;
	value_map_set(map, key, value);
}

static void
set_claim(const struct visit *visit, struct value map, size_t i)
{
	const char *said = http_req_query(visit->req, claims[i].query);
	char text[sizeof visit->events[0].serial];
	struct buf plain;

	event_text(text, sizeof text, said == NULL ? "" : said,
	    said == NULL ? 0 : strlen(said));
	buf_init(&plain, sizeof text);
	escape_ipxe(&plain, text, strlen(text));
	set_text(map, claims[i].variable, plain.data);
	buf_done(&plain);
}

static void
set_url(const struct visit *visit, struct value map, const char *key,
    const char *path, const char *last)
{
	char *url = mem_printf("http://%s:%u/%s/%s", http_req_local(visit->req),
	    (unsigned)visit->app->args->http_port, path, last);

	set_text(map, key, url);
	free(url);
}

static struct value
machine_vars(const struct visit *visit)
{
	struct value map = value_map_new();

	set_text(map, "mac", visit->mac);
	set_text(map, "mac_dashes", visit->mac_dashes);
	for (size_t i = 0; i < CLAIM_COUNT; i++)
		set_claim(visit, map, i);
	set_url(visit, map, "url", "boot", visit->mac_dashes);
	set_url(visit, map, "poll_url", "enroll", visit->mac_dashes);
	if (visit->report[0] != '\0')
		set_url(visit, map, "report_url", "inspect", visit->report);
	return map;
}

static int
render(struct visit *visit, const char *name, struct err *err)
{
	struct app *app = visit->app;
	struct profile_site site = {
	    .address = http_req_local(visit->req),
	    .http_port = app->args->http_port,
	    .files_port = app->args->files_port,
	};
	const struct image *image =
	    image_find_inspect(app->images.list, app->images.count);
	struct value vars = value_map_new();
	struct value node = value_map_new();
	struct tmpl_input input = {.vars = vars};
	int ret = 0;

	set_text(node, "rule", visit->decision.rule);
	value_map_set(vars, "node", node);
	set_text(vars, "inventory_hostname", visit->mac_dashes);
	value_map_set(vars, "provisioner", profile_provisioner_vars(&site));
	value_map_set(vars, "machine", machine_vars(visit));
	value_map_set(vars, "wait_seconds", value_int(ENROLL_POLL_S));
	if (visit->report[0] != '\0' && image != NULL)
		ret =
		    profile_image_vars(&site, image, vars, app->site->env, err);
	if (ret == 0)
		ret = tmpl_render(
		    app->site->env, name, &input, &visit->script, err);
	value_unref(vars);
	return ret;
}

/* False: it can not be rendered, and the request has been ended. */
static bool
render_or_end(struct visit *visit, const char *name)
{
	struct err err = {0};
	char text[1024];

	buf_reset(&visit->script);
	if (render(visit, name, &err) == 0)
		return true;
	log_error(visit->mac, "no boot script: %s",
	    err_format(&err, text, sizeof text));
	visit_end(visit, 404);
	return false;
}

/* ---- events --------------------------------------------------------- */

static struct event *
add_event(struct visit *visit, enum event_kind kind)
{
	struct event *event = &visit->events[visit->nevents++];

	event_init(event, kind, visit->mac);
	str_copy(event->mac, sizeof event->mac, visit->mac);
	str_copy(event->addr, sizeof event->addr, http_req_peer(visit->req));
	str_copy(event->arch, sizeof event->arch, arch_name(visit->req));
	return event;
}

/* True when it says something else than it did. */
static bool
read_claims(
    const struct visit *visit, const struct node *node, struct event *event)
{
	const char *known[CLAIM_COUNT] = {"", "", "", ""};
	bool changed = false;

	if (node != NULL) {
		known[0] = node->serial;
		known[1] = node->uuid;
		known[2] = node->vendor;
		known[3] = node->product;
	}
	for (size_t i = 0; i < CLAIM_COUNT; i++) {
		const char *said = http_req_query(visit->req, claims[i].query);
		char *text = (char *)event + claims[i].offset;

		if (said == NULL || said[0] == '\0')
			continue;
		event_text(text, claims[i].size, said, strlen(said));
		changed |= strcmp(text, known[i]) != 0;
	}
	return changed;
}

static void
add_discovered(struct visit *visit, const struct node *node)
{
	struct event *event = add_event(visit, EVENT_DISCOVERED);
	bool changed = read_claims(visit, node, event);

	if (node != NULL && !changed &&
	    clock_wall_ms(visit->app->clock) - node->last_ms < AGAIN_MS)
		visit->nevents--;
}

static void
add_inspection(struct visit *visit)
{
	struct event *event = add_event(visit, EVENT_BOOT_SCRIPT);

	str_copy(event->decision, sizeof event->decision,
	    policy_action_name(visit->decision.action));
	str_copy(event->rule, sizeof event->rule, visit->decision.rule);
	token_hash(visit->report, event->report_token);
	event->expires_ms =
	    clock_wall_ms(visit->app->clock) + INSPECT_TOKEN_LIFE_MS;
}

static void
commit(struct visit *visit)
{
	int ret;

	if (visit->nevents == 0) {
		visit_end(visit, 200);
		return;
	}
	ret = nodes_append(visit->app->nodes, visit->events, visit->nevents,
	    STORE_ANY_SEQ, on_visit_committed_cb, visit);
	if (ret == -EDQUOT && visit->report[0] != '\0') {
		/* No token without its event: then it only waits. */
		visit->report[0] = '\0';
		if (render_or_end(visit, "wait.ipxe.j2"))
			visit_end(visit, 200);
	} else if (ret == -EDQUOT) {
		visit_end(visit, 200);
	} else if (ret < 0) {
		visit_end(visit, 503);
	}
}

static void
take_in(struct visit *visit, const struct node *node)
{
	const char *name = "wait.ipxe.j2";

	add_discovered(visit, node);
	if (visit->decision.action == POLICY_INSPECT) {
		token_new(visit->report);
		add_inspection(visit);
		name = "inspect.ipxe.j2";
	}
	if (render_or_end(visit, name))
		commit(visit);
}

/* A script that is no news; NULL: it is to be taken in. */
static const char *
plain_script(const struct visit *visit)
{
	if (visit->decision.action == POLICY_LOCAL)
		return "local.ipxe.j2";
	if (policy_is_offer(visit->decision.action) &&
	    http_req_query(visit->req, "platform") == NULL)
		return "identify.ipxe.j2";
	return NULL;
}

static void
visit_start(struct visit *visit, const struct hwaddr *mac)
{
	struct app *app = visit->app;
	const char *peer = http_req_peer(visit->req);
	const struct node *node = nodes_find(app->nodes, visit->mac);
	const char *plain = plain_script(visit);

	if (plain != NULL) {
		if (render_or_end(visit, plain))
			visit_end(visit, 200);
		return;
	}
	/* Who looks at the headers alone is not taken in by that. */
	if (policy_is_offer(visit->decision.action) &&
	    http_req_method(visit->req) == HTTP_HEAD) {
		visit_end(visit, 200);
		return;
	}
	if (!policy_is_offer(visit->decision.action) ||
	    (node == NULL && !enroll_admit(app, peer))) {
		visit_end(visit, 404);
		return;
	}
	enroll_touch(app, mac, peer);
	take_in(visit, node);
}

void
enroll_boot(struct app *app, struct http_req *req, const struct hwaddr *mac)
{
	struct visit *visit = mem_alloc(sizeof *visit);

	visit->app = app;
	visit->req = req;
	hwaddr_format(mac, visit->mac);
	hwaddr_format_sep(mac, '-', visit->mac_dashes);
	buf_init(&visit->script, PROFILE_OUTPUT_MAX);
	decide_stranger(
	    app, mac, ASK_BOOT_SCRIPT, debian_arch(req), &visit->decision);
	visit_start(visit, mac);
}

void
enroll_on_poll(void *arg, struct http_req *req)
{
	struct app *app = arg;
	struct decision decision;
	struct hwaddr mac;

	if (hwaddr_parse(http_req_capture(req, "mac"), &mac) < 0) {
		http_reply_text(req, 404, NULL);
		return;
	}
	if (inventory_find_mac(app->site->inv, &mac) != NULL) {
		http_reply_text(req, 200, "boot\n");
		return;
	}
	decide_stranger(app, &mac, ASK_BOOT_SCRIPT, NULL, &decision);
	if (http_req_method(req) != HTTP_HEAD)
		enroll_touch(app, &mac, http_req_peer(req));
	http_reply_text(
	    req, 200, policy_is_offer(decision.action) ? "wait\n" : "boot\n");
}
