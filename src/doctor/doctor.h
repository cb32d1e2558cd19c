/*
 * `convect-pxectl doctor`: looks at this host and its networks as an operator
 * would who wonders why a machine does not boot, with or without a running
 * daemon, as root or as anybody. What it finds goes to core/finding.h's list;
 * how that is shown is the caller's.
 *
 * It changes nothing: no lease is taken, no event is made, what it writes to
 * the disk is gone when it ends.
 */
#ifndef CONVECT_DOCTOR_DOCTOR_H
#define CONVECT_DOCTOR_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hwaddr.h"
#include "core/finding.h"
#include "inventory/value.h"

struct doctor_spec {
	/* To look at; none: those that the daemon serves. */
	const char *const *interfaces;
	size_t interface_count;
	int64_t wait_ms;	 /* to listen for DHCP answers */
	const char *config_file; /* the daemon's --config; NULL: none */
	const char *state_dir;	 /* NULL: the daemon's, or the default */
	struct value info;	 /* the daemon's; undefined: none answers */
	bool daemon_denied;	 /* one is there but does not talk to us */
	/* What is looked at next, for people who wait. */
	void (*on_step)(void *arg, const char *what);
	/* Asks the daemon to answer that MAC; 0 or a negative errno. */
	int (*expect_probe)(void *arg, const struct hwaddr *mac);
	void *arg;
};

/*
 * The inventories that a --config file names: a list of paths, the caller's;
 * empty when there are none or it can not be read.
 */
struct value doctor_config_inventory(const char *config_file);

void doctor_run(const struct doctor_spec *spec, struct findings *findings);

#endif
