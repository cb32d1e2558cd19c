#include "daemon/parent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/notify.h"

#define STOP_MS 10000
#define PING_MS 10000
#define SILENCE_MAX_MS 40000 /* then the engine is hung: killed, restarted */
#define DRAIN_MAX 256	     /* messages in one turn */

static int64_t
now(void)
{
	return clock_mono_ms(&clock_system);
}

void
parent_stop(struct parent *parent, int exit_code, int64_t now_ms)
{
	if (parent->stopping) { /* asked twice: no more patience */
		children_signal(parent, true);
		return;
	}
	parent->stopping = true;
	parent->exit_code = exit_code;
	parent->kill_ms = now_ms + STOP_MS;
	notify_stopping();
	children_signal(parent, false);
}

/* ---- the engine's news ---- */

static void
engine_ready(struct parent *parent, int64_t now_ms)
{
	const struct config *config = &parent->role.config;
	bool first = !parent->served;

	parent->served = true;
	parent->ready = true;
	parent->ping_ms = now_ms + PING_MS;
	parent->pong_ms = now_ms;
	notify_ready("serving");
	if (first)
		log_info(NULL, "ready: http port %d, files port %d, socket %s",
		    (int)config->http_port, (int)config->files_port,
		    config->socket);
	else
		log_info(NULL, "ready again");
}

static void
engine_failed(struct parent *parent, const char *text, int64_t now_ms)
{
	log_error(NULL, "%s", text);
	if (!parent->served)
		parent_stop(parent, EXIT_FAILURE, now_ms);
}

static void
take_news(struct parent *parent, const struct priv_msg *news, int64_t now_ms)
{
	if (news->kind == PRIV_MSG_READY)
		engine_ready(parent, now_ms);
	else if (news->kind == PRIV_MSG_FAILED)
		engine_failed(parent, news->text, now_ms);
	else if (news->kind == PRIV_MSG_STATUS)
		notify_status(news->text);
	else if (news->kind == PRIV_MSG_RELOADED)
		notify_ready(news->text[0] == '\0' ? "reloaded" : news->text);
	else if (news->kind == PRIV_MSG_PONG)
		parent->pong_ms = now_ms;
}

/*
 * Also what it said before it ended. Not without end: one that has been taken
 * over must not keep us from our signals.
 */
static void
handle_engine(struct parent *parent, int64_t now_ms)
{
	struct priv_msg news;
	int ret = 0;

	for (int i = 0; i < DRAIN_MAX && parent->priv.fd >= 0 && ret >= 0;
	     i++) {
		ret = priv_handle(&parent->priv, &news);
		if (ret == 1)
			take_news(parent, &news, now_ms);
	}
	if (ret < 0 && ret != -EAGAIN) {
		if (ret != -EPIPE)
			log_error(NULL, "engine: privilege channel: %s",
			    strerror(-ret));
		priv_detach(&parent->priv);
		/* Without the channel it is of no use, ended or not. */
		if (children_engine(parent)->life.pid > 0 && ret != -EPIPE)
			(void)kill(-children_engine(parent)->life.pid, SIGKILL);
	}
}

static void
engine_ended(struct parent *parent, int64_t now_ms)
{
	handle_engine(parent, now_ms);
	priv_detach(&parent->priv);
	parent->ready = false;
	if (!parent->served && !parent->stopping)
		parent_stop(parent, EXIT_FAILURE, now_ms);
}

/* ---- reload ---- */

void
parent_watch(struct parent *parent)
{
	struct err err = {0};
	char text[1024];

	if (watch_trees(&parent->watch, &parent->trees, &err) == 0 ||
	    parent->watch_told)
		return;
	parent->watch_told = true;
	log_warn(NULL,
	    "not every change will be noticed by itself, SIGHUP "
	    "will do: %s",
	    err_format(&err, text, sizeof text));
}

static void
reload(struct parent *parent)
{
	struct config fresh;
	struct err err = {0};
	struct buf stale;
	char text[1024];

	notify_reloading();
	parent_watch(parent); /* before it is read: nothing is missed */
	config_init(&fresh);
	buf_init(&stale, 512);
	if (config_load(&fresh, parent->argc, parent->argv, &err) < 0)
		log_error(NULL, "configuration not reloaded: %s",
		    err_format(&err, text, sizeof text));
	else
		config_reload(&parent->role.config, &fresh, &stale);
	if (stale.len > 0)
		log_warn(NULL, "changed, and takes a restart: %s", stale.data);
	log_init((enum log_level)parent->role.config.log_level,
	    (enum log_format)parent->role.config.log_format);
	buf_done(&stale);
	config_done(&fresh);
	if (priv_tell(&parent->priv, PRIV_MSG_RELOAD,
		(uint32_t)parent->role.config.log_level) < 0)
		notify_ready("the engine is being started");
}

static void
handle_watch(struct parent *parent, int64_t now_ms)
{
	watch_handle(&parent->watch, now_ms);
	/* An engine that starts reads them anyway. */
	if (watch_is_due(&parent->watch, now_ms) && !parent->stopping) {
		log_info(NULL, "files have changed: reading them again");
		reload(parent);
	}
}

/* ---- signals ---- */

static void
handle_signal(struct parent *parent, uint32_t signo, int64_t now_ms)
{
	if (signo == SIGCHLD) {
		if (children_reap(parent, now_ms))
			engine_ended(parent, now_ms);
	} else if (signo == SIGHUP) {
		reload(parent);
	} else {
		log_info(NULL, "stopping: %s", strsignal((int)signo));
		parent_stop(parent, EXIT_SUCCESS, now_ms);
	}
}

static void
handle_signals(struct parent *parent, int64_t now_ms)
{
	struct signalfd_siginfo info;

	while (read(parent->signals, &info, sizeof info) == sizeof info)
		handle_signal(parent, info.ssi_signo, now_ms);
}

/* ---- time ---- */

static void
check_engine(struct parent *parent, int64_t now_ms)
{
	pid_t pid = children_engine(parent)->life.pid;

	if (!parent->ready || now_ms < parent->ping_ms)
		return;
	parent->ping_ms = now_ms + PING_MS;
	(void)priv_tell(&parent->priv, PRIV_MSG_PING, 0);
	if (now_ms - parent->pong_ms < SILENCE_MAX_MS || pid <= 0)
		return;
	log_error(NULL, "engine: no sign of life for %d s: killed",
	    SILENCE_MAX_MS / 1000);
	parent->ready = false;
	(void)kill(-pid, SIGKILL);
}

static void
handle_time(struct parent *parent, int64_t now_ms)
{
	int64_t every = notify_watchdog_ms();

	if (every > 0 && now_ms >= parent->watchdog_ms) {
		notify_watchdog();
		parent->watchdog_ms = now_ms + every;
	}
	if (parent->stopping) {
		if (now_ms >= parent->kill_ms) {
			children_signal(parent, true);
			parent->kill_ms = now_ms + STOP_MS;
		}
		return;
	}
	check_engine(parent, now_ms);
	children_start_due(parent, now_ms);
}

static int
next_wait(const struct parent *parent, int64_t now_ms)
{
	int64_t next =
	    parent->stopping ? parent->kill_ms : children_next_due(parent);

	if (parent->ready && !parent->stopping && parent->ping_ms < next)
		next = parent->ping_ms;
	if (watch_due(&parent->watch) < next)
		next = watch_due(&parent->watch);
	if (notify_watchdog_ms() > 0 && parent->watchdog_ms < next)
		next = parent->watchdog_ms;
	if (next == INT64_MAX)
		return -1;
	return next <= now_ms ? 0 : (int)(next - now_ms);
}

/*
 * While no engine reads in.tftpd's log lines, somebody must: syslog(3) waits
 * for room, and the transfer with it.
 */
static void
drop_log_lines(struct parent *parent)
{
	char line[1];

	for (int i = 0; i < DRAIN_MAX; i++) {
		if (recv(parent->sockets.tftp_log, line, sizeof line,
			MSG_DONTWAIT | MSG_TRUNC) < 0)
			return;
	}
}

int
parent_loop(struct parent *parent)
{
	while (!parent->stopping || children_running(parent) > 0) {
		struct pollfd fds[] = {
		    {.fd = parent->signals, .events = POLLIN},
		    {.fd = parent->priv.fd, .events = POLLIN},
		    {.fd = parent->priv.fd >= 0 ? -1 : parent->sockets.tftp_log,
			.events = POLLIN},
		    {.fd = parent->watch.fd, .events = POLLIN},
		    {.fd = parent->sockets.links, .events = POLLIN},
		};

		handle_time(parent, now());
		fds[1].fd = parent->priv.fd; /* it may be a new one */
		if (poll(fds, sizeof fds / sizeof fds[0],
			next_wait(parent, now())) < 0 &&
		    errno != EINTR) {
			log_error(NULL, "poll: %s", strerror(errno));
			parent_stop(parent, EXIT_FAILURE, now());
		}
		/* First its last words, then that it is dead. */
		handle_engine(parent, now());
		handle_signals(parent, now());
		handle_watch(parent, now());
		sockets_follow(&parent->sockets);
		if (fds[2].revents != 0)
			drop_log_lines(parent);
	}
	return parent->exit_code;
}
