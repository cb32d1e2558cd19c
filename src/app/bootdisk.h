/*
 * The disk that machines with Secure Boot start from: shim and GRUB, both of
 * them signed and as the distribution has them, and a script of GRUB that is
 * made for the node. Firmware fetches it by UEFI HTTP boot and starts it as a
 * RAM disk. GRUB then takes kernel and initrd by TFTP from the address that
 * its script names, so the site's DHCP server needs to know nothing of it.
 */
#ifndef CONVECT_APP_BOOTDISK_H
#define CONVECT_APP_BOOTDISK_H

#include "base/buf.h"
#include "net/httpd.h"

struct bootdisk;

#define BOOTDISK_SCRIPT_MAX 8192

/*
 * From the loaders in <state_dir>/files/loaders, which `has_loader` knows of.
 * NULL: they are not there, or can not be read (which is logged).
 */
struct bootdisk *bootdisk_open(const char *state_dir);
void bootdisk_free(struct bootdisk *bootdisk);

/*
 * Ends the request with a disk that has this script; one that is too long is
 * answered with 500. The bootdisk must outlive the HTTP server.
 */
void bootdisk_reply(const struct bootdisk *bootdisk, struct http_req *req,
    const struct buf *script);

#endif
