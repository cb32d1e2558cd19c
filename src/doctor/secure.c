#include "doctor/secure.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "core/loaderfile.h"
#include "wire/pxe.h"

#define LOADER_BYTES_MAX (64u << 20)

/* `dir` is NULL: where the package has it. */
static int
check_one(
    const char *root, const char *dir, enum pxe_loader loader, struct err *err)
{
	const struct pxe_loader_info *info = pxe_loader_info(loader);
	char *path = dir != NULL
			 ? mem_printf("%s/%s", dir, info->file)
			 : mem_printf("%s%s", root, info->signed_source);
	struct buf bytes;
	int ret;

	buf_init(&bytes, LOADER_BYTES_MAX);
	ret = file_read(path, &bytes, err);
	if (ret == -ENOENT) {
		err_clear(err);
		err_set(err, "loader=shim, and there is no %s", path);
		err_hint(err, "install the package %s and restart convect-pxed",
		    info->package);
	} else if (ret == 0) {
		ret = loaderfile_check(info->file, bytes.data, bytes.len, err);
		if (ret < 0)
			err_place(err, path, 0, 0);
	}
	buf_done(&bytes);
	free(path);
	return ret;
}

int
secure_check_loaders(
    const char *root, const char *state_dir, bool *ret_served, struct err *err)
{
	char *dir = mem_printf("%s/files/loaders", state_dir);
	bool served = access(dir, F_OK) == 0 || errno != ENOENT;
	const char *from = served ? dir : NULL;
	int ret = check_one(root, from, PXE_LOADER_SHIM_X64, err);

	if (ret == 0)
		ret = check_one(root, from, PXE_LOADER_GRUB_X64, err);
	free(dir);
	*ret_served = served;
	return ret;
}
