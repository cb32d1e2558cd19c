#include "daemon/notify.h"

#include <inttypes.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include "base/str.h"

#define STATUS_MAX 512

/* The text is the engine's: a line break would begin a field of its own. */
static void
one_line(const char *text, char out[STATUS_MAX])
{
	str_copy(out, STATUS_MAX, text);
	for (char *c = out; *c != '\0'; c++) {
		if (*c == '\n' || *c == '\r')
			*c = ' ';
	}
}

void
notify_ready(const char *status)
{
	char line[STATUS_MAX];

	one_line(status, line);
	(void)sd_notifyf(0, "READY=1\nSTATUS=%s", line);
}

void
notify_reloading(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%" PRId64,
	    (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void
notify_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}

void
notify_status(const char *status)
{
	char line[STATUS_MAX];

	one_line(status, line);
	(void)sd_notifyf(0, "STATUS=%s", line);
}

void
notify_watchdog(void)
{
	(void)sd_notify(0, "WATCHDOG=1");
}

int64_t
notify_watchdog_ms(void)
{
	uint64_t usec = 0;

	return sd_watchdog_enabled(0, &usec) > 0 ? (int64_t)(usec / 2000) : 0;
}
