#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/escape.h"

enum {
	LOG_LINE_MAX = 8192
};

static struct {
	enum log_level level;
	enum log_format format;
	bool colour;
} log_state = {LOG_LEVEL_INFO, LOG_FORMAT_TEXT, false};

static const struct {
	const char *name;
	const char *colour;
} levels[] = {
    [LOG_LEVEL_ERROR] = {"error", "\033[31m"},
    [LOG_LEVEL_WARN] = {"warn", "\033[33m"},
    [LOG_LEVEL_INFO] = {"info", ""},
    [LOG_LEVEL_DEBUG] = {"debug", "\033[2m"},
};

void
log_init(enum log_level level, enum log_format format)
{
	const char *no_colour = getenv("NO_COLOR");

	log_state.level = level;
	log_state.format = format;
	log_state.colour = isatty(STDERR_FILENO) == 1 &&
			   (no_colour == NULL || no_colour[0] == '\0');
}

void
log_set_level(enum log_level level)
{
	log_state.level = level;
}

int
log_level_parse(const char *name, enum log_level *ret_level)
{
	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
		if (strcmp(levels[i].name, name) == 0) {
			*ret_level = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

bool
log_wants(enum log_level level)
{
	return level <= log_state.level;
}

static void
line_json(
    struct buf *line, enum log_level level, const char *node, const char *msg)
{
	char when[CLOCK_STRLEN];

	clock_format(clock_wall_ms(&clock_system), when);
	buf_addf(line, "{\"time\": \"%s\", \"level\": \"%s\"", when,
	    levels[level].name);
	if (node != NULL) {
		buf_adds(line, ", \"node\": ");
		escape_json(line, node, strlen(node));
	}
	buf_adds(line, ", \"msg\": ");
	escape_json(line, msg, strlen(msg));
	buf_adds(line, "}\n");
}

static void
line_text(
    struct buf *line, enum log_level level, const char *node, const char *msg)
{
	const char *colour = log_state.colour ? levels[level].colour : "";
	char when[CLOCK_STRLEN];

	clock_format(clock_wall_ms(&clock_system), when);
	buf_addf(line, "%s %s%-5s%s ", when, colour, levels[level].name,
	    colour[0] == '\0' ? "" : "\033[0m");
	if (node != NULL) {
		escape_log(line, node, strlen(node));
		buf_adds(line, ": ");
	}
	escape_log(line, msg, strlen(msg));
	buf_addc(line, '\n');
}

static void __attribute__((format(printf, 3, 0)))
log_line(enum log_level level, const char *node, const char *fmt, va_list ap)
{
	int saved = errno;
	char msg[LOG_LINE_MAX / 4];
	struct buf line;

	if (!log_wants(level))
		return;
	vsnprintf(msg, sizeof msg, fmt, ap);
	buf_init(&line, 2 * LOG_LINE_MAX);
	if (log_state.format == LOG_FORMAT_JSON)
		line_json(&line, level, node, msg);
	else
		line_text(&line, level, node, msg);
	/* One write, so that the lines of several processes do not mix. */
	if (write(STDERR_FILENO, line.data, line.len) < 0)
		errno = saved;
	buf_done(&line);
	errno = saved;
}

#define LOG_FUNCTION(name, level)                                              \
	void name(const char *node, const char *fmt, ...)                      \
	{                                                                      \
		va_list ap;                                                    \
                                                                               \
		va_start(ap, fmt);                                             \
		log_line(level, node, fmt, ap);                                \
		va_end(ap);                                                    \
	}

LOG_FUNCTION(log_error, LOG_LEVEL_ERROR)
LOG_FUNCTION(log_warn, LOG_LEVEL_WARN)
LOG_FUNCTION(log_info, LOG_LEVEL_INFO)
LOG_FUNCTION(log_debug, LOG_LEVEL_DEBUG)
