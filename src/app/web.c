#include "app/web.h"

#include <errno.h>

#include "app/app.h"
#include "app/boot.h"
#include "app/callback.h"
#include "app/cluster.h"
#include "app/dashboard.h"
#include "app/enroll_boot.h"
#include "app/inspect.h"
#include "app/logs.h"
#include "app/logstore.h"
#include "app/recorder.h"
#include "app/seed.h"
#include "base/log.h"
#include "core/hardware.h"
#include "core/report.h"

enum {
	WARNINGS_MAX = 20,
	WARNINGS_MS = 10000
};

static const struct http_route routes[] = {
    {HTTP_GET, "/boot/{mac}", HTTP_ACCESS_PUBLIC, 0, boot_on_request},
    {HTTP_GET, "/enroll/{mac}", HTTP_ACCESS_PUBLIC, 0, enroll_on_poll},
    {HTTP_GET, "/seed/{token}/{file}", HTTP_ACCESS_BOOT_TOKEN, 0,
	seed_on_request},
    {HTTP_GET, "/seed/{token}", HTTP_ACCESS_BOOT_TOKEN, 0, seed_on_request},
    {HTTP_POST, "/report/{token}", HTTP_ACCESS_REPORT_TOKEN, REPORT_BODY_MAX,
	callback_on_request},
    {HTTP_PUT, "/logs/{token}/{name}", HTTP_ACCESS_REPORT_TOKEN,
	LOGSTORE_FILE_MAX, logs_on_upload},
    {HTTP_POST, "/firstboot", HTTP_ACCESS_FIRSTBOOT_TOKEN, REPORT_BODY_MAX,
	callback_on_request},
    {HTTP_GET, "/firstboot/k3s", HTTP_ACCESS_FIRSTBOOT_TOKEN, 0,
	cluster_on_config},
    {HTTP_GET, "/firstboot/k3s/password", HTTP_ACCESS_FIRSTBOOT_TOKEN, 0,
	cluster_on_password},
    {HTTP_PUT, "/firstboot/kubeconfig", HTTP_ACCESS_FIRSTBOOT_TOKEN,
	CLUSTER_KUBECONFIG_MAX, cluster_on_kubeconfig},
    {HTTP_POST, "/inspect/{token}", HTTP_ACCESS_INSPECT_TOKEN,
	HARDWARE_BODY_MAX, inspect_on_request},
    {HTTP_GET, "/api/v1/nodes", HTTP_ACCESS_DASHBOARD, 0, dashboard_on_nodes},
    {HTTP_GET, "/api/v1/nodes/{node}/timeline", HTTP_ACCESS_DASHBOARD, 0,
	dashboard_on_timeline},
    {HTTP_GET, "/api/v1/events", HTTP_ACCESS_DASHBOARD, 0, dashboard_on_events},
    {HTTP_GET, "/api/v1/dhcp", HTTP_ACCESS_DASHBOARD, 0, dashboard_on_dhcp},
    {HTTP_GET, "/", HTTP_ACCESS_DASHBOARD, 0, dashboard_on_page},
    {HTTP_GET, "/{file}", HTTP_ACCESS_DASHBOARD, 0, dashboard_on_page},
};

/* Who may: by class, and a class without a row here is refused. */
static const struct {
	enum http_access access;
	int (*authorize)(void *arg, struct http_req *req);
} classes[] = {
    {HTTP_ACCESS_BOOT_TOKEN, seed_authorize},
    {HTTP_ACCESS_REPORT_TOKEN, callback_authorize},
    {HTTP_ACCESS_FIRSTBOOT_TOKEN, callback_authorize},
    {HTTP_ACCESS_INSPECT_TOKEN, inspect_authorize},
    {HTTP_ACCESS_DASHBOARD, dashboard_authorize},
};

static int
on_authorize_cb(void *arg, const struct http_route *route, struct http_req *req)
{
	for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
		if (classes[i].access == route->access)
			return classes[i].authorize(arg, req);
	}
	return -EACCES;
}

/* Anybody may cause these lines: a few in a row are enough to see him. */
static bool
may_warn(struct app *app)
{
	int64_t now = clock_mono_ms(app->clock);
	struct app_warnings *warnings = &app->http_warnings;

	if (now - warnings->since_ms >= WARNINGS_MS) {
		if (warnings->count > WARNINGS_MAX)
			log_warn(NULL, "http: and %u refusals more in %d s",
			    warnings->count - WARNINGS_MAX, WARNINGS_MS / 1000);
		warnings->since_ms = now;
		warnings->count = 0;
	}
	return warnings->count++ < WARNINGS_MAX;
}

/* The dashboard's are people's; what matched nothing may be a machine's. */
static bool
is_machines(const struct http_result *result)
{
	for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
		if (result->route == routes[i].path)
			return routes[i].access != HTTP_ACCESS_DASHBOARD;
	}
	return true;
}

/* The route, never the path: that may hold a token. */
static void
on_result_cb(void *arg, const struct http_result *result)
{
	struct app *app = arg;

	if (is_machines(result))
		recorder_http(app->recorder, result);
	if ((result->status == 403 || result->status >= 500) && may_warn(arg))
		log_warn(NULL, "http: %s %s: %d", result->peer,
		    result->route == NULL ? "-" : result->route,
		    result->status);
	else
		log_debug(NULL, "http: %s %s: %d, %llu bytes, %lld ms",
		    result->peer, result->route == NULL ? "-" : result->route,
		    result->status, (unsigned long long)result->bytes,
		    (long long)result->ms);
}

int
web_open(struct app *app, struct err *err)
{
	struct httpd_config config = {
	    .routes = routes,
	    .route_count = sizeof routes / sizeof routes[0],
	    .arg = app,
	    .authorize = on_authorize_cb,
	    .on_result = on_result_cb,
	};

	app->httpd = httpd_new(app->loop, &config, err);
	if (app->httpd == NULL)
		return -EINVAL;
	return httpd_listen(app->httpd, app->args->http_fd, err);
}

void
web_close(struct app *app)
{
	if (app->httpd != NULL)
		httpd_free(app->httpd);
}
