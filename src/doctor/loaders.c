/* The boot loaders: for whom there is one, and whether firmware takes it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/str.h"
#include "core/loaderfile.h"
#include "daemon/loaders.h"
#include "doctor/doctor_private.h"

#define LOADER_BYTES_MAX (64u << 20)
#define ARCH_CODES 64 /* option 93 has none above */
#define ARCHS_MAX 32

struct loaders {
	struct doctor *doctor;
	char *dir;	    /* what in.tftpd hands out; or the package's */
	struct buf missing; /* of whom no package has one: "uefi-arm64, .." */
	struct buf ready;
	bool good[PXE_LOADER_COUNT];
};

static char *
path_of(const char *dir, enum pxe_loader loader)
{
	return mem_printf("%s/%s", dir, pxe_loader_info(loader)->file);
}

/* Where the package has it. */
static char *
source_of(enum pxe_loader loader)
{
	const char *source = pxe_loader_info(loader)->signed_source;

	return source != NULL ? mem_strdup(source)
			      : path_of(LOADERS_SOURCE_DIR, loader);
}

/* Everybody may read it and pass through the directories above it. */
static bool
is_readable(const char *path)
{
	char *part = mem_strdup(path);
	struct stat st;
	bool good = stat(path, &st) == 0 && (st.st_mode & S_IROTH) != 0;
	char *slash;

	/* in.tftpd enters the last one as root, then gives that up. */
	slash = strrchr(part, '/');
	*slash = '\0';
	good = good && stat(part, &st) == 0 && (st.st_mode & S_IXOTH) != 0;
	free(part);
	return good;
}

static void
check_bytes(struct loaders *loaders, enum pxe_loader loader, const char *path)
{
	struct findings *findings = loaders->doctor->findings;
	char *source = source_of(loader);
	struct buf bytes;
	struct buf other;
	struct err err = {0};

	buf_init(&bytes, LOADER_BYTES_MAX);
	buf_init(&other, LOADER_BYTES_MAX);
	if (file_read(path, &bytes, &err) < 0) {
		findings_unchecked(
		    findings, AREA_LOADERS, "%s: %s", path, err.text);
	} else if (loaderfile_check(pxe_loader_info(loader)->file, bytes.data,
		       bytes.len, &err) < 0) {
		findings_add(
		    findings, FIND_LOADER_DAMAGED, "%s: %s", path, err.text);
	} else {
		loaders->good[loader] = true;
		if (file_read(source, &other, NULL) == 0 &&
		    (other.len != bytes.len ||
			memcmp(other.data, bytes.data, other.len) != 0))
			findings_add(findings, FIND_LOADER_STALE,
			    "%s is not the %s of the package", path, source);
	}
	buf_done(&other);
	buf_done(&bytes);
	free(source);
}

static void
check_file(struct loaders *loaders, enum pxe_loader loader)
{
	char *path = strcmp(loaders->dir, LOADERS_SOURCE_DIR) == 0
			 ? source_of(loader)
			 : path_of(loaders->dir, loader);

	if (access(path, F_OK) == 0) {
		if (!is_readable(path))
			findings_add(loaders->doctor->findings,
			    FIND_LOADER_UNREADABLE,
			    "%s is not readable by everybody", path);
		else
			check_bytes(loaders, loader, path);
	} else if (errno != ENOENT) {
		findings_unchecked(loaders->doctor->findings, AREA_LOADERS,
		    "%s: %s", path, strerror(errno));
	}
	free(path);
}

static void
add_name(struct buf *out, const char *name)
{
	buf_addf(out, "%s%s", out->len == 0 ? "" : ", ", name);
}

static void
check_arch(struct loaders *loaders, const struct pxe_arch *arch)
{
	const struct pxe_loader_info *first = NULL;

	for (int i = 0; i < PXE_ARCH_LOADERS; i++) {
		enum pxe_loader loader = (enum pxe_loader)arch->loader[i];

		if (loader == PXE_LOADER_NONE)
			break;
		if (loaders->good[loader]) {
			add_name(&loaders->ready, arch->name);
			return;
		}
		if (first == NULL || first->package == NULL)
			first = pxe_loader_info(loader);
	}
	/* What this release's package need not have keeps nobody from start. */
	if (first == NULL || first->package == NULL || first->since != NULL) {
		add_name(&loaders->missing, arch->name);
		return;
	}
	findings_add(loaders->doctor->findings, FIND_LOADER_MISSING,
	    "there is no %s for machines of the kind %s in %s", first->file,
	    arch->name, loaders->dir);
	findings_fix(loaders->doctor->findings,
	    "apt-get install %s, then systemctl restart convect-pxed",
	    first->package);
}

static void
check_archs(struct loaders *loaders)
{
	const struct pxe_arch *seen[ARCHS_MAX];
	size_t count = 0;

	for (uint16_t code = 0; code < ARCH_CODES; code++) {
		const struct pxe_arch *arch = pxe_arch_find(code);
		size_t i = 0;

		while (i < count && seen[i] != arch)
			i++;
		if (arch == NULL || i < count || count == ARCHS_MAX)
			continue;
		seen[count++] = arch;
		check_arch(loaders, arch);
	}
}

/* By PXE there is no way, whatever is installed: convect-pxed(8). */
static void
check_secure(struct loaders *loaders)
{
	struct findings *findings = loaders->doctor->findings;

	if (loaders->good[PXE_LOADER_SHIM_X64] &&
	    loaders->good[PXE_LOADER_GRUB_X64])
		findings_ok(findings, AREA_SECURE_BOOT,
		    "x86-64 machines with Secure Boot can boot by UEFI HTTP, "
		    "not by PXE");
	else
		findings_add(findings, FIND_SECURE_BOOT_NONE,
		    "machines with Secure Boot can not boot: shim and the "
		    "signed GRUB are not in %s",
		    loaders->dir);
}

static void
tell(struct loaders *loaders)
{
	struct findings *findings = loaders->doctor->findings;

	if (loaders->ready.len > 0)
		findings_ok(findings, AREA_LOADERS, "%s can boot, from %s",
		    loaders->ready.data, loaders->dir);
	if (loaders->missing.len > 0)
		findings_add(findings, FIND_LOADER_NO_PACKAGE,
		    "there is no loader for %s", loaders->missing.data);
}

void
doctor_check_loaders(struct doctor *doctor)
{
	struct loaders loaders = {.doctor = doctor};

	loaders.dir = mem_printf("%s/files/loaders", doctor->config.state_dir);
	if (access(loaders.dir, F_OK) < 0 && errno == ENOENT) {
		free(loaders.dir);
		loaders.dir = mem_strdup(LOADERS_SOURCE_DIR);
	}
	buf_init(&loaders.missing, 1024);
	buf_init(&loaders.ready, 1024);
	for (int i = 0; i < PXE_LOADER_COUNT; i++)
		check_file(&loaders, (enum pxe_loader)i);
	check_archs(&loaders);
	check_secure(&loaders);
	tell(&loaders);
	buf_done(&loaders.missing);
	buf_done(&loaders.ready);
	free(loaders.dir);
}
