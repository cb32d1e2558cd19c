/*
 * The artifacts' store, <state>/files/artifacts: its MANIFEST, and what was
 * last read of each file, so that a file is hashed when it is new or was
 * touched and never when it is served. Both the engine, which lists them, and
 * the import worker, which changes them, use it.
 */
#ifndef CONVECT_APP_ARTIFACTS_H
#define CONVECT_APP_ARTIFACTS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "core/manifest.h"

struct artifact_check {
	char name[sizeof((struct artifact *)0)->name];
	char sha256[SHA256_HEXLEN];
	uint64_t inode;
	uint64_t size;
	int64_t mtime_ns;
};

struct artifact_checks {
	struct artifact_check *list;
	size_t count;
};

enum artifact_state {
	ARTIFACT_GOOD,
	ARTIFACT_UNCHECKED, /* touched since it was read */
	ARTIFACT_MISSING,
	ARTIFACT_DAMAGED, /* its size or its sum is another one */
};

const char *artifact_state_name(enum artifact_state state);
enum artifact_state artifact_state(int store_fd,
    const struct artifact *artifact, const struct artifact_checks *checks);

/* No file is an empty one. The manifest's errors name the file. */
int artifact_manifest_load(
    int store_fd, struct manifest *ret_manifest, struct err *err);
int artifact_manifest_save(
    int store_fd, const struct manifest *manifest, struct err *err);

/* What can not be read was never checked. */
void artifact_checks_load(int store_fd, struct artifact_checks *ret_checks);
/* Only those of files that the manifest names. */
int artifact_checks_save(int store_fd, const struct manifest *manifest,
    const struct artifact_checks *checks, struct err *err);
/* The file that is open as fd has that sum now. */
void artifact_checks_put(struct artifact_checks *checks, const char *name,
    int fd, const char *sha256);
void artifact_checks_done(struct artifact_checks *checks);

/* What artifact-list says of one (ctl/client.h). */
json_t *artifact_json(const struct artifact *artifact);

/* All of them with their state, from the state directory; NULL with err. */
json_t *artifacts_list(const char *state_dir, struct err *err);

#endif
