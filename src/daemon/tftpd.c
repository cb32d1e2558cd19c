#include "daemon/tftpd.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/sandbox.h"
#include "daemon/spawn.h"

#define MAP_NAME "tftpd.map"

/*
 * Firmware writes names as DOS does, in capitals, and some with a path of its
 * own; nothing leads out of the chroot, ".." is refused all the same. What is
 * not an image's is a loader: GRUB, of Secure Boot, has no HTTP.
 */
static const char map_text[] = "# written by convect-pxed at each start\n"
			       "rg \\\\ /\n"
			       "a \\.\\.\n"
			       "e ^/*images/[^/]+/(vmlinuz|initrd)$\n"
			       "ri ^(.*)\\.EFI$ \\L\\1\\E.efi\n"
			       "ri ^(.*)\\.KPXE$ \\L\\1\\E.kpxe\n"
			       "r ^/*(.*)$ loaders/\\1\n";

static const char *const programs[] = {
    "/usr/sbin/in.tftpd", "/usr/local/sbin/in.tftpd"};

/* What it needs between its start and its children's change of user. */
#define TFTPD_CAPABILITIES                                                     \
	(UINT64_C(1) << CAP_SYS_CHROOT | UINT64_C(1) << CAP_SETUID |           \
	    UINT64_C(1) << CAP_SETGID)

static int
write_map(const char *state_dir, struct err *err)
{
	int dirfd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int ret;

	if (dirfd < 0) {
		ret = -errno;
		err_at(err, state_dir, 0, 0, "%s", strerror(-ret));
		return ret;
	}
	ret = file_write_atomic(
	    dirfd, MAP_NAME, map_text, sizeof map_text - 1, 0644, err);
	close(dirfd);
	return ret;
}

static const char *
find_program(void)
{
	for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++) {
		if (access(programs[i], X_OK) == 0)
			return programs[i];
	}
	return NULL;
}

int
tftpd_init(struct tftpd *tftpd, const char *state_dir, const char *log_path,
    struct err *err)
{
	const char *program = find_program();
	int ret;

	if (program == NULL) {
		err_set(err, "in.tftpd is not installed; it hands out the boot "
			     "loaders");
		err_hint(err, "apt-get install tftpd-hpa, and systemctl "
			      "disable --now tftpd-hpa");
		return -ENOENT;
	}
	ret = write_map(state_dir, err);
	if (ret < 0)
		return ret;
	tftpd->program = mem_strdup(program);
	tftpd->tree = mem_printf("%s/files", state_dir);
	tftpd->map_file = mem_printf("%s/" MAP_NAME, state_dir);
	tftpd->user = mem_strdup(getpwnam("tftp") != NULL ? "tftp" : "nobody");
	tftpd->log_path = mem_strdup(log_path);
	tftpd->parent = getpid();
	return 0;
}

void
tftpd_done(struct tftpd *tftpd)
{
	free(tftpd->program);
	free(tftpd->tree);
	free(tftpd->map_file);
	free(tftpd->user);
	free(tftpd->log_path);
	memset(tftpd, 0, sizeof *tftpd);
}

/* What its /dev holds: the log, and what libc may want. */
struct mounted {
	const char *path; /* in the new /dev */
	int fd;		  /* of what is to appear there */
};

/* By descriptor: the source may be below the /dev that is covered now. */
static int
mount_file(const struct mounted *mounted)
{
	char from[64];
	int fd =
	    open(mounted->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return -errno;
	close(fd);
	(void)snprintf(from, sizeof from, "/proc/self/fd/%d", mounted->fd);
	return mount(from, mounted->path, NULL, MS_BIND, NULL) < 0 ? -errno : 0;
}

static int
mount_dev(const char *log_path)
{
	const struct mounted files[] = {
	    {"/dev/log", open(log_path, O_PATH | O_CLOEXEC)},
	    {"/dev/null", open("/dev/null", O_PATH | O_CLOEXEC)},
	    {"/dev/urandom", open("/dev/urandom", O_PATH | O_CLOEXEC)},
	};
	int ret = 0;

	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC | MS_NODEV,
		"mode=0755,size=64k,nr_inodes=16") < 0)
		return -errno;
	/* The descriptors end with this process's own program. */
	for (size_t i = 0; ret == 0 && i < sizeof files / sizeof files[0]; i++)
		ret = mount_file(&files[i]);
	return ret;
}

/* In the child. Process 1 means that the namespaces could be had. */
static int
prepare_child(void *arg)
{
	const struct tftpd *tftpd = arg;
	int ret = 0;

	if (getpid() == 1) {
		ret = prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 ? -errno : 0;
		if (ret == 0)
			ret = mount_dev(tftpd->log_path);
	} else {
		log_warn(NULL, "no namespaces may be made here: TFTP requests "
			       "will not be seen on the nodes' time lines");
		ret = sandbox_die_with(tftpd->parent);
	}
	if (ret == 0 && chdir("/") < 0)
		ret = -errno;
	if (ret == 0)
		ret = sandbox_limit_capabilities(TFTPD_CAPABILITIES);
	if (ret == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		ret = -errno;
	return ret;
}

pid_t
tftpd_start(struct tftpd *tftpd, int sock, struct err *err)
{
	const char *const argv[] = {"in.tftpd", "--verbose", "--verbose",
	    "--user", tftpd->user, "--blocksize", "1468", "--map-file",
	    tftpd->map_file, "--secure", tftpd->tree, NULL};
	struct spawn spawn = {.path = tftpd->program,
	    .argv = argv,
	    .prepare = prepare_child,
	    .arg = tftpd,
	    .namespaces = true};

	spawn_add_fd(&spawn, sock, STDIN_FILENO);
	return spawn_run(&spawn, err);
}
