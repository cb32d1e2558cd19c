/*
 * The first-stage loaders that in.tftpd (and /loaders/ over HTTP) hands out:
 * taken from the distribution's iPXE package into <state>/files/loaders, so
 * that a chroot holds them and nothing else. Which there are, and for whom,
 * is wire/pxe.h's table. One that is there already and that no package has
 * (an operator's own build) is served as it is.
 */
#ifndef CONVECT_DAEMON_LOADERS_H
#define CONVECT_DAEMON_LOADERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "wire/pxe.h"

/* Where the packages of Debian and Ubuntu put them. */
#define LOADERS_SOURCE_DIR "/usr/lib/ipxe"

struct loader_set {
	bool present[PXE_LOADER_COUNT];
};

/*
 * Copies what differs, atomically, as mode 0644 and the caller's. `root` is
 * put before each source ("" outside of tests). A loader of a package that is
 * not installed is a warning in the log; -ENOENT with a hint when there is
 * none at all.
 */
int loaders_assemble(const char *root, const char *dir,
    struct loader_set *ret_set, struct err *err);

#endif
