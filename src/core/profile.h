/*
 * A node's profile: the variables that its templates see, and the files that
 * are rendered from them. Pure: everything comes in as an argument, so the
 * daemon and `render` without a daemon give the same bytes.
 *
 * Variables: all host variables, and over them
 *   inventory_hostname, inventory_hostname_short, group_names, groups
 *   hostvars, when the caller brings it (core/hostvars.h)
 *   mac (the first), macs
 *   provisioner: address, http_port, files_port, url, files_url,
 *         artifacts_url
 *   node: name, generation, image, arch, overwrite, taken, mac_dashes,
 *         seed_url, report_url, logs_url, boot_url
 *   image: name, release, version, kind, arch, kernel_url, initrd_url,
 *          iso_url, kernel_args, installer (names of core/release.h)
 *   kernel_args: the whole line: the image's or its release's, rendered, with
 *          the host's own kernel_args in it, before a final "---"
 */
#ifndef CONVECT_CORE_PROFILE_H
#define CONVECT_CORE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hwaddr.h"
#include "core/image.h"
#include "inventory/value.h"

struct lint; /* core/lint.h */
struct lint_report;
struct tmpl_env; /* template/template.h */
struct tmpl_input;

#define PROFILE_OUTPUT_MAX 1048576 /* ceiling of one rendered file */

enum profile_kind {
	PROFILE_BOOT,
	PROFILE_USER_DATA,
	PROFILE_META_DATA,
	PROFILE_VENDOR_DATA,
	PROFILE_NETWORK_CONFIG,
	PROFILE_KINDS
};

struct profile_site {
	const char *address; /* of the provisioner, as the node reaches it */
	uint16_t http_port;
	uint16_t files_port;
	const char *files_url; /* a mirror, no slash at the end; NULL: ours */
};

struct profile_input {
	const char *name;	  /* inventory_hostname */
	struct value vars;	  /* map: the host's merged variables */
	struct value group_names; /* list */
	struct value groups;	  /* map: group to list of hosts */
	const struct hwaddr *macs;
	size_t nmacs;
	size_t mac_index; /* which of them boots now */
	const struct profile_site *site;
	const struct image *image; /* NULL: no image */
	uint64_t generation;
	bool overwrite;
	const char *boot_token;	     /* hex; NULL: a preview, masked */
	const char *report_token;    /* hex; NULL: a preview, masked */
	const char *firstboot_token; /* likewise */
	const char *taken;	     /* struct node; NULL: "" */
	/* Variables on demand, as in struct tmpl_input; NULL is fine. */
	int (*lookup)(void *arg, const char *name, struct value *ret_value,
	    struct err *err);
	void *lookup_arg;
};

/* "boot", "user-data", ...: the names in URLs and of `render`. */
const char *profile_kind_name(enum profile_kind kind);
/* "boot.ipxe.j2", "user-data.j2", ...: names for the template loader. */
const char *profile_kind_template(enum profile_kind kind);
int profile_kind_parse(const char *name, enum profile_kind *ret_kind);
bool profile_kind_is_yaml(enum profile_kind kind);

/*
 * Builds the variables (a new map, the caller's). Fails when the host's
 * `kernel_args` or the image's can not be rendered.
 */
int profile_vars(const struct profile_input *input, struct tmpl_env *env,
    struct value *ret_vars, struct err *err);

/* `provisioner` of those variables; the caller's. */
struct value profile_provisioner_vars(const struct profile_site *site);
/*
 * For a script of no host: puts `image` into `vars`, its kernel_args rendered
 * with them.
 */
int profile_image_vars(const struct profile_site *site,
    const struct image *image, struct value vars, struct tmpl_env *env,
    struct err *err);

/*
 * Renders and validates one kind from the template that the host's variable
 * names ("user_data_template"), else from ours; -ENOENT: there is none such.
 * Checked is: YAML kinds must parse, user-data must be a
 * map under the exact first line "#cloud-config" (or begin with "## template:
 * jinja", whose text cloud-init has still to render), meta-data a map, a boot
 * script must begin with "#!ipxe". On error `out` is as it was.
 */
int profile_render(enum profile_kind kind, struct value vars,
    struct tmpl_env *env, struct buf *out, struct err *err);
/*
 * The same with variables on demand and masking, and with the schemas of `lint`
 * (NULL: without them): their first error refuses the document.
 */
int profile_render_input(enum profile_kind kind, const struct tmpl_input *input,
    struct tmpl_env *env, const struct lint *lint, struct buf *out,
    struct err *err);
/*
 * Only renders: for whoever compares, and looks at what differs afterwards. On
 * error `out` holds a part of it; its ceiling must be PROFILE_OUTPUT_MAX.
 */
int profile_render_unchecked(enum profile_kind kind,
    const struct tmpl_input *input, struct tmpl_env *env, struct buf *out,
    struct err *err);
/* Renders and throws away: appends all that is wrong, warnings too. */
void profile_check(enum profile_kind kind, const struct tmpl_input *input,
    struct tmpl_env *env, const struct lint *lint, struct lint_report *report);

#endif
