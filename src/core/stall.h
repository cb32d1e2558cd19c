/*
 * Machines that died without a word: how long each step of an install may last
 * without news, and what is likely when it lasts longer. Not a failure: any
 * sign of life ends it.
 *
 * One table from the last evidence (core/node.h) to limit, cause and advice.
 * Knows nothing of inventories and clocks.
 */
#ifndef CONVECT_CORE_STALL_H
#define CONVECT_CORE_STALL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/node.h"

struct stall {
	enum node_evidence evidence; /* the last thing that was seen */
	const char *seen;	     /* that in words; static */
	int64_t since_ms;	     /* when the machine was heard last */
	int64_t limit_ms;	     /* what it may take */
	char cause[384];	     /* what is likely, the likeliest first */
	const char *advice;	     /* what to do; static */
};

/*
 * True when the node has been silent for longer than what it does takes,
 * `factor` times (1 and more). ret_stall may be NULL.
 */
bool stall_find(const struct node *node, int64_t now_ms, int64_t factor,
    struct stall *ret_stall);

/* "kernel and initrd were fetched, no ISO: cause; advice" */
void stall_describe(const struct stall *stall, struct buf *out);

#endif
