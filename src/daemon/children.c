#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/parent.h"
#include "daemon/spawn.h"

#define SELF "/proc/self/exe" /* what runs now, even after an upgrade */

/* A memory file with the role's JSON; only the child's copy stays open. */
static int
make_config_fd(const struct role *role, struct err *err)
{
	struct buf json;
	int fd = memfd_create("convect-role", MFD_CLOEXEC);
	int ret = fd < 0 ? -errno : 0;

	buf_init(&json, ROLE_JSON_MAX);
	role_write_json(role, &json);
	if (ret == 0 && buf_bad(&json))
		ret = -EFBIG;
	if (ret == 0 && (write(fd, json.data, json.len) != (ssize_t)json.len ||
			    lseek(fd, 0, SEEK_SET) != 0))
		ret = -EIO;
	buf_done(&json);
	if (ret == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	err_set(err, "role description: %s", strerror(-ret));
	return ret;
}

static pid_t
start_role(struct parent *parent, const char *name, struct spawn *spawn,
    struct err *err)
{
	const char *const argv[] = {"convect-pxed", "--role", name, NULL};
	int config = make_config_fd(&parent->role, err);
	pid_t pid;

	if (config < 0)
		return config;
	spawn->path = SELF;
	spawn->argv = argv;
	spawn_add_fd(spawn, config, ROLE_FD_CONFIG);
	pid = spawn_run(spawn, err);
	close(config);
	return pid;
}

static pid_t
start_engine(struct parent *parent, size_t index, struct err *err)
{
	const struct sockets *sockets = &parent->sockets;
	struct spawn spawn = {.path = NULL};
	int channel[2];
	pid_t pid;

	(void)index;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) <
	    0) {
		err_set(err, "privilege channel: %s", strerror(errno));
		return -errno;
	}
	spawn_add_fd(&spawn, channel[1], ROLE_FD_PRIV);
	spawn_add_fd(&spawn, sockets->http.fd, ROLE_FD_LISTEN);
	spawn_add_fd(&spawn, sockets->ctl, ROLE_FD_CTL);
	spawn_add_fd(&spawn, sockets->tftp_log, ROLE_FD_TFTP_LOG);
	spawn_add_fd(&spawn, parent->downloads[0], ROLE_FD_DOWNLOADS);
	if (sockets->probe >= 0)
		spawn_add_fd(&spawn, sockets->probe, ROLE_FD_PROBE);
	if (sockets->tap >= 0) {
		spawn_add_fd(&spawn, sockets->tap, ROLE_FD_TAP);
		spawn_add_fd(&spawn, sockets->tap_send, ROLE_FD_TAP_SEND);
	}
	if (sockets->arp >= 0)
		spawn_add_fd(&spawn, sockets->arp, ROLE_FD_ARP);
	if (sockets->ipxe_ra >= 0)
		spawn_add_fd(&spawn, sockets->ipxe_ra, ROLE_FD_IPXE_RA);
	for (size_t i = 0; i < sockets->interfaces; i++) {
		int to = ROLE_FD_DHCP + (int)(2 * i);

		if (sockets->interface[i].dhcp.fd >= 0)
			spawn_add_fd(&spawn, sockets->interface[i].dhcp.fd, to);
		spawn_add_fd(&spawn, sockets->interface[i].pxe.fd, to + 1);
	}
	pid = start_role(parent, "engine", &spawn, err);
	close(channel[1]);
	if (pid > 0)
		priv_attach(&parent->priv, channel[0]);
	else
		close(channel[0]);
	return pid;
}

static pid_t
start_files(struct parent *parent, size_t index, struct err *err)
{
	struct spawn spawn = {.path = NULL};

	(void)index;
	spawn_add_fd(&spawn, parent->sockets.files.fd, ROLE_FD_LISTEN);
	spawn_add_fd(&spawn, parent->downloads[1], ROLE_FD_DOWNLOADS);
	return start_role(parent, "files", &spawn, err);
}

static pid_t
start_cache(struct parent *parent, size_t index, struct err *err)
{
	struct spawn spawn = {.path = NULL};

	(void)index;
	spawn_add_fd(&spawn, parent->sockets.cache.fd, ROLE_FD_LISTEN);
	return start_role(parent, "cache", &spawn, err);
}

static pid_t
start_tftpd(struct parent *parent, size_t index, struct err *err)
{
	return tftpd_start(
	    &parent->tftpd, parent->sockets.interface[index].tftp.fd, err);
}

/* Of an interface that has not come yet it would get an unbound socket. */
static bool
tftpd_can_start(const struct parent *parent, size_t index)
{
	return parent->sockets.interface[index].tftp.bound;
}

static size_t
count_one(const struct parent *parent)
{
	(void)parent;
	return 1;
}

static size_t
count_workers(const struct parent *parent)
{
	return (size_t)parent->role.config.files_workers;
}

static size_t
count_cache(const struct parent *parent)
{
	return parent->role.config.cache.count > 0;
}

static size_t
count_interfaces(const struct parent *parent)
{
	return parent->sockets.interfaces;
}

/* In the order of start. */
static const struct child_kind kinds[] = {
    {.name = "engine",
	.stop_signal = SIGTERM,
	.start = start_engine,
	.count = count_one},
    {.name = "files worker",
	.after_ready = true,
	.stop_signal = SIGTERM,
	.start = start_files,
	.count = count_workers},
    {.name = "cache",
	.after_ready = true,
	.stop_signal = SIGTERM,
	.start = start_cache,
	.count = count_cache},
    /* As process 1 of its namespace it hears nothing but SIGKILL. */
    {.name = "in.tftpd",
	.after_ready = true,
	.may_finish = true,
	.stop_signal = SIGKILL,
	.can_start = tftpd_can_start,
	.start = start_tftpd,
	.count = count_interfaces},
};

void
children_init(struct parent *parent, int64_t now_ms)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		size_t count = kinds[i].count(parent);

		for (size_t n = 0; n < count; n++) {
			struct child *child =
			    &parent->child[parent->children++];

			child->kind = &kinds[i];
			child->index = n;
			supervise_init(&child->life, now_ms);
		}
	}
}

struct child *
children_engine(struct parent *parent)
{
	return &parent->child[0];
}

static bool
may_start(const struct parent *parent, const struct child *child)
{
	const struct child_kind *kind = child->kind;

	if (kind->can_start != NULL && !kind->can_start(parent, child->index))
		return false;
	return parent->served || !kind->after_ready;
}

static void
start_child(struct parent *parent, struct child *child, int64_t now_ms)
{
	struct err err = {0};
	pid_t pid = child->kind->start(parent, child->index, &err);
	int64_t wait;

	if (pid > 0) {
		supervise_started(&child->life, pid, now_ms);
		log_debug(NULL, "%s: started, process %ld", child->kind->name,
		    (long)pid);
		return;
	}
	wait = supervise_ended(&child->life, false, now_ms);
	log_error(
	    NULL, "%s; next try in %lld s", err.text, (long long)(wait / 1000));
}

void
children_start_due(struct parent *parent, int64_t now_ms)
{
	for (size_t i = 0; i < parent->children; i++) {
		struct child *child = &parent->child[i];

		if (may_start(parent, child) &&
		    supervise_is_due(&child->life, now_ms))
			start_child(parent, child, now_ms);
	}
}

int64_t
children_next_due(const struct parent *parent)
{
	int64_t next = INT64_MAX;

	for (size_t i = 0; i < parent->children; i++) {
		const struct child *child = &parent->child[i];

		if (child->life.pid == 0 && may_start(parent, child) &&
		    child->life.due_ms < next)
			next = child->life.due_ms;
	}
	return next;
}

static struct child *
find_child(struct parent *parent, pid_t pid)
{
	for (size_t i = 0; i < parent->children; i++) {
		if (parent->child[i].life.pid == pid)
			return &parent->child[i];
	}
	return NULL;
}

static void
child_ended(
    struct parent *parent, struct child *child, int status, int64_t now_ms)
{
	char text[SPAWN_STATUS_STRLEN];
	bool orderly = child->kind->may_finish && WIFEXITED(status) &&
		       WEXITSTATUS(status) == 0;
	int64_t wait = supervise_ended(&child->life, orderly, now_ms);

	(void)spawn_status_text(status, text);
	if (parent->stopping || (orderly && wait == 0))
		log_debug(NULL, "%s: ended, %s", child->kind->name, text);
	else if (!parent->served)
		log_error(NULL, "%s: %s", child->kind->name, text);
	else
		log_error(NULL, "%s: %s; started again in %lld s",
		    child->kind->name, text, (long long)(wait / 1000));
}

bool
children_reap(struct parent *parent, int64_t now_ms)
{
	bool engine = false;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		struct child *child = find_child(parent, pid);

		if (child == NULL)
			continue;
		child_ended(parent, child, status, now_ms);
		engine = engine || child == children_engine(parent);
	}
	return engine;
}

void
children_signal(struct parent *parent, bool force)
{
	for (size_t i = 0; i < parent->children; i++) {
		const struct child *child = &parent->child[i];

		if (child->life.pid > 0)
			(void)kill(-child->life.pid,
			    force ? SIGKILL : child->kind->stop_signal);
	}
}

size_t
children_running(const struct parent *parent)
{
	size_t count = 0;

	for (size_t i = 0; i < parent->children; i++)
		count += parent->child[i].life.pid > 0;
	return count;
}
