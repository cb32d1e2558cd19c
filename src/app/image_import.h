/*
 * Brings boot images and artifacts into their stores, checks them and removes
 * them. This is a
 * worker process of its own (role `image-import`), because hashing and
 * extracting gigabytes must not stand beside a DHCP answer: the engine starts
 * it, writes one job to its standard input and reads progress lines from its
 * standard output. It knows nothing of nodes, sockets or the database.
 *
 * The store, <state>/files/images:
 *   NAME/{vmlinuz,initrd,NAME.iso,image.yaml}   published, never changed again
 *   .new.tmp/, .old.tmp/                        being written or removed, or
 *                                               left by a crash: the next job
 *                                               removes them
 *   .downloads/KEY.{part,meta}                  broken downloads, resumed by
 *                                               the next add of the same URL
 *   .lock                                       held while a job runs
 *
 * The artifacts' store, <state>/files/artifacts, has plain files instead of
 * the images' directories, and
 *   MANIFEST                                    core/manifest.h
 *   .checked                                    what was read, and its sum
 *
 * Whoever lists the store leaves out names that begin with a dot.
 *
 * Progress lines are those of ctl/client.h: {"phase":P,"bytes":N,"total":N},
 * {"phase":"note","text":T}, then one of {"type":"data","data":{...}} and
 * {"type":"error","text":T,"hint":H}. The engine passes them on as they are,
 * adding "type":"progress" where there is none.
 */
#ifndef CONVECT_APP_IMAGE_IMPORT_H
#define CONVECT_APP_IMAGE_IMPORT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/* An ISO, kernel or initrd above this is refused. */
#define IMAGE_BYTES_MAX (INT64_C(32) << 30)

enum image_op {
	IMAGE_OP_ADD = 1, /* from iso_fd, url, or kernel_fd and initrd_fd */
	IMAGE_OP_VERIFY,  /* name NULL: every image */
	IMAGE_OP_REMOVE,  /* the engine has asked whether a node needs it */
	/* Of the artifacts' store. */
	IMAGE_OP_ARTIFACT_ADD,	  /* from iso_fd or url */
	IMAGE_OP_ARTIFACT_FETCH,  /* what the list in iso_fd names */
	IMAGE_OP_ARTIFACT_VERIFY, /* name NULL: all */
	IMAGE_OP_ARTIFACT_REMOVE,
};

/* Descriptors are -1 where there is none; strings NULL. All borrowed. */
struct image_import_job {
	enum image_op op;
	const char *name; /* NULL: made from the release, ubuntu-24.04.1 */
	const char *url;
	const char *sha256;	 /* of the ISO, 64 hex digits */
	const char *kernel_args; /* instead of the release's own */
	bool inspect;		 /* kernel and initrd are an inspection */
	const char *file;	 /* what iso_fd is called, for messages */
	const char *kind;	 /* of an artifact; these three: NULL: */
	const char *arch;	 /* guessed from its name, or not known */
	const char *version;
	bool changed; /* verify: only what was touched since the last time */
	int store_fd; /* the store's directory */
	int iso_fd;   /* the ISO, the artifact or the list */
	int kernel_fd;
	int initrd_fd;
};

void image_import_job_init(struct image_import_job *job);

/*
 * The engine's side: checks what can be checked without I/O (-EINVAL, err
 * says what the operator gave wrong) and appends the job as one JSON line.
 * The worker's descriptors have the numbers that the job gives.
 */
int image_import_job_write(
    const struct image_import_job *job, struct buf *out, struct err *err);

/* Does the job; progress lines go to progress_fd. 0 or a negative errno. */
int image_import_run(const struct image_import_job *job, int progress_fd);

/* The role's whole life: a job from job_fd, its run. Returns the exit code. */
int image_import_main(int job_fd, int progress_fd);

#endif
