/*
 * Inside the image import: what its files share. See image_import.h.
 */
#ifndef CONVECT_APP_IMAGE_WORK_H
#define CONVECT_APP_IMAGE_WORK_H

#include <jansson.h>
#include <stdint.h>

#include "app/image_import.h"
#include "base/buf.h"
#include "base/err.h"
#include "core/image.h"
#include "core/manifest.h"
#include "core/sha256sums.h"

#define IMAGE_NEW_DIR ".new.tmp"
#define IMAGE_OLD_DIR ".old.tmp"
#define IMAGE_DOWNLOADS_DIR ".downloads"
#define IMAGE_LOCK_FILE ".lock"
#define IMAGE_YAML "image.yaml"
#define IMAGE_CHUNK ((size_t)256 * 1024)

/* ---- image_progress.c: the lines that the engine reads ------------------ */

struct image_progress {
	int fd;
	const char *phase; /* of the last line; NULL: none yet */
	const char *image; /* or artifact, named in the lines; NULL: none */
	int64_t last_ms;
};

void image_progress_init(struct image_progress *progress, int fd);
/* At most five lines a second, and each phase's first. total 0: unknown. */
void image_progress_step(struct image_progress *progress, const char *phase,
    int64_t bytes, int64_t total);
void image_progress_note(struct image_progress *progress, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Takes the reference. */
void image_progress_data(struct image_progress *progress, json_t *data);
void image_progress_error(
    struct image_progress *progress, const struct err *err);

/* ---- image_spec.c ------------------------------------------------------- */

/* A job as image_import_job_write() made it; *ret_root owns its strings. */
int image_job_read(int fd, struct image_import_job *ret_job, json_t **ret_root,
    struct err *err);

/* ---- image_copy.c ------------------------------------------------------- */

/*
 * Copies a whole file to a new one in dirfd, and says its size and sum.
 * -ENOSPC with the reason and what to do.
 */
struct image_copy {
	struct image_progress *progress;
	int from;
	int dirfd;
	const char *name;
};
int image_copy_file(const struct image_copy *copy, struct image_file *ret_file,
    struct err *err);
/* Reads a whole file for its size and sum. */
int image_hash_file(struct image_progress *progress, int fd,
    struct image_file *ret_file, struct err *err);
/* -ENOSPC when the store's file system has no room for `bytes` more. */
int image_check_space(int dirfd, int64_t bytes, struct err *err);
/* The text of a failed write; ENOSPC says what to do. */
int image_write_error(struct err *err, const char *name, int error);
/* -EBADMSG when `want`, if any is known, is not its sum. `what` it is. */
int image_check_sum(const struct image_file *file, const char *want,
    const char *what, struct err *err);
/* Opens a directory of the store, made when it is not there. */
int image_open_dir(
    int store_fd, const char *name, int *ret_fd, struct err *err);
/* Writes all or returns a negative errno. */
int image_write_all(int fd, const void *data, size_t len);

/* ---- image_iso.c -------------------------------------------------------- */

/*
 * What an Ubuntu live-server ISO says of itself, with its kernel and initrd
 * written into dirfd as "vmlinuz" and "initrd".
 */
struct image_iso {
	struct image_file kernel;
	struct image_file initrd;
	char version[32]; /* "24.04.1" */
	char arch[16];	  /* "amd64" */
};
/* dirfd -1: only the facts. -EBADMSG: not such an ISO, or a truncated one. */
int image_iso_read(int fd, int dirfd, struct image_progress *progress,
    struct image_iso *ret_iso, struct err *err);
/* 'Ubuntu-Server 24.04.1 LTS "Noble Numbat" - Release amd64 (20240827)'. */
int image_iso_parse_info(
    const char *text, struct image_iso *ret_iso, struct err *err);

/* ---- image_fetch.c ------------------------------------------------------ */

struct image_fetch {
	struct image_progress *progress;
	int dirfd; /* .downloads */
	const char *url;
	char key[33];		    /* of it and what is known of it */
	char part[64];		    /* its name in dirfd */
	char sha256[SHA256_HEXLEN]; /* "" when none is known */
	const char *sums;	    /* the file beside it with its sum */
};
/* No dirfd and no sum yet. `url` is borrowed. */
void image_fetch_init(struct image_fetch *fetch,
    struct image_progress *progress, const char *url);
/* Looks for the sum beside the URL when none is given. */
int image_fetch_sum(struct image_fetch *fetch, struct err *err);
/*
 * Downloads, going on where an earlier attempt stopped. *ret_fd is open for
 * reading. On failure the part stays for the next attempt.
 */
int image_fetch_file(struct image_fetch *fetch, int *ret_fd, struct err *err);
/*
 * Both, into the store's directory of downloads; `sha256` is the sum that was
 * given, or NULL.
 */
int image_fetch_into(struct image_fetch *fetch, int store_fd,
    const char *sha256, int *ret_fd, struct err *err);
/* Forgets the part, when it is in the store or worthless. */
void image_fetch_forget(const struct image_fetch *fetch);

/* ---- artifact_add.c, artifact_fetch.c, artifact_keep.c ------------------- */

int artifact_add(const struct image_import_job *job,
    struct image_progress *progress, struct err *err);
int artifact_fetch(const struct image_import_job *job,
    struct image_progress *progress, struct err *err);
int artifact_verify(const struct image_import_job *job,
    struct image_progress *progress, struct err *err);
int artifact_remove(const struct image_import_job *job,
    struct image_progress *progress, struct err *err);
/*
 * Gets what artifact->url names into the store, in the place of what has its
 * name. A file that has not the sum that is known is fetched once more, from
 * its beginning.
 */
int artifact_get(const struct image_import_job *job,
    struct image_progress *progress, struct artifact *artifact,
    struct err *err);

/* ---- image_add.c, image_keep.c ------------------------------------------ */

/* These put out their data line themselves. */
int image_add(const struct image_import_job *job,
    struct image_progress *progress, struct err *err);
int image_verify(const struct image_import_job *job,
    struct image_progress *progress, struct err *err);
int image_remove(const struct image_import_job *job,
    struct image_progress *progress, struct err *err);
/* Removes a directory of plain files; one that is not there is fine. */
int image_remove_dir(int store_fd, const char *name, struct err *err);
/* Reads NAME/image.yaml. -ENOENT: no such image. */
int image_load(
    int store_fd, const char *name, struct image *ret_image, struct err *err);
/* What image-list and image-add say of an image (ctl/client.h). */
json_t *image_json(const struct image *image);

#endif
