#include "daemon/supervise.h"

#define FIRST_WAIT_MS 1000
#define FAILS_MAX 6 /* 2^6 s is past the ceiling */

void
supervise_init(struct supervise *child, int64_t now_ms)
{
	child->pid = 0;
	child->started_ms = 0;
	child->due_ms = now_ms;
	child->fails = 0;
}

void
supervise_started(struct supervise *child, pid_t pid, int64_t now_ms)
{
	child->pid = pid;
	child->started_ms = now_ms;
}

int64_t
supervise_ended(struct supervise *child, bool orderly, int64_t now_ms)
{
	int64_t ran = child->pid == 0 ? 0 : now_ms - child->started_ms;
	int64_t wait = 0;

	child->pid = 0;
	if (ran >= SUPERVISE_STEADY_MS)
		child->fails = 0;
	if (!orderly || ran < SUPERVISE_QUICK_MS) {
		wait = (int64_t)FIRST_WAIT_MS << child->fails;
		if (wait > SUPERVISE_WAIT_MAX_MS)
			wait = SUPERVISE_WAIT_MAX_MS;
		if (child->fails < FAILS_MAX)
			child->fails++;
	}
	child->due_ms = now_ms + wait;
	return wait;
}

bool
supervise_is_due(const struct supervise *child, int64_t now_ms)
{
	return child->pid == 0 && now_ms >= child->due_ms;
}
