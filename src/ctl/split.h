/*
 * Work on many nodes, done by as many processes as there are processors. Each
 * has the whole site as it was at the fork and a range of the nodes; what it
 * finds comes back as a value. Knows nothing of nodes.
 */
#ifndef CONVECT_CTL_SPLIT_H
#define CONVECT_CTL_SPLIT_H

#include <stddef.h>

#include "inventory/value.h"

struct split {
	size_t count; /* of what is to be done */
	size_t least; /* for less than that a process is not worth it */
	unsigned processes_max; /* 0: as many as may run at once */
	/*
	 * Does [from, to) and returns a new value that JSON can hold. May run
	 * in a child: what else it changes is lost, and it prints nothing.
	 */
	struct value (*run)(void *arg, size_t from, size_t to);
	void *arg;
};

/*
 * A new list of what the ranges gave, in their order. A range whose process
 * could not be started or has died is done here.
 */
struct value split_run(const struct split *split);

#endif
