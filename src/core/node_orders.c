/* What operators, and the policy, order of a node. */
#include <string.h>

#include "core/node_private.h"

static uint64_t
highest_of(uint64_t one, uint64_t other)
{
	return one > other ? one : other;
}

void
node_apply_reinstall(struct node *node, const struct event *event)
{
	(void)event;
	if (node->want <= node->have)
		node->want = highest_of(node->have, node->withdrawn) + 1;
	node->attempts = 0;
	node->held = false;
	memset(node->hold_reason, 0, sizeof node->hold_reason);
	node->overwrite = true;
}

void
node_apply_hold(struct node *node, const struct event *event)
{
	node->held = true;
	node_put_text(
	    node->hold_reason, sizeof node->hold_reason, event->reason);
}

void
node_apply_release(struct node *node, const struct event *event)
{
	(void)event;
	node->held = false;
	memset(node->hold_reason, 0, sizeof node->hold_reason);
	node->attempts = 0;
}

void
node_apply_locked(struct node *node, const struct event *event)
{
	node->locked = true;
	node_put_text(
	    node->lock_reason, sizeof node->lock_reason, event->reason);
}

void
node_apply_unlocked(struct node *node, const struct event *event)
{
	(void)event;
	node->locked = false;
	memset(node->lock_reason, 0, sizeof node->lock_reason);
}

/* To where it was; an attempt before this one may have begun to write. */
static void
leave_install(struct node *node, const struct event *event)
{
	enum node_phase rest = node->rest;

	if (rest == NODE_NEW && node->have > 0)
		rest = NODE_INSTALLED;
	if (rest == NODE_INSTALLING)
		rest = NODE_FAILED;
	node_set_phase(node, rest, event);
	if (rest != NODE_FAILED)
		return;
	node_put_text(node->fail_code, sizeof node->fail_code, "cancelled");
	node_put_text(node->fail_evidence, sizeof node->fail_evidence,
	    "an attempt before may have left the disk half written");
}

/*
 * What is wanted by `reinstall`, and an install that is due by itself.
 * An installer that runs can not be stopped from here: its phase stays and its
 * callbacks are believed, but it gets no seed any more (policy).
 */
void
node_apply_cancelled(struct node *node, const struct event *event)
{
	uint64_t wanted = highest_of(node->want, node->have == 0 ? 1 : 0);

	/* By reinstall=always, which only the policy knows of. */
	if (event->generation == node->have + 1)
		wanted = highest_of(wanted, event->generation);
	if (wanted <= node->have)
		return;
	node->withdrawn = highest_of(node->withdrawn, wanted);
	if (node->want > node->have)
		node->want = node->have;
	node->overwrite = false;
	node->attempts = 0;
	if (node_is_before_install(node->phase))
		leave_install(node, event);
}
