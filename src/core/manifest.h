/*
 * The MANIFEST of the artifacts that are served to nodes: a line a file, in
 * the order of the names, with blanks between the fields and '-' for what is
 * not known, so that a shell reads it by `read -r`:
 *
 *   SHA256 SIZE NAME KIND ARCH VERSION URL
 *
 * Also the list that `fetch` takes: an URL a line, then what is known of it as
 * KEY=VALUE, with '#' before a comment. Reads no files: text comes in.
 */
#ifndef CONVECT_CORE_MANIFEST_H
#define CONVECT_CORE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "core/sha256sums.h"

#define MANIFEST_FILE "MANIFEST"
#define MANIFEST_COUNT_MAX 4096
#define MANIFEST_MAX (4u << 20) /* bytes of the file */

struct artifact {
	char name[128]; /* one segment of a path and of an URL */
	uint64_t size;
	char sha256[SHA256_HEXLEN]; /* "" in a list: not known */
	char kind[16];		    /* "deb", "images", ..; "": not known */
	char arch[16];		    /* "amd64", "all"; "": not known */
	char version[64];
	char url[512];	/* where it came from; "": a file */
	char sums[128]; /* list only: file beside the URL with its sum */
};

struct manifest {
	struct artifact *list; /* by name */
	size_t count;
};

/* `file` is for messages. -EBADMSG with its line; *ret_manifest is to be
 * freed by manifest_done(). */
int manifest_parse(const char *text, size_t len, const char *file,
    struct manifest *ret_manifest, struct err *err);
void manifest_write(const struct manifest *manifest, struct buf *out);
void manifest_done(struct manifest *manifest);
struct artifact *manifest_find(
    const struct manifest *manifest, const char *name);
/* Adds it or takes the place of the one of its name. -E2BIG. */
int manifest_put(struct manifest *manifest, const struct artifact *artifact,
    struct err *err);
/* Whether there was one. */
bool manifest_drop(struct manifest *manifest, const char *name);

/* A name that may be one segment of a path and of an URL; -EBADMSG. Besides
 * letters and digits it may hold "._-+~", as packages' names do. */
int artifact_check_name(const char *name, struct err *err);
/* Checks kind, arch, version and URL: no blanks or control bytes. -EBADMSG */
int artifact_check(const struct artifact *artifact, struct err *err);
/* Fills kind and arch from the name where they are not known. */
void artifact_guess(struct artifact *artifact);

/*
 * One line of a list. 1: *ret_artifact is filled, its name from the URL unless
 * given; 0: a blank line or a comment. -EBADMSG: err has no place yet.
 *
 *   https://host/path/k3s sha256=HEX name=N kind=K arch=A version=V sums=FILE
 */
int artifact_parse_line(
    const char *text, struct artifact *ret_artifact, struct err *err);

#endif
