#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "app/app.h"
#include "app/bootdisk.h"
#include "app/changes.h"
#include "app/cluster.h"
#include "app/commands.h"
#include "app/dashboard.h"
#include "app/decide.h"
#include "app/dhcp.h"
#include "app/enroll.h"
#include "app/facts.h"
#include "app/image_job.h"
#include "app/logs.h"
#include "app/privmsg.h"
#include "app/recorder.h"
#include "app/sightings.h"
#include "app/transfers.h"
#include "app/web.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"

enum {
	/*
	 * Hosts looked at in the background a turn, and the pause between. One
	 * renders all that the host is served, which takes some 0.2 ms: more of
	 * them would be felt by who asks for an address meanwhile.
	 */
	CHECK_HOSTS = 2,
	CHECK_PAUSE_MS = 5,
	PROBLEM_LINES_MAX = 3000
};

/* Every error a line, as far as the channel takes them. */
static void
problems_text(const struct problems *problems, struct buf *out)
{
	char text[1024];

	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *problem = &problems->list[i];

		if (problem->severity != PROBLEM_ERROR)
			continue;
		if (out->len > PROBLEM_LINES_MAX) {
			buf_addf(out, "\n... (%zu errors)", problems->errors);
			return;
		}
		if (out->len > 0)
			buf_addc(out, '\n');
		buf_adds(out, err_format(&problem->err, text, sizeof text));
	}
}

static void
log_warnings(const struct problems *problems)
{
	char text[1024];

	for (size_t i = 0; i < problems->count; i++) {
		if (problems->list[i].severity == PROBLEM_WARNING)
			log_warn(NULL, "%s",
			    err_format(
				&problems->list[i].err, text, sizeof text));
	}
}

/* A site, or a text that says everything that is wrong with it. */
static int
load_site(struct app *app, struct site **ret_site, struct buf *why)
{
	struct site_given given = {.templates_dir = app->args->templates_dir,
	    .data_dir = app->args->data_dir,
	    .dhcp_server = app->args->dhcp_server,
	    .salt = app->salt};
	struct problems problems;
	struct err err = {0};
	char text[1024];
	int ret;

	problems_init(&problems);
	ret = passwords_fetch(&app->passwords, app->args->priv,
	    app->args->vault_files, app->args->vault_count, &err);
	given.secrets = app->passwords.secrets;
	if (ret >= 0)
		ret = site_load(
		    app->args->priv, &given, &problems, ret_site, &err);
	log_warnings(&problems);
	problems_text(&problems, why);
	if (ret < 0 && why->len == 0)
		buf_adds(why, err_format(&err, text, sizeof text));
	problems_done(&problems);
	return ret;
}

/* That there is no image at all is told elsewhere, and once. */
static void
check_host(struct app *app, const struct inv_host *host)
{
	const char *problem = decide_problem(app, host);
	struct err err = {0};
	char text[1024];
	size_t nmacs;

	inv_host_macs(host, &nmacs);
	if (problem == NULL && nmacs > 0 && app->images.count > 0 &&
	    decide_image(app, host, &err) == NULL)
		problem = err_format(&err, text, sizeof text);
	if (problem == NULL && nmacs > 0 && app->bootdisk == NULL &&
	    facts_of(app, host)->loader == PROXYDHCP_LOADER_SHIM)
		problem = "loader=shim takes the packages shim-signed and "
			  "grub-efi-amd64-signed, and a restart";
	if (problem != NULL)
		log_error(inv_host_name(host),
		    "is not served until this is mended: %s", problem);
}

static void
on_check_cb(void *arg)
{
	struct app *app = arg;
	size_t count = inventory_host_count(app->site->inv);

	for (int i = 0; i < CHECK_HOSTS && app->check_next < count; i++) {
		const struct inv_host *host =
		    inventory_host_at(app->site->inv, app->check_next++);
		check_host(app, host);
		if (app->changes != NULL)
			changes_compare(app->changes, host,
			    &app->site->checks[inv_host_index(host)]);
	}
	if (app->check_next < count) {
		loop_timer_set(app->check_timer, CHECK_PAUSE_MS);
	} else if (app->changes != NULL) {
		changes_finish(app->changes);
		app->changes = NULL;
	}
}

void
app_check_again(struct app *app)
{
	app->check_next = 0;
	loop_timer_set(app->check_timer, 0);
}

static void
reload(struct app *app)
{
	struct site *site;
	struct buf why;

	buf_init(&why, PRIV_TEXT_MAX);
	if (load_site(app, &site, &why) < 0) {
		log_error(NULL,
		    "reload refused, the old inventory serves on: %s",
		    why.data);
		privsep_reloaded(app->args->priv, why.data);
	} else {
		log_info(NULL, "reloaded: %zu hosts",
		    inventory_host_count(site->inv));
		app->changes = changes_new(app->site, site, app->changes);
		site_free(app->site);
		app->site = site;
		app_check_again(app);
		enroll_sweep(app);
		privsep_reloaded(app->args->priv, NULL);
	}
	buf_done(&why);
}

static void
on_priv_cb(void *arg, int fd, unsigned events)
{
	struct app *app = arg;

	(void)fd;
	(void)events;
	switch (privsep_receive(app->args->priv)) {
	case PRIVSEP_RELOAD:
		reload(app);
		break;
	case PRIVSEP_GONE:
		loop_stop(app->loop);
		break;
	case PRIVSEP_NONE:
		break;
	}
}

static void
on_term_cb(void *arg, int signo)
{
	(void)signo;
	loop_stop(arg);
}

static void
on_event_cb(void *arg, const struct event *event, const struct node *node)
{
	struct app *app = arg;
	struct buf text;

	(void)node;
	buf_init(&text, EVENT_JSON_MAX);
	event_describe(event, &text);
	log_info(event->node, "%s", text.data);
	buf_done(&text);
	if (event->addr[0] != '\0')
		sightings_learn(app->sightings, event->addr, event->node);
	transfers_event(app->transfers, event);
	dashboard_publish(app, event);
	commands_publish(app, event);
}

static int
open_images(struct app *app, struct err *err)
{
	char *dir = mem_printf("%s/files/images", app->args->state_dir);
	int ret = images_scan(&app->images, dir, err);

	free(dir);
	return ret;
}

static int
open_nodes(struct app *app, struct err *err)
{
	char *path = mem_printf("%s/db/convect.db", app->args->state_dir);
	struct store_opts opts = {.keep_events = app->args->events_keep_count,
	    .keep_ms = app->args->events_keep_ms,
	    .clock = app->clock};
	struct store *store;
	int ret = store_open(path, &opts, &store, err);

	free(path);
	if (ret < 0)
		return ret;
	ret = nodes_open(app->loop, app->clock, store, &app->nodes, err);
	if (ret == 0)
		nodes_listen(app->nodes, on_event_cb, app);
	return ret;
}

/* Everything that can go wrong at start, in order. */
static int
open_all(struct app *app, struct buf *why)
{
	struct err err = {0};
	char text[1024];
	int ret = salt_open(app->args->state_dir, app->salt, &err);

	if (ret == 0) {
		ret = load_site(app, &app->site, why);
		if (ret < 0)
			return ret;
		ret = open_images(app, &err);
	}
	if (ret == 0)
		ret = open_nodes(app, &err);
	if (ret == 0)
		ret = cluster_open(app, &err);
	if (ret == 0)
		ret = logs_open(app, &err);
	enroll_open(app);
	if (ret == 0)
		ret = dashboard_open(app, &err);
	if (ret == 0) {
		app->recorder = recorder_new(app);
		app->transfers = transfers_new(app);
		app->sightings = sightings_open(
		    app, app->args->tftp_log_fd, app->args->downloads_fd);
		ret = dhcp_open(app, &err);
	}
	if (ret == 0) {
		app->bootdisk = bootdisk_open(app->args->state_dir);
		ret = web_open(app, &err);
	}
	if (ret == 0)
		ret = commands_open(app, &err);
	if (ret < 0)
		buf_adds(why, err_format(&err, text, sizeof text));
	return ret;
}

static void
close_all(struct app *app)
{
	commands_close(app);
	web_close(app);
	logs_close(app);
	bootdisk_free(app->bootdisk);
	dhcp_flush(app);
	/* Waits for the last commits, whose news go to all of what follows. */
	nodes_close(app->nodes);
	cluster_close(app);
	dhcp_close(app);
	enroll_close(app);
	sightings_close(app->sightings);
	transfers_free(app->transfers);
	recorder_free(app->recorder);
	dashboard_close(app);
	changes_free(app->changes);
	images_done(&app->images);
	site_free(app->site);
	passwords_done(&app->passwords);
}

static void
serve(struct app *app)
{
	struct loop_watch *priv = loop_watch_new(
	    app->loop, privsep_fd(app->args->priv), LOOP_READ, on_priv_cb, app);
	struct loop_signal *term =
	    loop_signal_new(app->loop, SIGTERM, on_term_cb, app->loop);

	app_check_again(app);
	enroll_sweep(app);
	privsep_ready(app->args->priv);
	image_job_check_artifacts(app);
	(void)loop_run(app->loop);
	loop_signal_free(term);
	loop_watch_free(priv);
}

int
engine_run(const struct engine_args *args)
{
	struct app app = {
	    .args = args,
	    .clock = &clock_system,
	    .loop = loop_new(),
	    .started_ms = clock_wall_ms(&clock_system),
	};
	struct buf why;
	int ret;

	buf_init(&why, PRIV_TEXT_MAX - 1);
	app.check_timer = loop_timer_new(app.loop, on_check_cb, &app);
	ret = open_all(&app, &why);
	if (ret < 0)
		privsep_failed(args->priv, why.data);
	else
		serve(&app);
	close_all(&app);
	loop_timer_free(app.check_timer);
	loop_free(app.loop);
	buf_done(&why);
	return ret < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
