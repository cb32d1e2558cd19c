/*
 * The state directory and the service user who owns parts of it:
 *   <state>                root's, 0755
 *   <state>/db             the service user's, 0700
 *   <state>/files          root's, 0755: the file workers' chroot
 *   <state>/files/images   the service user's, 0755
 *   <state>/files/loaders  root's, 0755: in.tftpd's chroot
 */
#ifndef CONVECT_DAEMON_STATEDIR_H
#define CONVECT_DAEMON_STATEDIR_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct account {
	char *name;
	uid_t uid;
	gid_t gid;
	bool shared; /* `nobody`: other services run as it too */
};

/*
 * `name`, or `nobody` with a warning when there is none such and `given` is
 * false. -ENOENT with a hint; root is refused with -EINVAL.
 */
int account_find(
    const char *name, bool given, struct account *ret_account, struct err *err);
void account_done(struct account *account);

/* Makes what is missing and gives each part its owner and mode. */
int statedir_prepare(
    const char *dir, const struct account *account, struct err *err);

#endif
