#include "daemon/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct step {
	const char *name;
	int (*run)(const struct sandbox *sandbox);
};

static int
or_errno(int ret)
{
	return ret < 0 ? -errno : 0;
}

int
sandbox_die_with(pid_t parent)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return -errno;
	return getppid() == parent ? 0 : -ESRCH;
}

int
sandbox_limit_capabilities(uint64_t keep)
{
	/* The kernel says EINVAL behind the last one that it knows. */
	for (unsigned long cap = 0; cap < 64; cap++) {
		if ((keep >> cap & 1) != 0)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return errno == EINVAL && cap > 0 ? 0 : -errno;
	}
	return 0;
}

static int
set_limits(const struct sandbox *sandbox)
{
	const struct rlimit none = {0, 0};
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) < 0)
		return -errno;
	/* In a container the hard limit may be as far as we get. */
	files.rlim_cur = files.rlim_max < sandbox->files_max
			     ? files.rlim_max
			     : sandbox->files_max;
	files.rlim_max = files.rlim_cur;
	if (setrlimit(RLIMIT_NOFILE, &files) < 0 ||
	    setrlimit(RLIMIT_CORE, &none) < 0)
		return -errno;
	if (sandbox->no_children && setrlimit(RLIMIT_NPROC, &none) < 0)
		return -errno;
	return 0;
}

/* Before the chroot, which hides /etc/group. */
static int
set_groups(const struct sandbox *sandbox)
{
	return or_errno(initgroups(sandbox->user, sandbox->gid));
}

static int
set_root(const struct sandbox *sandbox)
{
	if (sandbox->chroot != NULL && chroot(sandbox->chroot) < 0)
		return -errno;
	umask(077);
	return or_errno(chdir("/"));
}

static int
drop_bounding(const struct sandbox *sandbox)
{
	(void)sandbox;
	return sandbox_limit_capabilities(0);
}

static int
set_user(const struct sandbox *sandbox)
{
	if (setresgid(sandbox->gid, sandbox->gid, sandbox->gid) < 0 ||
	    setresuid(sandbox->uid, sandbox->uid, sandbox->uid) < 0)
		return -errno;
	/* A kernel that would let us back is not one to go on with. */
	return setresuid(0, 0, 0) == 0 ? -EPERM : 0;
}

/* Leaving root has cleared them; what is inheritable goes too. */
static int
drop_capabilities(const struct sandbox *sandbox)
{
	struct __user_cap_header_struct header = {
	    .version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	(void)sandbox;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 &&
	    errno != EINVAL)
		return -errno;
	return or_errno((int)syscall(SYS_capset, &header, none));
}

static int
no_new_privileges(const struct sandbox *sandbox)
{
	(void)sandbox;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return or_errno(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}

static int
tie_to_parent(const struct sandbox *sandbox)
{
	return sandbox_die_with(sandbox->parent);
}

static const struct step steps[] = {
    {"limits", set_limits},
    {"groups", set_groups},
    {"root directory", set_root},
    {"capability bounding set", drop_bounding},
    {"user", set_user},
    {"capabilities", drop_capabilities},
    {"new privileges", no_new_privileges},
    {"tie to the parent", tie_to_parent},
};

int
sandbox_enter(const struct sandbox *sandbox, struct err *err)
{
	for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
		int ret = steps[i].run(sandbox);

		if (ret < 0) {
			err_set(err, "privileges can not be dropped: %s: %s",
			    steps[i].name, strerror(-ret));
			return ret;
		}
	}
	return 0;
}
