/*
 * Gives up what a role does not need, for good: groups, user, capabilities
 * and the bounding set, dumps, new privileges; and ties its life to the
 * parent's.
 */
#ifndef CONVECT_DAEMON_SANDBOX_H
#define CONVECT_DAEMON_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

struct sandbox {
	const char *user; /* for its groups */
	uid_t uid;
	gid_t gid;
	const char *chroot; /* NULL: none */
	pid_t parent;	    /* we die with it */
	uint64_t files_max; /* open descriptors */
	bool no_children;
};

/* A negative errno and err when any step fails: do not go on then. */
int sandbox_enter(const struct sandbox *sandbox, struct err *err);

/*
 * SIGKILL when the parent is gone; -ESRCH when it is gone already. Changing
 * the user takes it back, so call it after that.
 */
int sandbox_die_with(pid_t parent);
/* Takes every capability but those of the mask out of the bounding set. */
int sandbox_limit_capabilities(uint64_t keep);

#endif
