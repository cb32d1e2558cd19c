/*
 * What inventory and images say of a host, as DHCP and policy ask for it with
 * every packet: variables expanded and the image found, once for each reading
 * of the files and each change of the images.
 */
#ifndef CONVECT_APP_FACTS_H
#define CONVECT_APP_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "app/proxydhcp_reply.h"

struct app;
struct image;
struct inv_host;

struct facts {
	uint64_t images_version; /* 0: not read yet */
	bool auto_install;
	bool auto_install_unknown; /* it can not be expanded */
	bool reinstall_always;
	uint64_t install_attempts;
	int64_t attempts_window_ms;
	int64_t deadline_factor;   /* of what a machine may be silent */
	const struct image *image; /* as long as that version lasts */
	char *image_problem;	   /* NULL when there is an image */
	enum proxydhcp_style style;
	unsigned delay_ms;
	char vendor_class[PXE_VENDOR_CLASS_MAX + 1]; /* "": the usual */
	enum proxydhcp_loader loader;
};

/* Never NULL; valid until the site or the images change. */
const struct facts *facts_of(struct app *app, const struct inv_host *host);
void facts_done(struct facts *facts);

#endif
