/*
 * Ubuntu's releases as their installers and cloud-inits differ: in one table,
 * which the kernel line, the templates and `check` read. A point release has
 * its own row where its ISO brings an installer that knows more. Pure.
 */
#ifndef CONVECT_CORE_RELEASE_H
#define CONVECT_CORE_RELEASE_H

#include <stdbool.h>

#include "inventory/value.h"

struct release {
	const char *version; /* of the first ISO that the row is for */
	const char *name;    /* "noble" */
	/*
	 * Of the first ISO: what was deprecated later may well be the only form
	 * that it knows.
	 */
	const char *cloud_init;
	const char *seed; /* how cloud-init spells a seed on the network */
	int installer;	  /* year and month of the installer on the ISO */
};

/* The row for "24.04.2" or "noble"; NULL when there is none. */
const struct release *release_find(const char *version);
/*
 * The same for an image: by its version, else by its release; what neither
 * finds is taken for the newest.
 */
const struct release *release_of_image(const char *version, const char *name);

/*
 * Whether the release's installer knows something that the first one did not:
 * a key of the autoinstall section ("timezone") or another name of the table in
 * release.c ("storage.swap"). Names that are not in the table are known to all.
 */
bool release_knows(const struct release *release, const char *what);
/* "22.04.4" or so: the next one, from `release` on, whose installer knows it.
 */
const char *release_next_with(const struct release *release, const char *what);
/* All names of the table that it knows: a new list, the caller's. */
struct value release_known(const struct release *release);

#endif
