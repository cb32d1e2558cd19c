/*
 * The site: one consistent reading of the operator's files, swapped whole on
 * reload. Inventory, the templates, the dashboard's files, and for each host
 * what was found when its files were rendered.
 */
#ifndef CONVECT_APP_SITE_H
#define CONVECT_APP_SITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "app/privsep.h"
#include "app/texts.h"
#include "base/err.h"
#include "core/profile.h"
#include "inventory/inventory.h"
#include "net/iface.h"

struct facts; /* app/facts.h */
struct hostvars;
struct lint; /* core/lint.h */
struct tmpl_env;

#define SITE_DIGEST_SIZE 16

/*
 * The digests are of a host's files rendered as a preview: without tokens, as
 * the first generation, from an address that is nobody's. All zeros where
 * there was nothing to render.
 */
struct site_check {
	uint64_t images_version; /* 0: not looked at yet */
	char *problem;		 /* NULL: fine */
	uint8_t digest[PROFILE_KINDS][SITE_DIGEST_SIZE];
};

struct site {
	struct inventory *inv;
	struct texts *templates;
	struct texts *http;
	struct tmpl_env *env;
	struct lint *lint;
	struct hostvars *hostvars;
	struct site_check *checks; /* by inv_host_index() */
	struct facts *facts;	   /* the same */
};

/* What the reading of the files goes by. */
struct site_given {
	const char
	    *templates_dir;   /* the operator's own or NULL; for messages */
	const char *data_dir; /* the shipped ones' or NULL; for messages */
	struct inv_secrets *secrets; /* of vaults, or NULL */
	bool dhcp_server;	     /* look at the reservations too */
	const struct iface *iface;   /* for that; may be NULL */
	const char *salt;	     /* of password_hash; outlives the site */
};

/*
 * Reads everything through the privilege channel. -EINVAL: the inventory is
 * wrong, and `problems` says where; otherwise err names what could not be
 * read, or the template that does not compile. Warnings alone load.
 */
int site_load(struct privsep *priv, const struct site_given *given,
    struct problems *problems, struct site **ret_site, struct err *err);
void site_free(struct site *site);

#endif
