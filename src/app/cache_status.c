#include "app/cache_status.h"

#include <errno.h>
#include <stdlib.h>

#include "app/app.h"
#include "base/mem.h"
#include "net/fetch.h"

enum {
	ANSWER_MAX = 65536,
	WAIT_MS = 5000
};

/* One at a time: the answer is a matter of milliseconds. */
struct cache_ask {
	struct app *app;
	struct ctl_call *call;
	struct fetch *fetch;
};

static void
on_done_cb(void *arg, struct fetch_result *result)
{
	struct cache_ask *ask = arg;

	ask->app->cache_ask = NULL;
	if (result->error == 0) {
		ctl_data_text(ask->call, result->data, (size_t)result->size);
		ctl_done(ask->call);
	} else {
		ctl_error(ask->call, result->err.text,
		    "the daemon's log tells more of the cache");
	}
	free(ask);
}

void
cache_status_on_call(void *arg, struct ctl_call *call)
{
	struct app *app = arg;
	struct cache_ask *ask;
	struct fetch_spec spec = {.dir_fd = -1,
	    .size_max = ANSWER_MAX,
	    .total_ms = WAIT_MS,
	    .direct = true,
	    .on_done = on_done_cb};
	struct err err = {0};
	char *url;

	if (app->args->cache_port == 0) {
		ctl_error(call, "there is no cache",
		    "start the daemon with --cache NAME=URL");
		return;
	}
	if (app->cache_ask != NULL) {
		ctl_error(call, "the cache is being asked", "try again");
		return;
	}
	ask = mem_alloc(sizeof *ask);
	ask->app = app;
	ask->call = call;
	url =
	    mem_printf("http://127.0.0.1:%u/apt/status", app->args->cache_port);
	spec.url = url;
	spec.arg = ask;
	ask->fetch = fetch_start(app->loop, &spec, &err);
	free(url);
	if (ask->fetch == NULL) {
		ctl_error_err(call, &err);
		free(ask);
		return;
	}
	app->cache_ask = ask;
}

void
cache_status_stop(struct app *app)
{
	struct cache_ask *ask = app->cache_ask;

	if (ask == NULL)
		return;
	app->cache_ask = NULL;
	fetch_cancel(ask->fetch);
	ctl_error(ask->call, "the daemon is stopping", NULL);
	free(ask);
}
