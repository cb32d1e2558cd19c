/*
 * The first-stage loaders that in.tftpd (and /loaders/ over HTTP) hands out:
 * taken from the distribution's iPXE package into <state>/files/loaders, so
 * that a chroot holds them and nothing else.
 */
#ifndef CONVECT_DAEMON_LOADERS_H
#define CONVECT_DAEMON_LOADERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define LOADERS_MAX 16

struct loader {
	const char *name;    /* below the tree, and in boot file names */
	const char *source;  /* where the distribution puts it */
	const char *package; /* Debian's and Ubuntu's name of the package */
	const char *client;  /* who boots it, for messages */
};

/* The table; ends with a NULL name. */
extern const struct loader loader_table[];

struct loader_set {
	bool present[LOADERS_MAX]; /* by index in loader_table */
};

/*
 * Copies what differs, atomically, as root's with mode 0644. `root` is put
 * before each source ("" outside of tests). A loader that is not installed is
 * a line in the log; -ENOENT with a hint when none of them is.
 */
int loaders_assemble(const char *root, const char *dir,
    struct loader_set *ret_set, struct err *err);
bool loaders_has(const struct loader_set *set, const char *name);

#endif
