/*
 * Machines that no inventory names, where the operator wants to hear of them:
 * who is taken in, who waits now, and who is forgotten again. Such a machine
 * is a node under its MAC, in phase `discovered`, until the inventory names it.
 *
 * Anybody on the network can make machines up, so their number has a ceiling,
 * each address brings few new ones, and who is not seen for a week goes. What
 * they boot is policy_decide()'s to say.
 */
#ifndef CONVECT_APP_ENROLL_H
#define CONVECT_APP_ENROLL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/hwaddr.h"
#include "core/node.h"

struct app;

#define ENROLL_MAX 256		/* that wait to be accepted */
#define ENROLL_IGNORED_MAX 1024 /* that the operator does not want to see */
#define ENROLL_KEEP_MS (INT64_C(7) * 24 * 3600 * 1000)
/* Waiting machines ask every ENROLL_POLL_S; after a minute one has gone. */
#define ENROLL_POLL_S 10
#define ENROLL_GONE_MS 60000

void enroll_open(struct app *app);
void enroll_close(struct app *app);

/*
 * May a machine that is no node yet become one? Makes room by forgetting the
 * one that was seen least recently, if it has gone. False is told in the log.
 */
bool enroll_admit(struct app *app, const char *address);
/* It asked just now; called often, costs no event. */
void enroll_touch(
    struct app *app, const struct hwaddr *mac, const char *address);
/* Unix time; of this run's requests and, before them, of its events. */
int64_t enroll_last_seen(struct app *app, const struct node *node);
bool enroll_is_waiting(struct app *app, const struct node *node);

/*
 * The machine of that MAC, serial number or UUID, if it is the only one. NULL:
 * there is none (*ret_count 0), or there are more.
 */
const struct node *enroll_find(
    struct app *app, const char *text, unsigned *ret_count);

/* Forgets those that the inventory names by now, and the long unseen. */
void enroll_sweep(struct app *app);

#endif
