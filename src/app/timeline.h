/*
 * The `timeline` command: what the flight recorder has of one machine and its
 * durable events, in the order of time; with "follow" what comes. Of an
 * earlier run of the engine only the events are left.
 */
#ifndef CONVECT_APP_TIMELINE_H
#define CONVECT_APP_TIMELINE_H

#include "app/timeline_json.h"
#include "base/err.h"
#include "base/hwaddr.h"
#include "core/event.h"
#include "net/ctlsock.h"

struct app;

/* The machine that a time line is of. */
struct timeline_of {
	char name[EVENT_NODE_SIZE]; /* the node, or "" */
	struct hwaddr mac;	    /* without a node */
};

/*
 * By node name or MAC, also a node that has left the inventory and a machine
 * that was never in it. -ENOENT with err: nothing is known of such a one.
 */
int timeline_find(struct app *app, const char *text, struct timeline_of *ret_of,
    struct err *err);

struct timeline_query {
	int64_t since_ms; /* 0: all */
	size_t events;	  /* the newest of them; 0: TIMELINE_EVENTS */
	bool packets;	  /* with their bytes */
};

#define TIMELINE_EVENTS 200

/* Entries by time, a list of maps as in ctl/client.h. */
struct value timeline_read(struct app *app, const struct timeline_of *of,
    const struct timeline_query *query);

/* The command's handler; `arg` is the struct app. */
void timeline_on_call(void *arg, struct ctl_call *call);
void timeline_publish(struct app *app, const struct event *event);
/* Listens to the recorder; timeline_stop() ends every call that follows. */
void timeline_start(struct app *app);
void timeline_stop(struct app *app);

#endif
