/*
 * How far a machine is that fetches its image: kernel, initrd and ISO, one
 * after the other, from what the files workers tell while they send. Pure
 * bookkeeping of one attempt; nothing of it is kept.
 *
 * The percentage is of all the image's files together and never falls in an
 * attempt, whatever is begun again or told out of order.
 */
#ifndef CONVECT_CORE_TRANSFER_H
#define CONVECT_CORE_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/image.h"

enum transfer_file {
	TRANSFER_KERNEL,
	TRANSFER_INITRD,
	TRANSFER_ISO,
	TRANSFER_FILES
};

enum transfer_state {
	TRANSFER_NONE,
	TRANSFER_RUNNING,
	TRANSFER_DONE,	/* that file, completely */
	TRANSFER_BROKEN /* it broke off, and nothing was begun since */
};

/* What a worker says; `id` tells its transfers apart. */
struct transfer_news {
	uint64_t id;
	enum transfer_file file;
	uint64_t offset; /* of the range asked for */
	uint64_t length; /* of it */
	uint64_t bytes;	 /* of it that were sent */
	int64_t ms;	 /* since it was asked for */
	bool running;
	bool complete;
};

struct transfer {
	uint64_t sizes[TRANSFER_FILES];
	uint64_t done[TRANSFER_FILES]; /* most of each, in this attempt */
	enum transfer_state state;
	enum transfer_file file;
	uint64_t id;
	uint64_t begin; /* where in the file the range begins */
	uint64_t bytes;
	uint64_t length;
	uint64_t rate; /* bytes a second */
	int64_t ms;
	int64_t told_ms;  /* when the last news came; monotonic */
	unsigned percent; /* 0..100 */
	unsigned breaks;  /* that broke off in this attempt */
};

/* A new attempt. */
void transfer_init(struct transfer *transfer);
/* Which of the image's files that is; -ENOENT: none. */
int transfer_find(
    const struct image *image, const char *name, enum transfer_file *ret_file);
/* News of one of the image's files. `now_ms` is monotonic. */
void transfer_apply(struct transfer *transfer, const struct image *image,
    const struct transfer_news *news, int64_t now_ms);
/*
 * Seconds until all that is left of the image is there; -1: nobody can say.
 * Of a transfer that nothing was heard of for a while, too.
 */
int64_t transfer_eta(const struct transfer *transfer, int64_t now_ms);
/* "kernel", "initrd", "iso"; "running", "done", "broken". */
const char *transfer_file_name(enum transfer_file file);
const char *transfer_state_name(enum transfer_state state);

#endif
