/*
 * Images: what image.yaml says about a kernel, an initrd and perhaps an ISO,
 * which of them a node boots, and the kernel arguments that its release needs.
 *
 * image.yaml, written by `image add` beside the files that it names:
 *
 *   name: ubuntu-24.04
 *   kind: autoinstall          # or live: kernel and initrd are all there is;
 *                              # or inspect: for machines not yet known
 *   release: noble             # autoinstall only
 *   version: 24.04.2
 *   arch: amd64
 *   kernel: {file: vmlinuz, size: 14928264, sha256: ..}
 *   initrd: {file: initrd, size: .., sha256: ..}
 *   iso: {file: NAME.iso, size: .., sha256: ..}      # autoinstall only
 *   kernel_args: ..            # a template; overrides the release's own line
 *
 * Reads no files: text comes in, structs go out.
 */
#ifndef CONVECT_CORE_IMAGE_H
#define CONVECT_CORE_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define IMAGE_YAML_MAX 65536

enum image_kind {
	IMAGE_AUTOINSTALL, /* an Ubuntu live-server ISO */
	IMAGE_LIVE,	   /* kernel and initrd that run by themselves */
	IMAGE_INSPECT,	   /* the same, to look at unknown machines' hardware */
	IMAGE_KINDS
};

struct image_file {
	char file[128]; /* one path segment; "" when there is none */
	uint64_t size;
	char sha256[65];
};

struct image {
	char name[64];
	enum image_kind kind;
	char release[32]; /* "focal", "noble"; "" when not known */
	char version[32]; /* "24.04.2" */
	char arch[16];	  /* "amd64", "arm64" */
	struct image_file kernel;
	struct image_file initrd;
	struct image_file iso;
	char kernel_args[1024]; /* template text; "" means the release's */
};

/* `file` is for messages. -EBADMSG with file:line:column and a hint. */
int image_parse(const char *text, size_t len, const char *file,
    struct image *ret_image, struct err *err);
/* The text that image_parse() reads. */
void image_write(const struct image *image, struct buf *out);

/* A name or a file name that may be a path segment and an URL segment. */
int image_check_name(const char *name, struct err *err);

const char *image_kind_name(enum image_kind kind);

/*
 * What templates are tried with while there is no image yet: Ubuntu's newest
 * known release, from files that do not exist.
 */
void image_placeholder(struct image *ret_image);

/*
 * The node's image: the one that is named; when `name` is NULL or "", the only
 * one. Those of kind inspect are for nobody. -ENOENT, with the names that there
 * are, otherwise.
 */
int image_choose(const struct image *images, size_t count, const char *name,
    const struct image **ret_image, struct err *err);

/*
 * The kernel arguments as template text: the image's own or, by kind and
 * release, ours. The variables are the profile's: node.seed_url, image.iso_url,
 * node.mac_dashes, ... A release that the table does not know gets the newest
 * line.
 */
const char *image_kernel_args(const struct image *image);

/* The first of kind inspect; NULL: there is none. */
const struct image *image_find_inspect(
    const struct image *images, size_t count);

/* "noble" of version "24.04.2"; "" when not known. */
const char *image_release_of(const char *version);

#endif
