/*
 * What is ordered of nodes: the list is resolved, shown and asked about first,
 * and the names are what is sent, so that a pattern that comes to match more in
 * the meantime orders nothing more.
 */
#ifndef CONVECT_CTL_ORDER_H
#define CONVECT_CTL_ORDER_H

#include "ctl/ctl.h"

struct order {
	const char *command; /* the daemon's name of it */
	/* "Release", before "this node" or "these nodes"; NULL: does no harm,
	 * so nobody is asked. */
	const char *question;
	const char *consequence; /* the rest of the question */
	int reason_flag;	 /* of the command's own; -1: it has none */
	int wait_flag;
};

/* Orders it of the nodes of the first word. Returns an exit code. */
int order_run(struct ctl *ctl, const struct order *order);

#endif
