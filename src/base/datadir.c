#include "base/datadir.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

/* All three must be there: a stray "templates" proves nothing. */
static bool
is_datadir(const char *dir)
{
	static const char *const parts[] = {
	    "pxe/boot.ipxe.j2", "templates/user-data.j2", "http/index.html"};
	bool all = true;

	for (size_t i = 0; all && i < sizeof parts / sizeof parts[0]; i++) {
		char *path = mem_printf("%s/%s", dir, parts[i]);

		all = access(path, R_OK) == 0;
		free(path);
	}
	return all;
}

/* Cuts the last component; false when there is none to cut. */
static bool
go_up(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return false;
	*slash = '\0';
	return true;
}

char *
datadir_find(void)
{
	const char *given = getenv("CONVECT_PXED_DATADIR");
	char self[PATH_MAX];
	ssize_t len;

	if (given != NULL && given[0] != '\0')
		return mem_strdup(given);
	if (is_datadir(PKGDATADIR))
		return mem_strdup(PKGDATADIR);
	len = readlink("/proc/self/exe", self, sizeof self - 1);
	self[len < 0 ? 0 : len] = '\0';
	for (int i = 0; i < 2 && go_up(self); i++) {
		if (is_datadir(self))
			return mem_strdup(self);
	}
	return mem_strdup(PKGDATADIR);
}
