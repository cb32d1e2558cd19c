/*
 * The flight recorder: tells core/flight.h what passes between us and each
 * machine, in the machine's track: that of its node, or of its MAC while no
 * inventory names it. It is all in memory and gone with the engine; what must
 * last is an event. Tokens never get here in clear.
 */
#ifndef CONVECT_APP_RECORDER_H
#define CONVECT_APP_RECORDER_H

#include "app/proxydhcp.h"
#include "core/flight.h"
#include "core/policy.h"
#include "inventory/inventory.h"
#include "net/filesrv_report.h"
#include "net/httpd.h"

#define RECORDER_TRACK_SIZE 256

struct app;
struct recorder;

struct recorder *recorder_new(struct app *app);
void recorder_free(struct recorder *recorder); /* NULL is fine */
/* All that is recorded, valid until more is. */
const struct flight *recorder_read(struct recorder *recorder);

/* After each entry that is new, or has come so often that it is news again. */
typedef void recorder_cb(
    void *arg, const char *track, const struct flight_entry *entry);
void recorder_listen(struct recorder *recorder, recorder_cb *cb, void *arg);

/* The track of a machine: the node's name, else the MAC as text. */
struct recorder_track {
	char name[RECORDER_TRACK_SIZE];
	enum flight_pool pool;
};
void recorder_track_mac(struct app *app, const struct hwaddr *mac,
    struct recorder_track *ret_track);
void recorder_track_node(const char *node, struct recorder_track *ret_track);

/* A DHCP message, what the policy said to it, and the reply. */
void recorder_dhcp(
    struct recorder *recorder, const struct proxydhcp_trace *trace);
/* What the policy said of a host at a later stage. */
void recorder_decision(struct recorder *recorder, const char *node,
    enum ask_stage stage, const struct decision *decision);
/* A request on the engine's port, whose tag is a node's name or a MAC. */
void recorder_http(struct recorder *recorder, const struct http_result *result);
/* What in.tftpd was asked for; `why` is NULL or why it was refused. */
void recorder_tftp(struct recorder *recorder,
    const struct recorder_track *track, const char *peer, const char *file,
    const char *why);
void recorder_file(struct recorder *recorder,
    const struct recorder_track *track, const struct filesrv_report *report);

#endif
