/*
 * What the engine's parts share. Only src/app sees it; every part takes it as
 * its argument and there is one a process.
 */
#ifndef CONVECT_APP_APP_H
#define CONVECT_APP_APP_H

#include "app/engine.h"
#include "app/images.h"
#include "app/nodes.h"
#include "app/passwords.h"
#include "app/site.h"
#include "base/clock.h"
#include "base/salt.h"
#include "net/ctlsock.h"
#include "net/httpd.h"
#include "net/loop.h"
#include "net/sse.h"

struct app_cluster;
struct bootdisk;
struct cache_ask;
struct changes;
struct dashboard;
struct dhcp;
struct enroll;
struct follow_list;
struct image_job;
struct logs;
struct recorder;
struct sightings;
struct status_list;
struct timeline_follower;
struct transfers;

/* How often refusals have been told in the log, in one stretch of time. */
struct app_warnings {
	int64_t since_ms;
	unsigned count;
};

struct app {
	const struct engine_args *args;
	const struct clock *clock;
	struct loop *loop;
	struct site *site;
	struct images images;
	struct passwords passwords;
	char salt[SALT_SIZE]; /* of password_hash */
	struct nodes *nodes;
	struct app_cluster *cluster;
	struct logs *logs;
	struct dhcp *dhcp;
	struct bootdisk *bootdisk; /* NULL: no Secure Boot */
	struct enroll *enroll;
	struct httpd *httpd;
	struct app_warnings http_warnings;
	struct sse_hub *sse;
	struct ctlsock *ctl;
	struct dashboard *dashboard;
	/* The one that runs in each store, or NULL: app/image_job.h. */
	struct image_job *image_job;
	struct image_job *artifact_job;
	struct cache_ask *cache_ask; /* the one under way, or NULL */
	struct follow_list *followers;
	struct status_list *statuses;
	struct sightings *sightings;
	struct transfers *transfers;
	struct recorder *recorder;
	struct timeline_follower *timelines; /* those who look on */
	/* Looks at one host after the other in the background. */
	struct loop_timer *check_timer;
	size_t check_next;
	struct changes *changes; /* of a reload, while it is compared */
	int64_t started_ms;
};

/* After a change of the site or of the images: looks at every host again. */
void app_check_again(struct app *app);

#endif
