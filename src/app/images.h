/*
 * The images that can be booted: what is published below <state>/files/images,
 * read at start and after each import. A directory without a good image.yaml,
 * or without the files that it names in their sizes, is left out and told
 * about once.
 */
#ifndef CONVECT_APP_IMAGES_H
#define CONVECT_APP_IMAGES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "core/image.h"

#define IMAGES_MAX 256

struct images {
	struct image *list; /* by name */
	size_t count;
	uint64_t version; /* changes with each images_scan() */
};

/* Replaces the list. A missing directory is an empty list. */
int images_scan(struct images *images, const char *path, struct err *err);
void images_done(struct images *images);
const struct image *images_find(const struct images *images, const char *name);

#endif
