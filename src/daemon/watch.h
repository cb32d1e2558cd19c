/*
 * Notices that the files of the frozen table have changed: inotify watches on
 * their directories (editors replace a file by another of its name), on
 * whatever link leads to them, and on the place where a tree may come back.
 *
 * A change is due when nothing more has happened for a moment; then
 * watch_trees() looks again at what there is. Nothing is read here.
 */
#ifndef CONVECT_DAEMON_WATCH_H
#define CONVECT_DAEMON_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/privtrees.h"
#include "base/err.h"

#define WATCH_QUIET_MS 300 /* after the last event of a change */
#define WATCH_LATE_MS 3000 /* after its first, whatever goes on */
#define WATCH_MAX 8192	   /* directories; beyond: -E2BIG, SIGHUP is left */

/* One name in a directory, or all of them. */
struct watch_entry {
	int wd;
	char *dir;
	char *name; /* NULL: all but hidden ones and editors' backups */
};

struct watch {
	int fd; /* inotify; -1: nothing is watched */
	struct watch_entry *entry;
	size_t count;
	size_t cap;
	int64_t first_ms; /* of the change that is coming in; 0: none */
	int64_t last_ms;
};

void watch_init(struct watch *watch);
void watch_done(struct watch *watch);

/*
 * Watches all of the trees, and nothing else any more. A tree that is not
 * there is waited for. Other errors: what can be watched is, err has the first
 * reason.
 */
int watch_trees(
    struct watch *watch, const struct priv_trees *trees, struct err *err);

/* Takes what the descriptor has. */
void watch_handle(struct watch *watch, int64_t now_ms);
/* When watch_is_due() will be true; INT64_MAX: there is no change. */
int64_t watch_due(const struct watch *watch);
/* True once for each change. */
bool watch_is_due(struct watch *watch, int64_t now_ms);

#endif
