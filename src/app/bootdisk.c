#include "app/bootdisk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "wire/fatdisk.h"
#include "wire/pxe.h"

enum {
	LOADER_MAX = 6 << 20,
	PARTS = 3
};

struct bootdisk {
	struct fatdisk disk; /* with an empty script */
};

static int
read_loader(const char *state_dir, enum pxe_loader loader, struct buf *out)
{
	char *path = mem_printf(
	    "%s/files/loaders/%s", state_dir, pxe_loader_info(loader)->file);
	struct err err = {0};
	char text[512];
	int ret = access(path, F_OK) < 0 ? -ENOENT : file_read(path, out, &err);

	if (ret < 0 && ret != -ENOENT)
		log_error(NULL, "no disk for Secure Boot: %s",
		    err_format(&err, text, sizeof text));
	free(path);
	return ret;
}

/* The names by which firmware finds shim, shim GRUB, and GRUB its script. */
static int
build(const struct buf *shim, const struct buf *grub, struct fatdisk *ret_disk)
{
	char script[BOOTDISK_SCRIPT_MAX];
	const struct fatdisk_file files[] = {
	    {"EFI/BOOT/BOOTX64.EFI", shim->data, shim->len},
	    {"EFI/BOOT/GRUBX64.EFI", grub->data, grub->len},
	    {"GRUB/GRUB.CFG", script, sizeof script},
	};
	int ret;

	memset(script, '\n', sizeof script);
	ret = fatdisk_build(files, sizeof files / sizeof files[0], ret_disk);
	if (ret < 0)
		log_error(NULL, "no disk for Secure Boot: %s", strerror(-ret));
	return ret;
}

struct bootdisk *
bootdisk_open(const char *state_dir)
{
	struct bootdisk *bootdisk = NULL;
	struct fatdisk disk;
	struct buf shim;
	struct buf grub;

	buf_init(&shim, LOADER_MAX);
	buf_init(&grub, LOADER_MAX);
	if (read_loader(state_dir, PXE_LOADER_SHIM_X64, &shim) == 0 &&
	    read_loader(state_dir, PXE_LOADER_GRUB_X64, &grub) == 0 &&
	    build(&shim, &grub, &disk) == 0) {
		bootdisk = mem_alloc(sizeof *bootdisk);
		bootdisk->disk = disk;
	}
	buf_done(&shim);
	buf_done(&grub);
	return bootdisk;
}

void
bootdisk_free(struct bootdisk *bootdisk)
{
	if (bootdisk == NULL)
		return;
	free(bootdisk->disk.image);
	free(bootdisk);
}

void
bootdisk_reply(const struct bootdisk *bootdisk, struct http_req *req,
    const struct buf *script)
{
	const struct fatdisk *disk = &bootdisk->disk;
	size_t rest = disk->last + script->len;
	const struct http_part parts[PARTS] = {
	    {disk->image, disk->last, true},
	    {script->data, script->len, false},
	    {disk->image + rest, disk->len - rest, true},
	};

	if (buf_bad(script) || script->len > BOOTDISK_SCRIPT_MAX) {
		http_reply_text(req, 500, NULL);
		return;
	}
	http_reply_parts(req, 200, "application/vnd.efi-img", parts, PARTS);
}
