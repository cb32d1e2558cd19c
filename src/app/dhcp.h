/*
 * Joins proxyDHCP to the node it answers for: sockets, the policy, and the
 * sightings that become events.
 */
#ifndef CONVECT_APP_DHCP_H
#define CONVECT_APP_DHCP_H

#include <stddef.h>
#include <stdint.h>

#include <stdbool.h>

#include "base/err.h"
#include "base/hwaddr.h"
#include "inventory/value.h"

struct app;
struct engine_args;

/* The interfaces that are named; 0: all are served. */
size_t dhcp_interface_names(const struct engine_args *args, const char **names);
int dhcp_open(struct app *app, struct err *err);
/* Writes the events that wait. */
void dhcp_flush(struct app *app);
void dhcp_close(struct app *app);
/*
 * Answers this MAC, which must be nobody's, as if it were to be installed,
 * without events: for doctor. Returns for how many milliseconds.
 */
int64_t dhcp_expect_probe(struct app *app, const struct hwaddr *mac);
/*
 * Why the node's machine got no answer when it asked last although it is to
 * boot (its loader is missing, ...), and a short name for that; without the
 * name, what is wrong although it got one. NULL: nothing, or the policy says
 * no, or it did not ask.
 */
const char *dhcp_problem(
    const struct app *app, const char *node, const char **ret_rule);
/* What came and what was answered: {"received", ..., "dropped": {...}}. */
struct value dhcp_counters(const struct app *app);
/*
 * As a DHCP server: the reserved addresses that others use, a list of
 * {"node","addr","mac"}.
 */
struct value dhcp_taken(const struct app *app);
/* A node has fetched its loader or, by GRUB, its kernel. */
void dhcp_saw_fetch(struct app *app, const char *node, bool kernel);
/*
 * Our address on the first interface that is served, as text; "127.0.0.1"
 * when there is none.
 */
const char *dhcp_own_address(struct app *app, char out[16]);

#endif
