/*
 * Renders nodes' files as the daemon would, without it: inventory, images
 * and templates from the disk. There are no tokens; their place holds TOKEN.
 */
#ifndef CONVECT_CTL_PREVIEW_H
#define CONVECT_CTL_PREVIEW_H

#include <stdbool.h>

#include "base/salt.h"
#include "core/image.h"
#include "core/lint.h"
#include "core/profile.h"
#include "ctl/ctl.h"
#include "inventory/inventory.h"
#include "template/template.h"

struct hostvars;

#define PREVIEW_DIRS_MAX 3
#define PREVIEW_IMAGES_MAX 256

struct preview {
	struct inventory *inv; /* borrowed */
	bool mask;
	char *address; /* of the provisioner */
	struct profile_site site;
	struct image *images;
	size_t image_count;
	bool stand_in; /* the one image is not real */
	int dir_fds[PREVIEW_DIRS_MAX];
	struct tmpl_dirs dirs;
	char places[200];     /* the paths of those, for messages */
	char salt[SALT_SIZE]; /* the site's, or "" for who may not read it */
	struct tmpl_env *env;
	struct lint *lint;
	struct hostvars *hostvars;
};

/* The one that is named, or the daemon's. */
const char *preview_state_dir(struct ctl *ctl, struct value info);

/*
 * `info` is local_info()'s. The templates are those of --templates-dir, then
 * the shipped ones; the images those of --state-dir, else the daemon's.
 */
int preview_open(struct ctl *ctl, struct value info, struct inventory *inv,
    struct preview *ret_preview, struct err *err);
void preview_done(struct preview *preview);
/*
 * The same site with another inventory, or without masking: for as long as
 * `preview` is open, and no longer than preview_unshare().
 */
void preview_share(const struct preview *preview, struct inventory *inv,
    bool mask, struct preview *ret_preview);
void preview_unshare(struct preview *preview);

/* The variables of a host's templates, the caller's. */
int preview_vars(struct preview *preview, const struct inv_host *host,
    struct value *ret_vars, struct err *err);
int preview_render(struct preview *preview, enum profile_kind kind,
    struct value vars, struct buf *out, struct err *err);
/* The same, and whether it is YAML is not looked at. */
int preview_render_unchecked(struct preview *preview, enum profile_kind kind,
    struct value vars, struct buf *out, struct err *err);

#endif
